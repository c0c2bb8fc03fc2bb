"""Text of a student for a terminal or a table: nothing in it moves the cursor, hides, reorders or answers."""

import re
import unicodedata

ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|\x9c|$)|[ -/]*[0-~])|"
                    r"\x9b[0-?]*[ -/]*[@-~]|[\x9d\x90\x98\x9e\x9f].*?(?:\x07|\x1b\\|\x9c|$)", re.DOTALL)


def plain(text):
    """The text on one line, without escape sequences and without characters that are not to be seen."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in ESCAPE.sub("", text))
    return " ".join(shown.split())
