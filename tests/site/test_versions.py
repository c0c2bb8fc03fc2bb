"""What the package says that it needs, and the table of the versions with which it was tried."""

import ast
import re
import sys
import tomllib
from importlib import metadata

import nbformat
import pytest

from book.site import versions
from book.site.chapters import address, chapters, problem_sets
from book.site.settings import ROOT
from tests.test_plan import imported

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DISTRIBUTIONS = metadata.packages_distributions()
DECLARED = {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in PROJECT["dependencies"]}
TABLE = """Text.

<!-- versions: written by make oldest, make newest -->
| packages | Python | numpy | scipy | matplotlib | ipywidgets | cells that agree | tests that pass | on |
|---|---|---|---|---|---|---|---|---|
| oldest | 3.11.7 | 2.0.0 | 1.13.0 | 3.8.4 | 7.7.0 | 1 of 2 | 3 of 4 | 2020-01-01 |
<!-- end of versions -->

More.
"""


def outside(code):
    """The distributions that a piece of code imports, but for Python's own and the package itself."""
    names = {name.partition(".")[0] for name in imported(ast.parse(code))} - set(sys.stdlib_module_names)
    return {DISTRIBUTIONS[name][0].lower() for name in names - {"lrnn_helpers"}}


@pytest.mark.parametrize("path", sorted((ROOT / "lrnn_helpers").rglob("*.py")), ids=address)
def test_a_module_imports_only_what_is_declared(path):
    assert outside(path.read_text("utf-8")) <= DECLARED


@pytest.mark.parametrize("path", [*chapters(), *problem_sets()], ids=address)
def test_a_notebook_imports_only_what_is_declared(path):
    cells = nbformat.read(path, as_version=4).cells
    assert outside("\n".join(cell.source for cell in cells if cell.cell_type == "code")) <= DECLARED


def test_every_range_is_declared_once_and_has_a_lower_end():
    every = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    names = [re.match(r"[\w.-]+", one)[0] for one in every if not one.startswith("lrnn-helpers[")]
    assert len(names) == len(set(names))
    assert all(">=" in requirement for requirement in PROJECT["dependencies"])
    grading = re.findall(r"^([\w-]+)[<>=~]", (ROOT / "coursework" / "requirements.in").read_text("utf-8"), re.MULTILINE)
    assert grading and not set(grading) & set(names)


def test_a_run_replaces_the_row_of_its_end_and_its_python():
    again = versions.with_row(TABLE, "oldest", ["3.11.9", "2.0.0", "1.13.0", "3.8.4", "7.7.0"], (2, 2), (4, 4))
    assert "| 3.11.9 | 2.0.0 | 1.13.0 | 3.8.4 | 7.7.0 | 2 of 2 | 4 of 4 |" in again and "3.11.7" not in again
    assert again.startswith("Text.\n") and again.endswith("-->\n\nMore.\n")


@pytest.mark.parametrize("end, python", [("newest", "3.11.7"), ("oldest", "3.12.1")])
def test_another_end_or_another_python_has_a_row_of_its_own(end, python):
    both = versions.with_row(TABLE, end, [python, "2.4.6", "1.17.1", "3.11.2", "8.1.9"], (1, 2), (4, 4))
    assert both.count("\n| ") == 3 and "| 3.11.7 | 2.0.0 |" in both and f"| {end} | {python} | 2.4.6 |" in both


def rows_that_do_not_belong(text):
    """Rows of the table that no run writes, or that of a run in which a cell did not agree."""
    *_, rows = re.split(r"\|---\|\n", versions.MARKERS.search(text)[1])
    ends, all_agree = "|".join(versions.RESOLUTION), r"(?P<cells>\d+) of (?P=cells)"
    form = rf"\| ({ends}) \|( [\d.]+ \|){{5}} {all_agree} \| \d+ of \d+ \| \d{{4}}-\d\d-\d\d \|"
    return [row for row in rows.splitlines() if not re.fullmatch(form, row)]


def test_the_table_of_the_readme_holds_runs_in_which_every_cell_agreed():
    text = (ROOT / "README.md").read_text("utf-8")
    assert rows_that_do_not_belong(text) == [] and len(rows_that_do_not_belong(TABLE)) == 1
    for cells, wrong in (((2, 2), 0), ((1, 2), 1)):
        row = versions.with_row(text, "newest", ["3.13.0", "2.5.5", "1.18.1", "3.11.2", "8.1.9"], cells, (4, 5))
        assert len(rows_that_do_not_belong(row)) == wrong
