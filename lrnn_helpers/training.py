"""Learning as descent in steps and as flow in continuous time, recording what figures need; and Adam's rule.

Both loops take any function from a network to its three gradients, for example
``lambda rnn: gradients.loss_gradients(rnn, target)``. One unit of the flow's time at tau = 1 is 1 / learning_rate steps
of the descent.
"""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from lrnn_helpers import _checks, _progress
from lrnn_helpers.networks import LinearRNN

LARGEST_WEIGHT = 1e6
"""A run is called diverging when a weight exceeds this."""


@dataclass(frozen=True, eq=False)
class History:
    """What a training run recorded.

    times: (n,), numbers of steps for descent, learning time for flow. records: name -> array (n, ...), also read as
    ``history[name]``. rnn: the last network. message: why the run stopped early, or "" if it did not.
    """

    times: np.ndarray
    records: dict
    rnn: LinearRNN
    message: str

    def __getitem__(self, name):
        return self.records[_checks.choice("name", name, tuple(self.records))]


def gradient_descent(rnn, gradients, learning_rate, steps, *, record=None, every=1, progress=True):
    """Plain gradient descent on the three weight matrices.

    W <- W - learning_rate dL/dW  for W = W_x, W_h, W_y, all at once.

    rnn: LinearRNN to start from. gradients: function of a LinearRNN that returns the triple dL/dW_x, dL/dW_h, dL/dW_y.
    learning_rate: positive. steps: number of updates. record: name -> function of the network, called at the start and
    after every `every` updates; by default the weights. progress: whether to show a bar.
    Returns a History. A diverging run prints why it stops and returns what it had. ValueError for bad arguments.
    Source: chapter "How does error travel back in time?".
    """
    learning_rate = _checks.real("learning_rate", learning_rate, above=0)
    steps, every = _checks.integer("steps", steps), _checks.integer("every", every)
    recorder = _Recorder(rnn, gradients, record)
    recorder.note(0, rnn)
    message = ""
    for step in _progress.bar(range(1, steps + 1), desc="gradient descent", show=progress):
        weights = [W - learning_rate * G for W, G in zip(rnn.weights, gradients(rnn), strict=True)]
        if not _bounded(weights):
            message = f"gradient descent diverged at step {step}: a weight exceeded {LARGEST_WEIGHT:.0e}; " \
                      f"try a learning rate below {learning_rate:g}"
            break
        rnn = LinearRNN(*weights)
        if step % every == 0:
            recorder.note(step, rnn)
    return recorder.history(rnn, message)


def gradient_flow(rnn, gradients, times, *, tau=1.0, record=None, rtol=1e-9, atol=1e-11, method="DOP853",
                  progress=True):
    """Gradient flow on the three weight matrices: descent with an infinitely small step.

    tau dW/dt = -dL/dW  for W = W_x, W_h, W_y,  so time t is t / (tau learning_rate) steps of descent.

    rnn: LinearRNN at times[0]. gradients: function of a LinearRNN that returns the triple. times: increasing, (n,).
    tau: learning time constant. record: name -> function of the network, called at each of `times`; by default the
    weights. rtol, atol, method: of scipy's solve_ivp. progress: whether to show a bar.
    Returns a History. A diverging run prints why it stops and returns what it had. ValueError for bad arguments.
    Source: chapter "How does error travel back in time?".
    """
    times = _checks.increasing("times", times)
    tau = _checks.real("tau", tau, above=0)
    recorder = _Recorder(rnn, gradients, record)
    shapes = [W.shape for W in rnn.weights]
    with _progress.bar(total=float(times[-1] - times[0]), desc="gradient flow", show=progress,
                       bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}") as bar:

        def velocity(t, flat):
            bar.update(max(0.0, t - times[0] - bar.n))
            return -_flatten(gradients(LinearRNN(*_unflatten(flat, shapes)))) / tau

        def runaway(t, flat):
            return LARGEST_WEIGHT - np.max(np.abs(flat))

        runaway.terminal = True
        solution = solve_ivp(velocity, (times[0], times[-1]), _flatten(rnn.weights), method=method, t_eval=times,
                             events=runaway, rtol=rtol, atol=atol)
    for t, flat in zip(solution.t, solution.y.T):
        rnn = LinearRNN(*_unflatten(flat, shapes))
        recorder.note(t, rnn)
    message = {0: "", 1: f"gradient flow diverged: a weight exceeded {LARGEST_WEIGHT:.0e}",
               -1: f"gradient flow stopped: {solution.message}"}[solution.status]
    return recorder.history(rnn, message + (f" after time {solution.t[-1]:g}" if message else ""))


class _Recorder:
    """Collects the recorded values of a run."""

    def __init__(self, rnn, gradients, record):
        _checks.instance("rnn", rnn, LinearRNN)
        _checks.function("gradients", gradients)
        self.functions = record if record is not None else {
            "W_x": lambda net: net.W_x, "W_h": lambda net: net.W_h, "W_y": lambda net: net.W_y}
        for name, function in _checks.instance("record", self.functions, dict).items():
            _checks.function(f"record[{name!r}]", function)
        self.times, self.values = [], {name: [] for name in self.functions}

    def note(self, time, rnn):
        self.times.append(time)
        for name, function in self.functions.items():
            self.values[name].append(function(rnn))

    def history(self, rnn, message):
        if message:
            print(message)
        records = {name: np.array(values) for name, values in self.values.items()}
        return History(np.array(self.times), records, rnn, message)


def _bounded(weights):
    return all(np.all(np.abs(W) < LARGEST_WEIGHT) for W in weights)


def _flatten(weights):
    return np.concatenate([np.ravel(W) for W in weights])


def _unflatten(flat, shapes):
    ends = np.cumsum([rows * columns for rows, columns in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]


def adam_rule(weights, learning_rate):
    """Adam's rule for weights that start here, as a function of a gradient that returns the next weights.

    m <- 0.9 m + 0.1 G,  v <- 0.999 v + 0.001 G^2,
    W <- W - learning_rate (m / (1 - 0.9^n)) / (sqrt(v / (1 - 0.999^n)) + 1e-8),  n = 1, 2, ..

    weights: sequence of arrays. learning_rate: positive. Returns a function that takes the gradients, one for each
    array, and returns the list of updated arrays; it remembers m, v, n and the weights from call to call.
    ValueError if the learning rate is not positive. Source: Kingma and Ba (2015).
    """
    learning_rate = _checks.real("learning_rate", learning_rate, above=0)
    means, squares = ([np.zeros_like(W) for W in weights] for _ in range(2))
    updates, weights = 0, list(weights)

    def update(gradients):
        nonlocal updates, weights
        updates += 1
        moved = []
        for W, G, m, v in zip(weights, gradients, means, squares, strict=True):
            m += 0.1 * (G - m)
            v += 0.001 * (G * G - v)
            moved.append(W - learning_rate / (1 - 0.9**updates) * m / (np.sqrt(v / (1 - 0.999**updates)) + 1e-8))
        weights = moved
        return moved

    return update
