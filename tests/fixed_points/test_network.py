"""The network that learns a fixed point: its read-out, its loss and gradient, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from lrnn_helpers.fixed_points.network import FixedPointRNN, loss, loss_gradients, random_fixed_point_rnn
from tests.fixed_points.cases import moved, network, settled

seeds = st.integers(0, 2**32 - 1)
strengths = st.floats(0, 0.7)


# ---------------------------------------------------------------------------------------------------------------------
# Read-out, loss and gradient
# ---------------------------------------------------------------------------------------------------------------------


@given(seeds, strengths, st.integers(2, 12))
def test_readout_is_the_sum_of_all_echoes(seed, g, N):
    rnn = settled(N, g, seed)
    echo, total = rnn.m, 0.0
    for _ in range(2000):
        total, echo = total + rnn.w @ echo, rnn.W @ echo
    assert abs(rnn.readout() - total) < 1e-11 * max(1, np.linalg.norm(np.linalg.inv(np.eye(N) - rnn.W)))


@pytest.mark.parametrize("seed", range(3))
def test_readout_is_where_the_simulated_network_settles(seed):
    rnn = network(60, 0.5, seed)
    h = np.zeros(60)
    for _ in range(400):
        h = 0.5 * h + 0.5 * (rnn.W @ h + rnn.m)
    assert rnn.readout() == pytest.approx(rnn.w @ h, abs=1e-13)


@pytest.mark.parametrize("radius", [0.9, 0.999])
def test_a_network_that_settles_slowly_or_after_a_large_transient_is_accepted(radius):
    start = network(6, 0, 0)
    rnn = moved(start, radius * np.eye(6) + 50 * np.diag(np.ones(5), 1))
    assert rnn.readout() == pytest.approx(rnn.w @ np.linalg.inv(np.eye(6) - rnn.W) @ rnn.m, rel=1e-6)


@given(seeds, st.floats(-2, 2))
def test_gradient_is_the_slope_of_the_loss_and_has_rank_one(seed, target):
    rnn = settled(4, 0.5, seed)
    gradient = loss_gradients(target, rnn)
    slope = approx_fprime(np.zeros(16), lambda change: loss(target, moved(rnn, change.reshape(4, 4))), 1e-7)
    size = np.linalg.norm(np.linalg.inv(np.eye(4) - rnn.W), 2)
    # forward differences are good to about 1e-7 times the curvature, and to rounding divided by 1e-7
    np.testing.assert_allclose(gradient.ravel(), slope, rtol=0, atol=1e-5 * (1 + abs(target)) * size**4)
    assert np.linalg.matrix_rank(gradient, tol=1e-9 * size**4) <= 1
    assert loss(rnn.readout(), rnn) == 0


def test_random_network_has_orthonormal_ends_and_recurrence_of_the_strength_asked_for():
    rnn = random_fixed_point_rnn(400, 0.7, np.random.default_rng(0))
    np.testing.assert_allclose([rnn.m @ rnn.m, rnn.w @ rnn.w, rnn.m @ rnn.w], [1, 1, 0], atol=1e-14)
    assert np.std(rnn.W) == pytest.approx(0.7 / 20, rel=5 / np.sqrt(2 * 400**2))  # five standard errors


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, value, message", [
    ("W", np.zeros((6, 5)), "W"), ("W", np.full((6, 6), np.nan), "W"), ("W", "abc", "W"), ("W", np.zeros((5, 5)), "m"),
    ("m", np.ones(5), "m"), ("m", np.ones(6), "m must be a unit vector"), ("w", np.ones(5), "w"),
    ("w", np.zeros(6), "w must be a unit vector")])
def test_network_refuses(name, value, message):
    rnn = network(6, 0.3, 0)
    with pytest.raises(ValueError, match=f"^{message}"):
        FixedPointRNN(**({"W": rnn.W, "m": rnn.m, "w": rnn.w} | {name: value}))


@pytest.mark.parametrize("factor", [1, -1, 1.0001, 4, 1e6])
@pytest.mark.parametrize("read", [FixedPointRNN.readout, lambda rnn: loss(1, rnn), lambda rnn: loss_gradients(1, rnn)])
def test_readout_and_loss_refuse_a_network_that_does_not_settle(read, factor):
    for W in (factor * np.eye(6), factor * np.triu(np.ones((6, 6)))):
        with pytest.raises(ValueError, match="rnn must have a spectral radius below 1"):
            read(moved(network(6, 0, 0), W))


@pytest.mark.parametrize("function", [loss, loss_gradients])
@pytest.mark.parametrize("name, target, rnn", [
    ("target", "one", network(6, 0.3, 0)), ("target", np.inf, network(6, 0.3, 0)), ("rnn", 1, np.eye(6)),
    ("rnn", 1, None)])
def test_loss_refuses(function, name, target, rnn):
    with pytest.raises(ValueError, match=f"^{name} must"):
        function(target, rnn)


@pytest.mark.parametrize("name, arguments", [
    ("N", (1, 0.5, np.random.default_rng(0))), ("N", (2.5, 0.5, np.random.default_rng(0))),
    ("g", (3, -0.1, np.random.default_rng(0))), ("g", (3, "x", np.random.default_rng(0))), ("rng", (3, 0.5, 0))])
def test_random_network_refuses(name, arguments):
    with pytest.raises(ValueError, match=f"^{name} must"):
        random_fixed_point_rnn(*arguments)
