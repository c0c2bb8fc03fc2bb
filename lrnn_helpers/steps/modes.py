"""Connectivity modes: one aligned mode of a linear recurrent network, learning one temporal singular value a step.

A mode has an input strength a, a recurrent strength b and an output strength c; together they pass an input on with
strength u = a c. Seen k steps later the mode shows u b^k, and it learns to show s_{T-k}, where s_1 .. s_T is the task
dynamics by trajectory step (see `tasks.task_dynamics`). Arrays s therefore run over steps t = 1 .. T; a sum over lags
k = T - t reads them backwards. All of this holds for complex modes (rotations) too.

Learning time is in units of tau: gradient descent with learning rate eta on the loss of `gradients.loss`, or of
`gradients.sample_loss` with white inputs, follows these flows with tau = 1 / eta as eta becomes small. `landscape`
treats the energy as a landscape.
"""

from dataclasses import dataclass

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.steps._mode_flow import geometric_sum, integrate, powers_of


@_checks.moderate("s, a, b, c")
def energy(s, a, b, c):
    """The part of the loss that belongs to one mode.

    E = 1/2 sum_t | s_t - c b^{T-t} a |^2,  t = 1 .. T.

    s: (..., T), by step. a, b, c: real or complex (...); all leading axes broadcast. Returns (...).
    ValueError if shapes do not fit. Source: Proca et al. (2025), eq. 8.
    """
    s, a, b, c = _modes(s, a=a, b=b, c=c)
    errors = s[..., ::-1] - (a * c)[..., None] * powers_of(b, s.shape[-1])
    return 0.5 * np.sum(np.abs(errors) ** 2, axis=-1)


@_checks.moderate("s, a, b, c")
def rates(s, a, b, c):
    """How fast the three strengths change, times tau: the gradient flow of `energy`.

    With e_k = s_{T-k} - a c b^k and * the complex conjugate (nothing, if the mode is real):
    tau da/dt = c* sum_k b*^k e_k,   tau db/dt = (a c)* sum_k k b*^{k-1} e_k,   tau dc/dt = a* sum_k b*^k e_k.

    s: (..., T), by step. a, b, c: real or complex (...); all leading axes broadcast. Returns the triple (da, db, dc),
    each (...). ValueError if shapes do not fit. Source: Proca et al. (2025), section 3 and, for complex modes,
    eqs. 187-189, where a factor 2 is missing.
    """
    s, a, b, c = _modes(s, a=a, b=b, c=c)
    powers, k = powers_of(b, s.shape[-1]), np.arange(1, s.shape[-1])
    errors = s[..., ::-1] - (a * c)[..., None] * powers
    shown = np.sum(powers.conj() * errors, axis=-1)
    slope = np.sum(k * powers[..., :-1].conj() * errors[..., 1:], axis=-1)
    return c.conj() * shown, (a * c).conj() * slope, a.conj() * shown


@dataclass(frozen=True, eq=False)
class ModeFlow:
    """The course of one mode, or of many at once.

    times: those that were reached (n,). a, b, c: the strengths there, (n, ...). message: why the flow stopped early, or
    "" if it did not.
    """

    times: np.ndarray
    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    message: str

    @property
    def strengths(self):
        """The triple (a, b, c)."""
        return self.a, self.b, self.c


def flow(s, a0, b0, c0, times, *, tau=1.0, rtol=1e-12, atol=1e-13):
    """Gradient flow of one mode, or of many at once, integrated numerically.

    tau d(a, b, c)/dt = rates(s, a, b, c),  from a0, b0, c0 at times[0].

    s: (..., T), by step. a0, b0, c0: real or complex (...), for example () for one mode and (m,) for m; all leading
    axes broadcast. times: increasing, (n,), in the unit of tau. rtol, atol: tolerances of each integration step.
    Returns a ModeFlow; one in which b runs away to infinity stops, keeps what it had and says so in `message`.
    ValueError if an argument does not fit. Source: Proca et al. (2025), section 3.
    """
    s, *start = _modes(s, a0=a0, b0=b0, c0=c0)
    T = s.shape[-1]
    weights = [s[..., ::-1]]
    for n in range(2):
        weights.append(weights[-1][..., 1:] * np.arange(1, T - n))  # coefficients of the next derivative

    def task(x, order):
        powers = powers_of(x, T)
        return [np.sum(weight * powers[..., :weight.shape[-1]], axis=-1) for weight in weights[:order + 1]]

    return _flow(task, T, start, times, tau, rtol, atol)


def geometric_flow(delta, lam, T, a0, b0, c0, times, *, tau=1.0, rtol=1e-12, atol=1e-13):
    """The `flow` for a geometric task, with every sum over lags in closed form: a step costs about log T instead of T.

    s_{T-k} = delta lam^k,  so that with G(x) = sum_{k<T} x^k = (1 - x^T) / (1 - x) and its derivative G'(x)
    sum_k b*^k e_k = delta G(b* lam) - u G(|b|^2),   sum_k k b*^{k-1} e_k = delta lam G'(b* lam) - u b G'(|b|^2).

    Constant task: lam = 1. Inverse exponential: lam. Exponential delta lam^t: pass delta lam^T and 1 / lam.
    delta, lam, a0, b0, c0: real or complex (...), broadcast. T: steps. times: increasing, (n,), in the unit of tau.
    rtol, atol: as in `flow`. Returns a ModeFlow. All modes share one time step: many modes that learn abruptly (T
    large, |lam| near 1) at different times cost as much as one by one, coarser tolerances less.
    ValueError if an argument does not fit. Source: `rates`, with its sums over lags carried out.
    """
    delta, lam, *start = _checks.broadcast(delta=delta, lam=lam, a0=a0, b0=b0, c0=c0)
    T = _checks.integer("T", T)

    def task(x, order):
        sums = geometric_sum(lam * x, T, order)
        return [delta * lam**n * derivative for n, derivative in enumerate(sums)]

    return _flow(task, T, start, times, tau, rtol, atol)


def _flow(task, T, start, times, tau, rtol, atol):
    times, tau = _checks.increasing("times", times), _checks.real("tau", tau, above=0)
    reached, (a, b, c), message = integrate(task, T, start, times, tau, rtol, atol)
    return ModeFlow(reached, a, b, c, message)


@_checks.moderate("s, u0, b, imbalance, tau")
def input_output_solution(s, u0, b, times, *, tau=1.0, imbalance=0.0):
    """The exact learning curve of u = a c while b stays where it is.

    With K = a^2 - c^2, which learning conserves, A = sum_k b^k s_{T-k} and B = sum_k b^{2k}:
    tau du/dt = sqrt(K^2 + 4 u^2) (A - B u),   solved by a linear fractional map of r = u + sqrt(u^2 + K^2 / 4).
    Balanced (K = 0) and positive, u is logistic: u = u0 A / (B u0 + (A - B u0) exp(-2 A t / tau)), t from times[0] on.

    s: (T,), by step. u0: at times[0]; b: real numbers. times: increasing, (n,), in the unit of tau. imbalance: K.
    Returns (n,). ValueError if an argument does not fit, or the powers of b overflow.
    Source: Proca et al. (2025), appendix C (eq. 47).
    """
    s, u0 = _checks.array("s", s, ("T",)), _checks.real("u0", u0)
    K = abs(_checks.real("imbalance", imbalance))
    times, tau = _checks.increasing("times", times), _checks.real("tau", tau, above=0)
    t = (times - times[0]) / tau
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


def _modes(s, **strengths):
    """s (..., T) and the three strengths (...) as checked arrays of one dtype."""
    s = _checks.real_or_complex("s", s)
    if s.ndim == 0:
        raise ValueError("s must have shape (..., T), but it is a single number")
    *strengths, first = _checks.broadcast(**strengths, **{"s[..., 0]": s[..., 0]})
    return np.broadcast_to(s, (*first.shape, s.shape[-1])).astype(first.dtype), *strengths
