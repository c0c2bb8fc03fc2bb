"""The contract of a chapter (CONTRIBUTING, "Add a chapter"): stored clean, whole, and in its place in the book.

Whether a chapter's outputs hold is what nbval tests.
"""

import ast
import itertools
import json
import re
import shutil
from collections import Counter

import nbformat
import pytest
import yaml

from book.site.chapters import address, chapters, problem_sets
from book.site.settings import BOOK, READ_OTHER_FILES, ROOT

NOTEBOOKS = {str(path.relative_to(BOOK)): nbformat.read(path, as_version=4) for path in chapters()}
CHAPTERS = {name: notebook for name, notebook in NOTEBOOKS.items() if "/" in name}
TEMPLATE = nbformat.read(ROOT / "tests" / "templates" / "chapter.ipynb", as_version=4)
LIKE_CHAPTERS = CHAPTERS | {"the template": TEMPLATE}
OVERVIEWS = sorted(path for path in BOOK.glob("*/index.md") if any(path.parent.glob("*.ipynb")))


def prose(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def complaints(notebook):
    """What is wrong with a stored notebook, as sentences."""
    if "widgets" in notebook.metadata:
        yield "stores widget state"
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if cell.execution_count is None and cell.source.strip():
            yield f"cell {number} was never executed"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"cell {number} stores an error"
            if output.get("name") == "stderr":
                yield f"cell {number} stores what it wrote to stderr"
            data = output.get("data", {})
            if "application/vnd.jupyter.widget-view+json" in data or "explore-frames" in data.get("text/html", ""):
                yield f"cell {number} stores a widget or a stack of frames"
            if any("\n" in data[kind] for kind in data if kind.startswith("image/")):
                yield f"cell {number} stores a picture in several lines"


def floats(stored):
    """Every number with a decimal point in what was read from JSON."""
    if isinstance(stored, float):
        yield stored
    elif isinstance(stored, dict | list):
        for part in stored.values() if isinstance(stored, dict) else stored:
            yield from floats(part)


@pytest.mark.parametrize("path", [*chapters(), *problem_sets()], ids=address)
def test_a_stored_notebook_is_clean(path):
    assert list(complaints(nbformat.read(path, as_version=4))) == []


@pytest.mark.parametrize("path", [*chapters(), *problem_sets()], ids=address)
def test_an_editor_that_saves_a_notebook_changes_no_number(path):
    """JupyterLab writes 1.0 as 1, so no stored number may be whole and have a decimal point."""
    assert [number for number in floats(json.loads(path.read_text("utf-8"))) if number.is_integer()] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_has_its_place_in_the_table_of_contents(name):
    book = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    places = [book["root"], *(chapter["file"] for part in book["parts"] for chapter in part["chapters"])]
    assert f"book/{name.removesuffix('.ipynb')}" in places


@pytest.mark.parametrize("name", LIKE_CHAPTERS)
def test_theory_is_dashed_by_the_style_of_the_book(name):
    for cell in code(LIKE_CHAPTERS[name]):
        assert not re.search(r"\(3\.5, ?2\)|color=plots\.THEORY[^)]*linestyle=\"--\"", cell.source)


@pytest.mark.parametrize("name", LIKE_CHAPTERS)
def test_a_chapter_has_all_its_parts(name):
    text, sources = prose(LIKE_CHAPTERS[name]), [cell.source for cell in code(LIKE_CHAPTERS[name])]
    assert text.startswith("# ") and text.partition("\n")[0].endswith("?")
    for part in ("**You will learn**", "**You need**", "**Source**", "**Time**", "## Where the theory fails",
                 "## Exercises", "{solution} ", "bibliography.md#"):
        assert part in text, part
    assert sum("explore(" in source for source in sources) >= 1
    assert sum(source.count("claims.check") for source in sources) >= 5
    assert any("exercises.check_function(" in source for source in sources)
    assert all(len(source.splitlines()) <= 25 for source, cell in zip(sources, code(LIKE_CHAPTERS[name]))
               if "hide-input" not in cell.metadata.get("tags", []))


def folded(cell):
    return "hide-input" in cell.metadata.get("tags", [])


def calls(cell, *names):
    """The calls of functions, such as "plots.show", in a cell."""
    return [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)
            and ast.unparse(node.func) in names]


def numbered_code(notebook):
    """The code cells of a notebook, each with its place among all cells."""
    return [(number, cell) for number, cell in enumerate(notebook.cells) if cell.cell_type == "code"]


@pytest.mark.parametrize("name", LIKE_CHAPTERS)
def test_every_figure_and_every_slider_has_a_caption_and_a_name(name):
    assert [f"cell {number}: {ast.unparse(call)[:60]}" for number, cell in numbered_code(LIKE_CHAPTERS[name])
            for call in calls(cell, "plots.show", "explore") if not {"caption", "name"} <= {
                keyword.arg for keyword in call.keywords}] == []


@pytest.mark.parametrize("name", LIKE_CHAPTERS)
def test_every_stored_figure_is_followed_by_its_caption(name):
    for number, cell in numbered_code(LIKE_CHAPTERS[name]):
        for output, after in itertools.pairwise([*cell.outputs, {}]):
            if "image/png" in output.get("data", {}):
                assert "caption" in after.get("metadata", {}), f"cell {number} shows a figure without a caption"


def test_no_two_figures_bear_the_same_name():
    names = Counter(output.metadata.caption for notebook in NOTEBOOKS.values() for cell in code(notebook)
                    for output in cell.outputs if "caption" in output.get("metadata", {}))
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("name", LIKE_CHAPTERS)
def test_what_draws_checks_or_imports_is_folded(name):
    for number, cell in numbered_code(LIKE_CHAPTERS[name]):
        tree = ast.parse(cell.source).body
        checks = bool(calls(cell, "claims.check", "claims.check_between"))
        draws = bool(calls(cell, "plots.show", "explore"))
        imports = all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in tree[:-1]) and len(tree) > 1
        assert folded(cell) or not (checks or draws or imports), f"cell {number} is not folded by the tag hide-input"


@pytest.mark.parametrize("name", LIKE_CHAPTERS)
def test_open_code_fits_its_column(name):
    assert [f"cell {number}: {line}" for number, cell in numbered_code(LIKE_CHAPTERS[name]) if not folded(cell)
            for line in cell.source.splitlines() if len(line) > 78] == []


@pytest.mark.parametrize("name", LIKE_CHAPTERS)
def test_every_slider_is_followed_by_the_answer_to_its_question(name):
    """In a fold, before the next heading or the next slider."""
    waiting = None
    for number, cell in enumerate(LIKE_CHAPTERS[name].cells):
        if cell.cell_type == "code":
            slider = bool(calls(cell, "explore"))
            assert not (slider and waiting), f"no answer after the slider of cell {waiting}"
            waiting = number if slider else waiting
        elif waiting:
            before = re.split(r"^#+ ", cell.source, maxsplit=1, flags=re.MULTILINE)
            if re.search(r"\{admonition\} [^\n]*Answer[^\n]*\n:class: dropdown", before[0]):
                waiting = None
            assert not waiting or len(before) == 1, f"no answer after the slider of cell {waiting}"
    assert not waiting, f"no answer after the slider of cell {waiting}"


@pytest.mark.parametrize("name", LIKE_CHAPTERS)
def test_one_exercise_is_an_experiment(name):
    exercises = re.findall(r"^(`{3,})\{exercise\}\n(.*?)^\1$", prose(LIKE_CHAPTERS[name]), re.MULTILINE | re.DOTALL)
    assert any("experiment" in text.lower() for _, text in exercises), [text.split("\n")[0] for _, text in exercises]


@pytest.mark.parametrize("name", LIKE_CHAPTERS)
def test_reading_times_follow_one_rule(name):
    """A minute for a hundred words, half a minute for a displayed equation, two seconds for a line of visible code."""
    text = prose(LIKE_CHAPTERS[name])
    lines = sum(len(cell.source.splitlines()) for cell in code(LIKE_CHAPTERS[name])
                if "hide-input" not in cell.metadata.get("tags", []))
    words = len(re.sub(r"\$[^$]+\$", " x ", re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)).split())
    minutes = words / 100 + text.count("$$") / 4 + lines / 30
    [stated] = re.findall(r"\*\*Time\*\* (\d+) minutes to read, \d+ seconds to run", text)
    assert abs(int(stated) - minutes) <= 3.5


@pytest.mark.parametrize("path", OVERVIEWS, ids=lambda path: path.parent.name)
def test_an_overview_promises_every_chapter_of_its_part_and_its_time(path):
    text = path.read_text("utf-8")
    promised = re.findall(r"\[[^\]\n]+\]\((\w+\.\w+)\)\n: .*\*(\d+) minutes\.\*", text)
    found = {other.name for other in path.parent.iterdir() if other.suffix in (".ipynb", ".md")} - {"index.md"}
    assert {name for name, _ in promised} == found and len(promised) == len(found)
    for name, minutes in promised:
        if name.endswith(".ipynb"):
            assert f"**Time** {minutes} minutes to read" in prose(NOTEBOOKS[f"{path.parent.name}/{name}"])


def first_cell(path, folder, monkeypatch):
    """What the first code cell of a page leaves behind when it runs in a folder."""
    monkeypatch.chdir(folder)
    space = {"__name__": path}
    exec(code(nbformat.read(ROOT / path, as_version=4))[0].source, space)
    return space


@pytest.mark.parametrize("path", READ_OTHER_FILES)
@pytest.mark.parametrize("folder", [ROOT, BOOK, BOOK / "foundations", ROOT / "tests"], ids=address)
def test_a_page_finds_the_files_that_it_shows_from_any_folder_of_the_book(path, folder, monkeypatch):
    assert first_cell(path, folder, monkeypatch)["found"]


@pytest.mark.parametrize("path", READ_OTHER_FILES)
def test_elsewhere_a_page_says_what_it_misses_and_shows_nothing_else(path, tmp_path, monkeypatch):
    shutil.copy(BOOK / "foundations" / "linear_rnn.ipynb", tmp_path)
    with pytest.raises(FileNotFoundError, match=rf"^[^\n]* in the book's folder, not in {re.escape(str(tmp_path))}\.$"):
        first_cell(path, tmp_path, monkeypatch)
