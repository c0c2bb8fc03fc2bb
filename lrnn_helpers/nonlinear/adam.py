"""Adam, the rule with which the networks of the neuroscience tasks are trained."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrnn_helpers import _checks, _progress
from lrnn_helpers.nonlinear import _rule


def adam_rule(weights, learning_rate):
    """Adam's rule for weights that start here, as a function of a gradient that returns the next weights.

    m <- 0.9 m + 0.1 G,  v <- 0.999 v + 0.001 G^2,
    W <- W - learning_rate (m / (1 - 0.9^n)) / (sqrt(v / (1 - 0.999^n)) + 1e-8),  n = 1, 2, ..

    weights: sequence of arrays of real numbers. learning_rate: positive. Returns a function that takes the gradients,
    one for each array and of its shape, and returns the list of updated arrays; it remembers m, v, n and the weights
    from call to call. ValueError if an argument is out of range or a gradient does not fit.
    Source: Kingma and Ba (2015).
    """
    learning_rate, weights = _checks.real("learning_rate", learning_rate, above=0), _rule.checked(weights)
    means, squares = ([np.zeros_like(W) for W in weights] for _ in range(2))
    updates = 0

    def step(gradients):
        nonlocal updates
        updates += 1
        for G, m, v in zip(gradients, means, squares):
            m += 0.1 * (G - m)
            v += 0.001 * (G * G - v)
        rate, fraction = learning_rate / (1 - 0.9**updates), 1 - 0.999**updates
        return [-rate * m / (np.sqrt(v / fraction) + 1e-8) for m, v in zip(means, squares)]

    return _rule.stepping(weights, step)


@dataclass(frozen=True, eq=False)
class Training:
    """What Adam recorded.

    rnn: the network at the end. losses: on the batch of each update, before it, (n,). message: why it stopped early, ""
    if it did not.
    """

    rnn: Any
    losses: np.ndarray
    message: str


def adam(loss_and_gradients, rnn, learning_rate, updates, rng, *, progress=True):
    """Training of all weights with Adam, on new data for every update.

    W <- Adam(dL/dW), as in `adam_rule`.

    loss_and_gradients: function of the network and the generator that draws data and returns the loss and its gradients
    by ``rnn.weights``, for example ``lambda rnn, rng: tanh_rnn.loss_and_gradients(tasks.flip_flop(32, rng), rnn)``.
    rnn: network to start from, a TanhRNN or an LSTM. learning_rate: positive; Schuessler et al. use 0.05 / N. updates:
    number of updates. rng: numpy random generator. progress: whether to show a bar.
    Returns a Training; a run whose loss or weights are no longer finite stops, keeps what it had and says so in
    `message`. ValueError if an argument is out of range.
    Source: Kingma and Ba (2015); Schuessler et al. (2020).
    """
    _checks.function("loss_and_gradients", loss_and_gradients)
    if not (hasattr(rnn, "weights") and hasattr(rnn, "with_weights")):
        raise ValueError(f"rnn must be a network of this wing, but {type(rnn).__name__} was given")
    _checks.generator("rng", rng)
    updates, update = _checks.integer("updates", updates), adam_rule(rnn.weights, learning_rate)
    _checks.affordable("updates", updates)
    losses, message = [], ""
    with np.errstate(over="ignore", invalid="ignore"):
        for n in _progress.bar(range(1, updates + 1), desc="Adam", show=progress):
            try:
                value, gradients = _checks.sequence("what loss_and_gradients returns", loss_and_gradients(rnn, rng), 2)
                moved = update(gradients)
            except _checks.Unstable as reason:
                message = f"Adam stopped at update {n}: {reason}"
                break
            if not (np.isfinite(value) and all(np.isfinite(W).all() for W in moved)):
                message = f"Adam stopped at update {n}: no longer finite; try a learning rate below {learning_rate:g}"
                break
            losses.append(value)
            rnn = rnn.with_weights(moved)
    return Training(rnn, np.array(losses), message)
