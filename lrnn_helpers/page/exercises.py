"""Checkers for coding exercises that say what is wrong, not only that something is."""

import copy
import itertools
import numbers

import numpy as np

from lrnn_helpers import _checks
from lrnn_helpers.page import _diagnosis


def check_function(attempt, reference, cases, *, mistakes=None, rtol=1e-7, atol=1e-10):
    """Compare a reader's function with a reference on several cases and print what is wrong, if anything is.

    attempt, reference, cases, mistakes, rtol, atol: as for `verdict`. Returns nothing. ValueError for bad arguments.
    Source: the exercises of this book.
    """
    print(verdict(attempt, reference, cases, mistakes=mistakes, rtol=rtol, atol=atol)[1])


def verdict(attempt, reference, cases, *, mistakes=None, rtol=1e-7, atol=1e-10):
    """Whether a reader's function is right, and a sentence that explains the first difference.

    attempt: the reader's function; one that returns None counts as not yet written. reference: the right one.
    cases: list of argument tuples, of which every call gets a copy. mistakes: sentence -> function that makes a
    well-known mistake; if the attempt agrees with one of them, the reader is told the sentence; one that cannot be made
    on a case, and raises, says nothing there. rtol, atol: of the comparison.
    Returns (right, sentence); what the attempt raises becomes a sentence, except for KeyboardInterrupt, with which a
    reader ends what does not end. ValueError for bad arguments. Source: the exercises of this book.
    """
    _checks.function("attempt", attempt)
    _checks.function("reference", reference)
    if not isinstance(cases, (list, tuple)) or not cases or not all(isinstance(case, tuple) for case in cases):
        raise ValueError(f"cases must be a non-empty list of argument tuples, but {cases!r} was given")
    mistakes = {} if mistakes is None else _checks.instance("mistakes", mistakes, dict)
    for sentence, mistaken in mistakes.items():
        _checks.function(f"mistakes[{sentence!r}]", mistaken)
    tolerances = {"rtol": _checks.real("rtol", rtol, minimum=0), "atol": _checks.real("atol", atol, minimum=0)}
    expected = [_reference(reference, case, number) for number, case in enumerate(cases, start=1)]
    for number, (case, right) in enumerate(zip(cases, expected, strict=True), start=1):
        complaint = _complaint(attempt, right, case, mistakes, tolerances)
        if complaint is _NUMBERS_DIFFER:
            complaint = _numerical_hint(attempt, reference, expected, cases, number - 1, tolerances)
        if complaint:
            return False, f"Not yet (case {number} of {len(cases)}): {complaint}"
    return True, f"Correct: all {len(cases)} cases agree."


def credit(attempt, reference, cases, *, points=3, slips=None, edges=None, mistakes=None, rtol=1e-7, atol=1e-10):
    """Mark an answer that may be right but for one slip, for the last line of a test that nbgrader marks.

    attempt, reference, cases, mistakes, rtol, atol: as for `verdict`. points: what an answer with one slip earns.
    A slip is, in every case, a wrong sign or simple factor, a transposition, an argument that is overwritten, or one of
    `slips`, given as `mistakes` are; or one of `edges`: sentence -> further cases, in which alone the answer fails.
    Returns None for a right answer, which nbgrader takes for all points, else `points`, and prints what is wrong.
    AssertionError with a sentence for any other answer; ValueError for bad arguments. Source: the problem sets.
    """
    tolerances = {"rtol": rtol, "atol": atol}
    slips, edges, mistakes = ({} if value is None else _checks.instance(name, value, dict) for name, value in (
        ("slips", slips), ("edges", edges), ("mistakes", mistakes)))
    points = _checks.real("points", points, minimum=0)
    right, sentence = verdict(attempt, reference, cases, mistakes={**mistakes, **slips}, **tolerances)
    if right:
        failed = [f"{edge} {said}" for edge, more in edges.items()
                  for fine, said in [verdict(attempt, reference, more, **tolerances)] if not fine]
        if not failed:
            return None
        slip = failed[0] if len(failed) == 1 else ""
        sentence = " ".join(failed)
    else:
        slip = _slip(attempt, reference, cases, slips, tolerances)
    if not slip:
        raise AssertionError(sentence)
    print(f"Right but for one thing, which earns {points:g} points: {slip}")
    return points


_NUMBERS_DIFFER = "the numbers differ"


def _call(function, case):
    """The function on a copy of the case, so that nothing it does to its arguments is seen by another."""
    return function(*copy.deepcopy(case))


def _reference(reference, case, number):
    try:
        expected = _as_numbers(_call(reference, case))
    except (Exception, SystemExit) as error:
        raise ValueError("reference must give numbers for each of the cases, but for case "
                         f"{number} it stopped with {_said(error)}") from None
    if np.isnan(expected).any():
        raise ValueError(f"reference must give numbers for each of the cases, but for case {number} it gives NaN")
    return expected


def _as_numbers(answer):
    """An answer as an array of floats or complex numbers. TypeError if it holds anything else."""
    given = np.asarray(answer)
    if given.dtype.kind not in "biufc" and not all(isinstance(entry, numbers.Number) for entry in given.flat):
        raise TypeError("not an array of numbers")
    is_complex = np.iscomplexobj(given) or any(isinstance(entry, complex) for entry in given.flat)
    return given.astype(complex if is_complex else float)


def _complaint(attempt, expected, case, mistakes, tolerances):
    """What is wrong with the attempt on one case, or "" if nothing is."""
    given = copy.deepcopy(case)
    try:
        answer = attempt(*given)
    except (Exception, SystemExit) as error:  # whatever a reader's code raises becomes a sentence
        return f"your function stopped with {_said(error)}"
    if answer is None:
        return "your function returns nothing yet; replace the body and return the result."
    try:
        answer = _as_numbers(answer)
    except Exception:  # of numpy, or of whatever object was returned
        return f"the result should be an array of numbers, but it is a {type(answer).__name__}."
    answer = _flattened(answer, expected)
    if answer.shape == expected.shape and np.allclose(answer, expected, **tolerances):
        return _diagnosis.OVERWRITES if _overwritten(given, case) else ""
    for sentence, mistaken in mistakes.items():
        if _makes(mistaken, case, answer, tolerances):
            return sentence
    if answer.shape != expected.shape:
        hint = " It looks transposed." if answer.shape == expected.shape[::-1] else ""
        return f"the result should have shape {expected.shape}, but yours has {answer.shape}.{hint}"
    if not np.all(np.isfinite(answer)):
        return "the result contains NaN or infinity."
    return _NUMBERS_DIFFER


def _makes(mistaken, case, answer, tolerances):
    try:
        with np.errstate(all="ignore"):
            wrong = _as_numbers(_call(mistaken, case))
    except Exception:  # this mistake cannot be made on this case
        return False
    return wrong.shape == answer.shape and np.allclose(answer, wrong, **tolerances)


def _flattened(answer, expected):
    """The answer without axes of length one, where a number or a plain list of numbers was asked for."""
    inflated = answer.ndim > expected.ndim < 2 and answer.size == expected.size and max(answer.shape) == answer.size
    return answer.reshape(expected.shape) if inflated else answer


def _overwritten(given, case):
    """Whether an array among the arguments is no longer what it was."""
    return any(isinstance(before, np.ndarray) and before.dtype.kind in "biufc" and now.tobytes() != before.tobytes()
               for now, before in zip(given, case, strict=True))


def _numerical_hint(attempt, reference, expected, cases, place, tolerances):
    """In what way the numbers of one case differ, without giving the right ones away."""
    answers = _answers(attempt, expected, cases)
    alike = _diagnosis.alike(tolerances)
    hint = answers and (_diagnosis.whole(answers, expected, alike) or _diagnosis.parts(answers, expected, alike)
                        or _exchanged(reference, answers, cases, tolerances))
    answer = _flattened(_as_numbers(_call(attempt, cases[place])), expected[place])
    return hint or _diagnosis.farthest(answer, expected[place], tolerances["rtol"])


def _exchanged(reference, answers, cases, tolerances):
    """Two arguments that the attempt seems to take for each other, or ""."""
    for first, second in itertools.combinations(range(len(cases[0])), 2):
        swapped = [[case[{first: second, second: first}.get(place, place)] for place in range(len(case))]
                   for case in cases]
        if all(_makes(reference, case, answer, tolerances) for case, answer in zip(swapped, answers, strict=True)):
            return f"it would be right if {_diagnosis.named(reference, first, second)} were exchanged."
    return ""


def _answers(attempt, expected, cases):
    """The attempt on every case, or None where it cannot be had on all."""
    try:
        return [_flattened(_as_numbers(_call(attempt, case)), right)
                for case, right in zip(cases, expected, strict=True)]
    except (Exception, SystemExit):
        return None


def _slip(attempt, reference, cases, slips, tolerances):
    """The one thing by which an answer differs from the right one in the same way in every case, or ""."""
    expected = [_as_numbers(_call(reference, case)) for case in cases]
    answers = _answers(attempt, expected, cases)
    if answers is None:
        return ""
    for sentence, mistaken in slips.items():
        if all(_makes(mistaken, case, answer, tolerances) for case, answer in zip(cases, answers, strict=True)):
            return sentence
    return _diagnosis.whole(answers, expected, _diagnosis.alike(tolerances))


def _said(error):
    """Name and message of an error; its message may itself be out of order."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__
