"""Exact gradients: four routes to one answer, the law of conservation, and known values."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.steps.gradients import loss, loss_gradients, sample_gradients, sample_loss
from lrnn_helpers.steps.networks import LinearRNN, random_rnn
from lrnn_helpers.steps.tasks import teacher_targets, white_inputs

SIZES = st.integers(1, 4)


@st.composite
def problems(draw):
    """A network and a target of random sizes."""
    n_x, n_h, n_y, T = draw(SIZES), draw(st.integers(1, 6)), draw(SIZES), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return random_rnn(n_x, n_h, n_y, draw(st.floats(0.1, 1.2)), rng), rng.standard_normal((T, n_y, n_x)), rng


def scale_of(gradients):
    return max(np.abs(G).max() for G in gradients) + 1


@given(problems())
def test_gradients_through_lags_agree_with_automatic_differentiation(problem):
    rnn, target, _ = problem

    def by_hand(weights):
        W_x, W_h, W_y = weights
        echo, total = W_x, 0.0
        for wanted in target:
            total, echo = total + 0.5 * anp.sum((anp.dot(W_y, echo) - wanted) ** 2), anp.dot(W_h, echo)
        return total

    expected = autograd.grad(by_hand)(tuple(np.array(W) for W in rnn.weights))
    ours = loss_gradients(target, rnn)
    assert loss(target, rnn) == pytest.approx(by_hand(rnn.weights), rel=1e-12)
    for G, wanted in zip(ours, expected):
        np.testing.assert_allclose(G, wanted, atol=1e-12 * scale_of(expected))


@given(problems())
def test_on_whitened_data_both_losses_and_all_gradients_agree(problem):
    rnn, target, rng = problem
    T, _, n_x = target.shape
    x = white_inputs(T * n_x + 3, T, n_x, rng)
    y = teacher_targets(target, x)
    assert sample_loss(x, y, rnn) == pytest.approx(loss(target, rnn), rel=1e-10)
    expected = loss_gradients(target, rnn)
    for G, wanted in zip(sample_gradients(x, y, rnn), expected):
        np.testing.assert_allclose(G, wanted, atol=1e-12 * scale_of(expected))


@given(problems(), st.booleans())
def test_backpropagation_through_time_agrees_with_finite_differences(problem, every_step):
    rnn, target, rng = problem
    T, n_y, n_x = target.shape
    x = rng.standard_normal((T, 3, n_x))
    y = rng.standard_normal((T, 3, n_y) if every_step else (3, n_y))
    gradients = sample_gradients(x, y, rnn)
    direction = [rng.standard_normal(W.shape) for W in rnn.weights]
    step = 1e-6
    up, down = (sample_loss(x, y, LinearRNN(*(W + sign * step * D for W, D in zip(rnn.weights, direction))))
                for sign in (1, -1))
    predicted = sum(np.sum(G * D) for G, D in zip(gradients, direction))
    # central differences: rounding of the loss over the step, plus the third derivative times the step squared
    assert (up - down) / (2 * step) == pytest.approx(predicted, rel=1e-6, abs=1e-6 * (1 + sample_loss(x, y, rnn)))


@given(problems())
def test_recurrent_gradient_is_the_hankel_form(problem):
    rnn, target, _ = problem
    T = len(target)
    G = rnn.impulse_response(T) - target
    A = [rnn.W_y @ np.linalg.matrix_power(rnn.W_h, k) for k in range(T)]
    B = [np.linalg.matrix_power(rnn.W_h, k) @ rnn.W_x for k in range(T)]
    hankel = sum((A[r].T @ G[r + m + 1] @ B[m].T for r in range(T - 1) for m in range(T - 1 - r)),
                 np.zeros_like(rnn.W_h))
    np.testing.assert_allclose(loss_gradients(target, rnn).W_h, hankel, atol=1e-11 * (1 + np.abs(hankel).max()))


@given(problems())
def test_gradients_have_no_component_along_changes_of_basis(problem):
    rnn, target, rng = problem
    W_x, W_h, W_y = rnn.weights
    X = rng.standard_normal(W_h.shape)
    along = (X @ W_x, X @ W_h - W_h @ X, -W_y @ X)
    gradients = loss_gradients(target, rnn)
    component = sum(np.sum(G * D) for G, D in zip(gradients, along))
    assert abs(component) < 1e-10 * scale_of(gradients) * scale_of(along) ** 2


@pytest.mark.parametrize("seed", range(3))
def test_loss_vanishes_with_its_gradients_at_the_teacher_and_at_its_copies_in_another_basis(seed):
    rng = np.random.default_rng(seed)
    teacher = random_rnn(2, 4, 3, 0.9, rng)
    target = teacher.impulse_response(8)
    G = np.eye(4) + 0.2 * rng.standard_normal((4, 4))
    copy = LinearRNN(G @ teacher.W_x, G @ teacher.W_h @ np.linalg.inv(G), teacher.W_y @ np.linalg.inv(G))
    assert loss(target, teacher) == 0
    assert loss(target, copy) < 1e-24
    assert scale_of(loss_gradients(target, copy)) - 1 < 1e-11


def test_one_step_leaves_the_recurrent_weights_alone():
    rnn = random_rnn(2, 4, 3, 0.9, np.random.default_rng(0))
    x, y = np.ones((1, 5, 2)), np.zeros((5, 3))
    assert np.all(loss_gradients(np.zeros((1, 3, 2)), rnn).W_h == 0)
    assert np.all(sample_gradients(x, y, rnn).W_h == 0)


def test_last_step_targets_equal_every_step_targets_that_agree_before():
    rng = np.random.default_rng(0)
    rnn = random_rnn(2, 4, 3, 0.9, rng)
    x, y = rng.standard_normal((6, 5, 2)), rng.standard_normal((5, 3))
    outputs = rnn.simulate(x)
    outputs[-1] = y
    assert sample_loss(x, y, rnn) == pytest.approx(sample_loss(x, outputs, rnn), rel=1e-13)
    for G, wanted in zip(sample_gradients(x, y, rnn), sample_gradients(x, outputs, rnn)):
        np.testing.assert_allclose(G, wanted, atol=1e-12)


@pytest.mark.parametrize("T", [2, 5, 20])
def test_one_unit_by_the_derivative_of_a_power(T):
    a, b, c = 0.7, 0.8, 1.3
    k = np.arange(T)
    wanted = np.linspace(1, 2, T)
    e = c * b**k * a - wanted
    G = loss_gradients(wanted[:, None, None], LinearRNN([[a]], [[b]], [[c]]))
    np.testing.assert_allclose([G.W_x[0, 0], G.W_h[0, 0], G.W_y[0, 0]],
                               [np.sum(e * c * b**k), np.sum(e * c * a * k * b ** (k - 1.0)), np.sum(e * a * b**k)],
                               rtol=1e-13)


RNN = random_rnn(2, 4, 3, 0.9, np.random.default_rng(0))


@pytest.mark.parametrize("function", [loss, loss_gradients])
@pytest.mark.parametrize("name, rnn, target", [
    ("rnn", "network", np.zeros((2, 3, 2))), ("rnn", RNN.weights, np.zeros((2, 3, 2))),
    ("target", RNN, np.zeros((2, 2, 3))), ("target", RNN, np.zeros((3, 2))), ("target", RNN, np.zeros((0, 3, 2))),
    ("target", RNN, np.full((2, 3, 2), np.nan)), ("target", RNN, np.zeros((2, 3, 2)) * 1j), ("target", RNN, None)])
def test_loss_refuses(function, name, rnn, target):
    with pytest.raises(ValueError, match=f"^{name} must"):
        function(target, rnn)


@pytest.mark.parametrize("function", [sample_loss, sample_gradients])
@pytest.mark.parametrize("name, rnn, x, y", [
    ("rnn", None, np.zeros((6, 5, 2)), np.zeros((5, 3))), ("x", RNN, np.zeros((6, 5, 3)), np.zeros((5, 3))),
    ("x", RNN, np.zeros((6, 2)), np.zeros((5, 3))), ("y", RNN, np.zeros((6, 5, 2)), np.zeros((4, 3))),
    ("y", RNN, np.zeros((6, 5, 2)), np.zeros((5, 5, 3))), ("y", RNN, np.zeros((6, 5, 2)), np.full((5, 3), np.inf)),
    ("x", RNN, np.full((6, 5, 2), np.nan), np.zeros((5, 3))), ("y", RNN, np.zeros((6, 5, 2)), "targets")])
def test_sample_loss_refuses(function, name, rnn, x, y):
    with pytest.raises(ValueError, match=f"^{name} must"):
        function(x, y, rnn)
