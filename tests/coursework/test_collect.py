"""Collecting only ever adds: in any order of batches, and again, the state is the same; each attempt keeps its time."""

import json
import os
import tempfile
import zipfile
from pathlib import Path

import pytest
from grading import attempts, collecting, people
from grading.settings import Settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.coursework.conftest import NAME, RELEASED, a_course, all_attempts, at, handed_in, state


def batch(folder, hand_ins):
    """A folder with {student: (day, answer or what else is in the file)}."""
    for student, (day, answer) in hand_ins.items():
        path = Path(folder) / student / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(handed_in({"q1-answer": answer})) if answer != "broken" else "broken", "utf-8")
        os.utime(path, (at(day).timestamp(),) * 2)
    Path(folder).mkdir(exist_ok=True)
    return folder


def collect(course, folder, **options):
    return collecting.collect(course, NAME, folder, [NAME], **options)


HAND_IN = st.tuples(st.integers(1, 4), st.sampled_from(["one", "two", "broken"]))
BATCHES = st.lists(st.dictionaries(st.sampled_from(["ada", "Zoë", "bob"]), HAND_IN, max_size=3), min_size=1, max_size=3)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(BATCHES, st.randoms(use_true_random=False))
def test_any_order_of_batches_gives_the_same_state(batches, random):
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        folders = [batch(place / f"box{n}", hand_ins) for n, hand_ins in enumerate(batches)]
        other = folders + random.sample(folders, len(folders) // 2)  # some of them twice
        random.shuffle(other)
        for course, order in (("one", folders), ("other", other)):
            for folder in order:
                collect(a_course(place / course), folder)
        assert state(place / "one") == state(place / "other")
        expected = {people.identity(student) for hand_ins in batches for student in hand_ins}
        assert set(all_attempts(place / "one")) == expected


def test_a_late_submission_changes_nothing_of_the_others(course, tmp_path):
    collect(course, batch(tmp_path / "first", {"hal": (1, "broken"), "ada": (1, "one")}))
    before = state(course.root)
    assert "not valid JSON" in all_attempts(course.root)["hal"][0].about["problem"]
    collected, _ = collect(course, batch(tmp_path / "late", {"sam": (3, "one")}))
    assert list(collected) == ["sam"] and before.items() <= state(course.root).items()


def test_every_attempt_is_kept_with_its_time_and_the_setting_says_which_counts(course, tmp_path):
    for day, answer in ((1, "one"), (2, "two"), (3, "broken")):
        collect(course, batch(tmp_path / str(day), {"ada": (day, answer)}))
    tried = all_attempts(course.root)["ada"]
    assert [attempt.time for attempt in tried] == [at(1), at(2), at(3)]
    assert attempts.candidates(tried, "last") == [tried[1]]  # what can be read counts before what cannot
    assert attempts.candidates(tried, "first") == [tried[0]]
    assert attempts.candidates(tried, "best") == tried[:2]
    assert attempts.candidates(tried[2:], "last") == tried[2:]


def test_the_same_file_again_counts_from_the_first_time(course, tmp_path):
    collect(course, batch(tmp_path / "again", {"ada": (5, "one")}))
    collected, _ = collect(course, batch(tmp_path / "first", {"ada": (2, "one")}))
    assert [attempt.time for attempt in all_attempts(course.root)["ada"]] == [at(2)]
    assert "there already" in collected["ada"][0]


def test_times_can_be_given_for_all_or_by_a_table(course, tmp_path):
    box = batch(tmp_path / "box", {"ada": (1, "one"), "bob": (1, "one")})
    (tmp_path / "times.csv").write_text("student,time\nada,2026-10-09 12:00\n")
    collect(course, box, times=tmp_path / "times.csv")
    assert {name: tried[0].time for name, tried in all_attempts(course.root).items()} == {"ada": at(9), "bob": at(1)}
    given = a_course(tmp_path / "given")
    collect(given, box, given_time=at(7))
    assert {tried[0].time for tried in all_attempts(given.root).values()} == {at(7)}
    (tmp_path / "times.csv").write_text("name;when\n")
    with pytest.raises(ValueError, match="student,time"):
        collect(course, box, times=tmp_path / "times.csv")


def test_no_time_lies_in_the_future(course, tmp_path):
    box = batch(tmp_path / "box", {"ada": (1, "one")})
    os.utime(box / "ada" / f"{NAME}.ipynb", (2**34,) * 2)
    collect(course, box)
    assert all_attempts(course.root)["ada"][0].time.year < 2200


def test_people_of_the_roster_are_found_in_what_systems_hand_out(tmp_path):
    roster = [people.Person("ada", "Ada Lovelace", lms="12345"), people.Person("zoe", "Zoë Müller")]
    course = a_course(tmp_path / "course", roster)
    work = [json.dumps(handed_in({"q1-answer": text})) for text in ("one", "two", "three")]
    for n, files in enumerate(({"Ada Lovelace_7_assignsubmission_file_/small.ipynb": work[0],
                                "Zoë Müller_8_assignsubmission_file_/small.ipynb": work[1]},
                               {"lovelaceada_12345_1_small-1.ipynb": work[1], "müllerzoë_99_2_small.ipynb": work[0],
                                "hoppergrace_55_3_small.ipynb": work[2]})):
        with zipfile.ZipFile(tmp_path / f"{n}.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        collected, left_out = collect(course, tmp_path / f"{n}.zip")
        assert left_out == []
    assert set(all_attempts(course.root)) == {"ada", "zoe", "hoppergrace-55"}
    assert [len(tried) for tried in all_attempts(course.root).values()] == [2, 1, 2]
    assert "(Not in the roster.)" in collected["hoppergrace-55"]


def test_two_people_of_one_name_are_not_mixed_up(course, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for number in (7, 8):
            archive.writestr(f"Ada Lovelace_{number}_assignsubmission_file_/small.ipynb", json.dumps(handed_in()))
    collected, left_out = collect(course, tmp_path / "set.zip")
    assert len(collected) == 1 and "another person of this name" in left_out[0]


def test_canvas_says_itself_what_is_late(tmp_path):
    """Its archives have the time of their making, which is after the deadline for everybody."""
    rules = Settings(deadlines={NAME: at(2)})
    course = a_course(tmp_path / "course", rules=rules)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for student in ("ada_1", "bob_LATE_2"):
            info = zipfile.ZipInfo(f"{student}_5_small.ipynb", (2026, 10, 5, 12, 0, 0))
            archive.writestr(info, json.dumps(handed_in()))
    collect(course, tmp_path / "set.zip")
    assert {name: tried[0].time for name, tried in all_attempts(course.root).items()} == {
        "ada-1": at(2), "bob-2": at(5)}


def test_a_file_that_needs_too_much_memory_concerns_its_author_only(course, tmp_path):
    box = batch(tmp_path / "box", {"ada": (1, "one")})
    (box / "eve").mkdir()
    (box / "eve" / f"{NAME}.ipynb").write_bytes(b'{"nbformat": 4, "cells": [' + b"[]," * 30_000_000 + b"0]}")
    collect(course, box)
    tried = all_attempts(course.root)
    assert "more memory or time" in tried["eve"][0].about["problem"] and not tried["ada"][0].about["problem"]


def test_an_empty_folder_is_a_hand_in_that_cannot_be_graded(course, tmp_path):
    (tmp_path / "box" / "ada").mkdir(parents=True)
    collect(course, tmp_path / "box")
    assert all_attempts(course.root)["ada"][0].about["problem"]


def test_released_notebook_is_not_touched(course, tmp_path):
    before = json.dumps(RELEASED)
    collect(course, batch(tmp_path / "box", {"ada": (1, "one")}))
    assert json.dumps(RELEASED) == before
