"""Plain copies of the chapters, for places that know no more than Markdown: Colab, VS Code, a code host, a download.

Titles of links are filled in, citations lead to the papers, figures and equations carry the numbers that the page
shows, exercises have headings, solutions are folded, and the box that opens a chapter is a quotation. Where the address
of the published book is known, links to its pages lead there.
"""

import posixpath
import re
from functools import cache
from pathlib import Path

import nbformat
import yaml

from book.site import citations
from book.site.addresses import known_address
from book.site.chapters import address, chapters, outputs, prose
from book.site.figures import NUMBER
from book.site.settings import BOOK, ROOT

FENCE = re.compile(r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w-]+)\}[ ]*(?P<title>.*?)\n(?P<body>.*?)^(?P=fence)[ ]*$",
                   re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(:[\w-]+:.*\n)*\n?")
LABEL = re.compile(r"^:label: (\S+)$", re.MULTILINE)
EQUATION = re.compile(r"\$\$(?P<body>.*?)\$\$\s*\((?P<label>[\w-]+)\)", re.DOTALL)
NUMREF = re.compile(r"\{numref\}`(fig-[a-z0-9-]+)`")
TERM = re.compile(r"\{term\}`([^`<]+?)\s*(?:<[^`>]+>)?`")
LINK = re.compile(r"\[(?P<text>[^\]\n]*)\]\((?P<target>[^)\s]+)\)")
TARGET = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
ABOUT = """> A chapter of *How linear recurrent networks learn*, as a plain notebook. To run it one needs Python 3.11 to
> 3.13 and the book's package `lrnn_helpers`, which `pip install .` installs from the book's folder."""
CHECK = """# Does what is installed here fit this chapter?
from importlib import metadata

from packaging.requirements import Requirement

try:
    for need in map(Requirement, metadata.requires("lrnn-helpers")):
        if not need.marker and metadata.version(need.name) not in need.specifier:
            raise ImportError(f"This chapter needs {need}, but here is version {metadata.version(need.name)}.")
except metadata.PackageNotFoundError as missing:
    raise ImportError(f"This chapter needs the package {missing.name}, which is not installed here.") from None"""
PAPERS = {"doi": "https://doi.org/{}", "eprint": "https://arxiv.org/abs/{}", "url": "{}"}


def plain(notebook, path):
    """A copy of the notebook at a path of the book with every Markdown cell in plain Markdown."""
    document = address(path)
    copy = nbformat.from_dict(notebook)
    exercises = numbers(document, "exercise")
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            cell.source = markdown(cell.source, document, exercises)
        for output in cell.get("outputs", []):
            if name := output.get("metadata", {}).get("caption"):
                caption = markdown(output.data["text/markdown"], document, exercises)
                output.data["text/markdown"] = f"**{figures()[name]}.** {caption}"
    return copy


def markdown(text, document, exercises):
    while FENCE.search(text):
        text = FENCE.sub(lambda match: directive(match, exercises), text)
    text = EQUATION.sub(lambda match: f"$${match['body'].rstrip()} \\tag{{{equations()[match['label']]}}}\n$$", text)
    text = with_equation_numbers(text)
    text = re.sub(r"\{ref\}`([\w-]+)`", lambda match: f"Exercise {exercises[match[1]]}", text)
    text = TERM.sub(r"\1", NUMREF.sub(lambda match: figures()[match[1]], text))
    return LINK.sub(lambda match: link(match, document), TARGET.sub("", text))


def with_equation_numbers(text):
    """A text in which references to equations are the numbers that the page shows."""
    return re.sub(r"\{eq\}`([\w-]+)`", lambda match: f"({equations()[match[1]]})", text)


def directive(match, exercises):
    """A directive of the book's in plain Markdown."""
    name, body = match["name"], OPTIONS.sub("", match["body"]).strip()
    if name == "exercise":
        return f"#### Exercise {exercises[LABEL.search(match['body'])[1]]}\n\n{body}"
    if name == "solution":
        return f"<details>\n<summary>Solution of exercise {exercises[match['title']]}</summary>\n\n{body}\n\n</details>"
    if name == "admonition":
        return "\n".join(f"> {line}".rstrip() for line in [f"**{match['title']}**", "", *body.split("\n")])
    if name == "only":
        return body if match["title"] != "html" else ""
    return ""  # what only a page can hold, such as the place of an index entry


def link(match, document):
    """A link that leads somewhere from wherever the copy lies, or its text."""
    text, (target, _, fragment) = match["text"], match["target"].partition("#")
    if "://" in target or target.startswith("attachment:"):
        return match[0]
    if target.endswith("bibliography.md") and fragment:
        fields = citations.bibliography()[fragment].fields
        paper = next((form.format(fields[field]) for field, form in PAPERS.items() if field in fields), None)
        return f"[{text}]({paper})" if paper else text
    page = posixpath.normpath(posixpath.join(posixpath.dirname(document), target)) if target else document
    text = text or titles().get(page, "")
    if root := known_address():
        return f"[{text}]({root}/{posixpath.splitext(page)[0]}.html{'#' + fragment if fragment else ''})"
    return f"[{text}]({target})" if target.endswith(".ipynb") else text


@cache
def titles():
    """{address of a chapter or page: its title}."""
    found = {}
    for path in [*chapters(), *BOOK.rglob("*.md")]:
        text = nbformat.read(path, as_version=4).cells[0].source if path.suffix == ".ipynb" else path.read_text("utf-8")
        found[address(path)] = text.partition("\n")[0].removeprefix("# ").strip()
    return found


@cache
def chapter_numbers():
    """{address without ending: the number that a page's title bears}."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    files = [chapter["file"] for part in parts if part.get("numbered") for chapter in part["chapters"]]
    return {file: number for number, file in enumerate(files, start=1)}


@cache
def equations():
    """{label of an equation: the number that the page shows}."""
    found = {}
    for path in chapters():
        chapter = chapter_numbers().get(posixpath.splitext(address(path))[0])
        for number, label in enumerate(labels(path, EQUATION, "label"), start=1):
            found[label] = f"{chapter}.{number}" if chapter else str(number)
    return found


@cache
def figures():
    """{name of a figure of the book: how the page calls it}, such as "Figure 2.1"."""
    found, chapter_of = {}, chapter_numbers()
    for path in chapters():
        chapter = chapter_of.get(address(path).removesuffix(".ipynb"))
        names = [output.metadata.caption for output in outputs(path) if "caption" in output.get("metadata", {})]
        for number, name in enumerate(names, start=1):
            found[name] = NUMBER % (f"{chapter}.{number}" if chapter else number)
    return found


def numbers(document, name):
    """{label: number} of the exercises of one chapter, in order."""
    pattern = re.compile(rf"^`{{3,}}\{{{name}\}}.*?^:label: (?P<label>\S+)$", re.MULTILINE | re.DOTALL)
    return {label: number for number, label in enumerate(labels(ROOT / document, pattern, "label"), start=1)}


def labels(path, pattern, group):
    return [match[group] for match in pattern.finditer(prose(path))]


def offer(app, exception):
    """Let the button that downloads a page's notebook hand out the plain copy, with the outputs that are stored."""
    if exception is not None or app.builder.name != "html":
        return
    for path in chapters():
        copy = Path(app.outdir, "_sources", address(path))
        if copy.exists():
            notebook = plain(nbformat.read(path, as_version=4), path)
            notebook.cells[:0] = [nbformat.v4.new_markdown_cell(ABOUT, id="about"),
                                  nbformat.v4.new_code_cell(CHECK, id="check")]
            nbformat.write(notebook, copy)


def connect(app):
    app.connect("build-finished", offer)
