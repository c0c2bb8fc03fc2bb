"""What an instructor points at: a folder or an archive of hand-ins, listed person by person and not yet opened.

Understood are a folder or file for each student, and the downloads of Moodle
("Ada Lovelace_123456_assignsubmission_file_/work.ipynb") and Canvas ("lovelaceada_LATE_12345_67890_work-1.ipynb"),
as the archive itself or unpacked. Links are not followed, and no path leads out of what was given.
"""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

MOODLE = re.compile(r"(?P<name>.+?)_(?P<lms>\d+)_assignsubmission_(?P<kind>[a-z]+)_?(?P<file>.*)", re.DOTALL)
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<lms>\d+)_\d+_(?P<file>.+)", re.DOTALL)
NOTEBOOK = re.compile(r"\.ipynb(\.json|\.txt)?$", re.IGNORECASE)
DEEPEST, MOST_FILES, MOST_ENTRIES = 8, 300, 20_000
"""Folders in folders, files of one person, and entries of all together, that are looked at."""


class Unusable(Exception):
    """A submission that cannot be graded; the message says why, to the student."""


@dataclass
class File:
    """One file: where it lies in the hand-in, when it was written, and how to get at most so many of its bytes."""

    path: str
    time: datetime | None
    read: Callable

    @property
    def name(self):
        return PurePosixPath(self.path).name


@dataclass
class Entry:
    """What one person handed in. `lms` and `late` are the system's number and its own word on lateness, or empty."""

    name: str
    lms: str = ""
    system: str = ""
    late: bool = False
    files: list = field(default_factory=list)

    @property
    def time(self):
        return max((file.time for file in self.files if file.time), default=None)


def open_inbox(path, names, zone):
    """The entries of a folder or archive, and remarks on what was left out. `names`: those of all problem sets."""
    if not str(path).strip():
        raise ValueError("FROM is empty; it should be a folder of submissions or a zip archive")
    path = Path(path)
    if path.is_file() and zipfile.is_zipfile(path):
        files, left_out = _archived(path, zone)
    elif path.is_dir():
        files, left_out = _on_disk(path)
    else:
        raise ValueError(f"FROM={path} should be a folder of submissions or a zip archive, but is "
                         f"{'another file' if path.exists() else 'not there'}")
    files = _unwrapped(files, path.stem)
    alone = [file.path for file in files if "/" not in file.path and NOTEBOOK.sub("", file.path) in names]
    if alone:
        raise ValueError(f"FROM={path} holds {alone[0]!r} itself, so it is one student's folder; give the folder above "
                         "it, which holds a folder for each student")
    entries = {}
    for file in files:
        entry, inner = _entry(file.path)
        if entry is None:
            left_out.append(f"{file.path!r} {inner}: left out")
            continue
        kept = entries.setdefault((entry.system, entry.name, entry.lms), entry)
        kept.late |= entry.late
        if len(kept.files) < MOST_FILES:
            kept.files.append(File(inner, file.time, file.read))
    for name in _empty(path, entries):
        entries["", name, ""] = Entry(name)
    return list(entries.values()), left_out


def _entry(path):
    """The entry that a path belongs to and the path inside it; or None and why it belongs to none."""
    first, _, rest = path.partition("/")
    if found := MOODLE.fullmatch(first):
        if found["kind"] != "file":
            return None, f"is Moodle's {found['kind']}, not a file that a student handed in"
        return Entry(found["name"], found["lms"], "moodle"), rest or found["file"]
    if not rest and (found := CANVAS.fullmatch(first)):
        name = re.sub(r"-\d+(?=(\.\w+)+$)", "", found["file"])
        return Entry(found["name"], found["lms"], "canvas", late=bool(found["late"])), name
    if rest:
        return Entry(first), rest
    if NOTEBOOK.search(first) or first.lower().endswith(".zip"):
        return Entry(re.sub(r"\.zip$", "", NOTEBOOK.sub("", first), flags=re.IGNORECASE)), first
    return None, "is neither a student's folder nor a notebook"


def _unwrapped(files, packed_as):
    """The files without a folder around all of them: one named like the archive, or around a system's download."""
    tops, inner = {file.path.partition("/")[0] for file in files}, [file.path.partition("/")[2] for file in files]
    if len(tops) != 1 or not all(inner) or MOODLE.fullmatch(*tops):
        return files
    again = packed_as in tops and all("/" in path for path in inner)
    if not again and not all(MOODLE.fullmatch(path.split("/")[0]) or CANVAS.fullmatch(path) for path in inner):
        return files
    return [File(path, file.time, file.read) for path, file in zip(inner, files)]


def _empty(path, entries):
    """The folders of students in which nothing was found."""
    seen = {entry.name for entry in entries.values()}
    return [entry.name for entry in os.scandir(path)
            if entry.is_dir(follow_symlinks=False) and not _hidden(entry.name) and not MOODLE.fullmatch(entry.name)
            and entry.name not in seen] if path.is_dir() else []


def _on_disk(folder):
    """All files under a folder, each student's in a walk of its own that ends early where somebody built a maze."""
    files, left_out = [], []
    for top in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if _hidden(top.name):
            continue
        if top.is_symlink():
            left_out.append(f"{top.name!r} is a link, which is not followed: left out")
            continue
        found, waiting = [], [(top.path, top.name, 0)]
        while waiting and len(found) < MOST_FILES:
            path, inside, depth = waiting.pop(0)
            if not os.path.isdir(path) or os.path.islink(path):
                found.append(File(inside, _written(path), lambda limit, path=path: read_from_disk(path, limit)))
            elif depth < DEEPEST:
                waiting += [(os.path.join(path, name), f"{inside}/{name}", depth + 1)
                            for name in sorted(os.listdir(path))[:MOST_FILES] if not _hidden(name)]
        files += found
    return files, left_out


def read_from_disk(path, limit):
    """The bytes of a regular file; neither links nor pipes are opened."""
    name = Path(path).name
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Unusable(f"the file {name!r} cannot be opened ({error.strerror}); links are not followed") from None
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Unusable(f"{name!r} is not a regular file")
        return _bounded(file, name, limit)


def members(archive, zone):
    """The files in an opened zip archive: no links, no folders, no path that leads out."""
    for member in archive.infolist()[:MOST_ENTRIES]:
        parts = [part for part in member.filename.replace("\\", "/").split("/") if part not in ("", ".")]
        link = stat.S_ISLNK(member.external_attr >> 16)
        if member.is_dir() or not parts or link or ".." in parts or any(map(_hidden, parts)) or len(parts) > DEEPEST:
            continue
        yield File("/".join(parts), _stamped(member, zone),
                   lambda limit, member=member: _unpacked(archive, member, limit))


def _archived(path, zone):
    archive = zipfile.ZipFile(path)  # stays open: its members are read one by one, later
    found = list(members(archive, zone))
    more = len(archive.infolist()) - MOST_ENTRIES
    return found, [f"{more} entries beyond the first {MOST_ENTRIES} of the archive: left out"] if more > 0 else []


def _unpacked(archive, member, limit):
    try:
        with archive.open(member) as file:
            return _bounded(file, member.filename, limit)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError) as error:
        raise Unusable(f"{PurePosixPath(member.filename).name!r} cannot be unpacked ({str(error)[:80]})") from None


def _bounded(file, name, limit):
    content = file.read(limit + 1)
    if len(content) > limit:
        raise Unusable(f"the file {name!r} is larger than {limit // 2**20} MB; clear the outputs and hand it in again")
    return content


def _hidden(name):
    return name.startswith((".", "__MACOSX"))


def _written(path):
    return datetime.fromtimestamp(int(os.lstat(path).st_mtime), UTC)


def _stamped(member, zone):
    """When an archive says that a file was written; archives keep wall-clock time. None if it is no time."""
    try:
        return datetime(*member.date_time, tzinfo=zone).astimezone(UTC) if member.date_time[0] > 1980 else None
    except (ValueError, OverflowError):
        return None
