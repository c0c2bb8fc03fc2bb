"""The fixed-point task: descent against dense linear algebra, conservation laws, symmetries and the closed form."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from lrnn_helpers.fixed_points import descent, infinite_size

seeds = st.integers(0, 2**32 - 1)
strengths = st.floats(0, 0.7)
theorem = settings(deadline=None, max_examples=25)


def network(N, g, seed):
    """W_0 = g J and two orthonormal vectors m, w."""
    rng = np.random.default_rng(seed)
    m, w = np.linalg.qr(rng.standard_normal((N, 2)))[0].T
    return g * rng.standard_normal((N, N)) / np.sqrt(N), m, w


def settled(N, g, seed):
    """Like `network`, rescaled where the sample would not settle."""
    W, m, w = network(N, g, seed)
    return W / max(1, np.max(np.abs(np.linalg.eigvals(W))) / 0.95), m, w


def dense_descent(W0, m, w, target, learning_rate, steps):
    """The same descent with N x N matrices: inverse and outer product at every step."""
    W, z = W0.copy(), []
    for step in range(steps + 1):
        B = np.linalg.inv(np.eye(len(W)) - W)
        z.append(w @ B @ m)
        if step < steps:
            W += learning_rate * (target - z[-1]) * np.outer(B.T @ w, B @ m)
    return np.array(z), W - W0


def relative(A, B):
    return np.max(np.abs(A - B)) / np.max(np.abs(B))


# the read-out


@theorem
@given(seeds, strengths, st.integers(2, 12))
def test_readout_is_the_sum_of_all_echoes(seed, g, N):
    W, m, w = settled(N, g, seed)
    echo, total = m, 0.0
    for _ in range(2000):
        total, echo = total + w @ echo, W @ echo
    assert abs(structure.readout(W, m, w) - total) < 1e-11 * max(1, np.linalg.norm(np.linalg.inv(np.eye(N) - W)))


@pytest.mark.parametrize("seed", range(3))
def test_readout_is_where_the_simulated_network_settles(seed):
    W, m, w = network(60, 0.5, seed)
    h = np.zeros(60)
    for _ in range(400):
        h = 0.5 * h + 0.5 * (W @ h + m)
    assert structure.readout(W, m, w) == pytest.approx(w @ h, abs=1e-13)


# exact descent


@pytest.mark.parametrize("g, target, seed", [(0, 1, 0), (0.001, 0.5, 1), (0.3, 2, 2), (0.6, 1, 3), (0.6, -1, 4),
                                             (0.9, 0.5, 7)])
def test_descent_in_krylov_vectors_equals_descent_on_dense_matrices(g, target, seed):
    W0, m, w = settled(100, g, seed)
    learning_rate = 0.01 * (1 - g**2) ** 2
    run = descent.gradient_descent(W0, m, w, target, learning_rate, 150)
    z, change = dense_descent(W0, m, w, target, learning_rate, 150)
    assert run.message == ""
    assert np.max(np.abs(run.z - z)) < 1e-12
    assert np.max(np.abs(run.change - change)) < 1e-12


@theorem
@given(seeds, strengths, st.integers(2, 30), st.floats(-1.5, 1.5))
def test_descent_equals_dense_descent_for_any_small_network(seed, g, N, target):
    W0, m, w = settled(N, g, seed)
    run = descent.gradient_descent(W0, m, w, target, 1e-3, 5)
    z, change = dense_descent(W0, m, w, target, 1e-3, 5)
    size = np.linalg.norm(np.linalg.inv(np.eye(N) - W0), 2)
    assert np.max(np.abs(run.z - z)) < 1e-13 * size**3
    assert np.max(np.abs(run.change - change)) < 1e-13 * size**3


def test_too_few_krylov_vectors_are_noticed_and_doubled(monkeypatch):
    W0, m, w = network(100, 0.6, 3)
    monkeypatch.setattr(structure, "KRYLOV_VECTORS", 4)
    run = descent.gradient_descent(W0, m, w, 1, 0.003, 200)
    z, change = dense_descent(W0, m, w, 1, 0.003, 200)
    assert run.left.shape == (100, 16)
    assert np.max(np.abs(run.z - z)) < 1e-12
    assert np.max(np.abs(run.change - change)) < 1e-12


def test_one_unit_follows_its_own_equation():
    run = descent.gradient_descent([[0.2]], [1.0], [1.0], 2, 0.01, 400)
    W = 0.2
    for z in run.z[:-1]:
        assert z == pytest.approx(1 / (1 - W), rel=1e-12)
        W += 0.01 * (2 - z) / (1 - W) ** 2
    assert run.change[0, 0] == pytest.approx(W - 0.2, rel=1e-12)
    assert W == pytest.approx(0.5, abs=1e-6)  # 1 / (1 - W) = 2


def test_first_step_is_the_gradient():
    W0, m, w = network(50, 0.5, 0)
    B = np.linalg.inv(np.eye(50) - W0)
    run = descent.gradient_descent(W0, m, w, 1, 0.02, 1)
    np.testing.assert_allclose(run.change, 0.02 * (1 - w @ B @ m) * np.outer(B.T @ w, B @ m), rtol=0, atol=1e-15)


def test_recorded_singular_values_are_those_of_the_change():
    W0, m, w = network(80, 0.6, 1)
    for steps in (1, 20, 100):
        run = descent.gradient_descent(W0, m, w, 1, 0.005, steps)
        direct = np.linalg.svd(run.change, compute_uv=False)[:20]
        assert run.singular_values.shape == (steps + 1, 20)
        assert np.all(run.singular_values[0] == 0)
        np.testing.assert_allclose(run.singular_values[-1], direct, rtol=0, atol=1e-14)


def test_without_initial_connectivity_the_change_has_rank_two():
    W0, m, w = network(64, 0, 0)
    run = descent.gradient_descent(W0, m, w, 1, 0.02, 200)
    s = np.linalg.svd(run.change, compute_uv=False)
    assert s[1] > 0.02
    assert s[2] < 1e-15


def test_singular_values_grow_as_odd_powers_of_time():
    W0, m, w = network(200, 0.5, 0)
    s = [descent.gradient_descent(W0, m, w, 1, tau / 400, 400).singular_values[-1, :3] for tau in (0.02, 0.04)]
    np.testing.assert_allclose(np.log2(s[1] / s[0]), [1, 3, 5], atol=0.15)  # corrections of first order in tau


@pytest.mark.parametrize("seed", range(3))
def test_gradient_flow_conserves_what_descent_loses_at_first_order(seed):
    W0, m, w = network(40, 0.5, seed)

    def drift(learning_rate):
        run = descent.gradient_descent(W0, m, w, 1, learning_rate, round(0.8 / learning_rate))
        M, M0 = np.eye(40) - W0 - run.change, np.eye(40) - W0
        away_m, away_w = np.eye(40) - np.outer(m, m), np.eye(40) - np.outer(w, w)
        kappa, kappa_0 = (np.sum(np.linalg.solve(X, m) ** 2) / np.sum(np.linalg.solve(X.T, w) ** 2) for X in (M, M0))
        return np.array([relative(away_m @ M @ M.T @ away_m, away_m @ M0 @ M0.T @ away_m),
                         relative(away_w @ M.T @ M @ away_w, away_w @ M0.T @ M0 @ away_w), abs(kappa / kappa_0 - 1)])

    coarse, fine = drift(0.8 / 400), drift(0.8 / 800)
    np.testing.assert_allclose(coarse / fine, 2, rtol=0.05)
    assert np.max(fine) < 2e-3


@theorem
@given(seeds, strengths)
def test_transposing_the_network_transposes_the_change(seed, g):
    W0, m, w = settled(25, g, seed)
    run = descent.gradient_descent(W0, m, w, 0.8, 5e-3, 20)
    mirror = descent.gradient_descent(W0.T, w, m, 0.8, 5e-3, 20)
    np.testing.assert_allclose(mirror.z, run.z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(mirror.change, run.change.T, rtol=0, atol=1e-12)


@theorem
@given(seeds, strengths)
def test_the_basis_of_the_units_does_not_matter(seed, g):
    W0, m, w = settled(25, g, seed)
    Q = np.linalg.qr(np.random.default_rng(seed).standard_normal((25, 25)))[0]
    run = descent.gradient_descent(W0, m, w, 0.8, 5e-3, 20)
    turned = descent.gradient_descent(Q @ W0 @ Q.T, Q @ m, Q @ w, 0.8, 5e-3, 20)
    np.testing.assert_allclose(turned.z, run.z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(turned.change, Q @ run.change @ Q.T, rtol=0, atol=1e-12)


def test_flipping_read_out_and_target_flips_nothing_else():
    W0, m, w = network(50, 0.4, 2)
    run = descent.gradient_descent(W0, m, w, 1, 0.01, 50)
    flipped = descent.gradient_descent(W0, m, -w, -1, 0.01, 50)
    np.testing.assert_allclose(flipped.z, -run.z, rtol=0, atol=1e-14)
    np.testing.assert_allclose(flipped.change, run.change, rtol=0, atol=1e-14)


def test_a_step_across_the_instability_stops_the_descent_with_a_message():
    W0, m, w = network(50, 0.5, 0)
    run = descent.gradient_descent(W0, m, w, 3, 0.5, 100)
    assert "learning rate below 0.5" in run.message
    assert 1 <= len(run.z) < 101
    assert len(run.singular_values) == len(run.z)
    W = W0 + run.change
    assert w @ np.linalg.solve(np.eye(50) - W, m) == pytest.approx(run.z[-1], rel=1e-9)
    B = np.linalg.inv(np.eye(50) - W)
    crossed = W + 0.5 * (3 - run.z[-1]) * np.outer(B.T @ w, B @ m)
    eigenvalues = np.linalg.eigvals(crossed)
    assert np.max(eigenvalues[np.abs(eigenvalues.imag) < 1e-12].real) > 1
    assert np.max(np.linalg.eigvals(W).real) < 1


# finite time


@pytest.mark.parametrize("duration", [2, 3.5, 8])
@pytest.mark.parametrize("dt", [0.5, 0.25, 1])
def test_finite_time_step_is_the_gradient_of_automatic_differentiation(duration, dt):
    duration = round((duration - 1) / dt) * dt + 1
    W0, m, w = network(7, 0.6, 3)

    def loss(W):
        h, z = anp.zeros(7), []
        for i in range(round(duration / dt)):
            h = (1 - dt) * h + dt * (anp.dot(W, h) + m * (i * dt >= 1))
            z.append(anp.dot(w, h))
        return ((1.3 - z[-1]) ** 2 + (1.3 - z[-2]) ** 2) / 4

    run = descent.finite_time_descent(W0, m, w, 1.3, 0.1, 1, duration=duration, dt=dt)
    np.testing.assert_allclose(run.change, -0.1 * grad(loss)(W0), rtol=0, atol=1e-16)
    assert np.mean((1.3 - run.z[0]) ** 2) / 2 == pytest.approx(loss(W0), rel=1e-13)
    assert np.mean((1.3 - run.z[1]) ** 2) / 2 == pytest.approx(loss(W0 + run.change), rel=1e-13)


@pytest.mark.parametrize("g, target, learning_rate", [(0, 1, 0.009), (0.6, 2, 0.003)])
def test_a_long_finite_time_is_as_good_as_infinite_time(g, target, learning_rate):
    W0, m, w = network(80, g, 1)
    learning_rate *= (1 - g**2) ** 2
    finite = descent.finite_time_descent(W0, m, w, target, learning_rate, 100)
    infinite = descent.gradient_descent(W0, m, w, target, learning_rate, 100)
    finite_losses, losses = np.mean((target - finite.z) ** 2, axis=1), (target - infinite.z) ** 2
    assert np.max(np.abs(finite_losses - losses)) < 1e-5 * losses[0]  # the slowest echo decays as exp(-100 (1 - g))
    assert np.max(np.abs(finite.change - infinite.change)) < 1e-6


def test_single_precision_agrees_with_double():
    W0, m, w = network(60, 0.5, 0)
    single, double = (descent.finite_time_descent(W0, m, w, 1, 0.01, 10, duration=21, dtype=dtype)
                      for dtype in ("float32", "float64"))
    assert single.change.dtype == np.float32
    np.testing.assert_allclose(single.z, double.z, rtol=0, atol=1e-5)


def test_a_diverging_finite_time_descent_stops_with_a_message():
    W0, m, w = network(30, 0.5, 0)
    run = descent.finite_time_descent(W0, m, w, 1, 50, 20)
    assert "learning rate below 50" in run.message
    assert 1 <= len(run.z) < 21
    assert np.all(np.isfinite(run.z)) and np.all(np.isfinite(run.change))
    again = descent.finite_time_descent(W0 + run.change, m, w, 1, 1e-12, 1)
    np.testing.assert_allclose(again.z[0], run.z[-1], rtol=1e-9)


def test_an_exploding_network_is_reported_before_the_first_step():
    W0, m, w = network(30, 3, 0)
    run = descent.finite_time_descent(W0, m, w, 1, 0.01, 5)
    assert run.message.startswith("stopped at step 0")
    assert run.z.shape == (0, 2)
    assert np.all(run.change == 0)


# the closed form without initial connectivity


@theorem
@given(seeds, st.floats(-1.15, 1.15))
def test_closed_form_reads_out_what_it_says(seed, s):
    _, m, w = network(10, 0, seed)
    z, K = infinite_size.zero_g_solution(s)
    plane = np.stack([m, w], axis=1)
    assert w @ np.linalg.solve(np.eye(10) - plane @ K @ plane.T, m) == pytest.approx(z, rel=1e-11, abs=1e-14)


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
    _, m, w = network(20, 0, 0)
    end = brentq(lambda s: infinite_size.zero_g_solution(s).z - target, -1.19, 1.19)
    plane = np.stack([m, w], axis=1)
    wanted = plane @ infinite_size.zero_g_solution(end).K @ plane.T
    errors = []
    for learning_rate in (4e-3, 2e-3):
        run = descent.gradient_descent(np.zeros((20, 20)), m, w, target, learning_rate, round(20 / learning_rate))
        errors.append(np.linalg.norm(run.change - wanted))
    assert errors[0] < 0.02
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.05)


def test_closed_form_takes_many_positions_at_once():
    s = np.linspace(-1, 1, 6).reshape(2, 3)
    z, K = infinite_size.zero_g_solution(s)
    assert z.shape == (2, 3) and K.shape == (2, 3, 2, 2)
    np.testing.assert_allclose(K[1, 2], infinite_size.zero_g_solution(1.0).K, rtol=0, atol=1e-16)
    np.testing.assert_allclose(z, -z[::-1, ::-1], rtol=1e-14)


# bad input


GOOD = dict(zip(("W0", "m", "w"), network(6, 0.3, 0))) | {"target": 1, "learning_rate": 0.1, "steps": 3}
BAD = [("W0", np.zeros((6, 5)), "W0"), ("W0", np.full((6, 6), np.nan), "W0"), ("W0", "abc", "W0"),
       ("m", np.ones(5), "m"), ("m", np.ones(6), "m must be a unit vector"),
       ("w", np.zeros(6), "w must be a unit vector"),
       ("target", "one", "target"), ("target", np.inf, "target"),
       ("learning_rate", 0, "learning_rate"), ("learning_rate", -1, "learning_rate"),
       ("steps", 2.5, "steps"), ("steps", 0, "steps")]


@pytest.mark.parametrize("descent", [descent.gradient_descent, descent.finite_time_descent])
@pytest.mark.parametrize("name, value, message", BAD)
def test_descent_refuses(descent, name, value, message):
    with pytest.raises(ValueError, match=message):
        descent(**(GOOD | {name: value}))


@pytest.mark.parametrize("scale", [1, -1, 1.0001, 4, 1e6])
def test_a_network_that_does_not_settle_is_refused(scale):
    _, m, w = network(6, 0, 0)
    for W in (scale * np.eye(6), scale * np.triu(np.ones((6, 6)))):
        with pytest.raises(ValueError, match="W0 must have a spectral radius below 1"):
            descent.gradient_descent(W, m, w, 1, 0.1, 3)
        with pytest.raises(ValueError, match="W must have a spectral radius below 1"):
            structure.readout(W, m, w)


@pytest.mark.parametrize("radius", [0.9, 0.999])
def test_a_network_that_settles_slowly_or_after_a_large_transient_is_accepted(radius):
    _, m, w = network(6, 0, 0)
    W = radius * np.eye(6) + 50 * np.diag(np.ones(5), 1)
    assert structure.readout(W, m, w) == pytest.approx(w @ np.linalg.inv(np.eye(6) - W) @ m, rel=1e-6)


@pytest.mark.parametrize("name, value", [("duration", 1), ("duration", 3.3), ("dt", 0), ("dt", 1.5),
                                         ("dtype", "float16"), ("dtype", np.float32)])
def test_finite_time_descent_refuses(name, value):
    with pytest.raises(ValueError, match=name):
        descent.finite_time_descent(**GOOD, **{name: value})


@pytest.mark.parametrize("s", [1.2, -1.3, [0.1, 5], np.nan, [], "s"])
def test_closed_form_refuses(s):
    with pytest.raises(ValueError, match="s must"):
        infinite_size.zero_g_solution(s)


def test_readout_refuses_bad_shapes():
    W, m, w = network(6, 0.3, 0)
    for arguments, name in (((W[:5], m, w), "W"), ((W, m[:5], w), "m"), ((W, m, 2 * w), "w")):
        with pytest.raises(ValueError, match=name):
            structure.readout(*arguments)
