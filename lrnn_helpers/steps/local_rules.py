"""Learning rules that a synapse could follow, beside the gradient which they replace: the way back is all that differs.

A rule is defined by its blame J_r, (N_h, N_y): what the error at the output says of the state r steps earlier. Each
function but the first returns the blame of one rule as an array (T, N_h, N_y), r = 0 .. T-1, and `update` turns it into
the changes of the three weight matrices. With ``training``, for example:
``lambda net: local_rules.update(target, net, local_rules.random_feedback(net, 8, 0.5, F))``.
"""

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.steps._recurrence import echoes
from lrnn_helpers.steps.gradients import Gradients
from lrnn_helpers.steps.networks import LinearRNN


@_checks.moderate("rnn, target, blame")
def update(target, rnn, blame):
    """What a rule subtracts from the weights in the place of the gradient, averaged over white input.

    With G_k = M_k - target_k and B_k = W_h^k W_x:
    W_x: sum_r J_r G_r,   W_h: sum_{r+m <= T-2} J_r G_{r+m+1} B_m',   W_y: sum_k G_k B_k'.

    target: (T, N_y, N_x), by lag. rnn: LinearRNN. blame: J, (T, N_h, N_y). Returns Gradients(W_x, W_h, W_y).
    ValueError if shapes do not fit, or the update overflows. Source: chapter "Could a brain learn this way?".
    """
    N_h, N_y, N_x = len(_rnn(rnn).W_h), len(rnn.W_y), rnn.W_x.shape[1]
    target = _checks.array("target", target, ("T", N_y, N_x))
    J, B = _checks.array("blame", blame, (len(target), N_h, N_y)), echoes(rnn.W_h, rnn.W_x, len(target))
    errors, last = rnn.W_y @ B - target, len(target) - 1
    heard = [_sum_over_lags(J[:last - m], errors[m + 1:]) for m in range(last)]
    W_h = sum((h @ b.T for h, b in zip(heard, B)), np.zeros((N_h, N_h)))
    return Gradients(_sum_over_lags(J, errors), W_h, _sum_over_lags(errors, B.swapaxes(1, 2)))


@_checks.moderate("rnn, T")
def truncated(rnn, T, window):
    """The blame of backpropagation through time that is cut off after some steps; of the gradient if window >= T.

    J_r = W_h'^r W_y'  for r < window, else 0.

    rnn: LinearRNN. T: steps. window: at least 1. Returns (T, N_h, N_y). ValueError if an argument does not fit.
    Source: Williams and Peng (1990); chapter "Could a brain learn this way?".
    """
    blame = echoes(_rnn(rnn).W_h.T, rnn.W_y.T, _checks.integer("T", T))
    blame[_checks.integer("window", window):] = 0
    return blame


@_checks.moderate("rnn, T, leak")
def random_feedback(rnn, T, leak, feedback):
    """The blame of random-feedback local online learning (RFLO): back by fixed weights, and fading as a neuron does.

    J_r = leak^r F.

    rnn: LinearRNN. T: steps. leak: share of its state that a neuron keeps by itself, a number. feedback: F, (N_h, N_y).
    Returns (T, N_h, N_y). ValueError if an argument does not fit. Source: Murray (2019).
    """
    F, leak = _feedback(rnn, feedback), _checks.real("leak", leak)
    return leak ** _lags(rnn, T) * F


@_checks.moderate("rnn, T")
def e_prop(rnn, T):
    """The blame of e-prop: back by the output weights, and through no connection but that of a neuron to itself.

    J_r = diag(W_h)^r W_y'.

    rnn: LinearRNN. T: steps. Returns (T, N_h, N_y). ValueError if an argument does not fit.
    Source: Bellec et al. (2020).
    """
    return np.diag(_rnn(rnn).W_h)[:, None] ** _lags(rnn, T) * rnn.W_y.T


@_checks.moderate("rnn, T")
def feedback_alignment(rnn, T, feedback):
    """The blame of feedback alignment: in by fixed weights, then back through the recurrence as it is.

    J_r = W_h'^r F.

    rnn: LinearRNN. T: steps. feedback: F, (N_h, N_y). Returns (T, N_h, N_y). ValueError if an argument does not fit.
    Source: Lillicrap et al. (2016).
    """
    return echoes(_rnn(rnn).W_h.T, _feedback(rnn, feedback), _checks.integer("T", T))


def _rnn(rnn):
    return _checks.instance("rnn", rnn, LinearRNN)


def _feedback(rnn, feedback):
    return _checks.array("feedback", feedback, _rnn(rnn).W_y.T.shape)


def _lags(rnn, T):
    return np.arange(_checks.integer("T", T, entries=rnn.W_y.size))[:, None, None]


def _sum_over_lags(left, right):
    return np.tensordot(left, right, axes=((0, 2), (0, 1)))
