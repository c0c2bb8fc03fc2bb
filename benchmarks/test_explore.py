"""One move of a slider in a live notebook: draw two panels, encode them, hand them to the widget."""

import numpy as np

from lrnn_helpers.page import explore, plots


def test_slider_redraw(pair, monkeypatch):
    plots.use_style()
    shown = []
    monkeypatch.setenv("LRNN_EXPLORE", "live")
    monkeypatch.setattr(explore, "display", shown.append)
    lags = np.arange(41)

    def draw(radius=0.9):
        fig, (plane, response) = plots.panels(2)
        plots.poles(plane, radius * np.exp(1j * np.array([0.5, -0.5])))
        plots.theory_over_simulation(response, lags, radius**lags * np.cos(lags / 2), radius**lags * np.cos(lags / 2))
        plots.key(response)
        return fig, "Two poles and the impulse response that belongs to them."

    explore.explore(draw, radius=[0.5, 0.7, 0.9, 1.0])
    slider = shown[0].children[0]

    def move():
        slider.index = (slider.index + 1) % 4

    pair(move, name="slider redraw")
