"""The command line: `python -m grading release | collect | autograde | feedback | export`."""

import argparse
import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["PATH"] = os.path.join(sys.prefix, "bin") + os.pathsep + os.environ.get("PATH", "")  # nbgrader calls alembic

from grading import sandbox  # noqa: E402
from grading.course import PROBLEM_SETS, Course  # noqa: E402
from grading.crowd import run_all  # noqa: E402


def main(arguments=None):
    options = _parser().parse_args(arguments)
    try:
        return options.command(Course(options.course), options)
    except (sandbox.Refused, FileNotFoundError, NotADirectoryError, RuntimeError) as error:
        print(f"grading: {error}", file=sys.stderr)
        return 2


def release(course, options):
    for name in options.sets:
        print(f"Students' version: {course.release(name)}")
    return 0


def collect(course, options):
    remarks, left_out = course.collect(options.set, options.folder)
    for student, lines in remarks.items():
        print(f"  {student:24} " + (" ".join(lines) or "taken"))
    for line in left_out:
        print(f"  {line}")
    print(f"Collected {len(remarks)} submissions of {options.set}.")
    return 0


def autograde(course, options):
    protection = sandbox.Unprotected if options.trust_students else sandbox.Sandbox
    protection.check()
    limits = sandbox.Limits(cell=options.cell_seconds, submission=options.seconds, memory=options.memory)
    students = options.student or course.submitted(options.set)
    start = time.monotonic()
    run_all(course, options.set, students, limits, options.jobs, protection)
    elapsed = time.monotonic() - start
    course.record(options.set)
    marks, remarks, rows = course.marks(options.set), course.remarks(options.set), []
    print(f"{'student':24} {'checks':>8}  seconds  what went wrong")
    for student in course.submitted(options.set):
        result, (score, most, manual) = course.result(options.set, student), marks[student]
        reasons = remarks.get(student, []) + ([f"stopped: {result['stopped']}"] if result["stopped"] else [
            f"{name}: {why}" for name, why in result["failures"].items()])
        print(f"{student:24} {score:3g} / {most:<3g} {result['seconds']:7.1f}  " + "\n".ljust(46).join(reasons))
        rows += [[student, score, most, "yes" if manual else "no", f"{result['seconds']:.1f}", reason]
                 for reason in reasons or [""]]
    peak = max((course.result(options.set, student)["peak"] for student in students), default=0)
    summary = course.path(f"summary-{options.set}.csv")
    course.write_summary(summary, rows)
    print(f"{len(students)} submissions in {elapsed:.0f} s, {options.jobs} at once: "
          f"{elapsed / max(1, len(students)):.1f} s a submission. The grader held at most {peak:.0f} MB for one.")
    print(f"Written to {summary}. Derivations and figures wait for a human: make -C coursework formgrader.")
    return 0


def feedback(course, options):
    print(f"Feedback for {len(course.feedback(options.set))} students is in {course.path('feedback')}.")
    return 0


def export(course, options):
    course.export(options.to or course.path("marks.csv"))
    print(f"Marks: {options.to or course.path('marks.csv')}")
    return 0


def formgrader(course, options):
    """Open nbgrader's pages for grading by hand. Student code is shown there, not run."""
    from grading import marking
    os.chdir(course.root)
    marking.serve(course.root, options.ip, options.port, not options.no_browser)
    return 0


def _parser():
    names = sorted(path.name for path in PROBLEM_SETS.iterdir() if path.is_dir() and not path.name.startswith("."))
    parser = argparse.ArgumentParser(prog="grading", description="Hand out, collect and grade the problem sets.")
    parser.add_argument("--course", default="course", help="folder of this class (default: course)")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(function, text):
        sub = commands.add_parser(function.__name__, help=text)
        sub.set_defaults(command=function)
        return sub

    command(release, "make the students' versions").add_argument("sets", nargs="+", choices=names)
    sub = command(collect, "take over a folder of submissions")
    sub.add_argument("set", choices=names)
    sub.add_argument("folder", help="holds a folder, or a notebook, for each student, named after the student")
    sub = command(autograde, "run the submissions in the sandbox and enter their marks")
    sub.add_argument("set", choices=names)
    sub.add_argument("--jobs", type=int, default=os.cpu_count(), help="submissions at once (default: all processors)")
    sub.add_argument("--student", action="append", help="only this one; may be repeated")
    sub.add_argument("--cell-seconds", type=float, default=sandbox.Limits.cell)
    sub.add_argument("--seconds", type=float, default=sandbox.Limits.submission, help="for a whole notebook")
    sub.add_argument("--memory", type=int, default=sandbox.Limits.memory, help="megabytes")
    sub.add_argument("--trust-students", action="store_true", help="run student code WITHOUT protection")
    sub = command(formgrader, "grade derivations and figures by hand, in the browser")
    sub.add_argument("--ip", default="127.0.0.1", help="address to serve at; in a container 0.0.0.0")
    sub.add_argument("--port", type=int, default=8888)
    sub.add_argument("--no-browser", action="store_true", help="only say where the pages are")
    command(feedback, "write a page for each student").add_argument("set", choices=names)
    command(export, "write all marks as CSV").add_argument("--to", help="file (default: marks.csv in the course)")
    parser.allow_abbrev = False
    for sub in commands.choices.values():
        sub.allow_abbrev = False  # --trust-students counts only in full
    return parser


if __name__ == "__main__":
    sys.exit(main())
