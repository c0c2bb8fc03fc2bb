"""JupyterLab on the chapters: `python -m book.site.lab --notebook-dir=book`, with the options of `jupyter lab`.

JupyterLab writes the version of Python into every notebook that it opens, so that a chapter would count as changed
before anything was, and `git pull` would stop at it. Here a chapter is opened with what JupyterLab wants to see, and
saved with what the book stores.
"""

import sys

from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyterlab.labapp import LabApp

from book.site.chapters import METADATA


class ChapterFiles(AsyncLargeFileManager):
    """Files on disk, where the metadata of a notebook about its kernel are the book's."""

    async def get(self, path, content=True, type=None, format=None, require_hash=False):
        model = await super().get(path, content, type, format, require_hash)
        if model["type"] == "notebook" and content and model["content"]["metadata"].get("language_info"):
            model["content"]["metadata"] |= METADATA | {"language_info": IPythonKernel.language_info}
        return model

    async def save(self, model, path=""):
        if model.get("type") == "notebook" and model.get("content"):
            model["content"]["metadata"] |= METADATA
        return await super().save(model, path)


def main():
    LabApp.launch_instance(["--ServerApp.contents_manager_class=book.site.lab.ChapterFiles", *sys.argv[1:]])


if __name__ == "__main__":
    main()
