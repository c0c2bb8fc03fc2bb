"""The few equations to which learning a filter reduces: flows of one real pole, and of two poles.

The poles are those of small networks whose form gradient flow never leaves, so these flows are exact for them, and an
approximation for the outliers of a large network. Every flow starts at times[0] and moves each parameter at unit rate.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from lrnn_helpers import _checks, _flow
from lrnn_helpers.continuous.filters import Filter, FilterRNN

_STIFF = {"method": "LSODA", "rtol": 1e-10, "atol": 1e-14}


@_checks.moderate("a, c")
def outlier_loss(target, a, c):
    """The loss of a single exponential, k(t) = a exp(-c t).

    L = a^2 / (4 c) - a K_*(c) + |k_*|^2 / 2.

    target: Filter. a, c: arrays of one shape, c above 0. Returns that shape.
    ValueError if an argument does not fit. Source: Bordelon et al. (2025).
    """
    _checks.instance("target", target, Filter)
    a, c = _checks.array("a", a), _checks.array("c", c, np.shape(a), above=0, maximum=1e150)
    return a**2 / (4 * c) - a * target.transfer(c).real + target.norm_squared / 2


@dataclass(frozen=True, eq=False)
class OutlierFlow:
    """The course of one mode.

    times: those that were reached (n,). a, c: the mode there (n,). message: why the flow stopped early, or "" if it did
    not.
    """

    times: np.ndarray
    a: np.ndarray
    c: np.ndarray
    message: str


def outlier_flow(target, a0, c0, times, trained="all", *, imbalance=0.0):
    """Gradient flow of one mode, W = (1 - c) r r', u = mu r, v = nu r, in a = mu nu and the decay rate c.

    da/dt = m (K_*(c) - a / (2 c)),  dc/dt = a^2 / (4 c^2) + a K_*'(c),  where
    m = sqrt(4 a^2 + imbalance^2) if "all" is trained, m = 1 if W and v are ("readout", with |u| = 1 and v(0) along u),
    m = 0 if only W is ("recurrent", with u along v).

    target: Filter. a0, c0: at times[0], c0 above 0; a0 may be 0. times: learning times (n,), increasing.
    trained: "all", "readout" or "recurrent". imbalance: |u|^2 - |v|^2, conserved, only with "all".
    Returns an OutlierFlow. ValueError if an argument does not fit. Source: Bordelon et al. (2025).
    """
    pole = _checks.instance("target", target, Filter).pole
    start = _checks.real("a0", a0), _checks.real("c0", c0, above=0)
    times = _checks.increasing("times", times)
    _checks.choice("trained", trained, ("all", "readout", "recurrent"))
    imbalance = _checks.real("imbalance", imbalance)
    if imbalance and trained != "all":
        raise ValueError(f"imbalance must be 0 unless trained is 'all', but {imbalance:g} was given")

    def velocity(_, state):
        a, c = state
        m = {"all": np.hypot(2 * a, imbalance), "readout": 1.0, "recurrent": 0.0}[trained]
        return m * ((1 / (c + pole)).real - a / (2 * c)), a**2 / (4 * c**2) - a * (1 / (c + pole)**2).real

    times, states, message = _flow.integrate(velocity, start, times, what="the outlier's flow", **_STIFF)
    return OutlierFlow(times, *states.T, message)


class Pair(NamedTuple):
    """Two coupled modes: A = [[c_1, -alpha], [alpha, c_2]], u = (p, mu), v = (p, -mu)."""

    c_1: float
    c_2: float
    alpha: float
    p: float
    mu: float


def pair_rnn(c_1, c_2, alpha, p, mu):
    """The network of two units that a Pair describes.

    W = I - [[c_1, -alpha], [alpha, c_2]],  u = (p, mu),  v = (p, -mu).

    c_1, c_2, alpha, p, mu: the numbers of a Pair. Returns a FilterRNN. ValueError if one is not a finite number.
    Source: chapter "What if only the recurrent weights can learn?".
    """
    c_1, c_2, alpha, p, mu = (_checks.real(*entry) for entry in zip(Pair._fields, (c_1, c_2, alpha, p, mu)))
    return FilterRNN(np.eye(2) - np.array([[c_1, -alpha], [alpha, c_2]]), [p, mu], [p, -mu])


@dataclass(frozen=True, eq=False)
class PairFlow:
    """The course of two modes.

    times: those that were reached (n,). c_1, c_2, alpha, p, mu: the numbers of the Pair there (n,). message: why the
    flow stopped early, or "" if it did not.
    """

    times: np.ndarray
    c_1: np.ndarray
    c_2: np.ndarray
    alpha: np.ndarray
    p: np.ndarray
    mu: np.ndarray
    message: str

    @property
    def networks(self):
        """The network of two units at each time, a list of FilterRNN."""
        return [pair_rnn(*state) for state in zip(self.c_1, self.c_2, self.alpha, self.p, self.mu, strict=True)]


def pair_flow(target, start, times, trained="recurrent"):
    """Gradient flow of two modes in the set A = D A' D, v = D u, D = diag(1, -1), which gradient flow never leaves.

    K(s) = (b_1 s + b_0) / (s^2 + d_1 s + d_0),  b_1 = p^2 - mu^2,  b_0 = p^2 c_2 - mu^2 c_1 + 2 p mu alpha,
    d_1 = c_1 + c_2,  d_0 = c_1 c_2 + alpha^2,  L = (b_1^2 d_0 + b_0^2) / (4 d_0 d_1) - Re K(c + i omega) + const.

    target: Filter. start: Pair at times[0], stable: d_0, d_1 above 0. times: (n,), increasing. trained: "recurrent" (W
    only: p and mu stay) or "all". Returns a PairFlow. ValueError if an argument does not fit.
    Source: chapter "What if only the recurrent weights can learn?".
    """
    _checks.instance("target", target, Filter)
    start = Pair(*_checks.array("start (c_1, c_2, alpha, p, mu)", start, (5,)))
    times = _checks.increasing("times", times)
    _checks.choice("trained", trained, ("recurrent", "all"))
    with np.errstate(over="ignore"):
        stable = start.c_1 + start.c_2 > 0 and start.c_1 * start.c_2 + start.alpha**2 > 0
    if not stable:
        raise ValueError("start must be stable, c_1 + c_2 > 0 and c_1 c_2 + alpha^2 > 0, but "
                         f"{tuple(map(float, start))} was given")
    rate = np.array([1, 1, 1, 0, 0] if trained == "recurrent" else [1, 1, 1, 1, 1])
    times, states, message = _flow.integrate(lambda _, state: rate * _pair_velocity(state, target.pole), start, times,
                                             what="the pair's flow", **_STIFF)
    return PairFlow(times, *states.T, message)


def _pair_velocity(state, pole):
    c_1, c_2, alpha, p, mu = state
    b_1, b_0 = p**2 - mu**2, p**2 * c_2 - mu**2 * c_1 + 2 * p * mu * alpha
    d_1, d_0 = c_1 + c_2, c_1 * c_2 + alpha**2
    numerator, denominator = b_1 * pole + b_0, pole**2 + d_1 * pole + d_0
    L_b1 = b_1 / (2 * d_1) - (pole / denominator).real
    L_b0 = b_0 / (2 * d_0 * d_1) - (1 / denominator).real
    L_d1 = -(b_1**2 * d_0 + b_0**2) / (4 * d_0 * d_1**2) + (numerator * pole / denominator**2).real
    L_d0 = -b_0**2 / (4 * d_0**2 * d_1) + (numerator / denominator**2).real
    return np.array([mu**2 * L_b0 - L_d1 - c_2 * L_d0, -p**2 * L_b0 - L_d1 - c_1 * L_d0, -p * mu * L_b0 - alpha * L_d0,
                     -p * L_b1 - (p * c_2 + mu * alpha) * L_b0, mu * L_b1 - (p * alpha - mu * c_1) * L_b0])


class RealSaddle(NamedTuple):
    """The best single exponential a exp(-c t), its loss, and the rate at which a silent unit's contribution grows."""

    c: float
    a: float
    loss: float
    escape_rate: float


def real_saddle(target):
    """Where learning a damped oscillator pauses: the best single exponential, and the rate gamma of leaving it.

    s^3 - 2 c_* s^2 - 3 omega^2 s + 2 c_* omega^2 = 0 (largest root),  c = s - c_*,  a = (3 c + c_*) / (2 s),
    gamma = ((1 - c)^2 + a) (a - 1) / ((1 + c) ((1 + c_*)^2 + omega^2)).

    target: Filter of decay rate c_* and angular frequency omega. Returns RealSaddle(c, a, loss, escape_rate).
    ValueError if target is no Filter. Source: chapter "Why does a network learn to decay before it learns to swing?".
    """
    c_star, omega = _checks.instance("target", target, Filter).c, target.omega
    if max(c_star, omega) > 1e100:
        raise ValueError(f"target must have c and omega of at most 1e100, but it is {target}")
    # In x = s - 2 c_*, which is exact also where omega is small: s^2 x = omega^2 (4 c_* + 3 x), and 0 <= x <= 2 omega.
    x = brentq(lambda x: (2 * c_star + x)**2 * x - omega**2 * (4 * c_star + 3 * x), 0, 2 * omega,
               xtol=1e-300, rtol=1e-15)
    c, excess = c_star + x, x / (2 * (2 * c_star + x))
    gamma = ((1 - c)**2 + 1 + excess) * excess / ((1 + c) * ((1 + c_star)**2 + omega**2))
    return RealSaddle(c, 1 + excess, float(outlier_loss(target, 1 + excess, c)), gamma)
