"""Checkers for coding exercises that say what is wrong, not only that something is."""

import copy
import numbers

import numpy as np

from lrnn_helpers import _checks


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
            complaint = _numerical_hint(attempt, expected, cases, number - 1, tolerances)
        if complaint:
            return False, f"Not yet (case {number} of {len(cases)}): {complaint}"
    return True, f"Correct: all {len(cases)} cases agree."


_NUMBERS_DIFFER = "the numbers differ"
_UNITS = {"": 1, "-": -1, "i ": 1j, "-i ": -1j}
_FACTORS = {f"{n:g}": n for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 1.5, 0.75, 0.5, 0.25, 0.2, 0.125, 0.1)} | {
    "1/3": 1 / 3, "2/3": 2 / 3, "1/6": 1 / 6, "pi": np.pi, "2 pi": 2 * np.pi, "4 pi": 4 * np.pi, "1/pi": 1 / np.pi,
    "1/(2 pi)": 0.5 / np.pi, "sqrt(2)": 2**0.5, "1/sqrt(2)": 0.5**0.5}
_FACTORS = {unit + word: sign * size for unit, sign in _UNITS.items() for word, size in _FACTORS.items()} | {
    "i": 1j, "-i": -1j}  # by what a formula is wrong when a factor of it was forgotten


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
    try:
        answer = _call(attempt, case)
    except (Exception, SystemExit) as error:  # whatever a reader's code raises becomes a sentence
        return f"your function stopped with {_said(error)}"
    if answer is None:
        return "your function returns nothing yet; replace the body and return the result."
    try:
        answer = _as_numbers(answer)
    except Exception:  # of numpy, or of whatever object was returned
        return f"the result should be an array of numbers, but it is a {type(answer).__name__}."
    if answer.shape == expected.shape and np.allclose(answer, expected, **tolerances):
        return ""
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
        wrong = _as_numbers(_call(mistaken, case))
    except Exception:  # this mistake cannot be made on this case
        return False
    return wrong.shape == answer.shape and np.allclose(answer, wrong, **tolerances)


def _numerical_hint(attempt, expected, cases, place, tolerances):
    """In what way the numbers of one case differ."""
    answer, right = _as_numbers(_call(attempt, cases[place])), expected[place]
    if _differ_by(-1, attempt, expected, cases, tolerances):
        return "the size is right but the sign is opposite."
    square = answer.ndim == 2 and answer.shape[0] == answer.shape[1]
    if square and np.allclose(answer.T, right, **tolerances):
        return "the result is the transpose of the right one."
    for word, factor in _FACTORS.items():
        if np.allclose(answer, factor * right, **tolerances) and _differ_by(factor, attempt, expected, cases,
                                                                            tolerances):
            return f"the result is {word} times the right one: look for a missing factor."
    worst = np.unravel_index(np.argmax(np.abs(answer - right)), right.shape)
    where = f"entry {tuple(map(int, worst))}" if worst else "the value"
    should, yours = f"{right[worst]:.6g}", f"{answer[worst]:.6g}"
    near = f" to six digits, but differs by {abs(answer[worst] - right[worst]):.2g}"
    return f"{where} should be {should}, but yours is {yours}." if should != yours else f"{where} is {should}{near}."


def _differ_by(factor, attempt, expected, cases, tolerances):
    """Whether the attempt is this factor times the right result in every case."""
    try:
        return all(np.allclose(_as_numbers(_call(attempt, case)), factor * right, **tolerances)
                   for case, right in zip(cases, expected, strict=True))
    except (Exception, SystemExit):
        return False


def _said(error):
    """Name and message of an error; its message may itself be out of order."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__
