"""A chapter on paper, printed by a real browser: light, complete, without what can only be clicked."""

import re
import shutil
import subprocess

import pytest

from tests.conftest import missing
from tests.site.conftest import HTML

NAME = "book/foundations/linear_rnn.html"
STATE = """[document.documentElement.dataset.theme, document.querySelectorAll('details[open]').length,
    document.querySelectorAll('.toggle-hidden').length, document.documentElement.scrollHeight]"""


@pytest.fixture(scope="module")
def printed(browser, site, tmp_path_factory):
    """Function that prints the chapter from a page in one colour scheme: the PDF, and the page before and after."""
    if shutil.which("pdftotext") is None:
        missing("pdftotext", "install it (on Debian: apt-get install poppler-utils)")
    known = {}

    def of(scheme):
        if scheme not in known:
            context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
            context.add_init_script(f"['mode', 'theme'].forEach(key => localStorage.setItem(key, '{scheme}'))")
            page, path = context.new_page(), tmp_path_factory.mktemp(scheme) / "chapter.pdf"
            page.goto(site + NAME)
            page.wait_for_function("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
            page.evaluate("MathJax.startup.promise.then(() => true)")
            page.locator("details.claims").first.evaluate("fold => { fold.open = true; }")
            states = [page.evaluate(STATE)]
            page.pdf(path=path, format="A4", print_background=True)
            states.append(page.evaluate(STATE))
            known[scheme] = path, states
            context.close()
        return known[scheme]

    return of


def words(path):
    return " ".join(subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_shows_title_claims_solutions_captions_and_the_values_of_sliders(printed, scheme):
    text, page = words(printed(scheme)[0]), (HTML / NAME).read_text("utf-8")
    assert text.startswith("1. What can a linear network remember?")
    assert "Take the logarithm" in text and "neighbouring factors cancel" in text
    for caption in re.findall(r'caption-number">(Figure [\d.]+) </span>', page):
        assert caption in text
    claims = re.findall(r'<tr id="claim-[^>]*><th scope="row">([\w ]+?) <a', page)
    assert len(claims) > 5 and all(claim in text for claim in claims)
    for name, value in re.findall(r'explore-name">([^<]*)</span>.*?<output>([^<]*)</output>', page):
        assert re.search(rf"{re.escape(name)} {re.escape(value)}", text), name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_leaves_out_what_draws_and_what_is_clicked(printed, scheme):
    text = words(printed(scheme)[0])
    for left_out in ("plots.panels", "plots.show", "Show how", "claims hold", "scrolls sideways", "Play"):
        assert left_out not in text, left_out
    assert "def modal_sum" in text


def test_paper_is_as_light_from_the_dark_as_from_the_light(printed, tmp_path):
    from PIL import Image, ImageStat
    lightness = {}
    for scheme in ("light", "dark"):
        subprocess.run(["pdftoppm", "-r", "40", "-gray", printed(scheme)[0], tmp_path / scheme], check=True)
        pages = [Image.open(path) for path in sorted(tmp_path.glob(f"{scheme}-*.pgm"))]
        lightness[scheme] = [ImageStat.Stat(page).mean[0] for page in pages]
    assert lightness["dark"] == pytest.approx(lightness["light"], abs=1) and min(lightness["dark"]) > 200


def test_no_page_but_the_last_is_half_empty(printed, tmp_path):
    from PIL import Image, ImageOps
    subprocess.run(["pdftoppm", "-r", "40", "-gray", printed("light")[0], tmp_path / "page"], check=True)
    pages = [ImageOps.invert(Image.open(path)) for path in sorted(tmp_path.glob("page-*.pgm"))]
    filled = [page.point(lambda shade: 255 * (shade > 40)).getbbox()[3] / page.height for page in pages]
    assert len(filled) > 5 and min(filled[:-1]) > 0.6, filled


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_on_the_screen_is_afterwards_as_it_was(printed, scheme):
    before, after = printed(scheme)[1]
    assert before == after and before[0] == scheme
