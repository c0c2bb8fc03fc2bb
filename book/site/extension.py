"""What this book asks of Sphinx beyond its themes and extensions.

Figures get their descriptions, pages their summaries and a policy that lets them load nothing from any other host.
A publishing workflow tells the address of the repository and of the published book through the environment variables
BOOK_REPOSITORY, BOOK_BRANCH and BOOK_URL; without them no button leads anywhere else.
"""

import base64
import hashlib
import html
import io
import os
import re
from pathlib import Path

import nbformat
from chapters import READ_OTHER_FILES
from colab import known_repository
from docutils import nodes
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont, ImageOps
from sphinx.util import logging

logger = logging.getLogger(__name__)

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
SIDE_BAR = re.compile(r'<div((?: id="pst-primary-sidebar")? class="bd-sidebar-primary[^"]*")>')
ICON_SCRIPT = re.compile(r"<(?:script|link)[^>]*fontawesome\.js[^>]*>(?:</script>)?")
THEBE = re.compile(r'<script type="text/x-thebe-config">.*?</script>\s*<script>\s*kernelName = [^<]*</script>',
                   re.DOTALL)
POLICY = ("default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
          "font-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'self'")


def know_repository(app, config):
    """Offer Binder, Colab and editing where the repository's address is known."""
    repository = known_repository()
    if not repository:
        return
    config.html_theme_options = dict(config.html_theme_options) | {
        "repository_url": repository, "repository_branch": os.environ.get("BOOK_BRANCH", "main"),
        "use_repository_button": True, "use_edit_page_button": True,
        "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"}}
    config.html_context["colab"] = repository


def add_colab_button(app, pagename, templatename, context, doctree):
    """A button for the copy of the page's notebook that installs the package by itself, on the branch `colab`."""
    owner_and_name = context.get("colab", "").partition("://")[2].partition("/")[2]
    file = Path(pagename).name + str(context.get("page_source_suffix"))
    offered = file.endswith(".ipynb") and file not in READ_OTHER_FILES
    if owner_and_name and offered and "header_buttons" in context:
        context["header_buttons"].append({
            "type": "link", "text": "Colab", "tooltip": "Run in Colab", "icon": "fa-solid fa-play", "label": "colab",
            "url": f"https://colab.research.google.com/github/{owner_and_name}/blob/colab/{pagename}.ipynb"})


def describe_images(app, doctree):
    """Give each figure the description that `plots.show` stored as the text beside the image."""
    for bundle in doctree.findall(nodes.container):
        if bundle.get("nb_element") != "mime_bundle":
            continue
        text = next((part.astext() for part in bundle.children if part.get("mime_type") == "text/plain"), "")
        for image in bundle.findall(nodes.image):
            if len(text.split()) < 4:
                logger.warning("a figure has no description; show it with plots.show(figure, alt)", location=image)
            image["alt"] = text


def describe_page(app, pagename, templatename, context, doctree):
    """Summarize a page for search engines and social cards by the beginning of its first paragraph."""
    if doctree is None:
        return
    first = next((" ".join(paragraph.astext().split()) for paragraph in doctree.findall(nodes.paragraph)), "")
    summary = first if len(first) <= 200 else first[:200].rpartition(" ")[0] + " …"
    title = nodes.Text(context.get("title", "")).astext()
    tags = {"og:title": re.sub(r"<[^>]*>", "", title), "og:description": summary, "og:type": "article",
            "og:site_name": app.config.project}
    if address := os.environ.get("BOOK_URL", "").rstrip("/"):
        tags |= {"og:url": f"{address}/{pagename}.html", "og:image": f"{address}/_static/card.png",
                 "og:image:alt": "Eigenvalues of a network after learning: a cloud, and one that has left it"}
    lines = [f'<meta name="description" content="{html.escape(summary)}">']
    lines += [f'<meta property="{name}" content="{html.escape(html.unescape(value))}">' for name, value in tags.items()]
    context["metatags"] = context.get("metatags", "") + "".join(lines)


def remove_thebe(app, pagename, templatename, context, doctree):
    """Drop the scripts of sphinx-thebe, which jupyter-book always loads and which point to another host."""
    context["script_files"] = [script for script in context["script_files"]
                               if "thebe" not in str(getattr(script, "filename", script) or "")
                               and "thebe" not in str(getattr(script, "attributes", {}).get("body", ""))]
    context["css_files"] = [sheet for sheet in context["css_files"]
                            if "thebe" not in str(getattr(sheet, "filename", sheet) or "")]


def mend_markup(app, pagename, templatename, context, doctree):
    """Drop roles that no longer exist in the standard for the bibliography, which docutils still writes."""
    if "body" in context:
        for role in (' role="doc-biblioentry"', ' role="list"'):
            context["body"] = context["body"].replace(role, "")


def finish(text):
    """A written page with a landmark around its side bar, no inline handlers, and a policy for what it may load."""
    text = THEBE.sub("", text)
    text = ICON_SCRIPT.sub("", text)  # 1.5 MB that draw the icons which the web font has drawn already
    text = text.replace(' onclick="window.print()"', ' data-print="true"')
    text = SIDE_BAR.sub(r'<div\1 role="region" aria-label="Book">', text)
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    inline = {body["body"] for body in SCRIPT.finditer(text)
              if "src=" not in body["attributes"] and "application/json" not in body["attributes"] and body["body"]}
    hashes = sorted(base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in inline)
    policy = POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in hashes))
    return text.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def draw_card(app):
    """The picture that stands for the book where an address of it is shared: the landing page's figure, titled."""
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


def finish_pages(app, exception):
    if exception is None and app.builder.name == "html":
        draw_card(app)
        for page in Path(app.outdir).rglob("*.html"):
            if "_static" not in page.parts:
                page.write_text(finish(page.read_text("utf-8")), "utf-8")


def setup(app):
    # The kernels that execute the chapters inherit these: draw all frames of a slider, and show no progress bars.
    os.environ.update(LRNN_EXPLORE="book", TQDM_DISABLE="1")
    for part in ("terms", "pdf"):
        app.setup_extension(part)
    app.connect("config-inited", know_repository)
    app.connect("doctree-read", describe_images)
    app.connect("html-page-context", describe_page)
    app.connect("html-page-context", add_colab_button, priority=800)
    app.connect("html-page-context", remove_thebe, priority=900)
    app.connect("html-page-context", mend_markup, priority=900)
    app.connect("build-finished", finish_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
