"""JupyterLite beside the book: nothing from elsewhere, chapters that run, a problem set that is done and graded."""

import json
import re

import pytest

from book.site.settings import LIVE
from tests.conftest import missing
from tests.live.conftest import MINUTES
from tests.test_coursework import COURSEWORK, grading_steps, need_tools, secret_lines, source, summary

NAME = "foundations"


@pytest.fixture
def files():
    if not (LIVE / "lab" / "files").is_dir():
        missing("the live site", "make live")
    return LIVE / "lab" / "files"


def run_all(page):
    """Run all cells of an open notebook, and wait for the last; a cell that fails stops it."""
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=3 * MINUTES)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last
    page.wait_for_function("prompt => /\\[\\d+\\]/.test(prompt.textContent)", arg=last.element_handle(),
                           timeout=10 * MINUTES)


def test_python_comes_from_the_folder_beside_it(files):
    said = json.loads((files.parent / "jupyter-lite.json").read_text("utf-8"))["jupyter-config-data"]
    kernel = said["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]
    assert kernel["disablePyPIFallback"] and kernel["pyodideUrl"].endswith("../live/pyodide.js")
    assert {extension["name"] for extension in said["federated_extensions"]} == {
        "@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension", "jupyterlab-myst"}
    assert "Content-Security-Policy" not in (files.parent / "notebooks" / "index.html").read_text("utf-8")


def test_chapters_are_plain_and_problem_sets_are_those_of_students(files):
    for path in (files / "book").rglob("*.ipynb"):
        text = path.read_text("utf-8")
        assert not re.search(r"`{3,}\{|\{numref\}|\{eq\}|bibliography\.md", text), path.name
    names = sorted(path.stem for path in (COURSEWORK / "problem_sets").glob("*/*.ipynb"))
    assert sorted(path.stem for path in (files / "problem_sets").glob("*.ipynb")) == names
    for name in names:
        text = "\n".join("".join(cell["source"]) for cell in json.loads(
            (files / "problem_sets" / f"{name}.ipynb").read_text("utf-8"))["cells"])
        assert [line for line in set().union(*secret_lines(name)) if line in text] == []


def test_a_chapter_runs_as_a_notebook_and_its_slider_redraws(opened):
    visited = opened("lab/notebooks/index.html?path=book/foundations/linear_rnn.ipynb")
    page = visited.page
    run_all(page)
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.locator("p.claim").count() >= 10
    picture = page.locator(".widget-html img").first
    before, words = picture.get_attribute("src"), picture.get_attribute("alt")
    page.locator(".widget-slider .noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.widget-html img').getAttribute('src') !== before",
                           arg=before, timeout=MINUTES)
    assert picture.get_attribute("alt") != words and visited.foreign == []


def test_what_was_changed_is_kept_until_one_starts_afresh_and_a_link_leads_back(opened):
    visited = opened("lab/notebooks/index.html?path=book/index.ipynb")
    page = visited.page
    editor = page.locator(".jp-CodeCell .cm-content").first
    editor.click(timeout=3 * MINUTES)
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("mine = 1")
    page.keyboard.press("Control+S")
    page.wait_for_timeout(2000)
    page.reload()
    page.locator(".cm-line", has_text="mine = 1").wait_for(timeout=3 * MINUTES)
    page.get_by_role("button", name="Start afresh").click()
    page.locator(".cm-line", has_text="import explore").wait_for(timeout=3 * MINUTES)
    assert page.locator(".cm-line", has_text="mine = 1").count() == 0
    page.get_by_role("link", name="Back to the page").click()
    page.wait_for_url("**/book/index.html")


def test_a_problem_set_is_done_downloaded_and_graded(opened, tmp_path):
    need_tools()
    visited = opened(f"lab/notebooks/index.html?path=problem_sets/{NAME}.ipynb")
    page = visited.page
    cells = page.locator(".jp-Notebook .jp-Cell")
    cells.first.wait_for(timeout=3 * MINUTES)
    for number, cell in enumerate(source(NAME)["cells"]):
        if cell["metadata"]["nbgrader"]["solution"] and cell["cell_type"] == "code":
            cells.nth(number).locator(".cm-content").click()
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(cell["source"].replace("### BEGIN SOLUTION", "").replace("### END SOLUTION", ""))
    run_all(page)
    page.get_by_role("menuitem", name="File", exact=True).click()
    with page.expect_download(timeout=2 * MINUTES) as download:
        page.get_by_role("menuitem", name="Download", exact=True).click()
    handed = tmp_path / "in" / "ada" / f"{NAME}.ipynb"
    handed.parent.mkdir(parents=True)
    download.value.save_as(handed)
    grading_steps(tmp_path / "course", ["release", NAME], ["collect", NAME, tmp_path / "in"],
                  ["autograde", NAME, "--jobs", "1"])
    assert summary(tmp_path / "course", NAME)["ada"][0] == 10 and visited.foreign == []
