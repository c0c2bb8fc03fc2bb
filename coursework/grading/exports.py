"""Marks as tables: our own, one that Canvas imports, and for each problem set one that Moodle imports.

A mark that is not complete is left empty everywhere, never zero. Texts that a spreadsheet would take for a formula get
an apostrophe in front.
"""

import csv
from pathlib import Path

from grading import gradebook
from grading.harmless import plain
from grading.settings import spoken

COLUMNS = ["assignment", "student_id", "name", "email", "group", "status", "late", "checks", "by_hand", "late_penalty",
           "score", "max_score", "handed_in", "attempts"]


def write_all(course, names, path):
    """Write all tables; yields their paths."""
    for name in names:
        gradebook.take_off(course, name)
    marks = {name: gradebook.marks(course, name) for name in names}
    path = Path(path)
    write_csv(path, COLUMNS, [_row(course, name, mark) for name in names for mark in marks[name].values()])
    yield path
    yield write_csv(path.with_name(f"{path.stem}-canvas.csv"), *_canvas(course, marks))
    for name in names:
        yield write_csv(path.with_name(f"{path.stem}-moodle-{name}.csv"), *_moodle(course, name, marks[name]))


def write_csv(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([[_harmless(value) for value in row] for row in rows])
    return path


def changes(before, after):
    """One line for everyone whose mark changed, and by which question: "ada: 5 -> 10 (q2-test: 0 -> 5)"."""
    for student, now in after.items():
        then = before.get(student)
        if then is None or (then.parts == now.parts and then.penalty == now.penalty):
            continue
        parts = [f"{part}: {_points(then.parts.get(part))} -> {_points(now.parts.get(part))}"
                 for part in sorted({*then.parts, *now.parts}) if then.parts.get(part) != now.parts.get(part)]
        late = [f"late penalty: {then.penalty:g} -> {now.penalty:g}"] if then.penalty != now.penalty else []
        yield f"{student}: checks {then.checks:g} -> {now.checks:g}, by hand {then.by_hand:g} -> {now.by_hand:g} " \
              f"({', '.join(parts + late)})"


def _points(part):
    return "-" if part is None else f"{'?' if part[0] is None else format(part[0], 'g')}/{part[1]:g}"


def who(course, name, student):
    """(name, e-mail, group) of a student, by the roster or by what they handed in."""
    person, tried = course.roster.people.get(student), course.attempts(name, student)
    called = tried[-1].about["name"] if tried else ""
    return (person.name or called, person.email, person.group) if person else (called, "", "")


def number(course, names, student, system):
    """What a system calls a student, by its latest archive; of Canvas, whose numbers last, else by the roster."""
    said = [attempt.about["lms"] for name in names for attempt in course.attempts(name, student)
            if attempt.about["system"] == system]
    person = course.roster.people.get(student)
    return said[-1] if said else person.lms if person and system == "canvas" else ""


def _row(course, name, mark):
    tried = course.attempts(name, mark.student)
    graded = bool(mark.parts)
    return [name, mark.student, *who(course, name, mark.student), mark.status, spoken(mark.late) if mark.late else "",
            *([mark.checks, mark.by_hand, round(mark.penalty, 2)] if graded else ["", "", ""]),
            "" if mark.score is None else round(mark.score, 2), mark.most,
            course.settings.local(mark.time) if mark.time else "", len(tried)]


def _canvas(course, marks):
    """Canvas's layout: a column for each set, a second line with the most points; empty cells are left as they are."""
    names, students = list(marks), sorted({student for own in marks.values() for student in own})
    rows = [["Points Possible", "", "", "", "", *(max((m.most for m in marks[n].values()), default=0) for n in names)]]
    for student in students:
        label, email, group = next((who(course, n, student) for n in names if course.attempts(n, student)),
                                   who(course, names[0], student))
        scores = [marks[n][student].score if student in marks[n] else None for n in names]
        rows.append([label or student, number(course, names, student, "canvas"), student, email, group,
                     *("" if score is None else round(score, 2) for score in scores)])
    return ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *names], rows


def _moodle(course, name, marks):
    """Moodle's grading worksheet; the participant's number is that of the folder in its archive."""
    rows = []
    for mark in marks.values():
        label, email, _ = who(course, name, mark.student)
        lms = number(course, [name], mark.student, "moodle")
        tried = course.attempts(name, mark.student)
        status = "No submission" if not tried else "Submitted for grading" if mark.score is None else \
            "Submitted for grading - Graded"
        words = {"not handed in": "Not handed in.", "to be marked": "To be marked.", "to be graded": "To be marked.",
                 "not gradable": "The file could not be read."}
        said = " ".join([words.get(mark.status, "")] + [f"Late by {spoken(mark.late)}."] * bool(mark.late)).strip()
        rows.append([f"Participant {lms}" if lms else "", label or mark.student, email,
                     status + (f" - {spoken(mark.late)} late" if mark.late else ""),
                     "" if mark.score is None else round(mark.score, 2), mark.most,
                     course.settings.local(mark.time) if mark.time else "-", said])
    return ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade",
            "Last modified (submission)", "Feedback comments"], rows


def _harmless(value):
    value = plain(value) if isinstance(value, str) else value
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" and len(value) > 1 else value
