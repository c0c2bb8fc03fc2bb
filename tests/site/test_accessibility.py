"""axe finds nothing that stands in the way of assistive technology, on any page, wide and light or narrow and dark.

Mathematics and coloured code look the same on all pages: one chapter is searched with both, at both widths in both
schemes, and one whose equations are wider than a phone; the other pages without. Of the scoreboard's thousand rows of
one kind, thirty stand for all. Folds are opened.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.site.conftest import PAGES

WITHOUT = {"exclude": [["div.highlight pre"], [".explore-frames"], [".math"],
                       [".scoreboard details:nth-of-type(n + 3)"]]}


def violations(page, context=None):
    found = Axe().run(page, context=context, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{violation['id']}: {node['html'][:160]}" for violation in found for node in violation["nodes"]]


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_a_page(visit, name, width, scheme):
    page = visit(name, width, scheme, mathematics=False).page
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    assert violations(page, WITHOUT) == []


@pytest.mark.parametrize("name, width, scheme", [
    *(("foundations/linear_rnn", width, scheme) for width in (1280, 390) for scheme in ("light", "dark")),
    ("task_dynamics/phase_transitions", 390, "light")])
def test_a_chapter_with_its_code_and_mathematics(visit, name, width, scheme):
    assert violations(visit(f"book/{name}.html", width, scheme).page) == []
