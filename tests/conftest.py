"""What all tests share: a still, quiet notebook kernel; matplotlib without a screen; a rule for missing tools."""

import os

import matplotlib
import pytest

from book.site import settings

ROOT = settings.ROOT
os.environ.update(settings.environment("still"))
matplotlib.use("Agg")


def missing(what, remedy):
    """Skip for a missing tool, or fail where nothing may be skipped."""
    sentence = f"{what} is missing: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
