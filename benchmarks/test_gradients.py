"""The exact gradient of a linear RNN, which needs no samples, and the same gradient by a loop over time steps.

The alternative sees P white samples, 200 or as many as exact whitening needs, and finds the same gradient to rounding.
"""

import numpy as np
import pytest

from lrnn_helpers.steps.gradients import loss_gradients, sample_gradients
from lrnn_helpers.steps.networks import random_rnn
from lrnn_helpers.steps.tasks import teacher_targets, white_inputs

N_X = N_Y = 2
GRID = [(n, T) for n in (4, 16, 64, 256, 1024) for T in (6, 50, 200)]
SAMPLES = (100, 300, 1000, 3000)


def task(n, T, P):
    rng = np.random.default_rng(0)
    rnn, target = random_rnn(N_X, n, N_Y, 0.9, rng), rng.standard_normal((T, N_Y, N_X))
    x = white_inputs(P, T, N_X, rng)
    return rnn, target, x, teacher_targets(target, x)


@pytest.mark.parametrize("n, T", GRID)
def test_exact_gradient(pair, alternatives, n, T):
    P = max(200, T * N_X)
    rnn, target, x, y = task(n, T, P)
    theirs = alternatives and alternatives.linear_rnn_gradient(x, y, rnn)
    rounds = 3 if n * T > 100_000 else 7 if n * T > 10_000 else 25
    pair(lambda: loss_gradients(target, rnn), theirs, rounds=rounds, memory=True, name="exact gradient", N=n, T=T, P=P)


@pytest.mark.parametrize("P", SAMPLES)
def test_exact_gradient_against_samples(pair, alternatives, P):
    rnn, target, x, y = task(100, 50, P)
    theirs = alternatives and alternatives.linear_rnn_gradient(x, y, rnn)
    pair(lambda: loss_gradients(target, rnn), theirs, memory=True, name="exact gradient by samples", N=100, T=50, P=P)


@pytest.mark.parametrize("P", SAMPLES)
def test_gradient_through_time(pair, alternatives, P):
    rnn, _, x, y = task(100, 50, P)
    theirs = alternatives and alternatives.linear_rnn_gradient(x, y, rnn)
    pair(lambda: sample_gradients(x, y, rnn), theirs, memory=True, name="gradient through time", N=100, T=50, P=P)


@pytest.mark.parametrize("n", [1024])
def test_speed_of_matrix_products(pair, n):
    """What the machine gives at most, and what it gives when few columns meet a large matrix."""
    A = np.random.default_rng(0).standard_normal((n, n))
    pair(lambda: A @ A, rounds=15, name="square product", N=n)


@pytest.mark.parametrize("columns", [1, N_X])
@pytest.mark.parametrize("n", [1024])
def test_speed_of_thin_products(pair, n, columns):
    A = np.random.default_rng(0).standard_normal((n, n))
    thin = A[:, :columns].copy().squeeze()
    pair(lambda: A @ thin, rounds=50, name="thin product", N=n, columns=columns)
