"""The plan of the package: which wing may import which, one home for a name, and the words that every wing shares."""

import ast
import importlib
import inspect
import json
import re
from types import ModuleType

import numpy as np
import pytest

import lrnn_helpers
from lrnn_helpers.continuous.filters import random_filter_rnn
from lrnn_helpers.fixed_points.network import random_fixed_point_rnn
from lrnn_helpers.nonlinear.lstm import random_lstm
from lrnn_helpers.nonlinear.tanh_rnn import random_tanh_rnn
from lrnn_helpers.steps.networks import random_rnn
from tests.conftest import ROOT

PACKAGE = ROOT / "lrnn_helpers"
WINGS = ("steps", "continuous", "fixed_points", "nonlinear", "page")
FILES = sorted(path for wing in WINGS for path in (PACKAGE / wing).glob("*.py"))
MODULES = [importlib.import_module(f"lrnn_helpers.{path.parent.name}.{path.stem}")
           for path in FILES if path.stem != "__init__"]
PUBLIC = [module for module in MODULES if not module.__name__.rpartition(".")[2].startswith("_")]
NETWORKS = {  # of each kind: a random one, where its loss stands, and how it learns
    "steps": (lambda rng: random_rnn(2, 3, 2, 0.5, rng), "steps.gradients", "steps.training.gradient_descent"),
    "continuous": (lambda rng: random_filter_rnn(3, 0.5, rng), "continuous.learning",
                   "continuous.learning.gradient_flow"),
    "fixed_points": (lambda rng: random_fixed_point_rnn(3, 0.5, rng), "fixed_points.network",
                     "fixed_points.descent.gradient_descent"),
    "tanh": (lambda rng: random_tanh_rnn(2, 3, 2, 0.5, rng), "nonlinear.tanh_rnn", "nonlinear.adam.adam"),
    "LSTM": (lambda rng: random_lstm(9, 4, 3, 0.5, rng), "nonlinear.lstm", "nonlinear.adam.adam"),
}


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def imported(tree):
    """The dotted names that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(module):
    """The public functions that a module defines."""
    return {name: thing for name, thing in vars(module).items()
            if not name.startswith("_") and inspect.isfunction(thing) and thing.__module__ == module.__name__}


def test_every_folder_is_a_wing_of_the_catalogue():
    assert {path.parent.name for path in PACKAGE.glob("*/*.py")} == set(WINGS)
    assert all(wing in lrnn_helpers.__doc__ for wing in WINGS)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_wing_imports_itself_the_page_and_the_ground(path):
    for name in imported(ast.parse(path.read_text("utf-8"))):
        room = name.removeprefix("lrnn_helpers.").partition(".")[0]
        if name.startswith("lrnn_helpers"):
            assert room in (path.parent.name, "page") or room.startswith("_"), name


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("_[!_]*.py")), ids=name_of)
def test_the_ground_imports_the_ground(path):
    assert not any(re.match(r"lrnn_helpers\.[^_]", name) for name in imported(ast.parse(path.read_text("utf-8"))))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=name_of)
def test_a_catalogue_holds_a_docstring_and_no_code(path):
    [docstring] = ast.parse(path.read_text("utf-8")).body
    assert isinstance(docstring, ast.Expr) and isinstance(docstring.value.value, str)


@pytest.mark.parametrize("wing", WINGS)
def test_a_catalogue_names_every_module_of_its_wing(wing):
    listed = re.findall(r"^ *(\w+)  ", importlib.import_module(f"lrnn_helpers.{wing}").__doc__, re.MULTILINE)
    assert set(listed) >= {module.__name__.rpartition(".")[2] for module in PUBLIC if f".{wing}." in module.__name__}


def taken(path):
    """Module and name of whatever a Python file or a notebook takes from the package."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")
    tree, modules = ast.parse(text), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lrnn_helpers"):
            for alias in node.names:
                found = getattr(importlib.import_module(node.module), alias.name, None)
                if found is None or isinstance(found, ModuleType):
                    modules[alias.asname or alias.name] = importlib.import_module(f"{node.module}.{alias.name}")
                else:
                    yield importlib.import_module(node.module), alias.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr


NOTEBOOKS = sorted(path for folder in (ROOT / "book", ROOT / "coursework" / "problem_sets")
                   for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)


@pytest.mark.parametrize("path", [*FILES, *sorted(PACKAGE.glob("*.py")), *NOTEBOOKS],
                         ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_name_is_taken_from_the_module_that_defines_it(path):
    for module, name in taken(path):
        thing = vars(module)[name]
        if inspect.isfunction(thing) or inspect.isclass(thing):
            assert thing.__module__ == module.__name__, f"{name} is defined in {thing.__module__}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=name_of)
def test_a_module_is_short(path):
    assert len(path.read_text("utf-8").splitlines()) <= 220


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_is_thin(wing):
    assert sum(len(path.read_text("utf-8").splitlines()) for path in FILES if path.parent.name == wing) <= 1200


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_network_cannot_be_changed(kind):
    draw, _, _ = NETWORKS[kind]
    network = draw(np.random.default_rng(0))
    held = {name: value for name, value in vars(network).items() if isinstance(value, np.ndarray)}
    assert held
    for name, value in held.items():
        with pytest.raises(ValueError, match="read-only"):
            value[...] = 0
        with pytest.raises(AttributeError):
            setattr(network, name, value)


@pytest.mark.parametrize("kind", NETWORKS)
def test_each_kind_of_network_speaks_in_the_same_words(kind):
    """What is learned first, then the network: in `loss`, in `loss_gradients`, and in the way to learn."""
    _, place, way = NETWORKS[kind]
    module = importlib.import_module(f"lrnn_helpers.{place}")
    for name in ("loss", "loss_gradients"):
        first, second = list(inspect.signature(getattr(module, name)).parameters)[:2]
        assert first in ("target", "trials", "data") and second in ("rnn", "lstm")
    home, _, verb = way.rpartition(".")
    parameters = inspect.signature(getattr(importlib.import_module(f"lrnn_helpers.{home}"), verb)).parameters
    assert list(parameters)[0] in ("target", "gradients", "loss_and_gradients") and list(parameters)[1] == "rnn"


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.__name__)
def test_a_random_generator_is_the_last_positional_argument(module):
    for name, thing in own(module).items():
        positional = [parameter.name for parameter in inspect.signature(thing).parameters.values()
                      if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
        assert "rng" not in positional[:-1], name


OFFERED = re.compile(r"^#+ Offered beside the chapters\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def needed():
    """What chapters and problem sets take from the package, and what the README offers beside them."""
    in_chapters = {(module.__name__, name) for path in NOTEBOOKS for module, name in taken(path)}
    [offered] = OFFERED.findall((ROOT / "README.md").read_text("utf-8"))
    return in_chapters, {name.rpartition(".")[2] for name in re.findall(r"`([\w.]+)(?:\(\))?`", offered)}


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.__name__)
def test_every_public_function_is_in_a_chapter_or_offered_in_the_readme(needed, module):
    in_chapters, offered = needed
    idle = {name for name in own(module) if (module.__name__, name) not in in_chapters and name not in offered}
    assert not idle, f"{sorted(idle)} of {module.__name__} are in no chapter; drop them or offer them in README.md"
