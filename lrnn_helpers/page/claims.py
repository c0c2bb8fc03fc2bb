"""Claims: a measured value beside a predicted one, shown, enforced and kept for the scoreboard.

A chapter's claim is one call. It fails the notebook when it is wrong, prints one line when it is right, and travels
in the output's metadata so that the scoreboard can list it.
"""

import html
import json
import math
import numbers
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from IPython.display import display

from lrnn_helpers import _checks


@dataclass(frozen=True, repr=False)
class Claim:
    """One claim that held: what was measured, what was expected, how close it had to come and came (all as printed).

    share: where the measured values lie in the room that the claim leaves them, [from, to] in percent: 0 is what was
    predicted or the lower bound, 100 the edge of the tolerance or the upper bound. None if there is no such measure.
    """

    name: str
    measured: str
    expected: str
    tolerance: str
    source: str
    close: str = ""
    share: list | None = None

    def __repr__(self):
        said = ", ".join(filter(None, [self.measured, self.expected, self.close]))
        return f"✓ {self.name}: {said}" + (f" ({self.tolerance})" if self.tolerance else "")

    @property
    def anchor(self):
        """The claim's name as the fragment of a web address."""
        signed = re.sub(r"(?<![a-z0-9])-(?=\d)", " minus ", self.name.lower())
        return "claim-" + re.sub(r"[^a-z0-9]+", "-", signed).strip("-")

    def _repr_mimebundle_(self, include=None, exclude=None):
        line = html.escape(repr(self).removeprefix("✓ "))
        page = (f'<p class="claim" id="{self.anchor}"><span class="claim-mark" aria-hidden="true">✓</span> {line} '
                f'<a class="claim-link" href="#{self.anchor}" aria-label="Link to this claim">#</a></p>')
        return {"text/plain": repr(self), "text/html": page}, {"claim": asdict(self)}


@_checks.moderate("measured, predicted, rtol, atol")
def check(name, measured, predicted, *, rtol=0.0, atol=0.0, source=""):
    """Claim that a measured value equals a predicted one; show both.

    |measured - predicted| <= atol + rtol |predicted|,  entry by entry.

    name: the claim in a few words. measured, predicted: numbers or arrays of one shape. rtol, atol: tolerances, at
    least one positive unless the values are equal exactly. source: the figure or statement of a paper that is tested.
    AssertionError with the worst entry if the claim is wrong; ValueError for bad arguments.
    Source: design of this book; every chapter uses it.
    """
    _named(name, source)
    predicted = _checks.array("predicted", predicted, dtype=complex)
    measured = _checks.array("measured", measured, dtype=complex)
    if measured.shape != predicted.shape and predicted.ndim:
        raise ValueError(f"measured must have the shape of predicted, {predicted.shape}, but it has {measured.shape}")
    rtol, atol = _checks.real("rtol", rtol, minimum=0), _checks.real("atol", atol, minimum=0)
    allowed = np.broadcast_to(atol + rtol * np.abs(predicted), measured.shape)
    difference = np.abs(measured - predicted)
    if not np.all(difference <= allowed):
        worst = np.unravel_index(np.argmax(difference - allowed), measured.shape)
        expected = np.broadcast_to(predicted, measured.shape)[worst]
        where = f" at index {tuple(map(int, worst))}" if worst else ""
        raise AssertionError(f"the claim {name!r} is wrong{where}: measured {_number(measured[worst])}, "
                             f"predicted {_number(expected)}, difference {difference[worst]:.3g} "
                             f"where {allowed[worst]:.3g} is allowed")
    share = _share(difference, allowed)
    allowed = _printable(predicted, allowed)
    tolerance = " + ".join(f"{kind} {value:g}" for kind, value in (("rtol", rtol), ("atol", atol)) if value)
    shown, expected = (_show(measured, allowed), f"predicted {_show(predicted, allowed)}") if measured.size == 1 else (
        f"{measured.size} {'complex ' * bool(np.any(measured.imag))}values", "all as predicted")
    display(Claim(name, "measured " + shown, expected, tolerance or "exactly", source,
                  f"off by at most {share} % of the tolerance" if tolerance else "", [0, share] if tolerance else None))


def check_between(name, measured, low, high, *, reproducible=True, source=""):
    """Claim that every measured value lies between two bounds; either may be infinite.

    low <= measured <= high.

    name: the claim in a few words. measured: number or array. low, high: numbers, low < high. reproducible: False where
    rounding is amplified, so that values differ from machine to machine: how many lie within is shown in their place.
    source: as in `check`.
    AssertionError with the worst entry if the claim is wrong; ValueError for bad arguments.
    Source: design of this book; used where theory gives a bound or a trend rather than a value.
    """
    _named(name, source)
    measured = _checks.array("measured", measured)
    low, high = _bound("low", low), _bound("high", high)
    if not low < high:
        raise ValueError(f"low must be below high, but low = {low:g} and high = {high:g} were given")
    if low == -math.inf and high == math.inf:
        raise ValueError("low and high must not both be infinite: such a claim could not fail")
    if measured.min() < low or measured.max() > high:
        raise AssertionError(f"the claim {name!r} is wrong: measured {_number(measured.min())} to "
                             f"{_number(measured.max())}, but it must lie between {low:g} and {high:g}")
    bound = f"at most {high:g}" if low == -math.inf else f"at least {low:g}" if high == math.inf else \
        f"between {low:g} and {high:g}"
    count = "one value within" if measured.size == 1 else f"{measured.size} values within"
    shown, close, share = (_show(measured, np.full(measured.shape, 1e-12)), *_place(measured, low, high)
                           ) if _checks.boolean("reproducible", reproducible) else (count, "", None)
    display(Claim(name, "measured " + shown, "claimed " + bound, "", source, close, share))


_STEPS = (1, 2, 5, 10, 20, 50, 100)


def _share(difference, allowed):
    """The worst deviation in percent of what is allowed, rounded up to a step: rounding errors alter it but little."""
    worst = np.max(np.divide(difference, allowed, out=np.zeros_like(difference), where=allowed > 0))
    return next(step for step in _STEPS if worst <= step / 100)


def _place(measured, low, high):
    """Where values lie between bounds, in words and in percent; of what is printed, to be the same on every machine."""
    least, most = (float(_show(value, np.array(1e-12))) for value in (measured.min(), measured.max()))
    if np.isfinite([low, high]).all():
        places = [round(100 * min(max((value - low) / (high - low), 0), 1)) for value in (least, most)]
        words = " to ".join(dict.fromkeys(f"{place} %" for place in places))
        return f"{words} of the way up", places
    bound, nearest = (high, most) if low == -math.inf else (low, least)
    if bound == 0 or bound * nearest < 0:
        return "", None
    ratio = nearest / bound
    near = "nearest " if measured.size > 1 else ""
    return f"{near}{ratio:.2g} times the bound", [0, round(100 * min(ratio, 1 / ratio)) if ratio else 0]


def _bound(name, value):
    """`value` as a float that may be infinite."""
    infinite = isinstance(value, numbers.Real) and value in (-math.inf, math.inf)
    return float(value) if infinite else _checks.real(name, value)


def book_folder():
    """The folder that holds the chapters: the current one, one above, or "book" in one of these.

    Returns a path. FileNotFoundError if there is none. Source: chapter "Scoreboard".
    """
    here = Path.cwd()
    for folder in (place for above in (here, *here.parents) for place in (above, above / "book")):
        if (folder / "foundations" / "linear_rnn.ipynb").is_file():
            return folder
    raise FileNotFoundError(f"The chapters, whose claims are asked for, lie in the book's folder, not in {here}.")


def collect(folder):
    """The claims stored in the executed notebooks of a folder and its subfolders.

    folder: path. Returns a list of (path relative to folder, Claim), in the order of the files' names.
    ValueError if the folder holds no notebook. Source: chapter "Scoreboard".
    """
    folder = Path(_checks.instance("folder", folder, (str, Path)))
    notebooks = sorted(path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    if not notebooks:
        raise ValueError(f"folder must hold notebooks, but none was found below {str(folder)!r}")
    outputs = ((path, output) for path in notebooks for cell in json.loads(path.read_text("utf-8"))["cells"]
               for output in cell.get("outputs", []))
    return [(path.relative_to(folder), Claim(**output["metadata"]["claim"])) for path, output in outputs
            if "claim" in output.get("metadata", {})]


def _named(name, source):
    for argument, value in (("name", name), ("source", source)):
        if not isinstance(value, str) or (argument == "name" and not value.strip()):
            raise ValueError(f"{argument} must be a text, but {value!r} was given")


def _printable(predicted, allowed):
    """The tolerance to which values are printed: less than is allowed where this would leave none of the predicted."""
    grain, largest = 10.0 ** np.floor(np.log10(np.maximum(np.min(allowed), 1e-300))), np.max(np.abs(predicted))
    return np.array(largest / 10) if grain >= largest > grain / 1000 else allowed


def _show(values, allowed):
    """Values as text that is the same on every machine: four digits, and none below the tolerance."""
    grain = 10.0 ** np.floor(np.log10(np.maximum(np.min(allowed), 1e-300)))
    rounded = np.ravel(np.round(values / grain) * grain if np.all(np.abs(values) < 1e15 * grain) else values)
    if rounded.size == 1:
        return _number(rounded[0])
    return f"{rounded.size} values from {_number(rounded.real.min())} to {_number(rounded.real.max())}"


def _number(value):
    value = complex(value)
    real, imaginary = (f"{part + 0.0:.4g}" for part in (value.real, abs(value.imag)))
    return real if value.imag == 0 else f"{real} {'-' if value.imag < 0 else '+'} {imaginary}i"
