"""The course folder and its gradebook, kept by nbgrader. No student code runs while this module works.

    course.toml roster.csv            the rules and the people, if there are such files
    source/ release/ releases/        the problem sets, with and without solutions and hidden checks; all releases
    handout/<set>/<student>/          the release with numbers of the student's own, if the set has variants
    attempts/<set>/<student>/         everything that was handed in (`attempts`)
    submitted/<student>/<set>/        the attempt that counts, rebuilt
    results/<set>/<student>.json      what came out of the sandbox for it; of each attempt in the folder beside
    autograded/ feedback/ gradebook.db   nbgrader's own
"""

import contextlib
import copy
import json
import logging
import shutil
import warnings
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    GetGrades,
    SaveAutoGrades,
)
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

import lrnn_helpers
from grading import attempts, gradebook, people, settings, submissions, variants
from grading.collecting import NOT_GRADABLE
from grading.pages import FeedbackPage
from grading.replay import Replay

PROBLEM_SETS = Path(__file__).parent.parent / "problem_sets"
SETS = sorted(path.name for path in PROBLEM_SETS.iterdir() if path.is_dir() and not path.name.startswith("."))
RUNS = ("bubblewrap", "checks", "inside", "kernel", "protocol", "sandbox")
"""The modules that have a part in a result; when they change, everything is run again."""


def configure(config):
    """nbgrader's settings. The course folder has them too, so that nbgrader's own commands run no student code."""
    config.CourseDirectory.course_id = "lrnn"
    config.ClearSolutions.code_stub = {"python": "...  # your code here"}
    config.ClearSolutions.text_stub = "*Your answer here.*"
    config.Autograde.autograde_preprocessors = [Replay, SaveAutoGrades, CheckCellMetadata]
    config.GenerateFeedback.exporter_class = FeedbackPage
    config.GenerateFeedback.preprocessors = [ClearHiddenTests, GetGrades, CSSHTMLHeaderPreprocessor]
    return config


class Course:
    """One folder with everything that belongs to a class. A submission's key is "student" or "student/attempt"."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.config = configure(Config())
        self.config.CourseDirectory.root = str(self.root)

    @cached_property
    def settings(self):
        return settings.load(self.root)

    @cached_property
    def roster(self):
        return people.load(self.root)

    def path(self, *parts):
        return self.root.joinpath(*parts)

    def notebook(self, step, name):
        """A problem set's notebook at one step ("source" or "release")."""
        path = self.path(step, name, f"{name}.ipynb")
        if not path.exists():
            raise FileNotFoundError(f"the problem set {name!r} has not been released in {self.root}: release it first")
        return nbformat.read(path, as_version=4)

    def release(self, name):
        """Make the students' version, and one for each of the roster if there are to be variants. Returns its path."""
        shutil.copytree(PROBLEM_SETS / name, self.path("source", name), dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns(".*"))
        self.path("nbgrader_config.py").write_text(
            f"import sys\n\nsys.path.insert(0, {str(PROBLEM_SETS.parent)!r})\n"
            "from grading.course import configure  # noqa: E402\n\nconfigure(get_config())  # noqa: F821\n", "utf-8")
        gradebook.make_room(self, name)
        self.convert(GenerateAssignment, name, ".")
        released = self.notebook("release", name)
        attempts.write(self.path("releases", name, f"{attempts.digest(released['cells'])}.json"), released)
        for person in self.roster if self.settings.variants and variants.varies(released) else ():
            folder = self.path("handout", name, person.student)
            shutil.copytree(self.path("release", name), folder, dirs_exist_ok=True)
            attempts.write(folder / f"{name}.ipynb", variants.filled(released, self.number(name, person.student)))
        return self.path("release", name, f"{name}.ipynb")

    def releases(self, name):
        """All releases of a problem set, the present one first."""
        present = self.notebook("release", name)
        former = [json.loads(path.read_text("utf-8")) for path in sorted(self.path("releases", name).glob("*.json"))
                  if path.stem != attempts.digest(present["cells"])]
        return [present, *former]

    def number(self, name, student):
        """The number from which a student's variant is drawn; 0, as in the common release, if they got that."""
        own = self.path("handout", name, student).is_dir()
        return variants.number(variants.secret(self.root), name, student) if own else 0

    def for_student(self, notebook, name, student):
        """A problem set's notebook with the student's numbers."""
        return variants.filled(notebook, self.number(name, student))

    def source(self, name, key):
        """The problem set with solutions and hidden checks, as it is for this submission."""
        return self.for_student(self.notebook("source", name), name, key.split("/")[0])

    def students(self, name):
        """Everyone who handed in something."""
        return attempts.students(self.root, name)

    def attempts(self, name, student):
        return attempts.of(self.root, name, student)

    def rebuilt(self, name, attempt, releases=None):
        """An attempt on the present release, and all remarks on it, for the student."""
        releases = [self.for_student(release, name, attempt.student) for release in releases or self.releases(name)]
        notebook, remarks, given = copy.deepcopy(releases[0]), list(attempt.about["remarks"]), attempt.notebook
        if given is None:
            remarks.insert(0, f"{NOT_GRADABLE}: {attempt.about['problem']}.")
        else:
            notebook, more = submissions.rebuild(given, notebook, releases[1:])
            remarks += more
        submissions.add_scans(notebook, attempt.scans)
        return notebook, remarks

    def submission(self, name, key):
        """The rebuilt notebook of an attempt."""
        return self.rebuilt(name, self._attempt(name, key))[0]

    def remarks(self, name, keys):
        """{key: remarks} of these attempts."""
        releases = self.releases(name)
        return {key: self.rebuilt(name, self._attempt(name, key), releases)[1] for key in keys}

    def made_from(self, name, key):
        """What a result depends on, as a fingerprint: the rebuilt notebook, its checks, and what carries them out."""
        return attempts.digest([self.submission(name, key)["cells"], self.source(name, key)["cells"], _machinery()])

    def store(self, name, key, result):
        attempts.write(self.path("results", name, f"{key}.json"), {"made_from": self.made_from(name, key)} | result)

    def result(self, name, key):
        path = self.path("results", name, f"{key}.json")
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def _attempt(self, name, key):
        student, _, fingerprint = key.partition("/")
        return next(attempt for attempt in self.attempts(name, student) if attempt.fingerprint == fingerprint)

    def open_gradebook(self):
        return Gradebook(self.coursedir("", "*").db_url, "lrnn")

    def record(self, name, student):
        """Enter into the gradebook what came out of the sandbox."""
        self.convert(Autograde, name, student)

    def feedback(self, name, student):
        """Write a student's page."""
        self.convert(GenerateFeedback, name, student)

    def coursedir(self, name, student):
        return CourseDirectory(config=self.config, assignment_id=name, student_id=student)

    def convert(self, converter, name, student):
        """Run one of nbgrader's converters, quietly; on failure its log is the reason."""
        log, stream = logging.getLogger("grading.nbgrader"), _Lines()
        log.handlers, log.propagate = [stream], False
        log.setLevel(logging.WARNING)
        work = converter(coursedir=self.coursedir(name, student), config=self.config, log=log)
        work.force = True
        try:
            with contextlib.chdir(self.root), warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # of nbgrader's way with its own database
                work.start()
        except Exception as error:
            raise RuntimeError(f"nbgrader could not finish: {error}\n" + "\n".join(stream.lines[-20:])) from error


def _machinery():
    """Of the code that gives a result: its version and text."""
    own = [Path(__file__).with_name(f"{part}.py") for part in RUNS]
    files = sorted(Path(lrnn_helpers.__file__).parent.rglob("*.py")) + own
    return [version("numpy"), version("scipy"), *(path.read_text("utf-8") for path in files)]


class _Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())
