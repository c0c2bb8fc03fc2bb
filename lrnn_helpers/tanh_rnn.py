"""The nonlinear network of the neuroscience tasks: weights, loss, exact gradient by hand, and training with Adam.

A network of N units with tanh rates r = tanh(h), in time steps dt (in units of the time constant of a unit):

    h_{t+1} = (1 - dt) h_t + dt (W_h r_t + W_x x_t),    y_t = W_y r_{t+1},    h_1 = 0,    t = 1 .. T,

and the loss is half the masked mean squared error,  L = 1/2 sum mask (y - target)^2 / sum mask.
Trials are arrays with time first: inputs (T, batch, N_x), targets and mask (T, batch, N_y), as `tasks` makes them.
"""

from dataclasses import dataclass

import numpy as np

from lrnn_helpers import _checks, _progress
from lrnn_helpers.gradients import Gradients
from lrnn_helpers.training import adam_rule


@dataclass(frozen=True, eq=False)
class TanhRNN:
    """A tanh network, given by its three weight matrices.

    h_{t+1} = (1 - dt) h_t + dt (W_h tanh(h_t) + W_x x_t),  y_t = W_y tanh(h_{t+1}).

    W_x: input weights (N, N_x); W_h: recurrent weights (N, N); W_y: output weights (N_y, N). dt: time step, above 0, at
    most 1. dtype: "float32" or "float64", in which everything is computed. The matrices are copied and read-only.
    ValueError if a shape does not fit, an entry is not finite or dt or dtype is out of range.
    Source: Schuessler et al. (2020); chapters on random connectivity.
    """

    W_x: np.ndarray
    W_h: np.ndarray
    W_y: np.ndarray
    dt: float = 0.5
    dtype: str = "float32"

    def __post_init__(self):
        _checks.real("dt", self.dt, above=0, maximum=1)
        _checks.choice("dtype", self.dtype, ("float32", "float64"))
        n = len(_checks.array("W_h", self.W_h, ("N", "N")))
        for name, shape in (("W_x", (n, "N_x")), ("W_h", (n, n)), ("W_y", ("N_y", n))):
            value = _checks.array(name, getattr(self, name), shape).astype(self.dtype)
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    @property
    def weights(self):
        """The triple (W_x, W_h, W_y)."""
        return self.W_x, self.W_h, self.W_y

    def simulate(self, inputs):
        """The output at every step of each trial.

        inputs: (T, batch, N_x). Returns (T, batch, N_y). ValueError if inputs do not fit.
        Source: chapters on random connectivity.
        """
        inputs = _checks.array("inputs", inputs, ("T", "batch", self.W_x.shape[1])).astype(self.dtype)
        return _rates(self.weights, self.dt, inputs)[1:] @ self.W_y.T


def random_tanh_rnn(n_x, n_h, n_y, g, rng, *, dt=0.5, dtype="float32"):
    """A tanh network with Gaussian weights before training.

    W_h: variance g^2 / N. Each column of W_x has length sqrt N, each row of W_y has length 1 / sqrt N.

    n_x, n_h, n_y: numbers of inputs, hidden units (N) and outputs. g: at least 0. rng: numpy random generator. dt,
    dtype: as for TanhRNN. ValueError if an argument is out of range. Source: Schuessler et al. (2020).
    """
    n_x, n_h, n_y = (_checks.integer(name, n) for name, n in (("n_x", n_x), ("n_h", n_h), ("n_y", n_y)))
    g = _checks.real("g", g, minimum=0)
    _checks.generator("rng", rng)
    W_x, W_h, W_y = (rng.standard_normal(shape) for shape in ((n_h, n_x), (n_h, n_h), (n_y, n_h)))
    W_x *= np.sqrt(n_h) / np.linalg.norm(W_x, axis=0)
    W_y /= np.sqrt(n_h) * np.linalg.norm(W_y, axis=1, keepdims=True)
    return TanhRNN(W_x, W_h * g / np.sqrt(n_h), W_y, dt, dtype)


def loss(rnn, inputs, targets, mask):
    """Half the masked mean squared error of the outputs.

    L = 1/2 sum mask (y - target)^2 / sum mask.

    rnn: TanhRNN. inputs: (T, batch, N_x). targets, mask: (T, batch, N_y), the mask not negative and not all zero.
    Returns a float. ValueError if shapes do not fit. Source: Schuessler et al. (2020).
    """
    inputs, targets, mask = _trials(rnn, inputs, targets, mask)
    return _loss_and_errors(_rates(rnn.weights, rnn.dt, inputs), rnn.W_y, targets, mask)[0]


def loss_and_gradients(rnn, inputs, targets, mask):
    """The loss and its exact gradient, by backpropagation through time.

    With e_t = dL/dy_t and d_t = dL/dh_{t+1} = (1 - r_{t+1}^2) (W_y' e_t + dt W_h' d_{t+1}) + (1 - dt) d_{t+1}:
    dL/dW_x = dt sum_t d_t x_t',  dL/dW_h = dt sum_t d_t r_t',  dL/dW_y = sum_t e_t r_{t+1}',  also summed over trials.

    rnn: TanhRNN. inputs: (T, batch, N_x). targets, mask: (T, batch, N_y), the mask not negative and not all zero.
    Returns a float and Gradients(W_x, W_h, W_y). ValueError if shapes do not fit.
    Source: chapters on random connectivity.
    """
    trials = _trials(rnn, inputs, targets, mask)
    return _loss_and_gradients(rnn.weights, rnn.dt, *trials)


def _trials(rnn, inputs, targets, mask):
    _checks.instance("rnn", rnn, TanhRNN)
    inputs = _checks.array("inputs", inputs, ("T", "batch", rnn.W_x.shape[1]))
    outputs = (*inputs.shape[:2], len(rnn.W_y))
    targets, mask = _checks.array("targets", targets, outputs), _checks.array("mask", mask, outputs)
    if mask.min() < 0 or mask.max() == 0:
        raise ValueError("mask must not be negative, and not zero everywhere")
    return inputs.astype(rnn.dtype), targets.astype(rnn.dtype), mask.astype(rnn.dtype)


def _rates(weights, dt, inputs):
    """r_1 .. r_{T+1}, (T + 1, batch, N)."""
    W_x, W_h, _ = weights
    recurrent = np.ascontiguousarray(dt * W_h.T)
    drive = inputs @ (dt * W_x.T)
    rates = np.zeros((len(inputs) + 1, *drive.shape[1:]), drive.dtype)
    h = np.zeros_like(rates[0])
    for t in range(len(inputs)):
        h *= 1 - dt
        h += drive[t]
        h += rates[t] @ recurrent
        np.tanh(h, out=rates[t + 1])
    return rates


def _loss_and_errors(rates, W_y, targets, mask):
    errors = rates[1:] @ W_y.T - targets
    weighted = mask * errors / np.sum(mask)
    return 0.5 * float(np.sum(weighted * errors)), weighted


def _loss_and_gradients(weights, dt, inputs, targets, mask):
    _, W_h, W_y = weights
    rates = _rates(weights, dt, inputs)
    value, errors = _loss_and_errors(rates, W_y, targets, mask)
    deltas = errors @ W_y
    deltas[-1] *= 1 - rates[-1] ** 2
    recurrent = dt * W_h
    for t in range(len(inputs) - 2, -1, -1):
        deltas[t] += deltas[t + 1] @ recurrent
        deltas[t] *= 1 - rates[t + 1] ** 2
        deltas[t] += (1 - dt) * deltas[t + 1]
    return value, Gradients(dt * _sum_over_steps(deltas, inputs), dt * _sum_over_steps(deltas, rates[:-1]),
                            _sum_over_steps(errors, rates[1:]))


def _sum_over_steps(left, right):
    """sum_t left_t' right_t, also over trials, as one matrix product."""
    return left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])


@dataclass(frozen=True, eq=False)
class Training:
    """What Adam recorded.

    rnn: the network at the end. losses: on the batch of each update, before it, (n,). message: why it stopped early, ""
    if it did not.
    """

    rnn: TanhRNN
    losses: np.ndarray
    message: str


def adam(rnn, task, updates, learning_rate, rng, *, progress=True):
    """Training of all weights with Adam (`training.adam_rule`), on a new batch of trials for every update.

    rnn: TanhRNN to start from. task: function of a generator that returns inputs, targets and mask, for example
    ``lambda rng: tasks.flip_flop(32, rng)``. updates: number of updates. learning_rate: positive; the paper uses
    0.05 / N. rng: numpy random generator, handed to the task. progress: whether to show a bar.
    Returns a Training; it stops early, with a message, when loss or weights are no longer finite.
    ValueError if an argument is out of range. Source: Kingma and Ba (2015); Schuessler et al. (2020).
    """
    _checks.instance("rnn", rnn, TanhRNN)
    _checks.function("task", task)
    _checks.generator("rng", rng)
    updates, update = _checks.integer("updates", updates), adam_rule(rnn.weights, learning_rate)
    weights, losses, message = rnn.weights, [], ""
    with np.errstate(over="ignore", invalid="ignore"):
        for n in _progress.bar(range(1, updates + 1), desc="Adam", show=progress):
            trials = task(rng)
            if not isinstance(trials, tuple) or len(trials) != 3:
                raise ValueError(f"task must return inputs, targets and mask, but it returned {type(trials).__name__}")
            value, gradients = _loss_and_gradients(weights, rnn.dt, *_trials(rnn, *trials))
            moved = update(gradients)
            if not all(np.all(np.isfinite(x)) for x in (value, *moved)):
                message = f"stopped at update {n}: no longer finite; try a learning rate below {learning_rate:g}"
                break
            losses.append(value)
            weights = moved
    return Training(TanhRNN(*weights, rnn.dt, rnn.dtype), np.array(losses), message)
