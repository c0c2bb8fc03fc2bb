"""Claims, sliders, plots and exercise checkers: what readers see."""

import base64
import io
import json
import re

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lrnn_helpers.page import claims, exercises, explore, plots

ALT = "A curve that rises from zero to the value of the slider."


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed instead of being shown."""
    shown = []
    for module in (claims, explore, plots):
        monkeypatch.setattr(module, "display", lambda thing, **options: shown.append(thing))
    return shown


def draw(height=1.0, colour="red"):
    fig, axes = plots.panels()
    axes.plot([0, 1], [0, height], color=colour)
    return fig, ALT + f" It reaches {height}."


class TestClaims:
    @settings(deadline=None, max_examples=60)
    @given(predicted=st.floats(-1e6, 1e6), error=st.floats(-1, 1), rtol=st.floats(1e-9, 0.5), atol=st.floats(1e-9, 1))
    def test_a_claim_holds_exactly_within_its_tolerance(self, predicted, error, rtol, atol):
        allowed = atol + rtol * abs(predicted)
        measured = predicted + 1.5 * error * allowed
        if abs(measured - predicted) <= allowed:
            claims.check("within", measured, predicted, rtol=rtol, atol=atol)
        else:
            with pytest.raises(AssertionError, match="within.*wrong"):
                claims.check("within", measured, predicted, rtol=rtol, atol=atol)

    def test_a_wrong_claim_names_its_worst_entry(self):
        with pytest.raises(AssertionError, match=r"index \(2,\): measured 3, predicted 4"):
            claims.check("three values", [1.0, 2.001, 3.0], [1.0, 2.0, 4.0], rtol=1e-6)

    def test_a_claim_without_tolerance_must_be_exact(self, displayed):
        claims.check("exact", 0.5, 0.5)
        with pytest.raises(AssertionError):
            claims.check("exact", 0.5, 0.5 + 1e-16 + 1e-12)

    def test_what_is_printed_does_not_depend_on_digits_below_the_tolerance(self, displayed):
        for noise in (0.0, 3e-13, -4e-13):
            claims.check("rounding", 0.0 + noise, 0.0, atol=1e-10)
            claims.check("rounding", np.array([1.25, 0.1]) + noise, np.array([1.25, 0.1]), rtol=1e-6)
        assert len({repr(claim) for claim in displayed}) == 2

    def test_the_record_travels_in_the_metadata(self, displayed):
        claims.check("half <life>", 2.0, 2.01, rtol=0.01, source="A paper, Fig. 2")
        data, metadata = displayed[0]._repr_mimebundle_()
        assert metadata["claim"]["source"] == "A paper, Fig. 2"
        assert "half &lt;life&gt;" in data["text/html"] and 'id="claim-half-life"' in data["text/html"]
        assert data["text/plain"].startswith("✓ half <life>: measured 2, predicted 2.01")

    def test_claims_are_collected_from_notebooks(self, tmp_path, displayed):
        claims.check("kept", 1.0, 1.0)
        data, metadata = displayed[0]._repr_mimebundle_()
        cells = [{"cell_type": "code", "outputs": [{"data": data, "metadata": metadata}, {"name": "stdout"}]},
                 {"cell_type": "markdown"}]
        (tmp_path / "part").mkdir()
        (tmp_path / "part" / "one.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
        (path, claim), = claims.collect(tmp_path)
        assert path.as_posix() == "part/one.ipynb" and claim == displayed[0]

    def test_bounds_hold_or_fail(self, displayed):
        claims.check_between("inside", [1.0, 2.0], 1, 2)
        assert "between 1 and 2" in repr(displayed[0])
        for measured in (0.5, [1.0, 2.5]):
            with pytest.raises(AssertionError, match="wrong"):
                claims.check_between("outside", measured, 1, 2)

    @pytest.mark.parametrize("name, arguments", [
        ("measured", ("a", [1.0, 2.0], [1.0])), ("measured", ("a", np.nan, 1.0)), ("predicted", ("a", 1.0, np.inf)),
        ("name", ("", 1.0, 1.0)), ("name", (3, 1.0, 1.0)), ("measured", ("a", "one", 1.0)),
        ("measured", ("a", [1.0, 2.0], [[1.0, 2.0]]))])
    def test_bad_claims_are_named(self, name, arguments):
        with pytest.raises(ValueError, match=f"^{name} must"):
            claims.check(*arguments, rtol=0.1)

    @pytest.mark.parametrize("name, options", [
        ("rtol", {"rtol": -1}), ("atol", {"atol": np.nan}), ("source", {"source": 1})])
    def test_bad_tolerances_are_named(self, name, options):
        with pytest.raises(ValueError, match=f"^{name} must"):
            claims.check("a", 1.0, 1.0, **options)

    @pytest.mark.parametrize("name, arguments", [
        ("low", ("a", 1.0, 2, 1)), ("low", ("a", 1.0, "0", 1)), ("low and high", ("a", 1.0, -np.inf, np.inf)),
        ("measured", ("a", [], 0, 1)), ("name", (None, 1.0, 0, 1))])
    def test_bad_bounds_are_named(self, name, arguments):
        with pytest.raises(ValueError, match=f"^{name} must"):
            claims.check_between(*arguments)

    def test_a_folder_without_notebooks_is_named(self, tmp_path):
        with pytest.raises(ValueError, match="^folder must"):
            claims.collect(tmp_path)


class TestExplore:
    def test_the_book_gets_a_frame_for_each_position_and_a_slider_for_each_argument(self, displayed, monkeypatch):
        monkeypatch.setenv("LRNN_EXPLORE", "book")
        explore.explore(draw, height=[1.0, 2.0, 3.0], colour=["red", "blue"])
        page = displayed[0]["text/html"]
        frames = json.loads(re.search(r'class="explore-frames">(.*?)</script>', page)[1])
        assert len(frames) == 6
        assert [frame["alt"].split()[-1] for frame in frames] == ["1.0.", "1.0.", "2.0.", "2.0.", "3.0.", "3.0."]
        assert page.count('<input type="range"') == 2 and page.count("<label>") == 2
        image = Image.open(io.BytesIO(base64.b64decode(frames[0]["src"].partition("base64,")[2])))
        assert image.format == "WEBP" and image.width > 800

    def test_axes_stand_still_while_a_slider_moves(self, displayed, monkeypatch):
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

    def test_sliders_start_at_the_defaults_of_the_drawing_function(self, displayed, monkeypatch):
        monkeypatch.setenv("LRNN_EXPLORE", "book")
        explore.explore(draw, height=[0.5, 1.0, 2.0, 4.0], colour=["blue", "red"])
        page = displayed[0]["text/html"]
        assert re.findall(r'value="(\d)" data-readouts', page) == ["1", "1"]
        assert "It reaches 1.0." in displayed[0]["text/plain"]

    def test_a_live_slider_redraws(self, displayed, monkeypatch):
        monkeypatch.setenv("LRNN_EXPLORE", "live")
        explore.explore(draw, height=[1.0, 2.0])
        slider, picture = displayed[0].children
        assert isinstance(slider, ipywidgets.SelectionSlider) and slider.description == "height"
        before = picture.value
        slider.value = 2.0
        assert picture.value != before and "It reaches 2.0." in picture.value

    def test_a_stored_chapter_keeps_one_still_frame(self, displayed, monkeypatch):
        monkeypatch.setenv("LRNN_EXPLORE", "still")
        explore.explore(draw, height=[1.0, 2.0])
        assert len(displayed) == 1 and repr(displayed[0]).endswith("It reaches 1.0.")

    @pytest.mark.parametrize("life", ["live", "book", "still"])
    def test_no_figure_stays_open(self, displayed, monkeypatch, life):
        monkeypatch.setenv("LRNN_EXPLORE", life)
        before = plt.get_fignums()
        explore.explore(draw, height=[1.0, 2.0])
        assert plt.get_fignums() == before

    @pytest.mark.parametrize("message, arguments", [
        ("values of at least one", {}), ("^height must", {"height": [1.0]}),
        ("^draw must take", {"weight": [1.0, 2.0]}), ("at most 150 positions", {"height": list(range(151))})])
    def test_bad_sliders_are_named(self, message, arguments):
        with pytest.raises(ValueError, match=message):
            explore.explore(draw, **arguments)

    def test_a_frame_without_description_is_refused(self, displayed, monkeypatch):
        monkeypatch.setenv("LRNN_EXPLORE", "still")
        with pytest.raises(ValueError, match="^alt must"):
            explore.explore(lambda height: (plots.panels()[0], "curve"), height=[1.0, 2.0])

    def test_bad_drawing_function_and_unknown_life_are_named(self, monkeypatch):
        with pytest.raises(ValueError, match="^draw must"):
            explore.explore(None, height=[1.0, 2.0])
        monkeypatch.setenv("LRNN_EXPLORE", "dream")
        with pytest.raises(ValueError, match="LRNN_EXPLORE must be one of"):
            explore.explore(draw, height=[1.0, 2.0])

    @pytest.mark.parametrize("name, words", [("beta", "β"), ("sigma_0", "σ ₀"), ("initial_scale", "initial scale")])
    def test_labels(self, name, words):
        assert explore.label(name).replace(" ", "") == words.replace(" ", "")


class TestPlots:
    def test_a_figure_is_the_same_bytes_twice_and_transparent(self):
        plots.use_style()
        images = [plots.encode(draw()[0]) for _ in range(2)]
        plt.close("all")
        assert images[0] == images[1]
        picture = Image.open(io.BytesIO(images[0])).convert("RGBA")
        assert picture.getpixel((0, 0))[3] == 0
        assert picture.width == round(plots.WIDTH * 192)

    def test_show_displays_the_description_and_closes_the_figure(self, displayed):
        before = plt.get_fignums()
        plots.show(draw()[0], f"  {ALT}\n ")
        data, metadata = displayed[0]._repr_mimebundle_()
        assert data["text/plain"] == ALT and metadata["image/png"]["width"] == round(plots.WIDTH * 96)
        assert plt.get_fignums() == before

    def test_colours_are_told_apart_by_lightness_or_by_any_kind_of_eye(self):
        """Machado's matrices for full protanopia and deuteranopia keep the first three colours apart."""
        protanopia = [[.152286, 1.052583, -.204868], [.114503, .786281, .099216], [-.003882, -.048116, 1.051998]]
        deuteranopia = [[.367322, .860646, -.227968], [.280085, .672501, .047413], [-.011820, .042940, .968881]]
        kinds = [np.eye(3), np.array(protanopia), np.array(deuteranopia)]
        colours = np.array([[int(c[i:i + 2], 16) / 255 for i in (1, 3, 5)] for c in plots.COLOURS[:3]]) ** 2.2
        for kind in kinds:
            seen = np.clip(colours @ kind.T, 0, 1) ** (1 / 2.2)
            distances = [np.linalg.norm(seen[i] - seen[j]) for i in range(3) for j in range(i)]
            assert min(distances) > 0.25

    def test_theory_is_dashed_and_simulation_solid(self):
        fig, axes = plots.panels()
        plots.theory_over_simulation(axes, [0, 1], [0, 1], [0, 1])
        solid, dashed = axes.lines
        plots.key(axes)
        plt.close(fig)
        assert solid.get_linestyle() == "-" and dashed.get_linestyle() == "--"
        assert [text.get_text() for text in axes.get_legend().texts] == ["simulation", "theory"]

    def test_poles_and_heat_map_draw_what_they_are_given(self):
        fig, (left, right) = plots.panels(2)
        plots.poles(left, [0.5 + 0.5j, 0.5 - 0.5j])
        image = plots.heat_map(right, [[1.0, -3.0]])
        plt.close(fig)
        np.testing.assert_allclose(left.collections[0].get_offsets(), [[0.5, 0.5], [0.5, -0.5]])
        assert image.get_clim() == (-3, 3)

    def test_shades_darken(self):
        assert np.all(np.diff(plots.shades(4)[:, :3].sum(axis=1)) < 0)

    @pytest.mark.parametrize("name, call", [
        ("columns", lambda axes: plots.panels(0)), ("rows", lambda axes: plots.panels(1, 1.5)),
        ("height", lambda axes: plots.panels(height=-1)), ("figure", lambda axes: plots.encode("figure")),
        ("kind", lambda axes: plots.encode(axes.figure, "gif")), ("alt", lambda axes: plots.show(axes.figure, "")),
        ("alt", lambda axes: plots.described(None)), ("n", lambda axes: plots.shades(0)),
        ("x", lambda axes: plots.theory_over_simulation(axes, [], [], [])),
        ("simulation", lambda axes: plots.theory_over_simulation(axes, [1, 2], [1], None)),
        ("theory", lambda axes: plots.theory_over_simulation(axes, [1], [1], [np.nan])),
        ("values", lambda axes: plots.poles(axes, [np.nan])), ("matrix", lambda axes: plots.heat_map(axes, [1.0])),
        ("limit", lambda axes: plots.heat_map(axes, [[1.0]], limit=0))])
    def test_bad_arguments_are_named(self, name, call):
        fig, axes = plots.panels()
        with pytest.raises(ValueError, match=f"^{name} must"):
            call(axes)
        plt.close("all")


class TestExercises:
    CASES = [(np.arange(4.0).reshape(2, 2),), (np.ones((2, 3)),)]

    def verdict(self, capsys, attempt, **options):
        right, said = exercises.verdict(attempt, lambda A: 2 * A.T, self.CASES, **options)
        exercises.check_function(attempt, lambda A: 2 * A.T, self.CASES, **options)
        assert capsys.readouterr().out == said + "\n"
        return right, said

    @pytest.mark.parametrize("attempt, words", [
        (lambda A: 2 * A.T, "Correct: all 2 cases"), (lambda A: None, "returns nothing yet"),
        (lambda A: 1 / 0, "stopped with ZeroDivisionError"), (lambda A: 2 * A, "transpose"),
        (lambda A: -2 * A.T, "sign is opposite"), (lambda A: A.T, "0.5 times the right one"),
        (lambda A: 2 * A.T + [[0, 0], [5, 0]] if A.shape == (2, 2) else 2 * A.T, r"entry (1, 0) should be 2"),
        (lambda A: "two", "array of numbers"), (lambda A: np.zeros(7), "should have shape (2, 2)"),
        (lambda A: 2 * A.T + np.nan, "NaN")])
    def test_the_verdict_says_what_is_wrong(self, capsys, attempt, words):
        right, said = self.verdict(capsys, attempt)
        assert words in said and right == said.startswith("Correct")

    def test_known_mistakes_are_recognized(self, capsys):
        right, said = self.verdict(capsys, lambda A: A.T + 1, mistakes={"plus one is not times two": lambda A: A.T + 1})
        assert not right and "plus one is not times two" in said

    @pytest.mark.parametrize("name, arguments", [
        ("attempt", (None, len, [(1,)])), ("reference", (len, None, [(1,)])), ("cases", (len, len, [])),
        ("cases", (len, len, [1]))])
    def test_bad_arguments_are_named(self, name, arguments):
        with pytest.raises(ValueError, match=f"^{name} must"):
            exercises.check_function(*arguments)
