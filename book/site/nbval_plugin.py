"""What this book asks of nbval, which executes a notebook and compares each cell with what is stored.

pytest loads this plugin by pyproject.toml; it only acts with `pytest --nbval`. What it adds:

- Kernels run in the environment of pytest and draw all frames of a slider, since pages will want them. A chapter stores
  one still in their place; where a figure is stored, a figure must come, and its description is compared.
- The numbers that travel with a claim to the scoreboard are compared as well; how much of its tolerance it used, which
  rounding alters, with slack.
- A cell that was not compared has failed, whatever the reason; how many were compared is said in the end.
- A chapter that holds is kept for the builder: the pages are made of what was proved, without another execution.
"""

import json
import os
import re
from collections import Counter
from functools import partial
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from nbval.plugin import IPyNbCell, NbCellError, nocolors

from book.site import settings
from book.site.cache import keep, opened
from book.site.chapters import address, chapters

COMPARED = "a cell was compared of"
IMAGES = ("image/png", "image/jpeg")
OUTCOMES = pytest.StashKey[list]()
RATIO = re.compile(r"at most \d+ % of the tolerance")
SLACK = 20
"""How many times as much of its tolerance a claim may use as when it was stored. Where only rounding separates measured
from predicted, the kernels of linear algebra sum in different orders, and the worst deviation differs several-fold from
processor to processor, on top of being printed in steps of two; the tolerance itself is enforced by the claim."""


def pytest_configure(config):
    if config.option.nbval:
        config.option.nbval_cell_timeout = settings.CELL_SECONDS
        config.option.nbval_current_env = True
        if counts(config):
            with opened() as cache:  # so that workers find a database
                cache.list_cache_records()


def pytest_itemcollected(item):
    if isinstance(item, IPyNbCell):
        item.compare_outputs, item.colors = partial(compare, item), nocolors
        item.output_timeout = settings.CELL_SECONDS  # on a busy machine five seconds can pass between two messages


def pytest_collection_modifyitems(items):
    """The chapters that take longest come first, so that no worker waits for another in the end."""
    items.sort(key=lambda item: -stated_seconds(item.parent.nb) if isinstance(item, IPyNbCell) else 0)


def stated_seconds(notebook):
    """How long a chapter says that it runs."""
    stated = re.search(r"minutes to read, (\d+) seconds to run", "".join(cell.source for cell in notebook.cells))
    return int(stated[1]) if stated else 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Kernels, which are started here, inherit the book's environment; tests in the same session do not."""
    if not isinstance(item, IPyNbCell):
        return (yield)
    with mock.patch.dict(os.environ, settings.environment("book")):
        return (yield)


def compare(item, new, stored):
    """nbval's comparison of outputs, in the form in which they can be compared."""
    item.user_properties.append((COMPARED, str(item.path)))
    others = tuple(key for key in item.parent.skip_compare if key not in IMAGES)
    return IPyNbCell.compare_outputs(item, [*map(comparable, settled(new, stored))], [*map(comparable, stored)], others)


def settled(new, stored):
    """The new outputs; each claim that came as close as the stored one, but for the slack, with the stored share."""
    claims = [output["metadata"]["claim"] for output in stored if "claim" in output.get("metadata", {})]
    for output in new:
        if "claim" in output.get("metadata", {}) and claims:
            claim, known = output["metadata"]["claim"], claims.pop(0)
            if RATIO.search(claim.get("close", "")) and as_close(claim, known):
                output = nbformat.from_dict(output)
                output["metadata"]["claim"]["share"] = known["share"]
        yield output


def as_close(claim, known):
    """Whether two claims used shares of their tolerance that differ by no more than the slack."""
    if not claim.get("share") or not known.get("share"):
        return False
    few, many = sorted((claim["share"][1], known["share"][1]))
    return many <= SLACK * few


def comparable(output):
    """An output with the word "figure" for an image or a stack of frames, and the claim that travels with it."""
    if "data" not in output:
        return output
    data = {key: "figure" if key in IMAGES else value for key, value in output["data"].items()}
    if "explore-frames" in data.get("text/html", ""):
        del data["text/html"]
        data["image/png"] = "figure"
    if "claim" in output["metadata"]:
        data["claim"] = json.dumps(output["metadata"]["claim"], sort_keys=True)
        data = {key: RATIO.sub("some of the tolerance", value) for key, value in data.items()}
    return nbformat.from_dict({**output, "data": data})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if isinstance(item, IPyNbCell) and call.when == "call":
        place = f"{address(item.path)}, code cell {item.cell_num}"
        if call.excinfo and isinstance(call.excinfo.value, NbCellError):
            report.longrepr = f"{place}: {call.excinfo.value}\n{report.longrepr}"
        elif not report.failed and COMPARED not in dict(item.user_properties):
            report.outcome, report.longrepr = "failed", f"{place}: {why_not_compared(item)}"
        item.parent.stash.setdefault(OUTCOMES, []).append((report.passed, item.test_outputs, call.duration))
        keep_if_whole(item.parent)
    return report


def why_not_compared(item):
    if item.cell.execution_count is None:
        return "not compared, because it was never executed before it was stored; store it with   make chapters"
    return "not compared, because the cell is marked to be left out, or one before it took too long"


def keep_if_whole(file):
    """Keep a chapter of the book, once all of its code cells hold, as the builder would have executed it."""
    outcomes, stored = file.stash[OUTCOMES], [cell for cell in file.nb.cells if cell.cell_type == "code"]
    if len(outcomes) < len(stored) or not all(holds for holds, _, _ in outcomes) or file.path not in chapters():
        return
    for cell, (_, outputs, _) in zip(stored, outcomes, strict=True):
        cell.outputs = nbformat.from_dict(outputs)
    with opened() as cache:
        keep(cache, file.path, file.nb, sum(seconds for _, _, seconds in outcomes))


def compared_cells(config):
    """How many cells of each notebook were compared and hold, {path: number}."""
    passed = config.pluginmanager.get_plugin("terminalreporter").stats.get("passed", [])
    return Counter(Path(path) for report in passed for key, path in report.user_properties if key == COMPARED)


def expected_cells(config):
    """How many code cells the notebooks have that pytest was asked for as a whole, {path: number}."""
    asked = [(config.invocation_params.dir / name).resolve() for name in config.args if "::" not in name]
    notebooks = [path for place in asked for path in ([place] if place.is_file() else place.rglob("*.ipynb"))
                 if path.suffix == ".ipynb" and ".ipynb_checkpoints" not in path.parts]
    return {path: sum(cell.cell_type == "code" for cell in nbformat.read(path, as_version=4).cells)
            for path in notebooks}


def left_out(config):
    """Notebooks with cells that should have been compared and were not, as sentences; none if some were selected."""
    found = compared_cells(config)
    return [] if config.option.keyword else [
        f"{address(path)}: {number - found[path]} of {number} code cells were not compared, or do not hold"
        for path, number in expected_cells(config).items() if found[path] < number]


def counts(config):
    """Whether this process is the one that gathers what was compared."""
    return config.option.nbval and not config.option.collectonly and not hasattr(config, "workerinput")


def pytest_sessionfinish(session):
    if counts(session.config) and left_out(session.config):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if counts(config):
        found = compared_cells(config)
        terminalreporter.write_line(f"nbval compared {found.total()} code cells of {len(found)} notebooks with what is "
                                    "stored, and they agree.")
        for sentence in left_out(config):
            terminalreporter.write_line(sentence, red=True)
