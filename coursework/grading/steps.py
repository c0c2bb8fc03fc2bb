"""The steps of a week: run what is new, enter it, write pages. Whoever is unchanged is left alone; whatever fails for
one student is reported and stops nobody else.
"""

import json
import multiprocessing
import os
from pathlib import Path

from tqdm import tqdm

from grading import attempts, counting, gradebook, pages
from grading.crowd import run_all
from grading.inbox import Unusable


def settle_all(course, name, students=None):
    """Bring everybody's counting attempt into place. Returns {student: remarks} and {student: why that failed}."""
    return _for_each(course.students(name) if students is None else students,
                     lambda student: counting.settle(course, name, student)[1], f"sorting {name}")


def run(course, name, limits, jobs, protection, students, again=False):
    """Run the attempts of these students that have no valid result. Returns how many, and failures."""
    keys, failed = _for_each(students, lambda student: counting.to_run(course, name, [student], again),
                             f"comparing {name}")
    keys = [key for own in keys.values() for key in own]
    if keys:
        run_all(course, name, keys, limits, jobs, protection)
    return len(keys), failed


def enter_all(course, name, students):
    """Enter results into the gradebook, of those students for whom something has changed. Returns failures."""
    made = _made(course, name)
    wanted = {student: _fingerprint(course, name, student) for student in students}
    changed = [student for student in students if made.get(student, {}).get("entered") != wanted[student]
               or not course.path("autograded", student, name).exists()]
    done, failed = _for_each(changed, lambda student: gradebook.enter(course, name, student), f"gradebook {name}")
    for student in done:
        made.setdefault(student, {})["entered"] = wanted[student]
    attempts.write(course.path("made", f"{name}.json"), made)
    gradebook.take_off(course, name)
    return failed


def write_pages(course, name, jobs=None):
    """Write the pages of feedback that are missing or out of date. Returns how many were written, and failures."""
    gradebook.take_off(course, name)
    made, states = _made(course, name), gradebook.states(course, name)
    look = attempts.digest(Path(pages.__file__).read_text("utf-8"))
    wanted = {student: [made.get(student, {}).get("entered"), look, state] for student, state in states.items()
              if course.path("autograded", student, name, f"{name}.ipynb").exists()}
    changed = [student for student in sorted(wanted) if made.get(student, {}).get("page") != wanted[student]
               or not course.path("feedback", student, name, f"{name}.html").exists()]
    with multiprocessing.get_context("fork").Pool(jobs or os.cpu_count()) as pool:
        results = tqdm(pool.imap_unordered(_Page(course, name), changed), total=len(changed), desc=f"pages {name}",
                       unit="page", disable=None)
        failed = {student: reason for student, reason in results if reason}
    for student in set(changed) - set(failed):
        made.setdefault(student, {})["page"] = wanted[student]
    attempts.write(course.path("made", f"{name}.json"), made)
    return len(changed) - len(failed), failed


class _Page:
    """Writes one page, in a process of the pool."""

    def __init__(self, course, name):
        self.course, self.name = course, name

    def __call__(self, student):
        try:
            self.course.feedback(self.name, student)
        except Exception as error:
            return student, _reason(error)
        return student, ""


def _for_each(students, work, what):
    """{student: result} and {student: why it failed}."""
    done, failed = {}, {}
    for student in tqdm(students, desc=what, unit="student", disable=None, leave=False):
        try:
            done[student] = work(student)
        except Exception as error:  # whatever it is, it concerns this student only
            failed[student] = _reason(error)
    return done, failed


def _reason(error):
    return str(error).strip().split("\n")[0][:300] if isinstance(error, (RuntimeError, Unusable)) else \
        f"{type(error).__name__}: {str(error)[:300]}"


def _fingerprint(course, name, student):
    """What a student's entry in the gradebook depends on."""
    folder = course.path("submitted", student, name)
    result = course.path("results", name, f"{student}.json")
    release = course.notebook("source", name)["cells"]
    return attempts.digest([(folder / f"{name}.ipynb").read_text("utf-8"), (folder / "timestamp.txt").read_text(),
                            result.read_text("utf-8") if result.exists() else "", release])


def _made(course, name):
    path = course.path("made", f"{name}.json")
    return json.loads(path.read_text("utf-8")) if path.exists() else {}
