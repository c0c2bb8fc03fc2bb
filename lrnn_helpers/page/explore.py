"""Sliders with one call and two lives.

`explore(draw, radius=[...], angle=[...])` calls ``draw(radius=..., angle=...)``, which returns a figure and a sentence
that describes it. In a live notebook every move of a slider draws anew. When the book is built, all frames are drawn
once and shown by a scrubber that needs no kernel. When chapters are executed to be stored, one still frame is kept.

A slider starts at the default value that `draw` gives its argument, or at the middle of its values.

Live, an exception of `draw` stands in place of the picture, what it prints or warns of below, and an interrupt is said.
JupyterLab marks what has lost its kernel with a class, under which a line that says so takes the picture's place.
"""

import base64
import contextlib
import html
import inspect
import io
import itertools
import json
import math
import numbers
import os
import re
import traceback
import warnings

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
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
    values: for each argument, the numbers or texts its slider runs through. In the book every frame has its axes where
    the first one has them; `draw` should fix their limits.
    Displays the sliders; returns nothing. ValueError if an argument has no values, draw does not take it, the first
    frame is no figure with a description, or the book would have to draw more than 150 frames. Live, what goes wrong
    at a later move is shown in place of the picture. Source: design of this book.
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
    return {name: next((place for place, option in enumerate(options) if np.array_equal(option, defaults[name])),
                       len(options) // 2) for name, options in values.items()}


def _frame(draw, **chosen):
    """One drawn frame: a closed figure and its description."""
    drawn = draw(**chosen)
    if not isinstance(drawn, (tuple, list)) or len(drawn) != 2 or not isinstance(drawn[0], plt.Figure):
        given = [type(part).__name__ for part in drawn] if isinstance(drawn, (tuple, list)) else type(drawn).__name__
        raise ValueError(f"draw must return a figure and its description, but it returned {given}")
    figure, alt = drawn
    plt.close(figure)
    return figure, plots.described(alt)


def _still(draw, values, start):
    plots.show(*_frame(draw, **{name: options[start[name]] for name, options in values.items()}))


class _Sliders(ipywidgets.VBox):
    """Sliders above a picture; where no widget can be shown, a sentence says what would be here."""

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        return bundle | {"text/plain": "A figure with sliders, drawn anew at each move: run this cell to see it."}


def _live(draw, values, start):
    sliders = {name: ipywidgets.SelectionSlider(options=[(_readout(value), value) for value in options],
                                                index=start[name], description=label(name),
                                                style={"description_width": "initial"})
               for name, options in values.items()}
    picture = ipywidgets.HTML(_GONE + _image(*_frame(draw, **{name: values[name][start[name]] for name in values})))

    def redraw(_change):
        picture.value = _GONE + _told(draw, {name: slider.value for name, slider in sliders.items()})

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    display(_Sliders([*sliders.values(), picture]))


_GONE = """<style>
.lrnn-gone { display: none }
.jupyter-widgets-disconnected .lrnn-gone { display: block }
.jupyter-widgets-disconnected .lrnn-gone ~ * { display: none }
</style><p class="lrnn-gone">These sliders have lost their kernel: run the cell again to move them.</p>"""
"""JupyterLab gives a widget whose kernel is gone the class above; only then is the line seen, and the picture not."""


def _told(draw, chosen):
    """The picture as HTML, or what went wrong instead of it; then what was printed and warned of on the way."""
    printed, open_before = io.StringIO(), set(plt.get_fignums())
    try:
        with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(printed), \
                contextlib.redirect_stderr(printed):
            shown = _image(*_frame(draw, **chosen))
    except KeyboardInterrupt:
        shown = _message("Stopped; move the slider again.")
    except (Exception, SystemExit) as error:
        place = ", ".join(f"{label(name)} = {_readout(value)}" for name, value in chosen.items())
        line = "".join(f" (line {frame.lineno} of {frame.name})" for frame in traceback.extract_tb(error.__traceback__)
                       if frame.name == getattr(draw, "__name__", None))
        shown = _message(f"No picture at {place}: {type(error).__name__}: {error}{line}")
    for number in set(plt.get_fignums()) - open_before:
        plt.close(number)
    remarks = [printed.getvalue().strip(), *(f"{each.category.__name__}: {each.message}" for each in warned)]
    return shown + "".join(map(_message, filter(None, remarks)))


def _message(text):
    return f'<pre class="explore-message" style="white-space: pre-wrap">{html.escape(text)}</pre>'


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
    return str(value) if isinstance(value, (str, bool)) else f"{value:.4g}"
