"""JupyterLab on the chapters: `python -m book.site.lab --notebook-dir=book`, with the options of `jupyter lab`.

JupyterLab writes the version of Python into every notebook that it opens, so that a chapter would count as changed
before anything was, and `git pull` would stop at it. Here a chapter is opened with what JupyterLab wants to see, and
saved with what the book stores. In between, a reference to a figure reads as its number, and so does the caption.
"""

import re
import sys

from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyterlab.labapp import LabApp

from book.site import plain
from book.site.chapters import METADATA

SHOWN = re.compile(r"\[Figure [\d.]+\]\(#(fig-[a-z0-9-]+)\)")
NUMBERED = re.compile(r"^\*\*Figure [\d.]+\.\*\* ")


def shown(text):
    """Markdown with references to figures as JupyterLab can show them; of what the book does not know, as they are."""
    known = plain.figures()
    return plain.NUMREF.sub(
        lambda match: f"[{known[match[1]]}](#{match[1]})" if match[1] in known else match[0], text)


def stored(text):
    """Markdown with references to figures as the book stores them."""
    return SHOWN.sub(lambda match: f"{{numref}}`{match[1]}`", text)


def refer(notebook, change, caption):
    """Change the Markdown of a notebook in place, and each caption by its name."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = change(cell["source"])
        for output in cell.get("outputs", []):
            if name := output.get("metadata", {}).get("caption"):
                output["data"]["text/markdown"] = caption(name, change(output["data"]["text/markdown"]))


def number(name, text):
    return f"**{plain.figures()[name]}.** {text}" if name in plain.figures() else text


def unnumber(name, text):
    return NUMBERED.sub("", text)


class ChapterFiles(AsyncLargeFileManager):
    """Files on disk, where the metadata of a notebook about its kernel are the book's."""

    async def get(self, path, content=True, type=None, format=None, require_hash=False):
        model = await super().get(path, content, type, format, require_hash)
        if model["type"] == "notebook" and content and model["content"]["metadata"].get("language_info"):
            model["content"]["metadata"] |= METADATA | {"language_info": IPythonKernel.language_info}
            refer(model["content"], shown, number)
        return model

    async def save(self, model, path=""):
        if model.get("type") == "notebook" and model.get("content"):
            model["content"]["metadata"] |= METADATA
            refer(model["content"], stored, unnumber)
        return await super().save(model, path)


def main():
    LabApp.launch_instance(["--ServerApp.contents_manager_class=book.site.lab.ChapterFiles", *sys.argv[1:]])


if __name__ == "__main__":
    main()
