"""The folder that a page loads Python from: Pyodide, its wheels, and a wheel of this very checkout.

Pyodide's lock is cut to what is there, and names the wheels that come from elsewhere like its own: a page then loads
what a cell imports, and asks nothing else for anything.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from book.live import fetch, pins
from book.site.settings import ROOT

IN_PAGES = ("numpy", "scipy", "matplotlib", "pillow", "tqdm")
"""What the package needs in a page; IPython and widgets are for JupyterLite."""


def assemble(folder, source=None):
    """Fill a folder with the runtime."""
    folder.mkdir(parents=True, exist_ok=True)
    official, index = fetch.official(source), fetch.index()
    wheels = [own_wheel(), *(path for name, path in index.items() if goes_to_browser(name)),
              *kernel_wheels(next(path for name, path in index.items() if name.startswith("jupyterlite_pyodide")))]
    for path in (*official.values(), *wheels):
        shutil.copy(path, folder)
    lock = {key: pins.read()["official"][key] for key in ("info", "packages")}
    lock["packages"] |= dict(map(entry, wheels))
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")


def goes_to_browser(name):
    return name.startswith(("tqdm", "comm", "ipywidgets"))


def own_wheel():
    """The package of this checkout as a wheel; the same bytes for the same files."""
    target = fetch.CACHE / "own"
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as copy:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        shutil.copytree(ROOT / "lrnn_helpers", Path(copy, "lrnn_helpers"), ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
                   "--no-index", "--no-build-isolation", "--wheel-dir", str(target), copy]
        subprocess.run(command, check=True, env=os.environ | {"SOURCE_DATE_EPOCH": "315532800"})
    [wheel] = target.glob("*.whl")
    return wheel


def kernel_wheels(package):
    """The wheels that JupyterLite's kernel installs when it starts; in the lock, it finds them there already."""
    target = fetch.CACHE / "kernel"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            if "/pypi/" in name and name.endswith(".whl") and "-3.6." not in name:
                (target / Path(name).name).write_bytes(archive.read(name))
    return sorted(target.glob("*.whl"))


def entry(wheel):
    """A wheel's name and what Pyodide's lock says of it."""
    distribution, version = wheel.name.split("-")[:2]
    name = distribution.lower().replace("_", "-")
    depends = {"lrnn-helpers": IN_PAGES, "ipywidgets": ("comm", "widgetsnbextension", "ipython")}.get(name, ())
    return name, {"name": name, "version": version, "file_name": wheel.name, "install_dir": "site",
                  "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(), "package_type": "package",
                  "imports": [distribution], "depends": list(depends), "unvendored_tests": False}
