"""Every figure has a description for those who cannot see it."""

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)


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


def connect(app):
    app.connect("doctree-read", describe_images)
