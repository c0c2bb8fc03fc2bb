"""Copies of the book that a reader can take along, offered on the landing page as far as the build knows them.

The PDF if `make pdf` has written it, the source where the repository's address is known, and for a published book all
pages as one archive.
"""

import shutil
import zipfile
from pathlib import Path

from docutils import nodes

from book.site.addresses import known_address
from book.site.colab import known_repository
from book.site.settings import BUILD

PDF = BUILD / "book.pdf"


def copies():
    """The copies that there are: words, and where they lie as seen from the landing page."""
    found = [("one PDF", "../book.pdf")] if PDF.is_file() else []
    found += [("an archive of these pages", "../book.zip")] if known_address() else []
    return found + ([("its source", known_repository())] if known_repository() else [])


def offer(app, doctree):
    """Links below the doors of the landing page."""
    doors = doctree.next_node(lambda node: isinstance(node, nodes.bullet_list) and "doors" in node["classes"])
    if app.env.docname != app.config.root_doc or doors is None or not copies():
        return
    links = [f'<a href="{target}">{words}</a>' for words, target in copies()]
    text = " and ".join(filter(None, [", ".join(links[:-1]), links[-1]]))
    doors.parent.insert(doors.parent.index(doors) + 1,
                        nodes.raw("", f'<p class="copies">The book also comes as {text}.</p>', format="html"))


def always_anew(app, env, added, changed, removed):
    """What the landing page and the overviews show lies in other files, so they are read at each build."""
    return [app.config.root_doc, *(name for name in env.found_docs if name.endswith("/index"))]


def put_beside_the_pages(app, exception):
    if exception is not None or app.builder.name != "html":
        return
    if PDF.is_file():
        shutil.copy(PDF, app.outdir)
    if known_address():
        archive = Path(app.outdir, "book.zip")
        archive.unlink(missing_ok=True)
        pages = [path for path in sorted(Path(app.outdir).rglob("*")) if path.is_file()]
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in pages:
                packed.write(path, Path("html", path.relative_to(app.outdir)))


def connect(app):
    app.connect("env-get-outdated", always_anew)
    app.connect("doctree-read", offer, priority=600)
    app.connect("build-finished", put_beside_the_pages, priority=950)
