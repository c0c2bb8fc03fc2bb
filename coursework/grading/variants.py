"""Numbers of their own for each student, drawn from the name and a secret of the course, so that a marker finds the
same ones again.

A problem set takes part if one of its given cells has the line `VARIANT = 0`. Everything that is to differ is drawn
from it, for example by `np.random.default_rng(VARIANT)`; hidden checks know the name as well.
"""

import copy
import hmac
import re
import secrets
from pathlib import Path

from grading.recovery import is_answer, is_test

LINE = re.compile(r"^VARIANT = \d+", re.MULTILINE)
HIDDEN = "### BEGIN HIDDEN TESTS"


def secret(root):
    """The course's secret, made when it is first needed. Who has it can work out everybody's numbers."""
    path = Path(root) / "secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), "ascii")
    return path.read_text("ascii").strip()


def number(secret, name, student):
    """The five digits of a student in a problem set."""
    digest = hmac.digest(secret.encode(), f"{name}/{student}".encode(), "sha256")
    return 10_000 + int.from_bytes(digest[:8], "big") % 90_000


def varies(notebook):
    """Whether a problem set has variants."""
    return any(_given(cell) and LINE.search(cell["source"]) for cell in notebook["cells"])


def filled(notebook, value):
    """A problem set with a student's number, in its given cells and its hidden checks."""
    if not varies(notebook):
        return notebook
    notebook = copy.deepcopy(notebook)
    for cell in notebook["cells"]:
        if _given(cell):
            cell["source"] = LINE.sub(f"VARIANT = {value}", cell["source"])
        elif is_test(cell):
            cell["source"] = cell["source"].replace(HIDDEN, f"{HIDDEN}\nVARIANT = {value}")
    return notebook


def same(one, other):
    """Whether two texts differ in nothing but the number."""
    return bool(LINE.search(one)) and LINE.sub("", one).split() == LINE.sub("", other).split()


def solved(source):
    """A model solution as students may run it: without hidden checks, markers and outputs for other numbers."""
    notebook = copy.deepcopy(source)
    for cell in notebook["cells"]:
        text = re.sub(rf"^{HIDDEN}\n.*?### END HIDDEN TESTS\n?", "", cell["source"], flags=re.DOTALL | re.MULTILINE)
        cell["source"] = re.sub(r"^\s*### (BEGIN|END) SOLUTION\n?", "", text, flags=re.MULTILINE).rstrip("\n")
        cell.update({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})
    return notebook


def _given(cell):
    return cell["cell_type"] == "code" and not is_answer(cell) and not is_test(cell)
