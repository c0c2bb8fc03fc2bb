"""Rebuilding a submission. Nothing is executed, and only the text and the pictures of answers are taken over.

A submission is rebuilt on the released notebook: its questions and tests come from the release, whatever became of
them, the answers from the student by the identity of the cell. So nothing that is changed, deleted, duplicated or
invented in a notebook's inside can reach the grading. What an honest student does by accident, such as splitting a
cell or typing an answer anew, is put right (`recovery`) and remarked.
"""

import copy
import re

from grading import pictures, recovery, variants
from grading.inbox import Unusable
from grading.recovery import identity, is_answer, is_test

__all__ = ["changed", "identity", "is_answer", "is_test", "rebuild", "Unusable"]

LARGEST_SOURCE = 300_000
MOST_CELLS = 300


def rebuild(notebook, released, earlier=()):
    """The released notebook with the answers of a student's (as `reading.read` gives it), and their own further cells.

    `earlier` are former releases of the same problem set: who worked on one of them has changed nothing. Returns the
    notebook and remarks for the student.
    """
    if len(notebook["cells"]) > MOST_CELLS:
        raise Unusable(f"the notebook has more than {MOST_CELLS} cells")
    given, extra, remarks = recovery.sort_out(notebook["cells"], released["cells"], earlier)
    recovery.recover(given, extra, released["cells"], remarks)
    if not any(is_answer(cell) and identity(cell) in given for cell in released["cells"]):
        raise Unusable("none of this problem set's answer cells is in the notebook; is it the right file?")
    if sum(len(part.source) for parts in [*given.values(), *extra.values()] for part in parts) > LARGEST_SOURCE:
        raise Unusable("the notebook's text is too long")
    result = copy.deepcopy(released)
    result["cells"] = [_new_cell(part, remarks) for part in extra.get(None, [])]
    for cell in copy.deepcopy(released["cells"]):
        name, own = identity(cell), given.get(identity(cell), [])
        if is_answer(cell) and own:
            _answer(cell, own, remarks)
        elif is_answer(cell):
            remarks.append(f"The answer cell '{name}' was missing and counts as empty.")
        else:
            remarks += _on_given(cell, own, earlier)
        result["cells"] += [cell, *(_new_cell(part, remarks) for part in extra.get(name, []))]
    return result, list(dict.fromkeys(remarks))


def changed(notebook, releases):
    """Whether somebody has worked on a notebook: an answer differs from every release, or a cell was added."""
    rebuilt, _ = rebuild(notebook, releases[0], releases[1:])
    stubs = {identity(cell): {recovery.same(other["source"]) for release in releases for other in release["cells"]
                              if identity(other) == identity(cell)} for cell in releases[0]["cells"]}
    return any(not identity(cell) or (is_answer(cell) and recovery.same(cell["source"]) not in stubs[identity(cell)])
               for cell in rebuilt["cells"])


def add_scans(notebook, scans):
    """Show scans that came beside a notebook below its first text that is marked by hand; a PDF is only a link.

    Each is a dict: name, as the student called it; file, as we do; type; and data in base64, of pictures.
    """
    place = next((cell for cell in notebook["cells"] if is_answer(cell) and cell["cell_type"] == "markdown"), None)
    if place is None or not scans:
        return
    shown = {scan["file"]: (scan["type"], scan["data"]) for scan in scans if scan["type"] != "application/pdf"}
    lines = [f"![{scan['name']}](attachment:{scan['file']})" if scan["file"] in shown else
             f"[{scan['name']} (PDF)]({scan['file']})" for scan in scans]
    text, attachments, _ = pictures.placed("\n\n".join(lines), shown, len(place.get("attachments", {})))
    place["source"] += f"\n\n*Handed in beside the notebook:*\n\n{text}"
    if attachments:
        place["attachments"] = place.get("attachments", {}) | attachments


def _on_given(cell, own, earlier):
    """What to say of a given cell: nothing, if it is as it was in the present or a former release."""
    name = identity(cell)
    former = [other for release in earlier for other in release["cells"] if identity(other) == name]
    if not own:
        return [] if earlier and len(former) < len(earlier) else \
            [f"The given cell '{name}' was missing and was restored."]
    known = {recovery.same(other["source"]) for other in [cell, *former]}
    if any(recovery.same(part.source) in known for part in own):
        return []
    if any(variants.same(part.source, cell["source"]) for part in own):
        return [f"The cell '{name}' had other numbers than yours; the notebook was graded with yours."]
    return [f"The given cell '{name}' had been changed and was restored."]


def _answer(cell, parts, remarks):
    """Put a student's text in the place of the answer. Its type stays that of the released cell, whatever it was."""
    source, attachments = _written(parts, cell["cell_type"], remarks)
    cell["source"] = source
    remarks += [f"The cell '{identity(cell)}' had been made a {part.kind} cell; it was taken as the "
                f"{cell['cell_type']} cell that it was." for part in parts if part.kind != cell["cell_type"]]
    if attachments:
        cell["attachments"] = attachments


def _written(parts, kind, remarks):
    """The joined text of parts as a cell of this type, and its pictures."""
    if kind != "markdown":
        return "\n".join(part.source for part in parts), {}
    texts, attachments = [], {}
    for part in parts:
        text, more, missing = pictures.placed(part.source, part.pictures, len(attachments))
        remarks += [f"The picture {pictures.words(name)!r} is missing in the file that was handed in."
                    for name in missing]
        texts.append(disarmed(text))
        attachments |= more
    return "\n\n".join(texts), attachments


def disarmed(source):
    """A text whose tags would not run in the browser of who reads it; "a<b" in a formula stays what it means."""
    return re.sub(r"<(?=[A-Za-z/!?])", "< ", source)


def _new_cell(part, remarks):
    source, attachments = _written([part], part.kind, remarks)
    more = {"outputs": [], "execution_count": None} if part.kind == "code" else \
        {"attachments": attachments} if attachments else {}
    return {"cell_type": part.kind, "metadata": {}, "source": source, **more}
