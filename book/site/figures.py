"""Figures: each with a description for those who cannot see it, and with a caption and a number for all.

`plots.show` and `explore` leave a picture or a slider, and after it a caption that bears the figure's name. Here the
two become one figure, which Sphinx numbers and to which ``{numref}`` leads.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from book.site.outputs import of_kind

NUMBER = "Figure %s"
logger = logging.getLogger(__name__)


class NumberFigures(SphinxTransform):
    """Set each caption under the picture before it, as one figure with a name."""

    default_priority = 300

    def apply(self):
        for bundle in of_kind(self.document, "mime_bundle"):
            name = bundle.get("metadata", {}).get("caption")
            if name:
                self.number(bundle, name)

    def number(self, bundle, name):
        place = bundle.parent.index(bundle)
        picture = bundle.parent[place - 1] if place else None
        if not holds_picture(picture):
            logger.warning("the caption of %s has no picture before it", name, location=bundle)
            return
        figure = nodes.figure("", caption(bundle), names=[name])
        figure.source, figure.line = bundle.source, bundle.line
        bundle.parent[place - 1:place + 1] = [figure]
        figure.insert(0, picture)
        self.document.note_explicit_target(figure, figure)


def holds_picture(bundle):
    kinds = {part.get("mime_type") for part in bundle.children} if isinstance(bundle, nodes.container) else set()
    return bool(kinds & {"image/png", "text/html"})


def caption(bundle):
    """The caption that a notebook shows as a paragraph."""
    [words] = [part for part in bundle.children if part["mime_type"] == "text/markdown"]
    return nodes.caption("", "", *(words[0].children if words.children else []))


def describe_images(app, doctree):
    """Give each figure the description that `plots.show` stored as the text beside the image."""
    for bundle in of_kind(doctree, "mime_bundle"):
        text = next((part.astext() for part in bundle.children if part.get("mime_type") == "text/plain"), "")
        for image in bundle.findall(nodes.image):
            if len(text.split()) < 4:
                logger.warning("a figure has no description; show it with plots.show(figure, alt)", location=image)
            image["alt"] = text


def choose(app, config):
    """How figures are called, and that captions may hold mathematics and references."""
    config.numfig_format = {**config.numfig_format, "figure": NUMBER}
    config.nb_render_markdown_format = "myst"


def connect(app):
    app.add_transform(NumberFigures)
    app.connect("config-inited", choose)
    app.connect("doctree-read", describe_images)
