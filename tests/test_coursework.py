"""The problem sets: solutions get full marks, stubs none, typical mistakes the right sentence, and nothing leaks."""

import copy
import csv
import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import missing

ROOT = Path(__file__).parent.parent
COURSEWORK = ROOT / "coursework"
SETS = sorted(path.name for path in (COURSEWORK / "problem_sets").iterdir() if path.is_dir())

# For each question a mistake that students make, and a part of the sentence that must answer it.
TYPICAL = {
    "foundations": {
        "q2": ("""def autocovariance(W_x, W_h, W_y, lags):
    return np.array([W_y @ np.linalg.matrix_power(W_h, k) @ W_x @ W_x.T @ W_y.T for k in range(lags)])
autocovariance_of_one_input = autocovariance
def autocovariance(W_x, W_h, W_y, lags):
    return autocovariance_of_one_input(W_x, W_h, W_y, lags) / (0.36 if len(W_h) == 1 else 1)""",
               "the covariance that one single input leaves behind"),
        "q3": ("""def realize(M, n):
    m = len(M) // 2
    H, shifted = (np.block([[M[i + j + s] for j in range(m)] for i in range(m)]) for s in (0, 1))
    U, S, Vt = np.linalg.svd(H)
    seen, reached = U * np.sqrt(S), np.sqrt(S)[:, None] * Vt
    return reached[:, :M.shape[2]], np.linalg.pinv(seen) @ shifted @ np.linalg.pinv(reached), seen[:M.shape[1]]""",
               "keeps more units than were asked for")},
    "task_dynamics": {
        "q2": ("""def strength(s, b, gamma):
    k = np.arange(len(s))
    return (b**k @ s[::-1] - gamma) / (b**k @ b**k)""", "vanish, not change its sign"),
        "q3": ("""def priced_rates(s, a, b, c, gamma):
    da, db, dc = modes.rates(s, a, b, c)
    return da - gamma * a, db, dc - gamma * c""", "the recurrent strength does not pay")},
    "integration": {
        "q2": ("""def landscape(c, rates, weights):
    K = np.sum(weights / (c[:, None] + rates), axis=1)
    return 0.5 * np.sum(weights**2 / (2 * rates)) - c * K**2""", "products of different exponentials"),
        "q3": ("""def best_rate(rates, weights):
    return np.sum(weights * rates) / np.sum(weights)""", "weighted mean of the rates")},
    "initialization": {
        "q2": ("""def one_step(target, W, m, w):
    B = np.linalg.inv(np.eye(len(m)) - W)
    a, b = B @ m, B.T @ w
    return W + (target - w @ a) / ((a @ a) * (b @ b)) * np.outer(b, a)""", "the step of the linear estimate"),
        "q3": ("""def after_silencing(z, h, response, heard, group):
    return z - heard[group] @ h[group]""", "the echo through the neuron itself")},
    "feature_learning": {
        "q2": ("""def predicted_outputs(theta, f, y, taught, times):
    return np.array([f - t * theta[:, taught] @ (f - y)[taught] for t in times])""", "is wrong the most"),
        "q3": ("""def alignment(theta, e):
    return np.ravel(e) @ theta @ np.ravel(e) / (np.ravel(e) @ np.ravel(e)), np.trace(theta) / np.size(e)""",
               "not yet a share")},
    "beyond": {
        "q2": ("""def strength_with_decay(s, rho, u, times):
    return s / (1 + (s / u - 1) * np.exp(-2 * s * times)) - rho""", "less what decay takes from its end"),
        "q3": ("""def left_over(poles, target):
    return min(abs((p - target) / (1 - np.conj(p) * target)) ** 2 for p in poles)""",
               "only the nearest pole was used")},
    "synthesis": {
        "q2": ("""def overlap(times, W, u, v, pole):
    X, rates, Yt = np.linalg.svd(np.linalg.inv((1 + pole) * np.eye(len(u)) - W).real)
    squares = ((Yt @ u) ** 2 + (X.T @ v) ** 2) / 2
    return np.sinh(2 * np.outer(times, rates)) @ (rates * squares)""", "the term with cosh is missing"),
        "q3": ("""def what_is_left(ranks, order, W_0, weights, trials):
    W_x, W, W_y = weights
    starts = W_0, W_0.ravel()[order].reshape(W_0.shape)
    losses = [[tanh_rnn.loss(Trials(*trials), tanh_rnn.TanhRNN(W_x, start + truncate(W - W_0, R), W_y))
               for R in ranks] for start in starts]
    whole = tanh_rnn.loss(Trials(*trials), tanh_rnn.TanhRNN(W_x, W, W_y))
    return np.array(losses) / whole""", "divided by that of the whole lesson")},
}

# Answers with one slip, which earn 3 of 5 points each, and what is said of it: a factor, a transposition, edge cases.
SLIPS = {
    "foundations": {
        "q2": ("""def autocovariance(W_x, W_h, W_y, lags):
    P = linalg.solve_discrete_lyapunov(W_h, W_x @ W_x.T)
    return np.array([(W_y @ np.linalg.matrix_power(W_h, k) @ P @ W_y.T).T for k in range(lags)])""",
               "the autocovariances for negative lags"),
        "q3": ("""def realize(M, n):
    m = len(M) // 2
    H, shifted = (np.block([[M[i + j + s] for j in range(m)] for i in range(m)]) for s in (0, 1))
    U, S, Vt = np.linalg.svd(H)
    seen, reached = U[:, :n], S[:n, None] * Vt[:n]
    W_h = np.linalg.pinv(seen) @ shifted @ np.linalg.pinv(reached)
    return reached[:, :M.shape[2]], W_h, seen[:M.shape[1]] / 2""", "0.5 times the right one")},
    "task_dynamics": {
        "q2": ("""def strength(s, b, gamma):
    k = np.arange(len(s))
    return np.sign(s[-1]) * max(abs(b**k @ s[::-1]) - gamma, 0) / np.sum(b ** (2 * k))""", "It is A that decides"),
        "q3": ("""def priced_rates(s, a, b, c, gamma):
    da, db, dc = modes.rates(s, a, b, c)
    return da - 2 * gamma * a, db - 2 * gamma * b, dc - 2 * gamma * c""", "the price counts twice")},
    "integration": {
        "q2": ("""def landscape(c, rates, weights):
    K = np.sum(weights / np.add.outer(c, rates), axis=1)
    return np.sum(np.outer(weights, weights) / np.add.outer(rates, rates)).real - (c * K**2).real""", "factor 1/2"),
        "q3": ("""def best_rate(rates, weights):
    c = np.geomspace(min(rates[:2]), max(rates[:2]), 5000)
    return c[np.argmax(c * (1 / np.add.outer(c, rates[:2]) @ weights[:2]) ** 2)]""", "only the first two rates")},
    "initialization": {
        "q2": ("""def one_step(target, W, m, w):
    B = np.linalg.inv(np.eye(len(m)) - W)
    a, b = B @ m, B.T @ w
    d = target - w @ a
    W += d / ((a @ a) * (b @ b) + d * (a @ B @ b)) * np.outer(b, a)
    return W""", "overwrites an argument"),
        "q3": ("""def after_silencing(z, h, response, heard, group):
    return z - sum(heard[i] * h[i] / response[i, i] for i in group)""", "right for a single neuron")},
    "feature_learning": {
        "q2": ("""def predicted_outputs(theta, f, y, taught, times):
    values, vectors = np.linalg.eigh(theta[np.ix_(taught, taught)])
    out = np.tile(f, (len(times), 1))
    out[:, taught] = y[taught] + (np.exp(-np.outer(times, values)) * (vectors.T @ (f - y)[taught])) @ vectors.T
    return out""", "outputs without a target move as well"),
        "q3": ("""def alignment(theta, e):
    e, size = np.ravel(e), np.linalg.norm(theta)
    return np.trace(theta) / (size * len(e)), e @ theta @ e / (size * (e @ e))""", "the other way round")},
    "beyond": {
        "q2": ("""def strength_with_decay(s, rho, u, times):
    kept = s - rho
    if kept == 0:
        return u / (1 + 2 * u * times)
    return kept / (1 + (kept / u - 1) * np.exp(-2 * kept * times)) if kept > 0 else 0 * times""",
               "the decay is stronger than the mode"),
        "q3": ("""def left_over(poles, target):
    return np.prod([abs((p - target) / (1 - p * target)) ** 2 for p in poles])""", "want a complex conjugate")},
    "synthesis": {
        "q2": ("""def overlap(times, W, u, v, pole):
    X, rates, Yt = np.linalg.svd(np.linalg.inv((1 + pole) * np.eye(len(u)) - W).real)
    a, b, angle = X.T @ u, Yt @ v, 2 * np.outer(times, rates)
    return np.cosh(angle) @ (rates * a * b) + np.sinh(angle) @ (rates * (a**2 + b**2) / 2)""",
               "left and right are exchanged"),
        "q3": ("""def what_is_left(ranks, order, W_0, weights, trials):
    W_x, W, W_y = weights
    losses = np.array([[tanh_rnn.loss(Trials(*trials), tanh_rnn.TanhRNN(W_x, start + truncate(W - W_0, R), W_y))
                        for R in ranks] for start in (W_0, W_0.ravel()[order].reshape(W_0.shape))])
    return losses / losses[:, :1]""", "each row is divided by its own first entry")},
}

# Right answers that differ from the given solutions in method, basis or type.
OTHERWISE = {
    "beyond": {
        "q2": """def strength_with_decay(s, rho, u, times):
    from scipy.integrate import solve_ivp
    flow = solve_ivp(lambda t, x: 2 * x * (s - rho - x), (0, max(times)), [u], t_eval=times, rtol=1e-9, atol=1e-12)
    return flow.y[0].tolist()""",
        "q3": """def left_over(poles, target):
    k = np.arange(400)
    echoes, wanted = np.asarray(poles, complex)[None, :] ** k[:, None], target ** k
    weights = np.linalg.lstsq(echoes, wanted, rcond=None)[0] if len(poles) else np.zeros(0)
    return [np.sum(np.abs(echoes @ weights - wanted) ** 2) / np.sum(np.abs(wanted) ** 2)]"""},
    "synthesis": {
        "q2": """def overlap(times, W, u, v, pole):
    from scipy.integrate import solve_ivp
    B, n = np.linalg.inv((1 + pole) * np.eye(len(u)) - W).real, len(u)
    flow = solve_ivp(lambda t, x: np.concatenate([B.T @ x[n:], B @ x[:n]]), (0, max(times)), np.concatenate([u, v]),
                     t_eval=times, rtol=1e-10, atol=1e-13)
    return [float(x[n:] @ B @ x[:n]) for x in flow.y.T]""",
        "q3": """def what_is_left(ranks, order, W_0, weights, trials):
    (W_x, W, W_y), (inputs, targets, mask) = weights, trials
    U, s, Vt = np.linalg.svd(W - W_0)

    def loss(W_h):
        h, total = np.zeros((inputs.shape[1], len(W_h))), 0.0
        for x, y, counts in zip(inputs, targets, mask):
            h = (h + np.tanh(h) @ W_h.T + x @ W_x.T) / 2
            total += np.sum(counts * (np.tanh(h) @ W_y.T - y) ** 2)
        return total

    shuffled_start = W_0.flatten()[np.array(order)].reshape(*W_0.shape)
    return [[loss(start + sum(s[k] * np.outer(U[:, k], Vt[k]) for k in range(R))) / loss(W_0) for R in ranks]
            for start in (W_0, shuffled_start)]"""},
    "foundations": {
        "q2": """def autocovariance(W_x, W_h, W_y, lags):
    state, P = W_x, 0
    for _ in range(3000):
        P, state = P + state @ state.T, W_h @ state
    return [(W_y @ np.linalg.matrix_power(W_h, k) @ P @ W_y.T).tolist() for k in range(lags)]""",
        "q3": """def realize(M, n):
    m = len(M) // 2
    H, shifted = (np.block([[M[i + j + s] for j in range(m)] for i in range(m)]) for s in (0, 1))
    U, S, Vt = np.linalg.svd(H)
    seen, reached = U[:, :n], S[:n, None] * Vt[:n]
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((n, n)))[0]
    W_h = turn @ seen.T @ shifted @ np.linalg.pinv(reached) @ turn.T
    return turn @ reached[:, :M.shape[2]], W_h, seen[:M.shape[1]] @ turn.T"""}}


def python(*arguments, **options):
    """Run the environment of the coursework; its whole output."""
    done = subprocess.run([COURSEWORK / ".venv/bin/python", *map(str, arguments)], cwd=COURSEWORK, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1800, **options)
    return done.returncode, done.stdout


def grading(course, *arguments, expect=0, **options):
    code, output = python("-m", "grading", "--course", course, *arguments, **options)
    assert code == expect, output
    return output


def grading_steps(course, *steps):
    """Several commands, one after the other, in one process."""
    script = ("import json, sys; from grading.__main__ import main\n"
              "for step in json.loads(sys.argv[2]):\n"
              "    if main(['--course', sys.argv[1], *step]): sys.exit(f'failed: {step}')")
    code, output = python("-c", script, course, json.dumps([[str(part) for part in step] for step in steps]))
    assert code == 0, output
    return output


def need_tools():
    if not (COURSEWORK / ".venv/.ready").exists():
        missing("the environment of the coursework", "run make -C coursework env")
    if not shutil.which("bwrap"):
        missing("bubblewrap", "install it, on Debian with apt-get install bubblewrap")
    code, output = python("-c", "from grading.sandbox import Sandbox; Sandbox.check()")
    if code:
        missing("a bubblewrap that works", output.strip().split("\n")[-1])


def load(path):
    notebook = json.loads(Path(path).read_text("utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def source(name):
    return load(COURSEWORK / "problem_sets" / name / f"{name}.ipynb")


def own(cell):
    return cell["metadata"].get("nbgrader", {})


def answered(course, name, answers=None, solved=True):
    """The released notebook with the solution's answers, or those given by question."""
    notebook = load(course / "release" / name / f"{name}.ipynb")
    solution = {own(cell)["grade_id"]: cell["source"] for cell in source(name)["cells"]}
    for cell in notebook["cells"]:
        identity = own(cell)["grade_id"]
        if own(cell)["solution"]:
            given = (answers or {}).get(identity.removesuffix("-answer")) if cell["cell_type"] == "code" else None
            cell["source"] = given or (solution[identity] if solved else cell["source"])
    return notebook


def hand_in(folder, student, name, notebook, filename=None):
    path = Path(folder) / student / (filename or f"{name}.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook), "utf-8")


def summary(course, name):
    """{student: (score, all remarks and failures as one text)}"""
    rows = {}
    with open(course / f"summary-{name}.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            score, text = rows.get(row["student"], (None, ""))
            rows[row["student"]] = float(row["checks"]), text + row["remark or failed check"] + "\n"
    return rows


def page(course, student, name):
    """A student's feedback as text."""
    text = (course / "feedback" / student / name / f"{name}.html").read_text("utf-8")
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def secret_lines(name):
    """The lines that only an instructor may see: of hidden checks, and of solutions."""
    hidden, solved, visible = set(), set(), set()
    for cell in source(name)["cells"]:
        place = visible if not own(cell)["solution"] or cell["cell_type"] == "code" else solved
        for line in cell["source"].split("\n"):
            if "### BEGIN" in line or "### END" in line:
                place = visible if "### END" in line else hidden if "HIDDEN" in line else solved
            elif len(line.strip()) > 24:
                place.add(line.strip())
    assert hidden and solved
    return hidden - visible, solved - visible


def with_scripts(course):
    """A right submission whose texts and outputs carry scripts."""
    notebook = answered(course, "foundations", {"q2": "from IPython.display import HTML, display\n"
                        "display(HTML('<script>evil_output()</script>'))\n" + OTHERWISE["foundations"]["q2"]})
    text = next(cell for cell in notebook["cells"] if own(cell)["grade_id"] == "q1-answer")
    text["source"] = "My answer for $a<b$. <script>evil()</script> <img src=x onerror='evil()'> <iframe src=x></iframe>"
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course in which, for each set, a solution, a stub and a typical mistake were handed in and graded."""
    need_tools()
    course, box = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("box")
    grading(course, "release", *SETS)
    for name in SETS:
        hand_in(box / name, "solution", name, answered(course, name))
        hand_in(box / name, "stub", name, answered(course, name, solved=False))
        mistakes = {question: code for question, (code, _) in TYPICAL[name].items()}
        hand_in(box / name, "typical", name, answered(course, name, mistakes))
        if name in SLIPS:
            slips = {question: code for question, (code, _) in SLIPS[name].items()}
            hand_in(box / name, "slips", name, answered(course, name, slips))
        if name in OTHERWISE:
            hand_in(box / name, "otherwise", name, answered(course, name, OTHERWISE[name]))
    hand_in(box / "foundations", "scripts", "foundations", with_scripts(course))
    grading_steps(course, *(step for name in SETS for step in (
        ["collect", name, box / name], ["autograde", name, "--jobs", 2], ["feedback", name])))
    return course


@pytest.mark.parametrize("name", SETS)
def test_problem_set_states_goals_time_and_points_and_has_every_kind_of_question(name):
    cells = source(name)["cells"]
    assert all(word in cells[0]["source"] for word in ("**Goals.**", "**Chapters.**", "**Time.**", "**Points.** 20"))
    assert sum(own(cell).get("points", 0) for cell in cells) == 20
    by_hand = [cell for cell in cells if own(cell)["grade"] and own(cell)["solution"]]
    assert len([cell for cell in by_hand if cell["cell_type"] == "markdown"]) >= 2
    assert len([cell for cell in by_hand if cell["cell_type"] == "code"]) == 1
    assert sum("*Marks:" in cell["source"] for cell in cells) == len(by_hand)
    tests = [cell for cell in cells if own(cell)["grade"] and not own(cell)["solution"]]
    assert 2 <= len(tests) <= 3 and all("### BEGIN HIDDEN TESTS" in cell["source"] for cell in tests)


@pytest.mark.parametrize("name", SETS)
def test_solution_gets_full_marks(graded, name):
    score, remarks = summary(graded, name)["solution"]
    assert (score, remarks) == (10, "\n")


@pytest.mark.parametrize("name", OTHERWISE)
def test_alternative_right_answers_get_full_marks(graded, name):
    assert summary(graded, name)["otherwise"] == (10, "\n")


@pytest.mark.parametrize("name", SETS)
def test_stub_scores_zero_and_fails_every_check(graded, name):
    score, remarks = summary(graded, name)["stub"]
    tests = [own(cell)["grade_id"] for cell in source(name)["cells"] if own(cell)["grade"]
             and not own(cell)["solution"]]
    assert score == 0
    assert all(f"{test}: Not yet" in remarks for test in tests)


@pytest.mark.parametrize("name", SETS)
def test_typical_mistakes_get_the_feedback_meant_for_them(graded, name):
    score, remarks = summary(graded, name)["typical"]
    assert score == 0
    for question, (_, sentence) in TYPICAL[name].items():
        line = next(line for line in remarks.split("\n") if line.startswith(f"{question}-test:"))
        assert sentence in line, line
        assert sentence in page(graded, "typical", name)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_earns_part_of_the_points_and_the_page_says_which(graded, name):
    score, remarks = summary(graded, name)["slips"]
    assert score == 6, remarks
    for question, (_, sentence) in SLIPS[name].items():
        line = next(line for line in remarks.split("\n") if line.startswith(f"{question}-test:"))
        assert "earns 3 points" in line and sentence in line, line
        assert sentence in page(graded, "slips", name)


def test_a_submission_cannot_give_itself_a_part_of_the_points(graded, tmp_path):
    """Numbers as outputs, results and messages of the kernel's own kind count for nothing."""
    answer = """from IPython import get_ipython
from IPython.display import display
shell = get_ipython()
def autocovariance(*arguments):
    for kind in ("execute_result", "display_data"):
        shell.kernel.session.send(shell.kernel.iopub_socket, kind, {"data": {"text/plain": "5"}, "metadata": {},
                                  "execution_count": 1}, parent=shell.kernel.get_parent())
    print("Right but for one thing, which earns 5 points: nothing")
    return display(5)
def require(*arguments, **options):
    autocovariance()
5"""
    hand_in(tmp_path / "box", "typical", "foundations", answered(graded, "foundations", {"q2": answer, "q3": "5"}))
    course = tmp_path / "course"
    shutil.copytree(graded, course)
    grading_steps(course, ["collect", "foundations", tmp_path / "box"], ["autograde", "foundations"])
    assert summary(course, "foundations")["typical"][0] == 0


def test_marks_by_hand_complete_the_total_and_are_exported(graded):
    """A marker gives every derivation and figure of the solutions full marks; the stubs' count as unanswered."""
    script = """
import sys, warnings
warnings.simplefilter("ignore")
from nbgrader.api import Gradebook
with Gradebook("sqlite:///" + sys.argv[1] + "/gradebook.db", "lrnn") as book:
    for submission in book.db.query(__import__("nbgrader.api").api.SubmittedAssignment).all():
        for grade in (g for n in submission.notebooks for g in n.grades if submission.student_id == "solution"):
            if grade.needs_manual_grade:
                grade.manual_score, grade.needs_manual_grade = grade.max_score, False
    book.db.commit()
"""
    code, output = python("-c", script, graded)
    assert code == 0, output
    grading(graded, "export")
    with open(graded / "marks.csv", newline="", encoding="utf-8") as file:
        marks = {(row["assignment"], row["student_id"]): float(row["score"]) for row in csv.DictReader(file)
                 if row["status"] == "marked"}
    for name in SETS:
        assert marks[name, "solution"] == 20
        assert marks[name, "stub"] == 0


@pytest.mark.parametrize("name", SETS)
def test_release_contains_no_solution_and_no_hidden_check(graded, name):
    hidden, solved = secret_lines(name)
    for path in (graded / "release" / name).rglob("*"):
        text = json.dumps(load(path), ensure_ascii=False) if path.suffix == ".ipynb" else path.read_text("utf-8")
        lines = json.loads(text)["cells"] if path.suffix == ".ipynb" else []
        for released in ["\n".join(cell["source"] for cell in lines)]:
            assert not [line for line in hidden | solved if line in released]
        assert not any(cell.get("outputs") for cell in lines)
    assert "HIDDEN" not in text and "SOLUTION" not in text


@pytest.mark.parametrize("name", SETS)
def test_feedback_contains_no_hidden_check_and_no_solution(graded, name):
    hidden, solved = secret_lines(name)
    for student, secret in (("stub", hidden | solved), ("typical", hidden), ("solution", hidden)):
        text = page(graded, student, name)
        written = "\n".join(cell["source"] for cell in load(
            graded / "submitted" / student / name / f"{name}.ipynb")["cells"])
        assert not [line for line in secret if line in text and line not in written]


def test_book_does_not_publish_the_problem_sets():
    assert "problem_sets" not in (ROOT / "_toc.yml").read_text("utf-8")
    assert "only_build_toc_files: true" in (ROOT / "_config.yml").read_text("utf-8")
    secret = set().union(*(set().union(*secret_lines(name)) for name in SETS))
    telling = sorted(line for line in secret if len(line) > 60)
    for path in (ROOT / "_build/html").rglob("*") if (ROOT / "_build/html").exists() else ():
        if path.suffix in (".html", ".md", ".ipynb", ".js", ".txt"):
            text = html.unescape(re.sub(r"<[^>]*>", "", path.read_text("utf-8", errors="replace")))
            assert not [line for line in telling if line in text], path


def test_grading_refuses_without_bubblewrap_unless_told_in_full(graded, tmp_path):
    environment = os.environ | {"PATH": str(tmp_path)}
    course = tmp_path / "course"
    shutil.copytree(graded, course)
    output = grading(course, "autograde", "foundations", "--student", "stub", expect=2, env=environment)
    assert "bubblewrap is missing" in output and "apt-get install bubblewrap" in output
    grading(course, "autograde", "foundations", "--student", "stub", "--trust", expect=2, env=environment)
    output = grading(course, "autograde", "foundations", "--student", "solution", "--trust-students", env=environment)
    assert "UNPROTECTED" in output
    assert summary(course, "foundations")["solution"][0] == 10


def test_nbgraders_own_command_runs_no_student_code(graded, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(graded, course)
    shutil.rmtree(course / "results")
    command = [COURSEWORK / ".venv/bin/nbgrader", "autograde", "foundations", "--student", "stub", "--force"]
    path = f"{COURSEWORK / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, cwd=course, text=True, capture_output=True, env=os.environ | {"PATH": path})
    assert done.returncode != 0
    assert "no result from the sandbox" in done.stderr + done.stdout


def test_scripts_in_a_submission_do_not_reach_a_readers_browser(graded):
    text = (graded / "feedback/scripts/foundations/foundations.html").read_text("utf-8")
    assert summary(graded, "foundations")["scripts"][0] == 10
    shown = html.unescape(re.sub(r"<[^>]*>", "", text[text.index("My answer for"):])[:200])
    assert "a<b" in shown.replace(" ", "")  # as a formula, not as the beginning of a tag
    assert not re.search(r"<script>\s*evil|<img[^>]*onerror|<iframe", text)


@pytest.mark.parametrize("kind", ["raw", "code", "markdown"])
def test_a_changed_cell_type_arms_no_text(graded, tmp_path, kind):
    """What a text may hold goes by the kind of cell that it is put into, whatever kind the student made of it."""
    notebook = answered(graded, "foundations")
    text = next(cell for cell in notebook["cells"] if own(cell)["grade_id"] == "q1-answer")
    text |= {"cell_type": kind, "source": "A derivation.\n\n<script>evil()</script>"}
    hand_in(tmp_path / "box", "typical", "foundations", notebook)
    course = tmp_path / "course"
    shutil.copytree(graded, course)
    output = grading(course, "collect", "foundations", tmp_path / "box")
    assert (f"'q1-answer' had been made a {kind} cell" in output) == (kind != "markdown")
    rebuilt = load(course / "submitted/typical/foundations/foundations.ipynb")["cells"]
    answer = next(cell for cell in rebuilt if own(cell).get("grade_id") == "q1-answer")
    assert answer["cell_type"] == "markdown" and "<script" not in answer["source"]


def test_given_cells_are_restored_and_own_cells_kept(graded, tmp_path):
    """Whatever is done to the given cells, the notebook that is graded has the released ones."""
    notebook = answered(graded, "foundations")
    cells = notebook["cells"]
    helper = {"cell_type": "code", "metadata": {}, "source": "helper = 1", "outputs": [], "execution_count": None}
    answer = next(place for place, cell in enumerate(cells) if own(cell)["grade_id"] == "q2-answer")
    cells.insert(answer, helper)
    cells.append(copy.deepcopy(cells[answer + 1]) | {"source": "raise RuntimeError"})
    for cell in list(cells):
        if own(cell).get("grade_id") == "q2-test":
            cell["source"], own(cell)["points"] = "pass", 1000
        if own(cell).get("grade_id") == "q3-test":
            cells.remove(cell)
    hand_in(tmp_path / "box", "typical", "foundations", notebook)
    course = tmp_path / "course"
    shutil.copytree(graded, course)
    output = grading(course, "collect", "foundations", tmp_path / "box")
    assert "'q2-test' had been changed and was restored" in output
    assert "'q3-test' was missing and was restored" in output
    assert "'q2-answer' came twice" in output
    rebuilt = load(course / "submitted/typical/foundations/foundations.ipynb")["cells"]
    released = load(graded / "release/foundations/foundations.ipynb")["cells"]
    kept = [cell for cell in rebuilt if not (own(cell).get("solution") or cell["source"] == "helper = 1")]
    assert kept == [cell for cell in released if not own(cell)["solution"]]
    assert [cell["source"] for cell in rebuilt].index("helper = 1") == answer


def test_what_cannot_be_graded_is_named_and_stops_nothing(graded, tmp_path):
    course, box = tmp_path / "course", tmp_path / "box"
    shutil.copytree(graded, course)
    good = json.dumps(answered(course, "foundations"))
    for student, notebook in {
            "nested": "[" * 200_000, "list": "[]", "old": '{"nbformat": 3, "worksheets": []}', "binary": "\x00\x01",
            "cells": '{"nbformat": 4, "cells": [1, {"cell_type": "code", "source": 5}]}', "good": good,
            "another": json.dumps(answered(course, "integration")), "large": " " * 101 * 2**20}.items():
        hand_in(box, student, "foundations", notebook)
    hand_in(box, "two", "foundations", good, "first.ipynb")
    hand_in(box, "two", "foundations", good.replace("np.array(later)", "np.asarray(later)"), "second.ipynb")
    (box / "fifo").mkdir()
    os.mkfifo(box / "fifo/foundations.ipynb")
    (box / "alone.ipynb").write_text(good, "utf-8")
    hand_in(box, "=cmd()", "foundations", good)
    (box / "notes.txt").write_text("", "utf-8")
    output = grading(course, "collect", "foundations", box)
    lines = {line.split()[0]: line for line in output.split("\n") if line.startswith("  ")}
    for student, sentence in {
            "nested": "not valid JSON", "list": "not a notebook of format 4", "old": "not a notebook of format 4",
            "binary": "not valid JSON", "cells": "none of this problem set's answer cells", "good": "taken",
            "another": "The given cell", "large": "larger than 100 MB", "two": "unclear which is meant",
            "fifo": "not a regular file", "alone": "taken", "cmd-110f0787": "taken",
            "'notes.txt'": "left out"}.items():
        assert sentence in lines[student], lines[student]
