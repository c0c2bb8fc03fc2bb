"""Filters and the networks that imitate them: integrals, matrix exponentials, poles."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from scipy import linalg
from scipy.integrate import quad

from lrnn_helpers.continuous.filters import FilterRNN, damped_oscillator, leaky_integrator, random_filter_rnn
from lrnn_helpers.continuous.learning import loss, loss_gradients
from tests.continuous.cases import LEAKY, RNN, SEEDS, TARGETS, decays, frequencies, outlier_rnn, relative_error

# ---------------------------------------------------------------------------------------------------------------------
# Filters
# ---------------------------------------------------------------------------------------------------------------------


@given(c=decays, omega=frequencies)
def test_filter_agrees_with_its_integrals_and_its_state_space(c, omega):
    target = damped_oscillator(c, omega)
    t = np.linspace(0, 5, 7)
    assert_allclose(target.impulse_response(t), [target.v @ linalg.expm(-target.A * each) @ target.u for each in t],
                    atol=1e-13)
    assert_allclose(target.transfer(0.7), quad(lambda t: np.exp(-0.7 * t) * target.impulse_response(t), 0, np.inf)[0],
                    atol=1e-7)
    s = 0.3 + 2j
    assert_allclose(target.transfer(s), target.v @ np.linalg.solve(s * np.eye(len(target.A)) + target.A, target.u),
                    rtol=1e-12)
    gramian = linalg.solve_continuous_lyapunov(target.A, np.outer(target.u, target.u))
    assert_allclose(target.norm_squared, target.v @ gramian @ target.v, rtol=1e-12)


def test_oscillator_without_frequency_is_the_leaky_integrator():
    assert damped_oscillator(0.3, 0) == leaky_integrator(0.3)
    assert leaky_integrator(0.3).norm_squared == pytest.approx(1 / 0.6, rel=1e-15)


@SEEDS
def test_impulse_response_is_the_matrix_exponential(seed):
    rnn, times = outlier_rnn(8, 0.9, seed, outlier=1.5), np.array([0, 0.1, 0.5, 3, 3.5])  # unstable: still defined
    exact = [rnn.v @ linalg.expm(-(np.eye(8) - rnn.W) * t) @ rnn.u for t in times]
    assert_allclose(rnn.impulse_response(times), exact, rtol=1e-11, atol=1e-13)


@TARGETS
def test_a_target_is_itself_a_network(target):
    rnn, times = FilterRNN(np.eye(len(target.A)) - target.A, target.u, target.v), np.linspace(0, 9, 10)
    assert_allclose(rnn.impulse_response(times), target.impulse_response(times), atol=1e-13)
    assert_allclose(abs(rnn.poles() - target.pole).min(), 0, atol=1e-14)
    assert loss(target, rnn) == pytest.approx(0, abs=1e-14)
    assert relative_error(np.concatenate([g.ravel() for g in loss_gradients(target, rnn)])[None] + 1, [1.0]) < 1e-12


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call, name", [
    (lambda: leaky_integrator(0), "c"), (lambda: leaky_integrator(np.nan), "c"), (lambda: leaky_integrator("1"), "c"),
    (lambda: damped_oscillator(-1, 1), "c"), (lambda: damped_oscillator(1, -1), "omega"),
    (lambda: LEAKY.impulse_response([-1.0]), "times"), (lambda: LEAKY.impulse_response([]), "times"),
    (lambda: LEAKY.transfer(np.inf), "s"), (lambda: LEAKY.transfer(-0.2), "s"),
    (lambda: FilterRNN(np.zeros((2, 3)), [1, 1], [1, 1]), "W"), (lambda: FilterRNN(np.eye(2), [1], [1, 1]), "u"),
    (lambda: FilterRNN(np.eye(2), [1, 1], [1, np.nan]), "v"), (lambda: FilterRNN(1j * np.eye(1), [1], [1]), "W"),
    (lambda: RNN.impulse_response([1.0, 0.5]), "times"), (lambda: RNN.impulse_response([-1.0, 0.5]), "times"),
    (lambda: FilterRNN([[900.0]], [1], [1]).impulse_response([1.0]), "times"),
    (lambda: random_filter_rnn(0, 0.5, np.random.default_rng(0)), "N"),
    (lambda: random_filter_rnn(3, -0.5, np.random.default_rng(0)), "g"),
    (lambda: random_filter_rnn(3, 0.5, 0), "rng"),
    (lambda: random_filter_rnn(3, 0.5, np.random.default_rng(0), strength=-1), "strength")])
def test_filters_refuse(call, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call()
