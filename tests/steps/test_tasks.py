"""White inputs and linear teachers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrnn_helpers.steps.networks import random_rnn
from lrnn_helpers.steps.tasks import teacher_targets, white_inputs


@settings(deadline=None, max_examples=30)
@given(T=st.integers(1, 5), n_x=st.integers(1, 3), extra=st.integers(0, 5), seed=st.integers(0, 10**6))
def test_whitened_inputs_are_orthonormal_across_steps_and_channels(T, n_x, extra, seed):
    P = T * n_x + extra
    flat = white_inputs(P, T, n_x, np.random.default_rng(seed)).reshape(P, T * n_x)
    np.testing.assert_allclose(flat.T @ flat, np.eye(T * n_x), atol=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_random_inputs_are_white_within_sampling_error(seed):
    P = 4000
    flat = white_inputs(P, 3, 2, np.random.default_rng(seed), exact=False).reshape(P, 6)
    # entries of a sample covariance deviate by at most sqrt(2 / P); five standard errors are allowed
    assert np.abs(flat.T @ flat - np.eye(6)).max() < 5 * np.sqrt(2 / P)


@settings(deadline=None, max_examples=30)
@given(T=st.integers(1, 6), seed=st.integers(0, 10**6))
def test_targets_of_a_network_are_its_last_outputs(T, seed):
    rng = np.random.default_rng(seed)
    teacher = random_rnn(2, 3, 4, 1.0, rng)
    x = rng.standard_normal((5, T, 2))
    np.testing.assert_allclose(teacher_targets(teacher.impulse_response(T), x), teacher.simulate(x)[:, -1], atol=1e-11)


@pytest.mark.parametrize("name, change", [
    ("P", dict(P=0)), ("T", dict(T=0)), ("T", dict(T=2.0)), ("n_x", dict(n_x=-1)), ("P", dict(P=5)),
    ("rng", dict(rng=1))])
def test_bad_white_inputs_are_named(name, change):
    with pytest.raises(ValueError, match=f"^{name} "):
        white_inputs(**(dict(P=10, T=3, n_x=2, rng=np.random.default_rng(0)) | change))


@pytest.mark.parametrize("name, target, x", [
    ("target", np.zeros((3, 2)), np.zeros((4, 3, 1))), ("target", np.full((3, 2, 1), np.nan), np.zeros((4, 3, 1))),
    ("x", np.zeros((3, 2, 1)), np.zeros((4, 2, 1))), ("x", np.zeros((3, 2, 1)), np.zeros((4, 3, 2)))])
def test_bad_teachers_are_named(name, target, x):
    with pytest.raises(ValueError, match=f"^{name} must"):
        teacher_targets(target, x)
