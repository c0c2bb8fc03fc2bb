"""What may be shown of a student's: text that moves no cursor and hides nothing, pictures that are pictures."""

import base64
import binascii
import re
import unicodedata

PICTURES = {"image/png": b"\x89PNG\r\n", "image/jpeg": b"\xff\xd8\xff"}
"""Types, and how their files begin."""

ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|\x9c|$)|[ -/]*[0-~])|"
                    r"\x9b[0-?]*[ -/]*[@-~]|[\x9d\x90\x98\x9e\x9f].*?(?:\x07|\x1b\\|\x9c|$)", re.DOTALL)


def plain(text):
    """The text on one line, without escape sequences and without characters that are not to be seen."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in ESCAPE.sub("", text))
    return " ".join(shown.split())


def is_picture(kind, data):
    """Whether base64 text is a picture of this kind."""
    try:
        return kind in PICTURES and base64.b64decode(data, validate=True).startswith(PICTURES[kind])
    except (binascii.Error, ValueError, TypeError):
        return False
