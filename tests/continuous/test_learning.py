"""Continuous-time networks that learn filters: what theory says about them, by independent routes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import linalg
from scipy.integrate import quad

from lrnn_helpers.continuous import _gramians, lazy, learning
from lrnn_helpers.continuous.filters import (
    FilterRNN,
    damped_oscillator,
    leaky_integrator,
)
from lrnn_helpers.continuous.learning import (
    gradient_flow,
    loss,
    loss_and_gradients,
    loss_gradients,
)
from lrnn_helpers.continuous.reduced import (
    Pair,
    outlier_flow,
    outlier_loss,
    pair_flow,
    pair_rnn,
    real_saddle,
)

LEAKY, OSCILLATOR = leaky_integrator(0.2), damped_oscillator(0.2, 0.5)
TARGETS = pytest.mark.parametrize("target", [LEAKY, OSCILLATOR], ids=["leaky", "oscillator"])
SEEDS = pytest.mark.parametrize("seed", [0, 1, 2])
decays, frequencies = st.floats(0.05, 2), st.floats(0, 3)
many = settings(deadline=None, max_examples=25)


def random_rnn(N, sigma, seed, outlier=0.0):
    """Random recurrence of radius sigma, plus one direction along which u and v are almost aligned."""
    rng = np.random.default_rng(seed)
    r, du, dv = rng.standard_normal((3, N)) / np.sqrt(N)
    return FilterRNN(sigma * rng.standard_normal((N, N)) / np.sqrt(N) + outlier * np.outer(r, r) / (r @ r),
                     r + 0.3 * du, r + 0.3 * dv)


def relative_error(measured, exact):
    return max(linalg.norm(m - e) / linalg.norm(e) for m, e in zip(measured, exact, strict=True))


# ---------------------------------------------------------------------------------------------------------------------
# Filters
# ---------------------------------------------------------------------------------------------------------------------


@many
@given(c=decays, omega=frequencies)
def test_filter_agrees_with_its_integrals_and_its_state_space(c, omega):
    target = damped_oscillator(c, omega)
    t = np.linspace(0, 5, 7)
    assert_allclose(target.impulse_response(t), [target.v @ linalg.expm(-target.A * each) @ target.u for each in t],
                    atol=1e-13)
    assert_allclose(target.transfer(0.7), quad(lambda t: np.exp(-0.7 * t) * target.impulse_response(t), 0, np.inf)[0],
                    atol=1e-7)
    s = 0.3 + 2j
    assert_allclose(target.transfer(s), target.v @ np.linalg.solve(s * np.eye(len(target.A)) + target.A, target.u),
                    rtol=1e-12)
    gramian = linalg.solve_continuous_lyapunov(target.A, np.outer(target.u, target.u))
    assert_allclose(target.norm_squared, target.v @ gramian @ target.v, rtol=1e-12)


def test_oscillator_without_frequency_is_the_leaky_integrator():
    assert damped_oscillator(0.3, 0) == leaky_integrator(0.3)
    assert leaky_integrator(0.3).norm_squared == pytest.approx(1 / 0.6, rel=1e-15)


@SEEDS
def test_impulse_response_is_the_matrix_exponential(seed):
    rnn, times = random_rnn(8, 0.9, seed, outlier=1.5), np.array([0, 0.1, 0.5, 3, 3.5])  # unstable: still defined
    exact = [rnn.v @ linalg.expm(-(np.eye(8) - rnn.W) * t) @ rnn.u for t in times]
    assert_allclose(rnn.impulse_response(times), exact, rtol=1e-11, atol=1e-13)


@TARGETS
def test_a_target_is_itself_a_network(target):
    rnn, times = FilterRNN(np.eye(len(target.A)) - target.A, target.u, target.v), np.linspace(0, 9, 10)
    assert_allclose(rnn.impulse_response(times), target.impulse_response(times), atol=1e-13)
    assert_allclose(abs(rnn.poles() - target.pole).min(), 0, atol=1e-14)
    assert loss(target, rnn) == pytest.approx(0, abs=1e-14)
    assert relative_error(np.concatenate([g.ravel() for g in loss_gradients(target, rnn)])[None] + 1, [1.0]) < 1e-12


# ---------------------------------------------------------------------------------------------------------------------
# Loss and gradient
# ---------------------------------------------------------------------------------------------------------------------


def by_frequency(rnn, target, nodes=800):
    """Loss and gradients as integrals over frequency, omega = tan(angle / 2): spectrally accurate."""
    angle = (np.arange(nodes) + 0.5) / nodes * 2 * np.pi - np.pi
    s, weight = 1j * np.tan(angle / 2), 0.5 / np.cos(angle / 2)**2 / nodes  # d omega / (2 pi)
    resolvent = np.linalg.inv(s[:, None, None] * np.eye(len(rnn.u)) + np.eye(len(rnn.u)) - rnn.W)
    right, left = resolvent @ rnn.u, rnn.v @ resolvent
    error = right @ rnn.v - target.transfer(s)
    pull = weight * error.conj()
    gradients = (np.einsum("s,si,sj->ij", pull, left, right), pull @ left, pull @ right)
    return 0.5 * weight @ abs(error)**2, [g.real for g in gradients]


@TARGETS
@pytest.mark.parametrize("method", ["krylov", "lyapunov"])
@SEEDS
def test_loss_and_gradients_agree_with_frequency_integrals(target, method, seed):
    rnn = random_rnn(24, 0.3, seed, outlier=0.4)
    L, gradients = by_frequency(rnn, target)
    assert loss_and_gradients(target, rnn, method)[0] == pytest.approx(L, rel=1e-12)
    assert relative_error(loss_gradients(target, rnn, method), gradients) < 1e-10


@TARGETS
@SEEDS
def test_loss_is_half_the_squared_distance_over_time(target, seed):
    rnn, (nodes, weights) = random_rnn(10, 0.3, seed, outlier=0.3), np.polynomial.legendre.leggauss(300)
    times = 60 * (nodes + 1)  # up to 120, where exp(-0.2 t) is 4e-11
    error = rnn.impulse_response(times) - target.impulse_response(times)
    assert loss(target, rnn) == pytest.approx(0.5 * 60 * weights @ error**2, rel=1e-10)


@TARGETS
@SEEDS
def test_gradient_is_the_slope_of_the_loss(target, seed):
    rnn, rng, step = random_rnn(30, 0.3, seed, outlier=0.5), np.random.default_rng(seed + 100), 1e-5
    dW, du, dv = rng.standard_normal((30, 30)) / 30, *rng.standard_normal((2, 30)) / 30
    there, back = (loss(target, FilterRNN(rnn.W + h * dW, rnn.u + h * du, rnn.v + h * dv)) for h in (step, -step))
    gradients = loss_gradients(target, rnn)
    slope = np.sum(gradients.W * dW) + gradients.u @ du + gradients.v @ dv
    assert (there - back) / (2 * step) == pytest.approx(slope, rel=1e-7, abs=1e-9)


@TARGETS
@pytest.mark.parametrize("N, sigma", [(1, 0.0), (3, 0.2), (40, 0.3), (150, 0.1), (150, 0.3), (150, 0.5), (60, 0.95)])
@SEEDS
def test_krylov_and_lyapunov_agree(target, N, sigma, seed):
    rnn = random_rnn(N, sigma, seed, outlier=0.0 if sigma > 0.9 else 0.5)
    L, gradients = loss_and_gradients(target, rnn, "lyapunov")
    L_krylov, gradients_krylov = loss_and_gradients(target, rnn, "krylov")
    assert L_krylov == pytest.approx(L, rel=1e-9)
    assert relative_error(gradients_krylov, gradients) < 1e-9
    if N > 20 and sigma <= 0.3:  # the fast route really was taken
        assert _gramians.by_krylov(rnn.W, rnn.u, rnn.v, target) is not None


@TARGETS
@pytest.mark.parametrize("case", ["W = 0", "rank one", "u along v", "u = 0", "v = 0", "orthogonal", "non-normal"])
def test_krylov_spaces_that_end_early(target, case):
    rng = np.random.default_rng(4)
    u, v, x, y = np.linalg.qr(rng.standard_normal((50, 4)))[0].T
    W = {"W = 0": 0 * np.outer(u, u), "rank one": 0.6 * np.outer(x + u, v), "u along v": 0.7 * np.outer(u, u),
         "orthogonal": 0.4 * np.outer(v, u), "non-normal": 3 * np.outer(v, u) - 0.4 * np.outer(u, v)
         }.get(case, 0.2 * np.outer(x, y + u) + 0.3 * np.outer(v, u))
    if case in ("u along v", "rank one"):
        v = 2 * u
    rnn = FilterRNN(W, 0 * u if case == "u = 0" else u, 0 * v if case == "v = 0" else v)
    fast, exact = (loss_and_gradients(target, rnn, method) for method in ("krylov", "lyapunov"))
    assert fast[0] == pytest.approx(exact[0], rel=1e-12)
    for measured, expected in zip(fast[1], exact[1], strict=True):
        assert_allclose(measured, expected, atol=1e-12)
    assert _gramians.by_krylov(rnn.W, rnn.u, rnn.v, target) is not None


@many
@given(a=st.floats(-2, 2), c=st.floats(0.05, 3), c_star=decays, omega=frequencies)
def test_single_unit_has_the_loss_of_an_exponential(a, c, c_star, omega):
    target = damped_oscillator(c_star, omega)
    rnn = FilterRNN([[1 - c]], [1.0], [a])
    assert loss(target, rnn) == pytest.approx(outlier_loss(target, a, c), rel=1e-10, abs=1e-13)


@TARGETS
@SEEDS
def test_rotating_the_units_changes_nothing(target, seed):
    rnn = random_rnn(20, 0.3, seed, outlier=0.4)
    R = np.linalg.qr(np.random.default_rng(seed).standard_normal((20, 20)))[0]
    rotated = FilterRNN(R @ rnn.W @ R.T, R @ rnn.u, R @ rnn.v)
    g, g_rotated = loss_gradients(target, rnn), loss_gradients(target, rotated)
    assert loss(target, rotated) == pytest.approx(loss(target, rnn), rel=1e-12)
    assert relative_error(g_rotated, (R @ g.W @ R.T, R @ g.u, R @ g.v)) < 1e-9


@pytest.mark.parametrize("method", ["krylov", "lyapunov"])
@pytest.mark.parametrize("N", [2, 60])
def test_unstable_networks_have_no_loss(method, N):
    W = np.zeros((N, N))
    W[-1, -1] = 1.2
    for end in (0.0, 1.0):  # hidden from u and v, then seen by both
        u = np.eye(N)[0] + end * np.eye(N)[-1]
        with pytest.raises(ValueError, match="rnn must be stable"):
            loss_gradients(LEAKY, FilterRNN(W, u, u), method)
    W[-1, -1] = 1.0  # a perfect integrator is not stable either
    with pytest.raises(ValueError, match="rnn must be stable"):
        loss_gradients(LEAKY, FilterRNN(W, u, u), method)


@SEEDS
def test_an_unstable_random_network_is_refused(seed):
    with pytest.raises(ValueError, match="rnn must be stable"):
        loss(LEAKY, random_rnn(80, 1.5, seed))


# ---------------------------------------------------------------------------------------------------------------------
# Flow of whole networks
# ---------------------------------------------------------------------------------------------------------------------


@TARGETS
@SEEDS
def test_flow_conserves_its_invariant_and_lowers_the_loss(target, seed):
    rnn = random_rnn(10, 0.2, seed)
    nets = gradient_flow(target, rnn, np.linspace(0, 3, 7), rtol=1e-9)
    kept = [n.W @ n.W.T - n.W.T @ n.W + np.outer(n.u, n.u) - np.outer(n.v, n.v) for n in nets]
    assert_allclose(kept[-1], kept[0], atol=1e-8)
    assert np.linalg.norm(nets[-1].W - rnn.W) > 0.1
    losses = np.array([loss(target, n) for n in nets])
    assert np.all(np.diff(losses) < 0)


@TARGETS
def test_flow_loses_loss_at_the_squared_gradient(target):
    before, now, after = gradient_flow(target, random_rnn(10, 0.2, 5), [0, 1e-3, 2e-3], rtol=1e-12)
    squared = sum(np.sum(g**2) for g in loss_gradients(target, now))
    assert (loss(target, before) - loss(target, after)) / 2e-3 == pytest.approx(squared, rel=1e-5)


def test_flow_moves_only_what_is_trained():
    rnn = random_rnn(6, 0.2, 0)
    for trained in (("W",), ("u", "v"), ("v",)):
        start, end = gradient_flow(LEAKY, rnn, [0, 1], trained)
        for name in "Wuv":
            assert np.array_equal(getattr(start, name), getattr(end, name)) == (name not in trained)


@pytest.mark.parametrize("variant", ["all", "imbalanced", "readout", "recurrent"])
@TARGETS
def test_one_mode_networks_follow_the_outlier_flow(target, variant):
    r, times = np.ones(4) / 2, np.linspace(0, 8, 9)
    mu, nu, trained = {"all": (0.3, 0.3, "all"), "imbalanced": (0.6, 0.1, "all"), "readout": (1, 0, "readout"),
                       "recurrent": (0.9, 0.9, "recurrent")}[variant]
    names = {"all": "Wuv", "readout": "Wv", "recurrent": "W"}[trained]
    nets = gradient_flow(target, FilterRNN(0.1 * np.outer(r, r), mu * r, nu * r), times, tuple(names), rtol=1e-9)
    a, c = outlier_flow(target, mu * nu, 0.9, times, trained, mu**2 - nu**2 if trained == "all" else 0.0)
    assert_allclose([n.u @ n.v for n in nets], a, atol=1e-7)
    assert_allclose([1 - r @ n.W @ r for n in nets], c, atol=1e-7)
    assert_allclose([loss(target, n) for n in nets], outlier_loss(target, a, c), atol=1e-7)


def test_flow_rejects_steps_into_instability(monkeypatch):
    met = []
    exact = _gramians.by_lyapunov

    def watched(*arguments):
        try:
            return exact(*arguments)
        except ValueError:
            met.append(True)
            raise

    monkeypatch.setattr(_gramians, "by_lyapunov", watched)
    times, root = np.array([0, 0.5, 1, 3]), np.sqrt(0.5)
    nets = gradient_flow(LEAKY, pair_rnn(1, 1, 0, root, root), times, ("W",), rtol=1e-4)
    assert met  # a trial step did leave the stable networks
    exact_pair = pair_flow(LEAKY, Pair(1, 1, 0, root, root), times)
    expected = [loss(LEAKY, pair_rnn(*point)) for point in np.transpose(exact_pair)]
    assert_allclose([loss(LEAKY, n) for n in nets], expected, rtol=1e-3)


def test_flow_refuses_a_tolerance_at_which_the_loss_rises():
    with pytest.raises(ValueError, match="^rtol must be smaller"):
        gradient_flow(leaky_integrator(0.1), FilterRNN([[0.95]], [1.0], [0.5]), [0, 0.5, 1, 3], rtol=1e-2)


# ---------------------------------------------------------------------------------------------------------------------
# One outlier
# ---------------------------------------------------------------------------------------------------------------------


@many
@given(c_star=decays, imbalance=st.floats(-1, 1))
def test_the_solution_is_a_fixed_point(c_star, imbalance):
    for trained in ("all", "readout", "recurrent"):
        a, c = outlier_flow(leaky_integrator(c_star), 1, c_star, [0, 1, 10], trained, imbalance if trained == "all" else 0.0)
        assert_allclose(a, 1, atol=1e-9)
        assert_allclose(c, c_star, atol=1e-9)
    assert outlier_loss(leaky_integrator(c_star), 1, c_star) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("c_star", [0.05, 0.2, 0.5])
def test_escape_takes_half_1_plus_c_star_per_e_fold_of_smallness(c_star):
    times = np.linspace(0, 20, 20001)
    escape = [np.interp(0.5, outlier_flow(leaky_integrator(c_star), a0, 1, times)[0], times) for a0 in (1e-6, 1e-8)]
    assert np.diff(escape)[0] / np.log(100) == pytest.approx((1 + c_star) / 2, rel=1e-5)
    tau = {0.05: -0.357, 0.2: -0.332, 0.5: -0.262}[c_star]
    assert escape[1] == pytest.approx((1 + c_star) / 2 * np.log(1e8) + tau, abs=1e-3)


@pytest.mark.parametrize("c_star", [0.1, 0.2, 0.5])
def test_approach_to_the_solution_has_the_predicted_slow_rate(c_star):
    trace, determinant = 1 / c_star + 1 / (4 * c_star**3), 1 / (8 * c_star**4)
    slow = (trace - np.sqrt(trace**2 - 4 * determinant)) / 2
    times = np.array([0, 8, 10]) / slow
    a, _ = outlier_flow(leaky_integrator(c_star), 1 + 1e-3, c_star, times)
    assert np.log((a[1] - 1) / (a[2] - 1)) / (times[2] - times[1]) == pytest.approx(slow, rel=1e-3)


def test_long_memories_overshoot():
    a_h = 0.86571  # where a/4 - ln(1 - a/2)/2 = 1/2: the orbit at c_star = 0 meets c = 0
    assert a_h / 4 - np.log(1 - a_h / 2) / 2 == pytest.approx(0.5, abs=1e-5)
    lowest = []
    for c_star in (0.02, 0.005, 0.001):
        coarse = np.linspace(0, 8, 20001)
        turn = coarse[np.argmin(outlier_flow(leaky_integrator(c_star), 1e-6, 1, coarse)[1])]  # then resolve times shorter than c_star
        _, c = outlier_flow(leaky_integrator(c_star), 1e-6, 1, np.append(0, np.linspace(turn - 1e-3, turn + 1e-3, 4001)))
        lowest.append(c.min() / c_star)
    assert_allclose(lowest, [0.8940, 0.8760, 0.8711], atol=1e-4)
    limit = np.sqrt(a_h) / (2 - np.sqrt(a_h))
    assert limit == pytest.approx(0.8699, abs=1e-4)
    assert np.all(np.diff(lowest) < 0) and lowest[-1] > limit


@pytest.mark.parametrize("a", [0.25, 1.0, 2.0])
def test_recurrent_training_alone_ends_where_the_amplitude_allows(a):
    a_end, c_end = outlier_flow(leaky_integrator(0.2), a, 1, [0, 500], "recurrent")
    assert a_end[-1] == a
    assert c_end[-1] == pytest.approx(0.2 * np.sqrt(a) / (2 - np.sqrt(a)), rel=1e-8)


def test_recurrent_training_of_a_perfect_integrator_is_a_cube_root():
    times = np.array([0, 0.1, 0.3, 0.4])
    _, c = outlier_flow(1e-7, 1, 1, times, "recurrent")
    assert_allclose(c**3, 1 - 2.25 * times, atol=1e-6)


def test_readout_training_leaves_zero_at_once():
    a, _ = outlier_flow(leaky_integrator(0.2), 0, 1, [0, 1e-5], "readout")
    assert a[1] / 1e-5 == pytest.approx(1 / 1.2, rel=1e-4)


# ---------------------------------------------------------------------------------------------------------------------
# Two modes
# ---------------------------------------------------------------------------------------------------------------------


@many
@given(c_1=st.floats(0.2, 2), c_2=st.floats(0.2, 2), alpha=st.floats(-1, 1), p=st.floats(-2, 2), mu=st.floats(-2, 2),
       c=decays, omega=frequencies)
def test_pair_velocity_is_the_negative_gradient_and_stays_in_the_set(c_1, c_2, alpha, p, mu, c, omega):
    target = damped_oscillator(c, omega)
    g = loss_gradients(target, pair_rnn(c_1, c_2, alpha, p, mu), "lyapunov")
    expected = [g.W[0, 0], g.W[1, 1], -g.W[0, 1], -g.u[0], -g.u[1]]
    scale = 1 + max(np.max(abs(part)) for part in g)
    assert_allclose(learning._pair_velocity((c_1, c_2, alpha, p, mu), target.pole), expected, atol=1e-11 * scale)
    assert_allclose([g.W[0, 1], g.u[0], g.u[1]], [-g.W[1, 0], g.v[0], -g.v[1]], atol=1e-11 * scale)


@TARGETS
def test_pair_flow_is_the_flow_of_two_units(target):
    start, times = Pair(0.8, 1.1, 0.2, 0.7, 0.4), np.linspace(0, 5, 6)
    for trained, names in (("recurrent", ("W",)), ("all", ("W", "u", "v"))):
        nets = gradient_flow(target, pair_rnn(*start), times, names, rtol=1e-9)
        pair = pair_flow(target, start, times, trained)
        assert_allclose(np.array([[1 - n.W[0, 0], 1 - n.W[1, 1], n.W[0, 1], n.u[0], n.u[1]] for n in nets]).T, pair,
                        atol=1e-7)


@TARGETS
def test_pair_flow_conserves_its_invariant(target):
    pair = pair_flow(target, Pair(0.8, 1.1, 0.2, 0.7, 0.4), np.linspace(0, 50, 20), "all")
    kept = pair.alpha * (pair.c_1 - pair.c_2) + pair.p * pair.mu
    assert_allclose(kept, kept[0], atol=1e-8)


@pytest.mark.parametrize("rho, expected", [(0.0, 0.00319295049), (0.5, 0.00116432812), (0.9, 1.292042e-4)])
def test_fixed_weights_that_do_not_match_are_compensated_by_a_fast_pole(rho, expected):
    p, mu = np.sqrt((1 + rho) / 2), np.sqrt((1 - rho) / 2)
    tau = -(p + np.sqrt(2)) / mu
    kappa = ((1 + tau**2) / (1 - tau**2))**2
    pair = pair_flow(LEAKY, Pair(1, 1, 0, p, mu), np.array([0, 0.9e6, 1e6]))
    middle, end = (pair_rnn(*point) for point in np.transpose(pair)[1:])
    M = (3 * (1 - rho)**2 * 1e6 / (4 * kappa))**(1 / 3)
    assert loss(LEAKY, end) == pytest.approx(expected, rel=1e-6)
    assert loss(LEAKY, end) == pytest.approx((1 - rho)**2 / (4 * M), rel=2e-4)
    assert np.log(loss(LEAKY, end) / loss(LEAKY, middle)) / np.log(10 / 9) == pytest.approx(-1 / 3, rel=2e-3)
    assert end.poles().real.max() == pytest.approx(M, rel=0.03)


def test_orthogonal_weights_first_learn_a_feedforward_step():
    root, t = np.sqrt(0.5), 1e-4
    rnn = pair_rnn(*np.array(pair_flow(LEAKY, Pair(1, 1, 0, root, root), [0, t]))[:, -1])
    assert rnn.v @ rnn.W @ rnn.u / t == pytest.approx(1 / 1.2**2, rel=1e-3)
    assert abs(rnn.u @ rnn.W @ rnn.u) < t**2 and abs(rnn.u @ rnn.W @ rnn.v) < t**2


# ---------------------------------------------------------------------------------------------------------------------
# The real saddle
# ---------------------------------------------------------------------------------------------------------------------


@many
@given(c=decays, omega=st.floats(0.02, 3))
def test_saddle_is_stationary_best_and_left_at_its_rate(c, omega):
    target, saddle = damped_oscillator(c, omega), real_saddle(c, omega)
    assert saddle.c > c and 1 < saddle.a < 1.5 and saddle.escape_rate > 0
    state = np.array([saddle.c, 1, 0, np.sqrt(saddle.a), 0])
    assert_allclose(learning._pair_velocity(state, target.pole), 0, atol=1e-10 * (1 + 1 / saddle.c**2))
    step = 1e-5 * min(1, saddle.c)
    jacobian = np.array([(learning._pair_velocity(state + h, target.pole)
                          - learning._pair_velocity(state - h, target.pole)) / (2 * step)
                         for h in step * np.eye(5)]).T
    assert np.max(np.linalg.eigvals(jacobian).real) == pytest.approx(saddle.escape_rate, rel=1e-4, abs=1e-6)
    decay = np.geomspace(saddle.c / 20, saddle.c * 20, 400)
    best = outlier_loss(target, 2 * decay * target.transfer(decay).real, decay)
    assert best.min() >= saddle.loss * (1 - 1e-12)
    assert saddle.loss == pytest.approx((target.norm_squared - 2 * saddle.c * target.transfer(saddle.c).real**2) / 2,
                                        rel=1e-9, abs=1e-14)


def test_saddle_values_and_limits():
    assert_allclose(real_saddle(0.2, 0.5), [0.8325582, 1.3063063, 0.198799, 0.1319711], rtol=1e-5)
    assert_allclose(real_saddle(1, 3), [5, 4 / 3, 7 / 144, 2 / 27], rtol=1e-12)
    assert_allclose(real_saddle(0.3, 0), [0.3, 1, 0, 0], atol=1e-14)
    slow = real_saddle(0.5, 1e-3)
    assert slow.c - 0.5 == pytest.approx(1e-6 / 0.5, rel=1e-4)
    assert slow.a - 1 == pytest.approx(1e-6 / (4 * 0.5**2), rel=1e-4)
    assert slow.escape_rate == pytest.approx((0.5**2 + 1) / 1.5**3 * 1e-6 / (4 * 0.5**2), rel=1e-4)
    undamped = real_saddle(1e-7, 1.0)
    assert_allclose([undamped.c, undamped.a], [np.sqrt(3), 1.5], rtol=1e-6)
    c_star = 0.3
    boundary = np.sqrt((1 + c_star)**2 * (1 - c_star) / (3 + c_star))
    assert real_saddle(c_star, boundary).c == pytest.approx(1, abs=1e-14)


def test_learning_an_oscillator_pauses_at_the_saddle_then_finds_the_pair():
    saddle = real_saddle(0.2, 0.5)
    times = np.linspace(0, 250, 2001)
    splits = []
    for alpha in (1e-7, 1e-9):
        pair = pair_flow(OSCILLATOR, Pair(1, 1, alpha, 0.03, 0), times, "all")
        splits.append(np.interp(0.1, abs(pair.alpha), times))
        paused = np.argmin(abs(times - splits[-1] + 20))
        assert pair.c_1[paused] == pytest.approx(saddle.c, rel=1e-2)
        end = np.array(pair)[:, -1]
        assert_allclose([*end[:2], abs(end[2]), end[3], end[4]], [0.2, 0.2, 0.5, 1, 0], atol=1e-6)
    assert np.diff(splits)[0] / np.log(100) == pytest.approx(1 / saddle.escape_rate, rel=1e-3)


# ---------------------------------------------------------------------------------------------------------------------
# Lazy learning
# ---------------------------------------------------------------------------------------------------------------------

SIGMAS = pytest.mark.parametrize("sigma", [0.2, 0.5, 0.8])
NODES, WEIGHTS = (array * factor for array, factor in zip(np.polynomial.legendre.leggauss(400), (1, 40), strict=True))
TIMES = 40 * (NODES + 1)  # quadrature on 0 .. 80


@SIGMAS
def test_kernel_diagonalizes_as_stated(sigma):
    e, eigenvalue = lazy.eigenfunctions(sigma, 6, TIMES), lazy.eigenvalues(sigma, 6)
    assert_allclose((e * WEIGHTS) @ e.T, np.eye(6), atol=1e-11)
    G = lazy.kernel(sigma, TIMES[:, None], TIMES)
    assert_allclose((e * WEIGHTS) @ G, eigenvalue[:, None] * e, atol=1e-11)
    assert np.sum(lazy.eigenvalues(sigma, 1000)) == pytest.approx(1 / (2 * np.sqrt(1 - sigma**2)), rel=1e-12)
    assert WEIGHTS @ np.diag(G) == pytest.approx(1 / (2 * np.sqrt(1 - sigma**2)), rel=1e-9)
    for target in (LEAKY, OSCILLATOR, leaky_integrator(1.3)):
        assert_allclose(lazy.coefficients(target, sigma, 6), (e * WEIGHTS) @ target.impulse_response(TIMES), atol=1e-6)


@SIGMAS
def test_kernel_is_its_power_series(sigma):
    t, s, n = 1.3, 2.1, np.arange(60)
    factorial = np.cumprod(np.maximum(n, 1).astype(float))
    assert lazy.kernel(sigma, t, s) == pytest.approx(
        np.exp(-t - s) * np.sum((sigma**2 * t * s)**n / factorial**2), rel=1e-13)
    assert lazy.kernel(sigma, 4000, 4001) == 0 or lazy.kernel(sigma, 4000, 4001) < 1e-300  # and not NaN


@SIGMAS
def test_recurrent_kernel_is_the_double_convolution_of_the_kernel(sigma):
    t, s = 1.7, 2.4
    x, w = np.polynomial.legendre.leggauss(30)
    r, r_ = t * (x[:, None] + 1) / 2, s * (x + 1) / 2
    product = lazy.kernel(sigma, r, r_) * lazy.kernel(sigma, t - r, s - r_)
    assert lazy.recurrent_kernel(t, s, sigma) == pytest.approx(t * s / 4 * w @ product @ w, rel=1e-12)


@pytest.mark.parametrize("sigma", [0.5, 0.8])
def test_random_networks_have_this_kernel(sigma):
    t, s, measured = 1.5, 0.7, []
    for seed in range(4):
        A = np.eye(300) - sigma * np.random.default_rng(seed).standard_normal((300, 300)) / np.sqrt(300)
        measured.append(np.sum(linalg.expm(-A * t) * linalg.expm(-A * s)) / 300)  # trace of exp(-A t)' exp(-A s)
    assert np.mean(measured) == pytest.approx(lazy.kernel(sigma, t, s), rel=0.01)  # fluctuation of order 1 / N


@SIGMAS
def test_norm_is_finite_exactly_inside_the_disc(sigma):
    for target in (leaky_integrator(1 - 0.9 * sigma), leaky_integrator(1 + 0.9 * sigma),
                   damped_oscillator(1 - 0.5 * sigma, 0.5 * sigma)):
        theta, eigenvalue = lazy.coefficients(target, sigma, 300), lazy.eigenvalues(sigma, 300)
        terms = theta[eigenvalue > 0]**2 / eigenvalue[eigenvalue > 0]
        assert lazy.norm_squared(target, sigma) == pytest.approx(np.sum(terms), rel=1e-9)
    for target in (leaky_integrator(1 - sigma - 1e-9), damped_oscillator(1, sigma + 1e-9)):
        assert lazy.norm_squared(target, sigma) == np.inf


@pytest.mark.parametrize("sigma, c, alpha, norm, value", [
    (0.5, 0.1, 0.176, 1645, 0.381), (0.5, 0.2, 0.357, 339, 0.0300), (0.5, 0.35, 0.651, 37.1, 1.01e-3),
    (0.5, 0.6, 1.296, 2.55, 2.6e-6), (0.5, 0.8, 2.451, 1.190, 1.5e-8), (0.8, 0.1, 0.485, 384, 0.021),
    (0.8, 0.35, 1.926, 2.94, 1.4e-7), (0.8, 0.6, np.inf, 1.33, 1.1e-8)])
def test_known_exponents_and_ridge_solutions(sigma, c, alpha, norm, value):
    target, solution = leaky_integrator(c), lazy.ridge(leaky_integrator(c), sigma, [1e-4])
    if np.isfinite(alpha):
        assert lazy.exponent(target, sigma) == pytest.approx(alpha, abs=6e-4)
    else:
        assert lazy.exponent(target, sigma) > 50
    assert_allclose(solution.weight_norm_squared, norm, rtol=5e-3)
    assert_allclose(solution.loss, value, rtol=0.05)


@pytest.mark.parametrize("c", [0.35, 0.6])
def test_random_networks_have_this_ridge_solution(c):
    sigma, N, strength, target = 0.5, 400, 1e-4, leaky_integrator(c)
    predicted, measured = lazy.ridge(target, sigma, [strength]), []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        A = np.eye(N) - sigma * rng.standard_normal((N, N)) / np.sqrt(N)
        u = rng.standard_normal(N)
        gramian = linalg.solve_continuous_lyapunov(A, np.outer(u, u))
        v = np.linalg.solve(gramian + strength * N * np.eye(N), np.linalg.solve(A + c * np.eye(N), u))
        measured.append((loss(target, FilterRNN(np.eye(N) - A, u, v)), N * v @ v))
    measured_loss, measured_norm = np.mean(measured, axis=0)
    assert measured_norm == pytest.approx(predicted.weight_norm_squared[0], rel=0.12)  # O(N^-1/2), three seeds
    assert measured_loss == pytest.approx(predicted.loss[0], rel=0.2 if c == 0.35 else 1)


@pytest.mark.parametrize("target", [leaky_integrator(0.3), leaky_integrator(0.7), OSCILLATOR])
def test_gradient_flow_loss_solves_its_equation(target):
    """Gradient flow in function space, dk/dtau = -G (k - k_*), on a fine grid of times."""
    sigma, tau = 0.5, np.array([0.0, 1.0, 30.0])
    root = np.sqrt(WEIGHTS)
    G = root[:, None] * lazy.kernel(sigma, TIMES[:, None], TIMES) * root
    values, vectors = np.linalg.eigh(G)
    components = vectors.T @ (root * target.impulse_response(TIMES))
    expected = [0.5 * np.sum((components * np.exp(-values * each))**2) for each in tau]
    assert_allclose(lazy.gradient_flow_loss(target, sigma, tau), expected, rtol=1e-7)
    assert lazy.gradient_flow_loss(target, sigma, [0.0])[0] == pytest.approx(target.norm_squared / 2, rel=1e-12)


@pytest.mark.parametrize("c", [0.2, 0.35, 0.5, 0.6])
def test_loss_falls_with_the_predicted_power(c):
    q = (1 - np.sqrt(0.75)) / (1 + np.sqrt(0.75))
    early, late = lazy.gradient_flow_loss(leaky_integrator(c), 0.5, 1e8 * q ** -np.array([0.0, 4.0]))
    slope = np.log(early / late) / (-4 * np.log(q))  # over whole log-periods
    assert slope == pytest.approx(lazy.exponent(leaky_integrator(c), 0.5), rel=1e-6)


@many
@given(sigma=st.floats(0.1, 0.95), c=st.floats(0.05, 2))
def test_exponent_is_one_at_the_rim_and_symmetric_about_beta(sigma, c):
    beta_squared = 1 - sigma**2
    assert lazy.exponent(leaky_integrator(1 - sigma), sigma) == pytest.approx(1, rel=1e-9)
    assert lazy.exponent(leaky_integrator(1 + sigma), sigma) == pytest.approx(1, rel=1e-9)
    if abs(c - np.sqrt(beta_squared)) > 1e-3:
        mirrored = lazy.exponent(leaky_integrator(beta_squared / c), sigma)
        assert mirrored == pytest.approx(lazy.exponent(leaky_integrator(c), sigma), rel=1e-7)


@TARGETS
def test_ridge_balances_loss_against_weights(target):
    """At the optimum d loss = -(l / 2) d(N |v|^2); without penalty, the norm of the kernel; with much, 0."""
    strength = 1e-2 * np.array([1 - 1e-5, 1, 1 + 1e-5])
    solution = lazy.ridge(target, 0.9, strength)
    slope = (solution.loss[2] - solution.loss[0]) / (solution.weight_norm_squared[2] - solution.weight_norm_squared[0])
    assert slope == pytest.approx(-5e-3, rel=1e-6)
    inside = leaky_integrator(0.7)
    assert lazy.ridge(inside, 0.5, [1e-12]).weight_norm_squared[0] == pytest.approx(lazy.norm_squared(inside, 0.5),
                                                                                  rel=1e-4)
    assert lazy.ridge(target, 0.5, [1e9]).loss[0] == pytest.approx(target.norm_squared / 2, rel=1e-8)


# ---------------------------------------------------------------------------------------------------------------------
# Bad input
# ---------------------------------------------------------------------------------------------------------------------

RNN = FilterRNN(np.zeros((2, 2)), [1.0, 0], [0, 1.0])


@pytest.mark.parametrize("call, name", [
    (lambda: leaky_integrator(0), "c"), (lambda: leaky_integrator(np.nan), "c"), (lambda: leaky_integrator("1"), "c"),
    (lambda: damped_oscillator(-1, 1), "c"), (lambda: damped_oscillator(1, -1), "omega"),
    (lambda: LEAKY.impulse_response([-1.0]), "times"), (lambda: LEAKY.impulse_response([]), "times"),
    (lambda: LEAKY.transfer(np.inf), "s"), (lambda: LEAKY.transfer(-0.2), "s"),
    (lambda: FilterRNN(np.zeros((2, 3)), [1, 1], [1, 1]), "W"), (lambda: FilterRNN(np.eye(2), [1], [1, 1]), "u"),
    (lambda: FilterRNN(np.eye(2), [1, 1], [1, np.nan]), "v"), (lambda: FilterRNN(1j * np.eye(1), [1], [1]), "W"),
    (lambda: RNN.impulse_response([1.0, 0.5]), "times"), (lambda: RNN.impulse_response([-1.0, 0.5]), "times"),
    (lambda: FilterRNN([[900.0]], [1], [1]).impulse_response([1.0]), "times"),
    (lambda: loss(LEAKY, None), "rnn"), (lambda: loss(0.2, RNN), "target"),
    (lambda: loss_gradients(0.2, RNN), "target"),
    (lambda: loss(LEAKY, FilterRNN(-1e200 * np.eye(30), np.ones(30), np.ones(30))), "rnn"),
    (lambda: loss_gradients(LEAKY, RNN, "autograd"), "method"), (lambda: loss_and_gradients(LEAKY, 0), "rnn"),
    (lambda: gradient_flow(LEAKY, 0, [0, 1]), "rnn"), (lambda: gradient_flow(None, RNN, [0, 1]), "target"),
    (lambda: gradient_flow(LEAKY, RNN, [1, 0]), "times"), (lambda: gradient_flow(LEAKY, RNN, [0, 1], ("W", "x")), "trained"),
    (lambda: gradient_flow(LEAKY, RNN, [0, 1], "W"), "trained"), (lambda: gradient_flow(LEAKY, RNN, [0, 1], ()), "trained"),
    (lambda: gradient_flow(LEAKY, RNN, [0, 1], 3), "trained"),
    (lambda: gradient_flow(LEAKY, RNN, [0, 1], rtol=0), "rtol"),
    (lambda: gradient_flow(LEAKY, FilterRNN([[1.5]], [1], [1]), [0, 1]), "rnn"),
    (lambda: outlier_loss(LEAKY, 1, 0), "c"), (lambda: outlier_loss(LEAKY, 1, [1, 2]), "c"),
    (lambda: outlier_loss(0.2, 1, 1), "target"), (lambda: outlier_loss(LEAKY, np.nan, 1), "a"),
    (lambda: outlier_flow(leaky_integrator(0.2), "x", 1, [0, 1]), "a0"), (lambda: outlier_flow(leaky_integrator(0.2), 1, 0, [0, 1]), "c0"),
    (lambda: outlier_flow(-0.2, 1, 1, [0, 1]), "c_star"), (lambda: outlier_flow(leaky_integrator(0.2), 1, 1, [[0, 1]]), "times"),
    (lambda: outlier_flow(leaky_integrator(0.2), 1, 1, [0, 1], "W"), "trained"),
    (lambda: outlier_flow(leaky_integrator(0.2), 1, 1, [0, 1], "readout", 0.1), "imbalance"),
    (lambda: outlier_flow(leaky_integrator(0.2), 1, 1, [0, 1], imbalance=np.inf), "imbalance"),
    (lambda: pair_rnn(1, 1, 0, 1, np.nan), "mu"), (lambda: pair_flow(LEAKY, (1, 1, 0, 1), [0, 1]), "start"),
    (lambda: pair_flow(LEAKY, (1, -1, 0, 1, 0), [0, 1]), "start"),
    (lambda: pair_flow(None, (1, 1, 0, 1, 0), [0, 1]), "target"),
    (lambda: pair_flow(LEAKY, (1, 1, 0, 1, 0), [0, 0]), "times"),
    (lambda: pair_flow(LEAKY, (1, 1, 0, 1, 0), [0, 1], "readout"), "trained"),
    (lambda: real_saddle(0, 1), "c"), (lambda: real_saddle(1, -1), "omega"),
    (lambda: lazy.kernel(0.5, -1, 1), "t"), (lambda: lazy.kernel(0.5, 1, [np.nan]), "s"),
    (lambda: lazy.kernel(0.5, [1, 2], [1, 2, 3]), "t and s"), (lambda: lazy.kernel(1, 1, 1), "sigma"),
    (lambda: lazy.recurrent_kernel(1, -1, 0.5), "s"), (lambda: lazy.recurrent_kernel(1, 1, 0), "sigma"),
    (lambda: lazy.eigenvalues(0.5, 0), "n"), (lambda: lazy.eigenvalues(1.5, 3), "sigma"),
    (lambda: lazy.eigenfunctions(0.5, 3, [-1.0]), "times"), (lambda: lazy.eigenfunctions(0.5, 3, [1e4]), "times"),
    (lambda: lazy.eigenfunctions(0.5, 2.5, [1.0]), "n"), (lambda: lazy.coefficients(0.2, 0.5, 3), "target"),
    (lambda: lazy.coefficients(LEAKY, 0.5, -1), "n"), (lambda: lazy.norm_squared(LEAKY, 0), "sigma"),
    (lambda: lazy.norm_squared(0.2, 0.5), "target"), (lambda: lazy.exponent(LEAKY, 1), "sigma"),
    (lambda: lazy.exponent(None, 0.5), "target"), (lambda: lazy.gradient_flow_loss(LEAKY, 0.5, [-1.0]), "tau"),
    (lambda: lazy.gradient_flow_loss(None, 0.5, [1.0]), "target"),
    (lambda: lazy.ridge(LEAKY, 0.5, [0.0]), "strength"),
    (lambda: lazy.ridge(LEAKY, 2, [1.0]), "sigma"), (lambda: lazy.ridge(LEAKY, 0.5, 1.0), "strength")])
def test_bad_input_is_refused(call, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call()
