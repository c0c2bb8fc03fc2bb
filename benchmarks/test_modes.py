"""The flow of ten thousand modes at once, for short and for long sequences, to the same tolerance."""

import numpy as np
import pytest

from lrnn_helpers.steps import modes

MODES = 10_000


@pytest.mark.parametrize("T", [10, 100, 1000, 10_000])
def test_flow_of_many_modes(pair, T):
    """The sums over lags are carried out in closed form; the alternative is the same call for T = 10."""
    rng = np.random.default_rng(0)
    delta, lam = rng.uniform(0.5, 2, MODES), rng.uniform(0.1, 0.5, MODES)
    start, times = np.full((3, MODES), 0.1), np.linspace(0, 20, 21)

    def flow(steps):
        return modes.geometric_flow(delta, lam, steps, *start, times, rtol=1e-6, atol=1e-7)

    pair(lambda: flow(T), lambda: flow(10), rounds=3, rtol=None, memory=True, name="mode flow", T=T, modes=MODES)
