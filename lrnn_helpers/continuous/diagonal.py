"""A diagonal layer, as state-space models use it: modes that do not mix, each with a complex pole of its own.

    h_{t+1} = b h_t + gamma x_t,   y_t = Re sum_j alpha_j h_{t+1,j},   b = exp(-exp(theta) + i omega),

with h_1 = 0, time in units of one step, and gamma = sqrt(1 - |b|^2), with which every mode answers white noise with
the same power. Decays and read-outs are trained through theta, omega and alpha. The recurrence runs as a scan.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lrnn_helpers import _checks


@dataclass(frozen=True, eq=False)
class DiagonalRNN:
    """A layer of N modes with one input and one output.

    h_{t+1} = b h_t + gamma x_t,  y_t = Re sum_j alpha_j h_{t+1,j},  b = exp(-exp(theta) + i omega).

    theta: logarithms of the decay rates (N,), from -30 to 6. omega: angles per step (N,). alpha: complex read-out (N,).
    They are copied and read-only. ValueError if a shape does not fit or an entry is out of range.
    Source: Orvieto et al. (2023).
    """

    theta: np.ndarray
    omega: np.ndarray
    alpha: np.ndarray

    def __post_init__(self):
        _checks.array("theta", self.theta, ("N",), minimum=-30, maximum=6)
        _checks.frozen(self, theta=("N",), omega=("N",))
        alpha = _checks.array("alpha", self.alpha, self.theta.shape, dtype=complex)
        alpha.flags.writeable = False
        object.__setattr__(self, "alpha", alpha)

    @property
    def weights(self):
        """The triple (theta, omega, alpha)."""
        return self.theta, self.omega, self.alpha

    @property
    def poles(self):
        """The poles b = exp(-exp(theta) + i omega), complex (N,)."""
        return np.exp(-np.exp(self.theta) + 1j * self.omega)

    @property
    def gamma(self):
        """What normalizes each mode to unit power, sqrt(1 - |b|^2), (N,)."""
        return np.sqrt(-np.expm1(-2 * np.exp(self.theta)))

    @_checks.moderate("rnn, x")
    def states(self, x):
        """The state after each step of each input sequence.

        h_{t+1} = b h_t + gamma x_t,  t = 1 .. T.

        x: inputs (T, P). Returns h_2 .. h_{T+1}, complex (T, P, N). ValueError if x does not fit or a state overflows.
        Source: Orvieto et al. (2023).
        """
        return scan(self.poles, _checks.array("x", x, ("T", "P"))[:, :, None] * self.gamma)

    @_checks.moderate("rnn, x")
    def simulate(self, x):
        """The output at every step of each input sequence.

        y_t = Re sum_j alpha_j h_{t+1,j}.

        x: inputs (T, P). Returns (T, P). ValueError if x does not fit or a state overflows.
        Source: Orvieto et al. (2023).
        """
        return (self.states(x) @ self.alpha).real


@_checks.moderate("b, x")
def scan(b, x):
    """The recurrence h_t = b h_{t-1} + x_t for all steps at once, in about log2 T sweeps.

    Maps h -> A h + x compose to such maps, (A_2, x_2) o (A_1, x_1) = (A_2 A_1, A_2 x_1 + x_2), in any grouping: each
    sweep joins every step with what the steps before it have made, and doubles how far back it sees.

    b: (N,), real or complex. x: what enters at each step (T, .., N). Returns the states, complex, the shape of x.
    ValueError if an argument does not fit or a state overflows. Source: Blelloch (1990); Martin and Cundy (2018).
    """
    b, h = _checks.array("b", b, ("N",), dtype=complex), _checks.array("x", x, dtype=complex)
    if h.ndim < 2 or h.shape[-1] != len(b):
        raise ValueError(f"x must have shape (T, .., {len(b)}), but it has shape {h.shape}")
    reach, power = 1, b
    while reach < len(h):
        h[reach:] += power * h[:-reach]
        reach, power = 2 * reach, power**2
    return h


class Gradients(NamedTuple):
    """Derivatives of a loss by the three parameters, each of the shape of its parameter."""

    theta: np.ndarray
    omega: np.ndarray
    alpha: np.ndarray


def random_diagonal_rnn(N, slowest, rng, *, fastest=1.0, turn=0.0, strength=1.0):
    """A layer whose decay rates are spread evenly over their logarithms, and its angles by chance over an arc.

    theta_j uniform on part j of N equal ones of [ln slowest, ln fastest],  omega_j uniform on [-turn, turn],
    alpha_j complex Gaussian,  E |alpha_j|^2 = strength^2 / N.

    N: number of modes. slowest, fastest: decay rates per step, from 1e-12 to 100. rng: numpy random generator.
    turn: from 0 to pi. strength: at least 0. Returns a DiagonalRNN. ValueError if an argument does not fit.
    Source: chapter "Why do state-space models learn long memories more easily?"; compare Orvieto et al. (2023).
    """
    N, slowest = _checks.integer("N", N, entries=4), _checks.real("slowest", slowest, minimum=1e-12, maximum=100)
    fastest = _checks.real("fastest", fastest, minimum=1e-12, maximum=100)
    if slowest > fastest:
        raise ValueError(f"slowest, fastest must be in this order, but {slowest:g}, {fastest:g} were given")
    turn = _checks.real("turn", turn, minimum=0, maximum=np.pi)
    strength = _checks.real("strength", strength, minimum=0)
    places = (np.arange(N) + _checks.generator("rng", rng).uniform(size=N)) / N
    theta = np.log(slowest) + places * (np.log(fastest) - np.log(slowest))
    omega, (real, imaginary) = turn * rng.uniform(-1, 1, N), rng.standard_normal((2, N))
    return DiagonalRNN(theta, omega, strength * (real + 1j * imaginary) / np.sqrt(2 * N))


@_checks.moderate("x, y, rnn")
def loss_and_gradients(x, y, rnn):
    """Half the squared error on given sequences and its exact gradient, by one scan forward and one back.

    L = 1/2 sum_{t,p} e_t^2,  e_t = y_t(x) - y_t;  back through time  g_t = alpha e_t + b g_{t+1};
    dL/dalpha = conj(sum_t e_t h_{t+1}),  dL/db from sum_t g_t h_t,  dL/dgamma = Re sum_t g_t x_t.

    x: inputs (T, P); a unit impulse makes it a loss of impulse responses. y: targets (T, P). rnn: DiagonalRNN.
    Returns the float and Gradients(theta, omega, alpha); that by alpha is dL/d(Re alpha) + i dL/d(Im alpha).
    ValueError if an argument does not fit or the loss overflows.
    Source: chapter "Why do state-space models learn long memories more easily?".
    """
    b, gamma, alpha = _checks.instance("rnn", rnn, DiagonalRNN).poles, rnn.gamma, rnn.alpha
    x = _checks.array("x", x, ("T", "P"))
    states = rnn.states(x)
    error = (states @ alpha).real - _checks.array("y", y, x.shape)
    back = scan(b, error[::-1, :, None] * alpha)[::-1]
    by_b = b * np.einsum("tpn,tpn->n", back[1:], states[:-1])
    by_gamma = np.einsum("tpn,tp->n", back, x).real
    by_theta = np.exp(rnn.theta) * (np.abs(b)**2 / gamma * by_gamma - by_b.real)
    return 0.5 * np.sum(error**2), Gradients(by_theta, -by_b.imag, np.einsum("tpn,tp->n", states, error).conj())
