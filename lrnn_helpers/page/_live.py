"""Sliders in a live notebook.

An exception of `draw` stands in place of the picture, what it prints or warns of below, and an interrupt is said.
JupyterLab marks what has lost its kernel with a class, under which a line that says so takes the picture's place.
"""

import contextlib
import html
import io
import traceback
import warnings

import ipywidgets
import matplotlib.pyplot as plt
from IPython.display import display

from lrnn_helpers.page._frames import frame, image, readout


class _Sliders(ipywidgets.VBox):
    """Sliders above a picture; where no widget can be shown, a sentence says what would be here."""

    def __repr__(self):
        return "A figure with sliders, drawn anew at each move: run this cell to see it."


def show(draw, values, start, words):
    """Sliders over a picture that is drawn anew at each move."""
    sliders = {name: ipywidgets.SelectionSlider(options=[(readout(value), value) for value in options],
                                                index=start[name], description=words[name],
                                                style={"description_width": "initial"})
               for name, options in values.items()}
    picture = ipywidgets.HTML(_GONE + image(*frame(draw, **{name: values[name][start[name]] for name in values})))

    def redraw(_change):
        picture.value = _GONE + _told(draw, words, {name: slider.value for name, slider in sliders.items()})

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    display(_Sliders([*sliders.values(), picture]))


_GONE = """<style>
.lrnn-gone { display: none }
.jupyter-widgets-disconnected .lrnn-gone { display: block }
.jupyter-widgets-disconnected .lrnn-gone ~ * { display: none }
</style><p class="lrnn-gone">These sliders have lost their kernel: run the cell again to move them.</p>"""
"""JupyterLab gives a widget whose kernel is gone the class above; only then is the line seen, and the picture not."""


def _told(draw, words, chosen):
    """The picture as HTML, or what went wrong instead of it; then what was printed and warned of on the way."""
    printed, open_before = io.StringIO(), set(plt.get_fignums())
    try:
        with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(printed), \
                contextlib.redirect_stderr(printed):
            shown = image(*frame(draw, **chosen))
    except KeyboardInterrupt:
        shown = _message("Stopped; move the slider again.")
    except (Exception, SystemExit) as error:
        place = ", ".join(f"{words[name]} = {readout(value)}" for name, value in chosen.items())
        line = "".join(f" (line {frame.lineno} of {frame.name})" for frame in traceback.extract_tb(error.__traceback__)
                       if frame.name == getattr(draw, "__name__", None))
        shown = _message(f"No picture at {place}: {type(error).__name__}: {error}{line}")
    for number in set(plt.get_fignums()) - open_before:
        plt.close(number)
    remarks = [printed.getvalue().strip(), *(f"{each.category.__name__}: {each.message}" for each in warned)]
    return shown + "".join(map(_message, filter(None, remarks)))


def _message(text):
    return f'<pre class="explore-message" style="white-space: pre-wrap">{html.escape(text)}</pre>'
