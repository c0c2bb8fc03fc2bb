"""Every page of the built book in a real browser, at the width of a desk and of a phone.

What all pages share (style sheets, scripts, the fonts of mathematics) is loaded once and kept by the browser; the
weight of a page is its own document and pictures.
"""

import pytest

from tests.site.conftest import PAGES

WIDTHS = (1280, 390)
WEIGHT = """[...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")]
    .filter(entry => !entry.name.includes("/_static/")).reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_private_light_and_fits_and_its_figures_are_described(visit, name, width):
    visited = visit(name, width)
    page = visited.page
    assert page.locator("article h1").count() == 1
    assert visited.complaints == []
    assert visited.foreign == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bad_mathematics = page.locator("article mjx-merror, article .math:not(:has(mjx-container))")
    assert bad_mathematics.count() == 0, bad_mathematics.first.inner_text()
    for image in page.locator("article img").all():
        assert len(image.get_attribute("alt") or "") >= 20, image.evaluate("node => node.outerHTML.slice(0, 200)")
        image.scroll_into_view_if_needed()  # a picture far below is fetched when the reader comes near
        assert image.evaluate("node => node.decode().then(() => node.naturalWidth > 0)")
        assert image.evaluate("node => node.width / node.height / (node.naturalWidth / node.naturalHeight)"
                              ) == pytest.approx(1, abs=0.02)
    assert 0 < page.evaluate(WEIGHT) < 2_000_000


def test_there_are_pages_to_test():
    assert "book/index.html" in PAGES and len(PAGES) >= 5
