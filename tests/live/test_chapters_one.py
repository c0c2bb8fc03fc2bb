"""Every second chapter, run to its end in a real browser."""

import pytest

from tests.live.chapters import DOCUMENTS, runs_to_its_end


@pytest.mark.parametrize("document", DOCUMENTS[0::2])
def test_a_chapter_runs_to_its_end(opened, document):
    runs_to_its_end(opened, document)
