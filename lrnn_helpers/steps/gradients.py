"""Exact losses and exact gradients of a linear recurrent network, without automatic differentiation.

Two pairs of functions treat the same loss. `loss` and `loss_gradients` compare impulse responses; they are exact
for white inputs and need no data. `sample_loss` and `sample_gradients` compare outputs on given sequences, by
backpropagation through time. On whitened data the two pairs agree to rounding.
"""

from typing import NamedTuple

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.steps._recurrence import echoes, trajectory
from lrnn_helpers.steps.networks import LinearRNN


class Gradients(NamedTuple):
    """Derivatives of a loss by the three weight matrices, each of the shape of its matrix."""

    W_x: np.ndarray
    W_h: np.ndarray
    W_y: np.ndarray


@_checks.moderate("rnn, target")
def loss(target, rnn):
    """Half the squared distance between the network's impulse response and a target's.

    L = 1/2 sum_k || M_k - target_k ||^2,  M_k = W_y W_h^k W_x.

    target: (T, N_y, N_x), by lag k = 0 .. T-1. rnn: LinearRNN. Returns a float.
    ValueError if target does not fit the network, or the loss overflows.
    Source: Proca et al. (2025), eq. 4; chapter "How does error travel back in time?".
    """
    target = _target(target, rnn)
    return 0.5 * np.sum((rnn.impulse_response(len(target)) - target) ** 2)


@_checks.moderate("rnn, target")
def loss_gradients(target, rnn):
    """The exact gradient of `loss`, by sending the error at each lag back through the recurrence.

    With G_k = M_k - target_k, B_k = W_h^k W_x and the pulled-back error D_k = W_y' G_k + W_h' D_{k+1},  D_T = 0:
    dL/dW_x = D_0,   dL/dW_h = sum_k D_{k+1} B_k',   dL/dW_y = sum_k G_k B_k'.

    target: (T, N_y, N_x), by lag. rnn: LinearRNN. Returns Gradients(W_x, W_h, W_y).
    ValueError if target does not fit the network, or the gradient overflows.
    Source: chapter "How does error travel back in time?".
    """
    target = _target(target, rnn)
    # The echoes B_k and the adjoint D_k, each (T, N_h, N_x), turn every sum over lags into one product.
    B = echoes(rnn.W_h, rnn.W_x, len(target))
    errors = rnn.W_y @ B - target
    pulled_back, W_back = rnn.W_y.T @ errors, rnn.W_h.T
    for k in range(len(target) - 2, -1, -1):
        pulled_back[k] += W_back.dot(pulled_back[k + 1])
    return Gradients(pulled_back[0], _sum_over_lags(pulled_back[1:], B[:-1]), _sum_over_lags(errors, B))


def _target(target, rnn):
    _checks.instance("rnn", rnn, LinearRNN)
    return _checks.array("target", target, ("T", len(rnn.W_y), rnn.W_x.shape[1]))


def _sum_over_lags(left, right):
    """sum_k left_k right_k' as one matrix product; zero if there is no lag."""
    T, _, n = left.shape
    left, right = (blocks.swapaxes(0, 1).reshape(blocks.shape[1], T * n) for blocks in (left, right))
    return left.dot(right.T)


@_checks.moderate("rnn, x, y")
def sample_loss(x, y, rnn):
    """Half the squared error of the network's outputs on given sequences, summed over samples.

    L = 1/2 sum_p || y_{T,p}(x) - y_p ||^2,  or with targets at every step  1/2 sum_{t,p} || y_{t,p}(x) - y_{t,p} ||^2.

    x: inputs (T, P, N_x). y: targets (P, N_y) for the last step or (T, P, N_y) for every step. rnn: LinearRNN.
    Returns a float. ValueError if shapes do not fit, or the loss overflows.
    Source: chapter "How does error travel back in time?".
    """
    return 0.5 * np.sum(_error_by_step(x, y, rnn)[0] ** 2)


@_checks.moderate("rnn, x, y")
def sample_gradients(x, y, rnn):
    """The exact gradient of `sample_loss`, by backpropagation through time.

    With e_t = dL/dy_t and d_t = dL/dh_{t+1} = W_y' e_t + W_h' d_{t+1}:
    dL/dW_x = sum_t d_t x_t',   dL/dW_h = sum_t d_t h_t',   dL/dW_y = sum_t e_t h_{t+1}',  also summed over samples.

    x: inputs (T, P, N_x). y: targets (P, N_y) for the last step or (T, P, N_y) for every step. rnn: LinearRNN.
    Returns Gradients(W_x, W_h, W_y). ValueError if shapes do not fit, or the gradient overflows.
    Source: chapter "How does error travel back in time?".
    """
    errors, states, x = _error_by_step(x, y, rnn)
    deltas = errors @ rnn.W_y
    for t in range(len(x) - 2, -1, -1):
        deltas[t] += deltas[t + 1] @ rnn.W_h
    return Gradients(_sum_over_steps(deltas, x), _sum_over_steps(deltas[1:], states[:-1]),
                     _sum_over_steps(errors, states))


def _error_by_step(x, y, rnn):
    """dL/dy at every step (T, P, N_y), the states (T, P, N_h) and the checked inputs (T, P, N_x)."""
    _checks.instance("rnn", rnn, LinearRNN)
    x = _checks.array("x", x, ("T", "P", rnn.W_x.shape[1]))
    (T, P, _), n_y, every_step = x.shape, len(rnn.W_y), _checks.array("y", y).ndim == 3
    y = _checks.array("y", y, (T, P, n_y) if every_step else (P, n_y))
    states = trajectory(rnn, x)
    errors = states @ rnn.W_y.T
    if every_step:
        errors -= y
    else:
        errors[:-1] = 0
        errors[-1] -= y
    return errors, states, x


def _sum_over_steps(left, right):
    """sum_{t,p} left_{t,p} right_{t,p}' as one matrix product; zero if there is no step."""
    return np.tensordot(left, right, axes=((0, 1), (0, 1)))
