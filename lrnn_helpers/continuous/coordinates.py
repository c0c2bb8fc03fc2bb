"""Coordinates of a mode: the number theta that is trained in place of a pole b, and how far two memories are apart.

A mode remembers with b^k over lags k = 0, 1, .. or, with b = exp(-c), with exp(-c k). Normalized to unit power it is
phi_b(k) = sqrt(1 - |b|^2) b^k, and its inner product with another depends on nothing but a distance in the unit disc.
"""

import numpy as np

from lrnn_helpers import _checks

COORDINATES = ("direct", "exp", "sigmoid", "tanh")
"""b = theta;  b = exp(-exp(theta)), which is c = exp(theta);  b = 1 / (1 + exp(-theta));  b = tanh(theta)."""


def pole(theta, coordinate="exp"):
    """The pole of a mode whose trained number is theta.

    b = theta,  exp(-exp(theta)),  1 / (1 + exp(-theta))  or  tanh(theta).

    theta: real, any shape. coordinate: "direct", "exp", "sigmoid" or "tanh". Returns that shape.
    ValueError if an argument does not fit.
    Source: chapter "Why do state-space models learn long memories more easily?".
    """
    theta = _checks.array("theta", theta)
    return {"direct": lambda: theta, "exp": lambda: np.exp(-np.exp(np.minimum(theta, 700))),
            "sigmoid": lambda: (1 + np.tanh(theta / 2)) / 2,
            "tanh": lambda: np.tanh(theta)}[_checks.choice("coordinate", coordinate, COORDINATES)]()


def slope(theta, coordinate="exp"):
    """How fast the pole moves with the number that is trained, db / d theta.

    1,  -exp(theta) b,  b (1 - b)  or  1 - b^2.

    theta, coordinate: as for `pole`. Returns the shape of theta. ValueError if an argument does not fit.
    Source: chapter "Why do state-space models learn long memories more easily?".
    """
    b, theta = pole(theta, coordinate), _checks.array("theta", theta)
    return {"direct": lambda: np.ones_like(b), "exp": lambda: -np.exp(np.minimum(theta, 700)) * b,
            "sigmoid": lambda: b * (1 - b), "tanh": lambda: 1 - b**2}[coordinate]()


def overlap(b, b_star):
    """The inner product of two modes of unit power.

    <phi_b, phi_b_star> = sqrt((1 - |b|^2) (1 - |b_star|^2)) / (1 - conj(b) b_star),  of modulus 1 / cosh(distance).

    b, b_star: real or complex, of modulus below 1, of shapes that broadcast. Returns the common shape, complex if one
    of them is. ValueError if an argument does not fit.
    Source: chapter "Why do state-space models learn long memories more easily?".
    """
    b, b_star = _in_disc(b=b, b_star=b_star)
    return np.sqrt(_room(b) * _room(b_star)) / (1 - b.conj() * b_star)


def distance(b, b_star):
    """The distance of two poles in the unit disc, after Poincare, in units in which a short step db is |db|/(1-|b|^2).

    d = artanh |(b - b_star) / (1 - conj(b) b_star)|,  for real poles |artanh b - artanh b_star|.

    b, b_star: as for `overlap`. Returns the common shape, real. ValueError if an argument does not fit.
    Source: chapter "Why do state-space models learn long memories more easily?".
    """
    b, b_star = _in_disc(b=b, b_star=b_star)
    return np.arcsinh(np.abs(b - b_star) / np.sqrt(_room(b) * _room(b_star)))


def mode_loss(a, b, b_star):
    """The loss of a mode of amplitude a and unit power for the target phi_b_star.

    L = 1/2 sum_k |a phi_b(k) - phi_b_star(k)|^2 = (|a|^2 - 2 Re(conj(a) overlap) + 1) / 2,
    at best (over complex a) tanh(distance)^2 / 2.

    a: amplitude, real or complex. b, b_star: as for `overlap`; the three broadcast. Returns the common shape, real.
    ValueError if an argument does not fit.
    Source: chapter "Why do state-space models learn long memories more easily?".
    """
    a, b, b_star = _checks.broadcast(a=a, b=b, b_star=b_star)
    _checks.array("a", np.abs(a), maximum=1e150)
    shared = overlap(b, b_star)
    return (np.abs(a - shared)**2 + np.tanh(distance(b, b_star))**2) / 2


def _in_disc(**poles):
    poles = dict(zip(poles, _checks.broadcast(**poles), strict=True))
    for name, value in poles.items():
        if not np.all(np.abs(value) < 1):
            raise ValueError(f"{name} must lie in the open unit disc, but its modulus reaches "
                             f"{np.max(np.abs(value)):g}")
    return poles.values()


def _room(b):
    """1 - |b|^2 without cancellation near the rim."""
    modulus = np.abs(b)
    return (1 - modulus) * (1 + modulus)
