"""The three neuroscience tasks: what every trial must look like, whatever the seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.nonlinear import tasks

seeds = st.integers(0, 2**32 - 1)
MAKERS = (tasks.flip_flop, tasks.context_decision, tasks.parametric_working_memory)


def runs_of_ones(values):
    """Start and end (exclusive) of every run of nonzero entries."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (values != 0).astype(int), [0]])))
    return edges.reshape(-1, 2)


@pytest.mark.parametrize("make, T, n_x, n_y", [(MAKERS[0], 100, 2, 2), (MAKERS[1], 96, 4, 1), (MAKERS[2], 56, 1, 2)])
def test_shapes_of_the_paper(make, T, n_x, n_y):
    trials = make(32, np.random.default_rng(0))
    assert trials.inputs.shape == (T, 32, n_x)
    assert trials.targets.shape == trials.mask.shape == (T, 32, n_y)
    assert set(np.unique(trials.mask)) == {0, 1}
    assert set(np.unique(np.abs(trials.targets))) == {0, 0.5}
    assert np.all(trials.mask[trials.targets != 0] == 1)


@pytest.mark.parametrize("make", MAKERS)
def test_trials_depend_on_the_generator_only(make):
    first, again, other = (make(5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    for a, b in zip(first, again):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.inputs, other.inputs)


@pytest.mark.parametrize("make, lengths", [(MAKERS[0], (50,)), (MAKERS[1], (48,)), (MAKERS[2], (28,))])
@pytest.mark.parametrize("dt", [0.1, 0.25, 1])
def test_durations_do_not_depend_on_the_time_step(make, lengths, dt):
    assert len(make(2, np.random.default_rng(0), dt=dt).inputs) * dt == pytest.approx(lengths[0], abs=dt)


# ---------------------------------------------------------------------------------------------------------------------
# Flip-flop
# ---------------------------------------------------------------------------------------------------------------------


@given(seeds, st.integers(1, 4))
def test_flip_flop_holds_each_pulse_until_the_next(seed, channels):
    inputs, targets, mask = tasks.flip_flop(3, np.random.default_rng(seed), channels=channels)
    for trial in range(3):
        pulses = sorted((start, end, channel) for channel in range(channels)
                        for start, end in runs_of_ones(inputs[:, trial, channel]))
        assert pulses[0][0] == 2  # fixation of 1
        onsets = [start for start, _, _ in pulses] + [100]
        wanted_targets, wanted_mask = np.zeros((2, 100, channels))
        for (start, end, channel), following in zip(pulses, onsets[1:]):
            assert end == min(start + 2, 100)
            sign = inputs[start, trial, channel]
            assert abs(sign) == 1 and np.all(inputs[start:end, trial, channel] == sign)
            assert 20 <= following - start < 60 or following == 100
            wanted_targets[start + 10:following, channel] = 0.5 * sign
            wanted_mask[start + 10:following] = 1
        np.testing.assert_array_equal(targets[:, trial], wanted_targets)
        np.testing.assert_array_equal(mask[:, trial], wanted_mask)


def test_flip_flop_is_balanced():
    inputs, targets, mask = tasks.flip_flop(4000, np.random.default_rng(0))
    starts = inputs[2]  # the first pulse of every trial
    counts = np.array([np.mean(starts[:, channel] == sign) for channel in (0, 1) for sign in (-1, 1)])
    np.testing.assert_allclose(counts, 0.25, atol=5 * np.sqrt(0.25 * 0.75 / 4000))  # five standard deviations
    second = np.argmax(np.any(inputs[4:] != 0, axis=2), axis=0) + 2
    seen = np.any(inputs[4:] != 0, axis=(0, 2))
    assert second[seen].min() == 20 and second[seen].max() == 59
    assert np.mean(second[seen]) == pytest.approx(39.5, abs=5 * 11.6 / np.sqrt(4000))
    assert np.average(targets**2, weights=mask) == pytest.approx(0.125, rel=1e-12)  # one of two channels is +-0.5


# ---------------------------------------------------------------------------------------------------------------------
# Context-dependent decision
# ---------------------------------------------------------------------------------------------------------------------


@given(seeds)
def test_context_decision_asks_for_the_sign_of_the_attended_coherence(seed):
    inputs, targets, mask = tasks.context_decision(6, np.random.default_rng(seed), noise=0)
    np.testing.assert_array_equal(inputs[:6], 0)
    np.testing.assert_array_equal(inputs[46:], 0)
    assert np.all(inputs[6:46] == inputs[6])
    coherences, context = inputs[6, :, :2], inputs[6, :, 2:]
    assert np.all(np.isin(np.abs(coherences), [0.125, 0.25, 0.5, 1]))
    np.testing.assert_array_equal(np.sort(context, axis=1), np.tile([0, 1], (6, 1)))
    wanted = 0.5 * np.sign(np.sum(coherences * context, axis=1))
    np.testing.assert_array_equal(targets[56:, :, 0], np.tile(wanted, (40, 1)))
    np.testing.assert_array_equal(targets[:56], 0)
    wanted_mask = np.ones(96)
    wanted_mask[46:56] = 0
    np.testing.assert_array_equal(mask[..., 0], np.tile(wanted_mask[:, None], 6))


@pytest.mark.parametrize("dt", [0.25, 0.5, 1])
def test_context_decision_noise_has_the_same_integral_for_every_time_step(dt):
    inputs, _, _ = tasks.context_decision(2000, np.random.default_rng(0), dt=dt)
    fixation = inputs[:round(3 / dt), :, :2]
    integral = dt * fixation.sum(axis=0)
    assert np.std(integral) == pytest.approx(0.05 * np.sqrt(3), rel=5 / np.sqrt(2 * 4000))  # five standard deviations
    assert np.all(inputs[:round(3 / dt), :, 2:] == 0)


def test_context_decision_choices_are_independent():
    inputs, _, _ = tasks.context_decision(4000, np.random.default_rng(1), noise=0)
    correlations = np.corrcoef(inputs[10, :, :3].T)
    assert np.max(np.abs(correlations - np.eye(3))) < 5 / np.sqrt(4000)


# ---------------------------------------------------------------------------------------------------------------------
# Parametric working memory
# ---------------------------------------------------------------------------------------------------------------------


@given(seeds)
def test_parametric_working_memory_asks_for_the_larger_pulse(seed):
    inputs, targets, mask = tasks.parametric_working_memory(6, np.random.default_rng(seed))
    for trial in range(6):
        (first, first_end), (second, second_end) = runs_of_ones(inputs[:, trial, 0])
        assert first == 6 and first_end - first == second_end - second == 2
        assert 4 <= second - first_end < 16
        sizes = inputs[[first, second], trial, 0]
        assert np.all((sizes >= 0.5) & (sizes <= 1.5)) and abs(sizes[0] - sizes[1]) >= 0.2 - 1e-12
        wanted_targets, wanted_mask = np.zeros((2, 56, 2))
        wanted_targets[second_end + 10:second_end + 30, np.argmax(sizes)] = 0.5
        wanted_mask[:second_end] = 1
        wanted_mask[second_end + 10:second_end + 30] = 1
        np.testing.assert_array_equal(targets[:, trial], wanted_targets)
        np.testing.assert_array_equal(mask[:, trial], wanted_mask)


def test_pulse_sizes_are_those_of_redrawing_until_they_differ_enough():
    inputs, _, _ = tasks.parametric_working_memory(5000, np.random.default_rng(0))
    first = inputs[6, :, 0]
    second = inputs.sum(axis=(0, 2)) / 2 - first
    redrawn = np.random.default_rng(1).uniform(0.5, 1.5, (20000, 2))
    redrawn = redrawn[np.abs(redrawn[:, 0] - redrawn[:, 1]) >= 0.2]
    for statistic in (lambda a, b: a, lambda a, b: b, lambda a, b: a * b, lambda a, b: np.abs(a - b), np.greater):
        ours, theirs = statistic(first, second), statistic(*redrawn.T)
        error = np.sqrt(np.var(ours) / len(ours) + np.var(theirs) / len(theirs))
        assert abs(np.mean(ours) - np.mean(theirs)) < 5 * error


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name, value", [("P", 0), ("P", 2.5), ("rng", 1), ("dt", 0), ("dt", 2), ("dt", "x"),
                                         ("fixation", -1), ("fixation", 0.3), ("fixation", np.nan)])
def test_every_task_refuses(make, name, value):
    with pytest.raises(ValueError, match=name):
        make(**({"P": 2, "rng": np.random.default_rng(0)} | {name: value}))


@pytest.mark.parametrize("make, name, value", [
    (MAKERS[0], "channels", 0), (MAKERS[0], "duration", 3), (MAKERS[0], "duration", 50.2), (MAKERS[0], "pulse", 0.7),
    (MAKERS[0], "pulse", 0), (MAKERS[0], "answer_delay", 0), (MAKERS[0], "rest", (5, 5)), (MAKERS[0], "rest", 5),
    (MAKERS[0], "rest", (-1, 5)), (MAKERS[1], "stimulus", 0), (MAKERS[1], "decision", 0), (MAKERS[1], "delay", 0.1),
    (MAKERS[1], "coherences", []), (MAKERS[1], "coherences", [0, 1]), (MAKERS[1], "noise", -1),
    (MAKERS[2], "pulse", 0), (MAKERS[2], "decision", 0), (MAKERS[2], "delay", (8, 2)), (MAKERS[2], "answer_delay", 0.3),
    (MAKERS[2], "amplitudes", (1.5, 0.5)), (MAKERS[2], "difference", 1), (MAKERS[2], "difference", -0.1)])
def test_each_task_refuses(make, name, value):
    with pytest.raises(ValueError, match=name):
        make(2, np.random.default_rng(0), **{name: value})
