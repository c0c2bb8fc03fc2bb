"""Sliders with one call and two lives.

`explore(draw, radius=[...], angle=[...])` calls ``draw(radius=..., angle=...)``, which returns a figure and a sentence
that describes it. In a live notebook every move of a slider draws anew. When the book is built, all frames are drawn
once and shown by a scrubber that needs no kernel. When chapters are executed to be stored, one still frame is kept.

A slider starts at the default value that `draw` gives its argument, or at the middle of its values.
"""

import html
import inspect
import itertools
import json
import math
import numbers
import os

import numpy as np
from IPython.display import display

from lrnn_helpers import _checks, _progress
from lrnn_helpers.page import _live, _pictures, plots
from lrnn_helpers.page._frames import address, frame, readout

_LIVES = ("live", "book", "still")
_MOST_FRAMES = 150


def explore(draw, *, labels=None, caption=None, name=None, **values):
    """Show a figure with one slider for each of its arguments.

    draw: function of the named arguments that returns (figure, description), the description in words.
    labels: the words beside a slider, by argument, such as {"c": "target decay c⋆"}; else its name.
    caption, name: as in `plots.show`.
    values: for each argument, the numbers or texts its slider runs through. In the book every frame has its axes where
    the first one has them; `draw` should fix their limits.
    Displays the sliders; returns nothing. ValueError if an argument has no values, draw does not take it, the first
    frame is no figure with a description, or the book would have to draw more than 150 frames. Live, what goes wrong
    at a later move is shown in place of the picture. Source: design of this book.
    """
    _checks.function("draw", draw)
    values = _checked_values(draw, values)
    life = _checks.choice("the environment variable LRNN_EXPLORE", os.environ.get("LRNN_EXPLORE", "live"), _LIVES)
    words = _words(values, labels)
    captioned = _pictures.captioned(caption, name)
    {"live": _live.show, "book": _book, "still": _still}[life](draw, values, _start(draw, values), words)
    for line in captioned:
        display(line)


def _words(values, labels):
    """The words beside each slider."""
    labels = _checks.instance("labels", {} if labels is None else labels, dict)
    if not set(labels) <= set(values):
        raise ValueError(f"labels must name the sliders {', '.join(values)}, but {', '.join(labels)} were given")
    words = {name: name.replace("_", " ") for name in values} | labels
    return {name: _checks.instance(f"labels[{name!r}]", words[name], str) for name in values}


def _checked_values(draw, values):
    if not values:
        raise ValueError("explore needs the values of at least one slider, for example radius=[0.5, 0.9]")
    values = {name: _options(name, options) for name, options in values.items()}
    try:
        inspect.signature(draw).bind(**dict.fromkeys(values))
    except (TypeError, ValueError) as error:
        raise ValueError(f"draw must take the arguments {', '.join(values)} by name and need no others, "
                         f"but {error}") from None
    frames = math.prod(map(len, values.values()))
    if frames > _MOST_FRAMES:
        raise ValueError(f"the sliders {', '.join(values)} must have at most {_MOST_FRAMES} positions together, "
                         f"but they have {frames}")
    return values


def _options(name, options):
    if isinstance(options, str) or not np.iterable(options):
        raise ValueError(f"{name} must be a list of values to move between, but {options!r} was given")
    options = list(itertools.islice(options, _MOST_FRAMES + 1))
    if len(options) < 2:
        raise ValueError(f"{name} must have at least two values to move between, but {len(options)} were given")
    for option in options:
        if not isinstance(option, (str, numbers.Complex)):
            raise ValueError(f"{name} must hold numbers or texts, but it holds a {type(option).__name__}")
    return options


def _start(draw, values):
    """Position of each slider at the start."""
    parameters = inspect.signature(draw).parameters
    defaults = {name: parameters[name].default if name in parameters else None for name in values}
    return {name: options.index(default) if isinstance(default, (str, numbers.Complex)) and default in options
            else len(options) // 2 for (name, options), default in zip(values.items(), defaults.values(), strict=True)}


def _still(draw, values, start, words):
    plots.show(*frame(draw, **{name: options[start[name]] for name, options in values.items()}))


def _book(draw, values, start, words):
    frames, places = [], []
    positions = list(itertools.product(*values.values()))
    for chosen in _progress.bar(positions, desc="frames"):
        figure, alt = frame(draw, **dict(zip(values, chosen, strict=True)))
        _put(figure, places)
        frames.append({"src": address(figure), "alt": alt})
        places = places or [axes.get_position(original=True) for axes in figure.axes]
    first = 0
    for name, options in values.items():
        first = first * len(options) + start[name]
    width, height = (round(inches * 96) for inches in figure.get_size_inches())
    page = [f'<figure class="explore" data-shape="{html.escape(json.dumps([len(v) for v in values.values()]))}">',
            '<div class="explore-sliders">']
    for name, options in values.items():
        readouts = html.escape(json.dumps([readout(value) for value in options]))
        page.append(f'<label><span class="explore-name">{html.escape(words[name])}</span> '
                    f'<input type="range" min="0" max="{len(options) - 1}" step="1" value="{start[name]}" '
                    f'data-readouts="{readouts}" aria-valuetext="{html.escape(readout(options[start[name]]))}"> '
                    f'<output>{html.escape(readout(options[start[name]]))}</output></label>')
    if len(values) == 1:
        page.append('<button type="button" class="explore-play" hidden>▶ Play</button>')
    page += ['</div>', f'<div class="explore-picture"><img src="{frames[first]["src"]}" '
             f'alt="{html.escape(frames[first]["alt"])}" width="{width}" height="{height}"></div>',
             f'<script type="application/json" class="explore-frames">{json.dumps(frames)}</script>', '</figure>']
    display({"text/html": "\n".join(page), "text/plain": frames[first]["alt"]}, raw=True)


def _put(figure, places):
    """Put the axes where those of the first frame are: nothing jumps, and laying a figure out takes half the time."""
    if places and len(places) == len(figure.axes):
        figure.set_layout_engine("none")
        for axes, place in zip(figure.axes, places, strict=True):
            axes.set_position(place)
