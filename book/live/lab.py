"""JupyterLite beside the book, in a folder of its own: chapters and problem sets as notebooks that run in the browser.

It shares the book's runtime, asks no other host, and keeps what a reader writes in the browser. Its pages need a looser
policy than the book's (JupyterLab compiles schemas), so the book's is not put into them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from book.live import fetch, pages
from book.site.chapters import stored
from book.site.plain import plain, with_equation_numbers
from book.site.settings import ROOT

PACKAGES = ("ssl", "sqlite3", "ipykernel", "comm", "pyodide_kernel", "jedi", "ipython", "ipywidgets")
"""What the kernel asks for when it starts, and what sliders need; from the lock, so that nothing is installed."""
TOOLS = ("jupyterlite", "doit", "pkginfo", "cloudpickle", "jupyterlab")
ABOUT = ("> This chapter runs in your browser, and your changes are kept there. Download it (File, Download) to have\n"
         "> them elsewhere; *Start afresh*, above, opens the book's copy again.")
BACK = Path(__file__).parent / "static" / "lab" / "back.js"
SETTINGS = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
            "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


class Unbuilt(Exception):
    """JupyterLite, or what it is to show, could not be made."""


def build(site):
    """Write JupyterLite into the folder `lab` of a live site."""
    with tempfile.TemporaryDirectory() as temporary:
        work, tools = Path(temporary), fetch.CACHE / "tools"
        install(tools)
        for document, path in pages.live_chapters(site).items():
            write(led_by(ABOUT, plain(stored(path), path)), work / "files" / f"{document}.ipynb")
        problem_sets(work / "course", work / "files" / "problem_sets")
        (work / "jupyter-lite.json").write_text(json.dumps(configuration()), "utf-8")
        (work / "build.json").write_text(json.dumps({"FederatedExtensionAddon": {
            "extra_labextensions_path": [str(tools / "share" / "jupyter" / "labextensions")]}}), "utf-8")
        (work / "overrides.json").write_text(json.dumps(SETTINGS), "utf-8")
        options = ["--lite-dir", work, "--contents", work / "files", "--output-dir", work / "site",
                   "--ignore-sys-prefix", "--apps", "notebooks", "--apps", "lab", "--apps", "tree", "--no-sourcemaps",
                   "--no-unused-shared-packages", "--config", work / "build.json"]
        run([sys.executable, "-m", "jupyterlite_core", "build", *map(str, options)], work, tools)
        shutil.copytree(work / "site", site / "lab")
    shutil.copy(BACK, site / "lab")
    for page in (site / "lab" / app / "index.html" for app in ("notebooks", "lab")):
        script = '<script type="module" src="../back.js"></script></body>'
        page.write_text(page.read_text("utf-8").replace("</body>", script, 1), "utf-8")


def run(command, folder, path):
    """Call a program; what it says is told only if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(path)})
    if done.returncode:
        raise Unbuilt(f"{' '.join(map(str, command[1:4]))} failed: {done.stderr.strip()[-500:]}")


def problem_sets(course, folder):
    """The problem sets as students get them: the coursework's release, without solutions and hidden checks."""
    coursework = ROOT / "coursework"
    python = coursework / ".venv" / "bin" / "python"
    if not python.is_file():
        raise Unbuilt("the students' versions of the problem sets are made by nbgrader. Install it first:   "
                      "make -C coursework env")
    sets = sorted(path.stem for path in (coursework / "problem_sets").glob("*/*.ipynb"))
    run([python, "-m", "grading", "--course", str(course), "release", *sets], coursework, ROOT)
    folder.mkdir(parents=True)
    for name in sets:
        shutil.copy(course / "release" / name / f"{name}.ipynb", folder)


def install(folder):
    """The packages that build JupyterLite, from the verified wheels, in a folder apart from the book's environment."""
    wheels = [path for name, path in fetch.index().items() if name.startswith(TOOLS)]
    done = folder / "done"
    if done.is_file() and done.read_text("utf-8") == "\n".join(map(str, wheels)):
        return
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--no-index", "--target", str(folder), *map(str, wheels)], check=True)
    done.write_text("\n".join(map(str, wheels)), "utf-8")


def configuration():
    """What JupyterLite is told: Python comes from the folder beside it, and nothing from anywhere else."""
    kernel = {"pyodideUrl": "./../live/pyodide.js", "disablePyPIFallback": True,
              "loadPyodideOptions": {"packages": list(PACKAGES)}}
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": {
        "appName": "How linear recurrent networks learn", "disabledExtensions": [],
        "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel}}}


def write(notebook, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def led_by(text, notebook):
    """A notebook without outputs and with a first cell of text; captions in its code name equations by number."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count, cell.source = [], None, with_equation_numbers(cell.source)
    notebook.metadata.kernelspec = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text, id="about"))
    return notebook
