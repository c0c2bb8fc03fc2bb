"""Numbers as JSON: how arguments enter the sandbox and results leave it. Both sides use this one file.

Numbers, strings, None, lists, tuples, dicts and arrays of numbers pass; anything else is named by its type.
"""

import numpy as np

DEEPEST = 8
"""Containers may be nested this deep."""


class TooLarge(ValueError):
    """A result is larger than anything that was asked for."""


def encode(value, depth=DEEPEST):
    """A value as what `json` can write."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (np.ndarray, np.generic, int, float, complex)):
        array = np.asarray(value)
        if array.dtype.kind not in "biufc":
            raise TypeError(f"an array of numbers is wanted, but its dtype is {array.dtype}")
        kind = complex if array.dtype.kind == "c" else float
        flat = array.astype(kind).ravel().view(float).tolist()
        return {"numbers": flat, "shape": list(array.shape), "complex": kind is complex,
                "plain": None if isinstance(value, np.ndarray) else type(value).__name__}
    if isinstance(value, (list, tuple)) and depth:
        return {"items": [encode(item, depth - 1) for item in value], "tuple": isinstance(value, tuple)}
    if isinstance(value, dict) and depth:
        return {"pairs": [[encode(k, depth - 1), encode(v, depth - 1)] for k, v in value.items()]}
    raise TypeError(f"a {type(value).__name__} cannot leave the sandbox: return numbers, arrays or tuples of them")


def decode(data, depth=DEEPEST, largest=10**6):
    """The value that `encode` wrote, no axis or list of it longer than `largest`. ValueError if it is another."""
    if data is None or isinstance(data, (bool, str)):
        return data
    if not isinstance(data, dict) or depth < 0:
        raise ValueError("not a value that the protocol knows")
    if "numbers" in data:
        shape = [int(n) for n in data["shape"]]
        _refuse_beyond(largest, shape)
        array = np.array(data["numbers"], dtype=float)
        array = (array.view(complex) if data["complex"] is True else array).reshape(shape)
        return {"int": lambda x: int(x.item()), "float": lambda x: x.item(), "complex": lambda x: x.item()}.get(
            data["plain"], lambda x: x)(array)
    if "items" in data:
        _refuse_beyond(largest, [len(data["items"])])
        items = [decode(item, depth - 1, largest) for item in data["items"]]
        return tuple(items) if data["tuple"] else items
    if "pairs" in data:
        _refuse_beyond(largest, [len(data["pairs"])])
        return {decode(k, depth - 1, largest): decode(v, depth - 1, largest) for k, v in data["pairs"]}
    raise ValueError("not a value that the protocol knows")


def _refuse_beyond(largest, shape):
    if max(shape, default=0) > largest:
        raise TooLarge(f"the result has {max(shape)} numbers along one axis, and nothing that was asked for needs more "
                       f"than {largest}")
