"""A page on a slow line, without JavaScript, and what every page loads."""

import gzip
import urllib.request

import pytest

from tests.site.conftest import HTML, PAGES

NAME = "book/foundations/linear_rnn.html"
KIBIBYTES = 50 * 1024


def test_on_a_slow_line_the_whole_text_is_there_within_five_seconds(browser, site):
    """At 50 KiB a second and with an empty cache: the first paint, and the end of the article's text."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    slow = context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", {"offline": False, "latency": 100, "downloadThroughput": KIBIBYTES,
                                                   "uploadThroughput": KIBIBYTES})
    page.add_init_script("""new MutationObserver((_, watcher) => {
        if (document.querySelector('.prev-next-area')) { window.textThere = performance.now(); watcher.disconnect(); }
    }).observe(document, {childList: true, subtree: true})""")
    page.goto(site + NAME, wait_until="commit")
    page.wait_for_function("() => window.textThere && performance.getEntriesByName('first-contentful-paint').length",
                           timeout=60_000)
    there, painted = page.evaluate("[window.textThere, "
                                   "performance.getEntriesByName('first-contentful-paint')[0].startTime]")
    context.close()
    assert there <= 5000 and painted <= 5000, (there, painted)


def test_the_server_compresses_text_for_who_takes_it(site):
    def answer(encoding):
        return urllib.request.urlopen(urllib.request.Request(site + NAME, headers={"Accept-Encoding": encoding}))

    with answer("gzip") as packed, answer("identity") as whole:
        assert packed.headers["Content-Encoding"] == "gzip" and whole.headers["Content-Encoding"] is None
        assert gzip.decompress(packed.read()) == whole.read() == (HTML / NAME).read_bytes()


def test_search_is_loaded_where_one_searches_and_mathematics_where_there_is_any(visit):
    def loaded(name):
        page = visit(name).page
        page.wait_for_load_state("networkidle")
        return " ".join(page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)"))

    chapter, search, landing = loaded(NAME), loaded("search.html?q=echo"), loaded("book/index.html")
    assert "searchindex.js" not in chapter and "searchindex.js" in search
    assert "tex-chtml.js" in chapter and "tex-chtml.js" not in landing


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_viewport_and_the_frames_of_its_sliders_below_its_text(name):
    text = (HTML / name).read_text("utf-8")
    assert text.count('name="viewport"') == 1
    frames = text.find('class="explore-frames"')
    assert frames == -1 or frames > text.index("prev-next-area")


def test_the_page_that_leads_to_the_first_has_a_policy_a_title_and_a_link(visit):
    text = (HTML / "index.html").read_text("utf-8")
    assert "Content-Security-Policy" in text and "default-src 'none'" in text and 'href="book/index.html"' in text
    visited = visit("index.html", mathematics=False)
    visited.page.wait_for_url("**/book/index.html")
    assert visited.complaints == []


@pytest.fixture(params=[NAME, "book/index.html"])
def without_script(browser, site, request):
    """A page in a browser that runs no script."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site + request.param)
    yield page
    context.close()


def test_without_javascript_one_line_says_so_and_no_slider_looks_alive(without_script):
    page = without_script
    assert page.locator("p.no-script").is_visible() and page.locator("p.no-script").count() == 1
    assert "JavaScript is off" in page.locator("p.no-script").inner_text()
    for part in ("figure.explore input", "figure.explore button", ".search-button"):
        assert not any(found.is_visible() for found in page.locator(part).all()), part
    assert all(value.is_visible() for value in page.locator("figure.explore output").all())
    assert page.locator("figure.explore img").first.is_visible()


def test_without_javascript_solutions_and_mathematics_are_read_as_text(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + NAME)
    assert page.locator("div.math").first.is_visible() and "\\" in page.locator("div.math").first.inner_text()
    assert page.locator(".solution.dropdown p").first.is_visible()
    page.locator("details.claims > summary").first.click()
    assert page.locator("details.claims table").first.is_visible()
    context.close()


def test_with_javascript_the_line_about_it_is_not_shown(visit):
    assert visit(NAME, mathematics=False).page.locator("p.no-script").count() == 0
