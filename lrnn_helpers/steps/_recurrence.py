"""The two recurrences that networks, gradients and kernels share, on bare arrays; Unstable where they overflow."""

import numpy as np

from lrnn_helpers._checks import Unstable


def echoes(W, start, T):
    """W^k start for k = 0 .. T-1, as (T, N, n); W: (N, N), start: (N, n)."""
    B = np.empty((T, *start.shape))
    B[0] = start
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(1, T):
            W.dot(B[k - 1], out=B[k])
    return _settled(B)


def trajectory(rnn, x):
    """The states h_2 .. h_{T+1} for inputs x (T, P, N_x), as (T, P, N_h)."""
    states = x @ rnn.W_x.T
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(1, len(x)):
            states[t] += states[t - 1] @ rnn.W_h.T
    return _settled(states)


def _settled(steps):
    """The steps, if the last one is finite: what has overflowed once never comes back."""
    if not np.isfinite(steps[-1]).all():
        raise Unstable(f"rnn must not be so unstable: its state overflows within T = {len(steps)} steps")
    return steps


def finite(what, *values):
    """The values, if they are finite; else Unstable, which says what overflows."""
    if not all(np.isfinite(value).all() for value in values):
        raise Unstable(f"rnn must have smaller weights: {what} overflows")
    return values[0] if len(values) == 1 else values
