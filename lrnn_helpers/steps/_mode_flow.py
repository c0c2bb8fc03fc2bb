"""The numerical side of `modes`: sums over lags in closed form, and the stiff integration of many modes at once."""

import numpy as np
import scipy

from lrnn_helpers import _flow

# Until version 1.16, scipy left it to the caller to add the rows in which LSODA factorizes a banded Jacobian.
_PADS = tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 16)


def powers_of(b, T):
    """b^k for k = 0 .. T-1 along a new last axis."""
    return b[..., None] ** np.arange(T)


def geometric_sum(x, T, order=2):
    """G_T(x) = sum_{k<T} x^k, T >= 1, and its derivatives up to `order` (1 or 2), in at most log T steps: a list.

    The binary digits of T say which to use:  G_{2m} = G_m (1 + x^m),   G_{m+1} = G_m + x^m,  until x^m is negligible.
    Unlike (1 - x^T) / (1 - x), this divides by nothing and has no bad spot at x = 1.
    """
    variable = [x, 1, 0][:order + 1]
    total, power = [1, 0, 0][:order + 1], variable  # G_m and x^m, m = 1
    for digit in bin(T)[3:]:
        if max(np.max(np.abs(p), initial=0) for p in power) < 1e-18 / T:
            break
        total, power = _product(total, [1 + power[0], *power[1:]]), _product(power, power)
        if digit == "1":
            total, power = [g + p for g, p in zip(total, power, strict=True)], _product(power, variable)
    return [np.broadcast_to(g, np.shape(x)) for g in total]


def _product(f, g):
    """Value and derivatives of a product, from those of its factors."""
    product = [f[0] * g[0], f[0] * g[1] + f[1] * g[0]]
    return product if len(f) == 2 else [*product, f[0] * g[2] + 2 * f[1] * g[1] + f[2] * g[0]]


def integrate(task, T, start, times, tau, rtol, atol):
    """The times reached (n,), a, b, c of each mode there (3, n, ...), and why the flow from `start` stopped.

    task(b*, order) is the list of sum_k b*^k s_{T-k} and its derivatives; start: the triple (a, b, c), each (...);
    times: in the unit of tau. LSODA, because runaways and long tasks make the flow stiff; with the exact Jacobian,
    because minima are curves, which differences would tilt; and banded, because modes do not interact.
    """
    start = np.stack(start, axis=-1)
    dtype, size = start.dtype, 3 * start.itemsize // 8  # real numbers a mode

    def sums(state, order):
        a, b, c = np.moveaxis(state.view(dtype).reshape(start.shape), -1, 0)
        return a, b, c, task(b.conj(), order), geometric_sum((b.conj() * b).real, T, order)

    def slope(t, state):
        rates = np.stack(_rates(*sums(state, 1)), axis=-1).ravel().view(float)
        if not np.all(np.isfinite(rates)):
            raise _flow.Stopped(f"a mode overflows near time {t:g}")
        return rates / tau

    def jacobian(_, state):
        return _banded(_jacobian(*sums(state, 2)).reshape(-1, size, size) / tau, 0 if _PADS else size - 1)

    reached, states, message = _flow.integrate(slope, start.ravel().view(float), times, rtol=rtol, atol=atol,
                                               method="LSODA", what="the flow of the modes", jac=jacobian,
                                               lband=size - 1, uband=size - 1)
    states = np.ascontiguousarray(states).view(dtype).reshape(len(reached), *start.shape)
    return reached, np.moveaxis(states, -1, 0), message


def _rates(a, b, c, task, own):
    """tau d(a, b, c)/dt from task = sum_k b*^k s_{T-k} and own = sum_k |b|^{2k}, each with its derivatives."""
    u = a * c
    shown = task[0] - u * own[0]
    return c.conj() * shown, u.conj() * (task[1] - u * b * own[1]), a.conj() * shown


def _jacobian(a, b, c, task, own):
    """Derivatives of `_rates`, (..., 3, 3), or (..., 6, 6) by real and imaginary parts if the mode is complex.

    The rates z -> F(z, z*) change by P dz + Q dz*: P is minus the Gram matrix of the derivatives of u b^k by a, b, c,
    Q the second derivatives of u b^k weighted by the errors.
    """
    u = a * c
    e0, e1, e2 = (task[n] - u * b**n * own[n] for n in range(3))
    by_c, by_a, ub = c.conj() * e1, a.conj() * e1, u * b.conj() * own[1]
    P = -_matrix([[c.conj() * c * own[0], c.conj() * ub, c.conj() * a * own[0]],
                  [ub.conj() * c, u.conj() * u * (own[1] + b.conj() * b * own[2]), ub.conj() * a],
                  [a.conj() * c * own[0], a.conj() * ub, a.conj() * a * own[0]]])
    Q = _matrix([[0 * e0, by_c, e0], [by_c, u.conj() * e2, by_a], [e0, by_a, 0 * e0]])
    if not np.iscomplexobj(u):
        return P + Q
    columns = np.stack([P + Q, 1j * (P - Q)], axis=-1).reshape(*u.shape, 3, 6)  # answers to dz = 1 and dz = i
    return np.stack([columns.real, columns.imag], axis=-2).reshape(*u.shape, 6, 6)


def _matrix(rows):
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def _banded(blocks, padding):
    """The packed form of a block-diagonal matrix, and rows of padding: entry (i, j) stands at (i - j + size - 1, j)."""
    n, size, _ = blocks.shape
    packed = np.zeros((2 * size - 1 + padding, n, size))
    i, j = np.indices((size, size))
    packed[i - j + size - 1, :, j] = np.moveaxis(blocks, 0, -1)
    return packed.reshape(len(packed), n * size)
