"""The energy landscape of one connectivity mode: what recurrence costs, the best mode for each recurrent strength, how
sharp a solution is, and what is left of it on longer sequences.

Letters as in `modes`: strength u = a c, recurrent strength b, task dynamics s_1 .. s_T.
"""

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers._mode_flow import geometric_sum, powers_of


def regularizer(u, b, T):
    """The price of recurrence: the part of the energy that does not depend on the task.

    2 E = sum_k s_{T-k}^2 - 2 u sum_k b^k s_{T-k} + u^2 sum_{k<T} b^{2k};  this is the last term, u^2 T where b^2 = 1.

    u, b: real (...), broadcast; T: steps. Returns (...). For |b| < 1 it tends to u^2 / (1 - b^2) as T grows.
    ValueError if an argument does not fit. Source: Proca et al. (2025), eq. 9.
    """
    u, b = _checks.broadcast(u=_checks.array("u", u), b=_checks.array("b", b))
    return u**2 * geometric_sum(b**2, _checks.integer("T", T))[0]


def profile_energy(b, s):
    """Twice the energy of the best mode with recurrent strength b: the landscape that b alone sees.

    F(b) = 2 min_u E = sum_k | s_{T-k} |^2 - | sum_k b*^k s_{T-k} |^2 / sum_k | b |^{2k}.

    b: real or complex (...); s: (T,). Returns (...). Large b is safe: only the ratios of the powers of b matter.
    ValueError if shapes do not fit. Source: Proca et al. (2025), appendix H.
    """
    b, s = _checks.real_or_complex("b", b), _checks.real_or_complex("s", s, ("T",))
    large = np.abs(b) > 1
    powers = powers_of(np.where(large, 1 / np.where(large, b, 1), b), len(s))
    powers = np.where(large[..., None], powers[..., ::-1], powers)
    u = powers.conj() @ s[::-1] / np.sum(np.abs(powers) ** 2, axis=-1)
    return np.sum(np.abs(s[::-1] - u[..., None] * powers) ** 2, axis=-1)


def sharpness(u, b, T):
    """The largest curvature of the energy where a balanced mode has learned its task without error.

    At a = c = sqrt(u) and s_{T-k} = u b^k the Hessian has eigenvalue 0 and those of the symmetric matrix
    [[2 u S_0, sqrt(2 u) u S_1], [., u^2 S_2]],  S_0 = sum b^{2k}, S_1 = sum k b^{2k-1}, S_2 = sum k^2 b^{2k-2}.

    u, b: real numbers (a = -c where u < 0); T: steps. Returns a float. Gradient descent stays at this minimum only if
    its learning rate is below 2 / sharpness. ValueError if an argument does not fit.
    Source: the Gauss-Newton form of the Hessian of `energy`, exact where the error is zero.
    """
    u, b = abs(_checks.real("u", u)), _checks.real("b", b)
    powers = b ** np.arange(_checks.integer("T", T))
    slopes = np.arange(len(powers)) * np.concatenate(([0.0], powers[:-1]))
    jacobian = np.stack([np.sqrt(2 * u) * powers, u * slopes])
    return np.linalg.norm(jacobian, 2) ** 2


def extrapolation_error(kind, T_train, T_test, delta=1.0, lam=1.0, relative=False):
    """The energy on T_test steps of a mode that has learned its task perfectly on T_train steps.

    "constant", "inverse_exponential": 0, the solution does not depend on T;
    "exponential":       1/2 delta^2 (1 - lam^{T_train - T_test})^2 sum_{t=1}^{T_test} lam^{2t};
    "mean_integration":  1/2 delta^2 (T_test - T_train)^2 / (T_test T_train^2),  where s_t = delta / T.

    delta, lam: as in `tasks.task_dynamics`; relative: divide by the energy of silence, 1/2 sum_t s_t^2 on T_test
    steps. Returns a float. ValueError if an argument is out of range, lam = 0 for "exponential" (b = 1 / lam)
    or delta = 0 with `relative`. Source: the solutions of Proca et al. (2025), appendix F.
    """
    _checks.choice("kind", kind, ("constant", "inverse_exponential", "exponential", "mean_integration"))
    T_train, T_test = _checks.integer("T_train", T_train), _checks.integer("T_test", T_test)
    delta, lam = _checks.real("delta", delta), _checks.real("lam", lam)
    if kind == "exponential" and lam == 0:
        raise ValueError("lam must not be 0 for the exponential task, because its solution is b = 1 / lam")
    if relative and delta == 0:
        raise ValueError("delta must not be 0 for a relative error, because the task is then silence")
    if kind in ("constant", "inverse_exponential") or T_test == T_train:
        return 0.0
    if kind == "mean_integration":
        gap, silence = T_test / T_train - 1, delta**2 / (2 * T_test)
    else:
        ratio = np.float64(lam if T_test < T_train else 1 / lam)
        gap = (1 - ratio) * geometric_sum(ratio, abs(T_test - T_train))[0]
        silence = 0.5 * (delta * lam) ** 2 * geometric_sum(np.float64(lam) ** 2, T_test)[0]
    return float(gap**2 if relative else gap**2 * silence)
