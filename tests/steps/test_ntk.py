"""The neural tangent kernel: against autograd, against descent, against the closed forms of independent modes."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import jacobian
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.steps import gradients, networks, ntk, tasks
from lrnn_helpers.steps.networks import LinearRNN

sizes = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)
strengths = st.floats(-1.2, 1.2)


def setting(seed, P, T, n_x, n_h, n_y, g=0.9):
    rng = np.random.default_rng(seed)
    return networks.random_rnn(n_x, n_h, n_y, g, rng), rng.standard_normal((T, P, n_x)), rng


def by_sample(sequences):
    """Samples before steps, as the kernel of all steps is ordered; and back."""
    return sequences.swapaxes(0, 1)


def close(K, wanted, rtol):
    """Every entry within rtol of the largest one."""
    np.testing.assert_allclose(K, wanted, rtol=0, atol=rtol * np.max(np.abs(wanted)))


def jacobian_product(rnn, function):
    """J J' of any function of the three weight matrices, by automatic differentiation."""
    J = [jacobian(function, i)(*rnn.weights) for i in range(3)]
    J = np.hstack([j.reshape(-1, weight.size) for j, weight in zip(J, rnn.weights, strict=True)])
    return J @ J.T


def outputs_of(x, every_step):
    def outputs(W_x, W_h, W_y):
        h, y = anp.zeros((x.shape[1], len(W_h))), []
        for inputs in x:
            h = anp.dot(h, W_h.T) + anp.dot(inputs, W_x.T)
            y.append(anp.dot(h, W_y.T))
        return anp.stack(y, axis=1) if every_step else y[-1]
    return outputs


def impulse_response_of(T):
    def impulse_response(W_x, W_h, W_y):
        echo, M = W_x, []
        for _ in range(T):
            M.append(anp.dot(W_y, echo))
            echo = anp.dot(W_h, echo)
        return anp.stack(M)
    return impulse_response


def through_inputs(theta, x, n_y):
    """(X kron I) Theta (X kron I)' with the latest step first, Theta ordered lag, output, input."""
    T, P, n_x = x.shape
    X, theta = x[::-1], theta.reshape(T, n_y, n_x, T, n_y, n_x)
    return np.einsum("kpv,kyvlzw,lqw->pyqz", X, theta, X, optimize=True).reshape(P * n_y, -1)


# ---------------------------------------------------------------------------------------------------------------------
# The kernel is the Jacobian times its transpose
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Output seems independent")  # a single step does not use W_h
@given(seeds, sizes, st.integers(1, 5), sizes, sizes, sizes, st.sampled_from(["last", "all"]))
def test_kernel_is_the_jacobian_product_of_autograd(seed, P, T, n_x, n_h, n_y, outputs):
    rnn, x, _ = setting(seed, P, T, n_x, n_h, n_y)
    close(ntk.kernel(rnn, x, outputs), jacobian_product(rnn, outputs_of(x, outputs == "all")), rtol=1e-12)


@pytest.mark.filterwarnings("ignore:Output seems independent")  # a single step does not use W_h
@given(seeds, st.integers(1, 5), sizes, sizes, sizes)
def test_filter_kernel_is_the_jacobian_product_of_autograd(seed, T, n_x, n_h, n_y):
    rnn, *_ = setting(seed, 1, T, n_x, n_h, n_y)
    close(ntk.filter_kernel(rnn, T), jacobian_product(rnn, impulse_response_of(T)), rtol=1e-12)


@given(seeds, sizes, st.integers(1, 6), sizes, sizes, sizes)
def test_kernels_are_symmetric_and_positive_semidefinite(seed, P, T, n_x, n_h, n_y):
    rnn, x, _ = setting(seed, P, T, n_x, n_h, n_y)
    for K in (ntk.kernel(rnn, x), ntk.kernel(rnn, x, "all"), ntk.filter_kernel(rnn, T)):
        close(K, K.T, rtol=1e-13)
        eigenvalues = np.linalg.eigvalsh(K)
        assert eigenvalues[0] >= -1e-12 * eigenvalues[-1]


@given(seeds, sizes, st.integers(1, 6), sizes, sizes, sizes)
def test_last_step_is_a_block_of_all_steps(seed, P, T, n_x, n_h, n_y):
    rnn, x, _ = setting(seed, P, T, n_x, n_h, n_y)
    blocks = ntk.kernel(rnn, x, "all").reshape(P, T, n_y, P, T, n_y)
    for t in range(T):
        close(blocks[:, t, :, :, t].reshape(P * n_y, -1), ntk.kernel(rnn, x[:t + 1]), rtol=1e-13)


@given(seeds, sizes, st.integers(1, 6), sizes, sizes, sizes)
def test_kernel_is_the_filter_kernel_seen_through_the_inputs(seed, P, T, n_x, n_h, n_y):
    rnn, x, _ = setting(seed, P, T, n_x, n_h, n_y)
    close(ntk.kernel(rnn, x), through_inputs(ntk.filter_kernel(rnn, T), x, n_y), rtol=1e-12)


@given(seeds, st.integers(1, 5), sizes, sizes, sizes)
def test_white_inputs_leave_kernel_distances_unchanged(seed, T, n_x, n_h, n_y):
    rnn, _, rng = setting(seed, 1, T, n_x, n_h, n_y)
    later = networks.random_rnn(n_x, n_h, n_y, 0.9, rng)
    x = tasks.white_inputs(T * n_x + 3, T, n_x, rng)
    D = ntk.distance(ntk.kernel(rnn, x), ntk.kernel(later, x))
    assert D == pytest.approx(ntk.distance(ntk.filter_kernel(rnn, T), ntk.filter_kernel(later, T)), rel=1e-11)


@given(seeds, sizes, st.integers(1, 5), sizes, sizes, sizes)
def test_orthogonal_change_of_hidden_coordinates_leaves_the_kernel(seed, P, T, n_x, n_h, n_y):
    rnn, x, rng = setting(seed, P, T, n_x, n_h, n_y)
    R, _ = np.linalg.qr(rng.standard_normal((n_h, n_h)))
    turned = LinearRNN(R @ rnn.W_x, R @ rnn.W_h @ R.T, rnn.W_y @ R.T)
    close(ntk.kernel(turned, x), ntk.kernel(rnn, x), rtol=1e-12)


def test_without_recurrence_in_time_it_is_the_kernel_of_a_two_layer_network():
    rnn, x, _ = setting(1, 5, 1, 3, 4, 2)
    hidden = x[0] @ rnn.W_x.T
    wanted = np.kron(x[0] @ x[0].T, rnn.W_y @ rnn.W_y.T) + np.kron(hidden @ hidden.T, np.eye(2))
    close(ntk.kernel(rnn, x), wanted, rtol=1e-14)


# ---------------------------------------------------------------------------------------------------------------------
# What the kernel says about learning
# ---------------------------------------------------------------------------------------------------------------------


def slope_at_zero(function, degree):
    """Derivative at 0 of a polynomial of given degree: exact but for rounding."""
    nodes = np.polynomial.chebyshev.chebpts1(degree + 1)
    values = np.stack([function(node) for node in nodes])
    fit = np.polynomial.chebyshev.chebfit(nodes, values.reshape(len(nodes), -1), degree)
    return np.polynomial.chebyshev.chebval(0, np.polynomial.chebyshev.chebder(fit)).reshape(values.shape[1:])


def stepped(rnn, direction, length):
    return LinearRNN(*(weight - length * step for weight, step in zip(rnn.weights, direction, strict=True)))


@given(seeds, sizes, st.integers(1, 5), sizes, sizes, sizes, st.booleans())
def test_gradient_flow_moves_outputs_by_the_kernel_times_the_errors(seed, P, T, n_x, n_h, n_y, every_step):
    rnn, x, rng = setting(seed, P, T, n_x, n_h, n_y)
    shown = (lambda net: by_sample(net.simulate(x))) if every_step else (lambda net: net.simulate(x)[-1])
    y = rng.standard_normal(shown(rnn).shape)
    step = gradients.sample_gradients(x, by_sample(y) if every_step else y, rnn)
    length = 1 / (1 + np.linalg.norm(np.concatenate([G.ravel() for G in step])))
    velocity = slope_at_zero(lambda s: shown(stepped(rnn, step, length * s)), T + 1)
    K = ntk.kernel(rnn, x, "all" if every_step else "last")
    wanted = -length * (K @ (shown(rnn) - y).ravel()).reshape(y.shape)
    np.testing.assert_allclose(velocity, wanted, rtol=0, atol=1e-11 * (1 + np.max(np.abs(shown(rnn)))))


@given(seeds, st.integers(1, 5), sizes, sizes, sizes)
def test_gradient_flow_moves_the_impulse_response_by_the_filter_kernel(seed, T, n_x, n_h, n_y):
    rnn, _, rng = setting(seed, 1, T, n_x, n_h, n_y)
    target = rng.standard_normal((T, n_y, n_x))
    step = gradients.loss_gradients(target, rnn)
    length = 1 / (1 + np.linalg.norm(np.concatenate([G.ravel() for G in step])))
    velocity = slope_at_zero(lambda s: stepped(rnn, step, length * s).impulse_response(T), T + 1)
    error = rnn.impulse_response(T) - target
    wanted = -length * (ntk.filter_kernel(rnn, T) @ error.ravel()).reshape(target.shape)
    np.testing.assert_allclose(velocity, wanted, rtol=0, atol=1e-11 * (1 + np.max(np.abs(error))))


@given(seeds, sizes, st.integers(1, 5), sizes, sizes, sizes, st.booleans())
def test_trace_is_the_squared_length_of_all_output_gradients(seed, P, T, n_x, n_h, n_y, every_step):
    """A target one below a single output makes `sample_gradients` the gradient of that output."""
    rnn, x, _ = setting(seed, P, T, n_x, n_h, n_y)
    y = by_sample(rnn.simulate(x)) if every_step else rnn.simulate(x)[-1]
    lengths = []
    for index in np.ndindex(y.shape):
        below = y.copy()
        below[index] -= 1
        target = by_sample(below) if every_step else below
        lengths.append(sum(np.sum(G**2) for G in gradients.sample_gradients(x, target, rnn)))
    K = ntk.kernel(rnn, x, "all" if every_step else "last")
    np.testing.assert_allclose(np.diag(K), lengths, rtol=1e-11, atol=1e-13)


# ---------------------------------------------------------------------------------------------------------------------
# Independent modes
# ---------------------------------------------------------------------------------------------------------------------


def aligned_network(a, b, c, seed, n_h=None):
    rng, n = np.random.default_rng(seed), len(a)
    U, V, R = (np.linalg.qr(rng.standard_normal((rows, n)))[0] for rows in (n, n, n_h or n))
    return networks.aligned_rnn(a, b, c, U, V, R), U, V


@given(st.lists(st.tuples(strengths, strengths, strengths), min_size=1, max_size=4), st.integers(1, 6), seeds)
def test_aligned_kernel_holds_all_of_the_filter_kernel(modes, T, seed):
    a, b, c = np.array(modes).T
    n = len(a)
    rnn, U, V = aligned_network(a, b, c, seed, n_h=n + 2)
    theta = ntk.filter_kernel(rnn, T).reshape(T, n, n, T, n, n)
    in_modes = np.einsum("kyvlzw,ya,vb,zc,wd->abklcd", theta, U, V, U, V, optimize=True)
    wanted = np.einsum("abkl,ac,bd->abklcd", ntk.aligned_kernel(a, b, c, T), np.eye(n), np.eye(n))
    np.testing.assert_allclose(in_modes, wanted, rtol=0, atol=1e-12 * (1 + np.max(np.abs(wanted))))


@given(st.lists(st.tuples(strengths, strengths, strengths), min_size=1, max_size=4), st.integers(4, 8))
def test_each_block_of_the_aligned_kernel_has_rank_three_at_most(modes, T):
    blocks = ntk.aligned_kernel(*np.array(modes).T, T)
    singular = np.linalg.svd(blocks, compute_uv=False)
    assert np.all(singular[..., 3:] <= 1e-13 * (1 + singular[..., :1]))


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 0.0])
def test_aligned_kernel_is_continuous_where_two_modes_meet(gap):
    """Merging modes: h_k = k b^{k-1} up to k(k-1)/2 b^{k-2} gap, so the block moves by O(gap)."""
    T, b = 6, 0.8
    k = np.arange(T)
    h = k * b ** (k - 1.0)
    merged = 2 * b ** np.add.outer(k, k) + np.outer(h, h)
    block = ntk.aligned_kernel([1, 1], [b, b + gap], [1, 1], T)[0, 1]
    np.testing.assert_allclose(block, merged, rtol=0, atol=40 * gap + 1e-14)


@pytest.mark.parametrize("g, row", [(0.1, [0, 0.4718, 0.7484, 0.8764, 0.9336, 0.9610]),
                                        (0.5, [0, 0.1269, 0.3232, 0.5039, 0.6420, 0.7428])])
def test_aligned_distance_takes_its_known_values(g, row):
    assert [ntk.aligned_distance(g, T) for T in range(1, 7)] == pytest.approx(row, abs=5.1e-5)


@given(st.floats(0.01, 3), st.integers(1, 8), st.integers(1, 4), seeds)
def test_aligned_distance_is_the_distance_of_the_networks_kernels(g, T, n, seed):
    before, after = (aligned_network(*[np.full(n, s)] * 3, seed)[0] for s in (g, 1.0))
    D = ntk.distance(ntk.filter_kernel(before, T), ntk.filter_kernel(after, T))
    assert ntk.aligned_distance(g, T) == pytest.approx(D, rel=1e-8, abs=1e-14)
    K0, K1 = (ntk.aligned_kernel(*[np.full(n, s)] * 3, T) for s in (g, 1.0))
    assert np.sum(K0 * K1) / (np.linalg.norm(K0) * np.linalg.norm(K1)) == pytest.approx(1 - D, abs=1e-12)


def test_aligned_distance_agrees_with_descent():
    """Gradient flow conserves a - c, and the constant task ends in a = b = c = 1: the end, not the path, counts."""
    for g, T, eta in ((0.1, 3, 0.02), (0.5, 6, 0.01)):
        before, U, V = aligned_network(*[np.full(3, g)] * 3, seed=T)
        after, loss = descend(before, np.stack([U @ V.T] * T), eta, goal=1e-18)
        assert loss < 1e-18
        D = ntk.distance(ntk.filter_kernel(before, T), ntk.filter_kernel(after, T))
        assert D == pytest.approx(ntk.aligned_distance(g, T), abs=1e-7)


@pytest.mark.parametrize("T", [1, 2, 6, 20])
def test_aligned_distance_has_its_limits(T):
    k = np.arange(T)
    limit = 1 - 2 / np.linalg.norm(2 + np.outer(k, k))
    assert ntk.aligned_distance(0, T) == pytest.approx(limit, abs=1e-14)
    assert ntk.aligned_distance(1e-9, T) == pytest.approx(limit, abs=1e-8)
    assert ntk.aligned_distance(1, T) == 0
    assert ntk.aligned_distance(1e9, T) == pytest.approx(1 - (2 + k[-1] ** 2) / np.linalg.norm(2 + np.outer(k, k)),
                                                         abs=1e-8)


# ---------------------------------------------------------------------------------------------------------------------
# Unaligned networks
# ---------------------------------------------------------------------------------------------------------------------


def descend(rnn, target, eta, goal, steps=20000):
    for _ in range(steps):
        if (loss := gradients.loss(target, rnn)) < goal:
            break
        rnn = stepped(rnn, gradients.loss_gradients(target, rnn), eta)
    return rnn, loss


def small_start_distance(rnn, T):
    """The distance in the limit of a small start: the kernel begins as I (x) P + Q (x) I at lag 0 and ends aligned."""
    P, Q, k, n = rnn.W_x.T @ rnn.W_x, rnn.W_y @ rnn.W_y.T, np.arange(T), len(rnn.W_y)
    p, q = np.trace(P), np.trace(Q)
    cosine = (p + q) / np.sqrt(n * np.sum(P**2) + n * np.sum(Q**2) + 2 * p * q)
    return 1 - cosine * 2 / np.linalg.norm(2 + np.outer(k, k))


@pytest.mark.parametrize("n_h", [4, 6])
def test_unaligned_kernels_travel_as_far_as_learning_and_aligning_demand(n_h):
    g, lengths = 0.003, (1, 2, 3)
    for seed in range(4):
        before = networks.random_rnn(4, n_h, 4, g, np.random.default_rng(seed))
        travelled = []
        for T in lengths:
            after, loss = descend(before, np.stack([np.eye(4)] * T), 0.02, goal=1e-6, steps=4000)
            assert loss < 1e-6
            travelled.append(ntk.distance(ntk.filter_kernel(before, T), ntk.filter_kernel(after, T)))
        # the first correction to the limit is of order g
        assert travelled == pytest.approx([small_start_distance(before, T) for T in lengths], abs=g)
        assert travelled == sorted(travelled)
        assert all(D > ntk.aligned_distance(g, T) for D, T in zip(travelled, lengths, strict=True))


def test_one_step_distance_of_random_weights_follows_from_their_moments():
    """For entries of variance v, E tr W'W = n N v and E tr (W'W)^2 = n N (n + N + 1) v^2; averaging inside the cosine
    overestimates the distance by about a tenth at these sizes."""
    n, n_h = 4, 300
    v = np.array([1 / n, 1 / n_h])
    p, q = n * n_h * v
    p2, q2 = n * n_h * (n + n_h + 1) * v**2
    annealed = 1 - (p + q) / np.sqrt(n * p2 + n * q2 + 2 * p * q)
    found = [small_start_distance(networks.random_rnn(n, n_h, n, 1.0, np.random.default_rng(seed)), 1)
             for seed in range(200)]
    assert np.mean(found) == pytest.approx(annealed, rel=0.15)


# ---------------------------------------------------------------------------------------------------------------------
# Distance
# ---------------------------------------------------------------------------------------------------------------------


@given(seeds, st.integers(1, 6), st.floats(1e-3, 1e3))
def test_distance_is_symmetric_bounded_and_blind_to_scale(seed, n, factor):
    K0, K1 = np.random.default_rng(seed).standard_normal((2, n, n))
    D = ntk.distance(K0, K1)
    assert 0 <= D <= 2
    assert D == pytest.approx(1 - np.sum(K0 * K1) / np.sqrt(np.sum(K0**2) * np.sum(K1**2)), abs=1e-13)
    assert D == ntk.distance(K1, K0)
    assert D == pytest.approx(ntk.distance(factor * K0, K1), abs=1e-13)
    assert D + ntk.distance(-K0, K1) == pytest.approx(2, abs=1e-13)
    assert 0 <= ntk.distance(K0, factor * K0) < 1e-30
    assert ntk.distance(K0, -factor * K0) == pytest.approx(2, abs=1e-14)


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-9, 1e-12])
def test_distance_keeps_its_digits_for_kernels_that_hardly_differ(size):
    """Two unit kernels at the angle arctan(size) are 1 - cos apart, size^2 / 2 - 3 size^4 / 8 + .."""
    K0, K1 = np.diag([1.0, 0.0]), np.diag([1.0, size])
    assert ntk.distance(K0, K1) == pytest.approx(size**2 / 2 - 3 * size**4 / 8, rel=1e-9)


def test_distance_survives_extreme_scales():
    K0, K1 = np.array([[2.0, 1.0], [1.0, 2.0]]), np.eye(2)
    for factor in (1e-300, 1e300):
        assert ntk.distance(factor * K0, K1) == pytest.approx(1 - 4 / np.sqrt(20), abs=1e-14)


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------

net = networks.random_rnn(2, 3, 2, 1.0, np.random.default_rng(0))
good = np.ones((5, 4, 2))


@pytest.mark.parametrize("call, name", [
    (lambda: ntk.kernel("net", good), "rnn"),
    (lambda: ntk.kernel(net, good[0]), "x"),
    (lambda: ntk.kernel(net, np.ones((5, 4, 3))), "x"),
    (lambda: ntk.kernel(net, good * np.nan), "x"),
    (lambda: ntk.kernel(net, good + 1j), "x"),
    (lambda: ntk.kernel(net, good[:0]), "x"),
    (lambda: ntk.kernel(net, good[:, :0]), "x"),
    (lambda: ntk.kernel(net, good, "first"), "outputs"),
    (lambda: ntk.kernel(net, good, 1), "outputs"),
    (lambda: ntk.filter_kernel(None, 3), "rnn"),
    (lambda: ntk.filter_kernel(net, 0), "T"),
    (lambda: ntk.filter_kernel(net, 2.5), "T"),
    (lambda: ntk.distance(np.zeros((2, 2)), np.eye(2)), "K0"),
    (lambda: ntk.distance(np.eye(2), np.zeros((2, 2))), "K1"),
    (lambda: ntk.distance(np.eye(2), np.eye(3)), "K1"),
    (lambda: ntk.distance(np.ones((2, 3)), np.ones((2, 3))), "K0"),
    (lambda: ntk.distance(np.ones(4), np.ones(4)), "K0"),
    (lambda: ntk.distance(np.full((2, 2), np.inf), np.eye(2)), "K0"),
    (lambda: ntk.distance(np.eye(2), 1j * np.eye(2)), "K1"),
    (lambda: ntk.distance([[]], np.eye(2)), "K0"),
    (lambda: ntk.aligned_kernel([1, 2], [1], [1, 2], 3), "b"),
    (lambda: ntk.aligned_kernel([1, 2], [1, 2], [1], 3), "c"),
    (lambda: ntk.aligned_kernel([], [], [], 3), "a"),
    (lambda: ntk.aligned_kernel([1j], [1], [1], 3), "a"),
    (lambda: ntk.aligned_kernel([1], [np.nan], [1], 3), "b"),
    (lambda: ntk.aligned_kernel([1], [1], [1], -1), "T"),
    (lambda: ntk.aligned_distance(-0.1, 3), "g"),
    (lambda: ntk.aligned_distance(np.nan, 3), "g"),
    (lambda: ntk.aligned_distance([0.1], 3), "g"),
    (lambda: ntk.aligned_distance(0.1, 0), "T"),
    (lambda: ntk.aligned_distance(0.1, True), "T"),
])
def test_every_function_refuses(call, name):
    with pytest.raises(ValueError, match=rf"^{name} "):
        call()
