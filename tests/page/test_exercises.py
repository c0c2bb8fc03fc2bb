"""Checkers that say what is wrong."""

import numpy as np
import pytest

from lrnn_helpers.page import exercises

CASES = [(np.arange(4.0).reshape(2, 2),), (np.ones((2, 3)),)]


def verdict(capsys, attempt, **options):
    right, said = exercises.verdict(attempt, lambda A: 2 * A.T, CASES, **options)
    exercises.check_function(attempt, lambda A: 2 * A.T, CASES, **options)
    assert capsys.readouterr().out == said + "\n"
    return right, said


@pytest.mark.parametrize("attempt, words", [
    (lambda A: 2 * A.T, "Correct: all 2 cases"), (lambda A: None, "returns nothing yet"),
    (lambda A: 1 / 0, "stopped with ZeroDivisionError"), (lambda A: 2 * A, "transpose"),
    (lambda A: -2 * A.T, "sign is opposite"), (lambda A: A.T, "0.5 times the right one"),
    (lambda A: 2 * A.T + [[0, 0], [5, 0]] if A.shape == (2, 2) else 2 * A.T, r"entry (1, 0) should be 2"),
    (lambda A: "two", "array of numbers"), (lambda A: np.zeros(7), "should have shape (2, 2)"),
    (lambda A: 2 * A.T + np.nan, "NaN")])
def test_the_verdict_says_what_is_wrong(capsys, attempt, words):
    right, said = verdict(capsys, attempt)
    assert words in said and right == said.startswith("Correct")


def test_known_mistakes_are_recognized(capsys):
    right, said = verdict(capsys, lambda A: A.T + 1, mistakes={"plus one is not times two": lambda A: A.T + 1})
    assert not right and "plus one is not times two" in said


@pytest.mark.parametrize("name, arguments", [
    ("attempt", (None, len, [(1,)])), ("reference", (len, None, [(1,)])), ("cases", (len, len, [])),
    ("cases", (len, len, [1]))])
def test_every_function_refuses(name, arguments):
    with pytest.raises(ValueError, match=f"^{name} must"):
        exercises.check_function(*arguments)
