"""The command line: `python -m grading release | collect | autograde | feedback | export | ...`."""

import argparse
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["PATH"] = os.path.join(sys.prefix, "bin") + os.pathsep + os.environ.get("PATH", "")  # nbgrader calls alembic

if not sys.platform.startswith("linux"):
    sys.exit("grading: grading runs on Linux only; elsewhere use the container of coursework/Dockerfile, which has the "
             "same commands")

from grading import commands, sandbox  # noqa: E402
from grading.course import SETS, Course  # noqa: E402


def main(arguments=None):
    options = _parser().parse_args(arguments)
    try:
        return options.command(Course(options.course), options)
    except (sandbox.Refused, OSError, RuntimeError, ValueError) as error:
        print(f"grading: {error}", file=sys.stderr)
        return 2


def _parser():
    parser = argparse.ArgumentParser(prog="grading", description="Hand out, collect and grade the problem sets.")
    parser.add_argument("--course", default="course", help="folder of this class (default: course)")
    added = parser.add_subparsers(required=True, metavar="command")

    def command(name, function, text, one_set=True):
        sub = added.add_parser(name, help=text)
        sub.set_defaults(command=function)
        if one_set:
            sub.add_argument("set", choices=SETS)
        return sub

    sub = command("begin", commands.begin, "lay out a new course: rules with deadlines, roster, schedule", False)
    sub.add_argument("--weeks", type=int, default=12, help="4, 8 or 12 (default)")
    sub.add_argument("--start", default="", help="a day of the first week, such as 2027-01-11 (default: today)")
    command("release", commands.release, "make the students' versions", False).add_argument(
        "sets", nargs="+", choices=SETS)
    sub = command("collect", commands.collect, "take over a folder or an archive of submissions, beside what is there")
    sub.add_argument("folder", help="holds a folder, or a notebook, for each student; or Moodle's or Canvas's archive")
    sub.add_argument("--time", help="when all of it was handed in (default: the times of the files)")
    sub.add_argument("--times", help="a CSV file with the columns student and time")
    _running(command("autograde", commands.autograde, "run what is new in the sandbox and enter the marks"))
    _running(command("regrade", commands.regrade, "after a change of the problem set: release, run and enter again"))
    sub = command("formgrader", commands.formgrader, "grade derivations and figures by hand, in the browser", False)
    sub.add_argument("--ip", default="127.0.0.1", help="address to serve at; in a container 0.0.0.0")
    sub.add_argument("--port", type=int, default=8888)
    sub.add_argument("--no-browser", action="store_true", help="only say where the pages are")
    _jobs(command("feedback", commands.feedback, "write a page for each student"))
    command("export", commands.export, "write all marks as CSV, also for Canvas and Moodle", False).add_argument(
        "--to", help="file (default: marks.csv in the course)")
    command("statistics", commands.statistics_page, "write a page on what the class can and cannot")
    command("similarity", commands.similar, "list submissions that are alike")
    command("solutions", commands.solutions, "write model solutions for those whose deadline has passed").add_argument(
        "--now", action="store_true", help="for everybody")
    parser.allow_abbrev = False
    for sub in added.choices.values():
        sub.allow_abbrev = False  # --trust-students counts only in full
    return parser


def _running(sub):
    _jobs(sub)
    sub.add_argument("--student", action="append", help="only this one, and once more even if unchanged; repeatable")
    sub.add_argument("--cell-seconds", type=float, default=sandbox.Limits.cell)
    sub.add_argument("--seconds", type=float, default=sandbox.Limits.submission, help="for a whole notebook")
    sub.add_argument("--memory", type=int, default=sandbox.Limits.memory, help="megabytes")
    sub.add_argument("--trust-students", action="store_true", help="run student code WITHOUT protection")


def _jobs(sub):
    sub.add_argument("--jobs", type=int, default=os.cpu_count(), help="at once (default: all processors)")


if __name__ == "__main__":
    sys.exit(main())
