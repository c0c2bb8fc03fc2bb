"""Prove the book with the oldest or the newest packages that it allows: `python -m book.site.versions oldest|newest`.

In a folder of its own, _build/oldest or _build/newest, lies a copy of the book beside an environment with nothing but
what the package declares and what executes notebooks. There nbval executes every notebook; then come the tests of the
package, with what these need. The result is a row of the table in README.md, whether everything holds or not.
"""

import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

from book.site.settings import BUILD, ROOT

RESOLUTION = {"oldest": "lowest-direct", "newest": "highest"}
SHOWN = ("numpy", "scipy", "matplotlib", "ipywidgets")
NOT_COPIED = shutil.ignore_patterns("_build", "course", ".git", ".live", ".venv", "__pycache__", ".*_cache",
                                    "*.egg-info")
NOTEBOOKS = ["--nbval", "book", "coursework/problem_sets"]
NOT_OF_THE_PACKAGE = ["--ignore=tests/site", "--ignore=tests/live", "--ignore=tests/coursework",
                      "--ignore=tests/test_plain.py", "--ignore-glob=*/test_coursework*"]
MARKERS = re.compile(r"(?<=<!-- versions: written by make oldest, make newest -->\n)(.*)(?=<!-- end of versions -->)",
                     re.DOTALL)
OF_OTHERS = ["-W", "ignore::DeprecationWarning"]
"""Old packages call what newer ones, on which they build, have deprecated."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("end", choices=RESOLUTION)
    parser.add_argument("--python", default=sys.executable, help="the Python to make the environment with")
    parser.add_argument("--jobs", type=int, default=2, help="notebooks executed at once (default 2)")
    arguments = parser.parse_args()
    folder = BUILD / arguments.end
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT, folder / "copy", ignore=NOT_COPIED)
    install_package(folder, arguments.end, arguments.python)
    cells = pytest(folder, arguments.jobs, NOTEBOOKS)
    install(folder, "-r", "tests/requirements.in", ".[test]")
    tests = pytest(folder, arguments.jobs, ["tests", *NOT_OF_THE_PACKAGE, *OF_OTHERS * (arguments.end == "oldest")])
    write_row(arguments.end, installed(folder), cells, tests)
    sys.exit(0 if all(passed == total for passed, total in (cells, tests)) else 1)


def install_package(folder, end, python):
    """An environment with the package, with the versions that the range gives, and with what executes notebooks."""
    print(f"Making an environment with the {end} packages that pyproject.toml allows.", flush=True)
    uv(folder, "venv", "--quiet", "--python", python, "../.venv")
    uv(folder, "pip", "compile", "--quiet", "--python", "../.venv", "--resolution", RESOLUTION[end], "pyproject.toml",
       "-o", "../versions.txt")
    install(folder, "-r", "../versions.txt", ".[nbval]")


def install(folder, *what):
    uv(folder, "pip", "install", "--quiet", "--python", "../.venv", "-c", "../versions.txt", *what)


def uv(folder, *arguments):
    subprocess.run([sys.executable, "-m", "uv", *arguments], cwd=folder / "copy", check=True)


def pytest(folder, jobs, arguments):
    """How many of pytest's items passed, and of how many."""
    report, environment = folder / "report.xml", os.environ | {"PYTHONPATH": ""}
    subprocess.run([folder / ".venv" / "bin" / "python", "-m", "pytest", "-q", "-n", str(jobs), "--dist", "loadfile",
                    "--no-loadscope-reorder", f"--junitxml={report}", *arguments], cwd=folder / "copy", env=environment)
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    total, *others = (sum(numbers) for numbers in zip(*(
        [int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped")] for suite in suites)))
    return total - sum(others), total


def installed(folder):
    """The versions in the environment: of Python, and of the packages that the table shows."""
    code = ("import json, platform, sys; from importlib.metadata import version; "
            "print(json.dumps([platform.python_version(), *map(version, sys.argv[1:])]))")
    return json.loads(subprocess.check_output([folder / ".venv" / "bin" / "python", "-c", code, *SHOWN]))


def write_row(end, versions, cells, tests):
    """Put a row into the table of README.md, in place of an older one for the same end and the same Python."""
    path = ROOT / "README.md"
    path.write_text(with_row(path.read_text("utf-8"), end, versions, cells, tests), "utf-8")


def with_row(text, end, versions, cells, tests):
    python = versions[0].rpartition(".")[0]
    head, line, *rows = MARKERS.search(text)[1].splitlines()
    rows = [row for row in rows if not row.startswith(f"| {end} | {python}.")]
    shares = [f"{passed} of {total}" for passed, total in (cells, tests)]
    rows += ["| " + " | ".join([end, *versions, *shares, str(datetime.date.today())]) + " |"]
    return MARKERS.sub("\n".join([head, line, *sorted(rows, reverse=True), ""]), text)


if __name__ == "__main__":
    main()
