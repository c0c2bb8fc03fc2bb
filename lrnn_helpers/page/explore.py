"""Sliders with one call and two lives.

`explore(draw, radius=[...], angle=[...])` calls ``draw(radius=..., angle=...)``, which returns a figure and a sentence
that describes it. In a live notebook every move of a slider draws anew. When the book is built, all frames are drawn
once and shown by a scrubber that needs no kernel. When chapters are executed to be stored, one still frame is kept.

A slider starts at the default value that `draw` gives its argument, or at the middle of its values.
"""

import base64
import html
import inspect
import itertools
import json
import os
import re

import ipywidgets
import matplotlib.pyplot as plt
from IPython.display import display

from lrnn_helpers import _checks, _progress
from lrnn_helpers.page import plots

_LIVES = ("live", "book", "still")
_MOST_FRAMES = 150
_GREEK = dict(zip("alpha beta gamma delta epsilon kappa lambda_ lam mu nu rho sigma tau omega".split(),
                  "αβγδεκλλμνρστω", strict=True))


def explore(draw, **values):
    """Show a figure with one slider for each of its arguments.

    draw: function of the named arguments that returns (figure, description), the description in words.
    values: for each argument, the values its slider runs through. In the book every frame has its axes where the first
    one has them; `draw` should fix their limits.
    Displays the sliders; returns nothing. ValueError if an argument has no values, draw does not take it, or the book
    would have to draw more than 150 frames. Source: design of this book.
    """
    _checks.function("draw", draw)
    values = _checked_values(draw, values)
    life = _checks.choice("the environment variable LRNN_EXPLORE", os.environ.get("LRNN_EXPLORE", "live"), _LIVES)
    {"live": _live, "book": _book, "still": _still}[life](draw, values, _start(draw, values))


def label(name):
    """The words beside a slider: Greek letters by name, underscores as spaces.

    name: of an argument, such as "sigma_0". Returns a text. ValueError if name is no text. Source: design of this book.
    """
    _checks.instance("name", name, str)
    if name in _GREEK:
        return _GREEK[name]
    words = " ".join(_GREEK.get(word, word) for word in name.split("_"))
    return re.sub(r" (\d)$", lambda index: "₀₁₂₃₄₅₆₇₈₉"[int(index[1])], words)


def _checked_values(draw, values):
    if not values:
        raise ValueError("explore needs the values of at least one slider, for example radius=[0.5, 0.9]")
    values = {name: list(options) for name, options in values.items()}
    accepted = inspect.signature(draw).parameters
    frames = 1
    for name, options in values.items():
        if name not in accepted:
            raise ValueError(f"draw must take the argument {name!r}, but it takes {', '.join(accepted) or 'none'}")
        if len(options) < 2:
            raise ValueError(f"{name} must have at least two values to move between, but {len(options)} were given")
        frames *= len(options)
    if frames > _MOST_FRAMES:
        raise ValueError(f"the sliders must have at most {_MOST_FRAMES} positions together, but they have {frames}")
    return values


def _start(draw, values):
    """Position of each slider at the start."""
    defaults = {name: inspect.signature(draw).parameters[name].default for name in values}
    return {name: options.index(defaults[name]) if defaults[name] in options else len(options) // 2
            for name, options in values.items()}


def _frame(draw, **chosen):
    """One drawn frame: a closed figure and its description."""
    figure, alt = draw(**chosen)
    plt.close(figure)
    return figure, plots.described(alt)


def _still(draw, values, start):
    plots.show(*_frame(draw, **{name: options[start[name]] for name, options in values.items()}))


def _live(draw, values, start):
    sliders = {name: ipywidgets.SelectionSlider(options=[(_readout(value), value) for value in options],
                                                index=start[name], description=label(name),
                                                style={"description_width": "initial"})
               for name, options in values.items()}
    picture = ipywidgets.HTML()

    def redraw(_change=None):
        figure, alt = _frame(draw, **{name: slider.value for name, slider in sliders.items()})
        picture.value = _image(figure, alt)

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    redraw()
    display(ipywidgets.VBox([*sliders.values(), picture]))


def _book(draw, values, start):
    frames, places = [], []
    positions = list(itertools.product(*values.values()))
    for chosen in _progress.bar(positions, desc="frames"):
        figure, alt = _frame(draw, **dict(zip(values, chosen, strict=True)))
        _put(figure, places)
        frames.append({"src": _address(figure), "alt": alt})
        places = places or [axes.get_position(original=True) for axes in figure.axes]
    first = 0
    for name, options in values.items():
        first = first * len(options) + start[name]
    width, height = (round(inches * 96) for inches in figure.get_size_inches())
    page = [f'<figure class="explore" data-shape="{html.escape(json.dumps([len(v) for v in values.values()]))}">',
            '<div class="explore-sliders">']
    for name, options in values.items():
        readouts = html.escape(json.dumps([_readout(value) for value in options]))
        page.append(f'<label><span class="explore-name">{html.escape(label(name))}</span> '
                    f'<input type="range" min="0" max="{len(options) - 1}" step="1" value="{start[name]}" '
                    f'data-readouts="{readouts}" aria-valuetext="{html.escape(_readout(options[start[name]]))}"> '
                    f'<output>{html.escape(_readout(options[start[name]]))}</output></label>')
    if len(values) == 1:
        page.append('<button type="button" class="explore-play" hidden>▶ Play</button>')
    page += ['</div>', f'<img src="{frames[first]["src"]}" alt="{html.escape(frames[first]["alt"])}" '
             f'width="{width}" height="{height}">',
             f'<script type="application/json" class="explore-frames">{json.dumps(frames)}</script>', '</figure>']
    display({"text/html": "\n".join(page), "text/plain": frames[first]["alt"]}, raw=True)


def _put(figure, places):
    """Put the axes where those of the first frame are: nothing jumps, and laying a figure out takes half the time."""
    if places and len(places) == len(figure.axes):
        figure.set_layout_engine("none")
        for axes, place in zip(figure.axes, places, strict=True):
            axes.set_position(place)


def _image(figure, alt):
    return f'<img src="{_address(figure)}" alt="{html.escape(alt)}" width="{round(figure.get_figwidth() * 96)}">'


def _address(figure):
    return f"data:image/webp;base64,{base64.b64encode(plots.encode(figure, 'webp')).decode()}"


def _readout(value):
    return value if isinstance(value, str) else f"{value:.4g}"
