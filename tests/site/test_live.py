"""A chapter opened in JupyterLab, run from top to bottom, and its slider moved."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from book.site.settings import environment as inherited
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address and token of a JupyterLab that holds a copy of one chapter, and nothing of the user's settings."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copy(ROOT / "book" / "foundations" / "linear_rnn.ipynb", home)
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
    command = [Path(sys.executable).with_name("jupyter-lab"), *options]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
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
        yield address, token
    finally:
        process.terminate()
        process.wait(20)


def test_a_chapter_runs_and_its_slider_redraws(browser, lab):
    address, token = lab
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    foreign = []
    own = (address, address.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda request: request.url.startswith(own) or foreign.append(request.url))
    page.goto(f"{address}lab/tree/linear_rnn.ipynb?token={token}")
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
