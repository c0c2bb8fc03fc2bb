"""Integration of flows for the whole package: a run that cannot go on stops, keeps what it had and says why."""

import warnings

import numpy as np
from scipy.integrate import DOP853, LSODA, RK45

from lrnn_helpers import _checks, _progress

_METHODS = {"RK45": RK45, "DOP853": DOP853, "LSODA": LSODA}
_MOST_STEPS = 200_000
_HOPELESS = 2_000, 1e-5  # a run that has covered so little of the time after so many steps will not arrive


class Stopped(Exception):
    """Raised by a velocity that has no value; the message says why the run ends there."""


def integrate(velocity, start, times, *, rtol, atol, method="DOP853", largest=np.inf, what="the flow", progress=True,
              **options):
    """x' = velocity(t, x) from x(times[0]) = start, with one of scipy's solvers: "DOP853", "RK45" or "LSODA".

    times: checked, increasing. largest: the run has diverged when a component exceeds this. what: the run's name.
    options: of the solver. Returns the times reached (n,), the states there (n, len(start)) and a message, "" for a run
    that reached times[-1]. A velocity that is not finite rejects the step, which is tried again, shorter; LSODA cannot
    do so, and stops. A velocity that raises Stopped ends the run.
    ValueError for another method or tolerances out of range.
    """
    solver = _METHODS[_checks.choice("method", method, tuple(_METHODS))]
    options |= {"rtol": _checks.real("rtol", rtol, minimum=3e-14, below=1), "atol": _checks.real("atol", atol, above=0)}
    states, message = [np.array(start, float)], ""
    if len(times) > 1:
        with (np.errstate(over="ignore", invalid="ignore", divide="ignore"), warnings.catch_warnings(),
              _bar(times, what, progress) as bar):
            warnings.filterwarnings("ignore", "lsoda:")  # the message says it
            try:
                _check_finite(velocity(times[0], states[0]))  # a step from here could never be short enough
                checked = _finite(velocity) if solver is LSODA else velocity
                _advance(solver(checked, times[0], states[0], times[-1], **options), times, states, largest, bar)
            except Stopped as stop:
                message = f"{what} stopped after time {times[len(states) - 1]:g}: {stop}"
    return times[:len(states)], np.array(states), message


def _advance(run, times, states, largest, bar):
    """Step by step, append the states at those of `times` that each step has passed; Stopped if there is no next."""
    for step in range(_MOST_STEPS):
        failure = run.step()
        if run.status == "failed" or run.t == run.t_old:
            raise Stopped(f"the integrator gave up ({(failure or 'its steps are too short').rstrip('.')})")
        if not np.max(np.abs(run.y)) < largest:
            raise Stopped(f"a value exceeded {largest:.0e}" if np.isfinite(largest) else "a value is no longer finite")
        passed = times[len(states):np.searchsorted(times, run.t, side="right")]
        if len(passed):
            states += map(run.dense_output(), passed)
        bar.n = min(run.t - times[0], bar.total)  # a sum of steps would round past the total
        bar.update(0)
        if run.status == "finished":
            return
        if step == _HOPELESS[0] and run.t - times[0] < _HOPELESS[1] * (times[-1] - times[0]):
            raise Stopped(f"{step} steps covered hardly any of the time; it is too stiff for this method, or too long")
    raise Stopped(f"{_MOST_STEPS} steps did not suffice; it is too stiff for this method, or too long")


def _finite(velocity):
    def checked(time, state):
        return _check_finite(velocity(time, state))

    return checked


def _check_finite(rates):
    if not np.all(np.isfinite(rates)):
        raise Stopped("its velocity is not finite")
    return rates


def _bar(times, what, progress):
    return _progress.bar(total=float(times[-1] - times[0]), desc=what, show=progress, delay=1,
                         bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}")
