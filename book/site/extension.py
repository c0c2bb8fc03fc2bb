"""What this book asks of Sphinx beyond its themes and extensions: the parts, and a last hand on every page."""

import os
from pathlib import Path

from book.site import (
    addresses,
    authors,
    buttons,
    cards,
    citations,
    contents,
    copies,
    figures,
    finding,
    folds,
    latex,
    loading,
    markup,
    outputs,
    plain,
    privacy,
    reference,
    settings,
    sharing,
    terms,
)


def limit_cells(app, config):
    config.nb_execution_timeout = settings.CELL_SECONDS


def finish_pages(app, exception):
    if exception is None and app.builder.name == "html":
        for page in Path(app.outdir).rglob("*.html"):
            if "_static" not in page.parts:
                text = loading.ordered(markup.mended(page.read_text("utf-8")), searches=page.name == "search.html")
                page.write_text(privacy.sealed(text), "utf-8")


def setup(app):
    os.environ.update(settings.environment("book"))  # for kernels, if the builder has to start any
    for part in (authors, addresses, contents, citations, outputs, figures, finding, folds, cards, copies, terms,
                 reference, buttons, sharing, markup, privacy, latex, plain):
        part.connect(app)
    app.connect("config-inited", limit_cells)
    app.connect("build-finished", finish_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
