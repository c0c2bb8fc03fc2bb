"""The notebooks of the book, and the form in which they are stored.

A stored chapter holds text and one still image per figure: no widget state, no frames of sliders, no timings, no
machine's addresses.
"""

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


def address(path):
    """The path of a chapter as settings and pages name it: from the root of the repository, with slashes."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()


def reads_other_files(path):
    return address(path) in READ_OTHER_FILES


def clean(notebook):
    """The notebook without what differs from run to run, cells numbered in order."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat_minor = 5
    count = 0
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:03d}"
        cell.metadata = nbformat.from_dict({key: value for key, value in cell.metadata.items()
                                            if key in ("tags", "mystnb") and value})
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
    return notebook


def complaints(path):
    """What is wrong with a stored chapter, as sentences."""
    notebook = nbformat.read(path, as_version=4)
    if "widgets" in notebook.metadata:
        yield "stores widget state"
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if cell.execution_count is None and cell.source.strip():
            yield f"cell {number} was never executed"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"cell {number} stores an error"
            if output.get("name") == "stderr":
                yield f"cell {number} stores what it wrote to stderr"
            data = output.get("data", {})
            if "application/vnd.jupyter.widget-view+json" in data or "explore-frames" in data.get("text/html", ""):
                yield f"cell {number} stores a widget or a stack of frames"
