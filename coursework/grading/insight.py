"""What a class can and cannot: a page without scripts, read on Friday to know what to explain on Monday."""

import base64
import html
import io
import re
from collections import Counter, defaultdict

import numpy as np
from matplotlib.figure import Figure

from grading import gradebook

CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
FEW = 5
"""With fewer marks than this a correlation is not shown."""
STYLE = "body{font:16px/1.5 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}" \
        "table{border-collapse:collapse}" \
        "td,th{padding:.2rem .8rem;border-bottom:1px solid #bbb;text-align:left;vertical-align:top}" \
        "td.n{text-align:right}img{max-width:100%}"


def page(course, name):
    """The statistics of a problem set as HTML. Everything that a student may have written in it is escaped."""
    marks = {student: mark for student, mark in gradebook.marks(course, name).items() if mark.parts}
    handed_in = course.students(name)
    status = Counter(mark.status for mark in gradebook.marks(course, name).values())
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{CSP}">',
        f"<title>Statistics of {html.escape(name)}</title><style>{STYLE}</style></head><body>",
        f"<h1>Statistics of {html.escape(name)}</h1>",
        f"<p>{len(handed_in)} handed in; " + ", ".join(f"{n} {what}" for what, n in sorted(status.items())) + ".</p>",
        "<h2>Distribution</h2>", _distribution(marks), "<h2>Questions</h2>",
        "<p>Difficulty is the mean share of the points that was reached. Discrimination is the correlation of a "
        "question's points with those of all other questions: near zero or below, the question does not ask for what "
        "the others ask for, or is ambiguous.</p>", _table(["question", "marked", "difficulty", "discrimination"],
                                                           items(marks)),
        "<h2>Most frequent wrong answers</h2>", _table(["question", "students", "what the check said, for example"],
                                                       wrong_answers(course, name)),
        "<h2>When they handed in</h2>", _times(course, name, handed_in), "</body></html>\n"])


def items(marks):
    """For each question: how many were marked, the mean share of its points, and its correlation with the rest."""
    rows = []
    for cell in sorted({cell for mark in marks.values() for cell in mark.parts}):
        scores = [(mark.parts[cell][0], mark.parts[cell][1], mark.checks + mark.by_hand) for mark in marks.values()
                  if cell in mark.parts and mark.parts[cell][0] is not None and mark.parts[cell][1]]
        if not scores:
            rows.append([cell, 0, "", ""])
            continue
        own, most, total = np.array(scores, dtype=float).T
        rest, enough = total - own, len(scores) >= FEW
        varied = enough and np.ptp(own) > 0 and np.ptp(rest) > 0
        rows.append([cell, len(scores), f"{np.mean(own / most):.2f}",
                     f"{np.corrcoef(own, rest)[0, 1]:.2f}" if varied else "too few" if not enough else "all alike"])
    return rows


def wrong_answers(course, name, most=25):
    """[question, how many students, an example] of failed checks, those alike but for numbers counted together."""
    alike = defaultdict(list)
    for student in course.students(name):
        for cell, sentence in ((course.result(name, student) or {}).get("failures") or {}).items():
            alike[cell, re.sub(r"[-+]?\d[\d.,e+-]*", "#", sentence)].append(sentence)
    ordered = sorted(alike.items(), key=lambda found: (-len(found[1]), found[0]))
    return [[cell, len(sentences), sentences[0]] for (cell, _), sentences in ordered[:most]]


def _distribution(marks):
    checks = [mark.checks for mark in marks.values()]
    whole = [mark.score for mark in marks.values() if mark.score is not None]
    if not checks:
        return "<p>Nothing has been marked yet.</p>"
    most = max(mark.most for mark in marks.values())
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    for axes, values, label in zip(figure.subplots(1, 2, sharey=True), (checks, whole), ("by checks", "in all")):
        axes.hist(values, bins=np.arange(-0.5, most + 1), color="#4477aa")
        axes.set(xlabel=f"points {label}", ylabel="students")
    spread = f"Points by checks: median {np.median(checks):g}, quartiles {np.percentile(checks, 25):g} and " \
             f"{np.percentile(checks, 75):g}, of {len(checks)} students."
    if whole:
        spread += f" All points, of {len(whole)} that are marked completely: median {np.median(whole):g}."
    return _image(figure, spread)


def _times(course, name, students):
    zone = course.settings.zone
    tried = sorted(attempt.time.astimezone(zone) for student in students for attempt in course.attempts(name, student))
    if not tried:
        return "<p>Nobody yet.</p>"
    figure = Figure(figsize=(7, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.step(tried, np.arange(1, len(tried) + 1), where="post", color="#4477aa")
    due, late = course.settings.deadlines.get(name), ""
    if due:
        axes.axvline(due.astimezone(zone), color="#aa3377", linestyle="--")
        late = f" The dashed line is the deadline; {sum(time > due for time in tried)} came after it."
    axes.set(ylabel="attempts so far")
    axes.tick_params(axis="x", labelrotation=20)
    first, last = course.settings.local(tried[0]), course.settings.local(tried[-1])
    return _image(figure, f"{len(tried)} attempts of {len(students)} students, from {first} to {last}.{late}")


def _image(figure, text):
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=120)
    data = base64.b64encode(out.getvalue()).decode()
    return f'<figure><img alt="{html.escape(text)}" src="data:image/png;base64,{data}">' \
           f"<figcaption>{html.escape(text)}</figcaption></figure>"


def _table(head, rows):
    def cell(value):
        return f'<td{" class=n" if isinstance(value, int) else ""}>{html.escape(str(value))}</td>'
    return "<table><tr>" + "".join(f'<th scope="col">{title}</th>' for title in head) + "</tr>" + "".join(
        f"<tr>{''.join(map(cell, row))}</tr>" for row in rows) + "</table>" if rows else "<p>None.</p>"
