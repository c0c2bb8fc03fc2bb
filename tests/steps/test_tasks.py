"""White inputs, linear teachers, and the task dynamics of single modes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from lrnn_helpers.steps import modes, tasks
from lrnn_helpers.steps.networks import random_rnn
from lrnn_helpers.steps.tasks import teacher_targets, white_inputs

KINDS = ("constant", "inverse_exponential", "exponential")

# ---------------------------------------------------------------------------------------------------------------------
# A linear teacher
# ---------------------------------------------------------------------------------------------------------------------


def by_sequence(x):
    """(T, P, n_x) as one row a sequence, (P, T n_x)."""
    return x.swapaxes(0, 1).reshape(x.shape[1], -1)


@given(T=st.integers(1, 5), n_x=st.integers(1, 3), extra=st.integers(0, 5), seed=st.integers(0, 10**6))
def test_whitened_inputs_are_orthonormal_across_steps_and_channels(T, n_x, extra, seed):
    P = T * n_x + extra
    flat = by_sequence(white_inputs(P, T, n_x, np.random.default_rng(seed)))
    np.testing.assert_allclose(flat.T @ flat, np.eye(T * n_x), atol=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_random_inputs_are_white_within_sampling_error(seed):
    P = 4000
    flat = by_sequence(white_inputs(P, 3, 2, np.random.default_rng(seed), exact=False))
    # entries of a sample covariance deviate by at most sqrt(2 / P); five standard errors are allowed
    assert np.abs(flat.T @ flat - np.eye(6)).max() < 5 * np.sqrt(2 / P)


@given(T=st.integers(1, 6), seed=st.integers(0, 10**6))
def test_targets_of_a_network_are_its_last_outputs(T, seed):
    rng = np.random.default_rng(seed)
    teacher = random_rnn(2, 3, 4, 1.0, rng)
    x = rng.standard_normal((T, 5, 2))
    np.testing.assert_allclose(teacher_targets(teacher.impulse_response(T), x), teacher.simulate(x)[-1], atol=1e-11)


@pytest.mark.parametrize("name, change", [
    ("P", dict(P=0)), ("T", dict(T=0)), ("T", dict(T=2.0)), ("n_x", dict(n_x=-1)), ("P", dict(P=5)),
    ("rng", dict(rng=1))])
def test_white_inputs_refuses(name, change):
    with pytest.raises(ValueError, match=f"^{name} "):
        white_inputs(**(dict(P=10, T=3, n_x=2, rng=np.random.default_rng(0)) | change))


@pytest.mark.parametrize("name, target, x", [
    ("target", np.zeros((3, 2)), np.zeros((3, 4, 1))), ("target", np.full((3, 2, 1), np.nan), np.zeros((3, 4, 1))),
    ("x", np.zeros((3, 2, 1)), np.zeros((2, 4, 1))), ("x", np.zeros((3, 2, 1)), np.zeros((3, 4, 2)))])
def test_teacher_targets_refuses(name, target, x):
    with pytest.raises(ValueError, match=f"^{name} must"):
        teacher_targets(target, x)


# ---------------------------------------------------------------------------------------------------------------------
# Task dynamics
# ---------------------------------------------------------------------------------------------------------------------


@given(kind=st.sampled_from(KINDS), T=st.integers(1, 12), delta=st.floats(-2, 2), lam=st.floats(0.3, 2))
def test_each_task_dynamics_is_solved_by_its_stated_mode(kind, T, delta, lam):
    b, u = {"constant": (1, delta), "inverse_exponential": (lam, delta), "exponential": (1 / lam, delta * lam**T)}[kind]
    s = tasks.task_dynamics(kind, T, delta, lam)
    assert s.shape == (T,)
    assert modes.energy(s, u, b, 1.0) <= 1e-26 * (1 + s @ s)


@pytest.mark.parametrize("kind, b, u", [("constant", 1, 0.8), ("inverse_exponential", 0.7, 0.8),
                                        ("exponential", 1 / 0.7, 0.8 * 0.7**5)])
def test_descent_finds_the_stated_mode(kind, b, u):
    s = tasks.task_dynamics(kind, 5, 0.8, 0.7)
    found = minimize(lambda p: modes.energy(s, *p), (0.5, 0.5, 0.5), method="BFGS", options={"gtol": 1e-11},
                     jac=lambda p: -np.array(modes.rates(s, *p))).x
    assert (found[1], found[0] * found[2]) == pytest.approx((b, u), abs=1e-8)


def test_constant_dynamics_are_the_limit_of_both_others():
    constant = tasks.task_dynamics("constant", 6, 1.3)
    for kind in KINDS:
        assert tasks.task_dynamics(kind, 6, 1.3, 1.0) == pytest.approx(constant, abs=1e-15)


def test_inverse_exponential_keeps_only_the_newest_input_at_rate_zero():
    assert tasks.task_dynamics("inverse_exponential", 4, 2.0, 0.0).tolist() == [0, 0, 0, 2]


@pytest.mark.parametrize("T", [2, 3, 9])
def test_dirac_dynamics_hold_two_values(T):
    s = tasks.dirac_dynamics(T, 3.0, -2.0)
    assert (s[0], s[-1], np.count_nonzero(s), s.shape) == (3.0, -2.0, 2, (T,))


@pytest.mark.parametrize("name, arguments", [
    ("kind", ("linear", 3)), ("T", ("constant", 0)), ("T", ("constant", 3.0)), ("delta", ("constant", 3, np.nan)),
    ("lam", ("exponential", 3, 1.0, "2"))])
def test_task_dynamics_refuses(name, arguments):
    with pytest.raises(ValueError, match=name):
        tasks.task_dynamics(*arguments)


@pytest.mark.parametrize("name, arguments", [
    ("T", (1, 1.0, 1.0)), ("first", (3, np.inf, 1.0)), ("last", (3, 1.0, None))])
def test_dirac_dynamics_refuses(name, arguments):
    with pytest.raises(ValueError, match=name):
        tasks.dirac_dynamics(*arguments)
