"""Loss gradients of a filter in continuous time: by Krylov spaces, and by Lyapunov equations for the whole network.

The network is a random one with an outlier, as in the middle of learning.
"""

import numpy as np
import pytest

from lrnn_helpers.continuous import learning
from lrnn_helpers.continuous.filters import FilterRNN, leaky_integrator, random_filter_rnn


@pytest.mark.parametrize("n", [100, 200, 400])
def test_gradient_of_a_filter(pair, request, n):
    drawn = random_filter_rnn(n, 0.3, np.random.default_rng(0))
    rnn = FilterRNN(drawn.W + 0.6 * np.outer(drawn.u, drawn.u), drawn.u, drawn.u)
    target = leaky_integrator(0.2)
    alone = request.config.getoption("--alone")
    theirs = None if alone else lambda: learning.loss_gradients(target, rnn, method="lyapunov")
    pair(lambda: learning.loss_gradients(target, rnn), theirs, rounds=9, rtol=1e-7, memory=True,
         name="gradient of a filter", N=n)
