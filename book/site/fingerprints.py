"""What the results of a notebook depend on beside its own code, in one short text that changes when they may.

These are the modules of lrnn_helpers that it imports, directly or through others; the files that it reads; and the
versions of Python and of the packages that lrnn_helpers asks for. Of a module its code counts, not its docstrings,
comments or layout.
"""

import ast
import hashlib
import re
import sys
import tomllib
from functools import cache
from importlib import metadata

from IPython.core.inputtransformer2 import TransformerManager

from book.site.chapters import address
from book.site.settings import READ_OTHER_FILES, ROOT

PACKAGE = "lrnn_helpers"


def fingerprint(path, notebook, root=ROOT):
    """The fingerprint of a notebook that lies at a path; `root` holds the package and what it reads."""
    modules = [f"{module} {code(file)}" for module, file in sorted(helpers(notebook, root).items())]
    pattern = READ_OTHER_FILES.get(address(path))
    files = [file.read_text("utf-8") for file in sorted(root.glob(pattern))] if pattern else []
    return hashlib.sha256("\n".join([*versions(), *modules, *files]).encode()).hexdigest()


def helpers(notebook, root=ROOT):
    """The modules of the package that a notebook's code needs, {dotted name: file}."""
    source = "\n".join(TransformerManager().transform_cell(cell.source) for cell in notebook.cells
                       if cell.cell_type == "code")
    found, waiting = {}, [*imported(ast.parse(source), "", root)]
    while waiting:
        module, file = waiting.pop()
        if module not in found:
            found[module] = file
            waiting += imported(ast.parse(file.read_text("utf-8")), module, root)
    return found


def imported(tree, module, root):
    """The package's modules that a piece of code imports; `module` is its own dotted name, for relative imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = origin(node, module, root)
            names = [start, *(f"{start}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            yield from modules_on_the_way(name, root)


def origin(node, module, root):
    """The dotted name after `from`, made absolute."""
    if not node.level:
        return node.module
    package = module.split(".") if locate(module, root).name == "__init__.py" else module.split(".")[:-1]
    return ".".join([*package[:len(package) - node.level + 1], *filter(None, [node.module])])


def modules_on_the_way(name, root):
    """Importing a.b.c runs a, a.b and a.b.c, as far as these are modules of the package."""
    parts = name.split(".")
    if parts[0] == PACKAGE:
        for length in range(1, len(parts) + 1):
            module = ".".join(parts[:length])
            if file := locate(module, root):
                yield module, file


def locate(module, root):
    """The file of a module, or None."""
    base = root.joinpath(*module.split("."))
    return next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)


@cache
def versions():
    """Python and the packages that lrnn_helpers asks for, as installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.match(r"[\w.-]+", requirement)[0] for requirement in project["dependencies"]]
    return f"python {sys.version_info[:2]}", *(f"{name} {metadata.version(name)}" for name in names)


def code(file):
    """The syntax of a module without texts that stand alone."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(getattr(node, "body", None), list):
            node.body = [part for part in node.body if not (isinstance(part, ast.Expr) and
                         isinstance(part.value, ast.Constant) and isinstance(part.value.value, str))]
    return ast.dump(tree)
