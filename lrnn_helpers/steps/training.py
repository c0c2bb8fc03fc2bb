"""Learning as descent in steps and as flow in continuous time, recording what figures need.

Both take any function from a network to its three gradients, for example
``lambda rnn: gradients.loss_gradients(target, rnn)``. One unit of the flow's time at tau = 1 is 1 / learning_rate steps
of the descent.
"""

from dataclasses import dataclass

import numpy as np

from lrnn_helpers import _checks, _flow, _progress
from lrnn_helpers.steps.networks import LinearRNN

_LARGEST_WEIGHT = 1e6  # a run is called diverging when a weight exceeds this


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


def gradient_descent(gradients, rnn, learning_rate, steps, *, record=None, every=1, progress=True):
    """Plain gradient descent on the three weight matrices.

    W <- W - learning_rate dL/dW  for W = W_x, W_h, W_y, all at once.

    gradients: function of a LinearRNN that returns the triple dL/dW_x, dL/dW_h, dL/dW_y. rnn: LinearRNN to start from.
    learning_rate: positive. steps: number of updates. record: name -> function of the network, called at the start and
    after every `every` updates; by default the weights. progress: whether to show a bar.
    Returns a History; a run that diverges stops, keeps what it had and says so in `message`. ValueError for bad
    arguments. Source: chapter "How does error travel back in time?".
    """
    learning_rate = _checks.real("learning_rate", learning_rate, above=0)
    steps, every = _checks.integer("steps", steps), _checks.integer("every", every)
    recorder = _Recorder(gradients, rnn, record)
    recorder.note(0, rnn)
    recorder.check_room(steps // every)
    message = ""
    for step in _progress.bar(range(1, steps + 1), desc="gradient descent", show=progress):
        try:
            weights = [W - learning_rate * G for W, G in zip(rnn.weights, recorder.gradients(rnn))]
        except _flow.Stopped as stop:
            message = f"gradient descent stopped at step {step}: {stop}"
            break
        if not all(np.all(np.abs(W) < _LARGEST_WEIGHT) for W in weights):
            message = f"gradient descent diverged at step {step}: a weight exceeded {_LARGEST_WEIGHT:.0e}; " \
                      f"try a learning rate below {learning_rate:g}"
            break
        rnn = LinearRNN(*weights)
        if step % every == 0:
            recorder.note(step, rnn)
    return recorder.history(rnn, message)


def gradient_flow(gradients, rnn, times, *, tau=1.0, record=None, rtol=1e-9, atol=1e-11, method="DOP853",
                  progress=True):
    """Gradient flow on the three weight matrices: descent with an infinitely small step.

    tau dW/dt = -dL/dW  for W = W_x, W_h, W_y,  so time t is t / (tau learning_rate) steps of descent.

    gradients: function of a LinearRNN that returns the triple. rnn: LinearRNN at times[0]. times: increasing, (n,).
    tau: learning time constant. record: name -> function of the network, called at each of `times`; by default the
    weights. rtol, atol: tolerances of the integration. method: of scipy, "DOP853", "RK45" or "LSODA".
    progress: whether to show a bar.
    Returns a History; a run that diverges stops, keeps what it had and says so in `message`. ValueError for bad
    arguments. Source: chapter "How does error travel back in time?".
    """
    times = _checks.increasing("times", times)
    tau = _checks.real("tau", tau, above=0)
    recorder = _Recorder(gradients, rnn, record)
    shapes = [W.shape for W in rnn.weights]

    def velocity(_, flat):
        if not np.isfinite(flat).all():
            return np.full(len(flat), np.nan)
        try:
            return -_flatten(recorder.gradients(LinearRNN(*_unflatten(flat, shapes)))) / tau
        except _flow.Stopped:
            return np.full(len(flat), np.nan)  # the step went too far, and is tried again, shorter

    times, states, message = _flow.integrate(
        velocity, _flatten(rnn.weights), times, rtol=rtol, atol=atol, method=method, largest=_LARGEST_WEIGHT,
        what="gradient flow", progress=progress)
    for t, flat in zip(times, states):
        rnn = LinearRNN(*_unflatten(flat, shapes))
        recorder.note(t, rnn)
    return recorder.history(rnn, message)


class _Recorder:
    """Checks what a run is given, and collects its recorded values."""

    def __init__(self, gradients, rnn, record):
        self.rule = _checks.function("gradients", gradients)
        self.shapes = [W.shape for W in _checks.instance("rnn", rnn, LinearRNN).weights]
        self.functions = record if record is not None else {
            "W_x": lambda net: net.W_x, "W_h": lambda net: net.W_h, "W_y": lambda net: net.W_y}
        for name, function in _checks.instance("record", self.functions, dict).items():
            _checks.function(f"record[{name!r}]", function)
        self.times, self.values = [], {name: [] for name in self.functions}

    def gradients(self, rnn):
        """The three gradients, checked; Stopped where they are not finite."""
        try:
            given = self.rule(rnn)
        except _checks.Unstable as reason:
            raise _flow.Stopped(str(reason)) from None
        if not isinstance(given, (tuple, list)) or [np.shape(G) for G in given] != self.shapes:
            raise ValueError(f"gradients must return three arrays of the shapes {self.shapes} of the weights, "
                             f"but it returned {_describe(given)}")
        if not all(np.isfinite(G).all() for G in given):
            raise _flow.Stopped("the gradient is not finite")
        return given

    def note(self, time, rnn):
        self.times.append(time)
        for name, function in self.functions.items():
            self.values[name].append(function(rnn))

    def check_room(self, notes):
        """ValueError if so many notes as large as the first would not fit into memory."""
        _checks.affordable("steps / every", notes, 1 + sum(np.size(values[0]) for values in self.values.values()))

    def history(self, rnn, message):
        records = {name: np.array(values) for name, values in self.values.items()}
        return History(np.array(self.times), records, rnn, message)


def _describe(given):
    if not isinstance(given, (tuple, list)):
        return f"a {type(given).__name__}"
    return f"{len(given)} of shapes {[np.shape(G) for G in given]}"


def _flatten(weights):
    return np.concatenate([np.ravel(W) for W in weights])


def _unflatten(flat, shapes):
    ends = np.cumsum([rows * columns for rows, columns in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]
