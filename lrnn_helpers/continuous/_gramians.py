"""Exact loss and gradients of a filter by two routes, on bare arrays.

The error k - k_* of a network (A = I - W, u, v) against a target (A_*, u_*, v_*) is itself the impulse response of
one larger system, A_e = diag(A, A_*), u_e = (u; u_*), v_e = (v; -v_*). Every integral over time becomes a Gramian of
that system. `by_lyapunov` solves for the whole Gramians. `by_krylov` solves for them in the small spaces that u and v
reach under a few applications of W, proves stability, estimates the error from what the small solutions leave over in
the full equations, and answers None if stability is not proved or the estimate is not small.
"""

import numpy as np
from scipy import linalg

from lrnn_helpers._checks import Unstable

SIZES = 20, 28, 40, 80  # Krylov dimensions to try in turn
TOLERANCE = 1e-9  # estimate of the relative error at which a Krylov dimension is accepted


def by_lyapunov(W, u, v, target):
    """L and its derivatives by W, u, v, from the two Gramians of the error system.

    A_e P + P A_e' = u_e u_e',  A_e' Q + Q A_e = v_e v_e';  L = 1/2 v_e' P v_e,  dL/dW = (Q P)_11,  dL/du = (Q u_e)_1,
    dL/dv = (P v_e)_1.
    """
    A, n = np.eye(len(u)) - W, len(u)
    slowest = np.min(linalg.eigvals(A).real)
    if not slowest > 0:
        raise Unstable("rnn must be stable: every eigenvalue of I - W needs a positive real part, but the smallest "
                       f"is {slowest:.6g}")
    A_e, u_e, v_e = _error_system(A, u, v, target)
    P = linalg.solve_continuous_lyapunov(A_e, np.outer(u_e, u_e))
    Q = linalg.solve_continuous_lyapunov(A_e.T, np.outer(v_e, v_e))
    return _half(v_e @ P @ v_e), (Q[:n] @ P[:, :n], Q[:n] @ u_e, P[:n] @ v_e)


def by_krylov(W, u, v, target):
    """The same in Krylov spaces, or None where stability is not proved cheaply or the estimated error is not small.

    V spans u, W u, W^2 u, ..; Z spans v, W' v, W'^2 v, ..; F = diag(V' A V, A_*), B = Z' A' Z. Then
    F P + P F' = b b',  B X + X F = |v| e_1 c',  dL/dW = Z X P_{:,1} V',  dL/du = Z X b,  dL/dv = V P_{1,:} c.
    """
    if len(u) <= SIZES[0]:
        return None  # the small spaces would be the whole space
    for size in SIZES:
        V, H, leak_u = _arnoldi(W, u, size)
        Z, G, leak_v = _arnoldi(W.T, v, size)
        F, b, c = _error_system(np.eye(len(H)) - H, V.T @ u, V.T @ v, target)
        B, k = np.eye(len(G)) - G, len(H)
        decay, condition = _certified_decay(W, np.hstack([V[:, :10], Z[:, :10]]))
        if decay == 0:
            return None
        if min(np.min(linalg.eigvals(M).real) for M in (F[:k, :k], B)) < decay / 2:
            continue
        P = linalg.solve_continuous_lyapunov(F, np.outer(b, b))
        X = linalg.solve_sylvester(B, F, np.outer(Z.T @ v, c))
        # What the small solutions leave over in the full equations, relative to the solutions.
        size_P, size_X = linalg.norm(P[:, :k]), linalg.norm(X)
        residual = 2 * leak_u * linalg.norm(P[:, k - 1]) * size_X + leak_v * linalg.norm(X[-1]) * size_P
        if condition * residual <= TOLERANCE * (decay + min(decay, target.c)) * size_X * size_P:
            return _half(c @ P @ c), (Z @ (X @ P[:, :k]) @ V.T, Z @ (X @ b), V @ (P[:k] @ c))
    return None


def _error_system(A, u, v, target):
    return linalg.block_diag(A, target.A), np.concatenate([u, target.u]), np.concatenate([v, -target.v])


def _half(square):
    """Half a square, which rounding may have left just below zero."""
    return max(0.0, 0.5 * float(square))


def _arnoldi(W, start, size):
    """Orthonormal basis V of start, W start, .., the projection V' W V, and the norm of what W V leaves outside."""
    n = len(start)
    size = min(size, n)
    V, H = np.zeros((size + 1, n)), np.zeros((size + 1, size))
    V[0] = start / (linalg.norm(start) or 1.0)
    for j in range(size):
        new = W @ V[j]
        full = linalg.norm(new)
        for _ in range(2):  # Gram-Schmidt, and once more against rounding
            overlap = V[:j + 1] @ new
            new -= overlap @ V[:j + 1]
            H[:j + 1, j] += overlap
        H[j + 1, j] = linalg.norm(new)
        if j + 1 == n or H[j + 1, j] <= 1e-14 * full:
            return V[:j + 1].T, H[:j + 1, :j + 1], 0.0
        V[j + 1] = new / H[j + 1, j]
    return V[:size].T, H[:size], H[size, -1]


def _certified_decay(W, basis):
    """r and kappa with |exp(-A t)| <= sqrt(kappa) exp(-r t), proved by one Cholesky factor; r = 0 if none is found.

    The proof is A'G + G A >= 2 r G for the metric G = I + Q (M - I) Q', where Q spans the basis and M solves the
    Lyapunov equation of A seen there, (Q'AQ)' M + M (Q'AQ) = I. Outside the basis W only needs to be small.
    """
    Q, _ = linalg.qr(basis, mode="economic")
    projected = Q.T - Q.T @ W
    if np.min(linalg.eigvals(projected @ Q).real) < 1e-8:
        return 0.0, 1.0
    M = linalg.solve_continuous_lyapunov((projected @ Q).T, np.eye(Q.shape[1]))
    stretch = linalg.eigvalsh(M)
    r, extra = 0.25 / stretch[-1], Q @ (M - np.eye(len(M)))
    half = extra @ (projected - r * Q.T) - W
    proof = half + half.T
    proof[np.diag_indices_from(proof)] += 2 - 2 * r
    _, failed = linalg.lapack.dpotrf(proof.T, lower=1, clean=0, overwrite_a=1)
    too_close = r < 1e-11 * linalg.norm(W)  # to zero, for rounding to tell
    return (0.0, 1.0) if failed or too_close else (r, max(1.0, stretch[-1]) / min(1.0, stretch[0]))
