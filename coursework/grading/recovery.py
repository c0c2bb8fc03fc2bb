"""Which of a student's cells is which. The identity in its metadata decides; where that is lost, or an answer was
split, copied or typed anew, the cell's own id, its text, the function it defines and its place do.
"""

import re
from dataclasses import dataclass, field


@dataclass
class Part:
    """A cell of a student: its type, its text, and the pictures in it, {name: (mime type, base64)}."""

    kind: str
    source: str
    pictures: dict = field(default_factory=dict)


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


def text_of(cell):
    """A cell's text with plain line ends, or None if it is not a cell."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    return source.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def same(source):
    """A text without the differences that editors make by themselves."""
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


def sort_out(cells, released, earlier):
    """The student's cells by the released cell's name, {name: parts}; the others by the name before them; remarks."""
    known = {identity(cell): cell for cell in released}
    former = [cell for release in earlier for cell in release["cells"]]
    texts = {same(cell["source"]): identity(cell) for cell in [*former, *released]
             if not is_answer(cell) and identity(cell) in known and len(cell["source"]) > 30}
    ids = {cell.get("id"): identity(cell) for cell in released}
    certain = {identity(cell) for cell in cells}
    given, extra, remarks, last = {}, {}, [], None
    for cell in cells:
        source = text_of(cell)
        if source is None:
            remarks.append("A cell that was not a valid notebook cell was left out.")
            continue
        name = _name(cell, source, known, ids, texts, certain)
        part = Part(cell["cell_type"], source, cell.get("attachments") or {})
        if name:
            last = name
            given.setdefault(name, []).append(part)
        elif source.strip() and part.kind in ("code", "markdown"):
            extra.setdefault(last, []).append(part)
    return given, extra, remarks


def _name(cell, source, known, ids, texts, certain):
    """Which released cell this one is, or None. Only a name that no cell carries is given to another by a guess."""
    if identity(cell) in known:
        return identity(cell)
    guesses = [ids.get(cell["id"]) if isinstance(cell.get("id"), str) else None, texts.get(same(source))]
    return next((name for name in guesses if name and name not in certain), None)


def recover(given, extra, released, remarks):
    """Put right what happened to answers by accident: join repeated cells, find what was typed into another cell."""
    names = [identity(cell) for cell in released]
    for place, cell in enumerate(released):
        name = names[place]
        if not is_answer(cell):
            continue
        if len(given.get(name, [])) > 1:
            given[name] = _joined(given[name], cell)
            remarks.append(f"The cell '{name}' came twice; " + (
                "its parts were joined in their order." if len(given[name]) > 1 else "the one with an answer was taken."
                if same(given[name][0].source) != same(cell["source"]) else "it is empty."))
        if name in given and same("".join(part.source for part in given[name])) != same(cell["source"]):
            continue
        before = next((other for other in reversed(names[:place]) if other in given), None)
        found = _by_function(cell, extra) or _in_its_place(cell, [before, name], extra)
        if found:
            remarks.append(f"The answer cell '{name}' was {'empty' if name in given else 'missing'}; your answer was "
                           "found in another cell.")
            given[name] = found


def _joined(parts, cell):
    """The parts of a repeated answer without copies, and without those that are as they were released."""
    different = {same(part.source): part for part in reversed(parts)}
    different.pop(same(cell["source"]) if len(different) > 1 else None, None)
    return [part for part in parts if different.get(same(part.source)) is part]


def _by_function(cell, extra):
    """The last of the student's own cells that defines what this answer is to define, taken out of them."""
    wanted = re.findall(r"^def (\w+)", cell["source"], re.MULTILINE) if cell["cell_type"] == "code" else []
    defines = re.compile(rf"^(def (?:{'|'.join(wanted)})\b|(?:{'|'.join(wanted)})\s*=[^=])", re.MULTILINE)
    for parts in reversed(extra.values()) if wanted else ():
        for part in reversed(parts):
            if part.kind == "code" and defines.search(part.source):
                parts[:] = [other for other in parts if other is not part]
                return [part]
    return []


def _in_its_place(cell, places, extra):
    """The student's own cells of this type before or after the answer's place, taken out; not for functions."""
    if re.search(r"^def ", cell["source"], re.MULTILINE):
        return []
    found = [part for place in dict.fromkeys(places) for part in extra.get(place, []) if part.kind == cell["cell_type"]]
    for place in dict.fromkeys(places):
        extra[place] = [part for part in extra.get(place, []) if part not in found]
    return found
