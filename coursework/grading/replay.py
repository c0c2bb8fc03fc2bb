"""nbgrader's step of execution, without execution."""

import json
import re
from pathlib import Path

from nbformat import NotebookNode, from_dict
from nbgrader.preprocessors import NbGraderPreprocessor


def literal(line):
    """A sentence in which nothing counts as Markdown, for it may repeat what a student wrote; pages show no tags."""
    return re.sub(r"([\\`*_\[\]<>!$&#~|])", r"\\\1", line)


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
        remarks = result.get("time", []) + result["remarks"]
        remarks += [f"Grading stopped: {result['stopped']}."] if result["stopped"] else []
        if remarks:
            text = "**Remarks on your submission**\n\n" + "\n".join(f"- {literal(line)}" for line in remarks)
            nb.cells.insert(0, NotebookNode(cell_type="markdown", id="remarks", metadata={}, source=text))
        return nb, resources
