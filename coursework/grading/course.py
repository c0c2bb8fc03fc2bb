"""The course folder and its gradebook, kept by nbgrader. No student code runs while this module works.

    source/ release/                  the problem sets, with and without solutions and hidden checks
    submitted/<student>/<set>/        rebuilt submissions;  remarks/<set>.json  what was odd about them
    results/<set>/<student>.json      what came out of the sandbox
    autograded/ feedback/ gradebook.db   nbgrader's own
"""

import contextlib
import csv
import html
import json
import logging
import shutil
import warnings
from pathlib import Path

import nbformat
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode, from_dict
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    GetGrades,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from grading import submissions
from grading.pages import FeedbackPage

PROBLEM_SETS = Path(__file__).parent.parent / "problem_sets"
NOT_GRADABLE = "Not gradable"


class Replay(NbGraderPreprocessor):
    """In the place of nbgrader's own execution: puts in what came out of the sandbox, and never runs anything."""

    def preprocess(self, nb, resources):
        about = resources["nbgrader"]
        path = Path.cwd() / "results" / about["assignment"] / f"{about['student']}.json"  # nbgrader works in the course
        if not path.exists():
            raise RuntimeError("no result from the sandbox; grade with `python -m grading autograde`")
        result = json.loads(path.read_text("utf-8"))
        if len(result["outputs"]) != len(nb.cells):
            raise RuntimeError("the submission has changed since it ran in the sandbox; grade it again")
        for cell, outputs in zip(nb.cells, result["outputs"]):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = from_dict(outputs), None
        remarks = result["remarks"] + ([f"Grading stopped: {result['stopped']}."] if result["stopped"] else [])
        if remarks:
            text = "**Remarks on your submission**\n\n" + "\n".join(f"- {html.escape(line)}" for line in remarks)
            nb.cells.insert(0, NotebookNode(cell_type="markdown", id="remarks", metadata={}, source=text))
        return nb, resources


def configure(config):
    """nbgrader's settings. The course folder has them too, so that nbgrader's own commands run no student code."""
    config.CourseDirectory.course_id = "lrnn"
    config.ClearSolutions.code_stub = {"python": "...  # your code here"}
    config.ClearSolutions.text_stub = "*Your answer here.*"
    config.Autograde.autograde_preprocessors = [Replay, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]
    config.GenerateFeedback.exporter_class = FeedbackPage
    config.GenerateFeedback.preprocessors = [ClearHiddenTests, GetGrades, CSSHTMLHeaderPreprocessor]
    return config


class Course:
    """One folder with everything that belongs to a class."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.config = configure(Config())
        self.config.CourseDirectory.root = str(self.root)

    def path(self, *parts):
        return self.root.joinpath(*parts)

    def notebook(self, step, name):
        """A problem set's notebook at one step ("source" or "release")."""
        path = self.path(step, name, f"{name}.ipynb")
        if not path.exists():
            raise FileNotFoundError(f"the problem set {name!r} has not been released in {self.root}: release it first")
        return nbformat.read(path, as_version=4)

    def release(self, name):
        """Make the students' version. Returns its path."""
        shutil.copytree(PROBLEM_SETS / name, self.path("source", name), dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns(".*"))
        self.path("nbgrader_config.py").write_text(
            f"import sys\n\nsys.path.insert(0, {str(PROBLEM_SETS.parent)!r})\n"
            "from grading.course import configure  # noqa: E402\n\nconfigure(get_config())  # noqa: F821\n", "utf-8")
        self._convert(GenerateAssignment, name, "")
        return self.path("release", name, f"{name}.ipynb")

    def collect(self, name, folder):
        """Take over the submissions in a folder. Returns {student: remarks} and remarks on what was left out."""
        released, remarks = self.notebook("release", name), {}
        found, left_out = submissions.students(folder)
        for student, path in found.items():
            try:
                notebook, remarks[student] = submissions.take(path, name, released)
            except submissions.Unusable as reason:
                notebook, remarks[student] = released, [f"{NOT_GRADABLE}: {reason}."]
            self._write(self.path("submitted", student, name, f"{name}.ipynb"), notebook)
        self._write(self.path("remarks", f"{name}.json"), remarks)
        return remarks, left_out

    def submitted(self, name):
        """The students whose submission was collected."""
        return sorted(path.parent.parent.name for path in self.path("submitted").glob(f"*/{name}/{name}.ipynb"))

    def submission(self, name, student):
        return json.loads(self.path("submitted", student, name, f"{name}.ipynb").read_text("utf-8"))

    def remarks(self, name):
        return json.loads(self.path("remarks", f"{name}.json").read_text("utf-8"))

    def store(self, name, student, result):
        self._write(self.path("results", name, f"{student}.json"), result)

    def result(self, name, student):
        path = self.path("results", name, f"{student}.json")
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def record(self, name):
        """Enter into the gradebook what came out of the sandbox."""
        self._convert(Autograde, name, "*")

    def feedback(self, name):
        """Write a page for each student. Returns their paths."""
        self._convert(GenerateFeedback, name, "*")
        return sorted(self.path("feedback").glob(f"*/{name}/{name}.html"))

    def export(self, path):
        """Write all marks as CSV."""
        with Gradebook(self._folder("").db_url, "lrnn") as gradebook:
            CsvExportPlugin(to=str(path)).export(gradebook)

    def marks(self, name):
        """{student: (automatic score, most that checks can give, whether something waits for a human)}."""
        tests = self._tests(name)
        with Gradebook(self._folder("").db_url, "lrnn") as gradebook:
            submitted = gradebook.assignment_submissions(name)
            return {s.student_id: (
                sum(g.auto_score for n in s.notebooks for g in n.grades if g.cell.name in tests),
                sum(g.max_score for n in s.notebooks for g in n.grades if g.cell.name in tests),
                s.needs_manual_grade) for s in submitted}

    def _tests(self, name):
        return {submissions.identity(cell) for cell in self.notebook("source", name)["cells"]
                if submissions.is_test(cell)}

    def _folder(self, name, student="*"):
        return CourseDirectory(config=self.config, assignment_id=name, student_id=student)

    def _convert(self, converter, name, student):
        """Run one of nbgrader's converters, quietly; on failure its log is the reason."""
        log, stream = logging.getLogger("grading.nbgrader"), _Lines()
        log.handlers, log.propagate = [stream], False
        log.setLevel(logging.WARNING)
        work = converter(coursedir=self._folder(name, student or "."), config=self.config, log=log)
        work.force = True
        try:
            with contextlib.chdir(self.root), warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # of nbgrader's way with its own database
                work.start()
        except Exception as error:
            raise RuntimeError(f"nbgrader could not finish: {error}\n" + "\n".join(stream.lines[-20:])) from error

    def _write(self, path, data):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.part")  # so that a file is whole or not there
        partial.write_text(json.dumps(data, indent=1, ensure_ascii=False), "utf-8")
        partial.replace(path)

    def write_summary(self, path, rows):
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["student", "checks", "of", "waits for a human", "seconds", "remark or failed check"])
            writer.writerows(rows)


class _Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())
