"""The book's style: figures that are the same twice, colours for every eye, theory dashed."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from lrnn_helpers.page import plots
from tests.page.cases import ALT, draw


def test_a_figure_is_the_same_bytes_twice_and_transparent():
    plots.use_style()
    images = [plots.encode(draw()[0]) for _ in range(2)]
    plt.close("all")
    assert images[0] == images[1]
    picture = Image.open(io.BytesIO(images[0])).convert("RGBA")
    assert picture.getpixel((0, 0))[3] == 0
    assert picture.width == round(plots.WIDTH * 192)


def test_show_displays_the_description_and_closes_the_figure(displayed):
    before = plt.get_fignums()
    plots.show(draw()[0], f"  {ALT}\n ")
    data, metadata = displayed[0]._repr_mimebundle_()
    assert data["text/plain"] == ALT and metadata["image/png"]["width"] == round(plots.WIDTH * 96)
    assert plt.get_fignums() == before


def test_colours_are_told_apart_by_lightness_or_by_any_kind_of_eye():
    """Machado's matrices for full protanopia and deuteranopia keep the first three colours apart."""
    protanopia = [[.152286, 1.052583, -.204868], [.114503, .786281, .099216], [-.003882, -.048116, 1.051998]]
    deuteranopia = [[.367322, .860646, -.227968], [.280085, .672501, .047413], [-.011820, .042940, .968881]]
    kinds = [np.eye(3), np.array(protanopia), np.array(deuteranopia)]
    colours = np.array([[int(c[i:i + 2], 16) / 255 for i in (1, 3, 5)] for c in plots.COLOURS[:3]]) ** 2.2
    for kind in kinds:
        seen = np.clip(colours @ kind.T, 0, 1) ** (1 / 2.2)
        distances = [np.linalg.norm(seen[i] - seen[j]) for i in range(3) for j in range(i)]
        assert min(distances) > 0.25


def test_theory_is_dashed_and_simulation_solid():
    fig, axes = plots.panels()
    plots.theory_over_simulation(axes, [0, 1], [0, 1], [0, 1])
    solid, dashed = axes.lines
    plots.key(axes)
    plt.close(fig)
    assert solid.get_linestyle() == "-" and dashed.get_linestyle() == "--"
    assert [text.get_text() for text in axes.get_legend().texts] == ["simulation", "theory"]


def test_poles_and_heat_map_draw_what_they_are_given():
    fig, (left, right) = plots.panels(2)
    plots.poles(left, [0.5 + 0.5j, 0.5 - 0.5j])
    image = plots.heat_map(right, [[1.0, -3.0]])
    plt.close(fig)
    np.testing.assert_allclose(left.collections[0].get_offsets(), [[0.5, 0.5], [0.5, -0.5]])
    assert image.get_clim() == (-3, 3)


def test_shades_darken():
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
def test_every_function_refuses(name, call):
    fig, axes = plots.panels()
    with pytest.raises(ValueError, match=f"^{name} must"):
        call(axes)
    plt.close("all")


def test_a_caption_follows_its_figure_and_has_a_name(displayed):
    figure, _ = plots.panels()
    plots.show(figure, "A line rises from the left to the right.", caption="What grows  keeps growing: $x>0$.",
               name="fig-growth")
    data, metadata = displayed[1]._repr_mimebundle_()
    assert data["text/markdown"] == data["text/plain"] == "What grows keeps growing: $x>0$."
    assert metadata == {"caption": "fig-growth"}


@pytest.mark.parametrize("wrong", [{"caption": "A line that rises."}, {"name": "fig-growth"},
                                   {"caption": "Rises.", "name": "fig-growth"},
                                   {"caption": "A line that rises.", "name": "growth"}])
def test_a_caption_needs_a_name_and_a_sentence(displayed, wrong):
    figure, _ = plots.panels()
    with pytest.raises(ValueError, match="caption|name"):
        plots.show(figure, "A line rises from the left to the right.", **wrong)
    assert displayed == []
