"""The fixed-point task with 1024 units: descent of the finite-time loss, and of its infinite-time limit."""

import numpy as np
import pytest

from lrnn_helpers.fixed_points import descent
from lrnn_helpers.fixed_points.network import random_fixed_point_rnn

N, G = 1024, 0.6
FEW, MANY = 4, 200


@pytest.fixture(scope="module")
def task():
    """Target, network and learning rate."""
    return 1.0, random_fixed_point_rnn(N, G, np.random.default_rng(0)), 0.009 * (1 - G**2) ** 2


def test_descent_of_the_finite_time_loss(pair, alternatives, task):
    theirs = alternatives and alternatives.fixed_point_descent(*task, FEW)
    pair(lambda: descent.finite_time_descent(*task, FEW).z[:FEW], theirs, rounds=5, memory=True,
         name="finite-time descent", N=N, updates=[FEW, FEW])


def test_descent_of_the_infinite_time_loss(pair, alternatives, task):
    """200 updates of the limit in which the duration is infinite, against a few of the finite-time loss.

    In 101 time constants the network settles to within rounding, so the read-outs of the first updates agree.
    """
    theirs = alternatives and alternatives.fixed_point_descent(*task, FEW)
    if theirs:
        limit = descent.gradient_descent(*task, FEW).z[:FEW]
        assert np.max(np.abs(theirs() - limit[:, None])) < 1e-10
    pair(lambda: descent.gradient_descent(*task, MANY).z, theirs, rounds=5, rtol=None, memory=True,
         name="infinite-time descent", N=N, updates=[MANY, FEW])
