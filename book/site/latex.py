"""How Sphinx typesets the book for LaTeX: fonts, unnumbered overviews, and a word about sliders."""

from docutils import nodes

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
        "papersize": "a4paper", "pointsize": "10pt", "figure_align": "H",
        "extraclassoptions": "openany,oneside", "fontpkg": FONTS, "fncychap": "",
        "preamble": PREAMBLE, "sphinxsetup": "hmargin={27mm,27mm}, vmargin={25mm,25mm}, "
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


def connect(app):
    app.connect("config-inited", typeset, priority=900)
    app.connect("doctree-read", note_sliders)
    app.connect("doctree-read", leave_unnumbered)
