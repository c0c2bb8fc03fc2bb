"""Copies of the chapters that run in Colab: `BOOK_REPOSITORY=https://... python -m book.site.colab FOLDER`.

Each is a plain copy (see `plain`) that begins with a cell, absent from the book's own chapters, which installs the
package from the repository when it is missing. What Colab brings stays as it is where it fits, as its sliders only work
with its own version of ipywidgets; what does not fit is said. Pages that read other files of the book are left out.
"""

import os
import re
import sys
from pathlib import Path

import nbformat

from book.site.chapters import address, chapters, reads_other_files
from book.site.plain import CHECK, plain

CELL = """# This copy of the chapter installs the book's package when it is missing.
import importlib.util

if importlib.util.find_spec("lrnn_helpers") is None:
    %pip install --quiet git+{repository}

"""


def known_repository():
    """Address of the repository from the environment, or nothing; ValueError if it is no such address."""
    address = os.environ.get("BOOK_REPOSITORY", "").rstrip("/")
    if address and not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", address):
        raise ValueError(f"BOOK_REPOSITORY must be like https://host/owner/name, but it is {address!r}")
    return address


def copy_for_colab(path, repository):
    """The notebook at a path, plain and without outputs, led by the cell that installs the package."""
    notebook = plain(nbformat.read(path, as_version=4), path)
    cell = nbformat.v4.new_code_cell(CELL.format(repository=repository) + CHECK, id="install")
    for other in notebook.cells:
        if other.cell_type == "code":
            other.outputs, other.execution_count = [], None
    notebook.cells.insert(0, cell)
    return notebook


def main():
    repository = known_repository()
    if len(sys.argv) != 2 or not repository:
        sys.exit(__doc__)
    for path in chapters():
        if not reads_other_files(path):
            target = Path(sys.argv[1], address(path))
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(copy_for_colab(path, repository), target)


if __name__ == "__main__":
    main()
