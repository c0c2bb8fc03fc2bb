"""The pages that people open, feedback and the marking pages: what a submission holds cannot run, load or lure there.

Markdown becomes HTML with its own tags shown as text, formulas become MathML, so that no page needs a script for them;
then nh3 keeps what is on a positive list. Outputs are text, PNG or JPEG. On top of that each page forbids, by its
content security policy, every script but nbgrader's own.
"""

import html
import re

import nh3
from bs4 import BeautifulSoup
from bs4.element import Stylesheet
from jinja2 import pass_context
from math_core import LatexToMathML
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments.token import STANDARD_TYPES

from grading.harmless import PICTURES, is_picture

FEEDBACK_POLICY = ("default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'")
LONGEST_FORMULA = 2000
"""Characters. Longer ones stay as they are written, for the converter calls itself for each level of nesting."""

TEXT = {"a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6",
        "hr", "i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th",
        "thead", "tr", "u", "ul"}
MATHEMATICS = {"math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
               "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext",
               "mtr", "munder", "munderover"}
MEASURES = {"accent", "accentunder", "columnspan", "depth", "display", "displaystyle", "fence", "form", "height",
            "largeop", "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rowspan",
            "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "voffset", "width"}
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "td": {"colspan", "rowspan"},
              "th": {"colspan", "rowspan"}} | dict.fromkeys(MATHEMATICS, MEASURES)
HIGHLIGHTING = {"highlight", *STANDARD_TYPES.values()} - {""}
LINK = re.compile(r"https?://[^\s\x00-\x20\x7f\\]+|scan-\d{1,2}\.pdf", re.IGNORECASE)
PICTURE = re.compile(r"data:(image/png|image/jpeg);base64,([A-Za-z0-9+/=]+)")

FONT = re.compile(r"@font-face\s*\{[^}]*\}")
LONGEST_TEXT, OPENINGS, MOST_OPENINGS = 20_000, re.compile(r"\\begin\{|\\\\[\[(]|\$\$|\["), 500
"""A text with more characters, or more beginnings of what may have no end, is shown as it is: it could take minutes."""


def clean(text):
    """HTML with nothing left in it but text, pictures that it carries itself and links to http(s)."""
    return nh3.clean(text, tags=TEXT | MATHEMATICS, attributes=ATTRIBUTES, attribute_filter=_harmless,
                     allowed_classes={"div": HIGHLIGHTING, "span": HIGHLIGHTING}, url_schemes={"http", "https", "data"},
                     link_rel="noopener noreferrer nofollow")


def _harmless(tag, attribute, value):
    """The value of an attribute, or None where it must go."""
    if attribute == "href":
        return value if LINK.fullmatch(value) else None
    if attribute == "src":
        return value if (match := PICTURE.fullmatch(value)) and is_picture(*match.groups()) else None
    return value


class Renderer(IPythonRenderer):
    """Markdown to HTML: tags as text, formulas as MathML, pictures only from the cell's own attachments."""

    formulas = LatexToMathML(continue_on_error=True)

    def inline_math(self, body, display=False):
        if len(body) > LONGEST_FORMULA:
            return f"<code>{html.escape(body)}</code>"
        return self.formulas.convert_with_local_state(body, displaystyle=display)

    def block_math(self, body):
        return self.inline_math(body, display=True)

    def latex_environment(self, name, body):
        return self.inline_math(f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)

    def block_mermaidjs(self, code):
        return f"<pre>{html.escape(code)}</pre>"

    def image(self, text, url, title=None):
        data = self.attachments.get(url.removeprefix("attachment:")) if url.startswith("attachment:") else None
        for kind, content in (data if isinstance(data, dict) else {}).items():
            if is_picture(kind, content):
                return f'<img src="data:{kind};base64,{content}" alt="{html.escape(text)}">'
        return f"<em>[a picture that was not handed in: {html.escape(text or url)}]</em>"


class Page(HTMLExporter):
    """nbconvert's HTML of a notebook that a student may have had any part in."""

    @property
    def default_config(self):
        config = super().default_config.copy()
        config.NbConvertBase.display_data_priority = [*PICTURES, "text/plain"]
        return config

    def default_filters(self):
        yield from super().default_filters()
        yield "markdown2html", self.markdown2html
        yield "clean_html", clean

    @pass_context
    def markdown2html(self, context, source):
        if len(source) > LONGEST_TEXT or len(OPENINGS.findall(source)) > MOST_OPENINGS:
            return f"<pre>{html.escape(source)}</pre>"
        attachments = (context.get("cell") or {}).get("attachments") or {}
        renderer = Renderer(escape=True, attachments=attachments, exclude_anchor_links=True)
        return clean(MarkdownWithMath(renderer=renderer).render(source))

    def from_notebook_node(self, nb, resources=None, **options):
        if resources is not None:  # the templates put names into the page as they are
            resources.update({key: html.escape(value) for key, value in resources.items() if isinstance(value, str)})
        return super().from_notebook_node(tame(nb), resources, **options)


class FeedbackPage(Page):
    """A student's page: one file without any script, that loads nothing."""

    def from_notebook_node(self, nb, resources=None, **options):
        text, resources = super().from_notebook_node(nb, resources, **options)
        page = BeautifulSoup(text, "html.parser")
        for element in page(["script", "link", "base", "iframe", "object", "embed", "form"]):
            element.decompose()
        page.html["lang"] = "en"
        page.head.insert(0, page.new_tag("meta", attrs={"http-equiv": "Content-Security-Policy",
                                                        "content": FEEDBACK_POLICY}))
        for style in page("style"):
            style.string.replace_with(Stylesheet(FONT.sub("", style.string)))
        page.head.append(page.new_tag("style", string="img { max-width: 100%; }"))
        return str(page), resources


def tame(notebook):
    """A copy with what a page shows: text, pictures and nbgrader's own notes, none of a notebook's other fields."""
    cells = [_tame(place, cell) for place, cell in enumerate(notebook.cells)]
    return NotebookNode(nbformat=4, nbformat_minor=5, cells=cells, metadata=NotebookNode(
        language_info=NotebookNode(name="python", pygments_lexer="ipython3")))


def _tame(place, cell):
    own = cell.metadata.get("nbgrader")
    if not isinstance(own, dict) or not re.fullmatch(r"[\w.-]+", str(own.get("grade_id"))):
        own = None
    result = NotebookNode(cell_type=cell.cell_type, source=cell.source, id=f"cell-{place}",
                          metadata=NotebookNode({"nbgrader": own} if own else {}))
    if cell.cell_type == "code":
        result |= {"execution_count": None, "outputs": [_tame_output(output) for output in cell.outputs]}
    return NotebookNode(result | ({"attachments": cell.attachments} if "attachments" in cell else {}))


def _tame_output(output):
    if "data" not in output:
        return output
    data = {kind: value for kind, value in output.data.items() if kind == "text/plain" or is_picture(kind, value)}
    return NotebookNode(output_type="display_data", metadata=NotebookNode(), data=NotebookNode(data))
