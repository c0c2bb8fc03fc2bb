"""Networks that the tests of this wing share."""

import numpy as np

from lrnn_helpers.fixed_points.network import FixedPointRNN, random_fixed_point_rnn


def network(N, g, seed):
    return random_fixed_point_rnn(N, g, np.random.default_rng(seed))


def settled(N, g, seed):
    """Like `network`, rescaled where the sample would not settle."""
    rnn = network(N, g, seed)
    return FixedPointRNN(rnn.W / max(1, np.max(np.abs(np.linalg.eigvals(rnn.W))) / 0.95), rnn.m, rnn.w)


def moved(rnn, change):
    """The network after a change of its recurrent weights."""
    return FixedPointRNN(rnn.W + change, rnn.m, rnn.w)
