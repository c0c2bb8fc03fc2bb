"""Three tasks of experimental neuroscience, for networks with a nonlinearity.

Trials are arrays with time first, P of them at once. All durations are in units of the time constant of a unit.
"""

from typing import NamedTuple

import numpy as np

from lrnn_helpers import _checks


class Trials(NamedTuple):
    """A batch of trials, time first: inputs (T, P, N_x), targets and mask (T, P, N_y). mask is 0 or 1."""

    inputs: np.ndarray
    targets: np.ndarray
    mask: np.ndarray


def flip_flop(P, rng, *, channels=2, dt=0.5, duration=50, fixation=1, pulse=1, answer_delay=5, rest=(5, 25)):
    """Report the sign of the latest pulse, on the channel that carried it.

    From time `fixation` on, pulses of +1 or -1 arrive on a random channel, answer_delay + U(rest) apart. The target is
    +0.5 or -0.5 on that channel, 0 on the others, and counts from answer_delay after a pulse's onset to the next pulse.

    P: number of trials. rng: numpy random generator. channels: of input and of output. dt, all durations: in units
    of the time constant of a unit. Returns Trials with T = duration / dt and `channels` inputs and outputs.
    ValueError if an argument is out of range or dt does not divide a duration. Source: Schuessler et al. (2020).
    """
    P, channels, dt = _sizes(P, rng, channels, dt)
    T, fixation = _steps("duration", duration, dt), _steps("fixation", fixation, dt, minimum=0)
    _checks.affordable("P, channels, duration / dt", T, P, channels)
    pulse, answer_delay = _steps("pulse", pulse, dt), _steps("answer_delay", answer_delay, dt)
    if T <= fixation + answer_delay:
        raise ValueError(f"duration must exceed fixation + answer_delay, but {duration} was given")
    intervals = answer_delay + rng.uniform(*_range("rest", rest), size=(P, T // answer_delay + 1)) // dt
    onsets = fixation + np.cumsum(intervals, axis=1) - intervals[:, :1]
    signs, places = rng.choice([-1.0, 1.0], onsets.shape), rng.integers(channels, size=onsets.shape)
    symbols = signs[..., None] * np.eye(channels)[places]
    steps = np.arange(T)[:, None]
    latest = np.sum(onsets <= steps[..., None], axis=-1) - 1  # (T, P), -1 before the first pulse
    trial = np.arange(P)
    since = np.where(latest < 0, -1, steps - onsets[trial, latest])[..., None]
    symbol = symbols[trial, latest]
    answers = since >= answer_delay
    mask = np.repeat(1.0 * answers, channels, axis=-1)
    return Trials(symbol * ((since >= 0) & (since < pulse)), 0.5 * symbol * answers, mask)


def context_decision(P, rng, *, dt=0.5, fixation=3, stimulus=20, delay=5, decision=20,
                     coherences=(-1, -0.5, -0.25, -0.125, 0.125, 0.25, 0.5, 1), noise=0.05):
    """Report the sign of one of two noisy stimuli: the one that a context input points to.

    Inputs 0, 1 are noise of standard deviation noise / sqrt(dt) at every step plus, during the stimulus, a coherence
    each; inputs 2, 3 are 1 for the attended and 0 for the other stimulus, meanwhile. The target is 0.5 sign(attended
    coherence) in the decision period and 0 before; it counts until the stimulus ends and in the decision period.

    P: number of trials. rng: numpy random generator. dt and the durations fixation, stimulus, delay, decision: in units
    of the time constant of a unit.
    coherences: values to choose from, not 0. noise: at least 0. Returns Trials with 4 inputs and 1 output.
    ValueError if an argument is out of range or dt does not divide a duration.
    Source: Mante et al. (2013); Schuessler et al. (2020).
    """
    P, _, dt = _sizes(P, rng, 1, dt)
    coherences, noise = _checks.array("coherences", coherences, ("n",)), _checks.real("noise", noise, minimum=0)
    if np.any(coherences == 0):
        raise ValueError("coherences must not contain 0, which has no sign to report")
    onset, offset, answer, T = np.cumsum([
        _steps("fixation", fixation, dt, minimum=0), _steps("stimulus", stimulus, dt),
        _steps("delay", delay, dt, minimum=0), _steps("decision", decision, dt)])
    _checks.affordable("P, (fixation + stimulus + delay + decision) / dt", T, P, 4)
    chosen = rng.choice(coherences, (P, 2))
    attended = rng.integers(2, size=P)
    inputs = np.zeros((T, P, 4))
    inputs[..., :2] = noise / np.sqrt(dt) * rng.standard_normal((T, P, 2))
    inputs[onset:offset, :, :2] += chosen
    inputs[onset:offset, :, 2:] = np.eye(2)[attended]
    targets, mask = np.zeros((2, T, P, 1))
    targets[answer:, :, 0] = 0.5 * np.sign(chosen[np.arange(P), attended])
    mask[:offset], mask[answer:] = 1, 1
    return Trials(inputs, targets, mask)


def parametric_working_memory(P, rng, *, dt=0.5, fixation=3, pulse=1, delay=(2, 8), answer_delay=5, decision=10,
                              amplitudes=(0.5, 1.5), difference=0.2):
    """Report which of two pulses, separated by a random delay, was the larger.

    The amplitudes are uniform within `amplitudes`, at least `difference` apart; the delay is U(delay). The target is
    0.5 on the channel of the larger pulse (0: the first, 1: the second) in the decision period, which begins
    answer_delay after the second pulse, and 0 before; it counts until the second pulse ends and in that period.

    P: number of trials. rng: numpy random generator. dt and the durations fixation, pulse, delay, answer_delay,
    decision: in units of the time constant of a unit.
    Returns Trials with 1 input and 2 outputs, long enough for the longest delay.
    ValueError if an argument is out of range or dt does not divide a duration.
    Source: Romo et al. (1999); Schuessler et al. (2020).
    """
    P, _, dt = _sizes(P, rng, 1, dt)
    fixation, answer_delay = (_steps(name, value, dt, minimum=0) for name, value in (
        ("fixation", fixation), ("answer_delay", answer_delay)))
    pulse, decision = _steps("pulse", pulse, dt), _steps("decision", decision, dt)
    smallest, largest = _range("amplitudes", amplitudes)
    difference = _checks.real("difference (within amplitudes)", difference, minimum=0, below=largest - smallest)
    shortest, longest = _range("delay", delay)
    T = fixation + 2 * pulse + int(longest // dt) + answer_delay + decision
    _checks.affordable("P, (fixation + 2 pulse + delay + answer_delay + decision) / dt", T, P, 2)
    # Order statistics: two uniform numbers in the range shortened by the difference, the larger shifted by it
    sizes = np.sort(rng.uniform(smallest, largest - difference, (P, 2)), axis=1) + [0, difference]
    larger = rng.integers(2, size=P)
    first, second = sizes[np.arange(P), 1 - larger], sizes[np.arange(P), larger]
    steps, onset = np.arange(T)[:, None], fixation + pulse + rng.uniform(shortest, longest, P) // dt
    since = steps - onset - pulse  # since the end of the second pulse
    inputs = first * ((steps >= fixation) & (steps < fixation + pulse)) + second * ((since >= -pulse) & (since < 0))
    decides = (since >= answer_delay) & (since < answer_delay + decision)
    targets = 0.5 * decides[..., None] * np.eye(2)[larger]
    return Trials(inputs[..., None], targets, np.repeat(1.0 * ((since < 0) | decides)[..., None], 2, axis=-1))


def _sizes(P, rng, channels, dt):
    _checks.generator("rng", rng)
    return (_checks.integer("P", P), _checks.integer("channels", channels),
            _checks.real("dt", dt, above=0, maximum=1))


def _steps(name, duration, dt, minimum=1):
    """A duration as a number of time steps, at least `minimum`."""
    steps = _checks.real(f"{name} / dt", _checks.real(name, duration) / dt, minimum=minimum, maximum=1e9)
    if abs(steps - round(steps)) > 1e-6:
        raise ValueError(f"{name} must be a multiple of dt = {dt:g}, but {duration} was given")
    return round(steps)


def _range(name, value):
    low, high = _checks.array(name, value, (2,))
    if not 0 <= low < high:
        raise ValueError(f"{name} must be two increasing numbers, not negative, but {value} was given")
    return low, high
