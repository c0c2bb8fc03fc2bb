"""A figure that the tests of this wing draw."""

from lrnn_helpers.page import plots

ALT = "A curve that rises from zero to the value of the slider."


def draw(height=1.0, colour="red"):
    fig, axes = plots.panels()
    axes.plot([0, 1], [0, height], color=colour)
    return fig, ALT + f" It reaches {height}."
