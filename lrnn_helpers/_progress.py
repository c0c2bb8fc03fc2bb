"""Progress bars that keep quiet when a book is built or a chapter is stored."""

import os
import sys

from tqdm.auto import tqdm

from lrnn_helpers import _checks

if sys.platform == "emscripten":
    tqdm.monitor_interval = 0  # a browser has no thread that could watch the bar


def bar(*arguments, show=True, **options):
    """A tqdm bar that appears after a second; none if `show`, progress in all functions, is false, or TQDM_DISABLE set.

    tqdm's own bar for notebooks does not heed the environment variable.
    """
    hidden = not _checks.boolean("progress", show) or bool(os.environ.get("TQDM_DISABLE"))
    return tqdm(*arguments, disable=hidden, **{"delay": 1} | options)
