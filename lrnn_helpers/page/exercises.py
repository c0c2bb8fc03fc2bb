"""Checkers for coding exercises that say what is wrong, not only that something is."""

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
    cases: list of argument tuples. mistakes: sentence -> function that makes a well-known mistake; if the attempt
    agrees with one of them, the reader is told the sentence. rtol, atol: of the comparison.
    Returns (right, sentence). ValueError for bad arguments. Source: the exercises of this book.
    """
    _checks.function("attempt", attempt)
    _checks.function("reference", reference)
    if not cases or not all(isinstance(case, tuple) for case in cases):
        raise ValueError("cases must be a non-empty list of argument tuples")
    for number, case in enumerate(cases, start=1):
        complaint = _complaint(attempt, reference, case, mistakes or {}, rtol, atol)
        if complaint:
            return False, f"Not yet (case {number} of {len(cases)}): {complaint}"
    return True, f"Correct: all {len(cases)} cases agree."


def _complaint(attempt, reference, case, mistakes, rtol, atol):
    """What is wrong with the attempt on one case, or "" if nothing is."""
    expected = np.asarray(reference(*case))
    try:
        answer = attempt(*case)
    except Exception as error:  # whatever a reader's code raises becomes a sentence
        return f"your function stopped with {type(error).__name__}: {error}"
    if answer is None:
        return "your function returns nothing yet; replace the body and return the result."
    try:
        answer = np.asarray(answer, dtype=complex if np.iscomplexobj(answer) else float)
    except (TypeError, ValueError):
        return f"the result should be an array of numbers, but it is a {type(answer).__name__}."
    known = _known_mistake(answer, case, mistakes, rtol, atol)
    if answer.shape == expected.shape and np.allclose(answer, expected, rtol=rtol, atol=atol):
        return ""
    if known:
        return known
    if answer.shape != expected.shape:
        hint = " It looks transposed." if answer.shape == expected.shape[::-1] else ""
        return f"the result should have shape {expected.shape}, but yours has {answer.shape}.{hint}"
    if not np.all(np.isfinite(answer)):
        return "the result contains NaN or infinity."
    return _numerical_hint(answer, expected, rtol, atol)


def _known_mistake(answer, case, mistakes, rtol, atol):
    for sentence, mistaken in mistakes.items():
        wrong = np.asarray(mistaken(*case))
        if wrong.shape == answer.shape and np.allclose(answer, wrong, rtol=rtol, atol=atol):
            return sentence
    return ""


def _numerical_hint(answer, expected, rtol, atol):
    if np.allclose(answer, -expected, rtol=rtol, atol=atol):
        return "the size is right but the sign is opposite."
    square = answer.ndim == 2 and answer.shape[0] == answer.shape[1]
    if square and np.allclose(answer.T, expected, rtol=rtol, atol=atol):
        return "the result is the transpose of the right one."
    factor = np.vdot(expected, answer) / max(np.vdot(expected, expected).real, np.finfo(float).tiny)
    if abs(factor) > 0 and np.allclose(answer, factor * expected, rtol=rtol, atol=atol):
        return f"the result is {factor.real:.4g} times the right one: look for a missing factor."
    worst = np.unravel_index(np.argmax(np.abs(answer - expected)), expected.shape)
    place = f"entry {tuple(map(int, worst))}" if worst else "the value"
    return f"{place} should be {expected[worst]:.6g}, but yours is {answer[worst]:.6g}."
