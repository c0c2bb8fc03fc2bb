"""Learning at infinite N: against closed forms, against large networks, against its own series."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

from lrnn_helpers.fixed_points import descent, infinite_size
from tests.fixed_points.cases import moved, network

seeds = st.integers(0, 2**32 - 1)


# ---------------------------------------------------------------------------------------------------------------------
# The closed form without initial connectivity
# ---------------------------------------------------------------------------------------------------------------------


@given(seeds, st.floats(-1.15, 1.15))
def test_closed_form_reads_out_what_it_says(seed, s):
    rnn = network(10, 0, seed)
    z, K = infinite_size.zero_g_solution(s)
    plane = np.stack([rnn.m, rnn.w], axis=1)
    assert rnn.w @ np.linalg.solve(np.eye(10) - plane @ K @ plane.T, rnn.m) == pytest.approx(z, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("target, s, s_1, s_2, outlier", [
    (0.5, 0.4362, 0.4297, 0.0065, 0.191), (1, 0.6837, 0.6608, 0.0229, 0.426),
    (2, 0.8980, 0.8510, 0.0469, 0.663), (5, 1.0679, 0.9958, 0.0722, 0.855)])
def test_closed_form_end_points(target, s, s_1, s_2, outlier):
    end = brentq(lambda s: infinite_size.zero_g_solution(s).z - target, 0, 1.19)
    K = infinite_size.zero_g_solution(end).K
    assert end == pytest.approx(s, abs=6e-5)
    np.testing.assert_allclose(np.linalg.svd(K, compute_uv=False), [s_1, s_2], rtol=0, atol=6e-5)
    assert np.max(np.linalg.eigvals(K).real) == pytest.approx(outlier, abs=6e-4)
    diagonal, product = 1 - 1 / np.cosh(end), np.tanh(end) * (end - np.tanh(end))
    both = diagonal + np.array([-1, 1]) * np.sqrt(product)
    np.testing.assert_allclose(np.sort(np.linalg.eigvals(K)), both, rtol=0, atol=1e-12)


@pytest.mark.parametrize("target", [0.5, 1, 2, -1])
def test_descent_reaches_the_closed_form_with_an_error_of_first_order_in_the_step(target):
    rnn = network(20, 0, 0)
    end = brentq(lambda s: infinite_size.zero_g_solution(s).z - target, -1.19, 1.19)
    plane = np.stack([rnn.m, rnn.w], axis=1)
    wanted = plane @ infinite_size.zero_g_solution(end).K @ plane.T
    errors = []
    for learning_rate in (4e-3, 2e-3):
        run = descent.gradient_descent(target, rnn, learning_rate, round(20 / learning_rate))
        errors.append(np.linalg.norm(run.change - wanted))
    assert errors[0] < 0.02
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.05)


def test_closed_form_takes_many_positions_at_once():
    s = np.linspace(-1, 1, 6).reshape(2, 3)
    z, K = infinite_size.zero_g_solution(s)
    assert z.shape == (2, 3) and K.shape == (2, 3, 2, 2)
    np.testing.assert_allclose(K[1, 2], infinite_size.zero_g_solution(1.0).K, rtol=0, atol=1e-16)
    np.testing.assert_allclose(z, -z[::-1, ::-1], rtol=1e-14)


# ---------------------------------------------------------------------------------------------------------------------
# The law of the squared singular values
# ---------------------------------------------------------------------------------------------------------------------


@given(st.floats(0, 0.99))
def test_moments_of_the_law(g):
    mu, weights = infinite_size.squared_singular_values(g)
    beta = 1 / (1 - g**2)
    rtol = 1e-12 + 1e-16 / max(g, 1e-6)  # edges 4 g apart are resolved to rounding / g
    if g < 1e-6:
        rtol = 1e-11  # of order g^2
    assert np.all(mu > 0) and np.all(weights > 0)
    for power, wanted in ((0, 1), (1, 1 + g**2), (-1, beta), (-2, beta**4)):
        assert weights @ mu**power == pytest.approx(wanted, rel=rtol)


@pytest.mark.parametrize("g", [0.2, 0.5, 0.8])
def test_law_is_that_of_a_large_random_matrix(g):
    N = 500
    sample = np.linalg.svd(np.eye(N) - network(N, g, 0).W, compute_uv=False) ** 2
    mu, weights = infinite_size.squared_singular_values(g)
    for power in (0.5, 1, 2, 3):  # positive powers of a sample fluctuate by about 1 / N
        assert np.mean(sample**power) == pytest.approx(weights @ mu**power, rel=15 / N)
    assert sample.max() == pytest.approx(mu.max(), rel=0.05)


# ---------------------------------------------------------------------------------------------------------------------
# The flow
# ---------------------------------------------------------------------------------------------------------------------


def started(target, g, times):
    """The flow that begins at time 0, at the times asked for, all of them later."""
    flow = infinite_size.infinite_size_flow(target, g, [0.0, *times])
    assert flow.message == ""
    return flow._replace(**{name: getattr(flow, name)[1:] for name in flow._fields[:-1]})


def closed_form_time(s, target):
    """tau = int (1 - s tanh s)^2 / (target - z) ds."""
    return quad(lambda s: (1 - s * np.tanh(s)) ** 2 / (target - infinite_size.zero_g_solution(s).z), 0, s,
                epsabs=1e-12)[0]


@pytest.mark.parametrize("target", [0.5, 1, 2, -1, 5])
def test_flow_without_initial_connectivity_is_the_closed_form(target):
    end = brentq(lambda s: infinite_size.zero_g_solution(s).z - target, -1.199, 1.199)
    positions = end * np.array([0.1, 0.3, 0.6, 0.9])
    flow = started(target, 0, [closed_form_time(s, target) for s in positions])
    z, K = infinite_size.zero_g_solution(positions)
    np.testing.assert_allclose(flow.z, z, rtol=1e-8)
    np.testing.assert_allclose(flow.norm, np.linalg.norm(K, axis=(1, 2)), rtol=1e-8)
    np.testing.assert_allclose(flow.singular_values[:, :2], np.linalg.svd(K, compute_uv=False), rtol=0, atol=1e-9)
    assert np.all(flow.singular_values[:, 2:] == 0)


def test_flow_has_a_smooth_limit_without_initial_connectivity():
    times = [0.3, 1.0]
    near, limit = (started(1, g, times) for g in (1e-4, 0))
    for quantity, wanted in zip(near[:-1], limit[:-1]):
        np.testing.assert_allclose(quantity, wanted, rtol=0, atol=1e-7)  # of order g^2


@pytest.mark.parametrize("g, target", [(0.3, 1), (0.6, 1), (0.6, 2), (0.7, -0.5)])
def test_flow_is_the_mean_of_large_networks(g, target):
    N, steps, seeds = 300, 150, 12
    duration = 1.5 * (1 - g**2) ** 2 * min(1, abs(target) ** -1.5)
    runs = [descent.gradient_descent(target, network(N, g, seed), duration / steps, steps)
            for seed in range(seeds)]
    times = np.linspace(0, duration, steps + 1)
    flow = infinite_size.infinite_size_flow(target, g, times)
    for measured, predicted in (
            (np.array([run.z for run in runs]), flow.z),
            (np.array([run.singular_values[:, 0] for run in runs]), flow.singular_values[:, 0]),
            (np.array([run.singular_values[:, 1] for run in runs]), flow.singular_values[:, 1])):
        error, scale = measured.mean(axis=0) - predicted, np.max(np.abs(predicted))
        spread = measured.std(axis=0, ddof=1) / np.sqrt(seeds)
        assert np.all(np.abs(error) < 4 * spread + 0.03 * scale)  # sampling, and finite step and size


@given(st.floats(0, 0.9), st.floats(-2, 2))
def test_flow_never_fails(g, target):
    times = np.linspace(0, 2, 9) * (1 - g**2) ** 2
    flow = infinite_size.infinite_size_flow(target, g, times)
    error = np.abs(target - flow.z)
    beta = 1 / (1 - g**2)
    assert np.all(error <= abs(target) * np.exp(-(beta**2) * times) * (1 + 1e-8))  # |a|^4 never falls below beta^2
    assert np.all(np.diff(flow.norm) >= -1e-9) and flow.norm[0] == 0
    assert np.all(np.diff(flow.singular_values, axis=1) <= 0)
    np.testing.assert_allclose(np.linalg.norm(flow.singular_values, axis=1), flow.norm, rtol=1e-6, atol=1e-12)


def test_flow_at_one_time_is_the_start():
    flow = infinite_size.infinite_size_flow(1, 0.5, [0])
    assert flow.z[0] == 0 and flow.norm[0] == 0 and flow.singular_values.shape == (1, 4)


def test_flow_is_odd_in_the_target_and_ends_at_it():
    up, down = (started(target, 0.6, [0.1, 0.5, 20]) for target in (1, -1))
    np.testing.assert_allclose(up.z, -down.z, rtol=1e-12)
    np.testing.assert_allclose(up.singular_values, down.singular_values, rtol=0, atol=1e-12)
    assert up.z[-1] == pytest.approx(1, abs=1e-12)


def test_flow_at_the_end():
    flow = started(1, 0.6, [5])
    assert flow.norm[0] == pytest.approx(0.362, abs=6e-4)
    np.testing.assert_allclose(flow.singular_values[0, 1:], [0.0177, 1.3e-4, 4.8e-7], rtol=0.02)
    for g, norm in ((0.1, 0.653), (0.3, 0.583), (0.8, 0.161), (0.9, 0.064)):
        assert started(1, g, [5]).norm[0] == pytest.approx(norm, abs=1.1e-3)


@pytest.mark.parametrize("g, target, scaled_time", [(0.6, 0.5, 1.05), (0.9, 0.5, 0.62), (0, 1, 0.759), (0.6, 1, 0.594),
                                                    (0.9, 1, 0.279), (0, 2, 0.369), (0.6, 2, 0.268), (0.9, 2, 0.125)])
def test_learning_times(g, target, scaled_time):
    times = np.array([0.95, 1.05]) * scaled_time * (1 - g**2) ** 2
    losses = (1 - started(target, g, times).z / target) ** 2
    assert losses[0] > 0.05 > losses[1]


# ---------------------------------------------------------------------------------------------------------------------
# The series
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target, g", [(0.5, 0.3), (1, 0.6), (2, 0), (-1, 0.5)])
def test_residuals_of_the_series_have_the_next_order(target, g):
    def residuals(scaled_time):
        tau = scaled_time * (1 - g**2) ** 2
        flow, series = started(target, g, [tau]), infinite_size.early_learning(target, g, tau)
        return np.abs([flow.z[0] - series.z, flow.singular_values[0, 0] - series.s_1,
                       flow.singular_values[0, 1] - series.s_2])

    orders = np.log2(residuals(0.02) / residuals(0.01))
    np.testing.assert_allclose(orders, [5, 4, 4], atol=0.12)


def test_series_keeps_the_shape_of_tau():
    tau = np.linspace(0, 0.1, 6).reshape(2, 3)
    assert all(part.shape == (2, 3) for part in infinite_size.early_learning(1, 0.5, tau))
    assert infinite_size.early_outlier(1, 0.5, tau).shape == (2, 3)


# ---------------------------------------------------------------------------------------------------------------------
# The outlier
# ---------------------------------------------------------------------------------------------------------------------


def test_outlier_without_initial_connectivity_is_exact_to_its_order():
    errors = []
    for s in (0.01, 0.02):
        tau = closed_form_time(s, 1)
        exact = np.max(np.linalg.eigvals(infinite_size.zero_g_solution(s).K).real)
        errors.append(abs(infinite_size.early_outlier(1, 0, tau) / exact - 1))
    assert errors[1] < 2e-3
    assert errors[1] / errors[0] == pytest.approx(4, rel=0.1)  # right in the leading order and the one after it


@pytest.mark.parametrize("g, target, scaled_time", [(0.1, 2, 0.2), (0.1, 4, 0.1), (0.2, 2, 0.2), (0.3, 2, 0.3)])
def test_outlier_is_the_largest_eigenvalue_of_large_networks(g, target, scaled_time):
    tau, eigenvalues = scaled_time * (1 - g**2) ** 2, []
    for seed in range(8):
        rnn = network(300, g, seed)
        change = descent.gradient_descent(target, rnn, tau / 100, 100).change
        eigenvalues.append(np.max(np.linalg.eigvals(rnn.W + change).real))
    assert np.mean(eigenvalues) > g + 0.02
    predicted, spread = float(infinite_size.early_outlier(target, g, tau)), np.std(eigenvalues, ddof=1) / np.sqrt(8)
    assert abs(np.mean(eigenvalues) - predicted) < predicted * target**2 * scaled_time**2 / (1 - g**2) + 3 * spread


def test_outlier_is_silent_where_its_series_fails():
    tau = np.array([0.0, 0.2, 0.3, 0.7, 0.9, 1.5])
    seen = np.isfinite(infinite_size.early_outlier(1, 0, tau))
    np.testing.assert_array_equal(seen, [False, True, True, False, False, False])
    assert np.isnan(infinite_size.early_outlier(5, 0, 0.3))


@given(st.floats(0.05, 0.95), st.floats(0.5, 3))
def test_outlier_emerges_from_the_edge_of_the_disc(g, target):
    times = np.linspace(0, 0.6, 4001) * (1 - g**2) ** 2
    eigenvalue = infinite_size.early_outlier(target, g, times)
    seen = np.isfinite(eigenvalue)
    assert not seen[0]
    if seen.any():
        first = np.argmax(seen)
        assert g < eigenvalue[first] < g + 0.02
        assert np.all(np.diff(eigenvalue[seen]) > 0) and np.all(eigenvalue[seen] < 1)


# ---------------------------------------------------------------------------------------------------------------------
# The critical learning rate
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target, wanted, last_digit", [
    (1, (0.249, 0.108, 0.032, 0.0078), (1e-3, 1e-3, 1e-3, 1e-4)),
    (2, (0.0327, 0.0093, 0.0021, 0.00045), (1e-4, 1e-4, 1e-4, 1e-5)),
    (4, (0.0028, 0.0006, 0.00012), (1e-4, 1e-4, 1e-5))])
def test_critical_learning_rates(target, wanted, last_digit):
    for g, value, digit in zip((0, 0.6, 0.8, 0.9), wanted, last_digit):
        measured = infinite_size.critical_learning_rate(target, g) / (1 - g**2) ** 2
        assert measured == pytest.approx(value, abs=0.51 * digit)


@given(st.floats(-1.1, 1.1))
def test_critical_learning_rate_without_initial_connectivity_is_a_closed_form(s):
    target = float(infinite_size.zero_g_solution(s).z)
    assert infinite_size.critical_learning_rate(target, 0) == pytest.approx(2 * (1 - s * np.tanh(s)) ** 4, rel=1e-7)


@given(st.floats(0, 0.95))
def test_critical_learning_rate_of_no_task(g):
    assert infinite_size.critical_learning_rate(0, g) == pytest.approx(2 * (1 - g**2) ** 2, rel=1e-9)


def solution(g, seed, target=1.0, N=400):
    """A network just short of the solution that the flow reaches: descent with a small step, stopped at 0.1 % error."""
    rnn = network(N, g, seed)
    rate = infinite_size.critical_learning_rate(target, g) / 100
    z = descent.gradient_descent(target, rnn, rate, 2000).z
    return moved(rnn, descent.gradient_descent(target, rnn, rate, int(np.argmax(np.abs(target - z) < 1e-3))).change)


@pytest.mark.parametrize("g, atol", [(0, 0.03), (0.4, 0.3)])  # error and step leave 0.03; a sample of 400 units 0.3
@pytest.mark.parametrize("factor", [0.5, 1, 1.5])
def test_one_step_near_the_solution_multiplies_the_error_as_the_critical_rate_predicts(g, atol, factor):
    critical = infinite_size.critical_learning_rate(1, g)
    ratios = []
    for seed in range(4):
        errors = 1 - descent.gradient_descent(1, solution(g, seed), factor * critical, 1).z
        ratios.append(errors[1] / errors[0])
    assert np.mean(ratios) == pytest.approx(1 - 2 * factor, abs=atol)


@pytest.mark.parametrize("factor", [1.2, 1.7])
def test_above_the_critical_rate_descent_leaves_the_solution_for_a_flatter_one(factor):
    critical = infinite_size.critical_learning_rate(1, 0)
    rnn = solution(0, 0)
    run = descent.gradient_descent(1, rnn, factor * critical, 400)
    assert np.max(np.abs(1 - run.z)) > 0.01  # ten times the error at the start
    assert abs(run.z[-1] - 1) < 1e-3
    B, B_end = (np.linalg.inv(np.eye(len(X)) - X) for X in (rnn.W, rnn.W + run.change))
    sharpness, sharpness_end = (np.sum((X @ rnn.m) ** 2) * np.sum((rnn.w @ X) ** 2) for X in (B, B_end))
    assert sharpness_end < 2 / (factor * critical) < sharpness


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("g", [1, -0.1, 2, np.nan, "x", True])
def test_every_function_refuses_a_strength_outside_the_stable_range(g):
    for function in (infinite_size.squared_singular_values, lambda g: infinite_size.infinite_size_flow(1, g, [1]),
                     lambda g: infinite_size.critical_learning_rate(1, g),
                     lambda g: infinite_size.early_learning(1, g, 1), lambda g: infinite_size.early_outlier(1, g, 1)):
        with pytest.raises(ValueError, match="g must"):
            function(g)


@pytest.mark.parametrize("target", [np.inf, "x", None])
def test_every_function_refuses_a_bad_target(target):
    for function in (lambda x: infinite_size.infinite_size_flow(x, 0.5, [1]),
                     lambda x: infinite_size.early_learning(x, 0.5, 1),
                     lambda x: infinite_size.critical_learning_rate(x, 0.5),
                     lambda x: infinite_size.early_outlier(x, 0.5, 1)):
        with pytest.raises(ValueError, match="target must"):
            function(target)


@pytest.mark.parametrize("times", [[], [1, 1], [2, 1], [-np.inf, 1], [np.nan], 1.0])
def test_flow_refuses_times(times):
    with pytest.raises(ValueError, match="times"):
        infinite_size.infinite_size_flow(1, 0.5, times)


@pytest.mark.parametrize("tau", [[], -1, [0, -0.1], np.nan])
def test_series_and_outlier_refuse_times(tau):
    for function in (infinite_size.early_learning, infinite_size.early_outlier):
        with pytest.raises(ValueError, match="tau"):
            function(1, 0.5, tau)


@pytest.mark.parametrize("s", [1.2, -1.3, [0.1, 5], np.nan, [], "s"])
def test_closed_form_refuses(s):
    with pytest.raises(ValueError, match="s must"):
        infinite_size.zero_g_solution(s)
