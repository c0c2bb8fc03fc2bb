"""A new course: a folder whose files the grading reads, with a schedule that keeps what the instructors' page says."""

import re
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "coursework"))

from grading import people, settings, starting  # noqa: E402

PAGE = (ROOT / "book/coursework/instructors.md").read_text("utf-8")
LINK = re.compile(r"\(\.\./([a-z_]+/[a-z_]+)\.ipynb\)")


def reading(weeks):
    return [chapter for chapters, _ in starting.PLANS[weeks] for chapter in chapters.split()]


@given(weeks=st.sampled_from([*starting.PLANS]), start=st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_what_is_laid_out_is_what_grading_reads(tmp_path_factory, weeks, start):
    folder = tmp_path_factory.mktemp("begun") / "spring"
    files = starting.lay_out(folder, weeks, start)
    rules, due = settings.load(folder), [name for _, name in starting.PLANS[weeks] if name]
    assert sorted(files) == sorted(folder.iterdir()) and [*rules.deadlines] == due
    local = [time.astimezone(rules.zone) for time in rules.deadlines.values()]
    assert all((time.weekday(), time.hour, time.minute) == (6, 23, 59) for time in local)
    assert local == sorted(local) and 0 <= (local[-1].date() - start).days < 7 * weeks
    assert not people.load(folder) and rules.late_by(due[0], "ada", rules.deadlines[due[0]]).days == 0
    schedule = (folder / "schedule.md").read_text("utf-8")
    assert all(starting.title(chapter) in schedule for chapter in reading(weeks))
    assert not re.search(r"[{}]", (folder / "README.md").read_text("utf-8"))


@pytest.mark.parametrize("weeks", starting.PLANS)
def test_a_set_is_due_once_its_chapter_was_read(weeks):
    after = dict(re.findall(r"^\| [IV]+ `(\w+)` \| .*?\(\.\./(\w+/\w+)\.ipynb\)", PAGE, re.M))
    read = set()
    for chapters, name in starting.PLANS[weeks]:
        read |= set(chapters.split())
        assert not name or after[name] in read, name
    assert len(reading(weeks)) == len(read) and all((ROOT / f"book/{chapter}.ipynb").is_file() for chapter in read)


def test_the_page_for_instructors_recommends_the_same_reading():
    four, eight = (LINK.findall(re.search(rf"^\| \*\*{weeks}\*\* .*$", PAGE, re.M)[0]) for weeks in (4, 8))
    assert sorted(four) == sorted(reading(4)) and sorted(four + eight) == sorted(reading(8))
    assert len(starting.PLANS[12]) == 12 and max(len(chapters.split()) for chapters, _ in starting.PLANS[12]) == 2


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty; choose another NAME"):
        starting.lay_out(tmp_path, 4, date(2027, 1, 11))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_other_lengths_and_other_days_are_refused(tmp_path):
    with pytest.raises(ValueError, match="WEEKS=5, but there is a schedule for 4, 8, 12 weeks"):
        starting.lay_out(tmp_path / "spring", 5, date(2027, 1, 11))
    with pytest.raises(ValueError, match="START=soon"):
        starting.read_date("soon")
    assert not (tmp_path / "spring").exists()
