"""The linear recurrent network in steps: weights, simulation, impulse response and two ways to initialize it.

Everywhere in the book the state starts at zero, h_1 = 0, and

    h_{t+1} = W_h h_t + W_x x_t,        y_t = W_y h_{t+1},        t = 1 .. T,

so the output of step t has already seen the input of step t. Sequences are arrays with time first: (T, P, N_x) holds
P sequences of T steps.
"""

from dataclasses import dataclass

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.steps._recurrence import echoes, trajectory


@dataclass(frozen=True, eq=False)
class LinearRNN:
    """A linear recurrent network, given by its three weight matrices.

    h_{t+1} = W_h h_t + W_x x_t,  y_t = W_y h_{t+1},  h_1 = 0.

    W_x: input weights (N_h, N_x). W_h: recurrent weights (N_h, N_h). W_y: output weights (N_y, N_h).
    The matrices are copied and read-only. ValueError if a shape does not fit or an entry is not finite.
    Source: chapter "What can a linear network remember?".
    """

    W_x: np.ndarray
    W_h: np.ndarray
    W_y: np.ndarray

    def __post_init__(self):
        _checks.frozen(self, W_h=("N_h", "N_h"), W_x=("N_h", "N_x"), W_y=("N_y", "N_h"))

    @property
    def weights(self):
        """The triple (W_x, W_h, W_y)."""
        return self.W_x, self.W_h, self.W_y

    @_checks.moderate("rnn, T")
    def impulse_response(self, T):
        """The first T Markov parameters: what the output shows of a unit input k steps later.

        M_k = W_y W_h^k W_x,  k = 0 .. T-1.

        T: number of lags, at least 1. Returns (T, N_y, N_x). ValueError if T is not a positive integer, or if the
        network is so unstable that M_k overflows. Source: chapter "What can a linear network remember?".
        """
        return self.W_y @ echoes(self.W_h, self.W_x, _checks.integer("T", T))

    @_checks.moderate("rnn, x")
    def states(self, x):
        """The hidden state after each step of each input sequence.

        h_{t+1} = W_h h_t + W_x x_t,  t = 1 .. T.

        x: inputs (T, P, N_x). Returns h_2 .. h_{T+1} as (T, P, N_h). ValueError if x does not fit or the states
        overflow. Source: chapter "What can a linear network remember?".
        """
        return trajectory(self, _checks.array("x", x, ("T", "P", self.W_x.shape[1])))

    @_checks.moderate("rnn, x")
    def simulate(self, x):
        """The output at every step of each input sequence.

        y_t = W_y h_{t+1} = sum_{k<t} M_k x_{t-k},  t = 1 .. T.

        x: inputs (T, P, N_x). Returns (T, P, N_y). ValueError if x does not fit or the states overflow.
        Source: chapter "What can a linear network remember?".
        """
        return self.states(x) @ self.W_y.T


def aligned_rnn(a, b, c, U, V, R):
    """A network of n independent modes: input strength a, recurrent strength b, output strength c.

    W_x = R diag(a) V',  W_h = R diag(b) R',  W_y = U diag(c) R',  so M_k = U diag(c b^k a) V'.

    a, b, c: (n,). U: (N_y, n), V: (N_x, n), R: (N_h, n), each with orthonormal columns. Returns a LinearRNN.
    ValueError if shapes do not fit or columns are not orthonormal.
    Source: Proca et al. (2025), section 3; chapter "What does a network without recurrence learn first?".
    """
    a = _checks.array("a", a, ("n",))
    b = _checks.array("b", b, (len(a),))
    c = _checks.array("c", c, (len(a),))
    U, V, R = (_orthonormal(name, frame, len(a)) for name, frame in (("U", U), ("V", V), ("R", R)))
    return LinearRNN(R @ np.diag(a) @ V.T, R @ np.diag(b) @ R.T, U @ np.diag(c) @ R.T)


def _orthonormal(name, frame, n):
    frame = _checks.array(name, frame, (f"rows of {name}", n))
    with np.errstate(over="ignore", invalid="ignore"):
        off = np.max(np.abs(frame.T @ frame - np.eye(n)))
    if not off <= 1e-8:
        raise ValueError(f"{name} must have orthonormal columns, but {name}' {name} is not the identity")
    return frame


def random_rnn(n_x, n_h, n_y, g, rng):
    """A network with independent Gaussian weights of strength g.

    Entries have mean 0 and standard deviation g / sqrt(fan in): sqrt(n_x) for W_x, sqrt(n_h) for W_h and W_y.

    n_x, n_h, n_y: numbers of inputs, hidden units and outputs. g: at least 0. rng: numpy random generator.
    Returns a LinearRNN. ValueError if an argument is out of range. Source: Proca et al. (2025), appendix J.
    """
    n_x, n_h, n_y = (_checks.integer(name, n) for name, n in (("n_x", n_x), ("n_h", n_h), ("n_y", n_y)))
    _checks.affordable("n_x, n_h, n_y", n_h, n_x + n_h + n_y)
    g = _checks.real("g", g, minimum=0)
    _checks.generator("rng", rng)
    W_x, W_h, W_y = (rng.standard_normal((n_out, n_in)) * g / np.sqrt(n_in)
                     for n_out, n_in in ((n_h, n_x), (n_h, n_h), (n_y, n_h)))
    return LinearRNN(W_x, W_h, W_y)
