"""What the book contains: topics and needs of its chapters, and the sidebar that names both topic and question.

In _toc.yml a chapter's `title` is its topic in a word or two, by which one who comes for it finds it; the question that
it asks is the title of the chapter itself. What a chapter needs are the chapters linked in its line **You need**.
"""

import posixpath
import re
from functools import cache

import yaml
from sphinx import addnodes

from book.site import plain
from book.site.chapters import address, chapters, prose
from book.site.settings import ROOT

NEEDS = re.compile(r"^.*\*\*You need\*\*(.*)$", re.MULTILINE)


@cache
def topics():
    """{document: its topic}, in the order of the book."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8")).get("parts", [])
    return {chapter["file"]: chapter["title"] for part in parts for chapter in part["chapters"] if "title" in chapter}


@cache
def needs():
    """{document of a chapter: documents of the chapters that it needs}."""
    found = {}
    for path in chapters():
        line, document = NEEDS.search(prose(path)), posixpath.splitext(address(path))[0]
        found[document] = [posixpath.normpath(posixpath.join(posixpath.dirname(document), target))
                           for target in re.findall(r"\]\(([^)#\s]+)\.ipynb", line[1] if line else "")]
    return found


def part_of(overview):
    """The documents of the chapters of a part, in the order of the book."""
    folder = posixpath.dirname(overview)
    return [document for document in plain.chapter_numbers() if posixpath.dirname(document) == folder]


def question(document):
    """The title of a chapter."""
    return next(title for file, title in plain.titles().items() if posixpath.splitext(file)[0] == document)


def name_topics(app, doctree):
    """In the sidebar a chapter is called by its topic and its question."""
    for toctree in doctree.findall(addnodes.toctree):
        toctree["entries"] = [(f"{title} · {question(document)}" if document in topics() else title, document)
                              for title, document in toctree["entries"]]


def connect(app):
    app.connect("doctree-read", name_topics, priority=900)
