"""The contract of a docstring (CONTRIBUTING, "Add a helper"): one line, the equation, shapes, errors, source."""

import ast
import importlib
import inspect
import pkgutil
import re

import nbformat
import pytest

import lrnn_helpers
from book.site.chapters import chapters

MODULES = sorted(module.name for module in pkgutil.walk_packages(lrnn_helpers.__path__, "lrnn_helpers.")
                 if not any(part.startswith("_") for part in module.name.split(".")) and not module.ispkg)
TITLES = {nbformat.read(path, as_version=4).cells[0].source.partition("\n")[0].removeprefix("# ")
          for path in chapters()}


def public(module):
    """{full name: function, class, method or property} that a module defines for others."""
    for name, thing in vars(importlib.import_module(module)).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module:
            continue
        if inspect.isfunction(thing) or inspect.isclass(thing):
            yield f"{module}.{name}", thing
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                    yield f"{module}.{name}.{member}", value


THINGS = dict(item for module in MODULES for item in public(module))
FUNCTIONS = {name: thing for name, thing in THINGS.items() if inspect.isfunction(thing)}


def parameters(function):
    return [name for name in inspect.signature(function).parameters if name != "self"]


def returns_something(function):
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda)) and
             node is not tree.body[0] for part in ast.walk(node)}
    return any(isinstance(node, ast.Return) and node.value and id(node) not in inner for node in ast.walk(tree))


@pytest.mark.parametrize("name", THINGS)
def test_everything_public_says_in_one_sentence_what_it_is(name):
    text = inspect.getdoc(THINGS[name]) or ""
    first, _, rest = text.partition("\n")
    assert first and first[0].isupper() and first.endswith("."), f"{name} begins: {first!r}"
    assert not rest or rest.startswith("\n"), f"{name} needs an empty line after its first"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_explains_every_argument_and_the_result(name):
    text = inspect.getdoc(FUNCTIONS[name])
    body = text.partition("\n")[2]
    missing = [argument for argument in parameters(FUNCTIONS[name]) if not re.search(rf"(?<![\w.]){argument}\b", body)]
    assert not missing, f"{name} does not explain {', '.join(missing)}"
    if returns_something(FUNCTIONS[name]):
        assert "Returns" in body, f"{name} does not say what it returns"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_names_errors_and_source(name):
    text = inspect.getdoc(FUNCTIONS[name])
    assert "Source: " in text, f"{name} names no source"
    if parameters(FUNCTIONS[name]):
        assert "Error" in text, f"{name} does not say when it refuses its arguments"


@pytest.mark.parametrize("module", MODULES)
def test_the_chapters_that_docstrings_name_exist(module):
    text = inspect.getsource(importlib.import_module(module))
    named = [" ".join(title.split()) for title in re.findall(r'chapters?\s+"([^"]+)"', text)]
    assert [title for title in named if title not in TITLES] == []
    assert not re.search(r"chapters? on ", text), "name a chapter by its title"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is_about(module):
    first = (importlib.import_module(module).__doc__ or "").partition("\n\n")[0]
    assert len(first.split()) >= 6 and first.rstrip().endswith("."), f"{module} begins: {first!r}"
