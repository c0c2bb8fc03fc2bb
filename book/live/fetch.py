"""The files that `pins.json` names, each verified, in the folder `.live`, which outlives builds.

An official file is taken from the cache, else from `source`, the archive or folder of the official release or the
address of that archive, else from the wheel that carries it. Whatever its way, its sha256 decides.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from pathlib import Path

from book.live import pins
from book.site.settings import ROOT

CACHE = Path(os.environ.get("BOOK_LIVE_CACHE", ROOT / ".live"))


class Mismatch(Exception):
    """A file is not the one that was pinned, or cannot be had."""


def official(source=None):
    """{name: path} of Pyodide's own files, verified."""
    wanted, folder = pins.files(), CACHE / "pyodide"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name in wanted if not (folder / name).is_file()]
    if missing:
        give = from_release if source else from_mirror
        give(missing, folder, source)
    return {name: verified(folder / name, sha256) for name, sha256 in wanted.items()}


def index():
    """{name: path} of the wheels of the Python package index, verified; the one that only carries others left out."""
    wanted = pins.read()["index"]
    carrier = pins.read()["mirror"]["wheel"]
    return {name: from_index(name, pin) for name, pin in wanted.items() if name != carrier}


def from_index(name, pin):
    """A wheel of the package index, which pip knows how to reach."""
    path = CACHE / "index" / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                   "--only-binary=:all:", "--dest", str(path.parent), pin["requirement"]]
        done = subprocess.run(command, capture_output=True, text=True)
        if not path.is_file():
            raise Mismatch(f"{name} could not be fetched. Is this machine connected to the network? pip says: "
                           f"{done.stderr.strip().rpartition(chr(10))[2] or 'nothing'}")
    return verified(path, pin["sha256"])


def from_mirror(names, folder, _source):
    mirror = pins.read()["mirror"]
    with zipfile.ZipFile(from_index(mirror["wheel"], pins.read()["index"][mirror["wheel"]])) as wheel:
        for name in names:
            put(folder / name, wheel.read(f"{mirror['folder']}/{name}"))


def from_release(names, folder, source):
    """Files of an official release: a folder, an archive, or the address of an archive."""
    if "://" in str(source):
        with tempfile.TemporaryDirectory() as temporary:
            archive = Path(temporary, "release")
            urllib.request.urlretrieve(source, archive)
            return from_release(names, folder, archive)
    source = Path(source)
    if source.is_dir():
        found = {path.name: path for path in source.rglob("*") if path.name in names}
        contents = {name: path.read_bytes() for name, path in found.items()}
    elif source.is_file():
        with tarfile.open(source) as archive:
            contents = {Path(member.name).name: archive.extractfile(member).read() for member in archive
                        if Path(member.name).name in names}
    else:
        raise Mismatch(f"SOURCE must be a folder, an archive or its address, but {source} is none of these")
    if lacking := sorted(set(names) - set(contents)):
        raise Mismatch(f"{source} has no {', '.join(lacking)}: is it the release {pins.read()['official']['package']}?")
    for name, content in contents.items():
        put(folder / name, content)


def put(path, content):
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def verified(path, sha256):
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise Mismatch(f"{path} is not the file that book/live/pins.json names: its sha256 is {found}, "
                       f"not {sha256}. Delete it and call make live again.")
    return path
