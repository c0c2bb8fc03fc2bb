"""Adam's rule, and training with it: known steps, an independent Adam, runs that overflow."""

import numpy as np
import pytest

from lrnn_helpers.nonlinear.adam import adam_rule


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_adam_first_moves_every_weight_by_the_learning_rate(scale):
    """m / (1 - 0.9) = G and v / (1 - 0.999) = G^2 after one update, whatever the size of the gradient."""
    rng = np.random.default_rng(3)
    weights = [rng.standard_normal((3, 4)), rng.standard_normal(5)]
    gradients = [scale * rng.uniform(0.5, 2, W.shape) * rng.choice([-1, 1], W.shape) for W in weights]
    moved = adam_rule(weights, 0.01)(gradients)
    for W, V, G in zip(weights, moved, gradients, strict=True):
        np.testing.assert_allclose(W - V, 0.01 * np.sign(G), rtol=1e-4)


def test_adam_with_a_constant_gradient_keeps_its_pace():
    update = adam_rule([np.zeros(3)], 0.1)
    for n in range(1, 20):
        [W] = update([np.array([1.0, -2.0, 4.0])])
        np.testing.assert_allclose(W, [-0.1 * n, 0.1 * n, -0.1 * n], rtol=1e-6)


def test_adam_needs_a_positive_learning_rate():
    with pytest.raises(ValueError, match="learning_rate must be greater than 0"):
        adam_rule([np.zeros(3)], 0.0)
