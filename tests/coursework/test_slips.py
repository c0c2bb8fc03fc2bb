"""The slips of every day keep their marks, with a remark; and nobody is blamed for what they have not done."""

import copy
import io
import json
import zipfile
from zoneinfo import ZoneInfo

import pytest
from grading import reading, submissions
from grading.inbox import Unusable
from hypothesis import given
from hypothesis import strategies as st

from tests.coursework.conftest import NAME, RELEASED, WORK, cell, file, handed_in, texts

ZONE = ZoneInfo("UTC")


def take(*files):
    return reading.take(list(files), NAME, [RELEASED], ZONE)


def rebuild(notebook, released=RELEASED, earlier=()):
    return submissions.rebuild(reading.read(file("small.ipynb", notebook)), released, earlier)


def answers(*files):
    """The answers that are taken from a hand-in, and all remarks on it."""
    taken = take(*files)
    assert not taken["problem"], taken["problem"]
    rebuilt, remarks = submissions.rebuild(taken["notebook"], RELEASED)
    kept = texts(rebuilt)
    return {name: kept[name] for name in WORK}, " ".join(taken["remarks"] + remarks)


def at(notebook, name):
    return next(place for place, own in enumerate(notebook["cells"])
                if own["metadata"].get("nbgrader", {}).get("grade_id") == name)


def test_a_diligent_submission_is_taken_without_a_remark():
    assert answers(file("small.ipynb", handed_in())) == (WORK, "")


@pytest.mark.parametrize("name", ["small.ipynb.json", "small.IPYNB", "small (1).ipynb", "small.ipynb.txt",
                                  "small.json"])
def test_other_endings(name):
    kept, remarks = answers(file(name, handed_in()))
    assert kept == WORK and f"was named {name!r}" in remarks


def test_a_file_named_after_its_owner_is_named_rightly():
    taken = reading.take([file("ada.ipynb", handed_in())], NAME, [RELEASED], ZONE, "ada")
    assert taken["notebook"] and taken["remarks"] == []


def test_an_archive_in_the_place_of_a_notebook():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("home/work/small.ipynb", json.dumps(handed_in()))
        archive.writestr("__MACOSX/home/work/._small.ipynb", "x")
    assert answers(file("work.ZIP", buffer.getvalue()))[0] == WORK


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_of_byte_order_and_line_ends_of_windows_are_nobodys_fault(encoding):
    text = json.dumps(handed_in()).replace("\\n", "\\r\\n").replace("{", "{\r\n")
    assert answers(file("small.ipynb", text.encode(encoding))) == (WORK, "")


def test_the_blank_file_beside_the_worked_one():
    kept, remarks = answers(file("small.ipynb", RELEASED), file("small (1).ipynb", handed_in()))
    assert kept == WORK and "'small (1).ipynb' was graded, the only one with answers" in remarks


def test_two_copies_and_two_versions():
    kept, remarks = answers(file("a.ipynb", handed_in()), file("b.ipynb", handed_in()))
    assert kept == WORK and "the others are the same" in remarks
    other = handed_in({"q1-answer": "Otherwise."})
    kept, remarks = answers(file("old/draft.ipynb", other), file("small.ipynb", handed_in()))
    assert kept == WORK and "the one with the right name" in remarks
    assert "unclear which is meant" in take(file("a.ipynb", other), file("b.ipynb", handed_in()))["problem"]


def test_a_notebook_of_another_set_beside_the_right_one():
    other = {"nbformat": 4, "cells": [cell("code", "elsewhere", "x = 1")]}
    assert answers(file("small.ipynb", handed_in()), file("other.ipynb", other))[0] == WORK


def test_a_split_answer_is_joined_in_its_order():
    notebook = handed_in({"q2-answer": "def helper(x):\n    return 2 * x\n"})
    second = copy.deepcopy(notebook["cells"][at(notebook, "q2-answer")])
    second["source"] = "def double(x):\n    return helper(x)"
    notebook["cells"].insert(at(notebook, "q2-answer") + 1, second)
    kept, remarks = answers(file("small.ipynb", notebook))
    names = {}
    exec(kept["q2-answer"], names)
    assert names["double"](4) == 8 and "'q2-answer' came twice; its parts were joined" in remarks


@pytest.mark.parametrize("first", [True, False])
def test_a_stub_that_was_copied_before_it_was_filled(first):
    notebook = handed_in()
    stub = copy.deepcopy(RELEASED["cells"][at(RELEASED, "q2-answer")])
    notebook["cells"].insert(at(notebook, "q2-answer") + (0 if first else 1), stub)
    kept, remarks = answers(file("small.ipynb", notebook))
    assert kept == WORK and "the one with an answer was taken" in remarks


@pytest.mark.parametrize("name", WORK)
@pytest.mark.parametrize("keeps_id", [True, False])
def test_lost_metadata_of_one_cell(name, keeps_id):
    notebook = handed_in()
    lost = notebook["cells"][at(notebook, name)]
    lost["metadata"] = {}
    if not keeps_id:
        lost["id"] = "c0ffee"
    kept, remarks = answers(file("small.ipynb", notebook))
    assert kept == WORK and ("found in another cell" in remarks) != keeps_id


def test_lost_metadata_of_all_cells():
    notebook = handed_in()
    for number, own in enumerate(notebook["cells"]):
        own["metadata"], own["id"] = {}, f"new-{number}"
    kept, remarks = answers(file("small.ipynb", notebook))
    assert kept == WORK and "had been changed" not in remarks


@pytest.mark.parametrize("name", WORK)
def test_an_answer_typed_anew_in_the_place_of_its_cell(name):
    notebook = handed_in()
    place = at(notebook, name)
    notebook["cells"][place] = cell(notebook["cells"][place]["cell_type"], None, WORK[name])
    kept, remarks = answers(file("small.ipynb", notebook))
    assert kept == WORK and f"The answer cell '{name}' was missing; your answer was found" in remarks


@pytest.mark.parametrize("name", WORK)
@pytest.mark.parametrize("below", [0, 1])
def test_an_answer_typed_beside_its_empty_cell_leaves_no_stub_to_undo_it(name, below):
    notebook = handed_in({name: texts(RELEASED)[name]})
    place = at(notebook, name)
    notebook["cells"].insert(place + below, cell(notebook["cells"][place]["cell_type"], None, WORK[name]))
    kept, remarks = answers(file("small.ipynb", notebook))
    assert kept == WORK and f"'{name}' was empty; your answer was found" in remarks


def test_what_is_really_missing_counts_as_empty():
    notebook = handed_in()
    del notebook["cells"][at(notebook, "q2-answer")]
    kept, remarks = answers(file("small.ipynb", notebook))
    assert kept["q2-answer"] == texts(RELEASED)["q2-answer"] and "was missing and counts as empty" in remarks


def test_saved_output_does_not_count():
    notebook = handed_in()
    notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 50_000_000}]
    kept, remarks = answers(file("small.ipynb", notebook))
    assert (kept, remarks) == (WORK, "")
    assert len(json.dumps(take(file("small.ipynb", notebook)))) < 10_000


def test_given_cells_that_were_changed_are_named_but_not_those_of_an_earlier_release():
    notebook = handed_in({"q2-test": "pass", "title": "# mine, and long enough to be looked for elsewhere"})
    _, remarks = rebuild(notebook)
    assert len(remarks) == 2 and "'q2-test' had been changed and was restored" in remarks[1]
    newer = copy.deepcopy(RELEASED)
    newer["cells"][at(newer, "q2-test")]["source"] = "assert double(3) == 6, 'the double of three is six'"
    newer["cells"].insert(3, cell("markdown", "hint", "A hint that came with the second release of the set."))
    rebuilt, remarks = rebuild(handed_in(), newer, [RELEASED])
    assert remarks == [] and texts(rebuilt)["q2-test"].startswith("assert double(3)")


def test_a_changed_type_arms_no_text():
    notebook = handed_in({"q1-answer": "<script>evil()</script>"})
    notebook["cells"][at(notebook, "q1-answer")]["cell_type"] = "code"
    rebuilt, remarks = rebuild(notebook)
    assert "<script" not in texts(rebuilt)["q1-answer"]
    assert remarks == ["The cell 'q1-answer' had been made a code cell; it was taken as the markdown cell that it was."]


@pytest.mark.parametrize("content, sentence", [
    (b"[" * 200_000, "not valid JSON"), (b"[]", "not a notebook of format 4"), (b"\xff\xfe\x00", "not valid JSON"),
    (b'{"nbformat": 3, "worksheets": []}', "not a notebook of format 4"), (b"", "not valid JSON"),
    ({"nbformat": 4, "cells": [1, {"cell_type": "code", "source": 5}]}, "none of this problem set's answer cells"),
    ({"nbformat": 4, "cells": [{"cell_type": "code", "source": "x" * 10**6}]}, "text is too long"),
    ({"nbformat": 4, "cells": [{"cell_type": "code", "source": ""}] * 301}, "more than 300 cells")])
def test_what_cannot_be_graded_is_named(content, sentence):
    assert sentence in take(file("small.ipynb", content))["problem"]


SCRAP = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20),
                     lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
                         st.sampled_from(["cell_type", "source", "metadata", "nbgrader", "grade_id", "id",
                                          "attachments", "a.png", "image/png"]), inner, max_size=5), max_leaves=20)
CELL = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]), "source": st.text(max_size=50)},
    optional={"metadata": SCRAP, "id": SCRAP, "attachments": SCRAP})


@given(st.lists(CELL | SCRAP, max_size=8), st.permutations(range(len(RELEASED["cells"]))), st.integers(0, 9))
def test_whatever_is_in_a_notebook_the_given_cells_are_the_released_ones(scraps, order, count):
    cells = [handed_in()["cells"][n] for n in order[:count]] + scraps
    try:
        rebuilt, _ = rebuild({"nbformat": 4, "cells": cells})
    except Unusable:
        return
    named = [own for own in rebuilt["cells"] if own["metadata"].get("nbgrader")]
    assert [own["metadata"] for own in named] == [own["metadata"] for own in RELEASED["cells"]]
    assert all(own["source"] == given["source"] for own, given in zip(named, RELEASED["cells"])
               if not own["metadata"]["nbgrader"]["solution"])
