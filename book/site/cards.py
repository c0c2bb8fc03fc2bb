"""Lists of what one may read become cards: each with the number and a picture, drawn by the book, of where it leads.

On the landing page these are the items that begin with a bold link, on an overview the terms that are links. The
picture of a chapter is its first figure; that of a part is the figure to which its overview refers first, and which the
overview shows. In the PDF, and wherever else the text is read, they are lists.
"""

import base64
import html
import io
import posixpath
from functools import cache
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx import addnodes
from sphinx.util import logging

from book.site import plain
from book.site.chapters import address, chapters, outputs
from book.site.maps import drawn_map
from book.site.settings import ROOT

WIDTH = 480
"""Of the small picture of a card, in pixels; it is shown at half of that or less."""

logger = logging.getLogger(__name__)


@cache
def stored_figures():
    """{document: its figures as [(name or None, output)]}, as they are stored."""
    found = {}
    for path in chapters():
        shown = outputs(path)
        names = [after.get("metadata", {}).get("caption") for after in [*shown[1:], {}]]
        found[posixpath.splitext(address(path))[0]] = [
            (name, output) for output, name in zip(shown, names) if "image/png" in output.get("data", {})]
    return found


def figure_named(name):
    """The document and the output of a figure, or None."""
    return next(((document, output) for document, figures in stored_figures().items()
                 for other, output in figures if other == name), None)


def part_figure(overview):
    """The name of the figure to which an overview refers first, or None."""
    path = Path(ROOT, overview).with_suffix(".md")
    found = plain.NUMREF.search(path.read_text("utf-8")) if path.is_file() else None
    return found and found[1]


def picture_of(document):
    """The output that stands for a page, or None."""
    if document.endswith("/index"):
        found = figure_named(part_figure(document))
        return found and found[1]
    return next((output for _, output in stored_figures().get(document, [])), None)


def image(output, width=None, classes="picture"):
    """A stored figure as an image in a page; `width`: smaller, so many pixels wide."""
    kind, data = "png", base64.b64decode(output.data["image/png"])
    if width:
        picture, stream = Image.open(io.BytesIO(data)).convert("RGBA"), io.BytesIO()
        picture.thumbnail((width, width))
        picture.save(stream, "webp", quality=80, method=2)
        kind, data = "webp", stream.getvalue()
    width, height = Image.open(io.BytesIO(data)).size
    return (f'<img class="{classes}" src="data:image/{kind};base64,{base64.b64encode(data).decode()}" '
            f'alt="{html.escape(output.data["text/plain"])}" width="{width // 2}" height="{height // 2}">')


def make_cards(app, doctree):
    """Find the lists and the places of pictures of a page."""
    document = app.env.docname
    if document == app.config.root_doc:
        doctree[0]["classes"].append("landing")
        for items in doctree.findall(lambda node: isinstance(node, nodes.bullet_list) and all(map(bold_link, node))):
            decorate(items, [(item, bold_link(item)) for item in items])
    elif document.endswith("/index") and part_of_book(document):
        show_picture(doctree, document)
        for items in list(doctree.findall(nodes.definition_list)):
            decorate(items, [(item, item.next_node(is_link)) for item in items])
            place = items.parent.index(items) + 1
            items.parent.insert(place, nodes.raw("", drawn_map(document), format="html"))


def part_of_book(document):
    return any(posixpath.dirname(other) == posixpath.dirname(document) for other in plain.chapter_numbers())


def is_link(node):
    return isinstance(node, (nodes.reference, addnodes.pending_xref))


def bold_link(item):
    """The link at the beginning of an item of a list, if it is bold; or None."""
    first = next((node for node in (item[0] if len(item) else []) if node.astext()), None)
    return first.next_node(is_link) if isinstance(first, nodes.strong) else None


def decorate(items, links):
    """Give each item of a list the number and the picture of where it leads."""
    pictured = False
    for item, link in links:
        document = link and link.get("reftarget", "").removesuffix(".ipynb").removesuffix(".md")
        output = picture_of(document) if document and (isinstance(items, nodes.definition_list)
                                                       or document.endswith("/index")) else None
        if isinstance(item, nodes.list_item):
            link.parent.children = [link]  # without the stop that a line of text needs
        elif number := plain.chapter_numbers().get(document):
            link.parent.insert(0, nodes.inline("", f"{number}. ", classes=["card-number"]))
        if output:
            pictured = True
            place = item if isinstance(item, nodes.list_item) else item[0]
            place.insert(0, nodes.raw("", image(output, WIDTH), format="html"))
    items["classes"] += ["cards" if pictured else "doors"]


def show_picture(doctree, overview):
    """Show the figure to which an overview refers first below the paragraph that does."""
    name = part_figure(overview)
    found = name and figure_named(name)
    if not found:
        logger.warning("an overview must refer to a figure of its part, by {numref}", location=overview)
        return
    document, output = found
    reference = next(node for node in doctree.findall(is_link) if node.get("reftarget") == name)
    paragraph = next(node for node in ancestors(reference) if isinstance(node, nodes.paragraph))
    target = f"{posixpath.relpath(document, posixpath.dirname(overview))}.html#{name}"
    shown = f'<p class="part-picture"><a href="{target}">{image(output)}</a></p>'
    paragraph.parent.insert(paragraph.parent.index(paragraph) + 1, nodes.raw("", shown, format="html"))


def ancestors(node):
    while node.parent is not None:
        node = node.parent
        yield node


def connect(app):
    app.connect("doctree-read", make_cards)
