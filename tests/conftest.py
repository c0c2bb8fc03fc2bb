"""What all tests share: a still, quiet notebook kernel; matplotlib without a screen; a rule for missing tools; one
profile of hypothesis; and the functions that chapters define."""

import ast
import json
import os

import hypothesis
import matplotlib
import pytest

from book.site.settings import ROOT, environment

os.environ.update(environment("still"))
matplotlib.use("Agg")
hypothesis.settings.register_profile("book", max_examples=25, deadline=None, derandomize=True)
hypothesis.settings.load_profile("book")


def missing(what, remedy):
    """Skip for a missing tool, or fail where nothing may be skipped."""
    sentence = f"{what} is missing: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


def from_chapter(page, *names):
    """The functions of these names that a chapter defines: one, or a list of them.

    page: for example "task_dynamics/teacher_student". Of the notebook only the imports of its first cell are executed,
    the definitions asked for, and those that they use.
    """
    cells = json.loads((ROOT / "book" / f"{page}.ipynb").read_text("utf-8"))["cells"]
    first, *others = [ast.parse("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    defined = {node.name: node for tree in others for node in tree.body if isinstance(node, ast.FunctionDef)}
    space = {"__name__": page}
    exec(compile(ast.Module([node for node in first.body if isinstance(node, (ast.Import, ast.ImportFrom))], []),
                 page, "exec"), space)
    wanted = list(names)
    while wanted:
        if (name := wanted.pop()) in defined:
            node = defined.pop(name)
            exec(compile(ast.Module([node], []), page, "exec"), space)
            wanted += [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    missing_names = [name for name in names if name not in space]
    assert not missing_names, f"book/{page}.ipynb defines no {', '.join(missing_names)}"
    found = [space[name] for name in names]
    return found[0] if len(found) == 1 else found
