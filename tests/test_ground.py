"""The ground of the package: argument checks, progress bars, and the integration of flows."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrnn_helpers import _checks, _flow, _progress

SOLVERS = pytest.mark.parametrize("method", ["RK45", "DOP853", "LSODA"])
FINE = {"rtol": 1e-9, "atol": 1e-12}
numbers = st.floats(-1e6, 1e6)

# ---------------------------------------------------------------------------------------------------------------------
# Checks
# ---------------------------------------------------------------------------------------------------------------------


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=numbers))
def test_a_good_array_comes_back_as_a_copy(value):
    checked = _checks.array("x", value, ("n", "m"))
    np.testing.assert_array_equal(checked, value)
    assert checked is not value and not np.shares_memory(checked, value)


@given(arrays(float, st.integers(1, 5), elements=numbers), numbers)
def test_bounds_of_an_array_are_those_of_its_entries(values, bound):
    for bounds, holds in (({"above": bound}, values > bound), ({"below": bound}, values < bound),
                          ({"minimum": bound}, values >= bound), ({"maximum": bound}, values <= bound)):
        if holds.all():
            np.testing.assert_array_equal(_checks.array("x", values, **bounds), values)
        else:
            with pytest.raises(ValueError, match="^x must be (greater|less|at least|at most)"):
                _checks.array("x", values, **bounds)


@pytest.mark.parametrize("shape, wanted, fits", [
    ((2, 3), ("n", 3), True), ((2, 3), ("n", "n"), False), ((3, 3), ("n", "n"), True), ((3,), ("n", "m"), False),
    ((), (), True), ((2, 4), ("n", 3), False), ((2, 3, 5), None, True)])
def test_a_name_in_a_shape_stands_for_one_length(shape, wanted, fits):
    if fits:
        assert _checks.array("x", np.ones(shape), wanted).shape == shape
    else:
        with pytest.raises(ValueError, match=r"^x must have shape \("):
            _checks.array("x", np.ones(shape), wanted)


def test_numbers_keep_to_their_bounds():
    assert _checks.real("x", np.float32(0.5), above=0, maximum=0.5) == 0.5 and _checks.integer("n", np.int64(3)) == 3
    assert isinstance(_checks.real("x", 1), float) and isinstance(_checks.integer("n", np.int64(3)), int)


def test_complex_only_where_it_was_given():
    for value, dtype in (([1, 2], float), ([1, 2j], complex)):
        assert _checks.real_or_complex("x", value).dtype == dtype
    a, b = _checks.broadcast(a=[1.0, 2.0], b=1j)
    assert a.dtype == b.dtype == complex and a.shape == b.shape == (2,)


@pytest.mark.parametrize("call, message", [
    (lambda: _checks.array("x", [[1, 2], [3]]), "x must be a rectangular array of real numbers"),
    (lambda: _checks.array("x", ["a"]), "x must hold real numbers"),
    (lambda: _checks.array("x", [1j]), "x must hold real"), (lambda: _checks.array("x", []), "x must not be empty"),
    (lambda: _checks.array("x", [np.nan]), "x must be finite"),
    (lambda: _checks.array("x", ["a"], dtype=complex), "x must hold complex numbers"),
    (lambda: _checks.integer("n", True), "n must be an integer"),
    (lambda: _checks.integer("n", 2.0), "n must be an integer"),
    (lambda: _checks.integer("n", 0), "n must be at least 1"),
    (lambda: _checks.integer("n", 10**10), "n must be at most"),
    (lambda: _checks.real("x", "1"), "x must be a real number"),
    (lambda: _checks.real("x", 10**400), "x must be finite"),
    (lambda: _checks.real("x", True), "x must be a real number"),
    (lambda: _checks.real("x", 0, above=0), "x must be greater"),
    (lambda: _checks.choice("kind", "c", ("a", "b")), "kind must be one of 'a', 'b'"),
    (lambda: _checks.choice("kind", ["a"], ("a",)), "kind must be one of"),
    (lambda: _checks.increasing("times", [0, 0]), "times must be strictly increasing"),
    (lambda: _checks.increasing("times", [-1, 0], minimum=0), "times must be at least 0"),
    (lambda: _checks.generator("rng", 0), "rng must be a numpy random generator"),
    (lambda: _checks.instance("rnn", 0, dict), "rnn must be a dict, but int was given"),
    (lambda: _checks.function("draw", 0), "draw must be a function"),
    (lambda: _checks.broadcast(a=[1, 2], b=[1, 2, 3]), "a, b must have shapes that broadcast")])
def test_each_check_refuses_with_the_name_of_the_argument(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


# ---------------------------------------------------------------------------------------------------------------------
# Progress
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("disabled, show, seen", [("1", True, False), (None, True, True), (None, False, False)])
def test_bars_are_seen_only_where_they_are_wanted(capsys, monkeypatch, disabled, show, seen):
    monkeypatch.delenv("TQDM_DISABLE")
    if disabled:
        monkeypatch.setenv("TQDM_DISABLE", disabled)
    assert list(_progress.bar(range(3), desc="steps", show=show, delay=0)) == [0, 1, 2]
    shown = capsys.readouterr()
    assert ("steps" in shown.out + shown.err) == seen


@SOLVERS
def test_the_bar_of_a_flow_ends_at_the_whole(capsys, monkeypatch, method):
    """A sum of steps would round past the total, of which tqdm warns; warnings are errors here."""
    monkeypatch.delenv("TQDM_DISABLE")
    monkeypatch.setattr(_flow, "_bar", lambda times, what, progress: _progress.bar(
        total=float(times[-1] - times[0]), desc=what, show=progress, delay=0, mininterval=0))
    for span in (0.1, 0.3, 0.7, 1 / 3):
        _flow.integrate(lambda t, x: -x, [1.0], np.array([0.1, 0.1 + span]), what="decay", method=method, **FINE)
    assert capsys.readouterr().err.count("decay: 100%") >= 4
    _flow.integrate(lambda t, x: -x, [1.0], np.array([0.0, 1.0]), what="decay", method=method, progress=False, **FINE)
    assert capsys.readouterr() == ("", "")


# ---------------------------------------------------------------------------------------------------------------------
# Flows
# ---------------------------------------------------------------------------------------------------------------------


@SOLVERS
@given(start=arrays(float, st.integers(1, 4), elements=st.floats(-2, 2)), first=st.floats(-5, 5),
       gaps=st.lists(st.floats(0.01, 2), min_size=0, max_size=6))
def test_a_linear_flow_is_an_exponential_from_its_first_time_on(method, start, first, gaps):
    times = first + np.cumsum([0, *gaps])
    reached, states, message = _flow.integrate(lambda t, x: -x, start, times, method=method, **FINE)
    np.testing.assert_array_equal(reached, times)
    np.testing.assert_array_equal(states[0], start)
    np.testing.assert_allclose(states, start * np.exp(first - times)[:, None], rtol=0, atol=1e-6)
    assert message == ""


@SOLVERS
def test_one_time_needs_no_velocity(method):
    reached, states, message = _flow.integrate(None, [3.0, 4.0], np.array([7.0]), method=method, **FINE)
    assert reached.tolist() == [7.0] and states.tolist() == [[3.0, 4.0]] and message == ""


@SOLVERS
def test_a_run_that_diverges_keeps_what_it_had(method):
    times = np.linspace(0, 2.2, 11)
    reached, states, message = _flow.integrate(lambda t, x: x**2, [1.0], times, method=method, **FINE)
    np.testing.assert_allclose(states[:, 0], 1 / (1 - reached), rtol=1e-6)
    assert reached.tolist() == times[:5].tolist() and message.startswith("the flow stopped after time 0.88: ")
    reached, states, message = _flow.integrate(lambda t, x: x, [1.0], 10 * times, method=method, largest=1e4, **FINE)
    assert 0 < reached[-1] < np.log(1e4) and np.max(states) < 1e4 and message.endswith("a value exceeded 1e+04")


@SOLVERS
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("beyond", [-np.inf, 2.0])
def test_no_run_goes_on_where_the_velocity_is_not_finite(capfd, method, value, beyond):
    """At the start the explicit methods would shorten a step without end; LSODA would go on with wrong values."""
    times, calls = np.linspace(0, 5, 21), []

    def velocity(t, x):
        calls.append(t)
        return np.where(x > beyond, value, 1.0)

    reached, states, message = _flow.integrate(velocity, [1.0, 1.0], times, method=method, **FINE)
    assert len(calls) < 5000 and len(reached) == len(states) and reached[-1] <= 1 and message
    np.testing.assert_allclose(states[:, 0], 1 + reached, rtol=1e-9)
    assert capfd.readouterr().out == ""


def test_a_step_into_bad_country_is_tried_again_shorter():
    """The velocity has no value beyond 1, where x never goes, but a long trial step would."""
    met = []

    def velocity(t, x):
        met.append(x[0] > 1)
        return np.where(x > 1, np.nan, 50 * (1 - x))

    for method in ("RK45", "DOP853"):
        _, states, message = _flow.integrate(velocity, [0.0], np.array([0.0, 1.0]), method=method, rtol=1e-2, atol=1e-2)
        assert message == "" and states[-1, 0] == pytest.approx(1, abs=0.05)
    assert any(met)


@SOLVERS
def test_a_velocity_that_says_stop_ends_the_run(method):
    def velocity(t, x):
        if t > 1:
            raise _flow.Stopped("the road ends")
        return np.ones(1)

    reached, states, message = _flow.integrate(velocity, [0.0], np.linspace(0, 3, 13), method=method, what="the walk",
                                               **FINE)
    assert 0 <= reached[-1] <= 1 and message == f"the walk stopped after time {reached[-1]:g}: the road ends"
    np.testing.assert_allclose(states[:, 0], reached, atol=1e-9)


@SOLVERS
def test_a_fault_of_the_velocity_is_not_taken_for_an_end(method):
    def faulty(t, x):
        raise ValueError("gradients must fit")

    with pytest.raises(ValueError, match="gradients must fit"):
        _flow.integrate(faulty, [0.0], np.array([0.0, 1.0]), method=method, **FINE)


@SOLVERS
def test_too_many_steps_end_a_run(monkeypatch, method):
    monkeypatch.setattr(_flow, "_MOST_STEPS", 50)
    times = np.linspace(0, 100, 201)
    reached, states, message = _flow.integrate(lambda t, x: np.array([x[1], -x[0]]), [1.0, 0.0], times, method=method,
                                               **FINE)
    assert 1 < len(reached) < len(times) and "50 steps did not suffice" in message
    np.testing.assert_allclose(states[:, 0], np.cos(reached), atol=1e-6)


def test_a_solver_that_gives_up_does_not_warn(monkeypatch):
    """LSODA warns of what it then reports; warnings are errors here."""
    class GivesUp(_flow.LSODA):
        def _step_impl(self):
            warnings.warn("lsoda: Repeated convergence failures (perhaps bad Jacobian or tolerances).", stacklevel=2)
            return False, "Unexpected istate in LSODA."

    monkeypatch.setitem(_flow._METHODS, "LSODA", GivesUp)
    reached, _, message = _flow.integrate(lambda t, x: -x, [1.0], np.array([0.0, 1.0]), method="LSODA", **FINE)
    assert reached.tolist() == [0.0] and "the integrator gave up (Unexpected istate in LSODA)" in message


@pytest.mark.parametrize("name, options", [
    ("method", {"method": "Euler"}), ("method", {"method": None}), ("rtol", {"rtol": 0}), ("rtol", {"rtol": 1}),
    ("rtol", {"rtol": np.nan}), ("atol", {"atol": 0}), ("atol", {"atol": "fine"})])
def test_flows_refuse(name, options):
    with pytest.raises(ValueError, match=f"^{name} must"):
        _flow.integrate(lambda t, x: -x, [1.0], np.array([0.0, 1.0]), **FINE | options)
