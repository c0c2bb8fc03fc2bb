"""Execute chapters in place and store them clean: `python book/site/chapters.py [--check] [notebook ...]`.

Without names every notebook of the book is executed, the scoreboard last because it reads the others. A stored chapter
holds text and one still image per figure: no widget state, no frames of sliders, no timings, no machine's addresses.
With --check nothing is written; the command fails if a stored chapter is not clean or not executed.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

BOOK = Path(__file__).resolve().parents[1]
READ_OTHER_FILES = ("scoreboard.ipynb", "speed.ipynb")
"""Pages that show what lies in other files of the book: a change there is not seen in their own."""
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"}}


def chapters():
    """Paths of all notebooks of the book, the scoreboard last."""
    found = sorted(path for path in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    return sorted(found, key=lambda path: path.name == "scoreboard.ipynb")


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


def execute(path):
    """Run one chapter in a fresh kernel and store it clean; what went wrong, or None."""
    notebook = nbformat.read(path, as_version=4)
    try:
        NotebookClient(notebook, timeout=600, kernel_name="python3", record_timing=False,
                       resources={"metadata": {"path": str(path.parent)}}).execute()
    except CellExecutionError as error:
        return f"{path.relative_to(BOOK)}: {error.ename}: {error.evalue}\nin the cell\n{first_lines(error)}"
    store(notebook, path)


def first_lines(error):
    """The failing cell, from the report of its failure."""
    return str(error).partition("------------------\n")[2].partition("\n------------------")[0]


def store(notebook, path):
    text = nbformat.writes(clean(notebook), version=4)
    path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only check what is stored")
    parser.add_argument("--jobs", type=int, default=2, help="chapters executed at once (default 2)")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    paths = [path.resolve() for path in arguments.notebooks] or chapters()
    missing = [path for path in paths if not path.is_file()]
    if missing:
        sys.exit(f"No such notebook: {', '.join(map(str, missing))}")
    if arguments.check:
        found = [f"{path.relative_to(BOOK)}: {complaint}" for path in paths for complaint in complaints(path)]
        sys.exit("\n".join(found) if found else 0)
    os.environ.update(LRNN_EXPLORE="still", TQDM_DISABLE="1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    scoreboard = [path for path in paths if path.name == "scoreboard.ipynb"]
    others = [path for path in paths if path.name != "scoreboard.ipynb"]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        failures = [*tqdm(pool.map(execute, others), total=len(others), desc="chapters")]
    failures += [execute(path) for path in scoreboard]
    sys.exit("\n\n".join(filter(None, failures)) or 0)


if __name__ == "__main__":
    main()
