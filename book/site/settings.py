"""Folders, exceptions, limits and environments: what several modules, the Makefile and the tests must agree on."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
BUILD = ROOT / "_build"
HTML = BUILD / "html"
CACHE = BUILD / ".jupyter_cache"
LIVE = BUILD / "live"

READ_OTHER_FILES = {"book/scoreboard.ipynb": "book/**/*.ipynb", "book/in_hand.ipynb": "book/**/*.ipynb",
                    "book/speed.ipynb": "book/speed.json"}
"""Pages that show what lies in other files: each with the files. They are run again when these change, come last when
chapters are stored, and get no copy for Colab."""

PAGES_WITHOUT_TERMS = {"book/glossary", "book/notation", "book/bibliography", "book/scoreboard", "book/in_hand"}
"""Pages whose text does not lead to the glossary."""

CELL_SECONDS = 300
"""Longest time that a cell may take; chapters take seconds, so this only ends what hangs."""


KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**30)}
"""In bytes: GNU's C library keeps freed blocks up to the first size (no larger one is taken), and the second in all."""


def environment(life):
    """What a kernel inherits: how sliders are drawn ("book": all frames, "still": one), no progress bars, one thread.

    Chapters run side by side, so that threads of linear algebra would only take cores from each other; a number of
    threads that is set already is kept. The C library, if it is GNU's, keeps memory that was freed: to give arrays of
    some 100 KB back to the system and to fetch them again takes up to a third of the time in which a network learns.
    """
    return {"LRNN_EXPLORE": life, "TQDM_DISABLE": "1", "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
            **KEEP_MEMORY}


def debian_packages(purpose):
    """The names of Debian's packages for a purpose ("browser", "sandbox", "pdf", ..), from .ci/debian-packages."""
    lines = (ROOT / ".ci" / "debian-packages").read_text("utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines)[purpose]
