"""A network with two layers of long short-term memory that reads a sentence and says one thing about it, by hand.

Each layer has a state h and a cell c, three gates i, f, o (logistic) and a candidate u (tanh), stacked in the order
i, f, o, u in weights of 4 H rows. The first layer reads rows of the table of words, the second the first layer's state,
and the answer is read from the second layer's state at the last word. Equations stand at `LSTM` and `loss`.
"""

from collections import namedtuple
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from lrnn_helpers import _checks
from lrnn_helpers._products import product
from lrnn_helpers.nonlinear.sentiment import Sentences


@dataclass(frozen=True, eq=False)
class LSTM:
    """The weights: a table of word vectors, two layers, and the read-out, whose last entry is the offset.

    (i, f, o, u)_t = gates(W h_{t-1} + V x_t + b),  c_t = f_t c_{t-1} + i_t u_t,  h_t = o_t tanh c_t,  y = w'h + w_0.

    table: (words, D). V_1: (4 H, D), V_2: (4 H, H). W_1, W_2: (4 H, H). b_1, b_2: (4 H,). read: (H + 1,). dtype:
    "float32" or "float64", in which everything is computed. The arrays are copied and read-only.
    ValueError if a shape does not fit, an entry is not finite or dtype is unknown.
    Source: Hochreiter and Schmidhuber (1997); chapter "Does it hold beyond the simplest network?".
    """

    table: np.ndarray
    V_1: np.ndarray
    W_1: np.ndarray
    b_1: np.ndarray
    V_2: np.ndarray
    W_2: np.ndarray
    b_2: np.ndarray
    read: np.ndarray
    dtype: str = "float32"

    def __post_init__(self):
        _checks.choice("dtype", self.dtype, ("float32", "float64"))
        n_h = _checks.array("W_1", self.W_1, ("4 H", "H")).shape[1]
        _checks.frozen(self, dtype=self.dtype, table=("words", "D"), V_1=(4 * n_h, "D"), W_1=(4 * n_h, n_h),
                       b_1=(4 * n_h,), V_2=(4 * n_h, n_h), W_2=(4 * n_h, n_h), b_2=(4 * n_h,), read=(n_h + 1,))

    @property
    def weights(self):
        """The eight arrays, in order."""
        return self.table, self.V_1, self.W_1, self.b_1, self.V_2, self.W_2, self.b_2, self.read

    def with_weights(self, weights):
        """The network with other weights and the same dtype.

        weights: the eight arrays, in order. Returns an LSTM. ValueError if they do not fit.
        Source: chapter "Does it hold beyond the simplest network?".
        """
        return LSTM(*_checks.sequence("weights", weights, 8), self.dtype)


class Gradients(namedtuple("Gradients", "table V_1 W_1 b_1 V_2 W_2 b_2 read")):
    """Derivatives of a loss by the weights of an LSTM, each of the shape of its array."""


def random_lstm(n_words, n_in, n_h, g, rng, *, dtype="float32"):
    """An LSTM with Gaussian weights: variance g^2 / H for the recurrent ones, the forget gates' offset at 1.

    n_words: size of the vocabulary. n_in: length D of a word's vector. n_h: units H of each layer. g: at least 0.
    rng: numpy random generator. dtype: "float32" or "float64". Returns an LSTM. ValueError if out of range.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    n_words, n_in, n_h = (_checks.integer(name, n) for name, n in (("n_words", n_words), ("n_in", n_in), ("n_h", n_h)))
    g, _ = _checks.real("g", g, minimum=0, maximum=1e30), _checks.generator("rng", rng)
    _checks.affordable("n_words, n_in", n_words, n_in)
    _checks.affordable("n_h, n_in", 4, n_h, n_in + n_h)

    def gaussian(rows, columns, strength=1.0):
        return strength * rng.standard_normal((rows, columns)) / np.sqrt(columns)

    offset = np.repeat([0.0, 1.0, 0.0, 0.0], n_h)
    weights = (rng.standard_normal((n_words, n_in)), gaussian(4 * n_h, n_in), gaussian(4 * n_h, n_h, g), offset,
               gaussian(4 * n_h, n_h), gaussian(4 * n_h, n_h, g), offset, np.append(gaussian(1, n_h), 0.0))
    return LSTM(*weights, dtype)


@_checks.moderate("lstm")
def answers(data, lstm):
    """The read-out for each sentence, positive where the network takes it to be kind.

    y = w'h + w_0, from the second layer's state h at the last word.

    data: Sentences. lstm: LSTM. Returns (P,). ValueError if they do not fit.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    return _forward(*_fitting(data, lstm))[0]


def accuracy(data, lstm):
    """The share of sentences that the network takes for what they are.

    The mean over sentences of 1 where y > 0 for a kind one or y <= 0 for an unkind one, else 0.

    data: Sentences. lstm: LSTM. Returns a float between 0 and 1. ValueError if they do not fit.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    return float(np.mean((answers(data, lstm) > 0) == np.asarray(data.labels)))


@_checks.moderate("lstm")
def loss(data, lstm):
    """How surprised the network is by what the sentences are, on average.

    L = mean of log(1 + exp(-y)) for a kind sentence and of log(1 + exp(y)) for an unkind one.

    data: Sentences. lstm: LSTM. Returns a float. ValueError if they do not fit.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    return _loss_and_errors(answers(data, lstm), np.asarray(data.labels))[0]


def loss_gradients(data, lstm):
    """The exact gradient of `loss`, by backpropagation through time in both layers.

    data: Sentences. lstm: LSTM. Returns Gradients. ValueError if they do not fit.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    return loss_and_gradients(data, lstm)[1]


@_checks.moderate("lstm")
def loss_and_gradients(data, lstm):
    """Loss and gradient at the cost of one.

    data: Sentences. lstm: LSTM. Returns the float and Gradients. ValueError if they do not fit.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    data, lstm = _fitting(data, lstm)
    y, last, below, above = _forward(data, lstm)
    value, errors = _loss_and_errors(y, data.labels)
    deltas = np.zeros_like(above.states[1:])
    deltas[data.lengths - 1, np.arange(len(y))] = np.outer(errors, lstm.read[:-1])
    deltas, V_2, W_2, b_2 = _layer_back(lstm.V_2, lstm.W_2, above, deltas)
    deltas, V_1, W_1, b_1 = _layer_back(lstm.V_1, lstm.W_1, below, deltas)
    table = np.zeros_like(lstm.table)
    np.add.at(table, data.words, deltas)
    return value, Gradients(table, V_1, W_1, b_1, V_2, W_2, b_2, np.append(errors @ last, errors.sum()))


def _loss_and_errors(y, labels):
    signs = (2 * labels - 1).astype(y.dtype)
    return float(np.mean(np.logaddexp(0, -signs * y))), -signs * expit(-signs * y) / len(y)


class _Layer(NamedTuple):
    """What a layer saw and did: inputs (T, ..), gates (T, P, 4, H), cells and states (T + 1, P, H)."""

    inputs: np.ndarray
    gates: np.ndarray
    cells: np.ndarray
    states: np.ndarray


def _forward(data, lstm):
    """Read-out, the state it is read from and both layers. After a sentence's end its states run on, unread."""
    below = _layer(lstm.V_1, lstm.W_1, lstm.b_1, lstm.table[data.words])
    above = _layer(lstm.V_2, lstm.W_2, lstm.b_2, below.states[1:])
    last = above.states[data.lengths, np.arange(len(data.lengths))]
    return last @ lstm.read[:-1] + lstm.read[-1], last, below, above


def _layer(V, W, b, inputs):
    T, P, n_h = *inputs.shape[:2], W.shape[1]
    # the logistic function is (1 + tanh(x / 2)) / 2, so that one tanh serves all four gates
    halves = np.repeat([0.5, 0.5, 0.5, 1], n_h).astype(W.dtype)
    gates = ((inputs @ V.T + b) * halves).reshape(T, P, 4, n_h)
    cells, states = np.zeros((2, T + 1, P, n_h), gates.dtype)
    recurrent = np.ascontiguousarray(W.T) * halves
    for t in range(T):
        np.tanh(gates[t] + product(states[t], recurrent).reshape(P, 4, n_h), out=gates[t])
        gates[t, :, :3] = (1 + gates[t, :, :3]) / 2
        i, f, o, u = gates[t].swapaxes(0, 1)
        cells[t + 1] = f * cells[t] + i * u
        states[t + 1] = o * np.tanh(cells[t + 1])
    return _Layer(inputs, gates, cells, states)


def _layer_back(V, W, layer, deltas):
    """From dL/dh_t (T, P, H) without recurrence to dL/dx_t and the derivatives by V, W and b."""
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
        state = product(pulled[t].reshape(len(state), -1), W)
    flat = pulled.reshape(-1, len(W))
    inputs, before = layer.inputs.reshape(len(flat), -1), layer.states[:-1].reshape(len(flat), -1)
    return (product(flat, V).reshape(layer.inputs.shape), product(flat.T, inputs), product(flat.T, before),
            flat.sum(axis=0))


def _fitting(data, lstm):
    _checks.instance("lstm", lstm, LSTM)
    words, lengths, labels = _checks.instance("data", data, Sentences)
    words = _checks.integers("data.words", words, ("T", "P"), 0, len(lstm.table) - 1)
    lengths = _checks.integers("data.lengths", lengths, words.shape[1:], 1, len(words))
    return Sentences(words, lengths, _checks.integers("data.labels", labels, words.shape[1:], 0, 1)), lstm
