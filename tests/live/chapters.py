"""What is proven of every chapter that runs in a browser; in two files, which are tested side by side."""

import json
import os

from book.live import pages
from book.site.settings import LIVE
from tests.live.conftest import move, run

DOCUMENTS = sorted(pages.live_chapters(LIVE)) or ["none"]
"""Without a live site one test is left, which then says that it is missing."""
LONG = 300
"""Seconds; a chapter with a cell that takes longer is run without its slow ones, unless BOOK_LIVE_WHOLE is set."""


def runs_to_its_end(opened, document):
    """All cells and all claims of a chapter, no error, its slider moved, nothing asked of another host.

    What is left out because it takes long says so in place, and its slider keeps the book's frames.
    """
    visited = opened(f"{document}.html")
    page = visited.page
    claims, figures = (page.locator(kind).count() for kind in ("details.claims tbody tr", "figure img"))
    assert not [request for request in visited.fetched if "/live/" in request.url and "button.js" not in request.url
                and "page.css" not in request.url], "nothing is fetched before the reader asks"
    run(page, "Leave it out" if long(document) else "Run it")
    assert page.locator(".live-error").all_inner_texts() == []
    assert page.locator("details.claims tbody tr").count() == claims
    assert page.locator("figure img").count() == figures
    ran, left = page.locator("div.cell[data-seconds]").count(), page.locator(".live-note", has_text="not run").count()
    assert ran + left == page.locator("div.cell").count() and bool(left) == long(document)
    if os.environ.get("BOOK_LIVE_SECONDS"):
        record(page, document)
    if page.locator("figure.explore[data-live]").count():
        before, after = move(page)
        assert before[0] != after[0] and before[1] != after[1]
    told = page.locator("p.live-hint" if not long(document) else "p.live-hint, p.live-wait").count()
    assert visited.foreign == [] and told == page.locator("figure.explore").count()


def long(document):
    """Whether a chapter has a cell that takes longer in a browser than a test should."""
    return max(cell["seconds"] for cell in about(document)["cells"]) > LONG and not os.environ.get("BOOK_LIVE_WHOLE")


def about(document):
    return json.loads((LIVE / "live" / "pages" / f"{document}.json").read_text("utf-8"))


def record(page, document):
    """Note how long the chapter's slow cells took; asked for by hand, with BOOK_LIVE_SECONDS=yes."""
    sources = [cell["source"] for cell in about(document)["cells"]]
    took = page.evaluate("[...document.querySelectorAll('div.cell')].map(cell => Number(cell.dataset.seconds))")
    known = json.loads(pages.SECONDS.read_text("utf-8"))
    known |= {pages.digest(source): round(seconds) for source, seconds in zip(sources, took, strict=True)
              if seconds >= 5}
    pages.SECONDS.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
