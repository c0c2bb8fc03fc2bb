"""Which cells a cell needs, by names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from book.live import slices

CASES = {
    "a name": (["", "x = 1", "y = 2", "x + 1"], [0, 1]),
    "a name bound anew": (["", "x = 1", "x = 2", "x"], [0, 2]),
    "a name in a function, where it is called": (["", "def f():\n    return g", "g = 1", "h = 2", "f()"], [0, 1, 2]),
    "a function in a function": (["", "def f():\n    return g()", "def g():\n    return k", "k = 1", "f()"],
                                 [0, 1, 2, 3]),
    "an item": (["", "x = {}", "x['a'] = 1", "y = 1", "x"], [0, 1, 2]),
    "a method for its effect": (["", "x = []", "x.append(1)", "len(x)"], [0, 1, 2]),
    "a generator that was drawn from": (["import numpy as np", "rng = np.random.default_rng(1)", "rng.normal()",
                                         "y = 1", "f(rng)"], [0, 1, 2]),
    "another generator": (["import numpy as np", "rng = np.random.default_rng(1)", "rng.normal()",
                           "rng = np.random.default_rng(2)", "f(rng)"], [0, 3]),
    "a module is not changed by a call": (["import plots", "plots.show(1)", "plots.show(2)"], [0]),
    "the variable of a loop": (["", "for g in (1, 2):\n    print(g)", "for g in (1, 2):\n    x = g", "x"], [0, 2]),
    "what a loop adds to": (["", "n = 0", "for g in (1, 2):\n    n += g", "n"], [0, 1, 2]),
    "what a branch perhaps binds": (["", "x = 1", "if y:\n    x = 2", "x"], [0, 1, 2]),
    "a comprehension's own name": (["", "k = 1", "[k for k in (1, 2)]"], [0]),
    "a default": (["", "a = 1", "def f(x=a):\n    return x"], [0, 1]),
    "what cannot be parsed": (["", "x = 1", "x = = 2", "x"], [0, 1]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_cell_needs(name):
    sources, expected = CASES[name]
    assert slices.needs(sources)[-1] == expected


NAMES = st.sampled_from("abcd")
CELLS = st.lists(st.one_of(
    st.builds("{} = {}".format, NAMES, st.integers(0, 9)),
    st.builds("{} = [{}, {}]".format, NAMES, NAMES, NAMES),
    st.builds("{} = {} + [1] if isinstance({}, list) else 0".format, NAMES, NAMES, NAMES),
    st.builds("def {}():\n    return {}".format, NAMES, NAMES),
    st.builds("for {} in range(3):\n    {} = {}".format, NAMES, NAMES, NAMES)), min_size=1, max_size=12)


@given(CELLS)
def test_a_slice_gives_what_all_cells_give(cells):
    """Whatever the last cell looks at has the same value after its slice as after all cells."""
    cells = ["a, b, c, d = 0, 1, 2, 3", *cells, "shown = repr([x for x in (a, b) if not callable(x)])"]
    everything, sliced = {}, {}
    for cell in cells:
        exec(cell, everything)
    for number in [*slices.needs(cells)[-1], len(cells) - 1]:
        exec(cells[number], sliced)
    assert "<function" in everything["shown"] or sliced["shown"] == everything["shown"]
