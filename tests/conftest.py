"""What all tests share: a still, quiet notebook kernel; matplotlib without a screen; a rule for missing tools."""

import os
import sys
from pathlib import Path

import matplotlib
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "site"))  # how pages are made is no package, but it is tested
os.environ.update(LRNN_EXPLORE="still", TQDM_DISABLE="1")
matplotlib.use("Agg")


def missing(what, remedy):
    """Skip for a missing tool, or fail where nothing may be skipped."""
    sentence = f"{what} is missing: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
