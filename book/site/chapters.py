"""The notebooks of the book, its problem sets, and the form in which they are stored.

A stored notebook holds text and one still image per figure: no widget state, no frames of sliders, no timings, no
machine's addresses.
"""

from functools import cache

import nbformat

from book.site.settings import BOOK, READ_OTHER_FILES, ROOT

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py",
                      "mimetype": "text/x-python", "name": "python", "nbconvert_exporter": "python",
                      "pygments_lexer": "ipython3"}}
"""What JupyterLab says of a notebook's kernel, less the version of Python, which differs from reader to reader."""


def chapters():
    """Paths of all notebooks of the book; last those that read other files."""
    found = sorted(path for path in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    return sorted(found, key=reads_other_files)


def problem_sets():
    """Paths of the problem sets, with solutions; nbgrader's release takes these and all outputs away."""
    return sorted((ROOT / "coursework" / "problem_sets").glob("*/*.ipynb"))


def address(path):
    """The path of a chapter as settings and pages name it: from the root of the repository, with slashes."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()


@cache
def stored(path):
    """A stored notebook, read once in a build, and not to be changed."""
    return nbformat.read(path, as_version=4)


def prose(path):
    """The text of a stored notebook."""
    return "\n".join(cell.source for cell in stored(path).cells if cell.cell_type == "markdown")


def outputs(path):
    """The outputs of a stored notebook, one after the other."""
    return [output for cell in stored(path).cells for output in cell.get("outputs", [])]


def reads_other_files(path):
    return address(path) in READ_OTHER_FILES


def clean(notebook):
    """The notebook without what differs from run to run, cells numbered in order; nbgrader's identities are kept."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat_minor = 5
    count = 0
    for number, cell in enumerate(notebook.cells):
        cell.id = cell.id if "nbgrader" in cell.metadata else f"cell-{number:03d}"
        cell.metadata = nbformat.from_dict({key: value for key, value in cell.metadata.items()
                                            if key in ("tags", "mystnb", "nbgrader") and value})
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
    return notebook
