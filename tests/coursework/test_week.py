"""A term of a small class from hand-ins to marks: late work, photos, a changed test, half-entered students."""

import base64
import csv
import io
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from PIL import Image

from tests.coursework.conftest import at
from tests.test_coursework import (
    COURSEWORK,
    TYPICAL,
    answered,
    grading,
    grading_steps,
    hand_in,
    load,
    need_tools,
    own,
    page,
    python,
    summary,
)

NAME = "foundations"
RULES = f"""
time_zone = "Europe/Berlin"
[late]
off_per_day = 0.1
[deadlines]
{NAME} = 2026-10-10T12:00:00
[extensions.ext]
{NAME} = 2026-10-20T12:00:00
"""
ROSTER = "student,name,email,group,lms\n" + "".join(f"{student},{student.title()} Test,{student}@example.org,A,{n}\n"
                                                   for n, student in enumerate(("ada", "ext", "late", "absent"), 100))
MARKS_BY_HAND = """
import sys, warnings
warnings.simplefilter("ignore")
from nbgrader.api import Gradebook
with Gradebook("sqlite:///" + sys.argv[1] + "/gradebook.db", "lrnn") as book:
    for student in sys.argv[2:]:
        for notebook in book.find_submission("foundations", student).notebooks:
            for grade in notebook.grades:
                if grade.needs_manual_grade:
                    grade.manual_score, grade.needs_manual_grade = grade.max_score - 1, False
    book.db.commit()
"""


def on_day(box, student, day, notebook):
    hand_in(box, student, NAME, notebook)
    os.utime(box / student / f"{NAME}.ipynb", (at(day).timestamp(),) * 2)


def with_photo(notebook):
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "PNG")
    derivation = next(cell for cell in notebook["cells"] if own(cell)["grade_id"] == "q1-answer")
    derivation["source"] = "On paper: ![h.png](attachment:h.png) and ![lost.png](attachment:lost.png)"
    derivation["attachments"] = {"h.png": {"image/png": base64.b64encode(out.getvalue()).decode()}}
    return notebook


def table(course, name="marks.csv"):
    with open(course / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def marks(course):
    return {row["student_id"]: row for row in table(course) if row["assignment"] == NAME}


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """The graded class before anything is changed: three of the roster, a photo, and one whose file is broken."""
    need_tools()
    course, box = tmp_path_factory.mktemp("term"), tmp_path_factory.mktemp("box")
    (course / "course.toml").write_text(RULES)
    (course / "roster.csv").write_text(ROSTER)
    grading(course, "release", NAME)
    for student, day in (("Ada Test_555_assignsubmission_file_", 9), ("ext", 15), ("late", 12)):
        on_day(box, student, day, answered(course, NAME))
    on_day(box, "zac", 9, with_photo(answered(course, NAME, {"q2": TYPICAL[NAME]["q2"][0]})))
    on_day(box, "hal", 9, "broken")
    grading_steps(course, ["collect", NAME, box], ["autograde", NAME, "--jobs", 2])
    assert python("-c", MARKS_BY_HAND, course, "ada", "ext", "late")[0] == 0
    grading_steps(course, ["feedback", NAME], ["export"], ["statistics", NAME], ["similarity", NAME])
    return course


@pytest.fixture
def course(term, tmp_path):
    shutil.copytree(term, tmp_path / "course")
    return tmp_path / "course"


def test_marks_tell_apart_who_is_late_open_absent_and_marked(term):
    rows = marks(term)
    assert {student: (row["status"], bool(row["late"]), row["score"]) for student, row in rows.items()} == {
        "ada": ("marked", False, "17.0"), "ext": ("marked", False, "17.0"), "late": ("marked", True, "11.9"),
        "zac": ("to be marked", False, ""), "hal": ("not gradable", False, ""), "absent": ("not handed in", False, "")}
    assert rows["late"]["late_penalty"] == "5.1" and rows["late"]["late"] == "2 d 2 h"
    assert rows["ada"]["name"] == "Ada Test" and rows["absent"]["email"] == "absent@example.org"


def test_canvas_and_moodle_get_their_own_layouts(term):
    canvas = {row["SIS User ID"]: row for row in table(term, "marks-canvas.csv")}
    assert canvas[""]["Student"] == "Points Possible" and canvas[""][NAME] == "20.0"
    assert (canvas["ada"]["ID"], canvas["ada"][NAME], canvas["zac"][NAME]) == ("100", "17.0", "")
    assert canvas["absent"][NAME] == ""
    moodle = {row["Full name"]: row for row in table(term, f"marks-moodle-{NAME}.csv")}
    assert moodle["Ada Test"]["Identifier"] == "Participant 555" and moodle["Ada Test"]["Grade"] == "17.0"
    assert moodle["Absent Test"]["Status"] == "No submission" and moodle["Absent Test"]["Grade"] == ""
    assert "Late by 2 d 2 h." in moodle["Late Test"]["Feedback comments"]
    assert moodle["zac"]["Feedback comments"] == "To be marked."


def test_feedback_says_when_it_came_and_what_lateness_costs(term):
    assert "10 Oct 2026, 12:00 CEST; this costs 30 % of the marks" in " ".join(page(term, "late", NAME).split())
    assert "(your extension)" in page(term, "ext", NAME)
    assert "Score: 11.9" in " ".join(page(term, "late", NAME).split()) or "11.9" in page(term, "late", NAME)


def test_a_photo_reaches_the_page_and_a_missing_one_is_named(term):
    text = (term / "feedback/zac" / NAME / f"{NAME}.html").read_text("utf-8")
    assert 'src="data:image/png;base64,' in text and "The picture 'lost.png' is missing" in page(term, "zac", NAME)


def test_late_work_leaves_the_others_alone_and_is_the_only_one_to_run(course, tmp_path):
    before = {student: page(course, student, NAME) for student in ("ada", "hal", "zac")}
    on_day(tmp_path / "box", "sam", 10, answered(course, NAME))
    grading(course, "collect", NAME, tmp_path / "box")
    output = grading(course, "autograde", NAME, "--jobs", 1)
    assert "5 submissions had not changed and were not run again." in output and "\n1 submissions in" in output
    assert "Wrote 1 pages" in grading(course, "feedback", NAME)
    assert {student: page(course, student, NAME) for student in before} == before
    assert "not valid JSON" in summary(course, NAME)["hal"][1] and summary(course, NAME)["sam"][0] == 10


def test_a_second_attempt_counts_and_the_first_is_kept(course, tmp_path):
    on_day(tmp_path / "box", "ada", 10, answered(course, NAME, {"q2": TYPICAL[NAME]["q2"][0]}))
    grading_steps(course, ["collect", NAME, tmp_path / "box"], ["autograde", NAME], ["feedback", NAME], ["export"])
    assert summary(course, NAME)["ada"][0] == 5 and marks(course)["ada"]["attempts"] == "2"
    assert marks(course)["ada"]["status"] == "marked"  # what was marked by hand has not changed
    assert "This is attempt 2 of 2; the last counts." in " ".join(page(course, "ada", NAME).split())
    (course / "course.toml").write_text('attempts = "best"\n' + RULES)
    grading_steps(course, ["autograde", NAME], ["export"])
    assert summary(course, NAME)["ada"][0] == 10 and marks(course)["ada"]["score"] == "17.0"


CHANGED_SET = """
import json, sys
from pathlib import Path
from grading import course
from grading.__main__ import main
sets = Path(sys.argv[1]) / "sets"
import shutil
shutil.copytree(course.PROBLEM_SETS, sets, dirs_exist_ok=True)
path = sets / "foundations/foundations.ipynb"
notebook = json.loads(path.read_text("utf-8"))
for cell in list(notebook["cells"]):
    if cell["id"] == "q2-test":
        cell["metadata"]["nbgrader"]["points"] = 6
        cell["source"] = ["# A test that is new\\n", *cell["source"]]
    if cell["id"] == "q4-ask" and "remove" in sys.argv:
        notebook["cells"].remove(cell)
path.write_text(json.dumps(notebook), "utf-8")
course.PROBLEM_SETS = sets
sys.exit(main(["--course", sys.argv[1], "regrade", "foundations", "--jobs", "2"]))
"""


@pytest.mark.parametrize("more", [[], ["remove"]])
def test_regrading_after_a_changed_test_accuses_nobody_and_says_whose_mark_changed(course, more):
    code, output = python("-c", CHANGED_SET, course, *more)
    assert code == 0, output
    assert "ada: checks 10 -> 11, by hand 7 -> 7 (q2-test: 5/5 -> 6/6)" in output
    assert "had been changed" not in output and "was missing and was restored" not in output
    grading_steps(course, ["feedback", NAME], ["export"])
    assert (marks(course)["ada"]["status"], marks(course)["ada"]["score"]) == ("marked", "18.0")
    assert "A test that is new" in page(course, "ada", NAME) and "had been changed" not in page(course, "ada", NAME)


def test_a_student_half_entered_or_half_removed_breaks_nothing(course):
    shutil.rmtree(course / "submitted/zac")
    shutil.rmtree(course / "attempts" / NAME / "hal")
    (course / "results" / NAME / "ext.json").unlink()
    shutil.rmtree(course / "results" / NAME / "late")
    output = grading(course, "autograde", NAME, "--student", "ada")
    assert "FAILED" not in output
    grading_steps(course, ["autograde", NAME], ["feedback", NAME], ["export"])
    assert summary(course, NAME)["ext"][0] == 10 == summary(course, NAME)["late"][0]


def test_failure_of_one_student_is_named_and_fails_no_command(course, tmp_path):
    path = next((course / "attempts" / NAME / "zac").iterdir()) / "notebook.json"
    path.write_text("{", "utf-8")
    on_day(tmp_path / "box", "zoe", 9, answered(course, NAME))
    grading(course, "collect", NAME, tmp_path / "box")
    output = grading(course, "autograde", NAME)
    assert "zac                      FAILED, the others did not" in output
    assert summary(course, NAME)["zoe"][0] == 10
    shutil.rmtree(course / "results" / NAME / "zac")


def test_statistics_are_one_safe_page(term):
    text = (term / f"statistics-{NAME}.html").read_text("utf-8")
    assert "the covariance that one single input leaves behind" in text and "q2-test" in text
    assert text.count('alt="') == text.count("<img") == 2 and 'lang="en"' in text
    assert "default-src 'none'" in text and not re.search(r"<script|https?://|\son\w+=", text)

    class Balanced(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attributes):
            self.open += [tag] if tag not in ("meta", "img") else []

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    parser = Balanced()
    parser.feed(text)
    assert parser.open == []


def test_similarity_names_pairs(term):
    pairs = {frozenset((row["one"], row["other"])): float(row["code alike"])
             for row in table(term, f"similarity-{NAME}.csv")}
    assert pairs[frozenset(("ada", "ext"))] == 1
    assert not any("hal" in pair for pair in pairs)


def test_each_of_the_roster_has_numbers_of_their_own_and_a_solution_for_them(tmp_path):
    need_tools()
    (tmp_path / "course.toml").write_text("variants = true\n" + RULES.replace("2026-10-20", "2099-10-20"))
    (tmp_path / "roster.csv").write_text(ROSTER)
    grading_steps(tmp_path, ["release", NAME], ["solutions", NAME])
    numbers = {}
    for path in (tmp_path / "handout" / NAME).rglob("*.ipynb"):
        text = "\n".join(cell["source"] for cell in load(path)["cells"])
        numbers[path.parent.name] = re.search(r"VARIANT = (\d+)", text)[1]
        assert "SOLUTION" not in text and "HIDDEN" not in text
    assert set(numbers) == {"ada", "ext", "late", "absent"} and len({*numbers.values(), "0"}) == 5
    solved = "\n".join(cell["source"] for cell in load(tmp_path / "solutions/ada" / f"{NAME}.ipynb")["cells"])
    assert f"VARIANT = {numbers['ada']} " in solved and "solve_discrete_lyapunov" in solved and "HIDDEN" not in solved
    assert not (tmp_path / "solutions/ext").exists()  # whose extension has not passed


@pytest.mark.parametrize("arguments, sentence", [
    (["collect", NAME, ""], "FROM is empty; it should be a folder of submissions"),
    (["collect", NAME, "nowhere"], "is not there"), (["autograde", "integration"], "has not been released"),
    (["collect", NAME, ".", "--time", "noon"], "'noon' is not a time"),
    (["autograde", NAME, "--student", "nobody"], "'nobody' has handed in nothing")])
def test_a_wrong_argument_gets_one_helpful_sentence(course, arguments, sentence):
    output = grading(course, *arguments, expect=2)
    assert sentence in output and "Traceback" not in output


def test_autograde_before_collect_says_so(tmp_path):
    need_tools()
    grading(tmp_path, "release", NAME)
    assert "nothing has been collected" in grading(tmp_path, "autograde", NAME, expect=2)


@pytest.mark.parametrize("target, sentence", [
    (["collect"], "Say which problem set, SET=one of:"), (["collect", f"SET={NAME}"], "Say where the submissions are"),
    (["autograde", "SET=wrong"], "wrong is none")])
def test_make_says_in_one_sentence_what_is_missing(target, sentence):
    done = subprocess.run(["make", "-C", COURSEWORK, *target], capture_output=True, text=True)
    assert done.returncode and sentence in done.stdout
