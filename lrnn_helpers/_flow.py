"""Integration of flows for the whole package: a run that cannot go on stops, keeps what it had and says why."""

import numpy as np
from scipy.integrate import DOP853, LSODA, RK45, OdeSolver, Radau

from lrnn_helpers import _checks, _progress

METHODS = {"RK45": RK45, "DOP853": DOP853, "Radau": Radau, "LSODA": LSODA}
MOST_STEPS = 200_000


class Stopped(Exception):
    """Raised by a velocity that has no value; the message says why the run ends there."""


def integrate(velocity, start, times, *, rtol, atol, method="DOP853", largest=np.inf, what="the flow", progress=True,
              **options):
    """x' = velocity(t, x) from x(times[0]) = start, with one of scipy's solvers.

    times: checked, increasing. largest: the run has diverged when a component exceeds this. what: the run's name.
    options: of the solver. Returns the times reached (n,), the states there (n, len(start)) and a message, "" for a run
    that reached times[-1]. A velocity that is NaN rejects the step; one that raises Stopped ends the run.
    ValueError for a method that scipy does not have or tolerances out of range.
    """
    solver = METHODS[_checks.choice("method", method, tuple(METHODS))]
    rtol, atol = _checks.real("rtol", rtol, minimum=3e-14, below=1), _checks.real("atol", atol, above=0)
    states, message = [np.asarray(start)], ""
    if len(times) > 1:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"), _bar(times, what, progress) as bar:
            run = _advance(solver, velocity, start, times, rtol, atol, largest, options)
            while True:
                try:
                    time, reached = next(run)
                except StopIteration as end:
                    message = end.value
                    break
                states += reached
                bar.update(time - times[0] - bar.n)
    reached = times[:len(states)]
    return reached, np.array(states), message and f"{what} stopped after time {reached[-1]:g}: {message}"


def _advance(solver, velocity, start, times, rtol, atol, largest, options):
    """Step by step, the time and the states at those of `times` that the step has passed; returns why it ended."""
    passed, steps = 1, 0
    try:
        run: OdeSolver = solver(velocity, times[0], start, times[-1], rtol=rtol, atol=atol, **options)
        while run.status == "running":
            failure = run.step()
            steps += 1
            if run.status == "failed":
                return f"the integrator gave up ({failure.rstrip('.')})"
            if not np.max(np.abs(run.y)) < largest:
                return f"a value exceeded {largest:.0e}" if np.isfinite(largest) else "a value is no longer finite"
            until = np.searchsorted(times, run.t, side="right")
            dense = run.dense_output() if until > passed else None
            yield run.t, [dense(time) for time in times[passed:until]]
            passed = until
            if steps == MOST_STEPS and run.status == "running":
                return f"{MOST_STEPS} steps did not suffice; it is too stiff for this method, or too long"
    except Stopped as stop:
        return str(stop)
    return ""


def _bar(times, what, progress):
    return _progress.bar(total=float(times[-1] - times[0]), desc=what, show=progress, delay=1,
                         bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}")
