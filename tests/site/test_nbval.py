"""nbval catches whatever differs from what is stored, and names chapter and cell."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import nbformat
import pytest

from book.site import cache, nbval_plugin, store
from book.site.settings import CACHE, READ_OTHER_FILES, environment
from tests.conftest import ROOT

SETUP = """from lrnn_helpers.page import claims, plots
from lrnn_helpers.page.explore import explore

def draw(height=1.0):
    fig, axes = plots.panels()
    axes.plot([0, height])
    return fig, f"A straight line that rises to {height}."
"""
NUMBER, FIGURE, SLIDER = "print(17)", "plots.show(*draw())", "explore(draw, height=[1.0, 2.0])"
CLAIM = 'claims.check("half of two", 2 / 2, 1.0, rtol=1e-9)'


def replaced(old, new, kind):
    """Function that changes what a cell has stored."""
    def edit(cell):
        data = cell.outputs[0] if kind == "text" else cell.outputs[0]["data"]
        assert old in data[kind]
        data[kind] = data[kind].replace(old, new)
    return edit


def without_picture(cell):
    del cell.outputs[0].data["image/png"]


# What a cell does, how it is broken after it was stored, and a part of what must be said of it.
BROKEN = {
    "a changed number": (NUMBER, replaced("17", "18", "text"), "18"),
    "a changed word of a claim": (CLAIM, replaced("half of", "half off", "text/html"), "mismatch 'text/html'"),
    "another number for the scoreboard": (
        CLAIM, lambda cell: cell.outputs[0].metadata["claim"].update(measured="measured 2"), "mismatch 'claim'"),
    "another tolerance used up": (
        CLAIM, lambda cell: cell.outputs[0].metadata["claim"].update(share=[0, 50]), "mismatch 'claim'"),
    "another description": (FIGURE, replaced("1.0", "2.0", "text/plain"), "mismatch 'text/plain'"),
    "another description of a slider": (SLIDER, replaced("line", "curve", "text/plain"), "mismatch 'text/plain'"),
    "a removed output": (CLAIM, lambda cell: cell.outputs.clear(), "Unexpected output fields"),
    "a removed figure": (FIGURE, without_picture, "Unexpected output fields from running code: {'image/png'}"),
    "a removed still": (SLIDER, without_picture, "Unexpected output fields from running code: {'image/png'}"),
    "an output too many": (NUMBER, lambda cell: cell.update(source="pass"), "Missing output fields"),
    "never executed": ("x = 1", lambda cell: cell.update(execution_count=None), "never executed before it was stored"),
    "to be ignored": (NUMBER, lambda cell: cell.metadata.update(tags=["nbval-ignore-output"]), "marked to be left out"),
    "to be skipped": (NUMBER, lambda cell: cell.metadata.update(tags=["nbval-skip"]), "marked to be left out"),
    "an exception": (NUMBER, lambda cell: cell.update(source="1 / 0"), "Cell execution caused an exception")}


def nbval(*arguments, **options):
    """What pytest says about notebooks, and whether all is well."""
    run = subprocess.run([sys.executable, "-m", "pytest", "--nbval", "-c", ROOT / "pyproject.toml", "-p", "no:xdist",
                          "-p", "no:cacheprovider", *arguments], cwd=ROOT, capture_output=True, text=True, **options)
    return run.stdout + run.stderr, run.returncode


@pytest.mark.parametrize("new, stored, alike", [
    ([0, 1], [0, 20], True), ([0, 20], [0, 1], True), ([0, 1], [0, 50], False), (None, [0, 10], False)])
def test_how_close_a_claim_came_is_compared_with_slack(new, stored, alike):
    """And the words that say it are left out of the comparison, but for what is not such a share."""
    assert nbval_plugin.as_close({"share": new}, {"share": stored}) == alike
    if new:
        words = [f"off by at most {share[1]} % of the tolerance" for share in (new, stored)]
        outputs = [{"data": {"text/plain": close}, "metadata": {"claim": {"close": close, "share": share}}}
                   for close, share in zip(words, (new, stored), strict=True)]
        [settled] = nbval_plugin.settled(outputs[:1], outputs[1:])
        compared = [nbval_plugin.comparable(output)["data"] for output in (settled, outputs[1])]
        assert (compared[0] == compared[1]) == alike


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What is said about a chapter that holds, and about one whose cells were broken in all these ways."""
    folder = tmp_path_factory.mktemp("notebooks")
    sources = [SETUP, *(source for source, _, _ in BROKEN.values())]
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "whole.ipynb")
    with mock.patch.dict(os.environ, environment("still")):
        assert store.execute(folder / "whole.ipynb") is None
    notebook = nbformat.read(folder / "whole.ipynb", as_version=4)
    for cell, (_, edit, _) in zip(notebook.cells[1:], BROKEN.values(), strict=True):
        edit(cell)
    nbformat.write(notebook, folder / "broken.ipynb")
    return nbval(folder)


def test_what_holds_is_counted_and_what_does_not_is_reported(said):
    text, code = said
    assert code == 1 and "whole.ipynb:" not in text
    assert f"nbval compared {len(BROKEN) + 2} code cells of 2 notebooks with what is stored, and they agree" in text
    assert f"broken.ipynb: {len(BROKEN)} of {len(BROKEN) + 1} code cells were not compared, or do not hold" in text


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named(said, name):
    number = [*BROKEN].index(name) + 1
    message, *_ = re.findall(rf"/broken\.ipynb, code cell {number}: (.*?)(?=\n___|\n===|\Z)", said[0], re.DOTALL)
    assert BROKEN[name][2] in message


def test_a_page_that_holds_is_kept_for_the_builder():
    """The page that takes least time, so that the builder need not execute it again."""
    path = ROOT / min(READ_OTHER_FILES, key=lambda name: (ROOT / name).stat().st_size)
    start = time.time()
    text, code = nbval(path)
    assert code == 0, text
    with cache.opened() as known:
        record = known.match_cache_notebook(nbformat.read(path, as_version=4))
        assert cache.holds(known, path)
    entry = CACHE / "executed" / record.hashkey / "base.ipynb"
    assert entry.stat().st_mtime >= start - 1


def test_the_database_of_the_cache_is_closed(tmp_path):
    """Python 3.13 reports a connection that is left open."""
    with cache.opened(tmp_path) as known:
        known.list_cache_records()
    open_files = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    assert (tmp_path / "global.db").is_file() and str(tmp_path / "global.db") not in open_files
