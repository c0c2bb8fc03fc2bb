"""What is proven of every chapter that runs in a browser; in two files, which are tested side by side."""

import json
import os

from book.live import pages
from book.site.settings import LIVE
from tests.live.conftest import move, run

DOCUMENTS = sorted(pages.live_chapters(LIVE)) or ["none"]
"""Without a live site one test is left, which then says that it is missing."""


def runs_to_its_end(opened, document):
    """All cells and all claims of a chapter, no error, its slider moved, nothing asked of another host."""
    visited = opened(f"{document}.html")
    page = visited.page
    claims, figures = (page.locator(kind).count() for kind in ("details.claims tbody tr", "figure img"))
    assert not [request for request in visited.fetched if "/live/" in request.url and "button.js" not in request.url
                and "page.css" not in request.url], "nothing is fetched before the reader asks"
    run(page)
    assert page.locator(".live-error").all_inner_texts() == []
    assert page.locator("details.claims tbody tr").count() == claims
    assert page.locator("figure img").count() == figures
    assert page.locator("div.cell[data-seconds]").count() == page.locator("div.cell").count()
    if os.environ.get("BOOK_LIVE_SECONDS"):
        record(page, document)
    if page.locator("figure.explore").count():
        before, after = move(page)
        assert before[0] != after[0] and before[1] != after[1]
    assert visited.foreign == [] and page.locator("p.live-hint").count() == page.locator("figure.explore").count()


def record(page, document):
    """Note how long the chapter's slow cells took; asked for by hand, with BOOK_LIVE_SECONDS=yes."""
    about = json.loads((LIVE / "live" / "pages" / f"{document}.json").read_text("utf-8"))
    sources = [cell["source"] for cell in about["cells"]]
    took = page.evaluate("[...document.querySelectorAll('div.cell')].map(cell => Number(cell.dataset.seconds))")
    known = json.loads(pages.SECONDS.read_text("utf-8"))
    known |= {pages.digest(source): round(seconds) for source, seconds in zip(sources, took, strict=True)
              if seconds >= 5}
    pages.SECONDS.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
