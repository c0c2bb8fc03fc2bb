"""That the cells which a slider is said to need draw the picture that its page shows: `python -m book.live.proof page`.

Each slider's slice runs in a fresh process. Its first picture must be, byte for byte, the first frame that was drawn
when the whole chapter was executed. On the way it is tried which sliders draw between their values too.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from book.live import fetch, inside, slices
from book.site.cache import holds, opened, record_of
from book.site.chapters import address
from book.site.fingerprints import fingerprint
from book.site.loading import FRAMES
from book.site.settings import ROOT, environment


class Unproven(Exception):
    """A slice does not draw what the page shows."""


def proven(path):
    """What is known of the sliders of a chapter that was executed.

    {number of a cell with a slider: {argument: whether it draws between its values}}, and {number of a cell that a
    slider needs: seconds of computing on this machine}.

    What was proven before holds until the chapter, the package or this code changes. Unproven if a picture differs.
    """
    notebook = nbformat.read(path, as_version=4)
    shown = first_frames(path, notebook)
    own = [Path(module.__file__).read_text("utf-8") for module in (slices, inside, sys.modules[__name__])]
    key = hashlib.sha256(json.dumps([code(notebook), fingerprint(path, notebook), shown, own]).encode()).hexdigest()
    kept = fetch.CACHE / "proofs" / f"{address(path).replace('/', '-')}.json"
    known = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    if known.get("key") != key:
        found = {number: prove(path, number, frame) for number, frame in shown.items()}
        known = {"key": key, "free": {number: result["free"] for number, result in found.items()},
                 "seconds": {cell: seconds for result in found.values() for cell, seconds in result["seconds"].items()}}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(known), "utf-8")
    return known["free"], known["seconds"]


def code(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def first_frames(path, notebook):
    """{number of a cell: address of the first frame of its slider}, as the chapter's execution drew them."""
    with opened() as cache:
        if not holds(cache, path):
            raise Unproven(f"{address(path)} has changed since the book was built. Build it again:   make book")
        record = record_of(cache, notebook)
        cells = [cell for cell in cache.get_cache_bundle(record.pk).nb.cells if cell.cell_type == "code"]
    found = {}
    for number, cell in enumerate(cells):
        for output in cell.outputs:
            if frames := FRAMES.search(output.get("data", {}).get("text/html", "")):
                found[str(number)] = json.loads(frames[1])[0]["src"]
    return found


def prove(path, number, shown):
    """What `try_out` finds in a process that runs nothing but a slider's slice."""
    command = [sys.executable, "-m", "book.live.proof", str(path), number]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, encoding="utf-8",
                          env=os.environ | environment("still") | {"PYTHONPATH": str(ROOT)})
    if done.returncode:
        raise Unproven(f"{address(path)}, cell {number}: {done.stderr.strip().rpartition(chr(10))[2]}")
    result = json.loads(done.stdout.splitlines()[-1])
    if result["first"] != shown:
        raise Unproven(f"{address(path)}, cell {number}: the cells that its slider needs by name do not draw the "
                       "page's picture. Does a cell change something whose name the slider does not use?")
    return result


def try_out(path, number):
    """The first frame of a slider whose slice alone has run, which of its arguments draw between their values, and the
    seconds of computing of each cell."""
    sources, told, seconds = code(nbformat.read(path, as_version=4)), [], {}
    inside.prepare(told.append)
    for needed in [*slices.needs(sources)[number], number]:
        start = time.process_time()
        inside.run(sources[needed], "proof", f"cell {needed}")
        seconds[str(needed)] = round(time.process_time() - start, 1)
    if errors := [f"{output['name']}: {output['text']}" for output in told if output["kind"] == "error"]:
        sys.exit(errors[0])
    slider = next(output for output in told if output["kind"] == "slider")
    first = re.search(r'src="([^"]*)"', inside.sliders[slider["number"]][-1])[1]
    start = {axis["name"]: [axis["start"]] for axis in slider["axes"]}
    free = {axis["name"]: bool(axis["numbers"]) and "<img" in inside.draw(
        slider["number"], start | {axis["name"]: sum(axis["numbers"][:2]) / 2}) for axis in slider["axes"]}
    return {"first": first, "free": free, "seconds": seconds}


if __name__ == "__main__":
    print(json.dumps(try_out(Path(sys.argv[1]), int(sys.argv[2]))))
