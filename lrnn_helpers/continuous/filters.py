"""Filters in continuous time: the targets, and the linear networks that learn to imitate them.

    dh/dt = -h + W h + u x(t) = -A h + u x(t),   A = I - W,   y = v' h,   impulse response k(t) = v' exp(-A t) u.

The target is a leaky integrator, k_*(t) = exp(-c t), or a damped oscillator, k_*(t) = exp(-c t) cos(omega t).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply

from lrnn_helpers import _checks

# ---------------------------------------------------------------------------------------------------------------------
# Targets
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """A target filter with decay rate c > 0 and angular frequency omega >= 0.

    k_*(t) = exp(-c t) cos(omega t) = v' exp(-A t) u.

    c: decay rate, from 1e-150 to 1e150. omega: angular frequency, from 0 to 1e150. The properties A, u, v have one
    dimension if omega = 0, else two. ValueError if c or omega is out of range. Source: Bordelon et al. (2025).
    """

    c: float
    omega: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "c", _checks.real("c", self.c, minimum=1e-150, maximum=1e150))
        object.__setattr__(self, "omega", _checks.real("omega", self.omega, minimum=0, maximum=1e150))

    @property
    def pole(self):
        """The complex number c + i omega, so that k_*(t) = Re exp(-pole t)."""
        return complex(self.c, self.omega)

    @property
    def A(self):
        """The decay matrix, (1, 1) or (2, 2)."""
        return np.array([[self.c, -self.omega], [self.omega, self.c]])[:len(self.u), :len(self.u)]

    @property
    def u(self):
        """The input weights, (1,) or (2,)."""
        return np.array([1.0, 0.0] if self.omega else [1.0])

    @property
    def v(self):
        """The output weights, equal to u."""
        return self.u

    def impulse_response(self, times):
        """The response to a unit impulse, after each of the times.

        k_*(t) = exp(-c t) cos(omega t).

        times: any shape, at least 0. Returns that shape. ValueError if a time is negative.
        Source: Bordelon et al. (2025).
        """
        times = _checks.array("times", times, minimum=0)
        return np.exp(-self.c * times) * np.cos(self.omega * times)

    @_checks.moderate("s")
    def transfer(self, s):
        """The Laplace transform of the impulse response.

        K_*(s) = int_0^inf k_*(t) exp(-s t) dt = (s + c) / ((s + c)^2 + omega^2).

        s: real or complex, any shape. Returns complex, the same shape. ValueError at a pole, s = -c +- i omega, or
        where s^2 overflows.
        Source: Bordelon et al. (2025).
        """
        shifted = _checks.array("s", s, dtype=complex) + self.c
        if np.any(shifted**2 == -self.omega**2):
            raise ValueError(f"s must not be a pole of the filter, {-self.c:g} +- {self.omega:g}i")
        return shifted / (shifted**2 + self.omega**2)

    @property
    def norm_squared(self):
        """The squared norm int_0^inf k_*^2 dt = (1 / c + c / (c^2 + omega^2)) / 4."""
        return (1 / self.c + self.c / abs(self.pole)**2) / 4


def leaky_integrator(c):
    """The target that decays.

    k_*(t) = exp(-c t).

    c: decay rate, above 0. Returns a Filter. ValueError if c is out of range. Source: Bordelon et al. (2025).
    """
    return Filter(c)


def damped_oscillator(c, omega):
    """The target that swings as it decays.

    k_*(t) = exp(-c t) cos(omega t).

    c: decay rate, above 0. omega: angular frequency, at least 0. Returns a Filter. ValueError if one is out of range.
    Source: Bordelon et al. (2025).
    """
    return Filter(c, omega)


# ---------------------------------------------------------------------------------------------------------------------
# Networks
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class FilterRNN:
    """A linear network in continuous time with one input and one output.

    dh/dt = -h + W h + u x(t),  y = v' h.

    W: recurrent weights (N, N). u: input weights (N,). v: output weights (N,). They are copied and read-only.
    ValueError if a shape does not fit or an entry is not finite. Source: Bordelon et al. (2025).
    """

    W: np.ndarray
    u: np.ndarray
    v: np.ndarray

    def __post_init__(self):
        _checks.frozen(self, W=("N", "N"), u=("N",), v=("N",))

    @property
    def weights(self):
        """The triple (W, u, v)."""
        return self.W, self.u, self.v

    def impulse_response(self, times):
        """The response to a unit impulse, after each of the times.

        k(t) = v' exp(-A t) u.

        times: (n,), increasing, from 0 on. Returns (n,). ValueError if times do not fit, or if k overflows there.
        Source: Bordelon et al. (2025).
        """
        times = _checks.increasing("times", times, minimum=0)
        A, h, k = np.eye(len(self.u)) - self.W, self.u, []
        with np.errstate(over="ignore", invalid="ignore"):
            for gap in np.diff(times, prepend=0.0):
                h = _evolved(-gap * A, h) if gap else h
                k.append(self.v @ h)
        if not np.all(np.isfinite(k)):
            raise _checks.Unstable(f"times must stay where k is finite, but it overflows before {times[-1]:g}")
        return np.array(k)

    def poles(self):
        """The eigenvalues of A = I - W: the network is stable if all their real parts are positive.

        Returns complex (N,). Source: Bordelon et al. (2025).
        """
        return np.linalg.eigvals(np.eye(len(self.u)) - self.W).astype(complex)


def _evolved(M, h):
    """exp(M) h, NaN where M overflows: step by step, or by repeated squaring where this takes fewer products."""
    steps = np.linalg.norm(M, 1)
    if not np.isfinite(steps):
        return np.full(len(h), np.nan)
    return expm(M) @ h if steps > 20 * len(h) + 1000 else expm_multiply(M, h)


def random_filter_rnn(N, g, rng, *, strength=1.0):
    """A network with independent Gaussian weights: recurrence of strength g, input and output of length about one.

    Entries of W have variance g^2 / N, those of u and v strength^2 / N.

    N: number of units. g, strength: at least 0. rng: numpy random generator. Returns a FilterRNN.
    ValueError if an argument is out of range. Source: Bordelon et al. (2025).
    """
    N, g = _checks.integer("N", N), _checks.real("g", g, minimum=0)
    strength = _checks.real("strength", strength, minimum=0)
    _checks.affordable("N", N, N)
    W, u, v = (_checks.generator("rng", rng).standard_normal(shape) / np.sqrt(N) for shape in ((N, N), N, N))
    return FilterRNN(g * W, strength * u, strength * v)
