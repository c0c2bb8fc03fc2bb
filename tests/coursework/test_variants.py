"""Each student's own numbers can be found again from name and secret, and from nothing less."""

import copy

from grading import similarity, submissions, variants
from hypothesis import given
from hypothesis import strategies as st

from tests.coursework.conftest import RELEASED, cell, handed_in

PRINTED = [{"output_type": "stream", "name": "stdout", "text": "of the numbers that all have"}]
SOURCE = {"nbformat": 4, "cells": [
    cell("code", "given", "VARIANT = 0  # yours\nsize = 5 + VARIANT"),
    cell("code", "q2-answer", "### BEGIN SOLUTION\nVARIANT = 0\n### END SOLUTION", solution=True),
    cell("code", "q2-test", "assert size\n### BEGIN HIDDEN TESTS\nassert VARIANT\n### END HIDDEN TESTS", grade=True)]}


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(["one", "two"]))
def test_numbers_have_five_digits_and_follow_from_secret_set_and_student(secret, student, name):
    number = variants.number(secret, name, student)
    assert 10_000 <= number < 100_000 and number == variants.number(secret, name, student)


def test_numbers_differ_between_students_sets_and_years():
    numbers = {variants.number(secret, name, student) for secret in ("2026", "2027") for name in ("one", "two")
               for student in ("ada", "bob")}
    assert len(numbers) == 8


def test_number_is_filled_into_given_cells_and_hidden_checks_only():
    filled = variants.filled(SOURCE, 12345)
    assert [own["source"].count("VARIANT = 12345") for own in filled["cells"]] == [1, 0, 1]
    assert variants.filled(RELEASED, 12345) is RELEASED and "12345" not in str(SOURCE)
    names = {}
    exec(filled["cells"][0]["source"], names)
    exec(filled["cells"][2]["source"], names)
    assert names["size"] == 12350


def test_secret_is_made_once_and_readable_by_its_owner_only(tmp_path):
    assert variants.secret(tmp_path) == variants.secret(tmp_path)
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert len(variants.secret(tmp_path)) == 64


def test_a_solution_for_students_has_no_hidden_check_and_no_marker():
    source = {**SOURCE, "cells": [own | {"outputs": PRINTED} for own in SOURCE["cells"]]}
    solved = variants.solved(source)["cells"]
    assert solved[1]["source"] == "VARIANT = 0" and solved[2]["source"] == "assert size"
    assert not any(own["outputs"] for own in solved)


def test_numbers_of_somebody_else_are_remarked_without_an_accusation():
    released = copy.deepcopy(RELEASED)
    released["cells"].append(cell("code", "given", "VARIANT = 0  # your own number"))
    mine, other = variants.filled(released, 11111), variants.filled(released, 22222)
    notebook = handed_in()
    notebook["cells"].append(other["cells"][-1])
    rebuilt, remarks = submissions.rebuild(notebook, mine)
    assert remarks == ["The cell 'given' had other numbers than yours; the notebook was graded with yours."]
    assert rebuilt["cells"][-1]["source"] == "VARIANT = 11111  # your own number"


CODE = """def autocovariance(W_x, W_h, W_y, lags):
    P = linalg.solve_discrete_lyapunov(W_h, W_x @ W_x.T)
    later = [P]
    for _ in range(lags - 1):
        later.append(W_h @ later[-1])
    return W_y @ np.array(later) @ W_y.T
"""


def runs(source, kind="code"):
    return similarity.shingles([cell(kind, None, source)], kind)


def test_renamed_copies_are_alike_and_other_ways_are_not():
    renamed = CODE.replace("later", "result").replace("P", "cov").replace("    ", "  ") + "# my own work\n"
    other = "def autocovariance(A, B, C, n):\n    state, total = A, 0\n    for k in range(3000):\n" \
            "        total, state = total + state @ state.T, B @ state\n" \
            "    return [(C @ np.linalg.matrix_power(B, k) @ total @ C.T).tolist() for k in range(n)]\n"
    assert similarity.likeness(runs(CODE), runs(renamed)) > 0.95
    assert similarity.likeness(runs(CODE), runs(other)) < 0.5
    assert similarity.likeness(runs(CODE), runs("x = 1")) == 0


@given(st.text(max_size=300))
def test_any_text_can_be_compared(text):
    assert similarity.likeness(runs(text), runs(text)) in (0, 1)
    assert similarity.likeness(runs(text, "markdown"), runs(text, "markdown")) in (0, 1)
