"""A chapter is executed again when a helper that it needs has changed, and only then."""

import nbformat
import pytest

from book.site import cache, settings
from book.site.chapters import chapters
from book.site.fingerprints import fingerprint, helpers

MODULES = {
    "__init__.py": '"""The package."""',
    "_ground.py": "FLOOR = 0\n",
    "steps/__init__.py": '"""A wing."""',
    "steps/networks.py": "from lrnn_helpers import _ground\n\n\ndef network():\n    return _ground.FLOOR\n",
    "steps/training.py": "from . import networks\nfrom .. import _ground\n",
    "page/__init__.py": "",
    "page/plots.py": "def draw():\n    from lrnn_helpers import _ground\n    return _ground\n",
    "page/claims.py": "import lrnn_helpers.page.plots as plots\n",
    "alone.py": "from numpy import array\n"}


@pytest.fixture
def root(tmp_path):
    for name, text in MODULES.items():
        (tmp_path / "lrnn_helpers" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lrnn_helpers" / name).write_text(text)
    return tmp_path


def notebook(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


@pytest.mark.parametrize("source, needed", [
    ("import numpy as np", ""),
    ("from lrnn_helpers import alone", "alone"),
    ("from lrnn_helpers.alone import array", "alone"),
    ("from lrnn_helpers.steps.networks import network", "_ground steps steps.networks"),
    ("from lrnn_helpers.steps import training", "_ground steps steps.networks steps.training"),
    ("%matplotlib inline\nimport lrnn_helpers.page.claims as c", "_ground page page.claims page.plots"),
    ("from lrnn_helpers.page import claims, plots", "_ground page page.claims page.plots")])
def test_what_a_chapter_needs(root, source, needed):
    names = {f"lrnn_helpers.{name}" for name in needed.split()} | ({"lrnn_helpers"} if needed else set())
    assert set(helpers(notebook("1", source), root)) == names


@pytest.mark.parametrize("file, old, new, changes", [
    ("_ground.py", "FLOOR = 0", "FLOOR = 1", True),
    ("steps/networks.py", "FLOOR\n", "FLOOR + 1\n", True),
    ("steps/networks.py", "def network():\n", "def network():\n    '''A docstring.'''\n    # and a comment\n", False),
    ("alone.py", "array", "zeros", False),
    ("page/plots.py", "return _ground", "return 1", False)])
def test_only_code_of_what_it_needs_counts(root, file, old, new, changes):
    chapter = notebook("from lrnn_helpers.steps import training")
    before = fingerprint(root / "chapter.ipynb", chapter, root)
    path = root / "lrnn_helpers" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert (fingerprint(root / "chapter.ipynb", chapter, root) != before) == changes


@pytest.mark.parametrize("name, read", settings.READ_OTHER_FILES.items())
def test_a_page_that_reads_other_files_depends_on_them(tmp_path, name, read):
    file = tmp_path / read.replace("**/*", "some/chapter")
    file.parent.mkdir(parents=True)
    marks = []
    for text in ("before", "after"):
        file.write_text(text)
        marks.append(fingerprint(settings.ROOT / name, notebook("1"), tmp_path))
    assert marks[0] != marks[1]


def test_every_chapter_needs_some_helper():
    for path in chapters():
        assert "lrnn_helpers" in helpers(nbformat.read(path, as_version=4)), path.name


def test_the_cache_knows_a_chapter_until_its_code_or_a_helper_changes(tmp_path, monkeypatch):
    path = tmp_path / "chapter.ipynb"
    nbformat.write(notebook("x = 1"), path)
    with cache.opened(tmp_path / "cache") as known:
        assert not cache.holds(known, path)
        cache.keep(known, path, nbformat.read(path, as_version=4), 1.0)
        assert cache.holds(known, path)
        monkeypatch.setattr(cache, "fingerprint", lambda path, notebook: "another")
        assert not cache.holds(known, path)
        cache.keep(known, path, nbformat.read(path, as_version=4), 1.0)
        assert cache.holds(known, path)
        nbformat.write(notebook("x = 2"), path)
        assert not cache.holds(known, path)


def test_a_page_is_written_anew_only_if_its_notebook_shows_something_new(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "BUILD", tmp_path)
    path = settings.ROOT / "book" / "errata.ipynb"
    page = tmp_path / ".doctrees" / "book" / "errata.doctree"
    page.parent.mkdir(parents=True)
    with cache.opened(tmp_path / "cache") as known:
        for text, written_anew in (("1", True), ("1", False), ("2", True)):
            page.touch()
            shown = notebook("x = 1")
            shown.cells[0].outputs = [nbformat.v4.new_output("stream", text=text)]
            cache.keep(known, path, shown, 1.0)
            assert page.exists() != written_anew
