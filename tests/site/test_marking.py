"""What a student hands in stays text on the pages that a marker and a student open, in a real browser."""

import contextlib
import json
import re
import sqlite3
import subprocess
import time

import pytest

from tests import hostile, payloads
from tests.test_coursework import COURSEWORK, answered, grading, grading_steps, hand_in, load, need_tools, python

NAME = "foundations"
STUDENTS = ("as_raw", "as_code", "as_text", "own_cells", "pictures", "corpus")
# What any script of a submission would call, and traces that one could leave.
PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog /OpenAction <</S /JavaScript /JS (app.alert(1))>>>> endobj\n%%EOF\n"
ALARM = "window.evil = () => { window.alarm = true; document.title = 'evil'; }"
TRACES = """() => [window.alarm, document.title, document.querySelectorAll('base, iframe, object, embed, frame').length,
    [...document.querySelectorAll('[style*=url], [srcset], [background], [formaction]')].length]"""


MARKING = "formgrader.loaded && formgrader.grades.loaded && formgrader.comments.loaded"
TABLE = "document.querySelector('#main-table td') && !document.querySelector('#main-table').innerText.match('Loading')"


def with_payloads(notebook):
    """Every text in a cell of its own, of each kind, and where else a notebook has room; this is not even collected."""
    texts = [*payloads.all_of_them()]
    for number, text in enumerate(texts):
        cell = {"cell_type": "markdown", "id": f"text-{number}", "source": text,
                "metadata": {"tags": [text.replace(",", "")]}}
        if "attachment:" not in text:
            cell["attachments"] = {text: {"image/svg+xml": text, "image/png": text, "text/html": text}}
        notebook["cells"].append(cell)
    everything = "\n\n".join(texts)
    kinds = ("text/html", "text/plain", "text/markdown", "text/latex", "image/svg+xml", "application/javascript",
             "text/vnd.mermaid", "image/png", "image/jpeg")
    outputs = [{"output_type": "stream", "name": "stderr", "text": everything},
               {"output_type": "error", "ename": everything, "evalue": everything, "traceback": [everything]},
               *({"output_type": "display_data", "data": {kind: everything}, "metadata": {kind: {
                   "width": "1 onload=evil()", "isolated": True}, "filenames": {kind: "x\" onerror=\"evil()"}}}
                 for kind in kinds)]
    notebook["cells"] += [
        {"cell_type": "code", "id": "all-code", "source": everything, "outputs": outputs, "execution_count": None,
         "metadata": {"magics_language": "<script>evil()</script>", "tags": ["<b>"]}},
        {"cell_type": "raw", "id": "all-raw", "source": everything, "metadata": {"raw_mimetype": "text/html"}}]
    notebook["metadata"]["title"] = "</title><script>evil()</script>"
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"</script>": 1}}}
    return notebook


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Hostile submissions, graded; the corpus replaces a notebook that was graded already."""
    need_tools()
    course, box = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("box")
    grading(course, "release", NAME)
    for student in ("as_raw", "as_code", "as_text"):
        kind = {"as_raw": "raw", "as_code": "code", "as_text": "markdown"}[student]
        hand_in(box, student, NAME, hostile.retyped(answered(course, NAME), kind))
    hand_in(box, "own_cells", NAME, hostile.own_cells(answered(course, NAME)))
    hand_in(box, "pictures", NAME, answered(course, NAME, {"q2": hostile.BEFORE["pictures"][2]}))
    hand_in(box, "corpus", NAME, answered(course, NAME))
    hand_in(box, "scanned", NAME, answered(course, NAME))
    (box / "scanned" / "derivation.pdf").write_bytes(PDF)
    grading_steps(course, ["collect", NAME, box], ["autograde", NAME, "--jobs", 2])
    graded = course / "autograded" / "corpus" / NAME / f"{NAME}.ipynb"
    graded.write_text(json.dumps(with_payloads(load(graded))), "utf-8")
    grading(course, "feedback", NAME)
    return course


@pytest.fixture(scope="module")
def server(course, tmp_path_factory):
    """Address and token of the marking pages."""
    log = tmp_path_factory.mktemp("server") / "log"
    command = [COURSEWORK / ".venv/bin/python", "-m", "grading", "--course", course, "formgrader", "--port", "0",
               "--no-browser"]
    with open(log, "w") as file:
        process = subprocess.Popen(command, cwd=COURSEWORK, stderr=file)
    while not (match := re.search(r"(http://127\.0\.0\.1:\d+)/\S*(token=\w+)", log.read_text())):
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    yield match.groups()
    process.terminate()
    process.wait()


def until(page, condition):
    """Wait for a condition of the page. Playwright's own way would evaluate text, which the policy forbids."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"never true: {condition}")


def opened(browser, address, host, ready="true"):
    """A page, and what it asks of other hosts and of the reader."""
    context = browser.new_context()
    context.set_default_timeout(120_000)
    context.add_init_script(ALARM)
    page, foreign, dialogs = context.new_page(), [], []
    page.on("request", lambda request: request.url.startswith((host, "data:")) or foreign.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("popup", lambda popup: foreign.append(popup.url))
    page.goto(address, wait_until="load")
    until(page, ready)
    return context, page, foreign, dialogs


def submission(browser, course, server, student):
    """The marking page of a student."""
    host, token = server
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as book:
        identity, = book.execute("select n.id from submitted_notebook n join submitted_assignment a on a.id = "
                                 "n.assignment_id where a.student_id = ?", [student]).fetchone()
    return opened(browser, f"{host}/formgrader/submissions/{identity}/?{token}", host, MARKING)


def still(page, foreign, dialogs, title):
    """Nothing ran, nothing was fetched from elsewhere, nothing lies in the page that could."""
    page.evaluate("""document.querySelectorAll('.text_cell_render *').forEach(element => ['click', 'mouseover', 'focus']
        .forEach(kind => element.closest('a[href]') || element.dispatchEvent(new Event(kind, {bubbles: true}))))""")
    page.wait_for_timeout(300)
    assert page.evaluate(TRACES) == [None, title, 0, 0]
    assert (foreign, dialogs) == ([], [])
    links = page.eval_on_selector_all(".text_cell_render a[href], .output a[href]",
                                      "all => all.map(a => a.getAttribute('href'))")
    assert all(re.match("https?://", link) for link in links), links
    assert page.evaluate("""document.querySelectorAll('.text_cell_render :is([id], [name], [style], [data-toggle],'
        + 'input, form, button, svg, video, audio, meta, link)').length""") == 0


def test_the_texts_would_run_in_a_page_that_let_them(browser):
    """So that the tests below can fail."""
    context = browser.new_context()
    context.add_init_script(ALARM)
    page, ran = context.new_page(), 0
    page.route("**/*", lambda route: route.abort())
    for text in [*payloads.all_of_them()][::12]:
        page.set_content(text, wait_until="commit")
        page.wait_for_timeout(100)
        ran += page.evaluate("[Boolean(window.alarm), delete window.alarm][0]")
    assert ran > 5
    context.close()


@pytest.mark.parametrize("student", STUDENTS)
def test_feedback_runs_and_fetches_nothing(browser, course, student):
    path = course / "feedback" / student / NAME / f"{NAME}.html"
    context, page, foreign, dialogs = opened(browser, path.as_uri(), path.as_uri())
    still(page, foreign, dialogs, NAME)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("script").count() == 0
    assert page.locator("math").count() > 10
    context.close()


@pytest.mark.parametrize("student", STUDENTS)
def test_marking_pages_run_nothing_of_a_submission(browser, course, server, student):
    context, page, foreign, dialogs = submission(browser, course, server, student)
    still(page, foreign, dialogs, NAME)
    assert page.evaluate("formgrader.grade_uis.length") == 5
    assert page.locator("math").count() > 10
    context.close()


def test_a_scan_in_pdf_is_a_link_beside_the_derivation_and_opens(browser, course, server):
    """For the marker from the server, for the student from the folder of the feedback; it is handed on as it came."""
    context, page, foreign, dialogs = submission(browser, course, server, "scanned")
    link = page.locator("a", has_text="derivation.pdf (PDF)")
    answer = context.request.get(link.evaluate("link => link.href"))
    assert (answer.status, answer.headers["content-type"], answer.body()) == (200, "application/pdf", PDF)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (foreign, dialogs) == ([], [])
    context.close()
    folder = course / "feedback" / "scanned" / NAME
    context, page, foreign, dialogs = opened(browser, (folder / f"{NAME}.html").as_uri(), folder.as_uri())
    assert (folder / page.locator("a", has_text="derivation.pdf (PDF)").get_attribute("href")).read_bytes() == PDF
    context.close()


def test_a_mark_and_a_comment_are_kept(browser, course, server):
    context, page, _, _ = submission(browser, course, server, "corpus")
    page.fill("#q1-answer", "4")
    page.fill("#q1-answer-comment", "Well done: $x^2$. <script>evil()</script>")
    with page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.request.method == "PUT"):
        page.locator("#q2-test").focus()
    page.locator("span.glyphicon-eye-open").first.click()
    assert "corpus" in page.locator(".live-notebook .name-shown").first.inner_text()
    context.close()
    context, page, _, _ = submission(browser, course, server, "corpus")
    until(page, "document.querySelector('#q1-answer').value === '4'")
    until(page, "document.querySelector('#q1-answer-comment').value.startsWith('Well done')")
    context.close()


def test_every_page_of_the_marking_server_works_and_stays_at_home(browser, course, server):
    host, token = server
    pages = ["manage_assignments", f"manage_submissions/{NAME}", "gradebook", f"gradebook/{NAME}",
             f"gradebook/{NAME}/{NAME}", "manage_students", "manage_students/corpus", f"manage_students/corpus/{NAME}"]
    for name in pages:
        context, page, foreign, dialogs = opened(browser, f"{host}/formgrader/{name}?{token}", host, TABLE)
        assert (foreign, dialogs) == ([], []), name
        context.close()


def test_the_marking_server_offers_no_kernel_no_file_and_no_foreign_configuration(browser, course, server, tmp_path):
    host, token = server
    (tmp_path / "nbgrader_config.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    context = browser.new_context()
    for address in ("api/kernels", "api/contents", "api/sessions", "api/terminals", "terminals/1", "lab", "tree",
                    "files/gradebook.db", "view/gradebook.db", "nbconvert/html/x", "api/kernelspecs"):
        assert context.request.get(f"{host}/{address}?{token}").status == 404, address
    secret = {"Authorization": token.replace("=", " ")}
    assert context.request.post(f"{host}/api/kernels", headers=secret).status == 404
    context.request.get(f"{host}/formgrader?path={tmp_path}&{token}")
    assert not (tmp_path / "ran").exists()
    stranger = browser.new_context()
    assert "/login?next=" in stranger.request.get(f"{host}/formgrader/gradebook").url
    stranger.close()
    policy = context.request.get(f"{host}/formgrader/gradebook?{token}").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    context.close()


def test_names_are_text_in_a_page():
    """Whatever a roster allows as a name."""
    code, output = python("-c", """
from grading.marking import Templates
from jinja2 import Environment
name = 'O"Neil</script><script>evil()</script>'
text = '<script>var a = "{{ name }}";</script><b>{{ name }}</b>'
template = Environment(autoescape=True, extensions=[Templates]).from_string(text)
print(template.render(name=name).count("<script"), name not in template.render(name=name))
""")
    assert (code, output.split()) == (0, ["1", "True"])


def test_a_formula_too_deep_or_wrong_stays_text():
    code, output = python("-c", r"""
from grading.pages import Renderer
for text in ("\\sqrt{" * 5000, "{" * 1999, "\\undefined{x}", "\\left" * 399, "x^" * 900, "\\begin{matrix}" * 140):
    assert "<code>" in Renderer().block_math(text) or "<math" in Renderer().block_math(text)
print(Renderer().inline_math("a<b"), Renderer().inline_math("x" * 3000))
""")
    assert code == 0 and "<mo>&lt;</mo>" in output and f"<code>{'x' * 3000}</code>" in output


def test_no_text_takes_minutes():
    texts = [r"\begin{a}", r"\\[", "[", "$$ a", "[x](", "*a ", "<!--", "> "]
    code, output = python("-c", """
import sys
from grading.pages import Page
for text in sys.argv[1:]:
    assert "<pre>" in Page().markdown2html({}, text * 30_000)
    print(len(Page().markdown2html({}, text * 499)))
""", *texts)
    assert code == 0 and len(output.split()) == len(texts)


def test_the_notebooks_released_with_the_book_lose_nothing(course):
    """No formula of a problem set stays TeX, no tag of its pages is dropped."""
    code, output = python("-c", """
import sys, nbformat
from grading.pages import FeedbackPage
for cell in (cell for path in sys.argv[1:] for cell in nbformat.read(path, 4).cells):
    if cell.cell_type == "markdown":
        shown = FeedbackPage().markdown2html({}, cell.source)
        assert "math-core-error" not in shown and "$" not in shown and "&lt;/" not in shown, cell.source
""", *(COURSEWORK / "problem_sets").glob("*/*.ipynb"))
    assert code == 0, output
