"""The energy landscape of one connectivity mode: what recurrence costs, the best mode for each recurrent strength, and
how sharp a solution is.

Letters as in `modes`: strength u = a c, recurrent strength b, task dynamics s_1 .. s_T.
"""

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.steps._mode_flow import geometric_sum, powers_of


@_checks.moderate("u, b, T")
def regularizer(u, b, T):
    """The price of recurrence: the part of twice the energy that does not depend on the task.

    2 E = sum_k s_{T-k}^2 - 2 u sum_k b^k s_{T-k} + u^2 sum_{k<T} b^{2k};  this is the last term, u^2 T where b^2 = 1.

    u, b: real (...), broadcast. T: steps. Returns (...). For |b| < 1 it tends to u^2 / (1 - b^2) as T grows.
    ValueError if an argument does not fit. Source: Proca et al. (2025), eq. 9.
    """
    u, b = _checks.broadcast(u=_checks.array("u", u), b=_checks.array("b", b))
    return u**2 * geometric_sum(b**2, _checks.integer("T", T))[0]


@_checks.moderate("s, b")
def profile_energy(s, b):
    """The energy of the best mode with recurrent strength b: the landscape that b alone sees.

    F(b) = min_u E = 1/2 (sum_k | s_{T-k} |^2 - | sum_k b*^k s_{T-k} |^2 / sum_k | b |^{2k}).

    s: (T,). b: real or complex (...). Returns (...). Large b is safe: only the ratios of the powers of b matter.
    ValueError if shapes do not fit. Source: Proca et al. (2025), appendix H.
    """
    s, b = _checks.real_or_complex("s", s, ("T",)), _checks.real_or_complex("b", b)
    large = np.abs(b) > 1
    powers = powers_of(np.where(large, 1 / np.where(large, b, 1), b), len(s))
    powers = np.where(large[..., None], powers[..., ::-1], powers)
    u = powers.conj() @ s[::-1] / np.sum(np.abs(powers) ** 2, axis=-1)
    return 0.5 * np.sum(np.abs(s[::-1] - u[..., None] * powers) ** 2, axis=-1)


@_checks.moderate("u, b, T")
def sharpness(u, b, T):
    """The largest curvature of the energy where a balanced mode has learned its task without error.

    At a = c = sqrt(u) and s_{T-k} = u b^k the Hessian has eigenvalue 0 and those of the symmetric matrix
    [[2 u S_0, sqrt(2 u) u S_1], [., u^2 S_2]],  S_0 = sum b^{2k}, S_1 = sum k b^{2k-1}, S_2 = sum k^2 b^{2k-2}.

    u, b: real numbers (a = -c where u < 0). T: steps. Returns a float. Gradient descent stays at this minimum only if
    its learning rate is below 2 / sharpness. ValueError if an argument does not fit.
    Source: the Gauss-Newton form of the Hessian of `modes.energy`, exact where the error is zero; chapter "Does a
    network that never errs know the task?".
    """
    u, b = abs(_checks.real("u", u)), _checks.real("b", b)
    powers = b ** np.arange(_checks.integer("T", T, entries=1))
    slopes = np.arange(len(powers)) * np.concatenate(([0.0], powers[:-1]))
    jacobian = np.stack([np.sqrt(2 * u) * powers, u * slopes])
    return np.linalg.norm(jacobian, 2) ** 2
