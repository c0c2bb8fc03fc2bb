"""What runs beside the cells of a page that is live: it takes code, and gives outputs as plain data.

IPython and ipywidgets are large and not needed here: the few names of theirs that the book uses are given instead. A
slider is told to the page, which asks for a picture when it is moved. Each slider has names of its own, where only the
cells are run that it needs; the page's cells have theirs in common.
"""

import ast
import base64
import functools
import linecache
import os
import sys
import time
import traceback
import types
from contextlib import redirect_stderr, redirect_stdout

FORMS = {"text/html": "_repr_html_", "image/svg+xml": "_repr_svg_", "image/png": "_repr_png_",
         "text/markdown": "_repr_markdown_", "text/latex": "_repr_latex_"}
spaces, sliders, tell = {}, [], print


class Text:
    """A text of one kind, such as IPython's HTML or Markdown."""

    kind = "text/plain"

    def __init__(self, data=""):
        self.data = data

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {self.kind: str(self.data), "text/plain": str(self.data)}


def display(*things, raw=False, metadata=None, **_):
    """Tell the page what to show."""
    for thing in things:
        data, about = (thing, metadata or {}) if raw else forms(thing)
        tell({"kind": "data", "data": data, "metadata": about})


def forms(thing):
    """The forms in which a thing can be shown, and what it says of them."""
    if hasattr(thing, "_repr_mimebundle_") and not isinstance(thing, type):
        found = thing._repr_mimebundle_()
        return found if isinstance(found, tuple) else (found, {})
    data = {"text/plain": repr(thing)}
    for kind, method in FORMS.items():
        shown = getattr(thing, method, lambda: None)() if not isinstance(thing, type) else None
        if shown is not None:
            data[kind] = base64.b64encode(shown).decode() if isinstance(shown, bytes) else shown
    return data, {}


def prepare(told):
    """Give the names of IPython and ipywidgets, draw without a screen, and send outputs where `told` takes them."""
    global tell
    tell = told
    os.environ |= {"MPLBACKEND": "agg", "LRNN_EXPLORE": "live", "TQDM_DISABLE": "1"}
    texts = {name: type(name, (Text,), {"kind": kind}) for name, kind in
             {"HTML": "text/html", "Markdown": "text/markdown", "Latex": "text/latex", "Math": "text/latex"}.items()}
    shown = module("IPython.display", display=display, **texts)
    module("IPython", display=shown, get_ipython=lambda: None, version_info=(9, 0, 0, ""))
    module("ipywidgets", **dict.fromkeys(("VBox", "HTML", "SelectionSlider"), Text))
    from lrnn_helpers.page import _live
    _live.show = offer


def module(name, **content):
    made = types.ModuleType(name)
    made.__dict__.update(content)
    sys.modules[name] = made
    return made


def offer(draw, values, start, words):
    """Tell the page of a slider and its picture; axes stay where the first frame has them, as in the book's frames."""
    from lrnn_helpers.page import _frames
    first, alt = _frames.frame(draw, **{name: options[0] for name, options in values.items()})
    shown = _frames.image(first, alt)
    draw = steady(draw, [axes.get_position(original=True) for axes in first.axes])
    sliders.append((draw, values, words, shown))
    axes = [{"name": name, "words": words[name], "start": start[name], "readouts": [*map(_frames.readout, options)],
             "numbers": numbers(options)} for name, options in values.items()]
    picture = _frames.image(*_frames.frame(draw, **{name: values[name][start[name]] for name in values}))
    tell({"kind": "slider", "number": len(sliders) - 1, "axes": axes, "picture": picture})


def steady(draw, places):
    """A slider's function whose axes are where they were put."""
    from lrnn_helpers.page import _frames
    from lrnn_helpers.page.explore import _put

    @functools.wraps(draw)
    def drawn(**chosen):
        figure, alt = _frames.frame(draw, **chosen)
        _put(figure, places)
        return figure, alt
    return drawn


def numbers(options):
    """The values of a slider as real numbers in ascending order, or None."""
    real = all(isinstance(value, (int, float)) and not isinstance(value, bool) or hasattr(value, "dtype")
               and value.dtype.kind in "iuf" for value in options)
    found = [value.item() if hasattr(value, "item") else value for value in options] if real else None
    return found if found and all(one < other for one, other in zip(found, found[1:])) else None


def draw(number, chosen):
    """The picture of a slider as HTML, or what went wrong; chosen: for each argument [place among its values] or a
    value that is not among them."""
    from lrnn_helpers.page import _live
    function, values, words, _ = sliders[number]
    return _live._told(function, words, {name: values[name][choice[0]] if isinstance(choice, list) else
                                         between(choice, values[name]) for name, choice in chosen.items()})


def between(value, options):
    """A free value, whole where all values of the slider are."""
    return round(value) if all(isinstance(each, int) or getattr(each, "dtype", None) is not None
                               and each.dtype.kind in "iu" for each in options) else float(value)


class Stream:
    """What is printed, told at once."""

    def __init__(self, name):
        self.name = name

    def write(self, text):
        if text:
            tell({"kind": "stream", "name": self.name, "text": text})
        return len(text)

    def flush(self):
        pass


def run(source, space, name):
    """Run a cell among the names of a space; whether it went well, and how many seconds it took."""
    names, start = spaces.setdefault(space, {"__name__": "__main__", "display": display}), time.perf_counter()
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    with redirect_stdout(Stream("stdout")), redirect_stderr(Stream("stderr")):
        try:
            execute(source, names, name)
            well = True
        except BaseException as error:  # a reader's cell may even try to leave
            tell({"kind": "error", "name": type(error).__name__, "text": str(error), "trace": report(error, name)})
            well = False
    show_open_figures()
    return {"well": well, "seconds": time.perf_counter() - start}


def execute(source, names, name):
    """Run code, and show the value of its last expression."""
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), name, "eval"), names)
        if value is not None and not source.rstrip().endswith(";"):
            display(value)


def report(error, name):
    """A traceback from the first line of the reader's own code on, if any of it was reached."""
    lines = traceback.TracebackException.from_exception(error)
    places = [place.filename for place in lines.stack]
    own = places.index(name) if name in places else len(places)
    lines.stack = traceback.StackSummary.from_list(lines.stack[own:])
    return "".join(lines.format())


def show_open_figures():
    """Show what was drawn and not closed, as a notebook does."""
    if "matplotlib.pyplot" in sys.modules:
        from lrnn_helpers.page import plots
        for number in plots.plt.get_fignums():
            image = base64.b64encode(plots.encode(plots.plt.figure(number))).decode()
            tell({"kind": "data", "data": {"image/png": image, "text/plain": "A figure"}, "metadata": {}})
            plots.plt.close(number)


def forget(space):
    """Drop the names of a space."""
    spaces.pop(space, None)


def claims_table(claims):
    """The table of a cell's claims as the page shows it."""
    from claim_table import table

    from lrnn_helpers.page.claims import Claim
    return table([Claim(**claim) for claim in claims])
