"""Citations that read as text everywhere: in a notebook a link with author and year, on a page a proper citation.

In the sources one writes ``[Proca et al. (2025)](../bibliography.md#proca2025)``, or within parentheses
``([Proca et al., 2025](../bibliography.md#proca2025))``, which JupyterLab and a code host show as they are. Before
Sphinx reads a page these links become citations, so that the bibliography knows them.
"""

import re
from functools import cache

from pybtex.database import parse_file

from book.site.settings import BOOK

LINK = re.compile(r"(?P<open>\()?\[(?P<text>[^\]\n]+)\]\((?P<path>[^)\s#]*bibliography\.md)#(?P<key>\w+)\)(?(open)\))")


@cache
def bibliography():
    return parse_file(str(BOOK / "references.bib")).entries


def authors(key):
    """The names as one says them: "Proca et al.", "Bengio and Frasconi", "Neumann"."""
    names = [" ".join([*person.prelast_names, *person.last_names]) for person in bibliography()[key].persons["author"]]
    names = [re.sub(r"[{}]", "", name) for name in names]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


def textual(key):
    return f"{authors(key)} ({bibliography()[key].fields['year']})"


def parenthetical(key):
    return f"{authors(key)}, {bibliography()[key].fields['year']}"


def cite(match):
    """The role for a link to the bibliography."""
    role = "cite:p" if match["open"] else "cite:t"
    return f"{{{role}}}`{match['key']}`"


def restore(app, document, source):
    source[0] = LINK.sub(cite, source[0])


def connect(app):
    app.connect("source-read", restore)
