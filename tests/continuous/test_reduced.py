"""The reduced flows of one outlier and of a pair: exact solutions, limits, and whole networks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lrnn_helpers.continuous import reduced
from lrnn_helpers.continuous.filters import damped_oscillator, leaky_integrator
from lrnn_helpers.continuous.learning import gradient_flow, loss, loss_gradients
from lrnn_helpers.continuous.reduced import Pair, outlier_flow, outlier_loss, pair_flow, pair_rnn, real_saddle
from tests.continuous.cases import LEAKY, OSCILLATOR, TARGETS, decays, frequencies

# ---------------------------------------------------------------------------------------------------------------------
# One outlier
# ---------------------------------------------------------------------------------------------------------------------


@given(c_star=decays, imbalance=st.floats(-1, 1))
def test_the_solution_is_a_fixed_point(c_star, imbalance):
    for trained in ("all", "readout", "recurrent"):
        mode = outlier_flow(leaky_integrator(c_star), 1, c_star, [0, 1, 10], trained,
                            imbalance=imbalance if trained == "all" else 0.0)
        assert_allclose(mode.a, 1, atol=1e-9)
        assert_allclose(mode.c, c_star, atol=1e-9)
    assert outlier_loss(leaky_integrator(c_star), 1, c_star) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("c_star", [0.05, 0.2, 0.5])
def test_escape_takes_half_1_plus_c_star_per_e_fold_of_smallness(c_star):
    times = np.linspace(0, 20, 20001)
    escape = [np.interp(0.5, outlier_flow(leaky_integrator(c_star), a0, 1, times).a, times) for a0 in (1e-6, 1e-8)]
    assert np.diff(escape)[0] / np.log(100) == pytest.approx((1 + c_star) / 2, rel=1e-5)
    tau = {0.05: -0.357, 0.2: -0.332, 0.5: -0.262}[c_star]
    assert escape[1] == pytest.approx((1 + c_star) / 2 * np.log(1e8) + tau, abs=1e-3)


@pytest.mark.parametrize("c_star", [0.1, 0.2, 0.5])
def test_approach_to_the_solution_has_the_predicted_slow_rate(c_star):
    trace, determinant = 1 / c_star + 1 / (4 * c_star**3), 1 / (8 * c_star**4)
    slow = (trace - np.sqrt(trace**2 - 4 * determinant)) / 2
    times = np.array([0, 8, 10]) / slow
    a = outlier_flow(leaky_integrator(c_star), 1 + 1e-3, c_star, times).a
    assert np.log((a[1] - 1) / (a[2] - 1)) / (times[2] - times[1]) == pytest.approx(slow, rel=1e-3)


def test_long_memories_overshoot():
    a_h = 0.86571  # where a/4 - ln(1 - a/2)/2 = 1/2: the orbit at c_star = 0 meets c = 0
    assert a_h / 4 - np.log(1 - a_h / 2) / 2 == pytest.approx(0.5, abs=1e-5)
    lowest = []
    for c_star in (0.02, 0.005, 0.001):
        coarse = np.linspace(0, 8, 20001)
        turn = coarse[np.argmin(outlier_flow(leaky_integrator(c_star), 1e-6, 1, coarse).c)]
        fine = np.append(0, np.linspace(turn - 1e-3, turn + 1e-3, 4001))  # resolves times shorter than c_star
        c = outlier_flow(leaky_integrator(c_star), 1e-6, 1, fine).c
        lowest.append(c.min() / c_star)
    assert_allclose(lowest, [0.8940, 0.8760, 0.8711], atol=1e-4)
    limit = np.sqrt(a_h) / (2 - np.sqrt(a_h))
    assert limit == pytest.approx(0.8699, abs=1e-4)
    assert np.all(np.diff(lowest) < 0) and lowest[-1] > limit


@pytest.mark.parametrize("a", [0.25, 1.0, 2.0])
def test_recurrent_training_alone_ends_where_the_amplitude_allows(a):
    end = outlier_flow(LEAKY, a, 1, [0, 500], "recurrent")
    assert end.a[-1] == a
    assert end.c[-1] == pytest.approx(0.2 * np.sqrt(a) / (2 - np.sqrt(a)), rel=1e-8)


def test_recurrent_training_of_a_perfect_integrator_is_a_cube_root():
    times = np.array([0, 0.1, 0.3, 0.4])
    c = outlier_flow(leaky_integrator(1e-7), 1, 1, times, "recurrent").c
    assert_allclose(c**3, 1 - 2.25 * times, atol=1e-6)


def test_readout_training_leaves_zero_at_once():
    a = outlier_flow(LEAKY, 0, 1, [0, 1e-5], "readout").a
    assert a[1] / 1e-5 == pytest.approx(1 / 1.2, rel=1e-4)


# ---------------------------------------------------------------------------------------------------------------------
# Two modes
# ---------------------------------------------------------------------------------------------------------------------


@given(c_1=st.floats(0.2, 2), c_2=st.floats(0.2, 2), alpha=st.floats(-1, 1), p=st.floats(-2, 2), mu=st.floats(-2, 2),
       c=decays, omega=frequencies)
def test_pair_velocity_is_the_negative_gradient_and_stays_in_the_set(c_1, c_2, alpha, p, mu, c, omega):
    target = damped_oscillator(c, omega)
    g = loss_gradients(target, pair_rnn(c_1, c_2, alpha, p, mu), "lyapunov")
    expected = [g.W[0, 0], g.W[1, 1], -g.W[0, 1], -g.u[0], -g.u[1]]
    scale = 1 + max(np.max(abs(part)) for part in g)
    assert_allclose(reduced._pair_velocity((c_1, c_2, alpha, p, mu), target.pole), expected, atol=1e-11 * scale)
    assert_allclose([g.W[0, 1], g.u[0], g.u[1]], [-g.W[1, 0], g.v[0], -g.v[1]], atol=1e-11 * scale)


@TARGETS
def test_pair_flow_is_the_flow_of_two_units(target):
    start, times = Pair(0.8, 1.1, 0.2, 0.7, 0.4), np.linspace(0, 5, 6)
    for trained, names in (("recurrent", ("W",)), ("all", ("W", "u", "v"))):
        nets = gradient_flow(target, pair_rnn(*start), times, names, rtol=1e-9, atol=1e-12).networks
        pair = pair_flow(target, start, times, trained)
        for one, other in zip(nets, pair.networks, strict=True):
            for weight, wanted in zip(one.weights, other.weights, strict=True):
                assert_allclose(weight, wanted, atol=1e-7)
        assert_allclose([pair.c_1[-1], pair.alpha[-1], pair.mu[-1]], [1 - nets[-1].W[0, 0], nets[-1].W[0, 1],
                                                                      nets[-1].u[1]], atol=1e-7)


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
    _, middle, end = pair_flow(LEAKY, Pair(1, 1, 0, p, mu), np.array([0, 0.9e6, 1e6])).networks
    M = (3 * (1 - rho)**2 * 1e6 / (4 * kappa))**(1 / 3)
    assert loss(LEAKY, end) == pytest.approx(expected, rel=1e-6)
    assert loss(LEAKY, end) == pytest.approx((1 - rho)**2 / (4 * M), rel=2e-4)
    assert np.log(loss(LEAKY, end) / loss(LEAKY, middle)) / np.log(10 / 9) == pytest.approx(-1 / 3, rel=2e-3)
    assert end.poles().real.max() == pytest.approx(M, rel=0.03)


def test_orthogonal_weights_first_learn_a_feedforward_step():
    root, t = np.sqrt(0.5), 1e-4
    rnn = pair_flow(LEAKY, Pair(1, 1, 0, root, root), [0, t]).networks[-1]
    assert rnn.v @ rnn.W @ rnn.u / t == pytest.approx(1 / 1.2**2, rel=1e-3)
    assert abs(rnn.u @ rnn.W @ rnn.u) < t**2 and abs(rnn.u @ rnn.W @ rnn.v) < t**2


# ---------------------------------------------------------------------------------------------------------------------
# The real saddle
# ---------------------------------------------------------------------------------------------------------------------


@given(c=decays, omega=st.floats(0.02, 3))
def test_saddle_is_stationary_best_and_left_at_its_rate(c, omega):
    target = damped_oscillator(c, omega)
    saddle = real_saddle(target)
    assert saddle.c > c and 1 < saddle.a < 1.5 and saddle.escape_rate > 0
    state = np.array([saddle.c, 1, 0, np.sqrt(saddle.a), 0])
    assert_allclose(reduced._pair_velocity(state, target.pole), 0, atol=1e-10 * (1 + 1 / saddle.c**2))
    step = 1e-5 * min(1, saddle.c)
    jacobian = np.array([(reduced._pair_velocity(state + h, target.pole)
                          - reduced._pair_velocity(state - h, target.pole)) / (2 * step)
                         for h in step * np.eye(5)]).T
    assert np.max(np.linalg.eigvals(jacobian).real) == pytest.approx(saddle.escape_rate, rel=1e-4, abs=1e-6)
    decay = np.geomspace(saddle.c / 20, saddle.c * 20, 400)
    best = outlier_loss(target, 2 * decay * target.transfer(decay).real, decay)
    assert best.min() >= saddle.loss * (1 - 1e-12)
    assert saddle.loss == pytest.approx((target.norm_squared - 2 * saddle.c * target.transfer(saddle.c).real**2) / 2,
                                        rel=1e-9, abs=1e-14)


def saddle_of(c, omega):
    return real_saddle(damped_oscillator(c, omega))


def test_saddle_values_and_limits():
    assert_allclose(saddle_of(0.2, 0.5), [0.8325582, 1.3063063, 0.198799, 0.1319711], rtol=1e-5)
    assert_allclose(saddle_of(1, 3), [5, 4 / 3, 7 / 144, 2 / 27], rtol=1e-12)
    assert_allclose(saddle_of(0.3, 0), [0.3, 1, 0, 0], atol=1e-14)
    slow = saddle_of(0.5, 1e-3)
    assert slow.c - 0.5 == pytest.approx(1e-6 / 0.5, rel=1e-4)
    assert slow.a - 1 == pytest.approx(1e-6 / (4 * 0.5**2), rel=1e-4)
    assert slow.escape_rate == pytest.approx((0.5**2 + 1) / 1.5**3 * 1e-6 / (4 * 0.5**2), rel=1e-4)
    undamped = saddle_of(1e-7, 1.0)
    assert_allclose([undamped.c, undamped.a], [np.sqrt(3), 1.5], rtol=1e-6)
    c_star = 0.3
    boundary = np.sqrt((1 + c_star)**2 * (1 - c_star) / (3 + c_star))
    assert saddle_of(c_star, boundary).c == pytest.approx(1, abs=1e-14)


def test_learning_an_oscillator_pauses_at_the_saddle_then_finds_the_pair():
    saddle = real_saddle(OSCILLATOR)
    times = np.linspace(0, 250, 2001)
    splits = []
    for alpha in (1e-7, 1e-9):
        pair = pair_flow(OSCILLATOR, Pair(1, 1, alpha, 0.03, 0), times, "all")
        splits.append(np.interp(0.1, abs(pair.alpha), times))
        paused = np.argmin(abs(times - splits[-1] + 20))
        assert pair.c_1[paused] == pytest.approx(saddle.c, rel=1e-2)
        end = [series[-1] for series in (pair.c_1, pair.c_2, abs(pair.alpha), pair.p, pair.mu)]
        assert_allclose(end, [0.2, 0.2, 0.5, 1, 0], atol=1e-6)
    assert np.diff(splits)[0] / np.log(100) == pytest.approx(1 / saddle.escape_rate, rel=1e-3)


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call, name", [
    (lambda: outlier_loss(LEAKY, 1, 0), "c"), (lambda: outlier_loss(LEAKY, 1, [1, 2]), "c"),
    (lambda: outlier_loss(0.2, 1, 1), "target"), (lambda: outlier_loss(LEAKY, np.nan, 1), "a"),
    (lambda: outlier_flow(LEAKY, "x", 1, [0, 1]), "a0"), (lambda: outlier_flow(LEAKY, 1, 0, [0, 1]), "c0"),
    (lambda: outlier_flow(0.2, 1, 1, [0, 1]), "target"), (lambda: outlier_flow(LEAKY, 1, 1, [[0, 1]]), "times"),
    (lambda: outlier_flow(LEAKY, 1, 1, [0, 1], "W"), "trained"),
    (lambda: outlier_flow(LEAKY, 1, 1, [0, 1], "readout", imbalance=0.1), "imbalance"),
    (lambda: outlier_flow(LEAKY, 1, 1, [0, 1], imbalance=np.inf), "imbalance"),
    (lambda: pair_rnn(1, 1, 0, 1, np.nan), "mu"), (lambda: pair_flow(LEAKY, (1, 1, 0, 1), [0, 1]), "start"),
    (lambda: pair_flow(LEAKY, (1, -1, 0, 1, 0), [0, 1]), "start"),
    (lambda: pair_flow(None, (1, 1, 0, 1, 0), [0, 1]), "target"),
    (lambda: pair_flow(LEAKY, (1, 1, 0, 1, 0), [0, 0]), "times"),
    (lambda: pair_flow(LEAKY, (1, 1, 0, 1, 0), [0, 1], "readout"), "trained"), (lambda: real_saddle(0.2), "target")])
def test_reduced_flows_refuse(call, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call()
