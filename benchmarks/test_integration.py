"""Loss gradients of a filter in continuous time: by Krylov spaces, and by Lyapunov equations for the whole network.

The network is a random one with an outlier, as in the middle of learning.
"""

import numpy as np
import pytest

from lrnn_helpers.continuous import filters, learning


@pytest.mark.parametrize("n", [100, 200, 400])
def test_gradient_of_a_filter(pair, request, n):
    rng = np.random.default_rng(0)
    r = rng.standard_normal(n) / np.sqrt(n)
    rnn = filters.FilterRNN(0.3 * rng.standard_normal((n, n)) / np.sqrt(n) + 0.6 * np.outer(r, r), r, r)
    target = filters.leaky_integrator(0.2)
    alone = request.config.getoption("--alone")
    theirs = None if alone else lambda: learning.loss_gradients(target, rnn, method="lyapunov")
    pair(lambda: learning.loss_gradients(target, rnn), theirs, rounds=9, rtol=1e-7, memory=True,
         name="gradient of a filter", N=n)
