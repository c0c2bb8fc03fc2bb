"""The linear recurrent network against convolution, symmetries and the algebra of modes."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.steps.networks import LinearRNN, aligned_rnn, random_rnn

SIZES = st.integers(1, 5)
networks = st.builds(lambda n_x, n_h, n_y, g, seed: random_rnn(n_x, n_h, n_y, g, np.random.default_rng(seed)),
                     SIZES, SIZES, SIZES, st.floats(0, 1.2), st.integers(0, 10**6))


@given(rnn=networks, T=st.integers(1, 12), P=st.integers(1, 4), seed=st.integers(0, 10**6))
def test_output_is_input_convolved_with_the_impulse_response(rnn, T, P, seed):
    x = np.random.default_rng(seed).standard_normal((T, P, rnn.W_x.shape[1]))
    M = rnn.impulse_response(T)
    convolved = np.stack([sum(x[t - k] @ M[k].T for k in range(t + 1)) for t in range(T)])
    assert rnn.simulate(x).shape == (T, P, len(rnn.W_y))
    np.testing.assert_allclose(rnn.simulate(x), convolved, atol=1e-11 * (1 + np.abs(M).max()))


@given(rnn=networks, T=st.integers(1, 12))
def test_impulse_response_is_output_weights_times_powers_times_input_weights(rnn, T):
    powers = [rnn.W_y @ np.linalg.matrix_power(rnn.W_h, k) @ rnn.W_x for k in range(T)]
    np.testing.assert_allclose(rnn.impulse_response(T), powers, rtol=1e-10, atol=1e-12)


@given(rnn=networks, seed=st.integers(0, 10**6))
def test_impulse_response_does_not_see_the_basis_of_the_hidden_units(rnn, seed):
    n_h = len(rnn.W_h)
    G = np.eye(n_h) + 0.3 * np.random.default_rng(seed).standard_normal((n_h, n_h)) / n_h
    turned = LinearRNN(G @ rnn.W_x, G @ rnn.W_h @ np.linalg.inv(G), rnn.W_y @ np.linalg.inv(G))
    M = rnn.impulse_response(6)
    np.testing.assert_allclose(turned.impulse_response(6), M, atol=1e-9 * (1 + np.abs(M).max()))


@given(n=st.integers(1, 4), extra=st.integers(0, 3), T=st.integers(1, 8), seed=st.integers(0, 10**6))
def test_aligned_network_is_a_sum_of_independent_modes(n, extra, T, seed):
    rng = np.random.default_rng(seed)
    a, b, c = rng.uniform(-1, 1, (3, n))
    U, V, R = (np.linalg.qr(rng.standard_normal((n + extra, n)))[0] for _ in range(3))
    rnn = aligned_rnn(a, b, c, U, V, R)
    modes = [U @ np.diag(c * b**k * a) @ V.T for k in range(T)]
    np.testing.assert_allclose(rnn.impulse_response(T), modes, atol=1e-12)
    np.testing.assert_allclose(rnn.W_h, rnn.W_h.T, atol=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_gaussian_entries_have_the_standard_deviation_of_their_fan_in(seed):
    rnn = random_rnn(50, 400, 30, 0.7, np.random.default_rng(seed))
    for W, fan_in in ((rnn.W_x, 50), (rnn.W_h, 400), (rnn.W_y, 400)):
        # the standard error of a standard deviation from n entries is 1 / sqrt(2 n); five of them are allowed
        assert np.std(W) == pytest.approx(0.7 / np.sqrt(fan_in), rel=5 / np.sqrt(2 * W.size))
        assert abs(np.mean(W)) < 5 * 0.7 / np.sqrt(fan_in * W.size)


def test_one_step_network_ignores_its_recurrent_weights():
    rng = np.random.default_rng(0)
    rnn = random_rnn(2, 4, 3, 1.0, rng)
    other = LinearRNN(rnn.W_x, rng.standard_normal((4, 4)), rnn.W_y)
    np.testing.assert_array_equal(rnn.impulse_response(1), other.impulse_response(1))


def test_weights_are_copies_that_cannot_be_changed():
    W_h = np.eye(2)
    rnn = LinearRNN(np.ones((2, 1)), W_h, np.ones((1, 2)))
    W_h[0, 0] = 7
    assert rnn.W_h[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        rnn.W_h[0, 0] = 7
    with pytest.raises(dataclasses.FrozenInstanceError):
        rnn.W_h = W_h


BAD_WEIGHTS = [
    ("W_h", dict(W_h=np.ones((2, 3)))), ("W_h", dict(W_h=np.ones(4))), ("W_h", dict(W_h=[[1.0, np.nan], [0, 1]])),
    ("W_h", dict(W_h=np.empty((0, 0)))), ("W_h", dict(W_h=[["a", "b"], ["c", "d"]])), ("W_h", dict(W_h=None)),
    ("W_h", dict(W_h=np.eye(2) * 1j)), ("W_h", dict(W_h=[[1, 2], [3]])),
    ("W_x", dict(W_x=np.ones((3, 1)))), ("W_x", dict(W_x=np.ones(2))), ("W_x", dict(W_x=np.empty((2, 0)))),
    ("W_x", dict(W_x=[[np.inf], [0]])), ("W_y", dict(W_y=np.ones((2, 1)))), ("W_y", dict(W_y="weights")),
]


@pytest.mark.parametrize("name, change", BAD_WEIGHTS)
def test_network_refuses_weights(name, change):
    good = dict(W_x=np.ones((2, 1)), W_h=np.eye(2), W_y=np.ones((1, 2)))
    with pytest.raises(ValueError, match=name):
        LinearRNN(**(good | change))


@pytest.mark.parametrize("T", [0, -1, 1.5, "3", None, True, np.nan])
def test_impulse_response_refuses_a_number_of_lags(T):
    with pytest.raises(ValueError, match="^T must"):
        LinearRNN([[1.0]], [[1.0]], [[1.0]]).impulse_response(T)


@pytest.mark.parametrize("x", [np.ones((2, 3)), np.ones((2, 3, 4)), np.ones((0, 3, 1)), np.full((2, 3, 1), np.nan),
                               [[["a"]]], None])
@pytest.mark.parametrize("method", ["simulate", "states"])
def test_simulation_refuses_inputs(method, x):
    with pytest.raises(ValueError, match="^x must"):
        getattr(LinearRNN([[1.0]], [[1.0]], [[1.0]]), method)(x)


@pytest.mark.parametrize("name, change", [
    ("a", dict(a=[])), ("a", dict(a=[[1.0]])), ("b", dict(b=[1.0, 2.0, 3.0])), ("c", dict(c=[np.nan, 1])),
    ("U", dict(U=np.ones((3, 2)))), ("V", dict(V=np.eye(3))), ("R", dict(R=2 * np.eye(2)))])
def test_aligned_network_refuses(name, change):
    good = dict(a=[1.0, 2.0], b=[0.5, 0.1], c=[1.0, 1.0], U=np.eye(2), V=np.eye(2), R=np.eye(2))
    with pytest.raises(ValueError, match=f"^{name} must"):
        aligned_rnn(**(good | change))


@pytest.mark.parametrize("name, change", [
    ("n_x", dict(n_x=0)), ("n_h", dict(n_h=2.0)), ("n_y", dict(n_y=-1)), ("g", dict(g=-0.1)),
    ("g", dict(g=np.nan)), ("g", dict(g="1")), ("rng", dict(rng=0)), ("rng", dict(rng=np.random))])
def test_random_network_refuses(name, change):
    good = dict(n_x=1, n_h=2, n_y=1, g=1.0, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"^{name} must"):
        random_rnn(**(good | change))
