"""Build the HTML book with warnings as errors and say where it is: `python book/site/build.py [--jobs 2]`.

Chapters that changed since the last build are executed first, several at a time, into the cache that the book builder
reads; then the builder writes the pages.
"""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import nbformat
from chapters import BOOK, READ_OTHER_FILES, chapters
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution

ROOT = BOOK.parent
BUILD = ROOT / "_build"


def execute_changed(jobs):
    """Execute the chapters that the cache does not hold; what went wrong, as sentences.

    Pages that read other files run each time: the cache does not see a change there.
    """
    cache = get_cache(str(BUILD / ".jupyter_cache"))
    waiting = []
    for path in chapters():
        notebook = nbformat.read(path, as_version=4)
        try:
            cache.match_cache_notebook(notebook)
            known = path.name not in READ_OTHER_FILES
        except KeyError:
            known = False
        if not known:
            waiting.append((path, notebook))
    failures = []
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(single_nb_execution, notebook, cwd=str(path.parent), timeout=300, allow_errors=False,
                               meta_override=True): (path, notebook) for path, notebook in waiting}
        for done in as_completed(running):
            (path, notebook), result = running[done], done.result()
            name = path.relative_to(BOOK)
            if result.err is not None:
                failures.append(f"{name}: {getattr(result.err, 'ename', type(result.err).__name__)}: "
                                f"{getattr(result.err, 'evalue', result.err)}")
                continue
            bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": result.time})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            print(f"  {name}: executed in {result.time:.0f} s", flush=True)
    return failures


@contextmanager
def kernels_report_to(path):
    """Send what kernels write to their standard error to a file instead of the terminal."""
    terminal = os.dup(2)
    with path.open("w") as report:
        os.dup2(report.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def write_pages():
    """Run the book builder with warnings as errors, its report in a file; whether it succeeded."""
    command = [Path(sys.executable).with_name("jupyter-book"), "build", str(ROOT), "-W", "--keep-going"]
    with (BUILD / "build.log").open("w") as log:
        builder = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace")
        for line in builder.stdout:
            log.write(line)
            if any(word in line for word in ("WARNING: ", "ERROR: ", "rror:")):
                print(line.rstrip(), flush=True)
    return builder.wait() == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="chapters executed at once (default 2)")
    jobs = parser.parse_args().jobs
    BUILD.mkdir(exist_ok=True)
    # Kernels draw all frames of a slider, show no progress bars, and leave the other cores to each other.
    os.environ.update(LRNN_EXPLORE="book", TQDM_DISABLE="1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print("Executing what changed; the first time takes some minutes.", flush=True)
    with kernels_report_to(BUILD / "kernels.log"):
        failures = execute_changed(jobs)
    if failures:
        sys.exit("The book was not built, because these chapters stopped:\n" + "\n".join(failures))
    print("Writing the pages.", flush=True)
    if not write_pages():
        sys.exit("The book was not built. The full report is in _build/build.log.")
    print("\nThe book is in _build/html.\nRead it with   make read   or open _build/html/index.html in a browser.")


if __name__ == "__main__":
    main()
