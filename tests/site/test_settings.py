"""What several files must agree on."""

import re

from book.site import settings
from book.site.chapters import chapters, reads_other_files
from tests.conftest import ROOT

PURPOSES = dict(line.split(": ") for line in (ROOT / ".ci" / "debian-packages").read_text("utf-8").splitlines())


def test_the_readme_asks_for_the_packages_that_the_tests_install():
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())
    tests, pdf = re.findall(r"`apt-get install (?:--no-install-recommends )?([^`]+)`", text)
    assert tests == f"{PURPOSES['browser']} {PURPOSES['sandbox']}"
    assert pdf == settings.debian_packages("pdf") == PURPOSES["pdf"]
    assert f"`{PURPOSES['text-of-pdf']}` for its test" in text


def test_no_other_file_lists_debian_packages():
    for path in [ROOT / ".ci" / "run", *(ROOT / ".github" / "workflows").iterdir()]:
        assert "texlive" not in path.read_text("utf-8"), path.name


def test_exceptions_are_pages_of_the_book_and_come_last():
    assert all((ROOT / name).is_file() and list(ROOT.glob(read)) for name, read in settings.READ_OTHER_FILES.items())
    assert all(list((ROOT / "book").glob(f"{name.removeprefix('book/')}.*")) for name in settings.PAGES_WITHOUT_TERMS)
    last = chapters()[-len(settings.READ_OTHER_FILES):]
    assert all(map(reads_other_files, last)) and not any(map(reads_other_files, chapters()[:-len(last)]))


def test_a_number_of_threads_that_is_set_is_kept(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert settings.environment("book")["OMP_NUM_THREADS"] == "3"
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert settings.environment("still") == {"LRNN_EXPLORE": "still", "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1",
                                             **settings.KEEP_MEMORY}


def pins(path):
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / path).read_text("utf-8"), re.MULTILINE))


def test_the_locks_agree_and_readers_do_not_install_the_tests():
    readers, tests, grading = map(pins, ("requirements.txt", "tests/requirements.txt", "coursework/requirements.txt"))
    assert {"numpy", "scipy", "matplotlib", "ipywidgets", "jupyterlab", "jupyter-book", "nbval", "pytest"} <= {*readers}
    assert {"playwright", "distributed", "neurogym", "autograd", "hypothesis", "ruff"} <= set(tests) - set(readers)
    for others in (tests, grading):
        assert {name: version for name, version in others.items() if readers.get(name, version) != version} == {}
    assert "torch" not in tests and "stable-baselines3" not in tests
