"""Execute chapters in place and store them clean: `python -m book.site.store [notebook ...]`.

Without names every notebook of the book and every problem set is executed; last those that read other files.
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

from book.site.chapters import address, chapters, clean, problem_sets, reads_other_files
from book.site.settings import CELL_SECONDS, environment


def execute(path):
    """Run one chapter in a fresh kernel and store it clean; what went wrong, or None."""
    notebook = nbformat.read(path, as_version=4)
    try:
        NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", record_timing=False,
                       resources={"metadata": {"path": str(path.parent)}}).execute()
    except CellExecutionError as error:
        return f"{address(path)}: {error.ename}: {error.evalue}\nin the cell\n{first_lines(error)}"
    write(clean(notebook), path)


def first_lines(error):
    """The failing cell, from the report of its failure."""
    return str(error).partition("------------------\n")[2].partition("\n------------------")[0]


def write(notebook, path):
    text = nbformat.writes(notebook, version=4)
    path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="chapters executed at once (default 2)")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    paths = [path.resolve() for path in arguments.notebooks] or [*problem_sets(), *chapters()]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        sys.exit(f"No such notebook: {', '.join(map(str, missing))}")
    os.environ.update(environment("still"))
    with ThreadPoolExecutor(arguments.jobs) as pool:
        others = [path for path in paths if not reads_other_files(path)]
        failures = [*tqdm(pool.map(execute, others), total=len(others), desc="chapters")]
    failures += [execute(path) for path in paths if reads_other_files(path)]
    sys.exit("\n\n".join(filter(None, failures)) or 0)


if __name__ == "__main__":
    main()
