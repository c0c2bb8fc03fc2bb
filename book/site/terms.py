"""Lead from the text to the glossary: on each page the first mention of a term becomes a link to its explanation.

Only running text is searched, not headings, boxes, code or what is a link already.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

from book.site.settings import PAGES_WITHOUT_TERMS

GLOSSARY = "book/glossary"
ENTRY = re.compile(r"^(?=\S)(?!:)(.+)$", re.MULTILINE)


def read_terms(app):
    """The glossary's terms, longest first, as one pattern that also finds plurals."""
    text = Path(app.srcdir, GLOSSARY).with_suffix(".md").read_text("utf-8")
    terms = ENTRY.findall(text.partition("```{glossary}")[2].partition("```")[0])
    words = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))
    app.book_terms = {term.lower(): term for term in terms}
    app.book_term_pattern = re.compile(rf"\b({words})(?:s|es)?\b", re.IGNORECASE)


def link_terms(app, doctree):
    """Turn first mentions into cross-references."""
    if app.env.docname in PAGES_WITHOUT_TERMS:
        return
    app.env.note_dependency(str(Path(app.srcdir, GLOSSARY).with_suffix(".md")))  # a new term makes links everywhere
    waiting = dict(app.book_terms)
    for link in list(doctree.findall(addnodes.pending_xref)):  # of references that are written one is enough, too
        term = link["reftarget"].lower()
        if link["reftype"] == "term" and term in app.book_terms and waiting.pop(term, None) is None:
            link.replace_self(link.children)
    for text in list(doctree.findall(nodes.Text)):
        if isinstance(text.parent, nodes.paragraph) and isinstance(text.parent.parent, nodes.section):
            pieces = list(split(text.astext(), app, waiting))
            if len(pieces) > 1:
                text.parent.replace(text, pieces)


def split(text, app, waiting):
    """The text in pieces: first mentions of the terms that wait as references, the rest as it is."""
    end = 0
    for match in app.book_term_pattern.finditer(text):
        term = waiting.pop(match[1].lower(), None)
        if term is None:
            continue
        yield nodes.Text(text[end:match.start()])
        yield addnodes.pending_xref("", nodes.inline("", match[0], classes=["term"]), refdomain="std", reftype="term",
                                    reftarget=term, refexplicit=True, refdoc=app.env.docname, refwarn=True)
        end = match.end()
    yield nodes.Text(text[end:])


def connect(app):
    app.connect("builder-inited", read_terms)
    app.connect("doctree-read", link_terms)
