"""The built pages with what makes them live: a script, and beside them each chapter's cells with what they need.

Nothing else on a page changes; the script adds its buttons, and fetches nothing until one of them is pressed.
"""

import hashlib
import json
import re
import shutil
import zipfile
from pathlib import Path

from book.live import fetch, inside, pins, proof, runtime, slices
from book.site import claim_table
from book.site.chapters import address, chapters, outputs, reads_other_files, stored

HERE = Path(__file__).parent
SECONDS = HERE / "seconds.json"
"""Seconds that slow cells take in a browser, by the hash of their code; `tests/live/chapters.py` can write it."""
SLOWER = 4
"""How much longer a cell takes in a browser than here, where that has not been measured."""
CELL = re.compile(r'<div class="cell(?: [\w-]+)* docutils container">')


class Unfit(Exception):
    """A page does not show the cells of its chapter."""


def live_chapters(site):
    """{document: path} of the chapters that run by themselves and are part of a built site."""
    found = {address(path).removesuffix(".ipynb"): path for path in chapters() if not reads_other_files(path)}
    return {document: path for document, path in found.items() if (site / f"{document}.html").is_file()}


def enliven(site):
    """Make the chapters of a site live, which has its runtime in the folder `live`."""
    folder = site / "live"
    for file in (HERE / "static").glob("*.*"):
        shutil.copy(file, folder)
    with zipfile.ZipFile(folder / "page.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for module in (inside, slices, claim_table):
            archive.writestr(zipfile.ZipInfo(Path(module.__file__).name), Path(module.__file__).read_bytes())
    for document, path in live_chapters(site).items():
        data = folder / "pages" / f"{document}.json"
        data.parent.mkdir(parents=True, exist_ok=True)
        known = about(path)
        data.write_text(json.dumps(known), "utf-8")
        page = site / f"{document}.html"
        page.write_text(with_script(page.read_text("utf-8"), document, known), "utf-8")


def about(path):
    """What a live page must know of its chapter."""
    sources, known = proof.code(stored(path)), json.loads(SECONDS.read_text("utf-8"))
    captions = {output.metadata.caption: output.data["text/markdown"] for output in outputs(path)
                if "caption" in output.get("metadata", {})}
    free, native = proof.proven(path)
    cells = [{"source": source, "needs": needed,
              "seconds": known.get(digest(source), SLOWER * native.get(str(number), 0))}
             for number, (source, needed) in enumerate(zip(sources, slices.needs(sources), strict=True))]
    loaded = packages("\n".join(sources))
    return {"cells": cells, "free": free, "captions": captions, "packages": loaded,
            "megabytes": size(loaded)}


def digest(source):
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def packages(source):
    """What a page loads: the package of this book, with what it needs, and what else its cells import."""
    imported = set(re.findall(r"^\s*(?:import|from)\s+(\w+)", source, re.MULTILINE))
    official = pins.read()["official"]["packages"]
    return ["lrnn-helpers", *(name for name, package in official.items() if imported & set(package["imports"]))]


def size(names):
    """The megabytes that a page fetches the first time."""
    official = pins.read()["official"]
    loaded = pins.needed(official["packages"], {*runtime.IN_PAGES, *names} & set(official["packages"]))
    files = [*official["core"], *(package["file_name"] for package in loaded.values())]
    return round(sum((fetch.CACHE / "pyodide" / name).stat().st_size for name in files if name != "pyodide.mjs") / 1e6)


def with_script(text, document, known):
    """A page with its script; known: what `about` says of its chapter."""
    shown, cells = len(CELL.findall(text)), len(known["cells"])
    if shown != cells:
        raise Unfit(f"{document} shows {shown} cells, but its chapter has {cells}: build the book again")
    up = "../" * document.count("/")
    script = (f'<link rel="stylesheet" href="{up}live/page.css">'
              f'<script defer src="{up}live/button.js" data-document="{document}" '
              f'data-megabytes="{known["megabytes"]}"></script>')
    return text.replace("</head>", f"{script}</head>", 1)

