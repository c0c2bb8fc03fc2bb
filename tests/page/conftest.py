"""A display that keeps what it is given."""

import pytest

from lrnn_helpers.page import _live, claims, explore, plots


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed instead of being shown."""
    shown = []
    for module in (_live, claims, explore, plots):
        monkeypatch.setattr(module, "display", lambda thing, **options: shown.append(thing))
    return shown
