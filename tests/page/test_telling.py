"""What readers are told when something goes wrong: live sliders, their own settings, checkers, printed claims."""

import os
import subprocess
import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrnn_helpers.page import _live, claims, exercises, explore, plots
from tests.conftest import ROOT

ALT = "A line that rises from zero to the value of the slider."
X = np.array([1.0, 2.0, 3.0])


def draw(height=1.0):
    figure, axes = plots.panels()
    if height == 2.0:
        raise KeyError("<b>no such height")
    if height == 3.0:
        print("a word & more")
        warnings.warn("mind <this>", UserWarning, stacklevel=1)
    if height == 4.0:
        raise KeyboardInterrupt
    if height == 5.0:
        return None
    axes.plot([0, height])
    return figure, ALT


@pytest.fixture
def live(monkeypatch):
    """The slider and the picture of a live `draw`."""
    shown = []
    monkeypatch.setenv("LRNN_EXPLORE", "live")
    monkeypatch.setattr(_live, "display", shown.append)
    explore.explore(draw, height=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    return shown[0].children


class TestLiveSliders:
    def test_an_exception_stands_in_place_of_the_picture(self, live):
        slider, picture = live
        slider.value = 2.0
        assert "<img" not in picture.value
        assert "No picture at height = 2: KeyError: &#x27;&lt;b&gt;no such height&#x27; (line" in picture.value
        slider.value = 6.0
        assert "<img" in picture.value and "KeyError" not in picture.value

    @pytest.mark.filterwarnings("default")
    def test_prints_and_warnings_stand_below_the_picture(self, live, capsys):
        slider, picture = live
        slider.value = 3.0
        below = picture.value.partition("<img")[2]
        assert "a word &amp; more" in below and "UserWarning: mind &lt;this&gt;" in below
        assert capsys.readouterr().out == ""

    def test_an_interrupt_and_a_draw_without_result_are_said(self, live):
        slider, picture = live
        slider.value = 4.0
        assert "Stopped; move the slider again." in picture.value and "<img" not in picture.value
        slider.value = 5.0
        assert "draw must return a figure and its description, but it returned NoneType" in picture.value

    def test_no_figure_of_a_failed_frame_stays_open(self, live):
        before = plt.get_fignums()
        for height in (2.0, 4.0, 6.0):
            live[0].value = height
        assert plt.get_fignums() == before

    def test_where_the_kernel_is_gone_a_line_says_so(self, live):
        """JupyterLab sets the class; tests/site/test_live.py looks at it there."""
        assert ".jupyter-widgets-disconnected .lrnn-gone { display: block }" in live[1].value
        assert "run the cell again" in live[1].value

    def test_without_widgets_a_sentence_stands_there(self, monkeypatch):
        shown = []
        monkeypatch.setenv("LRNN_EXPLORE", "live")
        monkeypatch.setattr(_live, "display", shown.append)
        explore.explore(draw, height=[1.0, 6.0])
        assert "run this cell" in repr(shown[0])
        assert len(repr(shown[0])) <= 110, "of more, ipywidgets shows only the beginning"

    def test_what_is_wrong_at_the_start_is_an_ordinary_error(self, monkeypatch):
        monkeypatch.setenv("LRNN_EXPLORE", "live")
        with pytest.raises(KeyError):
            explore.explore(draw, height=[2.0, 2.0])

    @pytest.mark.parametrize("start, values", [
        ("height must be a list", 0.5), ("height must be a list", None), ("height must be a list", "abc"),
        ("height must hold numbers or texts", [None, 1.0]), ("height must hold numbers or texts", np.ones((2, 2)))])
    def test_bad_values_are_named(self, start, values):
        with pytest.raises(ValueError, match=f"^{start}"):
            explore.explore(draw, height=values)

    def test_an_array_as_default_is_no_position(self, monkeypatch):
        monkeypatch.setenv("LRNN_EXPLORE", "still")
        explore.explore(lambda height=X: draw(6.0), height=[1.0, 2.0, 3.0])

    @pytest.mark.parametrize("bad", [lambda height, width: None, lambda: None, max])
    def test_a_draw_that_cannot_be_called_so_is_named(self, bad):
        with pytest.raises(ValueError, match="^draw must take the arguments height by name"):
            explore.explore(bad, height=[1.0, 2.0])


STYLED = """
import hashlib
from lrnn_helpers.page import plots
plots.use_style()
figure, axes = plots.panels(2)
axes[0].plot([0, 1], label="$x^2$")
axes[0].legend()
axes[1].imshow([[0, 1], [2, 3]])
print(hashlib.sha256(plots.encode(figure)).hexdigest())
"""


def test_a_readers_matplotlibrc_changes_nothing(tmp_path):
    reader = tmp_path / "reader"
    reader.mkdir()
    (reader / "matplotlibrc").write_text(
        "text.usetex: True\nfont.family: serif\naxes.grid: True\nfigure.facecolor: black\naxes.facecolor: black\n"
        "xtick.direction: in\nlines.marker: o\nimage.interpolation: bicubic\nlegend.fancybox: False\nfont.size: 20\n"
        "savefig.facecolor: black\nmathtext.fontset: cm\naxes.labelweight: bold\nbackend: Agg\n")
    (tmp_path / "matplotlibrc").write_text("backend: Agg\n")
    prints = [subprocess.run([sys.executable, "-c", STYLED], env=os.environ | {"MATPLOTLIBRC": str(folder)}, cwd=ROOT,
                             capture_output=True, text=True) for folder in (tmp_path, reader)]
    assert [run.returncode for run in prints] == [0, 0], prints[1].stderr
    assert prints[0].stdout == prints[1].stdout


def test_the_style_keeps_the_backend():
    plots.use_style()
    assert plt.get_backend().lower() == "agg" and plt.rcParams["image.cmap"] == "sequential"


class TestVerdict:
    def said(self, attempt, reference, cases=((X,), (2 * X,)), **options):
        return exercises.verdict(attempt, reference, list(cases), **options)[1]

    @settings(deadline=None, max_examples=40)
    @given(st.floats(0.9, 1.1).filter(lambda factor: abs(factor - 1) > 1e-6))
    def test_a_near_miss_is_no_missing_factor(self, factor):
        said = self.said(lambda x: factor * x, lambda x: x)
        assert "Not yet" in said and "factor" not in said and "entry" in said

    @pytest.mark.parametrize("factor, word", [
        (2, "2"), (0.5, "0.5"), (1 / 3, "1/3"), (np.pi, "pi"), (-2, "-2"), (1j, "i"), (2j, "i 2"),
        (0.5**0.5, "1/sqrt(2)")])
    def test_a_simple_factor_is_said(self, factor, word):
        assert f"the result is {word} times the right one" in self.said(lambda x: factor * x, lambda x: x)

    def test_a_factor_that_differs_between_cases_is_not_said(self):
        assert "times" not in self.said(lambda x: x * x[0] * 2, lambda x: x)
        assert "sign" not in self.said(lambda x: x * (x[0] - 2), lambda x: x, cases=((X,), (3 * X,)))

    def test_a_difference_below_the_sixth_digit_is_said(self):
        assert "right to six digits, but off by 2e-06" in self.said(lambda x: x + 2e-6, lambda x: x)

    def test_what_an_attempt_does_to_its_arguments_is_said_and_reaches_nothing_else(self):
        def spoil(x):
            x *= 2
            return x + 1

        cases = [(X.copy(),)]
        assert "x + 1" not in self.said(spoil, lambda x: 5 * x, cases, mistakes={"this is x + 1": lambda x: x + 1})
        assert "overwrites an argument" in self.said(spoil, lambda x: 2 * x + 1, cases)
        np.testing.assert_array_equal(cases[0][0], X)

    def test_an_exit_is_a_sentence_and_an_interrupt_is_the_readers(self):
        assert "stopped with SystemExit" in self.said(lambda x: sys.exit(3), lambda x: x)

        def interrupted(x):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            self.said(interrupted, lambda x: x)

    def test_a_mistake_that_cannot_be_made_says_nothing(self):
        mistakes = {"off the end": lambda x: x[9], "plus one": lambda x: x + 1}
        said = self.said(lambda x: x + 1, lambda x: x, mistakes=mistakes)
        assert said.endswith("plus one")

    def test_hostile_answers_and_errors_become_sentences(self):
        class Broken(Exception):
            def __str__(self):
                raise RuntimeError

        class Strange:
            def __array__(self, *_, **__):
                raise OSError

        def fail(x):
            raise Broken

        assert "stopped with Broken" in self.said(fail, lambda x: x)
        for answer in (Strange(), "1.0", ["1", "2", "3"], [None, 1, 2], {1.0}):
            assert "should be an array of numbers" in self.said(lambda x, answer=answer: answer, lambda x: x)

    @pytest.mark.parametrize("reference", [lambda x: x[9], lambda x: np.nan * x, lambda x: None])
    def test_a_reference_that_fails_is_named(self, reference):
        with pytest.raises(ValueError, match="^reference must give numbers"):
            self.said(lambda x: x, reference)


@settings(deadline=None, max_examples=60)
@given(predicted=st.floats(0.011, 9), ratio=st.floats(0.5, 2), rtol=st.floats(10, 300))
def test_a_wide_tolerance_leaves_digits_of_what_was_measured(predicted, ratio, rtol):
    shown, keep = [], claims.display
    claims.display = shown.append
    try:
        claims.check("wide", ratio * predicted, predicted, rtol=rtol)
    finally:
        claims.display = keep
    measured = float(shown[0].measured.removeprefix("measured "))
    assert measured == pytest.approx(ratio * predicted, abs=0.06 * predicted)
