"""What a linear network in steps is asked to learn: inputs, linear teachers and the task dynamics of single modes."""

import numpy as np

from lrnn_helpers import _checks


def white_inputs(P, T, n_x, rng, *, exact=True):
    """Input sequences whose entries are uncorrelated across steps and channels.

    exact=True:  sum_p x_{t,p} x_{t',p}' = delta_{tt'} I  to rounding, which needs P >= T n_x;
    exact=False: independent standard normal entries divided by sqrt(P), so the same holds on average.

    P: number of sequences. T: steps. n_x: channels. rng: numpy random generator. Returns (T, P, n_x).
    ValueError if an argument is out of range or P is too small for exact whitening.
    Source: Proca et al. (2025), section 2; chapter "How does error travel back in time?".
    """
    P, T, n_x = _checks.integer("P", P), _checks.integer("T", T), _checks.integer("n_x", n_x)
    _checks.affordable("P, T, n_x", P, T, n_x)
    entries = _checks.generator("rng", rng).standard_normal((P, T * n_x))
    if _checks.boolean("exact", exact):
        _checks.integer("P (for exactly white inputs, at least T n_x)", P, minimum=T * n_x)
        white, _ = np.linalg.qr(entries)
    else:
        white = entries / np.sqrt(P)
    return np.ascontiguousarray(white.reshape(P, T, n_x).swapaxes(0, 1))


@_checks.moderate("target, x")
def teacher_targets(target, x):
    """The last output of the filter `target` for each input sequence.

    y_p = sum_k target_k x_{T-k,p},  k = 0 .. T-1.

    target: impulse response (T, N_y, N_x), by lag. x: inputs (T, P, N_x). Returns (P, N_y).
    ValueError if shapes do not fit. Source: Proca et al. (2025), section 2.
    """
    target = _checks.array("target", target, ("T", "N_y", "N_x"))
    x = _checks.array("x", x, (target.shape[0], "P", target.shape[2]))
    return np.tensordot(x[::-1], target, axes=((0, 2), (0, 2)))


@_checks.moderate("T, delta, lam")
def task_dynamics(kind, T, delta=1.0, lam=1.0):
    """Temporal singular values that one mode can learn without error: how strongly the input of step t must count.

    "constant": s_t = delta;   "inverse_exponential": s_t = delta lam^{T-t};   "exponential": s_t = delta lam^t.
    They are solved by (b, u) = (1, delta), (lam, delta) and (1 / lam, delta lam^T): s_t = u b^{T-t}.

    T: steps. delta: strength. lam: rate (unused for "constant"). Returns (T,), in the order of steps t = 1 .. T.
    ValueError if the kind is unknown or an argument is out of range. Source: Proca et al. (2025), section 3.
    """
    _checks.choice("kind", kind, ("constant", "inverse_exponential", "exponential"))
    t = np.arange(1, _checks.integer("T", T, entries=1) + 1)
    delta, lam = _checks.real("delta", delta), _checks.real("lam", lam)
    exponents = {"constant": 0 * t, "inverse_exponential": T - t, "exponential": t}
    return delta * lam ** exponents[kind]


def dirac_dynamics(T, first, last):
    """Temporal singular values of a task that needs only the oldest and the newest input.

    s_1 = first,  s_T = last,  s_t = 0 between.

    T: steps, at least 2. first, last: real numbers. Returns (T,), in the order of steps t = 1 .. T.
    ValueError if an argument is out of range. Source: Proca et al. (2025), appendix H.
    """
    s = np.zeros(_checks.integer("T", T, minimum=2, entries=1))
    s[0], s[-1] = _checks.real("first", first), _checks.real("last", last)
    return s
