"""Checkers that say what is wrong."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.page import exercises
from lrnn_helpers.page._diagnosis import FACTORS as WORDS

FACTORS = [complex(factor).real for factor in WORDS.values()]

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
    (lambda A: 2 * A.T + [[0, 0], [5, 0]] if A.shape == (2, 2) else 2 * A.T, "(1 of 4 are wrong): yours, 7, is too"),
    (lambda A: "two", "array of numbers"), (lambda A: np.zeros(7), "should have shape (2, 2)"),
    (lambda A: 2 * A.T + np.nan, "NaN")])
def test_the_verdict_says_what_is_wrong(capsys, attempt, words):
    right, said = verdict(capsys, attempt)
    assert words in said and right == said.startswith("Correct")


def test_known_mistakes_are_recognized(capsys):
    right, said = verdict(capsys, lambda A: A.T + 1, mistakes={"plus one is not times two": lambda A: A.T + 1})
    assert not right and "plus one is not times two" in said


X = [np.array([3.0, -1.0, 0.5]), np.array([2.0, 5.0, 7.0])]
THREE = [(x,) for x in X]


def said(attempt, reference=lambda x: x, cases=THREE):
    right, sentence = exercises.verdict(attempt, reference, cases)
    assert not right
    return sentence.partition(": ")[2]


@given(st.permutations([0, 1, 2]).filter(lambda order: order not in ([0, 1, 2], [2, 1, 0])))
def test_entries_in_another_order_are_recognized(order):
    words = said(lambda x: x[order])
    place, belongs = map(int, re.findall(r"entry (\d)", words))
    assert "right but for its order" in words and order[place] == belongs != place


def test_a_result_that_runs_backwards_is_recognized_at_any_length():
    cases = [(np.arange(1.0, n),) for n in (4, 30)]
    assert "runs backwards, from the last entry" in said(lambda x: x[::-1], cases=cases)
    table = [(np.arange(12.0).reshape(3, 4),)]
    assert "from the last column" in said(lambda A: A[:, ::-1], lambda A: A, table)


@given(st.sampled_from([(-1, "-1"), (2, "2"), (0.5, "0.5"), (1 / 3, "1/3")]), st.integers(0, 2))
def test_a_sign_or_a_factor_of_one_entry_is_recognized(factor, place):
    wrong = np.ones(3)
    wrong[place] = factor[0]
    assert f"entry {place} is {factor[1]} times what it should be, all else is right" in said(lambda x: wrong * x)


@given(st.floats(0.3, 3).filter(lambda f: min(abs(f - by) for by in (1, *map(abs, FACTORS))) > 1e-3))
def test_no_other_factor_is_said_and_none_from_a_single_number(factor):
    assert "times" not in said(lambda x: factor * x)
    assert "times" not in said(lambda x: x * [2, 1, 1], cases=THREE[:1])  # one number is a multiple of any other
    assert "times" not in said(lambda x: 2 * x, cases=[(3.0,)])


def test_factors_that_differ_from_case_to_case_are_not_said():
    assert "times" not in said(lambda x: x * (2 if x[0] == 3 else 4))
    assert "times" not in said(lambda x: x * ([2, 1, 1] if x[0] == 3 else [4, 1, 1]))


def test_exchanged_arguments_are_recognized_by_name():
    words = said(lambda a, b: a - b**2, lambda length, width: width - length**2, [(1.0, 3.0), (0.5, 2.0)])
    assert words == "it would be right if length and width were exchanged."


def test_a_missing_conjugate_is_recognized():
    assert "complex conjugate" in said(np.conj, cases=[(np.array([1 + 2j, 3 - 1j]),)])


@given(st.lists(st.floats(-9, 9).filter(lambda x: abs(x) > 0.1), min_size=2, max_size=9), st.integers(0, 99))
def test_no_sentence_gives_the_right_number_away(values, seed):
    rng = np.random.default_rng(seed)
    right = np.array(values) + rng.uniform(0.001, 0.002, len(values))
    for wrong in (right + rng.uniform(0.1, 1, len(values)), 1.003 * right, right[::-1] + 1e-6 * right):
        right_now, sentence = exercises.verdict(lambda x, wrong=wrong: wrong, lambda x: x, [(right,)])
        shown = re.findall(r"yours, (.*?),", sentence)
        numbers = {float(word) for word in re.findall(r"-?\d+\.\d+", sentence) if word not in shown}
        assert not right_now and not any(np.isclose(number, right, rtol=1e-4).any() for number in numbers)


@pytest.mark.parametrize("name, arguments", [
    ("attempt", (None, len, [(1,)])), ("reference", (len, None, [(1,)])), ("cases", (len, len, [])),
    ("cases", (len, len, [1]))])
def test_every_function_refuses(name, arguments):
    with pytest.raises(ValueError, match=f"^{name} must"):
        exercises.check_function(*arguments)
