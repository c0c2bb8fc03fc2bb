"""The pages about the package: docstrings typeset, functions linked to the chapters that use them, and back.

A docstring of the package is plain text in which a paragraph is either an equation or prose. Sphinx reads reStructured
text, so equations become literal blocks, the signs of prose are escaped, `names` become links and a quoted title of a
chapter leads to it.
"""

import ast
import importlib
import re
from functools import cache

import nbformat
from docutils import nodes
from sphinx import addnodes
from sphinx.domains.python import PythonDomain

from book.site.chapters import chapters
from book.site.settings import BOOK, ROOT

PACKAGE = "lrnn_helpers"
WINGS = ("steps", "continuous", "fixed_points", "nonlinear", "page")
ENTRY = re.compile(r"^    (\w+) {2,}(\S.*)$", re.MULTILINE)
ARGUMENT = re.compile(r"^(\*{0,2}\w+(, \*{0,2}\w+)*)(: | \()")


@cache
def titles():
    """{title of a chapter: its document name}, from the notebooks and pages of the book."""
    found = {}
    for path in [*chapters(), *sorted(BOOK.rglob("*.md"))]:
        text = nbformat.read(path, as_version=4).cells[0].source if path.suffix == ".ipynb" else path.read_text("utf-8")
        found[text.partition("\n")[0].removeprefix("# ").strip()] = str(path.relative_to(ROOT).with_suffix(""))
    return found


@cache
def uses():
    """{full name of a function, class or module: the documents of the chapters that use it, in order}."""
    found = {}
    for path in chapters():
        document = str(path.relative_to(ROOT).with_suffix(""))
        cells = nbformat.read(path, as_version=4).cells
        source = "\n".join(cell.source for cell in cells if cell.cell_type == "code" and "%" not in cell.source)
        for name in sorted(used(ast.parse(source))):
            found.setdefault(name, []).append(document)
    return found


def used(tree):
    """The full names of the package's modules, functions and classes that a piece of code names."""
    modules, names = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == PACKAGE:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names |= {full} if node.module.count(".") < 2 else {full, node.module}
                modules[alias.asname or alias.name] = full
    names |= {f"{modules[node.value.id]}.{node.attr}" for node in ast.walk(tree)
              if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules}
    return names


def typeset(app, what, name, obj, options, lines):
    """Turn a docstring into reStructured text, and say which chapters use the thing."""
    paragraphs = "\n".join(lines).strip().split("\n\n")
    module = name if what == "module" else getattr(obj, "__module__", None) or name.rpartition(".")[0]
    text = [catalogue(part, module) if what == "module" and ENTRY.match(part) else
            literal(part) if part.startswith("    ") or what != "module" and number == 1 and is_equation(part) else
            prose(part, module) for number, part in enumerate(paragraphs)]
    if what != "module" and (places := uses().get(name)):
        text.append("Used in " + ", ".join(f":doc:`/{document}`" for document in places) + ".")
    lines[:] = "\n\n".join(text).split("\n")


def is_equation(paragraph):
    """Whether the second paragraph of a docstring is the equation rather than the arguments."""
    return bool(re.search(r" (=|<-|<=) |\|\|", paragraph)) and not ARGUMENT.match(paragraph)


def literal(paragraph):
    indent = "" if paragraph.startswith("    ") else "    "
    return ".. code-block:: none\n\n" + "\n".join(indent + line for line in paragraph.split("\n"))


def catalogue(paragraph, module):
    """A wing's list of modules as terms with their explanations."""
    entries = [ENTRY.match(line).groups() for line in paragraph.split("\n")]
    return "\n".join(f"{linked(f'`{name}`', module)}\n    {prose(text, module)}\n" for name, text in entries)


def prose(paragraph, module):
    """Sentences with their signs escaped, their names and chapters linked."""
    pieces = re.split(r"(``.+?``|`[^`]+`|chapter\s+\"[^\"]+\")", paragraph, flags=re.DOTALL)
    return "".join(piece if index % 2 == 0 and not set(piece) & set("*_|\\") else
                   linked(piece, module) if index % 2 else re.sub(r"([*_|\\])", r"\\\1", piece)
                   for index, piece in enumerate(pieces))


def linked(piece, module):
    """A link to a chapter or to a part of the package, or the piece as code."""
    if piece.startswith("chapter"):
        title = " ".join(piece.partition('"')[2].rstrip('"').split())
        document = titles().get(title)
        return f"chapter :doc:`{title} </{document}>`" if document else piece
    name = piece.strip("`")
    full = resolve(name, module)
    return f":py:obj:`{name} <{full}>`" if full else f"``{name}``"


def resolve(name, module):
    """The full name of what a docstring calls `name`, seen from a module; None if it is no part of the package."""
    if not re.fullmatch(r"[A-Za-z_][\w.]*", name):
        return None
    wing = module.rpartition(".")[0] if module.count(".") > 1 else module
    for prefix in (module, wing, PACKAGE):
        full = f"{prefix}.{name}"
        if exists(full):
            return full
    return None


def exists(full):
    """Whether a dotted name leads to a public module or to something that a module defines."""
    parts = full.split(".")
    if any(part.startswith("_") for part in parts):
        return False
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part, None)
        return thing is not None
    return False


def name_modules(app, doctree):
    """Add to a chapter's card the modules that its code uses, with links to their pages."""
    document = app.env.docname
    modules = sorted(name for name, places in uses().items() if document in places and is_module(name))
    for card in doctree.findall(nodes.admonition):
        if modules and "chapter-card" in card.get("classes", []):
            line = nodes.list_item("", nodes.paragraph("", "", nodes.strong("", "Package"), nodes.Text(" ")))
            for number, name in enumerate(modules):
                line[0] += [nodes.Text(", " if number else ""), link(app, name)]
            line[0] += nodes.Text(".")
            next(card.findall(nodes.bullet_list)).append(line)
            return


def is_module(name):
    """Whether a full name is that of a module of networks, not of the page that all chapters share."""
    wing, _, module = name.removeprefix(f"{PACKAGE}.").partition(".")
    return wing in WINGS[:-1] and (ROOT / PACKAGE / wing / f"{module}.py").is_file()


def link(app, name):
    shown = name.removeprefix(f"{PACKAGE}.")
    return addnodes.pending_xref("", nodes.literal("", shown), refdomain="py", reftype="mod", reftarget=name,
                                 refexplicit=True, refdoc=app.env.docname, refwarn=True)


def leave_to_the_index(app, doctree):
    """Take the names of functions out of what the search reads; the general index has them already."""
    if app.env.docname.startswith("book/package/"):
        for entry in list(doctree.findall(addnodes.index)):
            entry.parent.remove(entry)


class Quiet(PythonDomain):
    """Sphinx's domain of Python, whose objects stay out of the search: readers look for a topic, and its chapter."""

    def get_objects(self):
        return ((*place[:-1], -1) for place in super().get_objects())


def connect(app):
    app.add_domain(Quiet, override=True)
    for extension in ("sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.viewcode"):
        app.setup_extension(extension)
    app.config.autodoc_typehints, app.config.add_module_names = "none", False
    app.connect("autodoc-process-docstring", typeset)
    app.connect("doctree-read", name_modules)
    app.connect("doctree-read", leave_to_the_index)
