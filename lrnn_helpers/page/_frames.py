"""One frame of a figure with sliders: drawn, described, and as an image that a page can hold."""

import base64
import html

import matplotlib.pyplot as plt

from lrnn_helpers.page import plots


def frame(draw, **chosen):
    """One drawn frame: a closed figure and its description."""
    drawn = draw(**chosen)
    if not isinstance(drawn, (tuple, list)) or len(drawn) != 2 or not isinstance(drawn[0], plt.Figure):
        given = [type(part).__name__ for part in drawn] if isinstance(drawn, (tuple, list)) else type(drawn).__name__
        raise ValueError(f"draw must return a figure and its description, but it returned {given}")
    figure, alt = drawn
    plt.close(figure)
    return figure, plots.described(alt)


def image(figure, alt):
    """An image element that holds its figure."""
    return f'<img src="{address(figure)}" alt="{html.escape(alt)}" width="{round(figure.get_figwidth() * 96)}">'


def address(figure):
    """A figure as the address of an image."""
    return f"data:image/webp;base64,{base64.b64encode(plots.encode(figure, 'webp')).decode()}"


def readout(value):
    """A slider's value as it is read."""
    return str(value) if isinstance(value, (str, bool)) else f"{value:.4g}"
