"""From the files of one hand-in to what is kept of it: the notebook that is meant, without outputs, and scans.

All of it happens in a child process of limited memory (`guard`). Nothing is executed.
"""

import base64
import io
import json
import re
import zipfile

from grading import pictures
from grading.inbox import NOTEBOOK, File, Unusable, members
from grading.submissions import MOST_CELLS, changed, identity, rebuild

LARGEST_FILE, LARGEST_IN_ALL = 100 * 2**20, 300 * 2**20
LARGEST_TEXT = 400_000
SCAN = re.compile(r"\.(png|jpe?g|pdf|heic|heif|tiff?|gif|bmp|webp)$", re.IGNORECASE)


def take(files, name, releases, zone, owner=""):
    """The notebook (or why there is none), its scans and remarks: {"notebook", "problem", "scans", "remarks"}.

    `releases` are the released notebooks, the present one first. A file may be named after the set or its owner.
    """
    remarks, budget = [], [LARGEST_IN_ALL]
    files = list(_with_unpacked(files, zone, budget, remarks))
    scans = _scans(files, remarks)
    try:
        notebook, more = _choose([file for file in files if _is_notebook(file)], name, releases, owner)
        problem = ""
    except Unusable as reason:
        notebook, more, problem = None, [], str(reason)
    return {"notebook": notebook, "problem": problem, "scans": scans, "remarks": remarks + more}


def read(file):
    """A file's notebook without outputs, its pictures written anew. Unusable with the reason if it is none."""
    content = file.read(LARGEST_FILE)
    try:
        notebook = json.loads(content)  # bytes: so that UTF-16 and marks of byte order are understood
    except (ValueError, RecursionError) as error:
        raise Unusable("the file is not a notebook, because it is not valid JSON "
                       f"({str(error)[:100]}); it may have been cut off, or merged") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        raise Unusable("the file is not a notebook of format 4; open it in JupyterLab and save it again")
    if len(notebook["cells"]) > MOST_CELLS:
        raise Unusable(f"the notebook has more than {MOST_CELLS} cells")
    cells = [_bare(cell) for cell in notebook["cells"]]
    if len(json.dumps([{**cell, "attachments": 0} if isinstance(cell, dict) else cell for cell in cells])) > \
            2 * LARGEST_TEXT:
        raise Unusable("the notebook's text is too long")
    return {"nbformat": 4, "cells": cells}


def _bare(cell):
    """Of a cell what is needed later: type, identity, text and pictures."""
    if not isinstance(cell, dict):
        return None
    bare = {key: cell[key] for key in ("cell_type", "source") if key in cell}
    bare["metadata"] = {"nbgrader": {"grade_id": identity(cell)}} if identity(cell) else {}
    if isinstance(cell.get("id"), str):
        bare["id"] = cell["id"][:64]
    if attachments := pictures.clean_attachments(cell.get("attachments")):
        bare["attachments"] = attachments
    return bare


def _choose(files, name, releases, owner):
    """The notebook that is meant, and a remark if that was not plain."""
    usable, complaints = [], []
    for file in files[:20]:
        try:
            notebook = read(file)
            rebuild(notebook, releases[0])
            usable.append((file, notebook))
        except Unusable as complaint:
            complaints.append(str(complaint))
    if not usable:
        if len(complaints) == 1:
            raise Unusable(complaints[0])
        raise Unusable(f"no notebook '{name}.ipynb' was handed in" if not complaints else
                       f"none of {len(complaints)} files is this problem set: {complaints[0]}")
    if len(usable) > 1:
        return _choose_among(usable, name, releases)
    file, notebook = usable[0]
    named = file.name in (f"{name}.ipynb", f"{owner}.ipynb")
    return notebook, [] if named else [f"The file was named {file.name[:80]!r} instead of '{name}.ipynb'; it was "
                                       "graded all the same."]


def _choose_among(usable, name, releases):
    """Of several notebooks the one that was worked on; if that is more than one, the one of the right name."""
    worked = [(file, notebook) for file, notebook in usable if changed(notebook, releases)] or usable[:1]
    different = {json.dumps(notebook["cells"], sort_keys=True): (file, notebook) for file, notebook in reversed(worked)}
    exact = [(file, notebook) for file, notebook in different.values() if file.name == f"{name}.ipynb"]
    if len(different) > 1 and len(exact) != 1:
        raise Unusable(f"{len(different)} notebooks with different answers were handed in and none alone is named "
                       f"'{name}.ipynb'; it is unclear which is meant")
    file, notebook = exact[0] if exact else next(iter(different.values()))
    why = "the only one with answers" if len(different) == 1 and len(worked) < len(usable) else \
        "the others are the same" if len(different) == 1 else "the one with the right name"
    return notebook, [f"{len(usable)} notebooks were handed in; {file.path[:80]!r} was graded, {why}."]


def _is_notebook(file):
    return bool(NOTEBOOK.search(file.name) or file.name.lower().endswith(".json"))


def _with_unpacked(files, zone, budget, remarks):
    """The files, and in the place of a zip archive the files in it."""
    for file in files:
        if not file.name.lower().endswith(".zip"):
            yield file
            continue
        try:
            archive = zipfile.ZipFile(io.BytesIO(file.read(LARGEST_FILE)))
            for inner in list(members(archive, zone))[:100]:
                yield File(inner.path, inner.time, _within(budget, inner))
        except (zipfile.BadZipFile, Unusable, ValueError, OSError) as error:
            remarks.append(f"The archive {file.name[:80]!r} could not be opened ({str(error)[:80]}).")


def _within(budget, file):
    def read(limit):
        content = file.read(min(limit, budget[0]))
        budget[0] -= len(content)
        return content
    return read


def _scans(files, remarks):
    """Pictures and PDFs that lie beside the notebook: [{"name", "type", "data" (base64)}]."""
    scans = []
    for file in (file for file in files if SCAN.search(file.name)):
        try:
            if len(scans) == pictures.MOST:
                raise ValueError(f"more than {pictures.MOST} were handed in")
            kind, data = pictures.clean(file.read(pictures.LARGEST))
        except (ValueError, Unusable) as error:
            reason = "hand in pictures as JPEG or PNG" if re.search(r"\.hei[cf]$", file.name, re.I) else str(error)
            remarks.append(f"The scan {pictures.words(file.name)!r} is missing here: {reason}.")
            continue
        scans.append({"name": pictures.words(file.name), "type": kind, "data": base64.b64encode(data).decode()})
    return scans
