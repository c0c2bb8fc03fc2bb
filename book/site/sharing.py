"""What search engines and shared addresses show of a page: a summary, and one card for the book.

Addresses are absolute where a publishing workflow tells the book's own through the environment variable BOOK_URL.
"""

import base64
import html
import io
import re
from pathlib import Path

import nbformat
from docutils import nodes
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont, ImageOps

from book.site.addresses import known_address


def describe_page(app, pagename, templatename, context, doctree):
    """Summarize a page for search engines and social cards by the beginning of its first paragraph."""
    if doctree is None:
        return
    first = next((" ".join(paragraph.astext().split()) for paragraph in doctree.findall(nodes.paragraph)), "")
    summary = first if len(first) <= 200 else first[:200].rpartition(" ")[0] + " …"
    title = nodes.Text(context.get("title", "")).astext()
    tags = {"og:title": re.sub(r"<[^>]*>", "", title), "og:description": summary, "og:type": "article",
            "og:site_name": app.config.project}
    if address := known_address():
        tags |= {"og:url": f"{address}/{pagename}.html", "og:image": f"{address}/_static/card.png",
                 "og:image:alt": "Eigenvalues of a network after learning: a cloud, and one that has left it"}
    lines = [f'<meta name="description" content="{html.escape(summary)}">']
    lines += [f'<meta property="{name}" content="{html.escape(html.unescape(value))}">' for name, value in tags.items()]
    context["metatags"] = context.get("metatags", "") + "".join(lines)


def draw_card(app, exception):
    """The picture that stands for the book where an address of it is shared: the landing page's figure, titled."""
    if exception is not None or app.builder.name != "html":
        return
    outputs = [output for cell in nbformat.read(Path(app.srcdir, "book", "index.ipynb"), as_version=4).cells
               for output in cell.get("outputs", [])]
    figure = next(output.data["image/png"] for output in outputs if "image/png" in output.get("data", {}))
    card = Image.new("RGB", (1200, 630), "#fdfcf9")
    with Image.open(io.BytesIO(base64.b64decode(figure))) as picture:
        picture = ImageOps.contain(picture.convert("RGBA"), (1080, 480))
    card.paste(picture, ((1200 - picture.width) // 2, 120), picture)
    font = ImageFont.truetype(get_data_path() + "/fonts/ttf/DejaVuSerif-Bold.ttf", 46)
    ImageDraw.Draw(card).text((600, 70), app.config.project, "#1f2430", font, anchor="mm")
    card.save(Path(app.outdir, "_static", "card.png"))


def connect(app):
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", draw_card)
