"""The diagonal layer: scan against recurrence, gradients against automatic differentiation, and a dense network."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lrnn_helpers.continuous import coordinates, diagonal
from lrnn_helpers.continuous.diagonal import DiagonalRNN, random_diagonal_rnn, scan
from lrnn_helpers.steps.networks import LinearRNN


@st.composite
def problems(draw):
    """A layer, inputs and targets of random sizes."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    rnn = random_diagonal_rnn(draw(st.integers(1, 6)), draw(st.floats(1e-4, 1)), rng, turn=draw(st.floats(0, 3)))
    shape = draw(st.integers(1, 20)), draw(st.integers(1, 3))
    return rnn, rng.standard_normal(shape), rng.standard_normal(shape)


def in_sequence(rnn, x):
    h, states = np.zeros((x.shape[1], len(rnn.theta)), complex), []
    for row in x:
        h = rnn.poles * h + np.outer(row, rnn.gamma)
        states.append(h)
    return np.array(states)


@given(problems())
def test_a_scan_is_the_recurrence(problem):
    rnn, x, _ = problem
    assert_allclose(rnn.states(x), in_sequence(rnn, x), atol=1e-12)


@given(st.integers(1, 40), st.integers(0, 10**6))
def test_a_scan_can_be_cut_anywhere(T, seed):
    """What a later part makes of an earlier one's last state is the scan of the whole: composition is associative."""
    rng = np.random.default_rng(seed)
    b, x = rng.uniform(0, 1, 3) * np.exp(1j * rng.uniform(-3, 3, 3)), rng.standard_normal((T, 3))
    whole, cut = scan(b, x), int(rng.integers(T))
    later = x[cut:].astype(complex)
    if cut:
        later[0] += b * whole[cut - 1]
    assert_allclose(scan(b, later), whole[cut:], atol=1e-12)


@given(problems())
def test_gradients_agree_with_automatic_differentiation(problem):
    rnn, x, y = problem

    def by_hand(weights):
        theta, omega, real, imaginary = weights
        size = anp.exp(-anp.exp(theta))
        cosine, sine, gamma = size * anp.cos(omega), size * anp.sin(omega), anp.sqrt(-anp.expm1(-2 * anp.exp(theta)))
        h, g, total = anp.zeros((x.shape[1], len(theta))), anp.zeros((x.shape[1], len(theta))), 0.0
        for row, goal in zip(x, y):
            h, g = cosine * h - sine * g + anp.outer(row, gamma), sine * h + cosine * g
            total = total + anp.sum((anp.dot(h, real) - anp.dot(g, imaginary) - goal)**2) / 2
        return total

    weights = rnn.theta.copy(), rnn.omega.copy(), rnn.alpha.real.copy(), rnn.alpha.imag.copy()
    expected = autograd.grad(by_hand)(weights)
    value, ours = diagonal.loss_and_gradients(x, y, rnn)
    assert value == pytest.approx(by_hand(weights), rel=1e-12)
    scale = 1 + max(np.abs(part).max() for part in expected)
    for got, wanted in zip((ours.theta, ours.omega, ours.alpha.real, ours.alpha.imag), expected):
        assert_allclose(got, wanted, atol=1e-11 * scale)


@given(problems())
def test_a_complex_mode_is_a_pair_of_real_units(problem):
    rnn, x, _ = problem
    N = len(rnn.theta)
    W_h, W_x, W_y = np.zeros((2 * N, 2 * N)), np.zeros((2 * N, 1)), np.zeros((1, 2 * N))
    for j, (b, gamma, alpha) in enumerate(zip(rnn.poles, rnn.gamma, rnn.alpha)):
        W_h[2 * j:2 * j + 2, 2 * j:2 * j + 2] = [[b.real, -b.imag], [b.imag, b.real]]
        W_x[2 * j], W_y[0, 2 * j:2 * j + 2] = gamma, [alpha.real, -alpha.imag]
    dense = LinearRNN(W_x, W_h, W_y).simulate(x[:, :, None])[:, :, 0]
    assert_allclose(rnn.simulate(x), dense, atol=1e-12)


@given(theta=st.floats(-5, 1.5), omega=st.floats(-3, 3), goal=st.floats(-5, 1.5))
def test_a_mode_has_unit_power_and_the_loss_of_its_distance(theta, omega, goal):
    x = np.eye(3000, 1)
    wanted = DiagonalRNN([goal], [0.0], [1.0])
    states = DiagonalRNN([theta], [omega], [1.0]).states(x)
    assert np.sum(np.abs(states)**2) == pytest.approx(1, rel=1e-7)
    value, _ = diagonal.loss_and_gradients(x, wanted.simulate(x), DiagonalRNN([theta], [0.0], [0.6]))
    assert value == pytest.approx(coordinates.mode_loss(0.6, coordinates.pole(theta), coordinates.pole(goal)), rel=1e-7)


@given(st.integers(1, 30), st.floats(1e-6, 0.9), st.integers(0, 10**6))
def test_random_decays_are_spread_evenly_over_their_logarithms(N, slowest, seed):
    rnn = random_diagonal_rnn(N, slowest, np.random.default_rng(seed), turn=0.5, strength=0.0)
    part = (rnn.theta - np.log(slowest)) / -np.log(slowest) * N
    assert_allclose(part - np.arange(N), 0.5, atol=0.5 + 1e-9)
    assert np.all(np.abs(rnn.omega) <= 0.5) and not np.any(rnn.alpha)


def test_a_layer_is_read_only_and_copied():
    theta = np.zeros(2)
    rnn = DiagonalRNN(theta, [0.0, 1.0], [1.0, 1j])
    theta[0] = 5
    assert rnn.theta[0] == 0
    for part in rnn.weights:
        with pytest.raises(ValueError, match="read-only"):
            part[...] = 1


LAYER = DiagonalRNN([0.0], [0.0], [1.0])


@pytest.mark.parametrize("call, name", [
    (lambda: DiagonalRNN([7.0], [0.0], [1.0]), "theta"), (lambda: DiagonalRNN([0.0], [0.0, 1.0], [1.0]), "omega"),
    (lambda: DiagonalRNN([0.0], [0.0], [[1.0]]), "alpha"), (lambda: DiagonalRNN([0.0], [0.0], [np.inf]), "alpha"),
    (lambda: LAYER.states([1.0, 2.0]), "x"), (lambda: scan([1.0, 2.0], np.ones((3, 1))), "x"),
    (lambda: scan([1e200], np.ones((9, 1))), "b"), (lambda: scan([1.0], [1.0]), "x"),
    (lambda: random_diagonal_rnn(0, 0.1, np.random.default_rng(0)), "N"),
    (lambda: random_diagonal_rnn(2, 0.1, np.random.default_rng(0), fastest=0.01), "slowest, fastest"),
    (lambda: random_diagonal_rnn(2, 0.1, 0), "rng"),
    (lambda: diagonal.loss_and_gradients([[1.0]], [[1.0, 2.0]], LAYER), "y"),
    (lambda: diagonal.loss_and_gradients([[1.0]], [[1.0]], None), "rnn")])
def test_what_is_refused(call, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call()
