"""Which submissions are alike, after the released text is taken out: a hint where to look, never a proof.

Code is compared by its tokens with all names and numbers made equal, texts by their words; alike is the share of
common runs of tokens (shingles) in the shorter of two.
"""

import io
import itertools
import json
import keyword
import re
import tokenize

from grading.recovery import identity, is_answer

CODE_RUN, TEXT_RUN = 12, 5
"""Tokens of code and words of text in one run."""
FEWEST = 15
"""Runs of an answer that are enough to compare."""
WORTH_A_LOOK = 0.5


def report(course, name):
    """[one student, another, likeness of code, likeness of text], the most alike first."""
    released = course.notebook("release", name)
    common = [shingles(released["cells"], kind) for kind in ("code", "markdown")]
    own = {}
    for student in course.students(name):
        path = course.path("submitted", student, name, f"{name}.ipynb")
        if path.exists():
            cells = _own_cells(json.loads(path.read_text("utf-8"))["cells"])
            own[student] = [shingles(cells, kind) - known for kind, known in zip(("code", "markdown"), common)]
    pairs = [[one, other, *map(likeness, own[one], own[other])] for one, other in itertools.combinations(own, 2)]
    return sorted((pair for pair in pairs if max(pair[2:]) >= WORTH_A_LOOK), key=lambda pair: (-sum(pair[2:]), pair))


def likeness(one, other):
    """The share of common runs in the shorter of two, 0 to 1; 0 if there is too little to compare."""
    least = min(len(one), len(other))
    return round(len(one & other) / least, 3) if least >= FEWEST else 0.0


def shingles(cells, kind):
    """The runs of tokens in cells of one kind."""
    runs = set()
    for cell in cells:
        if cell["cell_type"] == kind:
            tokens = code_tokens(cell["source"]) if kind == "code" else re.findall(r"\w+", cell["source"].casefold())
            width = CODE_RUN if kind == "code" else TEXT_RUN
            runs |= {tuple(tokens[n:n + width]) for n in range(len(tokens) - width + 1)}
    return runs


def code_tokens(source):
    """The tokens of Python, its names, numbers and strings made equal; of what is no Python, as far as it is."""
    tokens = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING):
                continue
            kept = token.type == tokenize.OP or keyword.iskeyword(token.string)
            tokens.append(token.string if kept else tokenize.tok_name[token.type])
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return tokens


def _own_cells(cells):
    return [cell for cell in cells if identity(cell) is None or is_answer(cell)]
