"""Reading what students hand in. Nothing is executed, and only the text of answers is taken over.

A submission is rebuilt on the released notebook: its questions and tests come from the release, whatever became of
them, the answers from the student by the identity of the cell. So nothing that is changed, deleted, duplicated or
invented in a notebook's inside can reach the grading.
"""

import copy
import json
import os
import re
import stat
from pathlib import Path

LARGEST_FILE = 20 * 2**20
LARGEST_SOURCE = 300_000
MOST_CELLS = 300
DEEPEST = 8
"""Folders within a student's folder in which a notebook is looked for."""
STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


class Unusable(Exception):
    """A submission that cannot be graded; the message says why, to the student."""


def students(folder):
    """What a folder of submissions holds: student -> path (a folder, or one notebook named after the student).

    Returns the dict and a list of remarks on entries that were left out.
    """
    found, remarks = {}, []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name = entry.name.removesuffix(".ipynb")
        if entry.name.startswith("."):
            continue
        if not entry.is_dir(follow_symlinks=False) and not entry.name.endswith(".ipynb"):
            remarks.append(f"{entry.name!r} is neither a student's folder nor a notebook: left out")
        elif not STUDENT.fullmatch(name):
            remarks.append(f"{entry.name!r} cannot be a student's name (letters, digits and _ . @ - only): left out")
        elif name in found:
            remarks.append(f"{entry.name!r} comes twice, as a folder and as a file: the file was left out")
        else:
            found[name] = Path(entry.path)
    return found, remarks


def take(path, name, released):
    """The rebuilt notebook of one student, and remarks for the student. Unusable if there is nothing to grade."""
    if stat.S_ISDIR(os.lstat(path).st_mode):
        path, remarks = _choose(_notebooks(path), name, released)
    else:
        remarks = []
    notebook, more = rebuild(read(path), released)
    return notebook, remarks + more


def read(path):
    """The notebook in a file, as plain data with a list of cells. Unusable with the reason if it is none."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Unusable(f"the file {Path(path).name!r} cannot be opened ({error.strerror}); links are not "
                       "followed") from None
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Unusable(f"{Path(path).name!r} is not a regular file")
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Unusable(f"the file is larger than {LARGEST_FILE // 2**20} MB; clear the outputs and hand it in again")
    try:
        notebook = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unusable("the file is not a notebook, because it is not valid JSON "
                       f"({str(error)[:100]}); was it cut off or merged?") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        raise Unusable("the file is not a notebook of format 4; open it in JupyterLab and save it again")
    return notebook


def rebuild(notebook, released):
    """The released notebook with the student's answers, and the student's own further cells where they stood."""
    given, extra, remarks = {}, {}, []
    kinds, last = {identity(cell): cell["cell_type"] for cell in released["cells"]}, None
    if len(notebook["cells"]) > MOST_CELLS:
        raise Unusable(f"the notebook has more than {MOST_CELLS} cells")
    for cell in notebook["cells"]:
        source = _source(cell)
        if source is None:
            remarks.append("A cell that was not a valid notebook cell was left out.")
        elif identity(cell) in kinds and identity(cell) not in given:
            last = identity(cell)
            given[last] = source
            remarks += _changed_type(cell, kinds[last])
        elif identity(cell) in kinds:
            remarks.append(f"The cell '{identity(cell)}' came twice; the first was taken.")
        elif source.strip() and cell["cell_type"] in ("code", "markdown"):
            extra.setdefault(last, []).append(_new_cell(cell["cell_type"], source))
    if not any(is_answer(cell) and identity(cell) in given for cell in released["cells"]):
        raise Unusable("none of this problem set's answer cells is in the notebook; is it the right file?")
    if sum(map(len, given.values())) + sum(len(c["source"]) for cells in extra.values() for c in cells) > \
            LARGEST_SOURCE:
        raise Unusable("the notebook's text is too long")
    result = copy.deepcopy(released)
    result["cells"] = extra.get(None, [])
    for cell in copy.deepcopy(released["cells"]):
        name, own = identity(cell), given.get(identity(cell))
        if own is None:
            remarks.append(f"The {'answer' if is_answer(cell) else 'given'} cell '{name}' was missing" +
                           (" and counts as empty." if is_answer(cell) else " and was restored."))
        elif is_answer(cell):
            cell["source"] = _disarmed(own) if cell["cell_type"] == "markdown" else own
        elif own.strip() != (_source(cell) or "").strip():
            remarks.append(f"The given cell '{name}' had been changed and was restored.")
        result["cells"] += [cell, *extra.get(name, [])]
    return result, remarks


def identity(cell):
    """The name that the problem set gave to a cell, or None."""
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    own = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = own.get("grade_id") if isinstance(own, dict) else None
    return name if isinstance(name, str) else None


def is_answer(cell):
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def is_test(cell):
    own = cell["metadata"].get("nbgrader", {})
    return bool(own.get("grade") and not own.get("solution"))


def _source(cell):
    """A cell's text, or None if it is not a cell."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    return source.encode("utf-8", "replace").decode("utf-8")


def _disarmed(text):
    """A text for a markdown cell: a tag would run in the browser of who reads it; "a<b" in a formula stays."""
    return re.sub(r"<(?=[A-Za-z/!?])", "< ", text)


def _changed_type(cell, kind):
    """A remark if a cell that the problem set gave came back as another kind of cell."""
    if cell["cell_type"] == kind:
        return []
    return [f"The cell '{identity(cell)}' had been made a {cell['cell_type']} cell; it was taken as the {kind} cell "
            "that it was."]


def _new_cell(kind, source):
    if kind == "markdown":
        return {"cell_type": kind, "metadata": {}, "source": _disarmed(source)}
    return {"cell_type": kind, "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def _notebooks(folder):
    """The notebooks in a student's folder; links are not followed, checkpoints not counted."""
    found = []
    for place, folders, files in os.walk(folder, followlinks=False):
        deep = len(Path(place).relative_to(folder).parts) >= DEEPEST
        folders[:] = [] if deep else [name for name in sorted(folders) if not name.startswith(".")][:100]
        found += [Path(place) / name for name in sorted(files)[:1000] if name.endswith(".ipynb")]
        if len(found) > 100:
            break
    return found


def _choose(paths, name, released):
    """The notebook that is meant, and a remark if it had another name than it should."""
    exact = [path for path in paths if path.name == f"{name}.ipynb"]
    if len(exact) == 1:
        return exact[0], []
    usable, complaints = [], []
    for path in exact or paths:
        try:
            rebuild(read(path), released)
            usable.append(path)
        except Unusable as complaint:
            complaints.append(str(complaint))
    if len(usable) == 1:
        return usable[0], [f"The file was named {usable[0].name[:80]!r} instead of '{name}.ipynb'; it was graded all "
                           "the same."]
    if usable:
        raise Unusable(f"{len(usable)} notebooks were handed in and none alone is named '{name}.ipynb'; it is unclear "
                       "which is meant")
    raise Unusable(complaints[0] if len(complaints) == 1 else f"no notebook '{name}.ipynb' was handed in")
