"""The two recurrences that networks, gradients and kernels share, on bare arrays, for callers who watch overflow."""

import numpy as np

from lrnn_helpers._checks import affordable


def echoes(W, start, T):
    """W^k start for k = 0 .. T-1, as (T, N, n); W: (N, N), start: (N, n)."""
    affordable("T", T, *start.shape)
    B = np.empty((T, *start.shape))
    B[0] = start
    for k in range(1, T):
        W.dot(B[k - 1], out=B[k])
    return B


def trajectory(rnn, x):
    """The states h_2 .. h_{T+1} for inputs x (T, P, N_x), as (T, P, N_h)."""
    states = x @ rnn.W_x.T
    for t in range(1, len(x)):
        states[t] += states[t - 1] @ rnn.W_h.T
    return states
