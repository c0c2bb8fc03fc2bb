"""A small problem set as it is released, students who work on it, and a course that needs no gradebook."""

import copy
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "coursework"))

from grading import attempts, people, settings  # noqa: E402
from grading.inbox import File  # noqa: E402

NAME = "small"


def cell(kind, name, source, **own):
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    metadata = {"nbgrader": {"grade_id": name, "grade": False, "solution": False, **own}} if name else {}
    return {"cell_type": kind, "id": name or "own", "metadata": metadata, "source": source, **code}


RELEASED = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
    cell("markdown", "title", "# A problem set about doubling, which is small on purpose"),
    cell("code", "setup", "import numpy as np\nfrom lrnn_helpers import exercises"),
    cell("markdown", "q1-text", "## 1. Derive that doubling twice is multiplying by four"),
    cell("markdown", "q1-answer", "*Your answer here.*", grade=True, solution=True, points=5),
    cell("markdown", "q2-text", "## 2. Write `double(x)`, which returns twice its argument"),
    cell("code", "q2-answer", "def double(x):\n    ...  # your code here", solution=True),
    cell("code", "q2-test", "assert double(1) == 2, 'the double of one is two'", grade=True, points=5),
    cell("markdown", "q3-text", "## 3. Draw the double of every number between zero and one"),
    cell("code", "q3-figure", "...  # your code here", grade=True, solution=True, points=3)]}

WORK = {"q1-answer": "Because $2 \\cdot 2 = 4$.", "q2-answer": "def double(x):\n    return 2 * x",
        "q3-figure": "plots.show(figure)"}


def handed_in(changes=None):
    """The small set as a diligent student hands it in; further texts by the name of the cell."""
    notebook = copy.deepcopy(RELEASED)
    for own in notebook["cells"]:
        name = own["metadata"]["nbgrader"]["grade_id"]
        own["source"] = {**WORK, **(changes or {})}.get(name, own["source"])
    return notebook


def file(path, content, time=None):
    """A file of a hand-in."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return File(path, time, lambda limit: data[:limit + 1])


def texts(notebook):
    """{name of the cell: text} of a rebuilt notebook."""
    return {own["metadata"]["nbgrader"]["grade_id"]: own["source"] for own in notebook["cells"]
            if own["metadata"].get("nbgrader")}


def a_course(root, roster=(), rules=None):
    """What `collect` needs of a course."""
    return SimpleNamespace(
        root=Path(root), settings=rules or settings.Settings(), roster=people.Roster(roster),
        releases=lambda name: [RELEASED], for_student=lambda notebook, name, student: notebook)


def state(root):
    """All that a course's folder keeps of hand-ins."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(Path(root).rglob("*"))
            if path.is_file()}


def all_attempts(root):
    return {student: attempts.of(root, NAME, student) for student in attempts.students(root, NAME)}


def at(day, hour=12):
    return datetime(2026, 10, day, hour, tzinfo=UTC)


@pytest.fixture
def course(tmp_path):
    return a_course(tmp_path / "course")
