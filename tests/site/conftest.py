"""A real browser on the built pages, served on 127.0.0.1 and cut off from every other host."""

import shutil
import threading
from contextlib import contextmanager

import pytest

from book.site.serve import server
from book.site.settings import HTML
from tests.conftest import missing

PAGES = sorted(path.relative_to(HTML).as_posix() for path in (HTML / "book").rglob("*.html"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def site():
    """Address of the built book."""
    if not PAGES:
        missing("the built book", "make book")
    with server(pages=HTML) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{pages.server_port}/"
        pages.shutdown()


def executable():
    """Debian's Chromium, preferably without its window dressing."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser():
    """Chromium, driven by Playwright."""
    if executable() is None:
        missing("Chromium", "install it (on Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield chromium
        chromium.close()


class Visit:
    """An open page, with what it asked for and what it complained about."""

    def __init__(self, page, site):
        self.page, self.foreign, self.complaints = page, [], []
        page.on("request", lambda request: request.url.startswith((site, "data:", "blob:"))
                or self.foreign.append(request.url))
        page.on("console", lambda message: message.type in ("error", "warning")
                and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        page.on("response", lambda answer: answer.status >= 400
                and self.complaints.append(f"{answer.status}: {answer.url}"))


@contextmanager
def visits(browser, site):
    """Function that opens a page of the book; mathematics is typeset when it returns, or left out to save seconds."""
    contexts = []

    def open_page(name, width=1280, scheme="light", root=site, mathematics=True, motion="reduce"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme,
                                      reduced_motion=motion)
        contexts.append(context)
        context.add_init_script(f"localStorage.setItem('mode', '{scheme}'); localStorage.setItem('theme', '{scheme}')")
        visited = Visit(context.new_page(), root)
        if not mathematics:
            visited.page.route("**/mathjax/**", lambda route: route.fulfill(content_type="text/javascript"))
        visited.page.goto(root + name, wait_until="load")
        if not mathematics:
            return visited
        visited.page.wait_for_function("() => !document.querySelector('.math') || "
                                       "(window.MathJax && MathJax.startup && MathJax.startup.promise)")
        visited.page.evaluate("window.MathJax && MathJax.startup ? MathJax.startup.promise.then(() => true) : true")
        return visited

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def visit(browser, site):
    """Function that opens a page for one test."""
    with visits(browser, site) as open_page:
        yield open_page
