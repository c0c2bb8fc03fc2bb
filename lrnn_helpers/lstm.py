"""A network with two layers of long short-term memory that reads a sentence and says one thing about it, by hand.

Each layer has a state h and a cell c. With the four gates i, f, o (logistic) and the candidate u (tanh), stacked in
the order i, f, o, u in weights of 4 H rows,

    (i, f, o, u)_t = gates(W h_{t-1} + V x_t + b),    c_t = f_t c_{t-1} + i_t u_t,    h_t = o_t tanh c_t,

where x_t is a row of the table of words for the first layer and the first layer's h_t for the second. The answer is
read from the second layer's state at the last word,  y = w'h + w_0,  and the loss is the mean of
log(1 + exp(-y)) for a kind sentence and log(1 + exp(y)) for an unkind one.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from lrnn_helpers import _checks, _progress
from lrnn_helpers.sentiment import Sentences
from lrnn_helpers.training import adam_rule


class LSTM(NamedTuple):
    """The weights: a table of word vectors, two layers, and the read-out, whose last entry is the offset.

    table: (words, D). V_1: (4 H, D), V_2: (4 H, H); W_1, W_2: (4 H, H); b_1, b_2: (4 H,). read: (H + 1,).
    """

    table: np.ndarray
    V_1: np.ndarray
    W_1: np.ndarray
    b_1: np.ndarray
    V_2: np.ndarray
    W_2: np.ndarray
    b_2: np.ndarray
    read: np.ndarray


def random_lstm(n_words, n_in, n_h, g, rng, *, dtype="float32"):
    """An LSTM with Gaussian weights: variance g^2 / H for the recurrent ones, the forget gates' offset at 1.

    n_words: size of the vocabulary. n_in: length D of a word's vector. n_h: units H of each layer. g: at least 0.
    rng: numpy random generator. dtype: "float32" or "float64". Returns an LSTM. ValueError if out of range.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    n_words, n_in, n_h = (_checks.integer(name, n) for name, n in (("n_words", n_words), ("n_in", n_in), ("n_h", n_h)))
    g, _ = _checks.real("g", g, minimum=0), _checks.generator("rng", rng)
    _checks.choice("dtype", dtype, ("float32", "float64"))

    def gaussian(rows, columns, strength=1.0):
        return strength * rng.standard_normal((rows, columns)) / np.sqrt(columns)

    offset = np.repeat([0.0, 1.0, 0.0, 0.0], n_h)
    weights = (rng.standard_normal((n_words, n_in)), gaussian(4 * n_h, n_in), gaussian(4 * n_h, n_h, g), offset,
               gaussian(4 * n_h, n_h), gaussian(4 * n_h, n_h, g), offset, np.append(gaussian(1, n_h), 0.0))
    return LSTM(*(np.array(value, dtype) for value in weights))


def answers(lstm, data):
    """The read-out y for each sentence, positive where the network takes it to be kind.

    lstm: LSTM. data: Sentences. Returns (batch,). ValueError if they do not fit.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    lstm, data = _fitting(lstm, data)
    return _forward(lstm, data)[0]


def accuracy(lstm, data):
    """The share of sentences that the network takes for what they are.

    lstm: LSTM. data: Sentences. Returns a float between 0 and 1. ValueError if they do not fit.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    return float(np.mean((answers(lstm, data) > 0) == (data.labels == 1)))


def loss_and_gradients(lstm, data):
    """The loss and its exact gradient, by backpropagation through time in both layers.

    lstm: LSTM. data: Sentences. Returns a float and an LSTM of derivatives. ValueError if they do not fit.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    return _loss_and_gradients(*_fitting(lstm, data))


def _loss_and_gradients(lstm, data):
    y, last, below, above = _forward(lstm, data)
    signs = np.where(data.labels == 1, 1, -1).astype(y.dtype)
    errors = -signs * expit(-signs * y) / len(y)
    batch = np.arange(len(y))
    deltas = np.zeros_like(above.states[1:])
    deltas[data.lengths - 1, batch] = np.outer(errors, lstm.read[:-1])
    deltas, V_2, W_2, b_2 = _layer_back(lstm.V_2, lstm.W_2, above, deltas)
    deltas, V_1, W_1, b_1 = _layer_back(lstm.V_1, lstm.W_1, below, deltas)
    table = np.zeros_like(lstm.table)
    np.add.at(table, data.words, deltas)
    gradients = LSTM(table, V_1, W_1, b_1, V_2, W_2, b_2, np.append(errors @ last, errors.sum()))
    return float(np.mean(np.logaddexp(0, -signs * y))), gradients


class _Layer(NamedTuple):
    """What a layer saw and did: inputs (T, ..), gates (T, batch, 4, H), cells and states (T + 1, batch, H)."""

    inputs: np.ndarray
    gates: np.ndarray
    cells: np.ndarray
    states: np.ndarray


def _forward(lstm, data):
    """Read-out, the state it is read from and both layers. After a sentence's end its states run on, unread."""
    below = _layer(lstm.V_1, lstm.W_1, lstm.b_1, lstm.table[data.words])
    above = _layer(lstm.V_2, lstm.W_2, lstm.b_2, below.states[1:])
    last = above.states[data.lengths, np.arange(len(data.lengths))]
    return last @ lstm.read[:-1] + lstm.read[-1], last, below, above


def _layer(V, W, b, inputs):
    T, batch, n_h = *inputs.shape[:2], W.shape[1]
    # the logistic function is (1 + tanh(x / 2)) / 2, so that one tanh serves all four gates
    halves = np.repeat([0.5, 0.5, 0.5, 1], n_h).astype(W.dtype)
    gates = ((inputs @ V.T + b) * halves).reshape(T, batch, 4, n_h)
    cells, states = np.zeros((2, T + 1, batch, n_h), gates.dtype)
    recurrent = np.ascontiguousarray(W.T) * halves
    for t in range(T):
        gates[t] += (states[t] @ recurrent).reshape(batch, 4, n_h)
        np.tanh(gates[t], out=gates[t])
        gates[t, :, :3] *= 0.5
        gates[t, :, :3] += 0.5
        i, f, o, u = gates[t].swapaxes(0, 1)
        cells[t + 1] = f * cells[t] + i * u
        states[t + 1] = o * np.tanh(cells[t + 1])
    return _Layer(inputs, gates, cells, states)


def _layer_back(V, W, layer, deltas):
    """From dL/dh_t (T, batch, H) without recurrence to dL/dx_t and the derivatives by V, W and b."""
    i, f, o, u = np.moveaxis(layer.gates, 2, 0)
    squashed = np.tanh(layer.cells[1:])
    slopes = np.stack([i * (1 - i) * u, f * (1 - f) * layer.cells[:-1], o * (1 - o) * squashed, i * (1 - u * u)],
                      axis=2)
    through, pulled = o * (1 - squashed**2), np.empty_like(slopes)
    state, cell = np.zeros_like(deltas[0]), np.zeros_like(deltas[0])
    for t in range(len(deltas) - 1, -1, -1):
        state += deltas[t]
        cell += state * through[t]
        pulled[t] = cell[:, None] * slopes[t]
        pulled[t, :, 2] = state * slopes[t, :, 2]
        cell *= f[t]
        state = pulled[t].reshape(len(state), -1) @ W
    flat = pulled.reshape(-1, len(W))
    inputs, before = layer.inputs.reshape(len(flat), -1), layer.states[:-1].reshape(len(flat), -1)
    return (flat @ V).reshape(layer.inputs.shape), flat.T @ inputs, flat.T @ before, flat.sum(axis=0)


def _fitting(lstm, data):
    _checks.instance("lstm", lstm, LSTM)
    words, lengths, labels = _checks.instance("data", data, Sentences)
    if words.min() < 0 or words.max() >= len(lstm.table):
        raise ValueError(f"data must use word numbers from 0 to {len(lstm.table) - 1}, the rows of the table, "
                         f"but it has {words.min()} to {words.max()}")
    if not len(lengths) == len(labels) == words.shape[1]:
        raise ValueError(f"data must have a length and a label for each of its {words.shape[1]} sentences, "
                         f"but it has {len(lengths)} lengths and {len(labels)} labels")
    if lengths.min() < 1 or lengths.max() > len(words):
        raise ValueError(f"data must have lengths from 1 to {len(words)}, but they run from {lengths.min()} to "
                         f"{lengths.max()}")
    return lstm, data


class Training(NamedTuple):
    """The network at the end, and the loss on the batch of each update, before it (n,)."""

    lstm: LSTM
    losses: np.ndarray


def adam(lstm, task, updates, learning_rate, rng, *, progress=True):
    """Training of all weights with Adam (`training.adam_rule`), on new sentences for every update.

    lstm: LSTM to start from. task: function of a generator that returns Sentences. updates: number of updates.
    learning_rate: positive. rng: numpy random generator, handed to the task. progress: whether to show a bar.
    Returns a Training. ValueError if an argument is out of range or the loss is no longer finite.
    Source: Kingma and Ba (2015).
    """
    _checks.instance("lstm", lstm, LSTM)
    _checks.function("task", task)
    _checks.generator("rng", rng)
    updates, update, losses = _checks.integer("updates", updates), adam_rule(lstm, learning_rate), []
    for n in _progress.bar(range(1, updates + 1), desc="Adam", show=progress):
        value, gradients = _loss_and_gradients(*_fitting(lstm, task(rng)))
        if not np.isfinite(value):
            raise ValueError(f"learning_rate = {learning_rate:g} is too large: the loss is not finite at update {n}")
        losses.append(value)
        lstm = LSTM(*update(gradients))
    return Training(lstm, np.array(losses))
