"""Lazy learning: the kernel, its spectrum and its learning curves, against quadrature and large networks."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import linalg

from lrnn_helpers.continuous import lazy
from lrnn_helpers.continuous.filters import FilterRNN, damped_oscillator, leaky_integrator
from lrnn_helpers.continuous.learning import loss
from tests.conftest import from_chapter
from tests.continuous.cases import LEAKY, OSCILLATOR, TARGETS

# ---------------------------------------------------------------------------------------------------------------------
# Lazy learning
# ---------------------------------------------------------------------------------------------------------------------


STRENGTHS = pytest.mark.parametrize("g", [0.2, 0.5, 0.8])
NODES, WEIGHTS = (array * factor for array, factor in zip(np.polynomial.legendre.leggauss(400), (1, 40), strict=True))
TIMES = 40 * (NODES + 1)  # quadrature on 0 .. 80


@pytest.fixture(scope="module")
def chapter():
    """The formulas that the chapter computes itself."""
    names = ("eigenvalues", "exponent", "norm_squared", "recurrent_kernel")
    return SimpleNamespace(**dict(zip(names, from_chapter("integration/lazy_integration", *names))))


@STRENGTHS
def test_kernel_diagonalizes_as_stated(chapter, g):
    e, eigenvalue = lazy.eigenfunctions(g, 6, TIMES), chapter.eigenvalues(g, 6)
    assert_allclose((e * WEIGHTS) @ e.T, np.eye(6), atol=1e-11)
    G = lazy.kernel(g, TIMES[:, None], TIMES)
    assert_allclose((e * WEIGHTS) @ G, eigenvalue[:, None] * e, atol=1e-11)
    assert np.sum(chapter.eigenvalues(g, 1000)) == pytest.approx(1 / (2 * np.sqrt(1 - g**2)), rel=1e-12)
    assert WEIGHTS @ np.diag(G) == pytest.approx(1 / (2 * np.sqrt(1 - g**2)), rel=1e-9)
    for target in (LEAKY, OSCILLATOR, leaky_integrator(1.3)):
        assert_allclose(lazy.coefficients(target, g, 6), (e * WEIGHTS) @ target.impulse_response(TIMES), atol=1e-6)


@STRENGTHS
def test_kernel_is_its_power_series(g):
    t, s, n = 1.3, 2.1, np.arange(60)
    factorial = np.cumprod(np.maximum(n, 1).astype(float))
    assert lazy.kernel(g, t, s) == pytest.approx(
        np.exp(-t - s) * np.sum((g**2 * t * s)**n / factorial**2), rel=1e-13)
    assert lazy.kernel(g, 4000, 4001) == 0 or lazy.kernel(g, 4000, 4001) < 1e-300  # and not NaN


@STRENGTHS
def test_recurrent_kernel_is_the_double_convolution_of_the_kernel(chapter, g):
    t, s = 1.7, 2.4
    x, w = np.polynomial.legendre.leggauss(30)
    r, r_ = t * (x[:, None] + 1) / 2, s * (x + 1) / 2
    product = lazy.kernel(g, r, r_) * lazy.kernel(g, t - r, s - r_)
    assert chapter.recurrent_kernel(g, t, s) == pytest.approx(t * s / 4 * w @ product @ w, rel=1e-12)


@pytest.mark.parametrize("g", [0.5, 0.8])
def test_random_networks_have_this_kernel(g):
    t, s, measured = 1.5, 0.7, []
    for seed in range(4):
        A = np.eye(300) - g * np.random.default_rng(seed).standard_normal((300, 300)) / np.sqrt(300)
        measured.append(np.sum(linalg.expm(-A * t) * linalg.expm(-A * s)) / 300)  # trace of exp(-A t)' exp(-A s)
    assert np.mean(measured) == pytest.approx(lazy.kernel(g, t, s), rel=0.01)  # fluctuation of order 1 / N


@STRENGTHS
def test_norm_is_finite_exactly_inside_the_disc(chapter, g):
    for target in (leaky_integrator(1 - 0.9 * g), leaky_integrator(1 + 0.9 * g),
                   damped_oscillator(1 - 0.5 * g, 0.5 * g)):
        theta, eigenvalue = lazy.coefficients(target, g, 300), chapter.eigenvalues(g, 300)
        terms = theta[eigenvalue > 0]**2 / eigenvalue[eigenvalue > 0]
        assert chapter.norm_squared(target, g) == pytest.approx(np.sum(terms), rel=1e-9)
    for target in (leaky_integrator(1 - g - 1e-9), damped_oscillator(1, g + 1e-9)):
        assert chapter.norm_squared(target, g) == np.inf


@pytest.mark.parametrize("g, c, alpha, norm, value", [
    (0.5, 0.1, 0.176, 1645, 0.381), (0.5, 0.2, 0.357, 339, 0.0300), (0.5, 0.35, 0.651, 37.1, 1.01e-3),
    (0.5, 0.6, 1.296, 2.55, 2.6e-6), (0.5, 0.8, 2.451, 1.190, 1.5e-8), (0.8, 0.1, 0.485, 384, 0.021),
    (0.8, 0.35, 1.926, 2.94, 1.4e-7), (0.8, 0.6, np.inf, 1.33, 1.1e-8)])
def test_known_exponents_and_ridge_solutions(chapter, g, c, alpha, norm, value):
    target, solution = leaky_integrator(c), lazy.ridge(leaky_integrator(c), g, [1e-4])
    if np.isfinite(alpha):
        assert chapter.exponent(target, g) == pytest.approx(alpha, abs=6e-4)
    else:
        assert chapter.exponent(target, g) > 50
    assert_allclose(solution.weight_norm_squared, norm, rtol=5e-3)
    assert_allclose(solution.loss, value, rtol=0.05)


@pytest.mark.parametrize("c", [0.35, 0.6])
def test_random_networks_have_this_ridge_solution(c):
    g, N, strength, target = 0.5, 400, 1e-4, leaky_integrator(c)
    predicted, measured = lazy.ridge(target, g, [strength]), []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        A = np.eye(N) - g * rng.standard_normal((N, N)) / np.sqrt(N)
        u = rng.standard_normal(N)
        gramian = linalg.solve_continuous_lyapunov(A, np.outer(u, u))
        v = np.linalg.solve(gramian + strength * N * np.eye(N), np.linalg.solve(A + c * np.eye(N), u))
        measured.append((loss(target, FilterRNN(np.eye(N) - A, u, v)), N * v @ v))
    measured_loss, measured_norm = np.mean(measured, axis=0)
    assert measured_norm == pytest.approx(predicted.weight_norm_squared[0], rel=0.12)  # O(N^-1/2), three seeds
    assert measured_loss == pytest.approx(predicted.loss[0], rel=0.2 if c == 0.35 else 1)


@pytest.mark.parametrize("target", [leaky_integrator(0.3), leaky_integrator(0.7), OSCILLATOR])
def test_gradient_flow_loss_solves_its_equation(target):
    """Gradient flow in function space, dk/dtau = -G (k - k_*), on a fine grid of times."""
    g, tau = 0.5, np.array([0.0, 1.0, 30.0])
    root = np.sqrt(WEIGHTS)
    G = root[:, None] * lazy.kernel(g, TIMES[:, None], TIMES) * root
    values, vectors = np.linalg.eigh(G)
    components = vectors.T @ (root * target.impulse_response(TIMES))
    expected = [0.5 * np.sum((components * np.exp(-values * each))**2) for each in tau]
    assert_allclose(lazy.gradient_flow_loss(target, g, tau), expected, rtol=1e-7)
    assert lazy.gradient_flow_loss(target, g, [0.0])[0] == pytest.approx(target.norm_squared / 2, rel=1e-12)


@pytest.mark.parametrize("c", [0.2, 0.35, 0.5, 0.6])
def test_loss_falls_with_the_predicted_power(chapter, c):
    q = (1 - np.sqrt(0.75)) / (1 + np.sqrt(0.75))
    early, late = lazy.gradient_flow_loss(leaky_integrator(c), 0.5, 1e8 * q ** -np.array([0.0, 4.0]))
    slope = np.log(early / late) / (-4 * np.log(q))  # over whole log-periods
    assert slope == pytest.approx(chapter.exponent(leaky_integrator(c), 0.5), rel=1e-6)


@given(g=st.floats(0.1, 0.95), c=st.floats(0.05, 2))
def test_exponent_is_one_at_the_rim_and_symmetric_about_beta(chapter, g, c):
    beta_squared = 1 - g**2
    assert chapter.exponent(leaky_integrator(1 - g), g) == pytest.approx(1, rel=1e-9)
    assert chapter.exponent(leaky_integrator(1 + g), g) == pytest.approx(1, rel=1e-9)
    if abs(c - np.sqrt(beta_squared)) > 1e-3:
        mirrored = chapter.exponent(leaky_integrator(beta_squared / c), g)
        assert mirrored == pytest.approx(chapter.exponent(leaky_integrator(c), g), rel=1e-7)


@TARGETS
def test_ridge_balances_loss_against_weights(chapter, target):
    """At the optimum d loss = -(l / 2) d(N |v|^2); without penalty, the norm of the kernel; with much, 0."""
    strength = 1e-2 * np.array([1 - 1e-5, 1, 1 + 1e-5])
    solution = lazy.ridge(target, 0.9, strength)
    slope = (solution.loss[2] - solution.loss[0]) / (solution.weight_norm_squared[2] - solution.weight_norm_squared[0])
    assert slope == pytest.approx(-5e-3, rel=1e-6)
    inside = leaky_integrator(0.7)
    assert lazy.ridge(inside, 0.5, [1e-12]).weight_norm_squared[0] == pytest.approx(chapter.norm_squared(inside, 0.5),
                                                                                  rel=1e-4)
    assert lazy.ridge(target, 0.5, [1e9]).loss[0] == pytest.approx(target.norm_squared / 2, rel=1e-8)


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call, name", [
    (lambda: lazy.kernel(0.5, -1, 1), "t"), (lambda: lazy.kernel(0.5, 1, [np.nan]), "s"),
    (lambda: lazy.kernel(0.5, [1, 2], [1, 2, 3]), "t, s"), (lambda: lazy.kernel(1, 1, 1), "g"),
    (lambda: lazy.eigenfunctions(0.5, 3, [-1.0]), "times"), (lambda: lazy.eigenfunctions(0.5, 3, [1e4]), "times"),
    (lambda: lazy.eigenfunctions(0.5, 2.5, [1.0]), "n"), (lambda: lazy.coefficients(0.2, 0.5, 3), "target"),
    (lambda: lazy.coefficients(LEAKY, 0.5, -1), "n"), (lambda: lazy.gradient_flow_loss(LEAKY, 0.5, [-1.0]), "tau"),
    (lambda: lazy.gradient_flow_loss(None, 0.5, [1.0]), "target"),
    (lambda: lazy.ridge(LEAKY, 0.5, [0.0]), "strength"), (lambda: lazy.ridge(LEAKY, 2, [1.0]), "g"),
    (lambda: lazy.ridge(LEAKY, 0.5, 1.0), "strength")])
def test_lazy_learning_refuses(call, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call()
