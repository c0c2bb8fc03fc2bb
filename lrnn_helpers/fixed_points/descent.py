"""Learning one fixed point from random connectivity, in a network of N units: exact gradient descent, made cheap.

With B = (I - W)^{-1}, a = B m and b = B'w the gradient of the read-out z is b a', so every step adds a matrix of rank
one. The learning time tau is (number of steps) times (learning rate). `infinite_size` treats the same task at infinite
N, `low_rank` the analysis of a change of weights.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from lrnn_helpers import _checks, _progress
from lrnn_helpers.fixed_points._settling import check_settles
from lrnn_helpers.fixed_points.network import FixedPointRNN

_KRYLOV_VECTORS = 20  # size to which the network is compressed; doubled, at most twice, if the last ones are used
_LARGEST_READOUT = 1e6  # a finite-time descent is called diverging when the read-out exceeds this


@dataclass(frozen=True, eq=False)
class FixedPointDescent:
    """A record of n steps, fewer than asked if the descent stopped early, and `message` says why ("" if it did not).

    z: read-out before and after each step, (n + 1,). left, right: (N, r), factors of the change of weights at the end.
    singular_values: those of the change of weights before and after each step, (n + 1, r).
    """

    z: np.ndarray
    left: np.ndarray
    right: np.ndarray
    singular_values: np.ndarray
    message: str

    @property
    def change(self):
        """W - W_0 = left right' at the end, (N, N)."""
        return self.left @ self.right.T


def gradient_descent(target, rnn, learning_rate, steps, *, progress=True):
    """Exact gradient descent of the infinite-time loss, at the cost of small matrices.

    With p = B b, r = B'a, q = a'p, eta = (learning rate) (target - z), kappa = eta / (1 - eta q), one step is
    W <- W + eta b a',  B <- B + kappa p r' (Sherman-Morrison),  a <- a + kappa |a|^2 p,  b <- b + kappa |b|^2 r.
    All of it happens where B_0 m, B_0 B_0'w, B_0 B_0' B_0 m, .. (for a and p) and B_0'w, B_0' B_0 m, .. (for b and r)
    reach: 20 orthonormal vectors of each kind hold everything to rounding (40 or 80 if a run is nearly unstable).

    target: read-out to be learned. rnn: FixedPointRNN to start from, of spectral radius below 1. learning_rate:
    positive. steps: number of steps. progress: whether to show a bar.
    Returns a FixedPointDescent. It stops early, with a message, at a step that would
    carry a real eigenvalue of W past 1 (1 - eta q <= 0), where the network no longer settles; complex eigenvalues that
    leave the unit disc are not noticed. ValueError if an argument is out of range.
    Source: chapter "Why does learning begin with a single direction?".
    """
    target, learning_rate = _checks.real("target", target), _checks.real("learning_rate", learning_rate, above=0)
    check_settles(_checks.instance("rnn", rnn, FixedPointRNN))
    steps = _checks.integer("steps", steps)
    _checks.affordable("steps", steps, _KRYLOV_VECTORS, _KRYLOV_VECTORS)
    factors, size, idle = lu_factor(np.eye(len(rnn.W)) - rnn.W), _KRYLOV_VECTORS, False
    while not idle:
        left, right, B, a, b = _krylov(factors, rnn.m, rnn.w, size)
        z, changes, last_used, message = _descend(B, a, b, right.T @ rnn.w, target, learning_rate,
                                                  _progress.bar(range(1, steps + 1), desc="gradient descent",
                                                                show=progress))
        idle = last_used < 1e-14 or size >= 4 * _KRYLOV_VECTORS
        size *= 2
    return FixedPointDescent(z, left @ changes[-1], right, np.linalg.svd(changes, compute_uv=False), message)


def _krylov(factors, m, w, size):
    """Orthonormal bases of the spaces of b and of a (N, size), and B_0, a_0, b_0 in them."""
    left, right, echoes = np.zeros((3, len(m), size))
    a = echo = lu_solve(factors, m)
    b = echo_back = lu_solve(factors, w, trans=1)
    for k in range(size):
        left[:, k], right[:, k] = _next_direction(left, echo_back), _next_direction(right, echo)
        echo, echo_back = lu_solve(factors, left[:, k]), lu_solve(factors, right[:, k], trans=1)
        echoes[:, k] = echo
    return left, right, right.T @ echoes, right.T @ a, left.T @ b


def _next_direction(basis, vector):
    """What `vector` adds to an orthonormal basis, scaled to length one; zero if it adds nothing beyond rounding."""
    rest = vector - basis @ (basis.T @ vector)
    rest -= basis @ (basis.T @ rest)
    length = np.linalg.norm(rest)
    return rest / length if length > 1e-12 * np.linalg.norm(vector) else 0 * rest


def _descend(B, a, b, w, target, learning_rate, steps):
    """Read-outs, changes of weights, the largest share of the last two directions in a and b, and the message."""
    z, changes, last_used, message = [w @ a], [np.zeros_like(B)], 0.0, ""
    for step in steps:
        p, r, eta = B @ b, B.T @ a, learning_rate * (target - z[-1])
        remaining = 1 - eta * (a @ p)  # the factor by which the step multiplies det(I - W)
        if remaining <= 0:
            message = (f"stopped at step {step}, which would carry an eigenvalue of W past 1, where the network no "
                       f"longer settles; try a learning rate below {learning_rate:g}")
            break
        changes.append(changes[-1] + eta * np.outer(b, a))
        kappa = eta / remaining
        B = B + kappa * np.outer(p, r)
        a, b = a + kappa * (a @ a) * p, b + kappa * (b @ b) * r
        z.append(w @ a)
        last_used = max(last_used, *(np.linalg.norm(x[-2:]) / np.linalg.norm(x) for x in (a, b)))
    return np.array(z), np.array(changes), last_used, message


class FiniteTimeDescent(NamedTuple):
    """A record of n steps, fewer than asked if the descent stopped early, and `message` says why ("" if it did not).

    z: read-out at the last two moments before and after each step, (n + 1, 2). change: W - W_0 at the end, (N, N).
    """

    z: np.ndarray
    change: np.ndarray
    message: str


def finite_time_descent(target, rnn, learning_rate, steps, *, duration=101, dt=0.5, dtype="float64",
                        progress=True):
    """Gradient descent for a network that is run for a finite time, with the loss averaged over its last two moments.

    h_{i+1} = (1 - dt) h_i + dt (W h_i + m u_i),  h_0 = 0,  u_i = 1 from i dt = 1 on,  z_i = w'h_i,
    L = 1/4 sum_{i = n-1, n} (target - z_i)^2,  n = duration / dt;  dL/dW = dt sum_i (dL/dh_{i+1}) h_i'.

    target: read-out to be learned. rnn: FixedPointRNN to start from, stable or not. learning_rate: positive. steps:
    number of steps. duration, dt: in units of a unit's time constant; dt <= 1 divides duration - 1. dtype: "float64" or
    "float32". progress: whether to show a bar.
    Returns a FiniteTimeDescent; it stops early, with a message, when the read-out exceeds 1e6.
    ValueError if an argument is out of range.
    Source: Schuessler et al. (2020); chapter "How fast is it, and why?".
    """
    target, learning_rate = _checks.real("target", target), _checks.real("learning_rate", learning_rate, above=0)
    _checks.choice("dtype", dtype, ("float64", "float32"))
    _checks.instance("rnn", rnn, FixedPointRNN)
    W0, m, w = (value.astype(dtype) for value in (rnn.W, rnn.m, rnn.w))
    steps, dt = _checks.integer("steps", steps), _checks.real("dt", dt, minimum=1e-6, maximum=1)
    active = (_checks.real("duration", duration, minimum=1 + dt) - 1) / dt
    if abs(active - round(active)) > 1e-6:
        raise ValueError(f"duration must be 1 plus a multiple of dt = {dt:g}, but {duration} was given")
    _checks.affordable("duration, dt", active, len(m))
    _checks.affordable("steps", steps, 2)
    start = dt * W0 + (1 - dt) * np.eye(len(W0), dtype=dtype)
    change, candidate, readouts, message = np.zeros_like(W0), np.zeros_like(W0), [], ""
    with np.errstate(over="ignore", invalid="ignore"):
        for step in _progress.bar(range(steps + 1), desc="gradient descent", show=progress):
            A = start + dt * candidate
            states = _orbit(A, np.zeros_like(m), dt * m, round(active))
            z = states[-2:] @ w
            if not np.all(np.abs(z) < _LARGEST_READOUT):
                message = (f"stopped at step {step}: the read-out exceeded {_LARGEST_READOUT:.0e}; "
                           f"try a learning rate below {learning_rate:g}")
                break
            readouts.append(z)
            change = candidate
            if step < steps:
                # the errors of the last two moments, sent back, follow the same orbit of w
                echoes, errors = _orbit(A.T, w, 0, round(active) - 1)[::-1], (target - z).astype(dtype) / 2
                deltas = errors[1] * echoes
                deltas[:-1] += errors[0] * echoes[1:]
                candidate = change + learning_rate * dt * (deltas.T @ states[:-1])
    return FiniteTimeDescent(np.array(readouts).reshape(-1, 2), change, message)


def _orbit(A, start, drive, n):
    """x_0 = start, x_{i+1} = A x_i + drive, i < n, as (n + 1, N)."""
    orbit = np.empty((n + 1, len(start)), start.dtype)
    orbit[0] = start
    for i in range(n):
        orbit[i + 1] = A @ orbit[i] + drive
    return orbit
