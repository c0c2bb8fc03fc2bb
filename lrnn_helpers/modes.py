"""Connectivity modes: one aligned mode of a linear recurrent network, learning one temporal singular value a step.

A mode has an input strength a, a recurrent strength b and an output strength c; together they pass an input on with
strength u = a c. Seen k steps later the mode shows u b^k, and it learns to show s_{T-k}, where s_1 .. s_T is the task
dynamics by trajectory step (see `tasks.task_dynamics`). Arrays s therefore run over steps t = 1 .. T; a sum over lags
k = T - t reads them backwards. All of this holds for complex modes (rotations) too.

Learning time is in units of tau: gradient descent with learning rate eta on the loss of `gradients.loss`, or of
`gradients.sample_loss` with white inputs, follows these flows with tau = 1 / eta as eta becomes small.

`landscape` treats the energy as a landscape; what chapters use of it beside this module can be had from here.
"""

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers._mode_flow import geometric_sum, integrate, powers_of
from lrnn_helpers.landscape import extrapolation_error, profile_energy, regularizer, sharpness

__all__ = ["energy", "extrapolation_error", "flow", "geometric_flow", "input_output_solution", "profile_energy",
           "rates", "regularizer", "sharpness", "taylor_recurrent_solution"]

# ---------------------------------------------------------------------------------------------------------------------
# Energy and its flow
# ---------------------------------------------------------------------------------------------------------------------


def energy(a, b, c, s):
    """The part of the loss that belongs to one mode.

    E = 1/2 sum_t | s_t - c b^{T-t} a |^2,  t = 1 .. T.

    a, b, c: real or complex (...); s: (..., T), the leading axes broadcast. Returns (...).
    ValueError if shapes do not fit. Source: Proca et al. (2025), eq. 8.
    """
    a, b, c, s = _modes(s, a=a, b=b, c=c)
    errors = s[..., ::-1] - (a * c)[..., None] * powers_of(b, s.shape[-1])
    return 0.5 * np.sum(np.abs(errors) ** 2, axis=-1)


def rates(a, b, c, s):
    """How fast the three strengths change, times tau: the gradient flow of `energy`.

    With e_k = s_{T-k} - a c b^k and * the complex conjugate (nothing, if the mode is real):
    tau da/dt = c* sum_k b*^k e_k,   tau db/dt = (a c)* sum_k k b*^{k-1} e_k,   tau dc/dt = a* sum_k b*^k e_k.

    a, b, c: real or complex (...); s: (..., T), the leading axes broadcast. Returns the triple (da, db, dc), each
    (...). ValueError if shapes do not fit. Source: Proca et al. (2025), section 3 and, for complex modes,
    eqs. 187-189, where a factor 2 is missing.
    """
    a, b, c, s = _modes(s, a=a, b=b, c=c)
    powers, k = powers_of(b, s.shape[-1]), np.arange(1, s.shape[-1])
    errors = s[..., ::-1] - (a * c)[..., None] * powers
    shown = np.sum(powers.conj() * errors, axis=-1)
    slope = np.sum(k * powers[..., :-1].conj() * errors[..., 1:], axis=-1)
    return c.conj() * shown, (a * c).conj() * slope, a.conj() * shown


def flow(a0, b0, c0, s, times, tau=1.0, tolerance=1e-12):
    """Gradient flow of one mode, or of many at once, integrated numerically.

    tau d(a, b, c)/dt = rates(a, b, c, s),  from a0, b0, c0 at time 0.

    a0, b0, c0: real or complex (...), for example () for one mode and (n,) for n; s: (..., T), the leading axes
    broadcast; times: increasing, from 0 on, in the unit of tau; tolerance: of each integration step, relative, and a
    tenth of it absolute. Returns (3, ..., number of times).
    ValueError if an argument does not fit; RuntimeError if the integrator gives up (b may run away to infinity).
    Source: Proca et al. (2025), section 3.
    """
    *start, s = _modes(s, a0=a0, b0=b0, c0=c0)
    T = s.shape[-1]
    weights = [s[..., ::-1]]
    for n in range(2):
        weights.append(weights[-1][..., 1:] * np.arange(1, T - n))  # coefficients of the next derivative

    def task(x, order):
        powers = powers_of(x, T)
        return [np.sum(weight * powers[..., :weight.shape[-1]], axis=-1) for weight in weights[:order + 1]]

    return integrate(task, T, start, _learning_times(times, tau), _tolerance(tolerance))


def geometric_flow(a0, b0, c0, delta, lam, T, times, tau=1.0, tolerance=1e-12):
    """The `flow` for a geometric task, with every sum over lags in closed form: a step costs about log T instead of T.

    s_{T-k} = delta lam^k,  so that with G(x) = sum_{k<T} x^k = (1 - x^T) / (1 - x) and its derivative G'(x)
    sum_k b*^k e_k = delta G(b* lam) - u G(|b|^2),   sum_k k b*^{k-1} e_k = delta lam G'(b* lam) - u b G'(|b|^2).

    Constant task: lam = 1. Inverse exponential: lam. Exponential delta lam^t: pass delta lam^T and 1 / lam.
    a0, b0, c0, delta, lam: real or complex (...), broadcast; T: steps; times: increasing, from 0 on, in the unit of
    tau; tolerance: as in `flow`. Returns (3, ..., number of times). All modes share one time step: many modes that
    learn abruptly (T large, |lam| near 1) at different times cost as much as one by one, a coarser tolerance less.
    ValueError if an argument does not fit; RuntimeError if the integrator gives up.
    Source: `rates`, with its sums over lags carried out.
    """
    *start, delta, lam = _checks.broadcast(a0=a0, b0=b0, c0=c0, delta=delta, lam=lam)
    T = _checks.integer("T", T)

    def task(x, order):
        sums = geometric_sum(lam * x, T, order)
        return [delta * lam**n * derivative for n, derivative in enumerate(sums)]

    return integrate(task, T, start, _learning_times(times, tau), _tolerance(tolerance))


# ---------------------------------------------------------------------------------------------------------------------
# Solutions with one strength held fixed
# ---------------------------------------------------------------------------------------------------------------------


def input_output_solution(u0, b, s, times, tau=1.0, imbalance=0.0):
    """The exact learning curve of u = a c while b stays where it is.

    With K = a^2 - c^2, which learning conserves, A = sum_k b^k s_{T-k} and B = sum_k b^{2k}:
    tau du/dt = sqrt(K^2 + 4 u^2) (A - B u),   solved by a linear fractional map of r = u + sqrt(u^2 + K^2 / 4).
    Balanced (K = 0) and positive, u is logistic: u = u0 A / (B u0 + (A - B u0) exp(-2 A t / tau)).

    u0, b: real numbers; s: (T,); times: increasing, from 0 on, in the unit of tau; imbalance: K. Returns
    (number of times,). ValueError if an argument does not fit. Source: Proca et al. (2025), appendix C (eq. 47).
    """
    u0, K = _checks.real("u0", u0), abs(_checks.real("imbalance", imbalance))
    s = _checks.array("s", s, ("T",))
    t = _learning_times(times, tau)
    powers = _checks.real("b", b) ** np.arange(len(s))
    sign = -1.0 if u0 < 0 else 1.0  # the equation is the same for -u, -A
    A, B = sign * (s[::-1] @ powers), powers @ powers
    rate, r0 = np.hypot(A, B * K / 2), abs(u0) + np.hypot(u0, K / 2)
    if rate == 0 or r0 == 0:
        return u0 / (1 + 2 * B * abs(u0) * t)
    decay, decayed = np.exp(-2 * rate * t), -np.expm1(-2 * rate * t)
    larger = rate + abs(A)
    smaller = (B * K / 2) ** 2 / larger
    up, down = (larger, smaller) if A > 0 else (smaller, larger)  # rate + A and rate - A, without cancellation
    r = (r0 * (up + down * decay) + K**2 / 4 * B * decayed) / (down + up * decay + B * r0 * decayed)
    return sign * (r - (K**2 / (4 * r) if K else 0.0)) / 2


def taylor_recurrent_solution(b0, u, s, times, tau=1.0, order=5, restart=False):
    """The learning curve of b while u stays where it is, as a Taylor polynomial in time.

    tau db/dt = f(b) = u sum_k k b^{k-1} (s_{T-k} - u b^k);  the n-th time derivative is (f d/db)^{n-1} f / tau^n.

    b0, u: real numbers; s: (T,); times: increasing, from 0 on, in the unit of tau; order: highest power of time;
    restart: False expands once, about time 0, True expands again at each of the times. Returns (number of times,).
    The polynomial is local: a step beyond about 3 tau / (u^2 sum_k k^2 b^{2k-2}) diverges under restart.
    ValueError if an argument does not fit. Source: Proca et al. (2025), appendix D (eq. 49).
    """
    b0, u = _checks.real("b0", b0), _checks.real("u", u)
    s = _checks.array("s", s, ("T",))
    t = _learning_times(times, tau)
    k = np.arange(1, len(s))
    coefficients = np.zeros(2 * len(s))
    coefficients[k - 1] += u * k * s[::-1][1:]
    coefficients[2 * k - 1] -= u**2 * k
    derivatives = [np.polynomial.Polynomial(coefficients)]
    for n in range(2, _checks.integer("order", order) + 1):
        derivatives.append(derivatives[0] * derivatives[-1].deriv() / n)  # already divided by n!

    def expand(b, elapsed):
        return np.polynomial.polynomial.polyval(elapsed, [b] + [derivative(b) for derivative in derivatives])

    if not restart:
        return expand(b0, t)
    curve = [b0]
    for step in np.diff(t, prepend=0.0):
        curve.append(expand(curve[-1], step))
    return np.array(curve[1:])


# ---------------------------------------------------------------------------------------------------------------------
# Shared pieces
# ---------------------------------------------------------------------------------------------------------------------


def _modes(s, **strengths):
    """The three strengths (...) and s (..., T) as checked arrays of one dtype."""
    s = _checks.real_or_complex("s", s)
    if s.ndim == 0:
        raise ValueError("s must have shape (..., T), but it is a single number")
    *strengths, first = _checks.broadcast(**strengths, **{"s[..., 0]": s[..., 0]})
    return *strengths, np.broadcast_to(s, (*first.shape, s.shape[-1])).astype(first.dtype)


def _learning_times(times, tau):
    """The times in units of tau, from 0 on."""
    times = _checks.increasing("times", times)
    _checks.real("times[0]", times[0], minimum=0)
    return times / _checks.real("tau", tau, above=0)


def _tolerance(tolerance):
    return _checks.real("tolerance", tolerance, minimum=1e-13, maximum=0.01)
