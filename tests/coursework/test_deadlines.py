"""Deadlines, grace, penalties and extensions mean what course.toml says, in its own time zone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from grading import settings
from hypothesis import given
from hypothesis import strategies as st

RULES = """
time_zone = "Europe/Berlin"
attempts = "best"
[late]
grace_minutes = 10
off_per_day = 0.1
closed_after_days = 7
[deadlines]
small = 2026-10-19T23:59:00
[extensions.ada]
small = 2026-10-26T23:59:00
"""


def load(tmp_path, text=RULES):
    (tmp_path / "course.toml").write_text(text, "utf-8")
    return settings.load(tmp_path)


def test_deadline_is_wall_clock_of_the_courses_zone_and_extensions_are_one_students(tmp_path):
    rules = load(tmp_path)
    assert rules.due("small", "bob") == datetime(2026, 10, 19, 21, 59, tzinfo=UTC)  # summer time
    assert rules.due("small", "ada") == datetime(2026, 10, 26, 22, 59, tzinfo=UTC)  # a week later it is over
    assert rules.due("other", "ada") is None


@pytest.mark.parametrize("after, lost", [
    (timedelta(minutes=-1), 0), (timedelta(minutes=10), 0), (timedelta(minutes=11), 0.1), (timedelta(hours=25), 0.2),
    (timedelta(days=7), 0.7), (timedelta(days=7, minutes=1), 1)])
def test_lateness_costs_a_share_for_each_day_begun_after_the_grace(tmp_path, after, lost):
    rules = load(tmp_path)
    late = rules.late_by("small", "bob", rules.due("small", "bob") + after)
    assert rules.share_lost(late) == pytest.approx(lost)


@given(st.floats(0, 1), st.floats(0, 30), st.timedeltas(timedelta(0), timedelta(90)),
       st.timedeltas(timedelta(0), timedelta(90)))
def test_later_never_costs_less_and_nothing_costs_more_than_all(share, closed, one, other):
    rules = settings.Settings(off_per_day=share, closed_after_days=closed)
    earlier, later = sorted((one, other))
    assert 0 <= rules.share_lost(earlier) <= rules.share_lost(later) <= 1


def test_student_reads_when_it_came_when_it_was_due_and_what_it_costs(tmp_path):
    rules = load(tmp_path)
    assert rules.says("small", "bob", datetime(2026, 10, 20, 23, tzinfo=UTC)) == (
        "Handed in on 21 Oct 2026, 01:00 CEST, 1 d 1 h after 19 Oct 2026, 23:59 CEST; this costs 20 % of the marks.")
    assert "in time for 26 Oct 2026, 23:59 CET (your extension)." in rules.says(
        "small", "ada", datetime(2026, 10, 20, 23, tzinfo=UTC))
    assert rules.says("other", "bob", datetime(2026, 1, 1, tzinfo=UTC)) == "Handed in on 01 Jan 2026, 01:00 CET."


@pytest.mark.parametrize("text, sentence", [
    ("attempts = 'worst'", "attempts is 'worst'"), ("variants = 1", "true or false"),
    ("time_zone = 'Mars'", "time_zone is 'Mars'"),
    ("deadline = 1", "'deadline' is not a setting"), ("[late]\nper_day = 1", "'per_day' is not a setting of"),
    ("[late]\noff_per_day = 10", "a share between 0 and 1"), ("[late]\ngrace_minutes = -1", "zero or more"),
    ("[deadlines]\nsmall = 'soon'", "small of .deadlines. is soon"), ("extensions = 3", "should be a table"),
    ("[extensions]\nada = 3", "should be a table"), ("x =", "course.toml")])
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=sentence):
        load(tmp_path, text)


def test_without_a_file_nothing_is_late(tmp_path):
    rules = settings.load(tmp_path)
    assert rules.late_by("small", "ada", datetime(2099, 1, 1, tzinfo=UTC)) == timedelta(0)


def test_the_example_is_right():
    example = Path(settings.__file__).parents[1] / "course.example.toml"
    rules = settings.parse(settings.tomllib.loads(example.read_text("utf-8")))
    assert rules.deadlines and rules.off_per_day == 0.1


@pytest.mark.parametrize("text, hour", [("2026-10-19 18:00", 16), ("2026-10-19T18:00:00+00:00", 18)])
def test_a_time_that_a_person_writes(tmp_path, text, hour):
    assert settings.read_time(text, load(tmp_path).zone) == datetime(2026, 10, 19, hour, tzinfo=UTC)


def test_no_time_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'tomorrow' is not a time"):
        settings.read_time("tomorrow", load(tmp_path).zone)
