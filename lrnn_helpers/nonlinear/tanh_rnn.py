"""The nonlinear network of the neuroscience tasks: weights, loss, and the exact gradient by hand.

A network of N units with tanh rates r = tanh(h), in time steps dt (in units of the time constant of a unit):

    h_{t+1} = (1 - dt) h_t + dt (W_h r_t + W_x x_t),    y_t = W_y r_{t+1},    h_1 = 0,    t = 1 .. T,

and the loss is half the masked mean squared error,  L = 1/2 sum mask (y - target)^2 / sum mask.
Trials are arrays with time first: inputs (T, P, N_x), targets and mask (T, P, N_y), as `tasks` makes them.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers._products import product
from lrnn_helpers.nonlinear.tasks import Trials


@dataclass(frozen=True, eq=False)
class TanhRNN:
    """A tanh network, given by its three weight matrices.

    h_{t+1} = (1 - dt) h_t + dt (W_h tanh(h_t) + W_x x_t),  y_t = W_y tanh(h_{t+1}).

    W_x: input weights (N, N_x); W_h: recurrent weights (N, N); W_y: output weights (N_y, N). dt: time step, above 0, at
    most 1. dtype: "float32" or "float64", in which everything is computed. The matrices are copied and read-only.
    ValueError if a shape does not fit, an entry is not finite or dt or dtype is out of range.
    Source: Schuessler et al. (2020); chapter "What does learning change?".
    """

    W_x: np.ndarray
    W_h: np.ndarray
    W_y: np.ndarray
    dt: float = 0.5
    dtype: str = "float32"

    def __post_init__(self):
        _checks.real("dt", self.dt, above=0, maximum=1)
        _checks.choice("dtype", self.dtype, ("float32", "float64"))
        _checks.frozen(self, dtype=self.dtype, W_h=("N", "N"), W_x=("N", "N_x"), W_y=("N_y", "N"))

    @property
    def weights(self):
        """The triple (W_x, W_h, W_y)."""
        return self.W_x, self.W_h, self.W_y

    def with_weights(self, weights):
        """The network with other weights, the same dt and dtype.

        weights: the triple (W_x, W_h, W_y). Returns a TanhRNN. ValueError if they do not fit.
        Source: chapter "What does learning change?".
        """
        return TanhRNN(*_checks.sequence("weights", weights, 3), self.dt, self.dtype)

    @_checks.moderate("rnn, inputs")
    def simulate(self, inputs):
        """The output at every step of each trial.

        h_{t+1} = (1 - dt) h_t + dt (W_h tanh(h_t) + W_x x_t),  y_t = W_y tanh(h_{t+1}).

        inputs: (T, P, N_x). Returns (T, P, N_y). ValueError if inputs do not fit.
        Source: Schuessler et al. (2020); chapter "What does learning change?".
        """
        inputs = _checks.array("inputs", inputs, ("T", "P", self.W_x.shape[1])).astype(self.dtype)
        return _rates(self.weights, self.dt, inputs)[1:] @ self.W_y.T


class Gradients(NamedTuple):
    """Derivatives of a loss by the three weight matrices, each of the shape of its matrix."""

    W_x: np.ndarray
    W_h: np.ndarray
    W_y: np.ndarray


def random_tanh_rnn(n_x, n_h, n_y, g, rng, *, dt=0.5, dtype="float32"):
    """A tanh network with Gaussian weights before training.

    W_h: variance g^2 / N. Each column of W_x has length sqrt N, each row of W_y has length 1 / sqrt N.

    n_x, n_h, n_y: numbers of inputs, hidden units (N) and outputs. g: at least 0. rng: numpy random generator. dt,
    dtype: as for TanhRNN. Returns a TanhRNN. ValueError if an argument is out of range.
    Source: Schuessler et al. (2020).
    """
    n_x, n_h, n_y = (_checks.integer(name, n) for name, n in (("n_x", n_x), ("n_h", n_h), ("n_y", n_y)))
    g = _checks.real("g", g, minimum=0, maximum=1e30)
    _checks.generator("rng", rng)
    _checks.affordable("n_x, n_h, n_y", n_h, n_x + n_h + n_y)
    W_x, W_h, W_y = (rng.standard_normal(shape) for shape in ((n_h, n_x), (n_h, n_h), (n_y, n_h)))
    W_x *= np.sqrt(n_h) / np.linalg.norm(W_x, axis=0)
    W_y /= np.sqrt(n_h) * np.linalg.norm(W_y, axis=1, keepdims=True)
    return TanhRNN(W_x, W_h * g / np.sqrt(n_h), W_y, dt, dtype)


@_checks.moderate("rnn, trials")
def loss(trials, rnn):
    """Half the masked mean squared error of the outputs.

    L = 1/2 sum mask (y - target)^2 / sum mask.

    trials: Trials, inputs (T, P, N_x), targets and mask (T, P, N_y), the mask not negative and not all zero.
    rnn: TanhRNN. Returns a float. ValueError if shapes do not fit. Source: Schuessler et al. (2020).
    """
    inputs, targets, mask = _fitting(trials, rnn)
    return _loss_and_errors(_rates(rnn.weights, rnn.dt, inputs), rnn.W_y, targets, mask)[0]


def loss_gradients(trials, rnn):
    """The exact gradient of `loss`, by backpropagation through time.

    With e_t = dL/dy_t and d_t = dL/dh_{t+1} = (1 - r_{t+1}^2) (W_y' e_t + dt W_h' d_{t+1}) + (1 - dt) d_{t+1}:
    dL/dW_x = dt sum_t d_t x_t',  dL/dW_h = dt sum_t d_t r_t',  dL/dW_y = sum_t e_t r_{t+1}',  also summed over trials.

    trials, rnn: as for `loss`. Returns Gradients(W_x, W_h, W_y). ValueError if shapes do not fit.
    Source: chapter "What does learning change?".
    """
    return loss_and_gradients(trials, rnn)[1]


@_checks.moderate("rnn, trials")
def loss_and_gradients(trials, rnn):
    """Loss and gradient at the cost of one.

    L = 1/2 sum mask (y - target)^2 / sum mask, and its derivatives as in `loss_gradients`.

    trials, rnn: as for `loss`. Returns the float and Gradients(W_x, W_h, W_y). ValueError if shapes do not fit.
    Source: chapter "What does learning change?".
    """
    inputs, targets, mask = _fitting(trials, rnn)
    _, W_h, W_y = rnn.weights
    rates = _rates(rnn.weights, rnn.dt, inputs)
    value, errors = _loss_and_errors(rates, W_y, targets, mask)
    deltas = errors @ W_y
    deltas[-1] *= 1 - rates[-1] ** 2
    recurrent = rnn.dt * W_h
    for t in range(len(inputs) - 2, -1, -1):
        deltas[t] += product(deltas[t + 1], recurrent)
        deltas[t] *= 1 - rates[t + 1] ** 2
        deltas[t] += (1 - rnn.dt) * deltas[t + 1]
    return value, Gradients(rnn.dt * _sum_over_steps(deltas, inputs), rnn.dt * _sum_over_steps(deltas, rates[:-1]),
                            _sum_over_steps(errors, rates[1:]))


def _fitting(trials, rnn):
    _checks.instance("rnn", rnn, TanhRNN)
    inputs, targets, mask = _checks.instance("trials", trials, Trials)
    inputs = _checks.array("trials.inputs", inputs, ("T", "P", rnn.W_x.shape[1]))
    outputs = (*inputs.shape[:2], len(rnn.W_y))
    targets = _checks.array("trials.targets", targets, outputs)
    mask = _checks.array("trials.mask", mask, outputs, minimum=0)
    _checks.real("the largest of trials.mask", mask.max(), above=0)
    return inputs.astype(rnn.dtype), targets.astype(rnn.dtype), mask.astype(rnn.dtype)


def _rates(weights, dt, inputs):
    """r_1 .. r_{T+1}, (T + 1, P, N)."""
    W_x, W_h, _ = weights
    recurrent = np.ascontiguousarray(dt * W_h.T)
    drive = inputs @ (dt * W_x.T)
    rates = np.zeros((len(inputs) + 1, *drive.shape[1:]), drive.dtype)
    h = np.zeros_like(rates[0])
    for t in range(len(inputs)):
        h *= 1 - dt
        h += drive[t]
        h += product(rates[t], recurrent)
        np.tanh(h, out=rates[t + 1])
    return rates


def _loss_and_errors(rates, W_y, targets, mask):
    errors = rates[1:] @ W_y.T - targets
    weighted = mask * errors / np.sum(mask)
    return 0.5 * float(np.sum(weighted * errors)), weighted


def _sum_over_steps(left, right):
    """sum_t left_t' right_t, also over trials, as one matrix product."""
    return product(left.reshape(-1, left.shape[-1]).T, right.reshape(-1, right.shape[-1]))
