"""A live page: edited, stopped, typed into, and without what it needs; and a plain build, which has none of it."""

import json

import nbformat
import pytest

from book.live import pages, proof
from book.site.chapters import stored
from book.site.settings import HTML, LIVE
from tests.conftest import missing
from tests.live.conftest import MINUTES, move, run
from tests.site.conftest import FLAGS, executable

CHAPTER = "book/foundations/linear_rnn"


def test_a_plain_build_has_no_button_and_no_file_of_it():
    if not (HTML / "book").is_dir():
        missing("the built book", "make book")
    assert not (HTML / "live").exists() and not (HTML / "lab").exists()
    for page in HTML.rglob("*.html"):
        text = page.read_text("utf-8")
        assert "live/button.js" not in text and "Run it now" not in text, page


def test_the_live_site_is_small_enough_to_be_published(site):
    sizes = [path.stat().st_size for path in LIVE.rglob("*") if path.is_file()]
    assert max(sizes) < 100e6 and sum(sizes) < 500e6


def test_an_edited_cell_that_fails_shows_its_error_and_back_is_the_books_code(opened):
    visited = opened(f"{CHAPTER}.html")
    page = visited.page
    run(page)
    cell = page.locator("div.cell").nth(1)
    cell.get_by_role("button", name="Edit cell 2").focus()
    page.keyboard.press("Enter")
    editor = cell.get_by_role("textbox")
    editor.fill("undefined_name + 1")
    editor.press("Control+Enter")
    error = cell.locator(".live-error")
    error.wait_for(timeout=MINUTES)
    assert "NameError" in error.inner_text() and error.get_attribute("role") == "alert"
    assert "stopped with an error" in page.locator(".live-status").inner_text()
    cell.get_by_role("button", name="Edit cell 2").click()
    cell.get_by_role("button", name="Run cell 2").click()
    error.wait_for(state="detached", timeout=MINUTES)
    assert visited.foreign == [] and visited.complaints == []


def test_any_number_can_be_typed_and_what_fails_is_said_in_place(opened):
    page = opened(f"{CHAPTER}.html").page
    run(page)
    move(page)
    value = page.locator("figure.explore[data-live] .live-value").first
    before = page.locator("figure.explore[data-live] img").get_attribute("src")
    value.fill("0.777")
    value.press("Enter")
    page.wait_for_function("before => document.querySelector('figure.explore[data-live] img')?.src !== before",
                           arg=before, timeout=MINUTES)
    value.fill("-1e400")
    value.press("Enter")
    page.locator("figure.explore[data-live]").get_by_text("No picture at").wait_for(timeout=MINUTES)


def test_stop_gives_the_page_back_and_it_can_start_anew(opened):
    page = opened(f"{CHAPTER}.html").page
    stored = page.locator("figure.explore img").first.get_attribute("src")
    page.get_by_role("button", name="Run this page").click()
    page.locator("figure.explore[data-live]").first.wait_for(timeout=5 * MINUTES)
    page.get_by_role("button", name="Stop").click()
    assert page.locator(".live-tools").count() == 0 and page.locator("[data-live] .live").count() == 0
    picture = page.locator("figure.explore img").first
    assert picture.get_attribute("src") == stored
    page.locator("figure.explore .explore-sliders:not(.live) input").first.press("Home")
    assert picture.get_attribute("src") != stored, "the book's frames move as before"
    assert "Stopped" in page.locator(".live-status").inner_text()
    page.get_by_role("button", name="Run this page").click()
    page.get_by_role("button", name="Start afresh").click()
    page.get_by_role("button", name="Stop").wait_for(timeout=MINUTES)


def test_a_slider_that_takes_long_keeps_the_books_frames_and_says_so(opened):
    """Here the page is told that each cell takes long; each is left out."""
    page = opened(f"{CHAPTER}.html").page
    known = json.loads((LIVE / "live" / "pages" / f"{CHAPTER}.json").read_text("utf-8"))
    for cell in known["cells"][1:]:
        cell["seconds"] = 200
    page.route("**/live/pages/**", lambda route: route.fulfill(json=known))
    run(page, "Leave it out")
    figure = page.locator("figure.explore").first
    assert "the book's own frames" in figure.inner_text() and not figure.get_attribute("data-live")
    assert page.locator(".live-note", has_text="not run").count() == len(known["cells"]) - 1
    assert "All cells but" in page.locator(".live-status").inner_text()
    page.get_by_role("button", name="Stop").click()
    assert page.locator(".live-wait").count() == 0


def test_the_landing_page_runs_from_its_door_and_a_live_picture_can_be_enlarged(opened):
    page = opened("book/index.html").page
    page.get_by_role("button", name="Run it now").click()
    page.locator("figure.explore[data-live] img").click(timeout=5 * MINUTES)
    shown = page.locator("dialog.enlarged img").get_attribute("src")
    assert shown == page.locator("figure.explore[data-live] img").get_attribute("src")


def test_a_worker_that_cannot_start_is_said(opened):
    page = opened(f"{CHAPTER}.html").page
    page.route("**/live/pyodide.asm.wasm", lambda route: route.abort())
    page.route("**/live/worker.js", lambda route: route.fulfill(status=404, body=""))
    page.get_by_role("button", name="Run this page").click()
    page.get_by_text("Python cannot run here").wait_for(timeout=MINUTES)
    assert page.get_by_role("button", name="Run this page").is_visible()


def test_from_disk_a_page_says_that_it_needs_a_server(browser, site):
    page = browser.new_page()
    page.goto((LIVE / f"{CHAPTER}.html").as_uri())
    page.get_by_role("button", name="Run this page").click()
    assert "opened from disk" in page.locator(".live-status").inner_text()
    page.close()


def test_a_second_visit_fetches_nearly_nothing(browser, site, tmp_path):
    """Bytes of a first and a second visit, as the browser counts them; a profile on disk, as readers have."""
    context = browser.browser_type.launch_persistent_context(str(tmp_path), args=FLAGS, executable_path=executable())
    fetched = []
    for _ in range(2):
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        size = [0]
        session.on("Network.loadingFinished", lambda event, size=size: size.__setitem__(
            0, size[0] + event["encodedDataLength"]))
        page.goto(f"{site}{CHAPTER}.html")
        run(page)
        fetched.append(size[0])
        page.close()
    context.close()
    assert fetched[0] < 50e6 and fetched[1] < 1e6


def test_pages_carry_what_their_cells_need():
    for document, path in pages.live_chapters(LIVE).items():
        about = json.loads((LIVE / "live" / "pages" / f"{document}.json").read_text("utf-8"))
        assert [cell["source"] for cell in about["cells"]] == proof.code(stored(path))
        assert about["megabytes"] < 50 and "lrnn-helpers" in about["packages"]


def test_a_page_whose_cells_are_others_is_refused():
    with pytest.raises(pages.Unfit, match="build the book again"):
        pages.with_script('<head></head><div class="cell docutils container">', "book/x", {"cells": [1, 2]})


def test_a_slice_that_draws_another_picture_stops_the_build(tmp_path):
    code = ("from lrnn_helpers.page import plots\nfrom lrnn_helpers.page.explore import explore\nheight = 1",
            "globals()['hei' + 'ght'] = 2  # a change that no name tells",
            "def draw(x=1):\n    figure, axes = plots.panels()\n    axes.plot([0, height])\n"
            "    return figure, f'A line from zero to the number {height}.'\nexplore(draw, x=[1, 2])")
    path = tmp_path / "chapter.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, code)]), path)
    with pytest.raises(proof.Unproven, match="do not draw the page's picture"):
        proof.prove(path, "2", "data:image/webp;base64,another")
