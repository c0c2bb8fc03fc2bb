"""Claims as a table that unfolds. A page that runs in a browser uses it too, so it asks for no builder of books."""

import html
import re

HEADS = ("claim", "measured", "predicted", "how close", "source")


def table(claims):
    """Claims as HTML: a line that says how many hold, and opens to a row for each."""
    count = "1 claim holds" if len(claims) == 1 else f"{len(claims)} claims hold"
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    return (f'<details class="claims"><summary><span class="claim-mark" aria-hidden="true">✓</span> {count}</summary>'
            f'<table><thead><tr>{heads}</tr></thead><tbody>{"".join(map(row, claims))}</tbody></table></details>')


def row(claim):
    tolerance = f"({claim.tolerance})" if claim.tolerance else ""
    close = f"{bar(claim.share)}{html.escape(' '.join(filter(None, [claim.close, tolerance])))}"
    link = f'<a class="claim-link" href="#{claim.anchor}" aria-label="Link to this claim">#</a>'
    expected = re.sub("^(predicted|claimed|all) ", "", claim.expected)
    measured = claim.measured.removeprefix("measured ")
    cells = html.escape(measured), html.escape(expected), close, html.escape(claim.source)
    return (f'<tr id="{claim.anchor}"><th scope="row">{html.escape(claim.name)} {link}</th>'
            + "".join(f"<td>{text}</td>" for text in cells) + "</tr>")


def bar(share):
    """Where between what is predicted and the edge of what is allowed the measured values lie, as a picture."""
    if share is None:
        return ""
    start, end = share
    style = f"margin-left:{min(start, 97)}%;width:{max(end - start, 3)}%"
    return f'<span class="claim-bar" aria-hidden="true"><span style="{style}"></span></span>'
