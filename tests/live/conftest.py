"""The live site in a real browser, on 127.0.0.1, and every request that it makes."""

import threading

import pytest

from book.site.serve import server
from book.site.settings import LIVE
from tests.conftest import missing
from tests.site.conftest import Visit, browser  # noqa: F401  a fixture

MINUTES = 60_000
"""Milliseconds; limits here only end what hangs."""


@pytest.fixture(scope="session")
def site():
    """Address of the live site."""
    if not (LIVE / "lab" / "jupyter-lite.json").is_file():
        missing("the live site", "make live")
    with server(pages=LIVE) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{pages.server_port}/"
        pages.shutdown()


@pytest.fixture
def opened(browser, site):  # noqa: F811
    """Function that opens a page of the live site in a context of its own, or in one that is given."""
    contexts = []

    def open_page(name, context=None, **options):
        if context is None:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
            contexts.append(context)
        visited = Visit(context.new_page(), site)
        visited.fetched = []
        context.on("request", lambda request: request.url.startswith((site, "data:", "blob:"))
                   or visited.foreign.append(request.url))
        context.on("requestfinished", lambda request: visited.fetched.append(request))
        visited.page.goto(site + name, wait_until="load")
        return visited

    yield open_page
    for context in contexts:
        context.close()


def run(page, slow="Run it"):
    """Press Run and wait until all cells have run; what is slow is answered as given."""
    page.get_by_role("button", name="Run this page").click()
    while not page.evaluate("document.querySelector('.live-bar').dataset.done"):
        status = page.locator(".live-status").inner_text()
        assert "could not" not in status and "cannot" not in status and "not started" not in status, status
        offered = page.locator(".live-bar > button", has_text=slow)
        if offered.count():
            offered.click()
        page.wait_for_timeout(250)


def move(page):
    """Move the first live slider by one key; picture and description before and after."""
    image = page.locator("figure.explore[data-live] img").first
    before = image.get_attribute("src"), image.get_attribute("alt")
    page.locator("figure.explore[data-live] .live input[type=range]").first.focus()
    for _ in range(8):  # from one of the book's positions to the next
        page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('figure.explore[data-live] img')?.src !== before",
                           arg=before[0], timeout=2 * MINUTES)
    page.wait_for_function("before => document.querySelector('figure.explore[data-live] img')?.alt !== before",
                           arg=before[1], timeout=2 * MINUTES)
    return before, (image.get_attribute("src"), image.get_attribute("alt"))
