"""Figures of the built pages: numbered, captioned, legible on a phone, enlarged by a tap; what is wide says so."""

import re

import pytest

from book.site import plain
from tests.site.conftest import HTML, PAGES, visits

CHAPTERS = [name for name in PAGES if name.count("/") == 2 and "This chapter" in (HTML / name).read_text("utf-8")]
SMALLEST = 9.5 / 72 * 96
"""Size of the numbers at the ticks of a figure, in pixels of a screen, at the width for which it is drawn."""


@pytest.fixture(scope="module")
def desk(browser, site, name):
    """A chapter at the width of a desk, opened once for all tests that only look at it."""
    with visits(browser, site) as visit:
        yield visit(name).page


of_each_chapter = pytest.mark.parametrize("name", CHAPTERS, scope="module")


@of_each_chapter
def test_every_figure_has_a_caption_and_a_number_that_counts_up(desk):
    bare = desk.locator("div.cell_output img:not(figure:has(> figcaption) img)")
    assert bare.count() == 0, bare.first.get_attribute("alt")
    numbers = desk.locator("figcaption .caption-number").all_inner_texts()
    chapter = desk.locator("h1 .section-number").inner_text().strip(". ")
    assert [number.strip() for number in numbers] == [f"Figure {chapter}.{k}" for k in range(1, len(numbers) + 1)]
    assert all(len(words.split()) >= 4 for words in desk.locator("figcaption .caption-text").all_inner_texts())


@pytest.mark.parametrize("name", CHAPTERS)
def test_plain_copies_and_references_call_a_figure_by_the_number_of_the_page(name):
    text = (HTML / name).read_text("utf-8")
    for number, figure in re.findall(r'caption-number">(Figure [\d.]+) </span>.*?href="#(fig-[\w-]+)"', text):
        assert plain.figures()[figure] == number
    for figure, number in re.findall(r'href="[^"]*#(fig-[\w-]+)"><span class="std std-numref">(.*?)</span>', text):
        assert plain.figures()[figure] == number


@of_each_chapter
def test_the_first_picture_begins_within_a_screen_and_a_half(desk):
    picture, height = desk.locator("div.cell_output figure img").first, 800
    assert picture.evaluate("node => node.getBoundingClientRect().top + scrollY") <= 1.5 * height


@pytest.mark.parametrize("name", CHAPTERS)
def test_numbers_in_figures_are_legible_on_a_phone(visit, name):
    page = visit(name, 390, mathematics=False).page
    scales = page.evaluate("""() => [...document.querySelectorAll('div.cell_output figure img')].map(image =>
        image.getBoundingClientRect().width / Number(/width: *([0-9.]+)px/.exec(image.getAttribute('style'))?.[1]
        ?? image.getAttribute('width')))""")
    assert scales and min(scales) * SMALLEST >= 10
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_scrolls_says_so_until_its_end(visit):
    page = visit("book/task_dynamics/learning_order.html", 390).page
    page.wait_for_selector("mjx-container.scrolls")
    wide = page.evaluate("""() => [...document.querySelectorAll('div.math > mjx-container, figure > a.image-reference')]
        .filter(box => box.scrollWidth > box.clientWidth + 1)
        .map(box => [box.classList.contains('scrolls'), box.classList.contains('ends'), box.tabIndex])""")
    assert wide and all(box == [True, False, 0] for box in wide)
    box = page.locator("mjx-container.scrolls").first
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    page.wait_for_selector("mjx-container.scrolls.ends")


@of_each_chapter
def test_neither_code_nor_equations_nor_outputs_are_cut_at_the_width_of_a_desk(desk):
    cut = desk.evaluate("""() => [...document.querySelectorAll('article pre, article div.math > mjx-container')]
        .filter(box => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)
        .map(box => (box.parentElement.id || box.textContent).slice(0, 60))""")
    assert cut == []


@pytest.mark.parametrize("picture", ["figure a.image-reference", "figure.explore img"])
def test_a_tap_enlarges_a_figure_and_another_puts_it_back(visit, picture):
    page = visit("book/foundations/linear_rnn.html", 390, mathematics=False).page
    box = page.locator(picture).first
    box.scroll_into_view_if_needed()
    before = box.evaluate("box => (box.querySelector('img') ?? box).getBoundingClientRect().width")
    box.click()
    image = page.locator("dialog.enlarged img")
    image.wait_for(state="visible")
    assert image.evaluate("node => node.decode().then(() => node.getBoundingClientRect().width)") > 1.3 * before
    assert len(image.get_attribute("alt")) > 20
    page.locator("dialog.enlarged button").click()
    assert not image.is_visible()


def test_the_magnifier_of_the_search_page_covers_nothing(visit):
    page = visit("search.html?q=outlier", mathematics=False).page
    overlap = page.locator(".bd-search-container form").evaluate("""form => {
        const field = form.querySelector('input'), icon = form.querySelector('i').getBoundingClientRect();
        return icon.right - field.getBoundingClientRect().left - parseFloat(getComputedStyle(field).paddingLeft);
    }""")
    assert overlap <= 0
