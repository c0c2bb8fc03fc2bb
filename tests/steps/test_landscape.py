"""The landscape of one mode: the price of recurrence, the best mode for each recurrent strength, and sharpness."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.steps import landscape, modes, tasks
from tests.conftest import from_chapter
from tests.steps.test_modes import draw_mode, lengths, seeds

# ---------------------------------------------------------------------------------------------------------------------
# Regularizer, profile and sharpness
# ---------------------------------------------------------------------------------------------------------------------


@given(seed=seeds, T=lengths)
def test_the_regularizer_is_the_part_of_the_energy_that_knows_no_task(seed, T):
    u, b = draw_mode(seed)[:2]
    assert landscape.regularizer(u, b, T) == pytest.approx(2 * modes.energy(np.zeros(T), u, b, 1.0), rel=1e-12)


def test_the_regularizer_tends_to_a_limit_only_inside_the_unit_circle():
    assert landscape.regularizer([2.0, 2.0], [0.6, -1.0], 200) == pytest.approx([4 / (1 - 0.36), 800.0], rel=1e-13)


@given(seed=seeds, T=lengths, dtype=st.sampled_from((float, complex)))
def test_profile_energy_is_the_minimum_over_the_input_output_strength(seed, T, dtype):
    b, s = draw_mode(seed, (), dtype)[0], draw_mode(seed + 1, (T,), dtype)[0]
    powers = b ** np.arange(T)
    best = np.vdot(powers, s[::-1]) / np.vdot(powers, powers)
    F = landscape.profile_energy(s, b)
    assert pytest.approx(modes.energy(s, best, b, 1.0), rel=1e-9, abs=1e-12) == F
    for shift in (0.1, -0.1):
        assert F <= modes.energy(s, best + shift, b, 1.0)


@given(seed=seeds, T=lengths, dtype=st.sampled_from((float, complex)))
def test_profile_energy_is_dual_under_time_reversal(seed, T, dtype):
    b, s = draw_mode(seed, (4,), dtype)[0], draw_mode(seed + 1, (T,), dtype)[0]
    assert landscape.profile_energy(s[::-1], 1 / b) == pytest.approx(
        landscape.profile_energy(s, b), rel=1e-10, abs=1e-13)


def test_profile_energy_of_the_dirac_task():
    for T in (4, 6, 10):
        for beta in (0.9, 1.0, 1.1):
            s = tasks.dirac_dynamics(T, beta, 1 / beta)
            b = np.array([0.0, 1.0, 1e9, 1e200])
            expected = [beta**2, beta**2 + beta**-2 - (beta + 1 / beta) ** 2 / T, beta**-2, beta**-2]
            assert 2 * landscape.profile_energy(s, b) == pytest.approx(expected, rel=1e-12)
            # for T >= 4 no recurrence strength does better than the better of the two trivial states
            grid = np.concatenate([np.linspace(-3, 3, 4001), 10.0 ** np.linspace(0.5, 6, 200)])
            assert 2 * landscape.profile_energy(s, grid).min() >= min(beta**2, beta**-2) - 1e-12


def test_profile_energy_of_the_three_step_dirac_task_bifurcates():
    for beta in (0.75, 1.0, 1.3):
        b = np.sqrt((2 * beta**2 - 1) / (2 - beta**2))
        F = landscape.profile_energy(tasks.dirac_dynamics(3, beta, 1 / beta), b * np.array([0.999, 1.0, 1.001]))
        assert F[1] < F[0] and F[1] < F[2]


def test_long_tasks_tend_to_the_energy_of_an_endless_one():
    # E0 -> delta^2/2 / (1 - lam^2) ((b - lam) / (1 - b lam))^2 at the best u = delta (1 - b^2) / (1 - b lam)
    b, lam, delta = 0.3, 0.8, 1.4
    s = tasks.task_dynamics("inverse_exponential", 200, delta, lam)
    endless = delta**2 / (1 - lam**2) * ((b - lam) / (1 - b * lam)) ** 2
    assert 2 * landscape.profile_energy(s, b) == pytest.approx(endless, rel=1e-12)
    u = delta * (1 - b**2) / (1 - b * lam)
    assert 2 * modes.energy(s, u, b, 1.0) == pytest.approx(endless, rel=1e-12)


@pytest.mark.parametrize("T, value", [(1, 2.0), (2, 4.5616), (4, 20.0), (6, 63.7), (10, 299.5), (20, 2499.0)])
def test_sharpness_of_the_constant_task(T, value):
    # known to the digits given; the smallest of them is exact to half a unit of the last digit
    assert landscape.sharpness(1.0, 1.0, T) == pytest.approx(value, rel=2e-3)


@given(u=st.floats(0.1, 2), b=st.floats(-1.5, 1.5), T=lengths)
def test_sharpness_is_the_largest_curvature_of_the_energy(u, b, T):
    mode = np.array([np.sqrt(u), b, np.sqrt(u)])
    s = u * b ** np.arange(T)[::-1]
    h = 1e-5

    def rates(p):
        return np.array(modes.rates(s, *p))

    hessian = np.array([(rates(mode - h * e) - rates(mode + h * e)) / (2 * h) for e in np.eye(3)])
    largest = np.linalg.eigvalsh((hessian + hessian.T) / 2)[-1]
    assert landscape.sharpness(u, b, T) == pytest.approx(largest, rel=1e-6)
    assert landscape.sharpness(-u, b, T) == landscape.sharpness(u, b, T)


@pytest.mark.parametrize("T", [6, 10])
def test_descent_is_stable_up_to_two_over_sharpness(T):
    edge = 2 / landscape.sharpness(1.0, 1.0, T)
    s = tasks.task_dynamics("constant", T)
    distances = []
    for eta in (0.98 * edge, 1.02 * edge):
        mode = np.array([1.0, 1.0 + 1e-9, 1.0])
        for _ in range(300):
            mode = mode + eta * np.array(modes.rates(s, *mode))
        distances.append(modes.energy(s, *mode))
    start = modes.energy(s, 1.0, 1.0 + 1e-9, 1.0)
    assert distances[0] < 1e-3 * start
    assert distances[1] > 1e3 * start


def test_sharpness_saturates_for_a_decaying_task():
    assert landscape.sharpness(1.0, 0.9, 10**5) == pytest.approx(268.7, abs=0.05)
    assert landscape.sharpness(1.0, 0.5, 10**5) == pytest.approx(4.08, abs=0.005)


@pytest.mark.parametrize("function, name, arguments", [
    (landscape.regularizer, "u", (np.nan, 1.0, 2)), (landscape.regularizer, "b", (1.0, 1j, 2)),
    (landscape.regularizer, "T", (1.0, 1.0, 0)), (landscape.regularizer, "u, b", (np.ones(2), np.ones(3), 2)),
    (landscape.profile_energy, "b", ([1.0], np.inf)), (landscape.profile_energy, "s", ([], 0.5)),
    (landscape.profile_energy, "s", (np.ones((2, 2)), 0.5)),
    (landscape.sharpness, "u", ("u", 1.0, 2)), (landscape.sharpness, "b", (1.0, np.nan, 2)),
    (landscape.sharpness, "T", (1.0, 1.0, 2.5))])
def test_the_landscape_functions_refuse(function, name, arguments):
    with pytest.raises(ValueError, match=name):
        function(*arguments)


# ---------------------------------------------------------------------------------------------------------------------
# Tasks longer than those of training: the chapter's formula
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loudness():
    return from_chapter("task_dynamics/stability_extrapolation", "loudness")


@pytest.mark.parametrize("kind", ["constant", "inverse_exponential", "exponential", "mean"])
@pytest.mark.parametrize("T_train, T_test", [(1, 1), (5, 5), (5, 9), (6, 2), (3, 30)])
@pytest.mark.parametrize("lam", [0.7, 1.0, 1.0 + 1e-9, 1.1, -0.8])
def test_on_another_length_the_energy_of_a_trained_mode_is_the_square_of_its_error_in_loudness(
        loudness, kind, T_train, T_test, lam):
    delta = 0.6
    if kind == "mean":
        (b, u), s = (1.0, delta / T_train), np.full(T_test, delta / T_test)
    else:
        s = tasks.task_dynamics(kind, T_test, delta, lam)
        b, u = {"constant": (1.0, delta), "inverse_exponential": (lam, delta),
                "exponential": (1 / lam, delta * lam**T_train)}[kind]
    energy, silence = modes.energy(s, u, b, 1.0), modes.energy(s, 0.0, b, 1.0)
    assert energy / silence == pytest.approx((1 - loudness(kind, T_train, T_test, lam)) ** 2, rel=1e-6, abs=1e-24)


def test_errors_in_loudness_have_their_limits(loudness):
    assert loudness("exponential", 5, 400, 1.2) == pytest.approx(0, abs=1e-30)
    assert loudness("mean", 6, 18) == 3
    assert 1 - loudness("exponential", 4, 7, 1 + 1e-8) == pytest.approx(3e-8, rel=1e-6)
