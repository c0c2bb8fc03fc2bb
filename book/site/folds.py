"""What is folded on a page, and what its closed fold says: the claims of a cell, and code that is not for reading.

A cell's claims become one line, "4 claims hold", that opens to a table; in the PDF they are lines of text.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from book.site.claim_table import table
from book.site.outputs import of_kind
from lrnn_helpers.page.claims import Claim

INSIDE = {r"(plots\.show|explore)\(.*claims\.|claims\..*(plots\.show|explore)\(": "how it is drawn and checked",
          r"(plots\.show|explore)\(": "how it is drawn", r"(claims|exercises)\.check": "the check"}
"""What a folded cell does, by what its code calls; the first that fits."""


def fold_claims(app, doctree):
    """Gather the claims of each cell in one place below its figures."""
    for cell in of_kind(doctree, "cell_code_output"):
        bundles = [bundle for bundle in of_kind(cell, "mime_bundle") if "claim" in bundle.get("metadata", {})]
        if bundles:
            claims = [Claim(**bundle["metadata"]["claim"]) for bundle in bundles]
            for bundle in bundles:
                bundle.parent.remove(bundle)
            cell += gathered(claims)


def gathered(claims):
    """Claims as a table that unfolds and, where that cannot be had, as lines."""
    lines = "\n".join(map(repr, claims))
    text = nodes.literal_block(lines, lines, language="none", classes=["output", "text_plain"])
    return nodes.container("", nodes.container("", nodes.raw("", table(claims), format="html"), mime_type="text/html"),
                           nodes.container("", text, mime_type="text/plain"), nb_element="mime_bundle")


def say_what_is_inside(app, doctree):
    """A summary for each cell whose code is folded."""
    for cell in of_kind(doctree, "cell_code"):
        if cell.get("hide_mode") == "input":
            inside = what(cell[0].astext())
            cell["prompt_show"], cell["prompt_hide"] = f"Show {inside}", f"Hide {inside}"


def what(source):
    """What a cell is for, in words that follow "Show"."""
    lines = [line for line in source.splitlines() if re.match(r"[^\s#)]", line)]
    if all(re.match(r"(import|from|plots\.use_style|%)", line) for line in lines):
        return "the imports"
    return next((words for call, words in INSIDE.items() if re.search(call, source, re.DOTALL)), "the computation")


class CodeBelow(SphinxPostTransform):
    """Put the folded code of a cell below what it shows."""

    default_priority = 210
    formats = ("html",)

    def run(self, **options):
        for cell in of_kind(self.document, "cell_code"):
            if cell.get("hide_mode") == "input" and len(cell) > 1:
                cell.append(cell.pop(0))


def connect(app):
    app.add_post_transform(CodeBelow)
    app.connect("doctree-read", fold_claims)
    app.connect("doctree-read", say_what_is_inside)
