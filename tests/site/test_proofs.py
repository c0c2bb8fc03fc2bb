"""The proof of a page at a glance: claims in one line that opens, and where links lead; the scoreboard."""

import re

import pytest

from tests.site.conftest import HTML, PAGES

WITH_CLAIMS = [name for name in PAGES if 'details class="claims"' in (HTML / name).read_text("utf-8")]
CHAPTERS = [name for name in WITH_CLAIMS if name.count("/") == 2]


@pytest.mark.parametrize("name", WITH_CLAIMS)
def test_the_line_of_a_cell_says_how_many_claims_hold_and_each_has_a_row(name):
    text = (HTML / name).read_text("utf-8")
    folds = re.findall(r'<details class="claims">(.*?)</details>', text, re.DOTALL)
    assert folds and '<p class="claim"' not in text
    for fold in folds:
        rows = fold.count('<tr id="claim-')
        assert f"</span> {rows} claim{'s hold' if rows > 1 else ' holds'}</summary>" in fold
        assert all(words in fold for words in (">measured</th>", ">how close</th>"))
    for cell in re.split(r'<div class="cell ', text):
        assert cell.count('<details class="claims">') <= 1


def test_the_table_opens_by_keyboard_and_by_pointer_and_fits_a_phone(visit):
    page = visit(CHAPTERS[0], 390, mathematics=False).page
    fold = page.locator("details.claims").first
    assert not fold.locator("table").is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.locator("table").is_visible()
    assert fold.locator("table").evaluate("table => table.scrollWidth <= table.clientWidth + 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    fold.locator("summary").click()
    assert not fold.locator("table").is_visible()


def test_a_link_to_a_claim_opens_its_fold(visit):
    anchor = re.search(r'<tr id="(claim-[^"]+)"', (HTML / CHAPTERS[0]).read_text("utf-8"))[1]
    page = visit(f"{CHAPTERS[0]}#{anchor}", mathematics=False).page
    row = page.locator(f"#{anchor}")
    row.wait_for(state="visible")
    assert row.evaluate("row => row.getBoundingClientRect().bottom < innerHeight")
    other = page.locator("details.claims").last.locator("tbody tr").first.get_attribute("id")
    page.evaluate("anchor => { location.hash = anchor; }", other)
    page.locator(f"#{other}").wait_for(state="visible")


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_folded_cell_says_what_is_inside(visit, name):
    page = visit(name, mathematics=False).page
    summaries = page.locator("div.cell details.hide > summary")
    words = {summary.inner_text() for summary in summaries.all()}
    assert words <= {"Show the imports", "Show how it is drawn", "Show how it is drawn and checked", "Show the check",
                     "Show the computation"} and words
    assert all(summary.get_attribute("aria-label") is None for summary in summaries.all())
    summaries.first.click()
    assert summaries.first.inner_text().startswith("Hide ")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_scoreboard_is_short_and_finds_claims_by_words_and_by_paper(visit, width):
    page = visit("book/scoreboard.html", width, mathematics=False).page
    assert page.evaluate("document.documentElement.scrollHeight") < 3 * 900
    count, all_of_them = page.locator(".scoreboard-search output"), page.locator(".scoreboard tbody tr").count()

    def shown():
        return page.eval_on_selector_all(".scoreboard tbody tr", """rows => rows.filter(row => row.checkVisibility())
            .map(row => [row.innerText.toLowerCase(), row.dataset.paper])""")

    page.locator(".scoreboard-search input").fill("echo  predicted")
    found = shown()
    assert 0 < len(found) < all_of_them and all("echo" in text for text, _ in found)
    assert count.inner_text() == f"{len(found)} claims"
    page.locator(".scoreboard-search input").fill("")
    page.locator(".scoreboard-search select").select_option("proca")
    assert {paper for _, paper in shown()} == {"proca"} and len(shown()) < all_of_them
    page.locator(".scoreboard-search select").select_option("")
    assert shown() == [] and count.inner_text() == ""
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_row_of_the_scoreboard_leads_to_a_claim(visit):
    page = visit("book/scoreboard.html", mathematics=False).page
    links = page.eval_on_selector_all(".scoreboard tbody a", "all => all.map(link => link.href)")
    page.goto(links[len(links) // 2])
    page.locator("tr:target").wait_for(state="visible")
