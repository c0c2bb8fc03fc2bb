"""Many submissions at once: each in a process of its own, so that whatever befalls one leaves the others alone."""

import multiprocessing
import time
import traceback
from multiprocessing.connection import wait

from tqdm import tqdm

from grading import checks
from grading.collecting import NOT_GRADABLE

GRACE = 60
"""Seconds beyond a submission's own limit after which its grading process is ended from outside."""


def run_all(course, name, students, limits, jobs, trusted):
    """Grade the collected submissions of these students and store what came out. Shows progress."""
    waiting, running = list(students), {}
    remarks = course.remarks(name)
    fork = multiprocessing.get_context("fork")
    with tqdm(total=len(waiting), desc=f"grading {name}", unit="submission") as bar:
        while waiting or running:
            while waiting and len(running) < max(1, jobs):
                student = waiting.pop(0)
                process = fork.Process(target=_one, args=(course, name, student, remarks, limits, trusted))
                course.path("results", name, f"{student}.json").unlink(missing_ok=True)
                process.start()
                running[process.sentinel] = (process, student, time.monotonic())
            for sentinel in wait(list(running), timeout=1):
                process, student, _ = running.pop(sentinel)
                process.join()
                if course.result(name, student) is None:
                    _give_up(course, name, student, remarks, "the grading process ended unexpectedly")
                bar.update()
            for process, _, start in running.values():
                if time.monotonic() - start > limits.submission + GRACE:
                    process.kill()


def _one(course, name, student, remarks, limits, trusted):
    own = remarks.get(student, [])
    if own and own[0].startswith(NOT_GRADABLE):
        return _give_up(course, name, student, remarks, "")
    try:
        result = checks.grade(course.submission(name, student), course.source(name, student), limits, trusted)
    except Exception:  # the grader's own fault: say so, and let the others go on
        reason = traceback.format_exc().strip().split("\n")[-1]
        return _give_up(course, name, student, remarks, f"the grader failed, which is not your fault ({reason})")
    course.store(name, student, result | {"remarks": own})


def _give_up(course, name, student, remarks, reason):
    failure = [checks.failure("NotRun", "This was not run; see the remarks above.")]
    course.store(name, student, {
        "outputs": [failure if checks.is_test(cell) else [] for cell in course.submission(name, student)["cells"]],
        "failures": {}, "seconds": 0.0, "stopped": reason, "remarks": remarks.get(student, [])})
