"""A small book of two pages, written and not executed: what becomes of captions, references to them, and claims."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from lrnn_helpers.page import _pictures, claims, plots
from tests.conftest import ROOT
from tests.page.cases import draw

TOC = """format: jb-book
root: book/index
parts:
- caption: Part
  numbered: true
  chapters: [{file: book/one}, {file: book/two}]
- caption: Other
  chapters: [{file: book/glossary}]
"""
FIRST = "# One\n\nAcross pages there is {numref}`fig-tw-only`, and nowhere {numref}`fig-on-nothing`."
SECOND = "# Two\n\nBack to {numref}`fig-on-second`."


def outputs(*things):
    """What a cell stores when it displays these."""
    bundles = [thing._repr_mimebundle_() for thing in things]
    return [nbformat.v4.new_output("display_data", data, metadata=metadata) for data, metadata in bundles]


def figure(name):
    drawn, alt = draw()
    picture = _pictures.Picture(plots.encode(drawn), alt, 634, 259)
    return [picture, *_pictures.captioned("It grows as $x^2$ in time.", name)]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of pages and what the builder said."""
    shown, show = [], claims.display
    claims.display = shown.append
    claims.check("one <of> two", 1.0, 1.004, atol=0.01, source="A paper, Fig. 1")
    claims.check_between("two of two", [1.25, 1.5], 1, 2)
    claims.display = show
    source = tmp_path_factory.mktemp("numbered")
    (source / "book").mkdir()
    for name in ("_config.yml", "book/references.bib", "book/glossary.md", "book/index.ipynb"):
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(ROOT / "book" / "site", source / "book" / "site")
    (source / "_toc.yml").write_text(TOC)
    config = source / "_config.yml"
    config.write_text(config.read_text().replace("execute_notebooks: cache", "execute_notebooks: 'off'"))
    pages = {"one": (FIRST, [[*figure("fig-on-first"), shown[0], *figure("fig-on-second"), shown[1]]]),
             "two": (SECOND, [figure("fig-tw-only"), figure("fig-on-first")])}
    for name, (text, cells) in pages.items():
        code = [nbformat.v4.new_code_cell("plots.show(figure)", outputs=outputs(*cell), execution_count=1,
                                          metadata={"tags": ["hide-input"]}) for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text), *code], metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3"}}), source / "book" / f"{name}.ipynb")
    run = subprocess.run([Path(sys.executable).with_name("jupyter-book"), "build", str(source)], capture_output=True,
                         text=True, timeout=300)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return source / "_build" / "html" / "book", run.stdout + run.stderr


def test_figures_are_numbered_by_chapter_and_referred_to_across_pages(built):
    one, two = ((built[0] / f"{name}.html").read_text("utf-8") for name in ("one", "two"))
    assert 'href="two.html#fig-tw-only"><span class="std std-numref">Figure 2.1</span>' in one
    assert 'href="one.html#fig-on-second"><span class="std std-numref">Figure 1.2</span>' in two
    assert one.count('<span class="caption-number">Figure 1.') == 2 and r"\(x^2\)" in one


def test_a_name_twice_and_a_reference_to_nothing_are_warnings(built):
    warnings = [line for line in built[1].splitlines() if "WARNING" in line]
    assert any("fig-on-first" in line and "duplicate label" in line for line in warnings), warnings
    assert any("fig-on-nothing" in line for line in warnings), warnings


def test_claims_of_a_cell_stand_together_below_its_figures_with_all_that_they_say(built):
    text = (built[0] / "one.html").read_text("utf-8")
    assert text.count('<details class="claims">') == 1 and text.index("fig-on-second") < text.index("2 claims hold")
    fold = text.partition('<details class="claims">')[2].partition("</details>")[0]
    assert 'id="claim-one-of-two"' in fold and "one &lt;of&gt; two" in fold and "A paper, Fig. 1" in fold
    assert "off by at most 50 % of the tolerance (atol 0.01)" in fold and 'style="margin-left:0%;width:50%"' in fold
    assert "25 % to 50 % of the way up" in fold and 'style="margin-left:25%;width:25%"' in fold
    assert text.index("Show how it is drawn") > text.index("2 claims hold")
