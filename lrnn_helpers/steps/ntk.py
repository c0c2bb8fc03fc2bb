"""The neural tangent kernel of a linear recurrent network, and how far learning moves it.

Under gradient descent an error at one output moves every other output. The kernel K holds these couplings,

    K = J J',   J = d(outputs)/d(weights),        dy/dt = -K (dL/dy) under gradient flow,

so learning is linear as long as K stands still, and the distance K has travelled says how nonlinear it was. `kernel`
treats outputs on given sequences, `filter_kernel` the impulse response M_k itself; white inputs cannot tell the two
apart. No Jacobian is ever formed: a derivative by W_x, W_h or W_y is an outer product of what comes out later and
what went in before, so K is a convolution of two Gram matrices over both lags, with

    A_k = W_y W_h^k  (what the output shows of the state),      B_k = W_h^k W_x  (what the state shows of the input).
"""

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.steps._recurrence import echoes, trajectory
from lrnn_helpers.steps.networks import LinearRNN


@_checks.moderate("rnn, x")
def kernel(rnn, x, outputs="last"):
    """The neural tangent kernel on given input sequences.

    K_{tu}(x, x') = sum_{i<=t, j<=u} (x_i . x'_j + h_i . h'_j) A_{t-i} A_{u-j}' + (h_{t+1} . h'_{u+1}) I.
    The three dot products belong to W_x, W_h and W_y, in this order.

    rnn: LinearRNN. x: inputs (T, P, N_x). outputs: "last" for t = u = T, or "all" for every pair of steps.
    Returns (P N_y, P N_y) ordered by sample, output; or (P T N_y, P T N_y) ordered by sample, step, output.
    ValueError if x does not fit the network, outputs is unknown or the kernel overflows.
    Source: chapter "What else moves when one answer is corrected?"; compare Proca et al. (2025), figure 5.
    """
    _checks.instance("rnn", rnn, LinearRNN)
    x = _checks.array("x", x, ("T", "P", rnn.W_x.shape[1]))
    _checks.choice("outputs", outputs, ("last", "all"))
    T, P, n_y = *x.shape[:2], len(rnn.W_y)
    _checks.affordable("x", T, P, T, P)
    entering, states = _gram(x), _gram(trajectory(rnn, x))
    entering[1:, 1:] += states[:-1, :-1]
    leaving = _gram(echoes(rnn.W_h.T, rnn.W_y.T, T).swapaxes(1, 2))
    steps = range(T) if outputs == "all" else [T - 1]
    K = np.empty((P, len(steps), n_y, P, len(steps), n_y))
    for i, t in enumerate(steps):
        for j, u in enumerate(steps):
            block = _convolution(leaving, entering, t, u)
            block[range(n_y), range(n_y)] += states[t, u]
            K[:, i, :, :, j, :] = block.transpose(2, 0, 3, 1)
    return K.reshape(P * len(steps) * n_y, -1)


@_checks.moderate("rnn, T")
def filter_kernel(rnn, T):
    """The neural tangent kernel of the impulse response: the kernel without the data.

    Theta_{kl} = I (x) B_k' B_l + A_k A_l' (x) I + sum_{m<k, n<l} A_{k-1-m} A_{l-1-n}' (x) B_m' B_n,
    so that dM_k/dt = -sum_l Theta_{kl} dL/dM_l under gradient flow. Row p of X holding sequence p latest step first,
    K = (X (x) I) Theta (X (x) I)', with input and output exchanged in the order of Theta.

    rnn: LinearRNN. T: number of lags, at least 1. Returns (T N_y N_x, T N_y N_x), ordered by lag, output, input.
    ValueError if T is not a positive integer or the kernel overflows.
    Source: chapter "What else moves when one answer is corrected?".
    """
    _checks.instance("rnn", rnn, LinearRNN)
    T, n_x, n_y = _checks.integer("T", T), rnn.W_x.shape[1], len(rnn.W_y)
    _checks.affordable("T", T * n_y * n_x, T * n_y * n_x)
    leaving = _gram(echoes(rnn.W_h.T, rnn.W_y.T, T).swapaxes(1, 2))
    entering = _gram(echoes(rnn.W_h, rnn.W_x, T).swapaxes(1, 2))
    theta = (np.einsum("yz,klvw->kyvlzw", np.eye(n_y), entering)
             + np.einsum("klyz,vw->kyvlzw", leaving, np.eye(n_x)))
    for k in range(1, T):
        for j in range(1, T):
            theta[k, :, :, j] += _convolution(leaving, entering, k - 1, j - 1).transpose(0, 2, 1, 3)
    return theta.reshape(T * n_y * n_x, -1)


def _gram(rows):
    """All products rows_i rows_j' of the stacked matrices, (T, n, m) -> (T, T, n, n)."""
    T, n, m = rows.shape
    flat = rows.reshape(T * n, m)
    return (flat @ flat.T).reshape(T, n, T, n).swapaxes(1, 2)


def _convolution(left, right, t, u):
    """sum_{i<=t, j<=u} left_{t-i,u-j} (x) right_{ij}, as one matrix product; axes: two of left, two of right."""
    return np.tensordot(left[t::-1, u::-1], right[:t + 1, :u + 1], axes=((0, 1), (0, 1)))


def distance(K0, K1):
    """How far two kernels differ in direction: one minus the cosine of the angle between them.

    D = 1 - <K0, K1> / (||K0|| ||K1||) = 1/2 || K0 / ||K0|| - K1 / ||K1|| ||^2,  Frobenius norm and product.
    The second form is the one computed: it is never negative and keeps its digits for kernels that hardly differ.

    K0, K1: (n, n). Returns a float in [0, 2]; in [0, 1] for positive semidefinite kernels.
    ValueError if the shapes differ or a kernel is zero. Source: Proca et al. (2025), figure 5.
    """
    K0 = _direction("K0", K0, ("n", "n"))
    K1 = _direction("K1", K1, K0.shape)
    return min(0.5 * float(np.sum((K0 - K1) ** 2)), 2.0)


def _direction(name, K, shape):
    K = _checks.array(name, K, shape)
    largest = np.max(np.abs(K))
    if largest == 0:
        raise ValueError(f"{name} must not be zero: a zero kernel has no direction")
    K = K / largest
    return K / np.linalg.norm(K)


@_checks.moderate("a, b, c, T")
def aligned_kernel(a, b, c, T):
    """The filter kernel of independent modes: one T x T block, of rank at most 3, for each pair of modes.

    Theta^{alpha beta}_{kl} = a_beta^2 b_beta^{k+l} + c_alpha^2 b_alpha^{k+l} + c_alpha^2 a_beta^2 h_k h_l,
    h_k = sum_{m<k} b_alpha^{k-1-m} b_beta^m = (b_alpha^k - b_beta^k) / (b_alpha - b_beta),  k b^{k-1} if they agree.
    Output mode alpha and input mode beta couple to no other pair: in the singular frames U, V of an aligned network
    with n inputs and n outputs, everything outside these blocks is zero.

    a, b, c: strengths (n,). T: number of lags, at least 1. Returns (n, n, T, T), ordered alpha, beta, k, l.
    ValueError if shapes differ or T is not a positive integer.
    Source: chapter "What else moves when one answer is corrected?".
    """
    a = _checks.array("a", a, ("n",))
    b = _checks.array("b", b, a.shape)
    c = _checks.array("c", c, a.shape)
    _checks.affordable("T", len(a), len(a), _checks.integer("T", T), T)
    powers = b[:, None] ** np.arange(T)
    h = np.zeros((len(a), len(a), T))
    for k in range(1, T):
        h[:, :, k] = b[:, None] * h[:, :, k - 1] + powers[:, k - 1]
    output, recurrent = c[:, None] * powers, np.multiply.outer(c, a)[:, :, None] * h
    return _outer(a[:, None] * powers) + _outer(output)[:, None] + _outer(recurrent)


def _outer(v):
    return v[..., :, None] * v[..., None, :]


def aligned_distance(g, T):
    """How far the kernel of an aligned network travels while it learns to sum its inputs.

    From a = b = c = g to a = b = c = 1, with v_{kl} = 2 + k l and k, l = 0 .. T-1:
    D = 1 - <g^{k+l} v, v> / (||g^{k+l} v|| ||v||),  which is 1 - 2 / ||v|| for g -> 0.
    Neither the number of modes nor the rest of the path matters. T = 1 gives 0: equal modes only rescale the kernel.

    g: initial strength, at least 0 (0 stands for the limit). T: number of lags, at least 1.
    Returns a float in [0, 1]. ValueError if an argument is out of range.
    Source: Proca et al. (2025), figure 5 (left); closed form: chapter "What else moves when one answer is
    corrected?".
    """
    g = _checks.real("g", g, minimum=0)
    k = np.arange(_checks.integer("T", T, maximum=10_000))
    final = 2.0 + np.multiply.outer(k, k)
    powers = g ** (k - k[-1] * (g > 1)).astype(float)
    return distance(final * np.multiply.outer(powers, powers), final)
