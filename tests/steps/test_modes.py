"""Modes: the energy and its flow, and the exact solutions.

Tolerances: 1e-12 where both routes are algebra, 1e-9 where one of them is a numerical integration.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import approx_fprime
from scipy.stats import ortho_group

from lrnn_helpers.steps import _mode_flow, gradients, modes, networks, tasks
from lrnn_helpers.steps._mode_flow import geometric_sum
from tests.conftest import from_chapter

seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 12)
KINDS = ("constant", "inverse_exponential", "exponential")


def strengths(flow):
    """a, b, c of a flow along a new last axis."""
    return np.stack(flow.strengths, axis=-1)


def draw_mode(seed, shape=(), dtype=float):
    values = np.random.default_rng(seed).standard_normal((2, 3, *shape))
    return values[0] + 1j * values[1] if dtype is complex else values[0]


# ---------------------------------------------------------------------------------------------------------------------
# Energy and rates
# ---------------------------------------------------------------------------------------------------------------------


def aligned_network(seed, n=3, T=5):
    rng = np.random.default_rng(seed)
    frames = [ortho_group.rvs(size, random_state=rng)[:, :n] for size in (4, 5, 6)]
    strengths, s = rng.standard_normal((3, n)), rng.standard_normal((n, T))
    U, V, _ = frames
    target = np.einsum("yn,nk,xn->kyx", U, s[:, ::-1], V)
    return networks.aligned_rnn(*strengths, *frames), target, strengths, s, frames


@given(seed=seeds)
def test_energies_of_the_modes_add_up_to_the_loss_of_the_network(seed):
    rnn, target, strengths, s, _ = aligned_network(seed)
    assert modes.energy(s, *strengths).sum() == pytest.approx(gradients.loss(target, rnn), rel=1e-12)


@given(seed=seeds)
def test_rates_are_the_diagonal_of_the_network_gradient(seed):
    rnn, target, strengths, s, (U, V, R) = aligned_network(seed)
    by_weights = gradients.loss_gradients(target, rnn)
    rotated = R.T @ by_weights.W_x @ V, R.T @ by_weights.W_h @ R, U.T @ by_weights.W_y @ R
    for matrix, rate in zip(rotated, modes.rates(s, *strengths), strict=True):
        assert np.max(np.abs(matrix + np.diag(rate))) <= 1e-11 * max(1, np.max(np.abs(rate)))


@given(seed=seeds, T=lengths, dtype=st.sampled_from((float, complex)))
def test_rates_descend_the_energy(seed, T, dtype):
    s = draw_mode(seed + 1, (T,), dtype)[0]
    mode = draw_mode(seed, (), dtype) / 2
    real = mode.view(float)
    slope = approx_fprime(real, lambda p: modes.energy(s, *p.view(dtype)), 1e-7)
    rates = np.array(modes.rates(s, *mode)).view(float)
    # tau d(Re z, Im z)/dt = -dE/d(Re z, Im z); forward differences are good to about 1e-7 times the curvature
    assert rates == pytest.approx(-slope, abs=1e-4 * max(1, np.max(np.abs(rates))))


@given(seed=seeds, T=lengths, dtype=st.sampled_from((float, complex)))
def test_energy_is_invariant_under_time_reversal(seed, T, dtype):
    a, b, c = draw_mode(seed, (), dtype)
    s = draw_mode(seed + 1, (T,), dtype)[0]
    b = b / abs(b) * np.clip(abs(b), 0.5, 2)
    forward, backward = modes.energy(s, a, b, c), modes.energy(s[::-1], a * b ** (T - 1), 1 / b, c)
    assert backward == pytest.approx(forward, rel=1e-10)


@given(seed=seeds, T=lengths)
def test_energy_is_invariant_under_the_two_reflections(seed, T):
    a, b, c = draw_mode(seed)
    s = draw_mode(seed + 1, (T,))[0]
    alternating = s * (-1.0) ** np.arange(T)[::-1]
    assert modes.energy(s, -a, b, -c) == modes.energy(s, a, b, c)
    assert modes.energy(alternating, a, -b, c) == pytest.approx(modes.energy(s, a, b, c), rel=1e-12)


@given(seed=seeds, T=lengths, dtype=st.sampled_from((float, complex)))
def test_rates_conserve_the_imbalance_of_input_and_output(seed, T, dtype):
    a, b, c = draw_mode(seed, (), dtype)
    da, _, dc = modes.rates(draw_mode(seed + 1, (T,), dtype)[0], a, b, c)
    # the real part says d(|a|^2 - |c|^2)/dt = 0, the imaginary part that a and c turn together
    assert np.conj(a) * da == pytest.approx(np.conj(c) * dc, rel=1e-12, abs=1e-12)


def test_modes_broadcast():
    rng = np.random.default_rng(0)
    a, b, c, s = rng.random((4, 1)), rng.random(3), rng.random((4, 3)), rng.random((3, 6))
    together = modes.energy(s, a, b, c)
    rates = np.array(modes.rates(s, a, b, c))
    assert together.shape == (4, 3)
    for i, j in np.ndindex(4, 3):
        assert together[i, j] == pytest.approx(modes.energy(s[j], a[i, 0], b[j], c[i, j]), rel=1e-13)
        assert rates[:, i, j] == pytest.approx(modes.rates(s[j], a[i, 0], b[j], c[i, j]), rel=1e-12)


@pytest.mark.parametrize("function", [modes.energy, modes.rates])
@pytest.mark.parametrize("name, arguments", [
    ("a", (np.nan, 1.0, 1.0, [1.0])), ("b", (1.0, "x", 1.0, [1.0])), ("c", (1.0, 1.0, [], [1.0])),
    ("s", (1.0, 1.0, 1.0, 1.0)), ("s", (1.0, 1.0, 1.0, [])), ("a, b, c", ([1.0, 1.0], 1.0, 1.0, np.ones((3, 4))))])
def test_energy_and_rates_refuse(function, name, arguments):
    *strengths, s = arguments
    with pytest.raises(ValueError, match=name):
        function(s, *strengths)


# ---------------------------------------------------------------------------------------------------------------------
# Flow
# ---------------------------------------------------------------------------------------------------------------------

times = np.linspace(0, 8, 17)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dtype", [float, complex])
def test_flow_agrees_with_another_integrator(seed, dtype):
    s = 0.7 * draw_mode(seed + 10, (5,), dtype)[0]
    mode = 0.3 * draw_mode(seed, (), dtype)
    other = solve_ivp(lambda t, y: np.array(modes.rates(s, *y)), (0, 3), mode, "DOP853", times[:7], rtol=1e-12,
                      atol=1e-14).y
    assert strengths(modes.flow(s, *mode, times[:7])) == pytest.approx(other.T, abs=1e-8)


@pytest.mark.parametrize("dtype", [float, complex])
def test_modes_flow_independently(dtype):
    start = 0.4 * draw_mode(3, (5,), dtype)
    s = 0.5 * draw_mode(4, (5, 6), dtype)[0]
    together = strengths(modes.flow(s, *start, times))
    assert together.shape == (len(times), 5, 3)
    for n in range(5):
        assert together[:, n] == pytest.approx(strengths(modes.flow(s[n], *start[:, n], times)), abs=1e-8)


@pytest.mark.parametrize("dtype", [float, complex])
def test_flow_conserves_the_imbalance_and_lowers_the_energy(dtype):
    start = 0.5 * draw_mode(6, (8,), dtype)
    s = 0.5 * draw_mode(7, (8, 5), dtype)[0]
    a, b, c = modes.flow(s, *start, times).strengths
    imbalance = np.abs(a) ** 2 - np.abs(c) ** 2
    assert imbalance == pytest.approx(np.broadcast_to(imbalance[0], imbalance.shape), abs=1e-9)
    energies = modes.energy(s, a, b, c)
    assert np.all(np.diff(energies, axis=0) <= 1e-9)


def test_flow_of_a_rotation_is_the_flow_of_a_real_two_by_two_block():
    def block(z):
        return np.array([[z.real, -z.imag], [z.imag, z.real]])

    mode, s = 0.4 * draw_mode(1, (), complex), 0.6 * draw_mode(2, (4,), complex)[0]
    target = np.array([block(z) for z in s[::-1]])

    def slope(_, y):
        W_x, W_h, W_y = y.reshape(3, 2, 2)
        return -np.ravel(gradients.loss_gradients(target, networks.LinearRNN(W_x, W_h, W_y)))

    a, b, c = mode
    weights = np.ravel([block(a), block(b), block(c)])
    # the blocks have the loss 2 E, and the block of 1 has the squared norm 2: both flows have the same speed
    end = solve_ivp(slope, (0, 2), weights, "DOP853", rtol=1e-11, atol=1e-13).y[:, -1].reshape(3, 2, 2)
    for matrix, z in zip(end, strengths(modes.flow(s, *mode, [0.0, 2.0]))[-1], strict=True):
        assert matrix == pytest.approx(block(z), abs=1e-8)


def test_a_coarser_tolerance_errs_in_proportion():
    s = tasks.task_dynamics("constant", 10)
    fine, coarse = (strengths(modes.flow(s, 0.1, 0.1, 0.1, times, rtol=tolerance, atol=tolerance / 10))
                    for tolerance in (1e-12, 1e-7))
    assert 1e-9 < np.max(np.abs(fine - coarse)) < 1e-3


def test_time_scales_with_tau():
    s = tasks.task_dynamics("inverse_exponential", 4, 1.0, 0.6)
    slow, fast = modes.flow(s, 0.1, 0.1, 0.1, 7.0 * times, tau=7.0), modes.flow(s, 0.1, 0.1, 0.1, times)
    assert strengths(slow) == pytest.approx(strengths(fast), abs=1e-9)


def test_gradient_descent_approaches_the_flow_in_proportion_to_its_learning_rate():
    s, errors = tasks.task_dynamics("constant", 4, 1.0), []
    end = strengths(modes.flow(s, 0.2, 0.2, 0.2, [0.0, 2.0]))[-1]
    for eta in (2e-3, 1e-3):
        mode = np.full(3, 0.2)
        for _ in range(round(2 / eta)):
            mode = mode + eta * np.array(modes.rates(s, *mode))
        errors.append(np.max(np.abs(mode - end)))
    assert errors[1] < 5e-3
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("b0, target", [(0.1, np.pi / 6), (0.1j, np.pi / 6)])
def test_a_rotation_is_learned(b0, target):
    lam = np.exp(1j * target)
    a, b, c = strengths(modes.flow(0.7 * lam ** np.arange(6)[::-1], 0.1, b0, 0.1, [0.0, 60.0]))[-1]
    assert (b, a * c) == (pytest.approx(lam, abs=1e-8), pytest.approx(0.7, abs=1e-8))


def test_a_runaway_follows_its_power_law():
    # Dirac task above its threshold: b grows without bound, b -> (4 s_1^2 t / tau)^(1/4)
    t = np.array([0, 1e4, 1e5])
    b = modes.flow(tasks.dirac_dynamics(6, 1.5, 1.0), 0.9, 0.9, 0.9, t).b
    assert b[1:] == pytest.approx((4 * 1.5**2 * t[1:]) ** 0.25, rel=1e-3)
    assert b[2] == pytest.approx(30.797, abs=1e-3)


def test_a_silent_mode_stays_silent():
    assert np.all(strengths(modes.flow(np.ones(4), 0.0, 0.3, 0.0, times)) == [0, 0.3, 0])


def test_flow_at_one_time_is_the_start():
    assert strengths(modes.flow(np.ones(3), 0.1, 0.2, 0.3, [0.0])) == pytest.approx(np.array([[0.1, 0.2, 0.3]]), abs=0)


def test_an_integration_that_fails_says_so():
    run = modes.flow(np.ones(5), 1.0, 1e200, 1.0, [0.0, 1.0])
    assert "overflows" in run.message and run.times.tolist() == [0.0] and run.b.tolist() == [1e200]


@pytest.mark.parametrize("pads", [False, True])
def test_the_banded_jacobian_has_the_rows_that_each_scipy_asks_for(monkeypatch, pads):
    """Before 1.16 LSODA wants 2 lband + uband + 1 rows, the last lband for its own use; later lband + uband + 1."""
    given = {}

    def watched(slope, start, times, *, jac, lband, uband, **options):
        given.update(rows=len(jac(0.0, start)), lband=lband, uband=uband)
        return times[:1], start[None], ""

    monkeypatch.setattr(_mode_flow, "_PADS", pads)
    monkeypatch.setattr(_mode_flow._flow, "integrate", watched)
    modes.flow(np.ones((2, 4)), 0.1, [0.2, 0.3], 0.4, [0.0, 1.0])
    assert given["rows"] == (1 if pads else 2) * given["lband"] + given["uband"] + 1


def test_scipy_accepts_the_banded_jacobian(monkeypatch):
    """Where LSODA takes stiff steps it asks for the Jacobian; this fails in an environment that wants other rows."""
    asked = []
    exact = _mode_flow._banded
    monkeypatch.setattr(_mode_flow, "_banded", lambda *blocks: asked.append(True) or exact(*blocks))
    run = modes.flow(tasks.dirac_dynamics(6, 1.5, 1.0), 0.9, 0.9, 0.9, [0, 1e4])
    assert asked and run.message == ""


@given(seed=seeds, T=st.integers(1, 60), dtype=st.sampled_from((float, complex)))
def test_geometric_flow_is_the_flow(seed, T, dtype):
    rng = np.random.default_rng(seed)
    start = 0.3 * draw_mode(seed, (3,), dtype)
    delta = rng.uniform(-1, 1, 3)
    lam = rng.uniform(-0.95, 0.95, 3) * (1 if dtype is float else np.exp(1j * rng.uniform(-np.pi, np.pi, 3)))
    s = (delta[:, None] * lam[:, None] ** np.arange(T))[:, ::-1]
    closed, summed = modes.geometric_flow(delta, lam, T, *start, times[:5]), modes.flow(s, *start, times[:5])
    assert strengths(closed) == pytest.approx(strengths(summed), abs=1e-9)


@pytest.mark.parametrize("T", [1, 2, 6, 20])
@pytest.mark.parametrize("kind", KINDS)
def test_geometric_flow_serves_every_kind_and_starts_safely_at_its_solution(kind, T):
    delta, lam = 0.8, 1.05
    strength, rate = {"constant": (delta, 1.0), "inverse_exponential": (delta, lam),
                      "exponential": (delta * lam**T, 1 / lam)}[kind]
    s = tasks.task_dynamics(kind, T, delta, lam)
    closed, summed = modes.geometric_flow(strength, rate, T, 0.2, 1.0, 0.2, times), modes.flow(s, 0.2, 1.0, 0.2, times)
    assert strengths(closed) == pytest.approx(strengths(summed), abs=1e-9)
    solved = [np.sqrt(strength), rate, np.sqrt(strength)]
    stays = strengths(modes.geometric_flow(strength, rate, T, *solved, times[:2]))
    assert stays[-1] == pytest.approx(solved, abs=1e-12)


@given(T=st.integers(1, 300), x=st.one_of(st.floats(-1.2, 1.2), st.floats(-9, 9).map(lambda p: 1 + 10.0 ** (p - 9)),
                                          st.sampled_from((0.0, 1.0, -1.0, 1 - 1e-16))))
def test_the_closed_form_of_the_sums_over_lags_has_no_bad_spot(T, x):
    k = np.arange(T)
    plain, size = ([np.sum(y**k), np.sum(k[1:] * y ** k[:-1]), np.sum((k * (k - 1))[2:] * y ** k[:-2])]
                   for y in (x, abs(x)))
    for value, sum_, scale in zip(geometric_sum(np.float64(x), T), plain, size, strict=True):
        assert abs(value - sum_) <= 1e-13 * (1 + scale)


@given(seed=seeds, T=lengths, dtype=st.sampled_from((float, complex)))
def test_the_jacobian_of_the_flow_is_the_derivative_of_its_rates(seed, T, dtype):
    mode, by_lag = 0.7 * draw_mode(seed, (), dtype), np.polynomial.Polynomial(draw_mode(seed + 1, (T,), dtype)[0])

    def parts(real):
        a, b, c = np.asarray(real).view(dtype)
        task = [by_lag.deriv(n)(b.conj()) if n else by_lag(b.conj()) for n in range(3)]
        return a, b, c, task, geometric_sum(abs(b) ** 2, T)

    def rates(real):
        return np.array(_mode_flow._rates(*parts(real))).view(float)

    real, h = mode.view(float), 1e-5
    differences = np.transpose([(rates(real + h * e) - rates(real - h * e)) / (2 * h) for e in np.eye(len(real))])
    largest = np.max(np.abs(differences))
    assert _mode_flow._jacobian(*parts(real)) == pytest.approx(differences, abs=1e-6 * (1 + largest))


def learning_time(a0, s, below=0.01):
    """The first time, in steps of 0.01, at which the energy of a mode from a = b = c = a0 is this part of its start."""
    t = np.arange(0, 3000) / 100
    energies = modes.energy(s, *modes.flow(s, a0, a0, a0, t).strengths)
    return t[np.argmax(energies < below * modes.energy(s, a0, a0, a0))]


@pytest.mark.parametrize("T, expected", [(1, 5.70), (2, 6.05), (3, 4.94), (4, 4.68), (6, 4.52), (10, 4.46), (40, 4.44)])
def test_learning_time_of_the_constant_task_hardly_depends_on_its_length(T, expected):
    assert learning_time(0.01, np.ones(T)) == pytest.approx(expected, abs=0.011)


@pytest.mark.parametrize("delta, lam, expected", [
    (0.7 * np.exp(1j * np.pi / 6), 1, 2.94), (1, 0.9 * np.exp(1j * np.pi / 6), 2.19),
    (1, 0.4 * np.exp(1j * np.pi / 6), 3.15), (1, np.exp(1j * np.pi / 8), 1.99), (1, np.exp(-1j * np.pi / 8), 1.99),
    (1, np.exp(1j * np.pi / 4), 2.06), (1, np.exp(-3j * np.pi / 4), 2.56),
    ((1.05 * np.exp(1j * np.pi / 6)) ** 6, np.exp(-1j * np.pi / 6) / 1.05, 4.16)])
def test_learning_times_of_rotations(delta, lam, expected):
    assert learning_time(0.1, delta * lam ** np.arange(6.0)[::-1]) == pytest.approx(expected, abs=0.011)


@pytest.mark.parametrize("lam, ascending, descending", [(0.6, 1.92, 21.6), (0.8, 1.98, 5.36)])
def test_the_same_singular_values_are_learned_faster_if_the_newest_is_the_largest(lam, ascending, descending):
    s = tasks.task_dynamics("inverse_exponential", 6, 1.0, lam)
    assert learning_time(0.1, s, 0.5) == pytest.approx(ascending, abs=0.011)
    assert learning_time(0.1, s[::-1], 0.5) == pytest.approx(descending, abs=0.06)


@pytest.mark.parametrize("name, changed", [
    ("a0", {"a0": np.nan}), ("b0", {"b0": "b"}), ("c0", {"c0": []}), ("s", {"s": 2.0}), ("s", {"s": np.ones((3, 4))}),
    ("times", {"times": [1.0, 0.5]}), ("times", {"times": [np.nan, 0.5]}), ("times", {"times": []}),
    ("tau", {"tau": 0.0}), ("rtol", {"rtol": 0.0}), ("atol", {"atol": 0.0})])
def test_flow_refuses(name, changed):
    good = {"a0": np.ones(2), "b0": np.ones(2), "c0": np.ones(2), "s": np.ones(4), "times": [0.0, 1.0]}
    with pytest.raises(ValueError, match=name):
        modes.flow(**good | changed)


@pytest.mark.parametrize("name, changed", [
    ("a0", {"a0": np.nan}), ("b0", {"b0": "b"}), ("c0", {"c0": []}), ("delta", {"delta": np.inf}),
    ("lam", {"lam": np.ones(3)}), ("T", {"T": 0}), ("T", {"T": 2.5}), ("times", {"times": [1.0, 1.0]}),
    ("tau", {"tau": -1.0}), ("rtol", {"rtol": 1}), ("atol", {"atol": np.nan})])
def test_geometric_flow_refuses(name, changed):
    good = {"a0": np.ones(2), "b0": 0.1, "c0": 1.0, "delta": 1.0, "lam": 0.5, "T": 4, "times": [0.0, 1.0]}
    with pytest.raises(ValueError, match=name):
        modes.geometric_flow(**good | changed)


# ---------------------------------------------------------------------------------------------------------------------
# Solutions with one strength held fixed
# ---------------------------------------------------------------------------------------------------------------------


def frozen_b(a, b, c, s, t):
    """a c along the flow of a and c alone."""
    def slope(_, y):
        da, _, dc = modes.rates(s, y[0], b, y[1])
        return da, dc

    end = solve_ivp(slope, (0, t[-1]), (a, c), "DOP853", t, rtol=1e-12, atol=1e-14).y
    return end[0] * end[1]


@given(seed=seeds, T=lengths, relation=st.sampled_from(("balanced", "opposite", "free", "nearly balanced")))
def test_input_output_solution_is_the_flow_of_a_and_c(seed, T, relation):
    a, b, c = 0.5 * draw_mode(seed)
    c = {"balanced": a, "opposite": -a, "free": c, "nearly balanced": a * (1 + 1e-6)}[relation]
    s, t = draw_mode(seed + 1, (T,))[0], np.linspace(0, 3, 7)
    imbalance = a**2 - c**2 if abs(a) != abs(c) else 0.0
    exact = modes.input_output_solution(s, a * c, b, 2 * t, tau=2.0, imbalance=imbalance)
    assert exact == pytest.approx(frozen_b(a, b, c, s, t), abs=1e-9)


@pytest.mark.parametrize("u0", [0.4, -0.4])
@pytest.mark.parametrize("A", [0.0, 1.3, -1.3])
def test_balanced_solution_in_each_branch(u0, A):
    b, t, s = 0.5, np.linspace(0, 4, 9), np.array([0.0, 0.0, A])
    B = 1 + b**2 + b**4
    if A == 0:
        expected = u0 / (1 + 2 * B * abs(u0) * t)
    else:
        sign = np.sign(u0)
        v = abs(u0)
        expected = sign * v * sign * A / (B * v + (sign * A - B * v) * np.exp(-2 * sign * A * t))
    assert modes.input_output_solution(s, u0, b, t) == pytest.approx(expected, rel=1e-12)


def test_unbalanced_solution_tends_to_the_balanced_one():
    s, t = np.array([0.2, 0.5, 1.0]), np.linspace(0, 12, 25)
    balanced = modes.input_output_solution(s, 1e-6, 0.4, t)
    for K in (1e-10, 1e-13, 1e-18):
        # a^2 + c^2 = 2 u (1 + K^2 / (8 u^2) + ..), so the start is earlier by about K^2 / (8 u0^2)
        nearly = modes.input_output_solution(s, 1e-6, 0.4, t, imbalance=K)
        assert nearly == pytest.approx(balanced, abs=max(1e-12, K**2 / 1e-12))


def test_an_unbalanced_mode_leaves_silence_and_changes_sign_and_a_balanced_one_does_not():
    s, t = np.array([0.3, 1.0]), [0.0, 50.0]
    u = (1.0 + 0.3 * 0.5) / (1 + 0.25)  # A / B at b = 1/2
    assert modes.input_output_solution(s, 0.0, 0.5, t, imbalance=0.1)[-1] == pytest.approx(u, rel=1e-12)
    assert modes.input_output_solution(s, -0.5, 0.5, t, imbalance=-0.1)[-1] == pytest.approx(u, rel=1e-12)
    assert modes.input_output_solution(s, 0.0, 0.5, t)[-1] == pytest.approx(0.0, abs=0)
    assert -1e-40 < modes.input_output_solution(s, -0.5, 0.5, t)[-1] <= 0


@pytest.mark.parametrize("name, changed", [
    ("u0", {"u0": np.ones(2)}), ("b", {"b": np.nan}), ("s", {"s": []}), ("s", {"s": np.ones((2, 2))}),
    ("times", {"times": [2.0, 1.0]}), ("times", {"times": [np.inf]}), ("tau", {"tau": 0}),
    ("imbalance", {"imbalance": np.inf})])
def test_input_output_solution_refuses(name, changed):
    with pytest.raises(ValueError, match=name):
        modes.input_output_solution(**{"u0": 0.1, "b": 0.5, "s": np.ones(3), "times": [0.0, 1.0]} | changed)


def frozen_u(b, u, s, t):
    """b along the flow of b alone, from its ordinary differential equation."""
    def slope(_, y):
        return [modes.rates(s, u, y[0], 1.0)[1]]

    return solve_ivp(slope, (0, t[-1]), [b], "DOP853", t, rtol=1e-12, atol=1e-14).y[0]


@pytest.fixture(scope="module")
def taylor_solution():
    """The chapter's formula."""
    return from_chapter("task_dynamics/teacher_student", "taylor_solution")


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_taylor_solution_errs_by_the_next_power_of_time(taylor_solution, order):
    s = np.array([0.4, -0.3, 0.8, 0.5, 1.0])
    errors = [abs(taylor_solution(s, 0.7, 0.9, [0, h], order=order)[-1] - frozen_u(0.7, 0.9, s, [h])[0])
              for h in (0.04, 0.02)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order + 1, abs=0.35)


def test_taylor_solution_has_the_derivatives_of_the_paper(taylor_solution):
    # with E_n the n-th derivative of f: f; f E1; f E1^2 + f^2 E2; ...: coefficients 1; 1; 1,1; 1,4,1; 1,11,4,7,1
    b, u, s, h = 0.6, 0.8, np.array([0.3, -0.7, 0.5, 1.1]), 0.01
    k = np.arange(4)
    coefficients = np.zeros(8)
    coefficients[k[1:] - 1] += u * k[1:] * s[::-1][1:]
    coefficients[2 * k[1:] - 1] -= u**2 * k[1:]
    polynomial = np.polynomial.Polynomial(coefficients)
    f, E1, E2, E3, E4 = (polynomial.deriv(n)(b) if n else polynomial(b) for n in range(5))
    derivatives = [f, f * E1, f * E1**2 + f**2 * E2, f * E1**3 + 4 * f**2 * E1 * E2 + f**3 * E3,
                   f * E1**4 + 11 * f**2 * E1**2 * E2 + 4 * f**3 * E2**2 + 7 * f**3 * E1 * E3 + f**4 * E4]
    terms = b + np.cumsum([d * h ** (n + 1) / np.prod(np.arange(1, n + 2)) for n, d in enumerate(derivatives)])
    for order, term in enumerate(terms, start=1):
        assert taylor_solution(s, b, u, [0, h], order=order)[-1] == pytest.approx(term, abs=1e-15)


def test_restarted_taylor_solution_follows_the_flow_while_its_step_is_short_enough(taylor_solution):
    s = np.ones(5)
    exact = frozen_u(0.2, 1.0, s, np.arange(1, 41) * 0.05)
    for step, error in ((0.1, 2.4e-1), (0.05, 4.8e-4), (0.02, 3e-6)):
        t = np.arange(round(2 / step) + 1) * step
        curve = taylor_solution(s, 0.2, 1.0, t, restart=True)
        worst = np.max(np.abs(curve - frozen_u(0.2, 1.0, s, t)))
        assert worst == pytest.approx(error, rel=0.1)
    assert abs(exact[-1] - 1) < 1e-9
