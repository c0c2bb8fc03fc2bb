"""Copies for places that know only Markdown: nothing of the book's dialect is left, and a copy runs."""

import os
import re

import nbformat
import pytest
from nbclient import NotebookClient

from book.site import citations, plain, settings
from book.site.chapters import address, chapters

DIALECT = re.compile(r"\{[\w:]+\}`|^(`{3,}|:{3,})\{|\$\$[ \t]*\([\w-]+\)|\[\]\(|^\([\w-]+\)=$", re.MULTILINE)
COPIES = {address(path): plain.plain(nbformat.read(path, as_version=4), path) for path in chapters()}


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_plain_markdown(name):
    text = prose(COPIES[name])
    assert [match[0] for match in DIALECT.finditer(text)] == []
    assert text.count("<details>") == text.count("</details>") == text.count("<summary>")


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_has_the_code_and_all_the_solutions_of_its_chapter(name):
    original = nbformat.read(settings.ROOT / name, as_version=4)
    assert [c.source for c in COPIES[name].cells if c.cell_type == "code"] == [
        c.source for c in original.cells if c.cell_type == "code"]
    assert prose(COPIES[name]).count("<details>") == prose(original).count("{solution} ")
    assert prose(COPIES[name]).count("#### Exercise ") == prose(original).count("```{exercise}")


def test_equations_bear_the_numbers_of_the_page():
    """In the second chapter the first equation is 2.1, and text refers to it so."""
    text = prose(COPIES["book/foundations/gradient_flow.ipynb"])
    tags = re.findall(r"\\tag\{([\d.]+)\}", text)
    assert tags == [f"2.{number}" for number in range(1, len(tags) + 1)] and len(tags) >= 5
    assert set(re.findall(r"\((2\.\d+)\)", text)) <= set(tags)


@pytest.mark.parametrize("address, link", [
    ("", "[What can a linear network remember?](linear_rnn.ipynb)"),
    ("https://here.example/book", "[What can a linear network remember?](https://here.example/book/book/foundations/"
                                  "linear_rnn.html)")])
def test_links_have_their_titles_and_lead_to_the_published_book_if_there_is_one(monkeypatch, address, link):
    monkeypatch.setenv("BOOK_URL", address)
    assert plain.markdown("[](linear_rnn.ipynb)", "book/foundations/gradient_flow.ipynb", {}) == link


def test_citations_lead_to_the_paper():
    text = plain.markdown("[Bordelon et al. (2025)](../bibliography.md#bordelon2025)", "book/foundations/x.ipynb", {})
    assert text == "[Bordelon et al. (2025)](https://arxiv.org/abs/2503.18754)"


@pytest.mark.parametrize("path", [*chapters(), *sorted(settings.BOOK.rglob("*.md"))], ids=address)
def test_links_and_citations_of_a_source_read_as_text(path):
    """Links bear the title of the page they lead to, citations the names and the year of the paper."""
    text = prose(nbformat.read(path, as_version=4)) if path.suffix == ".ipynb" else path.read_text("utf-8")
    assert not re.search(r"\{cite:|\[\]\(", text)
    for match in citations.LINK.finditer(text):
        written = citations.parenthetical if match["open"] else citations.textual
        assert match["text"] == written(match["key"])


def test_works_named_in_a_table_are_those_of_the_bibliography():
    """What an output names is text, which no citation checks."""
    tables = "".join(output["data"]["text/html"] for cell in nbformat.read(settings.BOOK / "in_hand.ipynb", 4).cells
                     for output in cell.get("outputs", []))
    named = set(re.findall(r"[A-ZÅ]\w+(?: et al\.| and [A-ZÅ]\w+)? \(\d{4}\)", tables))
    assert len(named) > 20
    assert named <= set(map(citations.textual, citations.bibliography()))


def test_every_work_of_the_bibliography_is_cited():
    texts = [path.read_text("utf-8") for ending in ("ipynb", "md") for path in settings.BOOK.rglob(f"*.{ending}")]
    assert {match["key"] for text in texts for match in citations.LINK.finditer(text)} == set(citations.bibliography())


def test_a_copy_runs(tmp_path):
    copy = nbformat.from_dict(COPIES["book/foundations/linear_rnn.ipynb"])
    environment = os.environ | settings.environment("still")
    NotebookClient(copy, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute(
        env=environment)
    assert sum(len(cell.get("outputs", [])) for cell in copy.cells) >= 20
