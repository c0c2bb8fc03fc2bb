"""Optimizers as update rules, what is done with a gradient whatever it is of, and descent by any of them on any arrays.

A rule is made for the weights at which it starts and a learning rate. It is then a function of the gradients, one array
for each array of weights, that returns the next weights; between calls it remembers what it needs. `adam.adam_rule` is
a rule like those of this module.
"""

from dataclasses import dataclass

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.nonlinear import _rule

_LARGEST_WEIGHT = 1e9  # a descent is called diverging when a weight exceeds this


def momentum_rule(weights, learning_rate, momentum=0.0, *, nesterov=False):
    """Gradient descent, with a heavy ball's momentum or Nesterov's if there is any.

    V <- momentum V - learning_rate G,   W <- W + V,   if nesterov  W <- W + momentum V - learning_rate G  instead.

    weights: sequence of arrays of real numbers. learning_rate: positive. momentum: share of the last move that is kept,
    from 0 to below 1. nesterov: whether the gradient is that of the place to which momentum leads.
    Returns a rule. ValueError if an argument is out of range. Source: Polyak (1964); Sutskever et al. (2013).
    """
    learning_rate, weights = _checks.real("learning_rate", learning_rate, above=0), _rule.checked(weights)
    momentum, ahead = _checks.real("momentum", momentum, minimum=0, below=1), _checks.boolean("nesterov", nesterov)
    moves = [np.zeros_like(W) for W in weights]

    def step(gradients):
        for V, G in zip(moves, gradients):
            V *= momentum
            V -= learning_rate * G
        return [momentum * V - learning_rate * G for V, G in zip(moves, gradients)] if ahead else moves

    return _rule.stepping(weights, step)


def normalized_rule(weights, learning_rate):
    """Descent along the gradient by steps of one length.

    W <- W - learning_rate G / |G|,  |G|^2 = sum of the squares of all entries of all gradients; at G = 0 it rests.

    weights: sequence of arrays of real numbers. learning_rate: the length, positive.
    Returns a rule. ValueError if an argument is out of range.
    Source: chapter "Which laws survive the optimizer you really use?".
    """
    learning_rate, weights = _checks.real("learning_rate", learning_rate, above=0), _rule.checked(weights)

    def step(gradients):
        length = np.sqrt(sum(np.sum(G**2) for G in map(np.asarray, gradients)))
        return [-learning_rate / (length or 1.0) * G for G in map(np.asarray, gradients)]

    return _rule.stepping(weights, step)


def sign_rule(weights, learning_rate):
    """Descent by the signs of the gradient alone: every weight moves by the same amount, or rests where it is flat.

    W <- W - learning_rate sign(G).

    weights: sequence of arrays of real numbers. learning_rate: positive. Returns a rule.
    ValueError if an argument is out of range. Source: Bernstein et al. (2018).
    """
    learning_rate, weights = _checks.real("learning_rate", learning_rate, above=0), _rule.checked(weights)
    return _rule.stepping(weights, lambda gradients: [-learning_rate * np.sign(G) for G in gradients])


@dataclass(frozen=True, eq=False)
class Descent:
    """The course of a descent.

    steps: numbers of updates (n,), from 0 on. weights: for each array of weights its course (n, ...). message: why the
    descent stopped early, or "" if it did not.
    """

    steps: np.ndarray
    weights: tuple
    message: str


def descend(gradients, weights, rule, learning_rate, steps, *, every=1):
    """Descent of any arrays of weights by any rule.

    W <- update(dL/dW),  update = rule(weights, learning_rate),  again and again.

    gradients: function of the arrays of weights, one argument each, that returns as many gradients. weights: sequence
    of arrays of real numbers. rule: one of this module, `adam_rule`, or a function like them, say
    ``functools.partial(momentum_rule, momentum=0.9)``. learning_rate: positive. steps: number of updates. every: after
    how many of them the weights are noted. Returns a Descent; one that diverges stops, keeps what it had and says so
    in `message`. ValueError if an argument does not fit.
    Source: chapter "Which laws survive the optimizer you really use?".
    """
    _checks.function("gradients", gradients)
    weights = [_checks.array("weights", W) for W in _checks.sequence("weights", weights)]
    learning_rate = _checks.real("learning_rate", learning_rate, above=0)
    steps, every = _checks.integer("steps", steps), _checks.integer("every", every)
    _checks.affordable("steps / every", steps // every + 1, sum(W.size for W in weights))
    update = _checks.function("rule", _checks.function("rule", rule)(weights, learning_rate))
    noted, courses, message = [0], [weights], ""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for n in range(1, steps + 1):
            try:
                weights = update(_checks.sequence("what gradients returns", gradients(*weights), len(weights)))
            except _checks.Unstable as reason:
                message = f"the descent stopped at step {n}: {reason}"
                break
            if not all(np.all(np.abs(W) < _LARGEST_WEIGHT) for W in weights):
                message = f"the descent diverged at step {n}: a weight exceeded {_LARGEST_WEIGHT:.0e}; " \
                          f"try a learning rate below {learning_rate:g}"
                break
            if n % every == 0:
                noted.append(n)
                courses.append(weights)
    return Descent(np.array(noted), tuple(np.array(course) for course in zip(*courses)), message)
