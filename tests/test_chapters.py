"""Chapters as they are stored: whole, clean, and the same as what a build of the book has just executed."""

import re

import nbformat
import pytest

from book.site.cache import opened
from book.site.chapters import chapters, complaints
from book.site.settings import BOOK, CACHE
from tests.conftest import missing

NOTEBOOKS = {str(path.relative_to(BOOK)): nbformat.read(path, as_version=4) for path in chapters()}
CHAPTERS = {name: notebook for name, notebook in NOTEBOOKS.items() if "/" in name}
OVERVIEWS = sorted(path for path in BOOK.glob("*/index.md"))


def prose(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def cache():
    """The chapters as the last build of the book executed them."""
    if not CACHE.is_dir():
        missing("the built book", "make book")
    with opened() as cache:
        yield cache


def said(cell, also_html):
    """What a cell printed and showed, in words: the text of each output, and where asked its markup."""
    words = []
    for output in cell.outputs:
        data = output.get("data", {})
        words += [output.get("text", ""), data.get("text/plain", "")]
        if also_html and "explore-frames" not in data.get("text/html", ""):
            words.append(data.get("text/html", ""))
    return "".join(words)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_build_says_what_is_stored(cache, name):
    """Printed text, claims with their numbers, and the descriptions of figures, cell by cell."""
    stored = NOTEBOOKS[name]
    try:
        executed = cache.get_cache_bundle(cache.match_cache_notebook(stored).pk).nb
    except KeyError:
        pytest.fail(f"{name} changed since the book was built; build it again with   make book")
    pairs = list(zip(code(stored), code(executed), strict=True))
    assert [said(new, True) for _, new in pairs] == [said(old, True) for old, _ in pairs]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_stored_chapter_is_clean(name):
    assert list(complaints(BOOK / name)) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_all_its_parts(name):
    text, sources = prose(CHAPTERS[name]), [cell.source for cell in code(CHAPTERS[name])]
    assert text.startswith("# ") and text.partition("\n")[0].endswith("?")
    for part in ("**You will learn**", "**You need**", "**Source**", "**Time**", "## Where the theory fails",
                 "## Exercises", "```{solution-start}", "{cite:"):
        assert part in text or part.replace("solution-start", "solution") in text, part
    assert sum("explore(" in source for source in sources) >= 1
    assert sum(source.count("claims.check") for source in sources) >= 5
    assert any("exercises.check_function(" in source for source in sources)
    assert all(len(source.splitlines()) <= 25 for source, cell in zip(sources, code(CHAPTERS[name]))
               if "hide-input" not in cell.metadata.get("tags", []))


@pytest.mark.parametrize("name", CHAPTERS)
def test_reading_times_follow_one_rule(name):
    """A minute for a hundred words, half a minute for a displayed equation, two seconds for a line of visible code."""
    text = prose(CHAPTERS[name])
    lines = sum(len(cell.source.splitlines()) for cell in code(CHAPTERS[name])
                if "hide-input" not in cell.metadata.get("tags", []))
    words = len(re.sub(r"\$[^$]+\$", " x ", re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)).split())
    minutes = words / 100 + text.count("$$") / 4 + lines / 30
    [stated] = re.findall(r"\*\*Time\*\* (\d+) minutes to read, \d+ seconds to run", text)
    assert abs(int(stated) - minutes) <= 3.5


@pytest.mark.parametrize("path", OVERVIEWS, ids=lambda path: path.parent.name)
def test_an_overview_promises_every_chapter_of_its_part_and_its_time(path):
    text = path.read_text("utf-8")
    promised = re.findall(r"\[\]\((\w+\.\w+)\)\n: .*\*(\d+) minutes\.\*", text)
    found = {other.name for other in path.parent.iterdir() if other.suffix in (".ipynb", ".md")} - {"index.md"}
    assert {name for name, _ in promised} == found and len(promised) == len(found)
    for name, minutes in promised:
        if name.endswith(".ipynb"):
            assert f"**Time** {minutes} minutes to read" in prose(NOTEBOOKS[f"{path.parent.name}/{name}"])
