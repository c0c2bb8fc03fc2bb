"""The book as one PDF: `python -m book.site.pdf` writes _build/book.pdf through LaTeX.

The chapters are typeset as they are stored, so nothing is executed. A slider shows its default frame and says so.
"""

import shutil
import subprocess
import sys

import yaml

from book.site import settings
from book.site.settings import ROOT

BUILD = settings.BUILD / "pdf"


def contents():
    """The table of contents with each overview in one part with its chapters: LaTeX numbers chapters by itself."""
    book = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    parts = []
    for part in book["parts"]:
        if "caption" in part:
            parts.append(part)
        else:
            parts[-1]["chapters"] += part["chapters"]
    path = BUILD / "toc.yml"
    path.write_text(yaml.safe_dump(book | {"parts": parts}), "utf-8")
    return str(path)


def write_tex():
    """The LaTeX sources of the book; whether they could be written without a warning."""
    from jupyter_book.sphinx import build_sphinx
    choices = {"nb_execution_mode": "off", "latex_individualpages": False, "external_toc_path": contents()}
    return build_sphinx(str(ROOT), str(BUILD), path_config=ROOT / "_config.yml", noconfig=True, confoverrides=choices,
                        builder="latex", doctreedir=str(BUILD / ".doctrees"), freshenv=True, warningiserror=True,
                        keep_going=True, quiet=True) == 0


def main():
    if not all(map(shutil.which, ("latexmk", "xelatex"))):
        sys.exit("The PDF needs LaTeX; on Debian: apt-get install --no-install-recommends "
                 + settings.debian_packages("pdf"))
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    if not write_tex():
        sys.exit("The book could not be written as LaTeX.")
    [source] = BUILD.glob("*.tex")
    run = subprocess.run(["latexmk", "-xelatex", "-interaction=nonstopmode", "-halt-on-error", source.name], cwd=BUILD,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if run.returncode:
        wrong = [line for line in run.stdout.splitlines() if line.startswith(("! ", "l."))]
        sys.exit("LaTeX stopped; the full report is in _build/pdf.\n" + "\n".join(wrong[:6]))
    shutil.copy(source.with_suffix(".pdf"), settings.BUILD / "book.pdf")
    print("The book is in _build/book.pdf.")


if __name__ == "__main__":
    main()
