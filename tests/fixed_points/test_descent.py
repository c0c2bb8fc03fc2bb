"""Descent on the fixed-point task: against dense linear algebra, conservation laws and symmetries."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.fixed_points import descent
from lrnn_helpers.fixed_points.network import FixedPointRNN
from tests.fixed_points.cases import moved, network, settled

seeds = st.integers(0, 2**32 - 1)
strengths = st.floats(0, 0.7)


def dense_descent(target, rnn, learning_rate, steps):
    """The same descent with N x N matrices: inverse and outer product at every step."""
    W, z = rnn.W.copy(), []
    for step in range(steps + 1):
        B = np.linalg.inv(np.eye(len(W)) - W)
        z.append(rnn.w @ B @ rnn.m)
        if step < steps:
            W += learning_rate * (target - z[-1]) * np.outer(B.T @ rnn.w, B @ rnn.m)
    return np.array(z), W - rnn.W


def relative(A, B):
    return np.max(np.abs(A - B)) / np.max(np.abs(B))


# ---------------------------------------------------------------------------------------------------------------------
# Exact descent
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("g, target, seed", [(0, 1, 0), (0.001, 0.5, 1), (0.3, 2, 2), (0.6, 1, 3), (0.6, -1, 4),
                                             (0.9, 0.5, 7)])
def test_descent_in_krylov_vectors_equals_descent_on_dense_matrices(g, target, seed):
    rnn = settled(100, g, seed)
    learning_rate = 0.01 * (1 - g**2) ** 2
    run = descent.gradient_descent(target, rnn, learning_rate, 150)
    z, change = dense_descent(target, rnn, learning_rate, 150)
    assert run.message == ""
    assert np.max(np.abs(run.z - z)) < 1e-12
    assert np.max(np.abs(run.change - change)) < 1e-12


@given(seeds, strengths, st.integers(2, 30), st.floats(-1.5, 1.5))
def test_descent_equals_dense_descent_for_any_small_network(seed, g, N, target):
    rnn = settled(N, g, seed)
    run = descent.gradient_descent(target, rnn, 1e-3, 5)
    z, change = dense_descent(target, rnn, 1e-3, 5)
    size = np.linalg.norm(np.linalg.inv(np.eye(N) - rnn.W), 2)
    assert np.max(np.abs(run.z - z)) < 1e-13 * size**3
    assert np.max(np.abs(run.change - change)) < 1e-13 * size**3


def test_too_few_krylov_vectors_are_noticed_and_doubled(monkeypatch):
    rnn = network(100, 0.6, 3)
    monkeypatch.setattr(descent, "_KRYLOV_VECTORS", 4)
    run = descent.gradient_descent(1, rnn, 0.003, 200)
    z, change = dense_descent(1, rnn, 0.003, 200)
    assert run.left.shape == (100, 16)
    assert np.max(np.abs(run.z - z)) < 1e-12
    assert np.max(np.abs(run.change - change)) < 1e-12


def test_one_unit_follows_its_own_equation():
    run = descent.gradient_descent(2, FixedPointRNN([[0.2]], [1.0], [1.0]), 0.01, 400)
    W = 0.2
    for z in run.z[:-1]:
        assert z == pytest.approx(1 / (1 - W), rel=1e-12)
        W += 0.01 * (2 - z) / (1 - W) ** 2
    assert run.change[0, 0] == pytest.approx(W - 0.2, rel=1e-12)
    assert W == pytest.approx(0.5, abs=1e-6)  # 1 / (1 - W) = 2


def test_first_step_is_the_gradient():
    rnn = network(50, 0.5, 0)
    B = np.linalg.inv(np.eye(50) - rnn.W)
    run = descent.gradient_descent(1, rnn, 0.02, 1)
    wanted = 0.02 * (1 - rnn.w @ B @ rnn.m) * np.outer(B.T @ rnn.w, B @ rnn.m)
    np.testing.assert_allclose(run.change, wanted, rtol=0, atol=1e-15)


def test_recorded_singular_values_are_those_of_the_change():
    rnn = network(80, 0.6, 1)
    for steps in (1, 20, 100):
        run = descent.gradient_descent(1, rnn, 0.005, steps)
        direct = np.linalg.svd(run.change, compute_uv=False)[:20]
        assert run.singular_values.shape == (steps + 1, 20)
        assert np.all(run.singular_values[0] == 0)
        np.testing.assert_allclose(run.singular_values[-1], direct, rtol=0, atol=1e-14)


def test_without_initial_connectivity_the_change_has_rank_two():
    rnn = network(64, 0, 0)
    run = descent.gradient_descent(1, rnn, 0.02, 200)
    s = np.linalg.svd(run.change, compute_uv=False)
    assert s[1] > 0.02
    assert s[2] < 1e-15


def test_singular_values_grow_as_odd_powers_of_time():
    rnn = network(200, 0.5, 0)
    s = [descent.gradient_descent(1, rnn, tau / 400, 400).singular_values[-1, :3] for tau in (0.02, 0.04)]
    np.testing.assert_allclose(np.log2(s[1] / s[0]), [1, 3, 5], atol=0.15)  # corrections of first order in tau


@pytest.mark.parametrize("seed", range(3))
def test_gradient_flow_conserves_what_descent_loses_at_first_order(seed):
    rnn = network(40, 0.5, seed)

    def drift(learning_rate):
        run = descent.gradient_descent(1, rnn, learning_rate, round(0.8 / learning_rate))
        M, M0 = np.eye(40) - rnn.W - run.change, np.eye(40) - rnn.W
        away_m, away_w = np.eye(40) - np.outer(rnn.m, rnn.m), np.eye(40) - np.outer(rnn.w, rnn.w)
        kappa, kappa_0 = (np.sum(np.linalg.solve(X, rnn.m) ** 2) / np.sum(np.linalg.solve(X.T, rnn.w) ** 2)
                          for X in (M, M0))
        return np.array([relative(away_m @ M @ M.T @ away_m, away_m @ M0 @ M0.T @ away_m),
                         relative(away_w @ M.T @ M @ away_w, away_w @ M0.T @ M0 @ away_w), abs(kappa / kappa_0 - 1)])

    coarse, fine = drift(0.8 / 400), drift(0.8 / 800)
    np.testing.assert_allclose(coarse / fine, 2, rtol=0.05)
    assert np.max(fine) < 2e-3


@given(seeds, strengths)
def test_transposing_the_network_transposes_the_change(seed, g):
    rnn = settled(25, g, seed)
    run = descent.gradient_descent(0.8, rnn, 5e-3, 20)
    mirror = descent.gradient_descent(0.8, FixedPointRNN(rnn.W.T, rnn.w, rnn.m), 5e-3, 20)
    np.testing.assert_allclose(mirror.z, run.z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(mirror.change, run.change.T, rtol=0, atol=1e-12)


@given(seeds, strengths)
def test_the_basis_of_the_units_does_not_matter(seed, g):
    rnn = settled(25, g, seed)
    Q = np.linalg.qr(np.random.default_rng(seed).standard_normal((25, 25)))[0]
    run = descent.gradient_descent(0.8, rnn, 5e-3, 20)
    turned = descent.gradient_descent(0.8, FixedPointRNN(Q @ rnn.W @ Q.T, Q @ rnn.m, Q @ rnn.w), 5e-3, 20)
    np.testing.assert_allclose(turned.z, run.z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(turned.change, Q @ run.change @ Q.T, rtol=0, atol=1e-12)


def test_flipping_read_out_and_target_flips_nothing_else():
    rnn = network(50, 0.4, 2)
    run = descent.gradient_descent(1, rnn, 0.01, 50)
    flipped = descent.gradient_descent(-1, FixedPointRNN(rnn.W, rnn.m, -rnn.w), 0.01, 50)
    np.testing.assert_allclose(flipped.z, -run.z, rtol=0, atol=1e-14)
    np.testing.assert_allclose(flipped.change, run.change, rtol=0, atol=1e-14)


def test_a_step_across_the_instability_stops_the_descent_with_a_message():
    rnn = network(50, 0.5, 0)
    run = descent.gradient_descent(3, rnn, 0.5, 100)
    assert "learning rate below 0.5" in run.message
    assert 1 <= len(run.z) < 101
    assert len(run.singular_values) == len(run.z)
    W = rnn.W + run.change
    assert rnn.w @ np.linalg.solve(np.eye(50) - W, rnn.m) == pytest.approx(run.z[-1], rel=1e-9)
    B = np.linalg.inv(np.eye(50) - W)
    crossed = W + 0.5 * (3 - run.z[-1]) * np.outer(B.T @ rnn.w, B @ rnn.m)
    eigenvalues = np.linalg.eigvals(crossed)
    assert np.max(eigenvalues[np.abs(eigenvalues.imag) < 1e-12].real) > 1
    assert np.max(np.linalg.eigvals(W).real) < 1


# ---------------------------------------------------------------------------------------------------------------------
# Finite time
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duration", [2, 3.5, 8])
@pytest.mark.parametrize("dt", [0.5, 0.25, 1])
def test_finite_time_step_is_the_gradient_of_automatic_differentiation(duration, dt):
    duration = round((duration - 1) / dt) * dt + 1
    rnn = network(7, 0.6, 3)

    def loss(W):
        h, z = anp.zeros(7), []
        for i in range(round(duration / dt)):
            h = (1 - dt) * h + dt * (anp.dot(W, h) + rnn.m * (i * dt >= 1))
            z.append(anp.dot(rnn.w, h))
        return ((1.3 - z[-1]) ** 2 + (1.3 - z[-2]) ** 2) / 4

    run = descent.finite_time_descent(1.3, rnn, 0.1, 1, duration=duration, dt=dt)
    np.testing.assert_allclose(run.change, -0.1 * grad(loss)(rnn.W), rtol=0, atol=1e-16)
    assert np.mean((1.3 - run.z[0]) ** 2) / 2 == pytest.approx(loss(rnn.W), rel=1e-13)
    assert np.mean((1.3 - run.z[1]) ** 2) / 2 == pytest.approx(loss(rnn.W + run.change), rel=1e-13)


@pytest.mark.parametrize("g, target, learning_rate", [(0, 1, 0.009), (0.6, 2, 0.003)])
def test_a_long_finite_time_is_as_good_as_infinite_time(g, target, learning_rate):
    rnn = network(80, g, 1)
    learning_rate *= (1 - g**2) ** 2
    finite = descent.finite_time_descent(target, rnn, learning_rate, 100)
    infinite = descent.gradient_descent(target, rnn, learning_rate, 100)
    finite_losses, losses = np.mean((target - finite.z) ** 2, axis=1), (target - infinite.z) ** 2
    assert np.max(np.abs(finite_losses - losses)) < 1e-5 * losses[0]  # the slowest echo decays as exp(-100 (1 - g))
    assert np.max(np.abs(finite.change - infinite.change)) < 1e-6


def test_single_precision_agrees_with_double():
    rnn = network(60, 0.5, 0)
    single, double = (descent.finite_time_descent(1, rnn, 0.01, 10, duration=21, dtype=dtype)
                      for dtype in ("float32", "float64"))
    assert single.change.dtype == np.float32
    np.testing.assert_allclose(single.z, double.z, rtol=0, atol=1e-5)


def test_a_diverging_finite_time_descent_stops_with_a_message():
    rnn = network(30, 0.5, 0)
    run = descent.finite_time_descent(1, rnn, 50, 20)
    assert "learning rate below 50" in run.message
    assert 1 <= len(run.z) < 21
    assert np.all(np.isfinite(run.z)) and np.all(np.isfinite(run.change))
    again = descent.finite_time_descent(1, moved(rnn, run.change), 1e-12, 1)
    np.testing.assert_allclose(again.z[0], run.z[-1], rtol=1e-9)


def test_an_exploding_network_is_reported_before_the_first_step():
    rnn = network(30, 3, 0)
    run = descent.finite_time_descent(1, rnn, 0.01, 5)
    assert run.message.startswith("stopped at step 0")
    assert run.z.shape == (0, 2)
    assert np.all(run.change == 0)


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------

GOOD = {"target": 1, "rnn": network(6, 0.3, 0), "learning_rate": 0.1, "steps": 3}


@pytest.mark.parametrize("function", [descent.gradient_descent, descent.finite_time_descent])
@pytest.mark.parametrize("name, value", [
    ("rnn", np.eye(6)), ("rnn", (np.eye(6), np.eye(6)[0], np.eye(6)[1])), ("rnn", None),
    ("target", "one"), ("target", np.inf), ("learning_rate", 0), ("learning_rate", -1), ("steps", 2.5), ("steps", 0)])
def test_descent_refuses(function, name, value):
    with pytest.raises(ValueError, match=f"^{name} must"):
        function(**(GOOD | {name: value}))


@pytest.mark.parametrize("factor", [1, -1, 1.0001, 4, 1e6])
def test_descent_refuses_a_network_that_does_not_settle(factor):
    rnn = network(6, 0, 0)
    for W in (factor * np.eye(6), factor * np.triu(np.ones((6, 6)))):
        with pytest.raises(ValueError, match="rnn must have a spectral radius below 1"):
            descent.gradient_descent(1, FixedPointRNN(W, rnn.m, rnn.w), 0.1, 3)


@pytest.mark.parametrize("name, value", [("duration", 1), ("duration", 3.3), ("dt", 0), ("dt", 1.5),
                                         ("dtype", "float16"), ("dtype", np.float32)])
def test_finite_time_descent_refuses(name, value):
    with pytest.raises(ValueError, match=name):
        descent.finite_time_descent(**GOOD, **{name: value})
