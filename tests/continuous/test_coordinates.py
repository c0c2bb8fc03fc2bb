"""Coordinates of a mode and the distance of two memories: sums over lags, motions of the disc, differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lrnn_helpers.continuous import coordinates

poles = st.builds(lambda r, angle: r * np.exp(1j * angle), st.floats(0, 0.95), st.floats(-3, 3))
COORDINATES = pytest.mark.parametrize("coordinate", coordinates.COORDINATES)


def unit_mode(b, lags=1500):
    return np.sqrt(1 - abs(b)**2) * b ** np.arange(lags)


@COORDINATES
@given(theta=st.floats(-3, 3))
def test_the_slope_is_the_derivative_of_the_pole(coordinate, theta):
    h = 1e-5
    difference = (coordinates.pole(theta + h, coordinate) - coordinates.pole(theta - h, coordinate)) / (2 * h)
    assert coordinates.slope(theta, coordinate) == pytest.approx(difference, rel=1e-6, abs=1e-8)


@given(theta=st.floats(-20, 3))
def test_the_default_trains_the_logarithm_of_the_decay(theta):
    assert coordinates.pole(theta) == pytest.approx(np.exp(-np.exp(theta)), rel=1e-14)
    assert coordinates.pole(theta, "tanh") == pytest.approx(2 * coordinates.pole(2 * theta, "sigmoid") - 1, abs=1e-14)


@given(b=poles, b_star=poles)
def test_the_overlap_is_a_sum_over_lags_and_one_over_cosh_of_the_distance(b, b_star):
    summed = np.sum(unit_mode(b).conj() * unit_mode(b_star))
    assert coordinates.overlap(b, b_star) == pytest.approx(summed, abs=1e-12)
    assert 1 / np.cosh(coordinates.distance(b, b_star)) == pytest.approx(abs(summed), abs=1e-12)


@given(b=poles, b_star=poles, centre=poles)
def test_the_distance_survives_the_motions_of_the_disc(b, b_star, centre):
    def moved(z):
        return (z + centre) / (1 + np.conj(centre) * z)

    expected = coordinates.distance(b, b_star)
    assert coordinates.distance(moved(b), moved(b_star)) == pytest.approx(expected, rel=1e-8, abs=1e-7)
    assert coordinates.distance(b_star, b) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert coordinates.distance(b, b_star) <= coordinates.distance(b, centre) + coordinates.distance(
        centre, b_star) + 1e-9


@given(x=st.floats(-4, 4), y=st.floats(-4, 4))
def test_for_real_poles_the_distance_is_a_difference(x, y):
    assert coordinates.distance(np.tanh(x), np.tanh(y)) == pytest.approx(abs(x - y), rel=1e-9, abs=1e-9)


@given(a=st.complex_numbers(max_magnitude=3, allow_nan=False), b=poles, b_star=poles)
def test_the_loss_is_a_sum_over_lags(a, b, b_star):
    summed = np.sum(np.abs(a * unit_mode(b) - unit_mode(b_star))**2) / 2
    assert coordinates.mode_loss(a, b, b_star) == pytest.approx(summed, rel=1e-10, abs=1e-12)


@given(b=poles, b_star=poles)
def test_the_best_amplitude_is_the_overlap(b, b_star):
    best = coordinates.overlap(b, b_star)
    least = coordinates.mode_loss(best, b, b_star)
    assert least == pytest.approx(np.tanh(coordinates.distance(b, b_star))**2 / 2, abs=1e-12)
    for other in (best + 0.1, best - 0.1j):
        assert coordinates.mode_loss(other, b, b_star) == pytest.approx(least + 0.005, rel=1e-9)


def test_arrays_broadcast_and_real_stays_real():
    b = np.array([[0.1], [0.5]])
    assert coordinates.overlap(b, [0.2, 0.3, 0.4]).shape == (2, 3)
    assert coordinates.overlap(b, 0.2).dtype == float
    assert_allclose(coordinates.mode_loss(0.0, b, 0.3), np.full((2, 1), 0.5))


@pytest.mark.parametrize("call, name", [
    (lambda: coordinates.pole([np.nan]), "theta"), (lambda: coordinates.pole(0.1, "sine"), "coordinate"),
    (lambda: coordinates.slope(0.1, None), "coordinate"), (lambda: coordinates.overlap(1.0, 0.5), "b"),
    (lambda: coordinates.overlap(0.5, 1j), "b_star"), (lambda: coordinates.distance([0.1, 0.2], [0.1, 0.2, 0.3]), "b"),
    (lambda: coordinates.mode_loss("loud", 0.5, 0.5), "a"), (lambda: coordinates.mode_loss(1e200, 0.5, 0.5), "a")])
def test_what_is_refused(call, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call()
