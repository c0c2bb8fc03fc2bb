"""Loss gradient of the tanh network on a batch of 32 flip-flop trials, in single precision."""

import numpy as np
import pytest

from lrnn_helpers.nonlinear import tanh_rnn, tasks


@pytest.mark.parametrize("n", [64, 128, 256])
def test_gradient_of_the_tanh_network(pair, alternatives, n):
    rng = np.random.default_rng(0)
    rnn, trials = tanh_rnn.random_tanh_rnn(2, n, 2, 0.9, rng), tasks.flip_flop(32, rng)
    theirs = alternatives and alternatives.tanh_rnn_gradient(trials, rnn)
    pair(lambda: tanh_rnn.loss_and_gradients(trials, rnn)[1], theirs, rounds=25, rtol=1e-4, memory=True,
         name="tanh gradient", N=n)
