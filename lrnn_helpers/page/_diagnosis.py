"""What a wrong answer has in common with the right one, in all cases of an exercise, as a sentence for the reader.

All functions take the answers and the right ones as lists of arrays, one for each case and alike in shape, and `alike`,
which says whether two arrays agree. None of the sentences holds a right number.
"""

import inspect
import itertools

import numpy as np

OVERWRITES = "the numbers are right, but your function overwrites an argument: work on a copy of it."
_UNITS = {"": 1, "-": -1, "i ": 1j, "-i ": -1j}
_SIZES = {f"{n:g}": n for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 1.5, 0.75, 0.5, 0.25, 0.2, 0.125, 0.1)} | {
    "1/3": 1 / 3, "2/3": 2 / 3, "1/6": 1 / 6, "pi": np.pi, "2 pi": 2 * np.pi, "4 pi": 4 * np.pi, "1/pi": 1 / np.pi,
    "1/(2 pi)": 0.5 / np.pi, "sqrt(2)": 2**0.5, "1/sqrt(2)": 0.5**0.5}
FACTORS = {unit + word: sign * size for unit, sign in _UNITS.items() for word, size in _SIZES.items()} | {
    "-1": -1, "i": 1j, "-i": -1j}
"""By what a formula is wrong when a factor of it was forgotten."""
_MOST_ENTRIES = 6


def alike(tolerances):
    """Whether two arrays agree to the tolerances of an exercise."""
    return lambda one, other: np.shape(one) == np.shape(other) and np.allclose(one, other, **tolerances)


def whole(answers, expected, alike):
    """A sign, a transposition or a simple factor, if it alone explains all answers in all cases, or ""."""
    def are(change):
        return all(alike(answer, change(right)) for answer, right in zip(answers, expected, strict=True))

    if are(np.positive):
        return OVERWRITES
    if are(np.negative):
        return "the size is right but the sign is opposite."
    if are(lambda right: right.swapaxes(-1, -2) if right.ndim > 1 else right):
        return "the result is the transpose of the right one."
    word = factor(answers, expected, alike)
    return f"the result is {word} times the right one: look for a missing factor." if word else ""


def factor(answers, expected, alike):
    """The word for the simple factor by which all numbers are wrong, or "". One number alone is a multiple of any."""
    if sum(np.count_nonzero(right) for right in expected) < 2:
        return ""
    return next((word for word, by in FACTORS.items() if all(
        alike(answer, by * right) for answer, right in zip(answers, expected, strict=True))), "")


def parts(answers, expected, alike):
    """The conjugate, or the right entries in another order or some with a sign or a factor, along any axis, or ""."""
    if all(map(alike, answers, map(np.conj, expected))):
        return "the result is the complex conjugate of the right one."
    names = {1: ["entry"], 2: ["row", "column"]}.get(expected[0].ndim, [])
    alone = [] if len({right.ndim for right in expected}) > 1 else enumerate(names)
    turned = [([np.moveaxis(array, axis, 0) for array in answers], [np.moveaxis(array, axis, 0) for array in expected],
               alike, name) for axis, name in alone]
    return next(filter(None, (explain(*each) for each in turned for explain in (_order, _entries))), "")


def _order(answers, expected, alike, name):
    if all(map(alike, answers, (right[::-1] for right in expected))):
        return f"the result is right but for its order: it runs backwards, from the last {name} to the first."
    length = len(expected[0])
    if {len(right) for right in expected} != {length} or length > _MOST_ENTRIES:
        return ""
    for order in itertools.permutations(range(length)):
        if all(map(alike, answers, (right[list(order)] for right in expected))):
            place = next(place for place, belongs in enumerate(order) if place != belongs)
            return (f"the result is right but for its order: what stands in {name} {place} belongs in "
                    f"{name} {order[place]} (counted from 0).")
    return ""


def _entries(answers, expected, alike, name):
    """What is wrong with some entries: each in the same way in all cases."""
    length, wrong = len(expected[0]), {}
    if {len(right) for right in expected} != {length}:
        return ""
    for place in range(length):
        mine, right = ([array[place] for array in arrays] for arrays in (answers, expected))
        if not all(map(alike, mine, right)):
            wrong.setdefault(factor(mine, right, alike), []).append(str(place))
    if "" in wrong:
        return ""
    said = [f"{name} {' and '.join(places)} is {word} times what it should be" for word, places in wrong.items()]
    rest = ", all else is right" if sum(map(len, wrong.values())) < length else ""
    return f"{'; '.join(said)}{rest} (counted from 0)."


def named(function, *places):
    """The arguments of a function at these places, by name if they have any."""
    names = [name for name, each in inspect.signature(function).parameters.items()
             if each.kind is each.POSITIONAL_OR_KEYWORD]
    return " and ".join(names[place] if place < len(names) else f"argument {place + 1}" for place in places)


def farthest(answer, right, rtol):
    """Where an answer is wrong the most, and to which side."""
    worst = np.unravel_index(np.argmax(np.abs(answer - right)), right.shape)
    where, error = f"entry {tuple(map(int, worst))}" if worst else "the value", answer[worst] - right[worst]
    digits = f"; about {-np.log10(rtol):.0f} digits are asked for" if 0 < rtol < 1 else ""
    if (yours := f"{answer[worst]:.6g}") == f"{right[worst]:.6g}":
        return f"{where} is right to six digits, but off by {abs(error):.2g}{digits}."
    if np.allclose(answer, right, rtol=1e-2, atol=0):
        return f"{where} is right to a percent, but not more{digits}."
    side = "" if np.iscomplexobj(error) else f", is too {'large' if error > 0 else 'small'}"
    wrong = np.count_nonzero(~np.isclose(answer, right, rtol=rtol, atol=0))
    many = f" the most ({wrong} of {right.size} are wrong)" if right.size > 1 else ""
    return f"{where} is wrong{many}: yours, {yours}{side}."
