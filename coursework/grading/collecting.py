"""Taking over a batch of hand-ins. It adds to what is there; one person's failure is named and stops nobody else."""

import csv

from grading import attempts, people, reading
from grading.guard import guarded
from grading.inbox import Unusable, open_inbox
from grading.settings import now, read_time

NOT_GRADABLE = "Not gradable"


def collect(course, name, path, names, given_time=None, times=None):
    """Collect a folder or archive. Returns {student: what to say of it} and remarks on what was left out.

    `given_time` is when all of it was handed in; `times` a CSV file with the columns student and time. Otherwise the
    time is that of the file, in the archive or on the disk.
    """
    releases, settings, roster = course.releases(name), course.settings, course.roster
    entries, left_out = open_inbox(path, names, settings.zone)
    known = {}
    for person, time in _times(times, settings.zone).items():
        known[_student(roster, person, "", "")] = time
    owners, collected = {}, {}
    for entry in entries:
        try:
            student = _student(roster, entry.name, entry.lms, entry.system)
        except LookupError as reason:
            left_out.append(f"{entry.name!r}: {reason}")
            continue
        if owners.setdefault((student, entry.system), entry.lms) != entry.lms:
            left_out.append(f"{entry.name!r} ({entry.lms}): another person of this name is in the archive; tell them "
                            "apart by the roster's column lms")
            continue
        time = given_time or known.get(student) or _believed(entry, settings.due(name, student))
        about = {"time": time.isoformat(), "name": entry.name, "lms": entry.lms, "system": entry.system,
                 "late": entry.late}
        taken = _taken(entry, name, [course.for_student(release, name, student) for release in releases], settings)
        new = attempts.add(course.root, name, student, taken, about)
        lines = ([f"{NOT_GRADABLE}: {taken['problem']}."] if taken["problem"] else []) + taken["remarks"]
        lines += ["(Late, says Canvas.)"] if entry.late else []
        lines += [] if student in roster.people or not roster else ["(Not in the roster.)"]
        lines += ["(This attempt was there already.)"] if not new else []
        collected.setdefault(student, []).extend(lines)
    return collected, left_out


def _taken(entry, name, releases, settings):
    try:
        return guarded(reading.take, entry.files, name, releases, settings.zone, entry.name)
    except Unusable as reason:
        return {"notebook": None, "problem": str(reason), "scans": [], "remarks": []}


def _student(roster, name, lms, system):
    """The identity of who handed in: of the roster, or one made from the name, and from Canvas's lasting number."""
    person = roster.find(name, lms)
    if person:
        return person.student
    return people.identity(f"{name}-{lms}" if system == "canvas" else name)


def _believed(entry, due):
    """The time of an entry, never in the future. Canvas says itself what is late, and its archives keep no times."""
    time = min(entry.time or now(), now())
    return min(time, due) if entry.system == "canvas" and due and not entry.late else time


def _times(path, zone):
    """{student or name: time} from a CSV file."""
    if not path:
        return {}
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"student", "time"} <= set(rows[0]):
        raise ValueError(f"TIMES={path} should be a CSV file whose first line is student,time")
    return {row["student"].strip(): read_time(row["time"], zone) for row in rows}
