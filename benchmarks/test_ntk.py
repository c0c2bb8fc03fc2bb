"""The tangent kernel of all last outputs in closed form, and as J J' with the explicit Jacobian."""

import numpy as np
import pytest

from lrnn_helpers.steps import ntk
from lrnn_helpers.steps.networks import random_rnn

N_X = N_Y = 4


@pytest.mark.parametrize("n, T, P", [(75, 12, 50), (150, 12, 50), (300, 12, 50), (300, 12, 25), (300, 12, 100)])
def test_tangent_kernel(pair, alternatives, n, T, P):
    rng = np.random.default_rng(0)
    rnn, x = random_rnn(N_X, n, N_Y, 0.9, rng), rng.standard_normal((T, P, N_X))
    theirs = alternatives and alternatives.tangent_kernel(rnn, x)
    rounds = 5 if P == 100 else 9
    pair(lambda: ntk.kernel(rnn, x), theirs, rounds=rounds, memory=True, name="tangent kernel", N=n, T=T, P=P)
