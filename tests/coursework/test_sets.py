"""What an answer earns: all points however it was found, part of them for one slip, none for a mistake that matters.

Here the hidden checks run in this process, on answers that are ours; `test_coursework` runs some in the sandbox.
"""

import ast
import contextlib
import io

import nbformat
import pytest

from tests.test_coursework import COURSEWORK, SETS, own

HEAD = "from scipy import integrate, linalg, optimize\n"

# set, question, points, what it does, the answer; where the points are not all, a part of the sentence
ANSWERS = [
    ("beyond", "q2", 3, "as strong as the mode", """def strength_with_decay(s, rho, u, times):
    kept = s - rho
    return kept / (1 + (kept / u - 1) * np.exp(-2 * kept * times)) if kept else np.full(len(times), u)"""),
    ("beyond", "q2", 3, "grows twice as fast", """def strength_with_decay(s, rho, u, times):
    kept = s - rho
    return kept / (1 + (kept / u - 1) * np.exp(-kept * times)) if kept else u / (1 + u * times)"""),
    ("beyond", "q2", 0, "the decay was left out", """def strength_with_decay(s, rho, u, times):
    return s / (1 + (s / u - 1) * np.exp(-2 * s * times))"""),
    ("beyond", "q3", 5, "by a Gram matrix", """def left_over(poles, target):
    G = 1 / (1 - np.multiply.outer(np.conj(poles), poles))
    f = 1 / (1 - np.conj(poles) * target)
    return 1 - (1 - abs(target) ** 2) * (f.conj() @ np.linalg.solve(G, f)).real if len(poles) else 1"""),
    ("beyond", "q3", 3, "errors are squared", """def left_over(poles, target):
    return np.prod(np.abs((poles - target) / (1 - np.conj(poles) * target)))"""),
    ("beyond", "q3", 3, "the share that is reached", """def left_over(poles, target):
    return 1 - np.prod(np.abs((poles - target) / (1 - np.conj(poles) * target)) ** 2)"""),
    ("beyond", "q3", 3, "without poles", """def left_over(poles, target):
    return np.prod([abs((p - target) / (1 - np.conj(p) * target)) ** 2 for p in poles]) if len(poles) else 0.0"""),
    ("foundations", "q2", 3, "negative lags", """def autocovariance(W_x, W_h, W_y, lags):
    P = linalg.solve_discrete_lyapunov(W_h, W_x @ W_x.T)
    return np.array([(W_y @ np.linalg.matrix_power(W_h, k) @ P @ W_y.T).T for k in range(lags)])"""),
    ("foundations", "q2", 3, "is 2 times", """def autocovariance(W_x, W_h, W_y, lags):
    P = linalg.solve_discrete_lyapunov(W_h, 2 * W_x @ W_x.T)
    return np.array([W_y @ np.linalg.matrix_power(W_h, k) @ P @ W_y.T for k in range(lags)])"""),
    ("foundations", "q2", 0, "Gamma is the identity", """def autocovariance(W_x, W_h, W_y, lags):
    return np.array([W_y @ np.linalg.matrix_power(W_h, k) @ W_y.T for k in range(lags)])"""),
    ("foundations", "q3", 3, "give each its square root", """def realize(M, n):
    m = len(M) // 2
    H, shifted = (np.block([[M[i + j + s] for j in range(m)] for i in range(m)]) for s in (0, 1))
    U, S, Vt = np.linalg.svd(H)
    seen, reached = U[:, :n] * S[:n], S[:n, None] * Vt[:n]
    W_h = np.linalg.pinv(seen) @ shifted @ np.linalg.pinv(reached)
    return reached[:, :M.shape[2]], W_h, seen[:M.shape[1]]"""),
    ("task_dynamics", "q2", 5, "by a flow", """def strength(s, b, gamma):
    E = lambda u: 0.5 * np.sum((s[::-1] - u * b ** np.arange(len(s))) ** 2) + gamma * abs(u)
    return optimize.minimize_scalar(E, (-1, 1), tol=1e-12).x if abs(E(1e-7) - E(-1e-7)) > 2e-7 * 0 and min(
        E(1e-6), E(-1e-6)) < E(0) else 0.0"""),
    ("task_dynamics", "q2", 5, "in a column", """def strength(s, b, gamma):
    k = np.arange(len(s))
    A = b**k @ s[::-1]
    return np.array([[np.sign(A) * max(abs(A) - gamma, 0) / np.sum(b ** (2 * k))]])"""),
    ("task_dynamics", "q2", 3, "It is A that decides", """def strength(s, b, gamma):
    k = np.arange(len(s))
    return np.sign(s[-1]) * max(abs(b**k @ s[::-1]) - gamma, 0) / np.sum(b ** (2 * k))"""),
    ("task_dynamics", "q2", 3, "b may be negative", """def strength(s, b, gamma):
    k, b = np.arange(len(s)), abs(b)
    A = b**k @ s[::-1]
    return np.sign(A) * max(abs(A) - gamma, 0) / np.sum(b ** (2 * k))"""),
    ("task_dynamics", "q2", 0, "vanish", """def strength(s, b, gamma):
    k = np.arange(len(s))
    return (b**k @ s[::-1] - gamma) / np.sum(b ** (2 * k))"""),
    ("task_dynamics", "q3", 5, "by forward differences", """def priced_rates(s, a, b, c, gamma):
    E = lambda x: modes.energy(s, *x) + gamma / 2 * np.sum(x**2)
    return -optimize.approx_fprime(np.array([a, b, c]), E)"""),
    ("task_dynamics", "q3", 3, "counts twice", """def priced_rates(s, a, b, c, gamma):
    da, db, dc = modes.rates(s, a, b, c)
    return da - 2 * gamma * a, db - 2 * gamma * b, dc - 2 * gamma * c"""),
    ("task_dynamics", "q3", 3, "at b = 0", """def priced_rates(s, a, b, c, gamma):
    k = np.arange(len(s))
    e = s[::-1] - a * c * b**k
    with np.errstate(all="ignore"):
        slope = np.sum(e * k * np.float64(b) ** (k - 1.0)) if b else 0.0
    return c * e @ b**k - gamma * a, a * c * slope - gamma * b, a * e @ b**k - gamma * c"""),
    ("integration", "q2", 5, "as a matrix", """def landscape(c, rates, weights):
    G, K = 1 / np.add.outer(rates, rates), 1 / np.add.outer(c, rates) @ weights
    return (weights @ G @ weights / 2 - c * K**2).real"""),
    ("integration", "q2", 3, "k_*^2 enters with a factor 1/2", """def landscape(c, rates, weights):
    G, K = 1 / np.add.outer(rates, rates), 1 / np.add.outer(c, rates) @ weights
    return (weights @ G @ weights - c * K**2).real"""),
    ("integration", "q2", 3, "For oscillations", """def landscape(c, rates, weights):
    G, K = 1 / np.add.outer(rates, np.conj(rates)), 1 / np.add.outer(c, rates) @ weights
    return weights.real @ G.real @ weights.real / 2 - c * np.abs(K)**2"""),
    ("integration", "q3", 5, "by a fine grid", """def best_rate(rates, weights):
    c = np.geomspace(min(rates), max(rates), 5000)
    return c[np.argmax(c * (1 / np.add.outer(c, rates) @ weights) ** 2)]"""),
    ("integration", "q3", 5, "a descent from each rate", """def best_rate(rates, weights):
    F = lambda x: -np.exp(x) * np.sum(weights / (np.exp(x) + rates)) ** 2
    found = [optimize.minimize(lambda x: F(x[0]) , [np.log(r)], method="Nelder-Mead") for r in rates]
    return np.exp(min(found, key=lambda f: f.fun).x)"""),
    ("integration", "q3", 0, "not of the lowest", """def best_rate(rates, weights):
    F = lambda x: -np.exp(x[0]) * np.sum(weights / (np.exp(x[0]) + rates)) ** 2
    return np.exp(optimize.minimize(F, [np.mean(np.log(rates))], method="BFGS").x[0])"""),
    ("integration", "q3", 0, "not of the lowest", """def best_rate(rates, weights):
    F = lambda x: -np.exp(x) * np.sum(weights / (np.exp(x) + rates)) ** 2
    return np.exp(optimize.minimize_scalar(F, bounds=(np.log(min(rates)), np.log(max(rates))), method="bounded").x)"""),
    ("integration", "q3", 0, "not of the lowest", """def best_rate(rates, weights):
    F = lambda x: -np.exp(x) * np.sum(weights / (np.exp(x) + rates)) ** 2
    return np.exp(optimize.minimize_scalar(F, bracket=(np.log(min(rates)), np.log(max(rates)))).x)"""),
    ("integration", "q3", 3, "may be more of them", """def best_rate(rates, weights):
    rates, weights = rates[:2], weights[:2]
    c = np.geomspace(min(rates), max(rates), 5000)
    return c[np.argmax(c * (1 / np.add.outer(c, rates) @ weights) ** 2)]"""),
    ("initialization", "q2", 3, "transposed", """def one_step(target, W, m, w):
    B = np.linalg.inv(np.eye(len(m)) - W)
    a, b = B @ m, B.T @ w
    d = target - w @ a
    return W + d / ((a @ a) * (b @ b) + d * (a @ B @ b)) * np.outer(a, b)"""),
    ("initialization", "q2", 3, "overwrites an argument", """def one_step(target, W, m, w):
    B = np.linalg.inv(np.eye(len(m)) - W)
    a, b = B @ m, B.T @ w
    d = target - w @ a
    W += d / ((a @ a) * (b @ b) + d * (a @ B @ b)) * np.outer(b, a)
    return W"""),
    ("initialization", "q2", 0, "linear estimate", """def one_step(target, W, m, w):
    B = np.linalg.inv(np.eye(len(m)) - W)
    a, b = B @ m, B.T @ w
    return W + (target - w @ a) / ((a @ a) * (b @ b)) * np.outer(b, a)"""),
    ("initialization", "q3", 5, "by the group alone", """def after_silencing(z, h, response, heard, group):
    inner = np.linalg.inv(response[np.ix_(group, group)])
    return [z - np.einsum("i,ij,j", heard[group], inner, h[group])]"""),
    ("initialization", "q3", 3, "not measured", """def after_silencing(z, h, response, heard, group):
    W = np.eye(len(h)) - np.linalg.inv(response)
    m, w = (np.eye(len(h)) - W) @ h, (np.eye(len(h)) - W).T @ heard
    rest = [i for i in range(len(h)) if i not in group]
    return w[rest] @ np.linalg.solve(np.eye(len(rest)) - W[np.ix_(rest, rest)], m[rest])"""),
    ("initialization", "q3", 3, "right for a single neuron", """def after_silencing(z, h, response, heard, group):
    return z - sum(heard[i] * h[i] / response[i, i] for i in group)"""),
    ("initialization", "q3", 0, "echo through the neuron itself", """def after_silencing(z, h, response, heard, group):
    return z - heard[group] @ h[group]"""),
    ("feature_learning", "q2", 5, "by integration", """def predicted_outputs(theta, f, y, taught, times):
    flow = lambda t, x: -theta[:, taught] @ (x - y)[taught]
    return integrate.solve_ivp(flow, (0, times[-1]), f, t_eval=times).y.T"""),
    ("feature_learning", "q2", 5, "by an exponential", """def predicted_outputs(theta, f, y, taught, times):
    on = np.isin(np.arange(len(f)), taught)
    goal = np.where(on, y, 0)
    big = np.block([[-theta * on, (theta * on @ goal)[:, None]], [np.zeros((1, len(f) + 1))]])
    return [(linalg.expm(big * t) @ np.append(f, 1))[:-1] for t in times]"""),
    ("feature_learning", "q2", 3, "null directions", """def predicted_outputs(theta, f, y, taught, times):
    T = theta[np.ix_(taught, taught)]
    if np.linalg.cond(T) > 1e10:
        raise np.linalg.LinAlgError("Singular matrix")
    gone = [linalg.expm(-T * t) - np.eye(len(T)) for t in times]
    return np.array([f + theta[:, taught] @ np.linalg.inv(T) @ g @ (f - y)[taught] for g in gone])"""),
    ("feature_learning", "q2", 3, "outputs without a target move as well",
     """def predicted_outputs(theta, f, y, taught, times):
    T, out = theta[np.ix_(taught, taught)], np.tile(f, (len(times), 1))
    out[:, taught] = [y[taught] + linalg.expm(-T * t) @ (f - y)[taught] for t in times]
    return out"""),
    ("feature_learning", "q3", 3, "average over all directions", """def alignment(theta, e):
    e = e.ravel()
    return e @ theta @ e / (np.linalg.norm(theta) * (e @ e)), 1 / len(e)"""),
    ("feature_learning", "q3", 3, "may have any shape", """def alignment(theta, e):
    size = np.linalg.norm(theta)
    return e @ theta @ e / (size * (e @ e)), np.linalg.eigvalsh(theta).mean() / size"""),
    ("feature_learning", "q3", 0, "not yet a share", """def alignment(theta, e):
    e = e.ravel()
    return e @ theta @ e / (e @ e), np.trace(theta) / len(e)"""),
]


@pytest.fixture(scope="module")
def prepared():
    """{set: (names of its given cells and solutions, {question: hidden check})}"""
    found = {}
    for name in SETS:
        names, tests = {}, {}
        notebook = nbformat.read(COURSEWORK / "problem_sets" / name / f"{name}.ipynb", as_version=4)
        for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
            if own(cell)["grade"] and not own(cell)["solution"]:
                tests[own(cell)["grade_id"].removesuffix("-test")] = cell.source.partition("HIDDEN TESTS")[2]
            elif own(cell)["grade_id"].endswith(("setup", "-answer")):
                exec(cell.source, names)
        found[name] = names, tests
    return found


def earned(names, check, answer=""):
    """The points of an answer and the sentence; None stands for all points, as in nbgrader."""
    names, said = dict(names), io.StringIO()
    exec(HEAD + answer, names)
    lines = ast.parse(check).body
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(ast.Module(lines[:-1], []), "check", "exec"), names)
            points = eval(compile(ast.Expression(lines[-1].value), "check", "eval"), names)
    except AssertionError as error:
        return 0, str(error)
    return 5 if points is None else points, said.getvalue()


@pytest.mark.parametrize("name, question, points, sentence, answer", ANSWERS)
def test_an_answer_earns_what_it_is_worth_in_every_draw(prepared, name, question, points, sentence, answer):
    names, tests = prepared[name]
    for _ in range(3):
        got, said = earned(names, tests[question], answer)
        assert got == points, said
        assert (sentence in said) or points == 5, said


@pytest.mark.parametrize("name", SETS)
def test_model_answers_pass_in_every_draw(prepared, name):
    names, tests = prepared[name]
    for question, check in tests.items():
        assert [earned(names, check) for _ in range(3)] == [(5, "")] * 3, question


@pytest.mark.parametrize("name", SETS)
def test_every_question_says_how_long_it_takes_and_what_it_teaches_and_every_mark_by_hand_has_a_rubric(name):
    cells = nbformat.read(COURSEWORK / "problem_sets" / name / f"{name}.ipynb", as_version=4).cells
    asked = [cell.source for cell in cells if cell.cell_type == "markdown" and cell.source.startswith("## ")]
    assert len(asked) >= 4 and all("minutes. You learn to" in text for text in asked)
    answers = [cell.source for cell in cells if cell.cell_type == "markdown" and own(cell)["solution"]]
    assert answers and all("*To mark.*" in text for text in answers)
