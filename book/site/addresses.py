"""Where pages are found: the page that leads to the first, and where a publishing workflow tells the book's own address
through the environment variable BOOK_URL, canonical addresses, a map for search engines, and a page for lost readers.
"""

import html
import os
from pathlib import Path

from book.site.privacy import sealed

FIRST = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={page}"><link rel="canonical" href="{canonical}"></head>
<body><main><h1>{title}</h1><p><a href="{page}">To the book</a></p></main></body></html>
"""
LOST = """<section><h1>There is no such page</h1><p>The address may be mistyped, or the page has moved. The
<a href="book/index.html">first page</a> lists all parts, and the <a href="search.html">search</a> finds words.</p>
</section>"""
SITEMAP = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{}\n</urlset>\n'


def known_address():
    """The address of the published book without a slash at its end, or nothing."""
    return os.environ.get("BOOK_URL", "").rstrip("/")


def know_address(app, config):
    if known_address():
        config.html_baseurl = known_address() + "/"


def offer_page_for_the_lost(app):
    """A page that a host shows for any address that it does not know, if the book's own is known."""
    if known_address():
        yield "404", {"body": LOST, "title": "There is no such page"}, "page.html"


def write_other_files(app, exception):
    """The first page of the folder, and for a published book the map of its pages."""
    if exception is not None or app.builder.name != "html":
        return
    page = app.builder.get_target_uri(app.config.root_doc)
    canonical = f"{known_address()}/{page}" if known_address() else page
    text = FIRST.format(title=html.escape(app.config.project), page=page, canonical=canonical)
    Path(app.outdir, "index.html").write_text(sealed(text), "utf-8")
    if known_address():
        pages = sorted(app.builder.get_target_uri(document) for document in app.env.found_docs)
        Path(app.outdir, "sitemap.xml").write_text(SITEMAP.format("\n".join(
            f"<url><loc>{html.escape(f'{known_address()}/{page}')}</loc></url>" for page in pages)), "utf-8")
        lost = Path(app.outdir, "404.html")
        lost.write_text(lost.read_text("utf-8").replace(
            '<meta charset="utf-8" />', f'<meta charset="utf-8" /><base href="{known_address()}/">', 1), "utf-8")


def connect(app):
    app.connect("config-inited", know_address)
    app.connect("html-collect-pages", offer_page_for_the_lost)
    app.connect("build-finished", write_other_files, priority=900)
