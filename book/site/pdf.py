"""The book as one PDF: `python book/site/pdf.py` writes _build/book.pdf through LaTeX.

The chapters are typeset as they are stored, so nothing is executed. A slider shows its default frame and says so.
As a Sphinx extension (loaded by `extension`) this module says how the book is typeset.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "_build" / "pdf"
PACKAGES = "latexmk texlive-xetex texlive-latex-extra texlive-fonts-recommended fonts-texgyre fonts-texgyre-math"
SLIDER = "Here the web edition has a slider; this is the frame at which it starts."
FONTS = r"""
\setmainfont{texgyrepagella}[Extension=.otf, UprightFont=*-regular, ItalicFont=*-italic, BoldFont=*-bold,
  BoldItalicFont=*-bolditalic]
\setsansfont{texgyreheros}[Extension=.otf, UprightFont=*-regular, ItalicFont=*-italic, BoldFont=*-bold,
  BoldItalicFont=*-bolditalic, Scale=0.92]
\setmonofont{DejaVuSansMono}[Extension=.ttf, UprightFont=*, ItalicFont=*-Oblique, BoldFont=*-Bold,
  BoldItalicFont=*-BoldOblique, Scale=0.8]
"""
PREAMBLE = r"""
\usepackage{unicode-math}
\setmathfont{texgyrepagella-math.otf}
\usepackage{newunicodechar}
\newfontface\dejavu{DejaVuSans.ttf}
\newunicodechar{✓}{{\dejavu ✓}}
\newunicodechar{★}{{\dejavu ★}}
\newenvironment{sphinxVerbatimInput}{\par\small}{\par}
\newenvironment{sphinxVerbatimOutput}{\par\small}{\par}
\newenvironment{sphinxVerbatimStdErr}{\par\small}{\par}
\fvset{fontsize=\footnotesize}
\setcounter{tocdepth}{1}
\addto\captionsenglish{\renewcommand{\contentsname}{Contents}\renewcommand{\partname}{}}
\renewcommand{\thepart}{}
"""


def typeset(app, config):
    """Replace the choices of jupyter-book's LaTeX theme, which wants fonts that only the largest packages hold."""
    config.latex_engine, config.latex_theme, config.latex_use_xindy = "xelatex", "manual", False
    config.latex_elements = {
        "papersize": "a4paper", "pointsize": "10pt", "extraclassoptions": "openany,oneside", "fontpkg": FONTS,
        "fncychap": "", "preamble": PREAMBLE, "sphinxsetup": "hmargin={27mm,27mm}, vmargin={25mm,25mm}, "
        r"HeaderFamily=\rmfamily\bfseries, TitleColor={rgb}{0.12,0.14,0.19}, "
        "VerbatimColor={rgb}{0.965,0.96,0.945}, VerbatimBorderColor={rgb}{0.87,0.85,0.81}, "
        "InnerLinkColor={rgb}{0,0.35,0.55}, OuterLinkColor={rgb}{0,0.35,0.55}"}


def leave_unnumbered(app, doctree):
    """An overview opens its part without a chapter number."""
    if app.builder.format == "latex" and app.env.docname.count("/") == 2 and app.env.docname.endswith("/index"):
        doctree.insert(0, nodes.raw("", r"\setcounter{secnumdepth}{-1}", format="latex"))
        doctree.append(nodes.raw("", r"\setcounter{secnumdepth}{2}", format="latex"))


def note_sliders(app, doctree):
    """Say below the still frame of a slider that the web edition moves it."""
    if app.builder.format != "latex":
        return
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code" and "explore(" in cell.children[0].astext() and len(cell) > 1:
            cell.children[-1] += nodes.paragraph("", "", nodes.emphasis(SLIDER, SLIDER))


def setup(app):
    app.connect("config-inited", typeset, priority=900)
    app.connect("doctree-read", note_sliders)
    app.connect("doctree-read", leave_unnumbered)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


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
        sys.exit(f"The PDF needs LaTeX; on Debian: apt-get install --no-install-recommends {PACKAGES}")
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
    shutil.copy(source.with_suffix(".pdf"), ROOT / "_build" / "book.pdf")
    print("The book is in _build/book.pdf.")


if __name__ == "__main__":
    main()
