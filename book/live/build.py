"""Build the live site beside the book: `python -m book.live.build [--source release]`.

It is a copy of the built book, in `_build/live`, with the runtime in `live/` and JupyterLite in `lab/`. The book
itself, in `_build/html`, stays as it was.
"""

import argparse
import shutil
import sys

from book.live import fetch, lab, pages, proof, runtime
from book.site.settings import HTML, LIVE


def build(source=None):
    shutil.rmtree(LIVE, ignore_errors=True)
    shutil.copytree(HTML, LIVE)
    print("Python for browsers: fetching what is not in .live, and checking every file.", flush=True)
    runtime.assemble(LIVE / "live", source)
    print("Proving that each slider's cells draw its picture.", flush=True)
    pages.enliven(LIVE)
    print("JupyterLite.", flush=True)
    lab.build(LIVE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", help="an official release of Pyodide: a folder, an archive or its address")
    source = parser.parse_args().source
    if not (HTML / "index.html").is_file():
        sys.exit("There is no built book yet. Build it with   make book")
    try:
        build(source)
    except (fetch.Mismatch, proof.Unproven, pages.Unfit, lab.Unbuilt) as error:
        sys.exit(f"The live site was not built: {error}")
    size = sum(path.stat().st_size for path in LIVE.rglob("*") if path.is_file())
    print(f"\nThe live site is in _build/live ({size / 1e6:.0f} MB).\nRead it with   make read SITE=_build/live")


if __name__ == "__main__":
    main()
