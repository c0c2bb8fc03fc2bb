"""Learning one fixed point from random connectivity, in a network of infinitely many units.

A linear network of N units starts from W_0 = g J, with J_ij independent, Gaussian, of variance 1/N, and learns by
gradient flow on L = 1/2 (target - z)^2 that a constant input along the unit vector m drives the read-out along the unit
vector w to z = w'(I - W)^{-1} m = target; m and w are orthogonal. As N grows, the result depends less and less on the
sample of J. What remains of J is the law of mu, the squared singular values of I - g J, and what remains of the
dynamics is four functions of mu. `descent` treats the same task at finite N.

Throughout, beta = 1 / (1 - g^2), and the learning time tau is (number of steps) times (learning rate).
"""

from typing import NamedTuple

import numpy as np

from lrnn_helpers import _checks, _flow

_ACCURATE = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-13}
_LARGEST_TARGET = 1e4
_NODES = 48  # quadrature nodes for the law of mu; they give its moments to rounding up to g = 0.99


def squared_singular_values(g):
    """The law of mu, the squared singular values of I - g J at infinite N, as quadrature nodes and weights.

    <phi(mu)> = sum_k weights_k phi(mu_k), where m(x) = <1 / (mu - x)> solves
    x g^4 m^3 + 2 x g^2 m^2 + (x - 1 + g^2) m + 1 = 0.  For example <1/mu> = beta and <1/mu^2> = beta^4.

    g: strength of the initial connectivity, 0 <= g < 1. Returns mu and weights, each (48,), or (1,) if g < 1e-6.
    ValueError if g is out of range. Source: chapter "What good is a random beginning?".
    """
    g = _strength(g)
    if g < 1e-6:  # one point within rounding, since only g^2 matters
        return np.ones(1), np.ones(1)
    m = (3 * g + np.array([1, -1]) * np.sqrt(g**2 + 8)) / (4 * g * (1 - g**2))  # where dx/dm = 0: the two edges of mu
    low, high = np.log(((1 - g**2) * m - 1) / (m * (1 + g**2 * m) ** 2))
    half, angles = (high - low) / 2, (np.arange(_NODES) + 0.5) * np.pi / _NODES
    mu = np.exp((low + high) / 2 - half * np.cos(angles))
    stieltjes = [np.roots([x * g**4, 2 * x * g**2, x - 1 + g**2, 1]) for x in mu]
    density = np.array([np.max(roots.imag) for roots in stieltjes]) / np.pi
    return mu, density * mu * half * np.sin(angles) * np.pi / _NODES


class InfiniteSizeFlow(NamedTuple):
    """Gradient flow at infinite N, at the times that were reached, and why it stopped early, or "".

    times: (n,). z: read-out (n,). norm: |W - W_0| (n,). singular_values: the four largest of W - W_0 (n, 4).
    """

    times: np.ndarray
    z: np.ndarray
    norm: np.ndarray
    singular_values: np.ndarray
    message: str


def infinite_size_flow(target, g, times):
    """The whole course of learning at infinite N: read-out, norm and singular values of the weight change.

    With a = (I - W)^{-1} m = f m + h w in the right singular basis of I - W_0, its time integral F m + H w and
    e = target - z:   dF = e f,  dH = e h,  df = e |a|^2 Q F / mu,  dh = e |a|^2 (P + Q H) / mu,  each per dtau, where
    |a|^2 = <f^2 + h^2>,  P (1 - <H/mu>) = 1 + Q <(F^2 + H^2)/mu>,  Q (1 - <H/mu>) = P beta;  f(0) = mu^{-1/2}, rest 0.
    The error decays as de = -e |a|^4 dtau. Exchanging m and w turns a into b = (I - W)^{-T} w, so that the singular
    values of W - W_0 = int e b a' dtau are the eigenvalues of the symmetric matrix int e a a' dtau, up to sign.

    target: read-out to be learned. g: strength of the initial connectivity, 0 <= g < 1. times: learning times (n,),
    increasing; learning begins at times[0]. Returns an InfiniteSizeFlow, accurate to about 1e-9.
    ValueError if an argument is out of range. Source: chapter "What good is a random beginning?".
    """
    target, g = _target(target), _strength(g)
    times = _checks.increasing("times", times)
    mu, weights = squared_singular_values(g)
    roots, n = np.sqrt(np.tile(weights, 2)), len(mu)

    def rates(_, state):
        error = target * np.exp(-state[0])
        functions = state[1:4 * n + 1].reshape(4, n)
        square, directions = _directions(functions, mu, weights)
        a = roots * functions[2:].ravel()
        return np.concatenate(([square**2], error * directions.ravel(), error * np.outer(a, a).ravel()))

    start = np.concatenate(([0.0], _start(mu).ravel(), np.zeros(4 * n * n)))
    times, states, message = _flow.integrate(rates, start, times, what="the flow at infinite size", **_ACCURATE)
    eigenvalues = np.linalg.eigvalsh(states[:, 4 * n + 1:].reshape(-1, 2 * n, 2 * n))
    singular_values = np.sort(np.abs(eigenvalues))[:, ::-1]
    leading = np.zeros((len(times), 4))
    leading[:, :2 * n] = singular_values[:, :4]
    return InfiniteSizeFlow(times, -target * np.expm1(-states[:, 0]), np.linalg.norm(singular_values, axis=1), leading,
                            message)


def critical_learning_rate(target, g):
    """The learning rate above which gradient descent cannot stay at the solution of the flow, at infinite N.

    learning rate = 2 / |a|^4 at z = target, since there one step multiplies the error by 1 - (learning rate) |a|^4.
    Above it, descent fails or jumps to a flatter solution, of smaller |a|^4. The end point is found with z as clock:
    it depends on the target, not on the time taken.

    target: read-out to be learned. g: strength of the initial connectivity, 0 <= g < 1. Returns a float, to be compared
    with the learning rate itself; papers may quote it divided by (1 - g^2)^2.
    ValueError if an argument is out of range. Source: chapter "What good is a random beginning?".
    """
    target, g = _target(target), _strength(g)
    mu, weights = squared_singular_values(g)

    def per_z(z, state):
        square, directions = _directions(state.reshape(4, -1), mu, weights)
        return directions.ravel() / square**2

    ends = np.array([0.0, abs(target)] if target else [0.0])  # the path for -target is the mirror image
    _, states, message = _flow.integrate(per_z, _start(mu).ravel(), ends, what="the flow with z as clock", **_ACCURATE)
    if message:
        raise ValueError(f"target must be within reach, but {message}")
    return float(2 / _directions(states[-1].reshape(4, -1), mu, weights)[0] ** 2)


def _start(mu):
    """F, H, f, h at time zero (4, n)."""
    return np.stack([0 * mu, 0 * mu, mu**-0.5, 0 * mu])


def _directions(functions, mu, weights):
    """|a|^2 and the rates of F, H, f, h (4, n), each divided by the error."""
    F, H, f, h = functions
    square = weights @ (f**2 + h**2)
    D = 1 - weights @ (H / mu)
    determinant = D**2 - (weights @ (1 / mu)) * (weights @ ((F**2 + H**2) / mu))
    P, Q = D / determinant, (weights @ (1 / mu)) / determinant
    return square, np.stack([f, h, square * Q * F / mu, square * (P + Q * H) / mu])


class EarlyLearning(NamedTuple):
    """Early learning at infinite N, each of the shape of tau: read-out z, singular values s_1, s_2 of W - W_0."""

    z: np.ndarray
    s_1: np.ndarray
    s_2: np.ndarray


@_checks.moderate("tau, g")
def early_learning(target, g, tau):
    """Early learning in powers of t = beta^2 tau: read-out to t^4, singular values of the weight change to t^3.

    z = target (t - t^2/2 + (1 + 8 beta target^2) t^3/6 - (1 + 56 beta target^2) t^4/24),
    s_1 = |target| / beta (t - t^2/2 + (1 + 7/2 beta target^2) t^3/6),    s_2 = |target|^3 t^3 / 12.

    target: read-out to be learned. g: strength of the initial connectivity, 0 <= g < 1. tau: learning times >= 0.
    Returns EarlyLearning(z, s_1, s_2). ValueError if an argument is out of range.
    Source: Schuessler et al. (2020); the term in t^4: chapter "What good is a random beginning?".
    """
    target, beta, t = _scaled(target, g, tau)
    square = beta * target**2
    z = target * (t - t**2 / 2 + (1 + 8 * square) * t**3 / 6 - (1 + 56 * square) * t**4 / 24)
    s_1 = abs(target) / beta * (t - t**2 / 2 + (1 + 3.5 * square) * t**3 / 6)
    return EarlyLearning(z, s_1, abs(target) ** 3 * t**3 / 12)


def early_outlier(target, g, tau):
    """The eigenvalue of W that leaves the disc of radius g early in learning, at infinite N.

    lambda = g^2 + (Lambda + sqrt(Lambda^2 + 4 g^2 Lambda)) / 2,  Lambda = (1/2 + 1/sqrt 3) target^2/beta t^2 (1 - t),
    with t = beta^2 tau. It emerges at lambda = g, where Lambda = g (1 - g)^2.

    target: read-out to be learned. g: strength of the initial connectivity, 0 <= g < 1. tau: learning times >= 0.
    Returns an array of the shape of tau, with a relative error of order beta target^2 t^2, and NaN where no eigenvalue
    has left the disc or the series has left its range (lambda >= 1 or t > 2/3). ValueError if an argument is out of
    range.
    Source: Schuessler et al. (2020), corrected at this order.
    """
    (target, beta, t), g = _scaled(target, g, tau), float(g)
    with np.errstate(over="ignore"):
        Lambda = np.maximum((0.5 + 1 / np.sqrt(3)) * target**2 / beta * t**2 * (1 - t), 0)
    eigenvalue = g**2 + (Lambda + np.sqrt(Lambda**2 + 4 * g**2 * Lambda)) / 2
    valid = (Lambda > g * (1 - g) ** 2) & (eigenvalue < 1) & (t <= 2 / 3)
    return np.where(valid, eigenvalue, np.nan)


def _scaled(target, g, tau):
    target, beta = _target(target), 1 / (1 - _strength(g) ** 2)
    with np.errstate(over="ignore"):
        return target, beta, beta**2 * _checks.array("tau", tau, minimum=0)


def _target(target):
    return _checks.real("target", target, minimum=-_LARGEST_TARGET, maximum=_LARGEST_TARGET)


def _strength(g):
    return _checks.real("g", g, minimum=0, below=1)


class ZeroGSolution(NamedTuple):
    """Read-out z, of the shape of s, and the change of weights K, (.., 2, 2), in the plane of m and w."""

    z: np.ndarray
    K: np.ndarray


def zero_g_solution(s):
    """The whole course of learning from W_0 = 0, in closed form, for m orthogonal to w.

    W = [m w] K [m w]',  K = [[1 - sech s, s - tanh s], [tanh s, 1 - sech s]],  z = tanh s / (1 - s tanh s),
    passed at learning time  dtau = (1 - s tanh s)^2 / (target - z) ds: the target sets the pace, not the path.

    s: position along the path, any shape, |s| < 1.1997, where s tanh s = 1 and z is infinite; s has the sign of z.
    Returns ZeroGSolution(z, K). ValueError if s is out of range.
    Source: chapter "Why does learning begin with a single direction?".
    """
    s = _checks.array("s", s)
    tanh = np.tanh(s)
    if np.any(s * tanh >= 1):
        raise ValueError(f"s must satisfy s tanh s < 1, which is |s| < 1.1997, but it reaches {np.max(np.abs(s)):g}")
    diagonal = 1 - 1 / np.cosh(s)
    K = np.stack([np.stack([diagonal, s - tanh], -1), np.stack([tanh, diagonal], -1)], -2)
    return ZeroGSolution(tanh / (1 - s * tanh), K)
