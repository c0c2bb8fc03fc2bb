"""Sensory integration: the stimuli against their exact moments, and against the environment that they replicate.

Statistical tolerances are five standard errors: of a mean the spread over sqrt(P); of a covariance the root mean square
of the products, taken from the sample itself.
"""

import sys
import types

import matplotlib
import numpy as np
import pytest
from scipy.stats import ks_2samp

from tests.conftest import from_chapter, missing

P, T = 40_000, 3
SQUARED = np.mean(np.square([5, 15, 50])) / 200**2  # mean square of coherence / 200
SENSES, CHANNELS = np.array([[1 / 3, 1 / 6], [1 / 6, 1 / 3]]), np.array([[1, -1], [-1, 1]])


@pytest.fixture(scope="module")
def draw():
    """Stimuli as the chapter defines them, (P, T, 4)."""
    stimuli = from_chapter("task_dynamics/sensory_integration", "multisensory_stimuli")
    return lambda seed=0, P=P, T=T, **options: stimuli(P, T, np.random.default_rng(seed), **options).swapaxes(0, 1)


def covariance(T, noise=0.1):
    """Constant in time within a trial: signal SQUARED (E m^2, E m(1-m)) x (+-), plus noise at each step."""
    return np.kron(np.ones((T, T)), SQUARED * np.kron(SENSES, CHANNELS)) + noise**2 * np.eye(4 * T)


# ---------------------------------------------------------------------------------------------------------------------
# Moments
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_means_are_one_half(draw, seed):
    x = draw(seed)
    assert x.shape == (P, T, 4)
    assert np.max(np.abs(x.mean(axis=0) - 0.5)) < 5 * np.sqrt(covariance(1)[0, 0] / P)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_covariance_of_steps_and_channels_is_the_derived_one(draw, seed):
    flat = draw(seed).reshape(P, -1) - 0.5
    products = flat[:, :, None] * flat[:, None, :]
    error = np.abs(products.mean(axis=0) - covariance(T))
    assert np.all(error < 5 * products.std(axis=0) / np.sqrt(P))


def test_the_three_numbers_that_describe_the_stimuli():
    matrix = covariance(2)
    assert np.sqrt(matrix[0, 0]) == pytest.approx(0.133, abs=5e-4)
    assert matrix[0, 4] / matrix[0, 0] == pytest.approx(0.43, abs=5e-3)
    assert np.linalg.eigvalsh(matrix - 0.01 * np.eye(8))[-2:] == pytest.approx([2 * SQUARED / 3, 2 * SQUARED])


def test_without_noise_trials_are_constant_and_the_channels_of_a_sense_opposite(draw):
    x = draw(noise=0, P=50)
    assert np.ptp(x, axis=1) == pytest.approx(0, abs=0)
    assert x[..., 0] + x[..., 1] == pytest.approx(np.ones((50, T)), abs=1e-15)
    assert x[..., 2] + x[..., 3] == pytest.approx(np.ones((50, T)), abs=1e-15)


def test_without_noise_the_two_senses_together_show_the_coherence(draw):
    x = draw(noise=0, P=300) - 0.5
    total = np.round(np.abs(x[..., 0] + x[..., 2]) * 200, 10)
    assert set(total.ravel()) == {5, 15, 50}
    assert np.all(x[..., 0] * x[..., 2] >= 0)  # both point to the same side


def test_coherence_zero_leaves_noise(draw):
    x = draw(coherences=[0], noise=0.3)
    assert x.std() == pytest.approx(0.3, rel=5 / np.sqrt(2 * x.size))


def test_one_seed_gives_one_sample(draw):
    assert np.array_equal(draw(4), draw(4))
    assert not np.array_equal(draw(4), draw(5))


# ---------------------------------------------------------------------------------------------------------------------
# Against neurogym
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch):
    """neurogym's task with a stimulus of six steps, or a skip that says what to install.

    neurogym imports stable-baselines3, hence torch, for the sake of one drawing function. An empty stand-in saves the
    download. It also changes matplotlib's settings when imported; they are put back.
    """
    try:
        import stable_baselines3  # noqa: F401
    except ImportError:
        for name in ("stable_baselines3", "stable_baselines3.common", "stable_baselines3.common.vec_env"):
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        sys.modules["stable_baselines3.common.vec_env"].DummyVecEnv = None
    try:
        with matplotlib.rc_context():
            from neurogym.envs.multisensory import MultiSensoryIntegration
    except ImportError as error:
        missing(f"neurogym ({error})", "install the tests' requirements")
    built = MultiSensoryIntegration(dt=100, timing={"fixation": 100, "stimulus": 600, "decision": 100}, dim_ring=2)
    built.reset(seed=0)
    return built


def observed(environment, trials):
    """The stimulus period of many trials, without the fixation channel."""
    shown = []
    for _ in range(trials):
        environment.new_trial()
        shown.append(environment.ob[1:7, 1:])
    return np.array(shown, dtype=float)


@pytest.mark.filterwarnings("default")  # other people's deprecations
def test_stimuli_are_distributed_as_those_of_neurogym(draw, environment):
    trials = 3000
    theirs, ours = observed(environment, trials), draw(seed=1, P=trials, T=6)
    assert environment.ob.shape == (8, 5)
    assert theirs.shape == ours.shape
    assert np.max(np.abs(theirs.mean(axis=0) - 0.5)) < 5 * np.sqrt(covariance(1)[0, 0] / trials)
    flat = theirs.reshape(trials, -1) - 0.5
    products = flat[:, :, None] * flat[:, None, :]
    assert np.all(np.abs(products.mean(axis=0) - covariance(6)) < 5 * products.std(axis=0) / np.sqrt(trials))
    for statistic in (lambda x: x[:, 0, 0], lambda x: x[:, :, 2].mean(axis=1), lambda x: x[:, 1, 0] * x[:, 4, 3]):
        assert ks_2samp(statistic(theirs), statistic(ours)).pvalue > 1e-4
