"""The whole book through LaTeX."""

import shutil
import subprocess
import sys

import pytest

from book.site import pdf, settings
from tests.conftest import ROOT, missing


@pytest.fixture(scope="module")
def text():
    """What one reads in the PDF."""
    for tool in ("latexmk", "xelatex", "pdftotext"):
        if shutil.which(tool) is None:
            missing(tool, f"install LaTeX (on Debian: apt-get install {settings.debian_packages('text-of-pdf')} "
                          f"{settings.debian_packages('pdf')})")
    run = subprocess.run([sys.executable, "-m", "book.site.pdf"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return subprocess.run(["pdftotext", "-layout", str(ROOT / "_build" / "book.pdf"), "-"], capture_output=True,
                          text=True, check=True).stdout


def test_sliders_stand_still_and_say_so(text):
    chapters = [path.read_text("utf-8") for path in (ROOT / "book").rglob("*.ipynb")]
    sliders = sum(line.strip(' ",').removesuffix("\\n").startswith("explore(") for chapter in chapters
                  for line in chapter.splitlines())
    assert sliders >= 20
    assert text.count("the web edition has a slider") == sliders


def test_references_are_resolved_and_no_letter_is_missing(text):
    assert "??" not in text
    [log] = pdf.BUILD.glob("*.log")
    report = log.read_text("utf-8", errors="replace")
    assert "Missing character" not in report and "There were undefined references" not in report


def test_overviews_are_not_numbered(text):
    assert text.count("Part I: an overview") >= 2
    assert "1   What can a linear network remember?" in text
