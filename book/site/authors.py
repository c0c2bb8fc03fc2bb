"""Who wrote the book: the persons whom CITATION.cff names, and nobody where it names none.

The file is where a fork puts its own names, once: the foot of the pages and the title of the PDF take them from there.
"""

import yaml

from book.site.settings import ROOT


def names():
    """The names of all persons among the authors, as one says them."""
    authors = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["authors"]
    return [f"{person['given-names']} {person['family-names']}" for person in authors if "family-names" in person]


def name_authors(app, config):
    *others, last = names() or [""]
    config.author = config.html_context["author"] = " and ".join(filter(None, [", ".join(others), last]))


def connect(app):
    app.connect("config-inited", name_authors)
