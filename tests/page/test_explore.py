"""Sliders in their three lives."""

import base64
import io
import json
import re

import ipywidgets
import matplotlib.pyplot as plt
import pytest
from PIL import Image

from lrnn_helpers.page import explore, plots
from tests.page.cases import draw


def test_the_book_gets_a_frame_for_each_position_and_a_slider_for_each_argument(displayed, monkeypatch):
    monkeypatch.setenv("LRNN_EXPLORE", "book")
    explore.explore(draw, height=[1.0, 2.0, 3.0], colour=["red", "blue"])
    page = displayed[0]["text/html"]
    frames = json.loads(re.search(r'class="explore-frames">(.*?)</script>', page)[1])
    assert len(frames) == 6
    assert [frame["alt"].split()[-1] for frame in frames] == ["1.0.", "1.0.", "2.0.", "2.0.", "3.0.", "3.0."]
    assert page.count('<input type="range"') == 2 and page.count("<label>") == 2
    image = Image.open(io.BytesIO(base64.b64decode(frames[0]["src"].partition("base64,")[2])))
    assert image.format == "WEBP" and image.width > 800


def test_axes_stand_still_while_a_slider_moves(displayed, monkeypatch):
    """Labels of a million are wider than labels of one, and would push the axes aside."""
    monkeypatch.setenv("LRNN_EXPLORE", "book")
    figures = []

    def keep(height):
        figure, alt = draw(height)
        figures.append(figure)
        return figure, alt

    explore.explore(keep, height=[1.0, 1.0e6, 3.0])
    places = [figure.axes[0].get_position().bounds for figure in figures]
    assert len(places) == 3 and places[0] == places[1] == places[2]


def test_sliders_start_at_the_defaults_of_the_drawing_function(displayed, monkeypatch):
    monkeypatch.setenv("LRNN_EXPLORE", "book")
    explore.explore(draw, height=[0.5, 1.0, 2.0, 4.0], colour=["blue", "red"])
    page = displayed[0]["text/html"]
    assert re.findall(r'value="(\d)" data-readouts', page) == ["1", "1"]
    assert "It reaches 1.0." in displayed[0]["text/plain"]


def test_a_live_slider_redraws(displayed, monkeypatch):
    monkeypatch.setenv("LRNN_EXPLORE", "live")
    explore.explore(draw, height=[1.0, 2.0])
    slider, picture = displayed[0].children
    assert isinstance(slider, ipywidgets.SelectionSlider) and slider.description == "height"
    before = picture.value
    slider.value = 2.0
    assert picture.value != before and "It reaches 2.0." in picture.value


def test_a_stored_chapter_keeps_one_still_frame(displayed, monkeypatch):
    monkeypatch.setenv("LRNN_EXPLORE", "still")
    explore.explore(draw, height=[1.0, 2.0])
    assert len(displayed) == 1 and repr(displayed[0]).endswith("It reaches 1.0.")


@pytest.mark.parametrize("life", ["live", "book", "still"])
def test_no_figure_stays_open(displayed, monkeypatch, life):
    monkeypatch.setenv("LRNN_EXPLORE", life)
    before = plt.get_fignums()
    explore.explore(draw, height=[1.0, 2.0])
    assert plt.get_fignums() == before


@pytest.mark.parametrize("message, arguments", [
    ("values of at least one", {}), ("^height must", {"height": [1.0]}),
    ("^draw must take", {"weight": [1.0, 2.0]}), ("at most 150 positions", {"height": list(range(151))})])
def test_explore_refuses_sliders(message, arguments):
    with pytest.raises(ValueError, match=message):
        explore.explore(draw, **arguments)


def test_explore_refuses_a_frame_without_description(displayed, monkeypatch):
    monkeypatch.setenv("LRNN_EXPLORE", "still")
    with pytest.raises(ValueError, match="^alt must"):
        explore.explore(lambda height: (plots.panels()[0], "curve"), height=[1.0, 2.0])


def test_explore_refuses_a_bad_drawing_function_and_an_unknown_life(monkeypatch):
    with pytest.raises(ValueError, match="^draw must"):
        explore.explore(None, height=[1.0, 2.0])
    monkeypatch.setenv("LRNN_EXPLORE", "dream")
    with pytest.raises(ValueError, match="LRNN_EXPLORE must be one of"):
        explore.explore(draw, height=[1.0, 2.0])


@pytest.mark.parametrize("life", ["live", "book", "still"])
def test_words_stand_beside_a_slider_and_a_caption_below(displayed, monkeypatch, life):
    monkeypatch.setenv("LRNN_EXPLORE", life)
    explore.explore(draw, labels={"height": "height h⋆"}, caption="The line reaches its height.", name="fig-line",
                    height=[1.0, 2.0])
    assert repr(displayed[-1]) == "The line reaches its height."
    words = {"live": lambda: displayed[0].children[0].description, "book": lambda: displayed[0]["text/html"]}
    assert life == "still" or "height h⋆" in words[life]()


def test_without_words_a_slider_bears_the_name_of_its_argument(displayed, monkeypatch):
    monkeypatch.setenv("LRNN_EXPLORE", "live")
    explore.explore(lambda initial_scale: draw(initial_scale), initial_scale=[1.0, 2.0])
    assert displayed[0].children[0].description == "initial scale"


def test_labels_must_belong_to_sliders(displayed):
    with pytest.raises(ValueError, match="labels must name the sliders height, but width"):
        explore.explore(draw, labels={"width": "width"}, height=[1.0, 2.0])
