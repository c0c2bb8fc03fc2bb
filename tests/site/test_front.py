"""The front door: the picture above the fold, three doors, the parts; overviews; topics in the sidebar."""

import re

import pytest

from book.site import authors, contents, maps, plain
from book.site.settings import BOOK
from tests.site.conftest import HTML

OVERVIEWS = sorted({f"book/{document.split('/')[1]}/index" for document in plain.chapter_numbers()})
LANDING = "book/index.html"


@pytest.mark.parametrize("width, height", [(1366, 768), (390, 844)])
def test_the_moving_picture_is_above_the_fold_and_its_code_below_it(visit, width, height):
    page = visit(LANDING, width, mathematics=False).page
    page.set_viewport_size({"width": width, "height": height})
    image = page.locator("figure.explore img").first.bounding_box()
    assert image["y"] > 0 and image["y"] + image["height"] <= height
    assert image["x"] >= 0 and image["x"] + image["width"] <= width
    assert page.locator("div.cell_input").first.evaluate("node => node.getBoundingClientRect().top") > image["y"]


def test_the_moving_picture_has_about_thirty_uneven_moments_dense_where_the_eigenvalue_leaves(visit):
    page = visit(LANDING, mathematics=False).page
    times = list(map(float, page.evaluate(
        "JSON.parse(document.querySelector('figure.explore input').dataset.readouts)")))
    steps = [late - early for early, late in zip(times, times[1:])]
    assert 28 <= len(times) <= 34
    assert max(step for time, step in zip(times, steps) if 1.2 <= time < 1.5) < 0.1 * max(steps)


def test_one_eigenvalue_is_marked_when_it_is_one_and_two_when_they_are_a_pair():
    text = (HTML / LANDING).read_text("utf-8")
    words = re.findall(r"At learning time ([\d.]+) the rightmost (eigenvalue lies|eigenvalues are a pair)",
                       text.partition('class="explore-frames"')[2])
    pairs = [float(time) for time, kind in words if kind == "eigenvalues are a pair"]
    single = [float(time) for time, kind in words if kind == "eigenvalue lies"]
    assert len(words) >= 28 and 1.1 < max(pairs) < min(single) < 1.3


@pytest.mark.parametrize("width", [1280, 390])
def test_three_doors_lead_on_and_every_part_has_a_card_with_a_picture(visit, width):
    page = visit(LANDING, width, mathematics=False).page
    doors = page.locator("ul.doors > li > p > strong:first-child a")
    assert doors.all_inner_texts() == ["Start reading", "Run it", "Teach with it"]
    cards = page.locator("ul.cards > li")
    targets = [card.locator("strong a").first.get_attribute("href") for card in cards.all()]
    assert sorted(target.removesuffix(".html") for target in targets) == sorted(
        overview.removeprefix("book/") for overview in OVERVIEWS)
    for card in cards.all():
        assert card.locator("img.picture").evaluate("node => node.decode().then(() => node.naturalWidth)") > 300
        assert card.locator("img.picture").bounding_box()["width"] <= card.bounding_box()["width"]
        assert "?" in card.inner_text() and "hour" in card.inner_text()


def minutes(overview):
    return sum(map(int, re.findall(r"\*(\d+) minutes\.\*", (BOOK.parent / f"{overview}.md").read_text("utf-8"))))


@pytest.mark.parametrize("overview", OVERVIEWS)
def test_the_landing_page_promises_the_hours_of_a_part(overview):
    text = (BOOK / "index.ipynb").read_text("utf-8")
    whole, fraction = re.search(
        rf"\({overview.removeprefix('book/')}\.md\)[^\n]*? (\d*)([¼½¾]?) hours?\.\*", text).groups()
    assert abs(int(whole or 0) + " ¼½¾".index(fraction or " ") / 4 - minutes(overview) / 60) <= 0.25


@pytest.mark.parametrize("overview", OVERVIEWS)
def test_an_overview_numbers_its_chapters_shows_a_picture_and_draws_what_needs_what(visit, overview):
    page = visit(f"{overview}.html", 390).page
    inside = contents.part_of(overview)
    assert [words.strip() for words in page.locator("dl.cards .card-number").all_inner_texts()] == [
        f"{plain.chapter_numbers()[document]}." for document in inside]
    assert page.locator("p.part-picture img").count() == 1
    assert page.locator("dl.cards img.picture").count() >= sum(document.count("clusters") == 0 for document in inside)
    assert page.locator(".needs-map a.chapter").count() == len(inside)
    edges = {(need, document) for document in inside for need in contents.needs().get(document, [])}
    assert page.locator(".needs-map path").count() == len(edges)
    words = page.locator(".needs-map svg").get_attribute("aria-label")
    assert all(f"Chapter {plain.chapter_numbers()[document]} needs" in words for document in inside)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_a_map_draws_below_needs_what_it_draws_above():
    edges = [("book/a/one", "book/a/two"), ("book/a/one", "book/a/three"), ("book/a/two", "book/a/three")]
    places = maps.placed(["book/a/one", "book/a/two", "book/a/three"], edges)
    assert all(places[need][1] < places[document][1] for need, document in edges)
    assert len(set(places.values())) == len(places)


def test_the_sidebar_names_the_topic_and_the_question_of_every_chapter(visit):
    entries = visit("book/foundations/linear_rnn.html").page.locator(".bd-sidebar-primary li a").all_text_contents()
    entries = [" ".join(entry.split()) for entry in entries]
    for document, number in plain.chapter_numbers().items():
        assert f"{number}. {contents.topics()[document]} · {contents.question(document)}" in entries


def test_authors_are_the_persons_of_the_citation_file_and_no_placeholder():
    text = (HTML / LANDING).read_text("utf-8")
    shown = re.search(r'component-author">\s*(.*?)\s*</p>', text)
    assert ("By" in shown[1]) if authors.names() else shown is None
    assert "The authors of this book" not in text
