"""The book as published: buttons where the repository is known, none where not; below any path, and from disk."""

import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import nbformat
import pytest

from book.site.chapters import chapters
from book.site.settings import READ_OTHER_FILES
from tests.conftest import ROOT
from tests.site.conftest import HTML, PAGES

REPOSITORY, ADDRESS = "https://github.com/someone/some-book", "https://someone.github.io/some-book"
ELSEWHERE = ("mybinder.org", "colab.research.google.com", "/edit/", "og:url", "og:image")
FILES = ["_config.yml", "book/index.ipynb", "book/glossary.md", "book/notation.md", "book/references.bib",
         "book/foundations/linear_rnn.ipynb", "book/foundations/index.md"]
TOC = "format: jb-book\nroot: book/index\nchapters:\n" + "".join(
    f"- file: book/{name}\n" for name in ("foundations/index", "foundations/linear_rnn", "glossary", "notation"))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A few pages, not executed, built as the publishing workflow builds them."""
    source = tmp_path_factory.mktemp("published")
    for name in FILES:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(ROOT / "book" / "site", source / "book" / "site")
    (source / "_toc.yml").write_text(TOC)
    config = source / "_config.yml"
    config.write_text(config.read_text().replace("execute_notebooks: cache", "execute_notebooks: 'off'"))
    environment = os.environ | {"BOOK_REPOSITORY": REPOSITORY, "BOOK_BRANCH": "trunk", "BOOK_URL": ADDRESS}
    run = subprocess.run([Path(sys.executable).with_name("jupyter-book"), "build", str(source)], env=environment,
                         capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return source / "_build" / "html" / "book"


def test_a_chapter_leads_to_its_own_notebook_at_binder_colab_and_the_code_host(published):
    text = (published / "foundations" / "linear_rnn.html").read_text("utf-8")
    chapter = "book/foundations/linear_rnn.ipynb"
    assert f'href="https://mybinder.org/v2/gh/someone/some-book/trunk?urlpath=lab/tree/{chapter}"' in text
    assert f'href="https://colab.research.google.com/github/someone/some-book/blob/colab/{chapter}"' in text
    assert f'href="{REPOSITORY}/edit/trunk/{chapter}"' in text


def test_a_page_without_code_can_be_edited_but_not_run(published):
    text = (published / "foundations" / "index.html").read_text("utf-8")
    assert f'href="{REPOSITORY}/edit/trunk/book/foundations/index.md"' in text
    assert "colab.research" not in text and "mybinder" not in text


def test_a_shared_address_shows_a_card(published):
    from PIL import Image
    text = (published / "foundations" / "linear_rnn.html").read_text("utf-8")
    assert f'content="{ADDRESS}/book/foundations/linear_rnn.html"' in text
    assert f'content="{ADDRESS}/_static/card.png"' in text
    with Image.open(published.parent / "_static" / "card.png") as card:
        assert card.size == (1200, 630)


def test_a_published_page_says_where_it_lies_and_a_map_lists_all(published):
    root = published.parent
    text, sitemap = ((root / name).read_text("utf-8") for name in ("book/notation.html", "sitemap.xml"))
    assert f'<link rel="canonical" href="{ADDRESS}/book/notation.html"' in text
    pages = {path.relative_to(root).as_posix() for path in root.glob("book/**/*.html")}
    assert set(re.findall(rf"<loc>{ADDRESS}/(.*?)</loc>", sitemap)) == pages
    assert f'rel="canonical" href="{ADDRESS}/book/index.html"' in (root / "index.html").read_text("utf-8")


def test_a_lost_reader_finds_a_page_whose_links_lead_into_the_book_from_any_address(published):
    text = (published.parent / "404.html").read_text("utf-8")
    assert f'<base href="{ADDRESS}/">' in text and "There is no such page" in text
    assert text.index("<base") < text.index("<link") and 'href="book/index.html"' in text
    assert "Content-Security-Policy" in text


def test_a_published_landing_page_offers_the_archive_and_the_source(published):
    text = (published / "index.html").read_text("utf-8")
    assert f'<a href="{REPOSITORY}">its source</a>' in text and '<a href="../book.zip">' in text
    with zipfile.ZipFile(published.parent / "book.zip") as archive:
        assert {"html/index.html", "html/book/index.html", "html/_static/book.css"} <= set(archive.namelist())


@pytest.mark.parametrize("name", PAGES)
def test_no_button_leads_anywhere_when_the_repository_is_unknown(name):
    text = (HTML / name).read_text("utf-8")
    assert [word for word in ELSEWHERE if word in text] == []
    assert 'property="og:title"' in text and 'name="description"' in text


def test_an_address_that_is_none_is_refused(tmp_path):
    run = subprocess.run([sys.executable, "-m", "book.site.colab", str(tmp_path / "copies")], cwd=ROOT,
                         env=os.environ | {"BOOK_REPOSITORY": "someone/some-book"}, capture_output=True, text=True)
    assert run.returncode != 0 and "https://host/owner/name" in run.stderr


def test_copies_for_colab_begin_by_installing_what_is_missing(tmp_path):
    """The added cell installs from that repository if the package is missing, does nothing if it is there."""
    subprocess.run([sys.executable, "-m", "book.site.colab", str(tmp_path)], check=True, cwd=ROOT,
                   env=os.environ | {"BOOK_REPOSITORY": REPOSITORY})
    copies = sorted(tmp_path.rglob("*.ipynb"))
    assert {path.relative_to(tmp_path).as_posix() for path in copies} | set(READ_OTHER_FILES) == {
        path.relative_to(ROOT).as_posix() for path in chapters()}
    for path in copies:
        first, second, *_ = nbformat.read(path, as_version=4).cells
        assert f"%pip install --quiet git+{REPOSITORY}" in first.source and second.source.startswith("# ")
        original = ROOT / path.relative_to(tmp_path)
        assert "%pip" not in original.read_text("utf-8")
    for installed, calls in ((True, []), (False, ["install --quiet git+" + REPOSITORY])):
        assert run_first_cell(first.source, installed) == calls


def run_first_cell(source, installed):
    """What the cell asks of pip, in a notebook's shell where the package is installed or not."""
    import importlib.util
    from unittest import mock

    from IPython.core.interactiveshell import InteractiveShell
    shell, asked = InteractiveShell(), []
    shell.register_magic_function(asked.append, magic_name="pip")
    found = object() if installed else None
    with mock.patch.object(importlib.util, "find_spec", lambda name: found):
        shell.run_cell(source).raise_error()
    return asked


def test_the_book_works_below_any_path(visit, tmp_path):
    """Served from a folder within a folder, without complaints."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "book-of-networks").symlink_to(HTML)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        works(visit, f"http://127.0.0.1:{server.server_port}/a/b/book-of-networks/")
        server.shutdown()


def test_the_book_works_from_disk(visit):
    works(visit, HTML.as_uri() + "/")


def works(visit, root):
    """The landing page leads to the book; a chapter is typeset, its slider moves; search finds it."""
    for name in ("index.html", "book/foundations/linear_rnn.html"):
        visited = visit(name, root=root)
        slider = visited.page.locator("figure.explore input").first
        picture = visited.page.locator("figure.explore img").first
        before = picture.get_attribute("src")
        slider.focus()
        visited.page.keyboard.press("Home")
        visited.page.keyboard.press("ArrowRight")
        assert picture.get_attribute("src") != before
        assert visited.complaints == [] and visited.foreign == []
    assert visited.page.locator("mjx-container").count() > 10
    searching = visit("search.html?q=impulse+response", root=root)
    searching.page.wait_for_selector("#search-results li a")
    assert searching.complaints == [] and searching.foreign == []
