"""What the outputs of a notebook tell beside what they show, which the notebook's parser drops: their metadata.

The parser writes the notebook that it has read, with its outputs, to a folder of its own. From there the metadata of
each output comes back to its place in the document, before anything else is done with it.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform


def of_kind(root, kind):
    """The containers of a kind that the notebook's parser made: "cell_code", "cell_code_output" or "mime_bundle"."""
    return [node for node in root.findall(nodes.container) if node.get("nb_element") == kind]


class RememberMetadata(SphinxTransform):
    """Give each output that is shown in one of several forms its metadata."""

    default_priority = 200

    def apply(self):
        cells = of_kind(self.document, "cell_code")
        path = Path(self.env.mystnb_config.output_folder, self.env.docname).with_suffix(".ipynb")
        if not cells or not path.is_file():
            return
        read = json.loads(path.read_text("utf-8"))["cells"]
        for cell in cells:
            shown = [output for output in read[cell["cell_index"]]["outputs"] if output.get("data")]
            for bundle, output in zip(of_kind(cell, "mime_bundle"), shown, strict=True):
                bundle["metadata"] = output["metadata"]


def connect(app):
    app.add_transform(RememberMetadata)
