"""The book's look, and the few drawing primitives that all chapters share.

Simulation is solid and in colour; theory is dashed and in ink, drawn over it. Colours are told apart by readers with
any colour vision, and differ in line style wherever two curves could be confused. Figures are transparent, so that a
page can show them on a light or a dark ground.
"""

import io
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import LinearSegmentedColormap, is_color_like
from PIL import Image

from lrnn_helpers import _checks
from lrnn_helpers.page import _pictures

INK = "#1f2430"
QUIET = "#8a8f98"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9")
"""Blue, vermilion, green, rose, ochre, sky: after Okabe and Ito."""
SIMULATION, THEORY, ACCENT = COLOURS[0], INK, COLOURS[1]
DIVERGING = LinearSegmentedColormap.from_list("diverging", ["#00598c", "#7fb8d8", "#f7f7f7", "#eda57b", "#b34e00"])
SEQUENTIAL = LinearSegmentedColormap.from_list("sequential", ["#f7f7f7", "#9cc9de", "#2b86b8", "#0b4a78", "#061f3c"])
LINE_STYLES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)), (0, (8, 2)))

WIDTH = 6.6
"""Width of a figure in inches; at 96 to the inch this fills the text column."""

_STYLE = {
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none", "legend.facecolor": "none",
    "figure.constrained_layout.use": True, "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06, "figure.dpi": 96,
    "font.size": 10.5, "axes.titlesize": 11, "axes.labelsize": 10.5, "legend.fontsize": 9.5,
    "xtick.labelsize": 9.5, "ytick.labelsize": 9.5, "mathtext.fontset": "dejavusans",
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.titlelocation": "left", "axes.titley": 1, "axes.titlepad": 8, "axes.linewidth": 0.8, "axes.spines.top": False,
    "axes.spines.right": False, "axes.prop_cycle": plt.cycler(color=COLOURS), "legend.frameon": False,
    "lines.linewidth": 2.2, "lines.solid_capstyle": "round", "image.cmap": "sequential", "grid.color": "#d9dce1",
}

solid = MappingProxyType({"linewidth": 3.2, "alpha": 0.7})
"""How a simulated curve is drawn, in a colour of its own: ``axes.plot(x, y, color=colour, **plots.solid)``."""
dashed = MappingProxyType({"color": THEORY, "linestyle": (0, (3.5, 2)), "linewidth": 1.4})
"""How a predicted curve is drawn over it: ``axes.plot(x, y, **plots.dashed)``."""


def use_style():
    """Make the book's figure style the current one; call it once, in a notebook's first cell.

    It starts from matplotlib's own defaults, so that a reader's settings (usetex, fonts, grids, dark styles) change
    nothing; only the backend stays. Returns nothing. Source: design of this book.
    """
    for colours in (DIVERGING, SEQUENTIAL):
        if colours.name not in plt.colormaps:
            plt.colormaps.register(colours)
    plt.style.use(["default", _STYLE])
    plt.ioff()


def panels(columns=1, rows=1, *, height=2.7, **options):
    """A figure of the book's width with rows x columns panels.

    columns, rows: numbers of panels; height: of one row, in inches; options: passed to matplotlib's `subplots`.
    Returns (figure, axes) like `subplots`. ValueError for bad numbers. Source: design of this book.
    """
    columns, rows = (_checks.integer(name, n, maximum=50) for name, n in (("columns", columns), ("rows", rows)))
    height = _checks.real("height", height, above=0)
    return plt.subplots(rows, columns, figsize=(WIDTH, height * rows), **options)


def encode(figure, kind="png"):
    """A figure as the bytes of a small image with at most 256 colours, the same bytes for the same figure.

    figure: matplotlib figure. kind: "png" for a page, at twice the screen's resolution; "webp" for a frame of a slider,
    at one and a half times. Returns bytes.
    ValueError for an unknown kind or something that is not a figure. Source: design of this book.
    """
    _checks.instance("figure", figure, plt.Figure)
    options = {"png": {"dpi": 192, "colours": 256, "save": {"optimize": False}},
               "webp": {"dpi": 144, "colours": 128, "save": {"lossless": True, "method": 4, "quality": 50}}}
    chosen = options[_checks.choice("kind", kind, tuple(options))]
    stream, usual = io.BytesIO(), figure.dpi
    FigureCanvasAgg(figure)  # whatever the reader's backend is
    figure.set_dpi(chosen["dpi"])
    renderer = _renderer(*figure.bbox.size, figure.dpi)
    renderer.clear()
    figure.draw(renderer)
    image = Image.fromarray(np.asarray(renderer.buffer_rgba()))
    figure.set_dpi(usual)
    image = image.quantize(chosen["colours"], method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    image.save(stream, format=kind, **chosen["save"])
    return stream.getvalue()


@lru_cache(maxsize=4)
def _renderer(width, height, dpi):
    """Where figures of this size are drawn, kept because it remembers how words and formulas are set."""
    return RendererAgg(width, height, dpi)


def show(figure, alt, *, caption=None, name=None):
    """Show a finished figure with a description for those who cannot see it, and a caption for all.

    figure: matplotlib figure, closed afterwards. alt: what one would see, in a sentence or two. caption: what one sees
    and what it means, in a sentence, with mathematics between dollars. name: by which the text refers to the figure.
    Displays the image; returns nothing. ValueError if the description is missing, or one of caption and name.
    Source: design of this book.
    """
    captioned = _pictures.captioned(caption, name)
    size = [round(inches * 96) for inches in _checks.instance("figure", figure, plt.Figure).get_size_inches()]
    for output in (_pictures.Picture(encode(figure), described(alt), *size), *captioned):
        display(output)
    plt.close(figure)


def described(alt):
    """The description of a figure with its white space tidied.

    alt: at least 20 characters. Returns it on one line. ValueError if it is missing or too short to say anything.
    Source: design of this book.
    """
    if not isinstance(alt, str) or len(alt.split()) < 4 or len(alt) < 20:
        raise ValueError(f"alt must describe in a sentence what the figure shows, but {alt!r} was given")
    return " ".join(alt.split())


def theory_over_simulation(axes, x, simulation, theory, *, label=None, colour=SIMULATION):
    """Draw a simulated curve solid and the predicted one dashed over it.

    axes: where to draw. x, simulation, theory: one length (n,), or theory None. label, colour: of the simulated curve.
    Returns nothing. ValueError if lengths differ, axes are none or colour is none. Source: design of this book.
    """
    _drawable(axes, label, colour)
    x = _checks.array("x", x, ("n",))
    axes.plot(x, _checks.array("simulation", simulation, x.shape), color=colour, label=label, **solid)
    if theory is not None:
        axes.plot(x, _checks.array("theory", theory, x.shape), **dashed)


def _drawable(axes, label, colour=SIMULATION):
    _checks.instance("axes", axes, plt.Axes)
    if label is not None:
        _checks.instance("label", label, str)
    if not isinstance(colour, (str, Sequence, np.ndarray)) or not is_color_like(colour):
        raise ValueError(f"colour must be a colour, such as plots.ACCENT or '#d55e00', but {colour!r} was given")


def key(axes, *, simulation="simulation", theory="theory", **options):
    """Add the legend of the book: what is labelled in `axes`, then what solid and dashed mean.

    axes: where to draw. simulation, theory: words for the two styles. options: passed to matplotlib's `legend`.
    Returns the legend. ValueError if axes are none. Source: design of this book.
    """
    handles, labels = _checks.instance("axes", axes, plt.Axes).get_legend_handles_labels()
    lines = [*axes.plot([], [], color=QUIET if handles else SIMULATION, **solid), *axes.plot([], [], **dashed)]
    return axes.legend([*handles, *lines], [*labels, simulation, theory], **options)


def poles(axes, values, *, radius=1.0, centre=0.0, colour=SIMULATION, **options):
    """Draw complex numbers in the plane over the circle that marks the edge of stability or of a bulk.

    axes: where to draw. values: complex (n,). radius, centre: of the circle. colour: of the numbers. options: passed to
    matplotlib's `scatter`. Returns nothing. ValueError if an argument is not what it should be.
    Source: chapter "What can a linear network remember?".
    """
    _drawable(axes, None, colour)
    radius, centre = _checks.real("radius", radius, minimum=0), _checks.real("centre", centre)
    values = np.atleast_1d(_checks.array("values", values, dtype=complex)).ravel()
    angle = np.linspace(0, 2 * np.pi, 361)
    axes.plot(centre + radius * np.cos(angle), radius * np.sin(angle), color=QUIET, linewidth=1)
    axes.scatter(values.real, values.imag, **{"s": 30, "color": colour, "zorder": 3, "linewidths": 0} | options)
    axes.set(aspect="equal", xlabel="real part", ylabel="imaginary part")


def heat_map(axes, matrix, *, label="", limit=None):
    """Draw a matrix in diverging colours, zero in the middle, with a colour bar.

    axes: where to draw. matrix: (rows, columns). label: of the colour bar. limit: value of the deepest colour, by
    default the largest modulus. Returns the image. ValueError for a bad matrix. Source: design of this book.
    """
    _drawable(axes, label)
    matrix = _checks.array("matrix", matrix, ("rows", "columns"))
    limit = np.max(np.abs(matrix)) or 1.0 if limit is None else _checks.real("limit", limit, above=0)
    image = axes.imshow(matrix, cmap=DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest")
    axes.figure.colorbar(image, ax=axes, label=label, shrink=0.85)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return image


def shades(n):
    """Colours from light to dark blue, for curves ordered by a parameter.

    n: number of colours, at least 1. Returns an (n, 4) array. ValueError for a bad n. Source: design of this book.
    """
    return SEQUENTIAL(np.linspace(0.35, 0.95, _checks.integer("n", n, maximum=10_000)))
