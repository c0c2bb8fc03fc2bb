"""What all update rules share: they start from checked weights, and take gradients that fit them."""

import numpy as np

from lrnn_helpers import _checks


def checked(weights):
    """The weights as a list of new arrays of real numbers; those of single precision stay so."""
    return [W if getattr(W, "dtype", None) == np.float32 else _checks.array("weights", W)
            for W in _checks.sequence("weights", weights)]


def stepping(weights, step):
    """A function of gradients that adds step(gradients) to the weights and returns the list of the new ones."""
    shapes = [W.shape for W in weights]

    def update(gradients):
        nonlocal weights
        if [np.shape(G) for G in gradients] != shapes:
            raise ValueError(f"gradients must have the shapes of the weights, {shapes}, but they have "
                             f"{[np.shape(G) for G in gradients]}")
        weights = [W + moved for W, moved in zip(weights, step(gradients))]
        return weights

    return update
