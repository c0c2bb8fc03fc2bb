"""Many submissions at once: each in a process of its own, so that whatever befalls one leaves the others alone."""

import multiprocessing
import resource
import time
import traceback
from multiprocessing.connection import wait
from pathlib import Path

from tqdm import tqdm

from grading import checks
from grading.bubblewrap import MB
from grading.collecting import NOT_GRADABLE
from grading.harmless import plain

GRACE = 60
"""Seconds beyond a submission's own limit after which its grading process is ended from outside."""

ROOM = 1024
"""Megabytes of address space that grading one submission may add to what the grader has when it begins."""


def run_all(course, name, students, limits, jobs, protection):
    """Grade the collected submissions of these students and store what came out. Shows progress."""
    waiting, running = list(students), {}
    remarks = course.remarks(name, students)
    fork = multiprocessing.get_context("fork")
    with tqdm(total=len(waiting), desc=f"grading {name}", unit="submission") as bar:
        while waiting or running:
            while waiting and len(running) < max(1, jobs):
                student = waiting.pop(0)
                process = fork.Process(target=_one, args=(course, name, student, remarks, limits, protection))
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


def _one(course, name, student, remarks, limits, protection):
    own = remarks.get(student, [])
    if own and own[0].startswith(NOT_GRADABLE):
        return _give_up(course, name, student, remarks, "")
    try:
        _limit_memory()
        result = checks.grade(course.submission(name, student), course.source(name, student), limits, protection)
    except Exception:  # the grader's own fault: say so, and let the others go on
        reason = plain(traceback.format_exc().strip().split("\n")[-1])
        return _give_up(course, name, student, remarks, f"the grader failed, which is not your fault ({reason})")
    course.store(name, student, result | {"remarks": own, "peak": _peak()})


def _limit_memory():
    """Whatever comes out of a sandbox, the process that grades it cannot grow beyond this."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]  # stays: the sandbox sets limits of its own
    resource.setrlimit(resource.RLIMIT_AS, (now + ROOM * MB, hard))


def _peak():
    """Megabytes that this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _give_up(course, name, student, remarks, reason):
    failure = [checks.failure("NotRun", "This was not run; see the remarks above.")]
    course.store(name, student, {
        "outputs": [failure if checks.is_test(cell) else [] for cell in course.submission(name, student)["cells"]],
        "failures": {}, "seconds": 0.0, "peak": _peak(), "stopped": reason, "remarks": remarks.get(student, [])})
