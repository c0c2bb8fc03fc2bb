"""A chapter opened in JupyterLab: looked at and saved it stays as it was; it runs, and its slider moves."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from book.site.settings import environment as inherited
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address and token of a JupyterLab that holds a copy of one chapter, and nothing of the user's settings."""
    home = tmp_path_factory.mktemp("lab")
    for name in ("linear_rnn.ipynb", "untouched.ipynb"):
        shutil.copy(ROOT / "book" / "foundations" / "linear_rnn.ipynb", home / name)
    settings = home / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    environment = {key: value for key, value in os.environ.items() if key not in inherited("still")}
    environment |= {"JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
                    "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    options = ["--no-browser", f"--port={port}", "--ip=127.0.0.1", f"--IdentityProvider.token={token}", "--allow-root",
               f"--ServerApp.root_dir={home}", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
               "--LabApp.news_url=None", "--LabApp.extension_manager=readonly"]
    command = [sys.executable, "-m", "book.site.lab", *options]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
    try:
        address = f"http://127.0.0.1:{port}/"
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}api/status?token={token}", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail("JupyterLab did not start:\n" + (home / "log").read_text()[-2000:])
        yield address, token, home
    finally:
        process.terminate()
        process.wait(20)


def test_a_chapter_runs_and_its_slider_redraws(browser, lab):
    address, token, _ = lab
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    foreign = []
    own = (address, address.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda request: request.url.startswith(own) or foreign.append(request.url))
    page.goto(f"{address}lab/workspaces/run/tree/linear_rnn.ipynb?token={token}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    slider = page.locator(".widget-slider .noUi-handle").first
    slider.wait_for(timeout=90_000)
    picture = page.locator(".jp-OutputArea .widget-html img").first
    picture.wait_for(timeout=30_000)
    before, words = picture.get_attribute("src"), picture.get_attribute("alt")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.widget-html img').getAttribute('src') !== before",
                           arg=before, timeout=20_000)
    assert picture.get_attribute("alt") != words
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last
    page.wait_for_function("prompt => /\\[\\d+\\]/.test(prompt.textContent)", arg=last.element_handle(), timeout=90_000)
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.locator("p.claim").count() >= 10
    assert foreign == []
    page.close()


def test_a_chapter_that_is_only_looked_at_stays_as_it_was(browser, lab):
    """Opening does not make it dirty, saving changes no byte, and citations and links read as text."""
    address, token, home = lab
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}lab/workspaces/look/tree/untouched.ipynb?token={token}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    assert page.locator(".lm-TabBar-tab.jp-mod-dirty").count() == 0
    before = (home / "untouched.ipynb").stat().st_mtime_ns
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Save Notebook(?! As)")).click()
    for _ in range(50):
        if (home / "untouched.ipynb").stat().st_mtime_ns != before:
            break
        page.wait_for_timeout(200)
    assert (home / "untouched.ipynb").stat().st_mtime_ns != before
    assert (home / "untouched.ipynb").read_bytes() == (ROOT / "book/foundations/linear_rnn.ipynb").read_bytes()
    text = page.locator(".jp-Notebook").inner_text()
    assert "Kailath (1980)" in text and "kailath1980" not in text
    page.close()


def test_references_to_figures_read_as_numbers_and_are_stored_as_they_were(monkeypatch):
    from book.site import lab, plain
    monkeypatch.setattr(plain, "figures", lambda: {"fig-ab-one": "Figure 2.1"})
    output = {"data": {"text/markdown": "As in {numref}`fig-ab-one`."}, "metadata": {"caption": "fig-ab-one"}}
    cells = [{"cell_type": "markdown", "source": "See {numref}`fig-ab-one` and {numref}`fig-un-known`."},
             {"cell_type": "code", "source": "", "outputs": [output]}]
    notebook = {"cells": cells}
    before = json.dumps(notebook)
    lab.refer(notebook, lab.shown, lab.number)
    assert cells[0]["source"] == "See [Figure 2.1](#fig-ab-one) and {numref}`fig-un-known`."
    assert output["data"]["text/markdown"] == "**Figure 2.1.** As in [Figure 2.1](#fig-ab-one)."
    lab.refer(notebook, lab.stored, lab.unnumber)
    assert json.dumps(notebook) == before


PROBE = """from lrnn_helpers.page import explore, plots
def draw(height=3):
    figure, axes = plots.panels()
    axes.plot([0, 1 / (height - 2)])
    print("drawn", height)
    return figure, "A line from zero to the inverse of the height less two."
explore.explore(draw, height=[3, 2, 1])"""


def test_a_live_slider_says_what_went_wrong_and_that_its_kernel_is_gone(browser, lab):
    address, token, home = lab
    cell = {"cell_type": "code", "id": "probe", "metadata": {}, "execution_count": None, "outputs": [],
            "source": PROBE}
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    (home / "probe.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4,
                                                  "nbformat_minor": 5}))
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}lab/workspaces/probe/tree/probe.ipynb?token={token}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    shown, gone = page.locator(".widget-html"), page.locator(".widget-html .lrnn-gone")
    shown.locator("img").wait_for(timeout=90_000)
    assert not gone.is_visible()
    page.locator(".widget-slider .noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    shown.get_by_text("ZeroDivisionError: division by zero (line 4 of draw)").wait_for(timeout=20_000)
    assert shown.locator("img").count() == 0
    page.keyboard.press("ArrowRight")
    shown.get_by_text("drawn 1").wait_for(timeout=20_000)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
    page.locator(".jp-Dialog .jp-mod-warn").click()
    gone.wait_for(timeout=60_000)
    assert "run the cell again" in gone.inner_text() and not shown.locator("img").is_visible()
    page.get_by_text("| Idle").wait_for(timeout=60_000)  # a server that is told to end while it restarts a kernel hangs
    page.wait_for_timeout(2000)
    page.close()
