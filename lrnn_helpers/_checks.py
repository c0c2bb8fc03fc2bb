"""Argument checks shared by the package: every failure is a ValueError that names the argument.

The functions return the checked value, so that a check reads as one assignment.
"""

import functools
import math
import numbers

import numpy as np

LARGEST_GIB = 4  # the most memory that one array may need


class Unstable(ValueError):
    """A network so unstable, or with weights so large, that what was asked for is infinite."""


def array(name, value, shape=None, *, dtype=float, above=-math.inf, below=math.inf, minimum=-math.inf,
          maximum=math.inf):
    """`value` as a new array of `dtype`, finite, non-empty, of the given shape and, if real, within bounds.

    `shape` is a tuple with an integer where a length is fixed and a name where any length will do:
    ``("T", 3)`` asks for two axes, the second of length 3, ``("N", "N")`` for a square. ``None`` accepts any number of
    axes. The bounds above, below are open, minimum, maximum closed.
    """
    wanted = "complex numbers" if dtype is complex else "real numbers"
    try:
        given = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be a rectangular array of {wanted}, but its rows differ in length") from None
    if given.dtype.kind not in ("biufc" if dtype is complex else "biuf"):
        raise ValueError(f"{name} must hold {wanted}, but its dtype is {given.dtype}")
    given = given.astype(dtype)
    if shape is not None and not _fits(given.shape, shape):
        raise ValueError(f"{name} must have shape {_spell(shape)}, but it has shape {_spell(given.shape)}")
    if given.size == 0:
        raise ValueError(f"{name} must not be empty, but it has shape {_spell(given.shape)}")
    if not np.all(np.isfinite(given)):
        raise ValueError(f"{name} must be finite, but it contains NaN or infinity")
    if (above, below, minimum, maximum) != (-math.inf, math.inf, -math.inf, math.inf):
        for extreme in (given.min(), given.max()):
            _within(name, float(extreme), above, below, minimum, maximum)
    return given


def integers(name, value, shape, minimum, maximum):
    """`value` as a new array of whole numbers from `minimum` to `maximum`, of the given shape as in `array`."""
    given = array(name, value, shape, minimum=minimum, maximum=maximum)
    if np.any(given % 1):
        raise ValueError(f"{name} must hold whole numbers, but it holds {given[given % 1 != 0][0]:g}")
    return given.astype(int)


def _fits(given, wanted):
    """Whether a shape is the wanted one; a name stands for one length wherever it occurs."""
    lengths = {}
    return len(given) == len(wanted) and all(
        g == (lengths.setdefault(w, g) if isinstance(w, str) else w) for g, w in zip(given, wanted))


def _spell(shape):
    return "(" + ", ".join(str(length) for length in shape) + ("," if len(shape) == 1 else "") + ")"


def frozen(owner, *, dtype=float, **shapes):
    """Check, copy and make read-only the arrays of a frozen dataclass, each of its shape as in `array`.

    A name in a shape stands for the length that it had in the arrays before: ``W_h=("N", "N"), W_x=("N", "N_x")``.
    """
    lengths = {}
    for name, shape in shapes.items():
        value = array(name, getattr(owner, name), tuple(lengths.get(length, length) for length in shape))
        with np.errstate(over="ignore"):
            value = value.astype(dtype)
        lengths |= {label: length for label, length in zip(shape, value.shape) if isinstance(label, str)}
        if not np.all(np.isfinite(value)):
            raise ValueError(f"{name} must be finite as {value.dtype}, but it overflows")
        value.flags.writeable = False
        object.__setattr__(owner, name, value)


def integer(name, value, minimum=1, maximum=10**9, entries=0):
    """`value` as an int from `minimum` to `maximum`; so many rows of an array with so many entries are affordable."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise ValueError(f"{name} must be an integer, but {value!r} was given")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, but {value} was given")
    if value > maximum:
        raise ValueError(f"{name} must be at most {maximum}, but {value} was given")
    affordable(name, value, entries)
    return int(value)


def real(name, value, *, above=-math.inf, below=math.inf, minimum=-math.inf, maximum=math.inf):
    """`value` as a finite float between the open bounds above, below and the closed ones minimum, maximum."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise ValueError(f"{name} must be a real number, but {value!r} was given")
    try:
        value = float(value)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, but {value} was given")
    return _within(name, value, above, below, minimum, maximum)


def _within(name, value, above, below, minimum, maximum):
    limits = ((value > above, f"greater than {above:g}"), (value < below, f"less than {below:g}"),
              (value >= minimum, f"at least {minimum:g}"), (value <= maximum, f"at most {maximum:g}"))
    for holds, limit in limits:
        if not holds:
            raise ValueError(f"{name} must be {limit}, but {value:g} was given")
    return value


def affordable(names, *shape):
    """ValueError that names the arguments if an array of this shape would need more than LARGEST_GIB of memory."""
    needed = math.prod(map(int, shape)) * 8 / 2**30
    if needed > LARGEST_GIB:
        raise ValueError(f"{names} must be smaller: an array of shape {_spell(shape)} would need {needed:.3g} GiB of "
                         f"memory, but {LARGEST_GIB} GiB is the most")


def moderate(names):
    """Decorator: Unstable, which names the arguments, if what the function computes overflows or is not finite."""
    def decorate(function):
        @functools.wraps(function)
        def checked(*arguments, **options):
            try:
                with np.errstate(over="raise", invalid="raise", divide="raise"):
                    result = function(*arguments, **options)
            except (FloatingPointError, OverflowError, ZeroDivisionError):
                result = math.inf
            if not _finite(result):  # threads of linear algebra overflow without a word
                why = ", as that of an unstable network does" if "rnn" in names else ""
                raise Unstable(f"{names} must be of moderate size, but with what was given the result overflows{why}")
            return result
        return checked
    return decorate


def _finite(result):
    return all(map(_finite, result)) if isinstance(result, tuple) else result is None or np.all(np.isfinite(result))


def boolean(name, value):
    """`value` as a bool if it is true or false."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, but {type(value).__name__} was given")
    return bool(value)


def sequence(name, value, length=None):
    """`value` as a list if it is a list or tuple, of the given length if there is one, and not empty."""
    if not isinstance(value, (list, tuple)) or len(value) != (length or max(1, len(value))):
        given = f"{len(value)} entries" if isinstance(value, (list, tuple)) else f"a {type(value).__name__}"
        raise ValueError(f"{name} must be a list or tuple of {length or 'one or more'} entries, but it is {given}")
    return list(value)


def choice(name, value, options):
    """`value` if it is one of `options`."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, options))}, but {value!r} was given")
    return value


def increasing(name, value, *, minimum=-math.inf):
    """`value` as a strictly increasing one-dimensional float array."""
    points = array(name, value, (f"number of {name}",), minimum=minimum)
    if np.any(np.diff(points) <= 0):
        raise ValueError(f"{name} must be strictly increasing")
    return points


def generator(name, value):
    """`value` if it is a numpy random generator."""
    if not isinstance(value, np.random.Generator):
        raise ValueError(f"{name} must be a numpy random generator, for example np.random.default_rng(0), "
                         f"but {type(value).__name__} was given")
    return value


def instance(name, value, kind):
    """`value` if it is an instance of `kind`, a class or a tuple of classes."""
    if not isinstance(value, kind):
        names = " or ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))
        raise ValueError(f"{name} must be a {names}, but {type(value).__name__} was given")
    return value


def function(name, value):
    """`value` if it can be called."""
    if not callable(value):
        raise ValueError(f"{name} must be a function, but {type(value).__name__} was given")
    return value


def real_or_complex(name, value, shape=None):
    """`value` as a checked array, complex only if it was given so."""
    checked = array(name, value, shape, dtype=complex)
    return checked if np.iscomplexobj(value) else checked.real.copy()


def broadcast(**values):
    """The values as checked arrays of one shape and one dtype."""
    arrays = [real_or_complex(name, value) for name, value in values.items()]
    try:
        arrays = np.broadcast_arrays(*arrays)
    except ValueError:
        shapes = ", ".join(f"{name} {given.shape}" for name, given in zip(values, arrays, strict=True))
        raise ValueError(f"{', '.join(values)} must have shapes that broadcast, but they are {shapes}") from None
    return [given.astype(np.result_type(*arrays)) for given in arrays]
