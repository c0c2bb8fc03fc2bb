"""What the runtime is made of is verified, whatever way it came; what is not as pinned stops with a sentence."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile

import pytest

from book.live import fetch, pins, runtime
from tests.conftest import ROOT, missing

FILES = {"pyodide.js": b"first", "numpy-1.whl": b"second"}


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache, and two small files in place of the official ones."""
    monkeypatch.setattr(fetch, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(pins, "files", lambda: {name: hashlib.sha256(content).hexdigest()
                                               for name, content in FILES.items()})
    return tmp_path


def archive(path, files):
    with tarfile.open(path, "w:bz2") as release:
        for name, content in files.items():
            about = tarfile.TarInfo(f"pyodide/{name}")
            about.size = len(content)
            release.addfile(about, io.BytesIO(content))
    return path


def folder(path, files):
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize("kind", [archive, folder])
def test_an_official_release_may_come_as_archive_or_folder_or_from_its_address(cache, kind):
    source = kind(cache / "release", FILES)
    found = fetch.official(source)
    assert {name: path.read_bytes() for name, path in found.items()} == FILES
    source.is_dir() or source.unlink()
    assert fetch.official("nowhere") == found, "what is in the cache is not asked for again"
    if kind is archive:
        shutil.rmtree(fetch.CACHE)
        assert fetch.official(archive(cache / "again", FILES).as_uri()) == found


def test_a_tampered_file_stops_with_a_sentence(cache):
    with pytest.raises(fetch.Mismatch, match=r"pyodide\.js is not the file that book/live/pins\.json names: its sha"):
        fetch.official(folder(cache / "release", FILES | {"pyodide.js": b"first!"}))


def test_a_file_that_is_tampered_with_in_the_cache_stops_too(cache):
    fetch.official(folder(cache / "release", FILES))
    (fetch.CACHE / "pyodide" / "numpy-1.whl").write_bytes(b"sec0nd")
    with pytest.raises(fetch.Mismatch, match=r"numpy-1\.whl is not the file"):
        fetch.official()


@pytest.mark.parametrize(("files", "words"), [({"pyodide.js": b"first"}, "has no numpy"), (None, "none of these")])
def test_a_release_that_is_none_is_refused(cache, files, words):
    source = cache / "release" if files is None else folder(cache / "release", files)
    with pytest.raises(fetch.Mismatch, match=words):
        fetch.official(source)


def test_a_tampered_package_of_the_index_stops_too(cache):
    wheel = fetch.CACHE / "index" / "small-1-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    wheel.write_bytes(b"something else")
    with pytest.raises(fetch.Mismatch, match="small-1"):
        fetch.from_index(wheel.name, {"requirement": "small==1", "sha256": hashlib.sha256(b"small").hexdigest()})


def test_what_is_pinned_is_whole_and_names_no_host():
    official = pins.read()["official"]
    assert pins.needed(official["packages"], pins.ROOTS) == official["packages"]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in pins.files().values())
    assert official["integrity"].startswith("sha512-") and set(official["core"]) == set(pins.CORE)
    assert "://" not in pins.FILE.read_text("utf-8")


def test_pins_are_taken_from_the_official_package(tmp_path, monkeypatch):
    """Here from a small one: the hashes of the core, and of the lock what is needed."""
    monkeypatch.setattr(pins, "CORE", ("pyodide.js",))
    monkeypatch.setattr(pins, "ROOTS", ("numpy",))
    packages = {name: {"file_name": f"{name}.whl", "sha256": "0" * 64, "depends": depends}
                for name, depends in {"numpy": ["open_blas"], "open-blas": [], "torch": []}.items()}
    content = {"pyodide.js": b"first",
               "pyodide-lock.json": json.dumps({"info": {"version": "1.0"}, "packages": packages}).encode()}
    packed = tmp_path / "pyodide-1.0.tgz"
    with tarfile.open(packed, "w:gz") as package:
        for name, data in content.items():
            about = tarfile.TarInfo(f"package/{name}")
            about.size = len(data)
            package.addfile(about, io.BytesIO(data))
    found = pins.official(packed)
    assert found["package"] == "pyodide@1.0" and set(found["packages"]) == {"numpy", "open-blas"}
    assert found["core"] == {"pyodide.js": hashlib.sha256(b"first").hexdigest()}


def test_the_wheel_of_this_checkout_is_the_same_each_time_and_leaves_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(fetch, "CACHE", tmp_path)
    first = runtime.entry(runtime.own_wheel())
    before = {path.name for path in ROOT.iterdir()}
    name, second = runtime.entry(runtime.own_wheel())
    assert first == (name, second) and name == "lrnn-helpers" and second["imports"] == ["lrnn_helpers"]
    assert {path.name for path in ROOT.iterdir()} == before


def test_without_a_built_book_the_command_says_what_to_do(tmp_path):
    code = ("from pathlib import Path\nfrom book.live import build\nbuild.HTML = Path('nowhere')\n"
            "import sys; sys.argv = ['build']\nbuild.main()")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode and "make book" in done.stderr and "Traceback" not in done.stderr


def test_the_lock_of_a_built_runtime_names_what_lies_beside_it():
    from book.site.settings import LIVE
    if not (LIVE / "live" / "pyodide-lock.json").is_file():
        missing("the live site", "make live")
    packages = json.loads((LIVE / "live" / "pyodide-lock.json").read_text("utf-8"))["packages"]
    for package in packages.values():
        content = (LIVE / "live" / package["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == package["sha256"], package["name"]
        assert {name.lower().replace("_", "-") for name in package["depends"]} <= set(packages)
