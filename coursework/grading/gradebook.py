"""What nbgrader's gradebook is told and asked: marks by hand are kept, lateness is taken off, nothing is guessed."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from nbgrader.api import MissingEntry

from grading import attempts
from grading.recovery import identity, is_test


@dataclass(frozen=True)
class Mark:
    """A student's standing in one problem set. `parts` is {cell: (points, most)}, points None if still to be given."""

    student: str
    status: str
    late: timedelta
    parts: dict
    checks: float = 0.0
    most_by_checks: float = 0.0
    by_hand: float = 0.0
    penalty: float = 0.0
    most: float = 0.0
    time: datetime | None = None

    @property
    def score(self):
        """The mark, or None while it is incomplete."""
        return max(0.0, self.checks + self.by_hand - self.penalty) if self.status == "marked" else None


def enter(course, name, student):
    """Record a student's result. A mark by hand stays valid if its answer is the same as before."""
    before = _texts(course, name, student)
    with course.open_gradebook() as book:
        settled = {grade.name for grade in _grades(book, name, student)
                   if grade.manual_score is not None and not grade.needs_manual_grade}
    course.record(name, student)
    now, kept = _texts(course, name, student), _kept(course, name).get(student, {})
    with course.open_gradebook() as book:
        for grade in _grades(book, name, student):
            if grade.name in kept and grade.manual_score is None:
                _restore(book, name, student, grade, kept[grade.name])
            if (grade.name in settled or grade.name in kept) and grade.manual_score is not None:
                same = before.get(grade.name) == now.get(grade.name)
                grade.needs_manual_grade = not same
        book.db.commit()


def make_room(course, name):
    """Before a release with other cells: put marks given by hand aside, for nbgrader adds no cell to what is marked."""
    if not course.path("gradebook.db").exists():
        return
    source = json.loads(course.path("source", name, f"{name}.ipynb").read_text("utf-8"))
    with course.open_gradebook() as book:
        try:
            known = {cell.name for cell in book.find_notebook(name, name).source_cells}
        except MissingEntry:
            return
        submitted = book.assignment_submissions(name)
        if not submitted or known == {identity(cell) for cell in source["cells"]}:
            return
        kept = _kept(course, name)
        for submission in submitted:
            kept.setdefault(submission.student_id, {}).update(_by_hand(submission))
        attempts.write(course.path("kept", f"{name}.json"), kept)
        for student in [submission.student_id for submission in submitted]:
            book.remove_submission(name, student)


def take_off(course, name):
    """Enter what lateness costs each student: a share of all that is marked so far."""
    with course.open_gradebook() as book:
        for submission in _submissions(book, name):
            if submission.timestamp is None:
                continue
            time = submission.timestamp.replace(tzinfo=UTC)
            share = course.settings.share_lost(course.settings.late_by(name, submission.student_id, time))
            for notebook in submission.notebooks:
                notebook.late_submission_penalty = share * notebook.score
        book.db.commit()


def marks(course, name):
    """{student: Mark} of everyone who handed in, in the roster, or in the gradebook."""
    tests = {identity(cell) for cell in course.notebook("source", name)["cells"] if is_test(cell)}
    handed_in = set(course.students(name))
    with course.open_gradebook() as book:
        entered = {submission.student_id: _mark(course, name, submission, tests)
                   for submission in _submissions(book, name)}
        most = _most(book, name)
    for student in handed_in & set(entered):
        if all(attempt.about["problem"] for attempt in course.attempts(name, student)):
            entered[student] = replace(entered[student], status="not gradable")
    return {student: entered.get(student) or Mark(
        student, "to be graded" if student in handed_in else "not handed in", timedelta(0), {}, most=most)
        for student in sorted(handed_in | set(course.roster.people) | set(entered))}


def states(course, name):
    """{student: everything of the gradebook that a page of feedback shows}."""
    with course.open_gradebook() as book:
        return {submission.student_id: [
            [[grade.name, grade.score, grade.max_score, grade.manual_score] for notebook in submission.notebooks
             for grade in notebook.grades], [[c.name, c.comment] for n in submission.notebooks for c in n.comments],
            [notebook.late_submission_penalty for notebook in submission.notebooks]]
            for submission in _submissions(book, name)}


def _mark(course, name, submission, tests):
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    open_still = any(grade.needs_manual_grade or (grade.auto_score is None and grade.manual_score is None)
                     for grade in grades)
    time = submission.timestamp and submission.timestamp.replace(tzinfo=UTC)
    late = course.settings.late_by(name, submission.student_id, time) if time else timedelta(0)

    def total(own, test):
        return sum(own(grade) or 0.0 for grade in grades if (grade.name in tests) == test)

    return Mark(
        submission.student_id, "to be marked" if open_still else "marked", late,
        {grade.name: (None if grade.needs_manual_grade else grade.score, grade.max_score) for grade in grades},
        total(lambda grade: grade.score, True), total(lambda grade: grade.max_score, True),
        total(lambda grade: grade.score, False), sum(n.late_submission_penalty or 0.0 for n in submission.notebooks),
        sum(grade.max_score for grade in grades), time)


def _submissions(book, name):
    try:
        return book.assignment_submissions(name)
    except MissingEntry:
        return []


def _most(book, name):
    try:
        return book.find_assignment(name).max_score
    except MissingEntry:
        return 0.0


def _grades(book, name, student):
    try:
        return [grade for notebook in book.find_submission(name, student).notebooks for grade in notebook.grades]
    except MissingEntry:
        return []


def _by_hand(submission):
    comments = {c.name: c.manual_comment for n in submission.notebooks for c in n.comments}
    return {grade.name: [grade.manual_score, comments.get(grade.name)]
            for notebook in submission.notebooks for grade in notebook.grades if grade.manual_score is not None}


def _restore(book, name, student, grade, kept):
    grade.manual_score = kept[0]
    if kept[1]:
        book.find_comment(grade.name, name, name, student).manual_comment = kept[1]


def _kept(course, name):
    path = course.path("kept", f"{name}.json")
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _texts(course, name, student):
    """The answers that the gradebook's marks are about: {cell: text and pictures}."""
    path = course.path("autograded", student, name, f"{name}.ipynb")
    if not path.exists():
        return {}
    return {identity(cell): ["".join(cell["source"]), cell.get("attachments")]
            for cell in json.loads(path.read_text("utf-8"))["cells"] if identity(cell)}
