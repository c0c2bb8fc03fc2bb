"""Build the HTML book with warnings as errors and say where it is: `python -m book.site.build [--jobs 2]`.

Chapters whose code changed since the last build, or whose helpers did, are executed first, several at a time, into the
cache that the book builder reads; then the builder writes the pages.
"""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_cache.executors.utils import single_nb_execution

from book.site.cache import holds, keep, opened
from book.site.chapters import address, chapters
from book.site.settings import BUILD, CELL_SECONDS, ROOT, environment


def execute_changed(jobs):
    """Execute the chapters that the cache does not hold; what went wrong, as sentences."""
    failures = []
    with opened() as cache, ThreadPoolExecutor(jobs) as pool:
        waiting = [path for path in chapters() if not holds(cache, path)]
        running = {pool.submit(execute, path): path for path in waiting}
        for done in as_completed(running):
            path, (notebook, result) = running[done], done.result()
            if result.err is None:
                keep(cache, path, notebook, result.time)
                print(f"  {address(path)}: executed in {result.time:.0f} s", flush=True)
            else:
                failures.append(f"{address(path)}: {getattr(result.err, 'ename', type(result.err).__name__)}: "
                                f"{getattr(result.err, 'evalue', result.err)}")
    return failures


def execute(path):
    """A notebook with fresh outputs, and how its execution went."""
    notebook = nbformat.read(path, as_version=4)
    return notebook, single_nb_execution(notebook, cwd=str(path.parent), timeout=CELL_SECONDS, allow_errors=False,
                                         meta_override=True)


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
    os.environ.update(environment("book"))
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
