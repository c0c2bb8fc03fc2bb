"""Everything that was ever handed in, each attempt once, with its time. Collecting adds to it and removes nothing.

    attempts/<set>/<student>/<fingerprint>/   about.json, notebook.json, scan-1.jpg, ...

An attempt is known by what is in it, so a batch may be collected again, in any order with others, and the state is the
same. What comes twice counts from the first time.
"""

import base64
import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Attempt:
    """One attempt; `about` holds its time, the person's names, remarks, scans and, if it cannot be graded, why."""

    student: str
    fingerprint: str
    folder: Path
    about: dict

    @property
    def key(self):
        return f"{self.student}/{self.fingerprint}"

    @property
    def time(self):
        return datetime.fromisoformat(self.about["time"])

    @property
    def notebook(self):
        """The student's notebook as it was read, or None."""
        path = self.folder / "notebook.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    @property
    def scans(self):
        """What came beside the notebook, with the data of pictures in base64."""
        return [scan | {"data": base64.b64encode((self.folder / scan["file"]).read_bytes()).decode()}
                if scan["type"] != "application/pdf" else scan for scan in self.about["scans"]]


def add(root, name, student, taken, about):
    """Keep what `reading.take` found. Returns whether it is new. Of two reports of one attempt the earlier stays."""
    content = [taken["notebook"], taken["problem"], taken["scans"]]
    folder = Path(root) / "attempts" / name / student / digest(content)
    scans = [{"name": scan["name"], "type": scan["type"], "file": f"scan-{n}.{scan['type'].split('/')[1]}"}
             for n, scan in enumerate(taken["scans"], start=1)]
    about = about | {"problem": taken["problem"], "remarks": taken["remarks"], "scans": scans}
    known = _read(folder)
    if known:
        write(folder / "about.json", min(known, about, key=_order))
        return False
    partial = folder.with_name(f".{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    for scan, given in zip(scans, taken["scans"]):
        partial.mkdir(parents=True, exist_ok=True)
        (partial / scan["file"]).write_bytes(base64.b64decode(given["data"]))
    if taken["notebook"]:
        write(partial / "notebook.json", taken["notebook"])
    write(partial / "about.json", about)
    partial.rename(folder)
    return True


def students(root, name):
    """Everyone who handed in something for this problem set."""
    return sorted(path.name for path in (Path(root) / "attempts" / name).glob("[!.]*") if path.is_dir())


def of(root, name, student):
    """A student's attempts, the earliest first."""
    folders = (Path(root) / "attempts" / name / student).glob("[!.]*")
    found = [Attempt(student, folder.name, folder, about) for folder in folders if (about := _read(folder))]
    return sorted(found, key=lambda attempt: (attempt.time, attempt.fingerprint))


def candidates(attempts, rule):
    """Of attempts, the earliest first, those that may count: one, or for the best all that can be graded."""
    usable = [attempt for attempt in attempts if not attempt.about["problem"]] or attempts
    return {"last": usable[-1:], "first": usable[:1], "best": usable}[rule]


def digest(data):
    """A fingerprint of what can be written as JSON."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def write(path, data):
    """JSON into a file, which is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(json.dumps(data, indent=1, ensure_ascii=False), "utf-8", errors="replace")
    partial.replace(path)


def _read(folder):
    path = folder / "about.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def _order(about):
    return about["time"], json.dumps(about, sort_keys=True)
