"""Targets and networks that the tests of this wing share."""

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy import linalg

from lrnn_helpers.continuous.filters import FilterRNN, damped_oscillator, leaky_integrator

LEAKY, OSCILLATOR = leaky_integrator(0.2), damped_oscillator(0.2, 0.5)
TARGETS = pytest.mark.parametrize("target", [LEAKY, OSCILLATOR], ids=["leaky", "oscillator"])
SEEDS = pytest.mark.parametrize("seed", [0, 1, 2])
RNN = FilterRNN(np.zeros((2, 2)), [1.0, 0], [0, 1.0])
decays, frequencies = st.floats(0.05, 2), st.floats(0, 3)


def outlier_rnn(N, g, seed, outlier=0.0):
    """Random recurrence of radius g, plus one direction along which u and v are almost aligned."""
    rng = np.random.default_rng(seed)
    r, du, dv = rng.standard_normal((3, N)) / np.sqrt(N)
    return FilterRNN(g * rng.standard_normal((N, N)) / np.sqrt(N) + outlier * np.outer(r, r) / (r @ r),
                     r + 0.3 * du, r + 0.3 * dv)


def relative_error(measured, exact):
    return max(linalg.norm(m - e) / linalg.norm(e) for m, e in zip(measured, exact, strict=True))
