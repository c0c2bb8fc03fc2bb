"""Lazy learning of a filter: a random network whose weights barely move learns as its kernel does.

W has independent entries of variance g^2 / N, g < 1. As N grows, the responses phi(t) = exp(-A t) u of its units,
|u|^2 = N, have the kernel G(t, s) = phi(t)'phi(s) / N, with which the readout v learns. All of it is explicit in

    beta = sqrt(1 - g^2),   q = (1 - beta) / (1 + beta),   pole = c + i omega of the target:

the eigenvalues of the kernel are lambda_j = q^j / (1 + beta), j = 0, 1, ..
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import eval_laguerre, ive

from lrnn_helpers import _checks
from lrnn_helpers.continuous.filters import Filter

_MOST_TERMS = 10_000
_MOST_SUMMED = 10_000_000


def kernel(g, t, s):
    """The kernel of training the readout.

    G(t, s) = exp(-(t + s)) I_0(2 g sqrt(t s)).

    g: strength of the connectivity, in (0, 1). t, s: times, at least 0, of shapes that broadcast. Returns the common
    shape. ValueError if an argument does not fit. Source: chapter "What can a network learn without changing?".
    """
    g = _strength(g)
    t, s = _checks.broadcast(t=_checks.array("t", t, minimum=0), s=_checks.array("s", s, minimum=0))
    root = np.sqrt(t) * np.sqrt(s)
    return _scaled_bessel(2 * g * root) * np.exp(-(np.sqrt(t) - np.sqrt(s)) ** 2 - 2 * (1 - g) * root)


def _scaled_bessel(x):
    """exp(-x) I_0(x); its asymptotic series where scipy's function has no value."""
    far = x > 1e8
    return np.where(far, (1 + 1 / (8 * np.where(far, x, 1))) / np.sqrt(2 * np.pi * np.where(far, x, 1)),
                    ive(0, np.where(far, 0, x)))


def eigenfunctions(g, n, times):
    """The eigenfunctions of the n largest eigenvalues, orthonormal on times from 0 to infinity.

    e_j(t) = sqrt(2 beta) L_j(2 beta t) exp(-beta t),  j = 0 .. n-1,  L_j: Laguerre polynomial.

    g: in (0, 1). n: from 1 to 10000. times: (m,), from 0 to 700 / beta. Returns (n, m).
    ValueError if an argument does not fit.
    Source: Hille-Hardy formula; chapter "What can a network learn without changing?".
    """
    beta, _ = _beta_q(g)
    times = _checks.array("times", times, ("m",), minimum=0, maximum=700 / beta)
    order = np.arange(_checks.integer("n", n, maximum=_MOST_TERMS))[:, None]
    return math.sqrt(2 * beta) * eval_laguerre(order, 2 * beta * times) * np.exp(-beta * times)


def coefficients(target, g, n):
    """The target's components along the first n eigenfunctions.

    theta_j = Re sqrt(2 beta) (pole - beta)^j / (pole + beta)^(j+1),  j = 0 .. n-1.

    target: Filter. g: in (0, 1). n: at least 1. Returns (n,). ValueError if an argument does not fit.
    Source: chapter "What can a network learn without changing?".
    """
    pole, (beta, _) = _checks.instance("target", target, Filter).pole, _beta_q(g)
    ratio, order = (pole - beta) / (pole + beta), np.arange(_checks.integer("n", n, entries=2))
    return (math.sqrt(2 * beta) / (pole + beta) * ratio**order).real


def gradient_flow_loss(target, g, tau):
    """The loss after training the readout, from v = 0, by gradient flow.

    L(tau) = 1/2 sum_j theta_j^2 exp(-2 lambda_j tau).

    target: Filter. g: in (0, 1). tau: (m,), at least 0, N times the learning time. Returns (m,).
    ValueError if an argument does not fit. Source: chapter "What can a network learn without changing?".
    """
    tau = _checks.array("tau", tau, ("m",), minimum=0)
    theta, rate = _spectrum(target, g, float(tau.max()))
    return np.array([0.5 * np.sum((theta * np.exp(-rate * each))**2) for each in tau])


class Ridge(NamedTuple):
    """Ridge regression of a filter: the loss 1/2 |k - k_*|^2, and N |v|^2."""

    loss: np.ndarray
    weight_norm_squared: np.ndarray


def ridge(target, g, strength):
    """The best readout under a penalty on its weights, 1/2 |k - k_*|^2 + strength / 2 N |v|^2.

    loss = 1/2 sum_j theta_j^2 (l / (l + lambda_j))^2,  N |v|^2 = sum_j theta_j^2 lambda_j / (l + lambda_j)^2.

    target: Filter. g: in (0, 1). strength: l, (m,), from 1e-150 on. Returns Ridge of arrays (m,).
    ValueError if an argument does not fit. Source: chapter "What can a network learn without changing?".
    """
    strength = _checks.array("strength", strength, ("m",), minimum=1e-150)
    theta, rate = _spectrum(target, g, 1 / float(strength.min()))
    sums = [(0.5 * np.sum((theta * each / (each + rate))**2), np.sum(theta**2 / (each + rate) * (rate / (each + rate))))
            for each in strength]
    return Ridge(*np.array(sums).T)


def _spectrum(target, g, longest):
    """theta_j and lambda_j for as many j as matter to rounding after the learning time `longest`."""
    pole, (beta, q) = _checks.instance("target", target, Filter).pole, _beta_q(g)
    ratio = abs((pole - beta) / (pole + beta))
    # Beyond the index where lambda longest = 1 nothing is learned and theta^2 falls as ratio^(2 j).
    unlearned = max(0.0, math.log(max(longest, 1e-300)) / -math.log(q))
    needed = 3 + unlearned + (0 if ratio == 0 else 20 / -math.log(ratio) if ratio < 1 else math.inf)
    if needed > _MOST_SUMMED:
        raise ValueError(f"target must be neither so slow nor so fast beside g, but {target} at g = {g:g} takes more "
                         f"than {_MOST_SUMMED} eigenfunctions")
    n = math.ceil(needed)
    return coefficients(target, g, n), q ** np.arange(n) / (1 + beta)


def _beta_q(g):
    g = _strength(g)
    beta = math.sqrt((1 - g) * (1 + g))
    return beta, (g / (1 + beta))**2


def _strength(g):
    return _checks.real("g", g, minimum=1e-9, below=1)
