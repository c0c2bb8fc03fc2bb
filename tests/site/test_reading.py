"""What readers do: move sliders, unfold solutions and search."""

import pytest

from tests.site.conftest import HTML, PAGES

WITH_SLIDERS = [name for name in PAGES if 'class="explore"' in (HTML / name).read_text("utf-8")]
WITH_SOLUTIONS = [name for name in PAGES if "solution dropdown" in (HTML / name).read_text("utf-8")]


@pytest.mark.parametrize("name", WITH_SLIDERS)
def test_sliders_change_their_picture_by_keyboard_and_by_pointer_and_move_nothing_else(visit, name):
    page = visit(name, mathematics=False).page
    page.evaluate("Promise.all([...document.querySelectorAll('article img')].map(image => {"
                  " image.loading = 'eager'; return image.decode(); }))")
    height = page.evaluate("document.documentElement.scrollHeight")
    for figure in page.locator("figure.explore").all():
        image = figure.locator("img")
        for slider in figure.locator("input[type=range]").all():
            assert slider.evaluate("node => node.labels.length") == 1
            before, words, value = image.get_attribute("src"), image.get_attribute("alt"), slider.input_value()
            slider.focus()
            page.keyboard.press("End" if value == "0" else "Home")
            by_keyboard = image.get_attribute("src")
            assert by_keyboard != before and image.get_attribute("alt") != words
            box = slider.bounding_box()
            page.mouse.click(box["x"] + (0.97 if value == "0" else 0.5) * box["width"] * (0.5 if value == "0" else 1),
                             box["y"] + box["height"] / 2)
            assert image.get_attribute("src") != by_keyboard
            assert slider.get_attribute("aria-valuetext") == slider.locator("xpath=../output").inner_text()
        image.evaluate("node => node.decode()")
    assert page.evaluate("document.documentElement.scrollHeight") == height


def test_a_reset_puts_sliders_and_picture_back_by_keyboard_and_says_whether_it_would_change_anything(visit):
    page = visit(WITH_SLIDERS[-1], mathematics=False).page
    figure = page.locator("figure.explore").first
    slider, reset, image = (figure.locator(part) for part in ("input >> nth=0", ".explore-reset", "img"))
    before = slider.input_value(), image.get_attribute("src")
    assert reset.get_attribute("aria-disabled") == "true"
    slider.focus()
    page.keyboard.press("End" if before[0] == "0" else "Home")
    assert image.get_attribute("src") != before[1] and reset.get_attribute("aria-disabled") == "false"
    reset.focus()
    page.keyboard.press("Enter")
    assert (slider.input_value(), image.get_attribute("src")) == before
    assert "Reset" in reset.get_attribute("aria-label") and reset.get_attribute("aria-disabled") == "true"


@pytest.mark.parametrize("name", WITH_SOLUTIONS)
def test_solutions_unfold(visit, name):
    page = visit(name, mathematics=False).page
    for solution in page.locator(".solution.dropdown").all():
        body = solution.locator(".section, section").first
        assert not body.is_visible()
        solution.locator("button.toggle-button").click()
        assert body.is_visible()


@pytest.mark.parametrize("motion, moves", [("no-preference", True), ("reduce", False)])
def test_the_landing_picture_moves_unless_stillness_was_asked_for(visit, motion, moves):
    page = visit("book/index.html", mathematics=False, motion=motion).page
    slider = page.locator("figure.explore input").first
    before = slider.input_value()
    page.wait_for_timeout(1500)
    assert (slider.input_value() != before) == moves


def test_chapters_have_sliders_and_solutions():
    chapters = [name for name in PAGES if name.count("/") == 2 and 'This chapter' in (HTML / name).read_text("utf-8")]
    assert chapters
    assert set(chapters) <= set(WITH_SLIDERS) and set(chapters) <= set(WITH_SOLUTIONS)


@pytest.mark.parametrize("question, answer", [
    ("impulse response", "linear_rnn"), ("backpropagation through time", "gradient_flow"),
    ("temporal singular values", "teacher_student"), ("Dirac task", "phase_transitions"),
    ("NeuroGym", "sensory_integration"), ("leaky integrator", "integrators"),
    ("compensating fast pole", "fixed_readout"), ("lazy learning kernel", "lazy_integration"),
    ("flip-flop", "low_rank_changes"), ("critical learning rate", "random_connectivity"),
    ("sentiment LSTM", "beyond_vanilla"), ("neural tangent kernel", "ntk"),
    ("BPTT", "gradient_flow"), ("RNN", "linear_rnn"), ("NTK", "ntk"), ("LSTM", "beyond_vanilla"), ("τ", "notation"),
    ("sigma", "notation"), ("low rank", "low_rank_changes"), ("teacher-student", "teacher_student")])
def test_search_puts_the_right_page_on_top(visit, question, answer):
    """The glossary may explain the term first; of the other pages the right one comes first."""
    page = visit(f"search.html?q={question.replace(' ', '+')}").page
    page.wait_for_selector("#search-results li a")
    page.wait_for_function("() => !document.querySelector('#search-progress')?.textContent.includes('Searching')")
    found = [link.get_attribute("href").partition("?")[0] for link in page.locator("#search-results li a").all()]
    assert next(name for name in found if "/glossary.html" not in name).endswith(f"/{answer}.html"), found[:4]
