"""Exact losses and exact gradients of a linear recurrent network, without automatic differentiation.

Two pairs of functions treat the same loss. `loss` and `loss_gradients` compare impulse responses; they are exact
for white inputs and need no data. `sample_loss` and `sample_gradients` compare outputs on given sequences, by
backpropagation through time. On whitened data the two pairs agree to rounding.
"""

from typing import NamedTuple

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.networks import LinearRNN, echoes, trajectory


class Gradients(NamedTuple):
    """Derivatives of a loss by the three weight matrices, each of the shape of its matrix."""

    W_x: np.ndarray
    W_h: np.ndarray
    W_y: np.ndarray


def loss(rnn, target):
    """Half the squared distance between the network's impulse response and a target's.

    L = 1/2 sum_k || M_k - target_k ||^2,  M_k = W_y W_h^k W_x.

    rnn: LinearRNN. target: (T, N_y, N_x), by lag k = 0 .. T-1. Returns a float.
    ValueError if target does not fit the network. Source: Proca et al. (2025), eq. 4; chapter "How does error travel
    back in time?".
    """
    target = _target(rnn, target)
    return 0.5 * np.sum((rnn.impulse_response(len(target)) - target) ** 2)


def loss_gradients(rnn, target):
    """The exact gradient of `loss`, by sending the error at each lag back through the recurrence.

    With G_k = M_k - target_k, B_k = W_h^k W_x and the pulled-back error D_k = W_y' G_k + W_h' D_{k+1},  D_T = 0:
    dL/dW_x = D_0,   dL/dW_h = sum_k D_{k+1} B_k',   dL/dW_y = sum_k G_k B_k'.

    rnn: LinearRNN. target: (T, N_y, N_x), by lag. Returns Gradients(W_x, W_h, W_y).
    ValueError if target does not fit the network. Source: chapter "How does error travel back in time?".
    """
    target = _target(rnn, target)
    # The echoes B_k and the adjoint D_k, each (T, N_h, N_x), turn every sum over lags into one product.
    B = echoes(rnn.W_h, rnn.W_x, len(target))
    errors = rnn.W_y @ B - target
    pulled_back, W_back = rnn.W_y.T @ errors, rnn.W_h.T
    for k in range(len(target) - 2, -1, -1):
        pulled_back[k] += W_back.dot(pulled_back[k + 1])
    return Gradients(pulled_back[0], _sum_over_lags(pulled_back[1:], B[:-1]), _sum_over_lags(errors, B))


def _target(rnn, target):
    _checks.instance("rnn", rnn, LinearRNN)
    return _checks.array("target", target, ("T", len(rnn.W_y), rnn.W_x.shape[1]))


def _sum_over_lags(left, right):
    """sum_k left_k right_k' as one matrix product; zero if there is no lag."""
    T, _, n = left.shape
    left, right = (blocks.swapaxes(0, 1).reshape(blocks.shape[1], T * n) for blocks in (left, right))
    return left.dot(right.T)


def sample_loss(rnn, x, y):
    """Half the squared error of the network's outputs on given sequences, summed over samples.

    L = 1/2 sum_p || y_{p,T}(x) - y_p ||^2,  or with targets at every step  1/2 sum_{p,t} || y_{p,t}(x) - y_{p,t} ||^2.

    rnn: LinearRNN. x: inputs (P, T, N_x). y: targets (P, N_y) for the last step or (P, T, N_y) for every step.
    Returns a float. ValueError if shapes do not fit. Source: chapter "How does error travel back in time?".
    """
    return 0.5 * np.sum(_error_by_step(rnn, x, y)[0] ** 2)


def sample_gradients(rnn, x, y):
    """The exact gradient of `sample_loss`, by backpropagation through time.

    With e_t = dL/dy_t and d_t = dL/dh_{t+1} = W_y' e_t + W_h' d_{t+1}:
    dL/dW_x = sum_t d_t x_t',   dL/dW_h = sum_t d_t h_t',   dL/dW_y = sum_t e_t h_{t+1}',  also summed over samples.

    rnn: LinearRNN. x: inputs (P, T, N_x). y: targets (P, N_y) for the last step or (P, T, N_y) for every step.
    Returns Gradients(W_x, W_h, W_y). ValueError if shapes do not fit. Source: chapter "How does error travel back
    in time?".
    """
    errors, states, x = _error_by_step(rnn, x, y)
    deltas = errors @ rnn.W_y
    for t in range(len(x) - 2, -1, -1):
        deltas[t] += deltas[t + 1] @ rnn.W_h
    return Gradients(_sum_over_steps(deltas, x), _sum_over_steps(deltas[1:], states[:-1]),
                     _sum_over_steps(errors, states))


def _error_by_step(rnn, x, y):
    """dL/dy at every step (T, P, N_y), the states (T, P, N_h) and the checked inputs (T, P, N_x), all time first."""
    _checks.instance("rnn", rnn, LinearRNN)
    x = _checks.array("x", x, ("P", "T", rnn.W_x.shape[1]))
    P, T, n_y = len(x), x.shape[1], len(rnn.W_y)
    every_step = np.ndim(y) == 3
    y = _checks.array("y", y, (P, T, n_y) if every_step else (P, n_y))
    x = x.swapaxes(0, 1)
    states = trajectory(rnn, x)
    errors = states @ rnn.W_y.T
    if every_step:
        errors -= y.swapaxes(0, 1)
    else:
        errors[:-1] = 0
        errors[-1] -= y
    return errors, states, x


def _sum_over_steps(left, right):
    """sum_{p,t} left_{p,t} right_{p,t}' as one matrix product; zero if there is no step."""
    left, right = (array.reshape(array.shape[0] * array.shape[1], array.shape[2]) for array in (left, right))
    return left.T @ right
