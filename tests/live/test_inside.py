"""What runs beside a page's cells, here in ordinary Python, in a process of its own: it replaces IPython."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SLIDER = """import numpy as np
from lrnn_helpers.page import claims, plots
from lrnn_helpers.page.explore import explore
def draw(height=2):
    figure, axes = plots.panels()
    axes.plot([0, 1 / (height - 3)])
    return figure, f"A line from zero to the inverse of {height} less three."
explore(draw, height=[1, 2, 3])"""


def told(*cells, then=""):
    """What is told while cells run; then the value of an expression."""
    code = ("import json, sys\nfrom book.live import inside\nsys.path.insert(0, 'book/site')\nfound = []\n"
            "inside.prepare(found.append)\ncells = json.loads(sys.argv[1])\n"
            "well = [inside.run(cell, 'page', f'cell {number}')['well'] for number, cell in enumerate(cells)]\n"
            f"print(json.dumps([well, found, {then or None}]))")
    done = subprocess.run([sys.executable, "-c", code, json.dumps(cells)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_what_is_printed_and_the_last_value_are_told():
    well, found, _ = told("x = 2\nprint('so')\nx + 1", "x;", "x = 3", "None")
    assert well == [True] * 4
    assert "".join(each["text"] for each in found if each["kind"] == "stream") == "so\n"
    assert [each["data"]["text/plain"] for each in found if each["kind"] == "data"] == ["3"]


@pytest.mark.parametrize(("cell", "name", "place"), [("y = 1\n1 / 0", "ZeroDivisionError", "line 2"),
                                                     ("x = = 1", "SyntaxError", "line 1"),
                                                     ("import sys; sys.exit()", "SystemExit", "line 1")])
def test_an_error_names_its_line_and_ends_nothing(cell, name, place):
    well, found, _ = told(cell, "1 + 1")
    assert well == [False, True]
    assert found[0]["kind"] == "error" and found[0]["name"] == name and place in found[0]["trace"]
    assert "inside.py" not in found[0]["trace"]


def test_a_slider_is_told_and_drawn_where_it_is_moved_to():
    then = "[inside.draw(0, {'height': value}) for value in ([0], 2.5, 1.4, [2])]"
    _, [slider], [listed, free, whole, failing] = told(SLIDER, then=then)
    assert slider["axes"] == [{"name": "height", "words": "height", "start": 1, "readouts": ["1", "2", "3"],
                               "numbers": [1, 2, 3]}]
    assert 'alt="A line from zero to the inverse of 2 less three."' in slider["picture"]
    assert "inverse of 1 less" in listed and "inverse of 2 less" in free and "inverse of 1 less" in whole
    assert "ZeroDivisionError" in failing and "<img" not in failing


def test_figures_that_stay_open_and_claims_are_told():
    cells = ["import matplotlib.pyplot as plt\nplt.plot([1, 2])",
             "from lrnn_helpers.page import claims\nclaims.check('one is one', 1, 1)"]
    _, found, table = told(*cells, then="inside.claims_table([each['metadata']['claim'] for each in found "
                                        "if each.get('metadata', {}).get('claim')])")
    assert any("image/png" in each.get("data", {}) for each in found)
    assert "1 claim holds" in table and "one is one" in table


def test_names_of_a_space_are_its_own_and_can_be_forgotten():
    _, _, known = told("x = 1", then="[sorted(set(inside.spaces['page']) & {'x'}), inside.forget('page'), "
                                     "'page' in inside.spaces, inside.run('x', 'other', 'cell')['well']]")
    assert known == [["x"], None, False, False]
