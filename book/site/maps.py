"""What needs what: the chapters of a part as a small map, drawn in the colours of the page, each box a link."""

import html
import posixpath
import textwrap

from book.site import plain
from book.site.contents import needs, part_of, topics

WIDTH, HEIGHT, ACROSS, DOWN = 118, 46, 12, 34
"""Of a box, and of the gaps between boxes, in pixels."""


def drawn_map(overview):
    """The map of a part as HTML: what it needs from other parts on top, below each chapter those that need it."""
    inside = part_of(overview)
    edges = [(need, document) for document in inside for need in needs().get(document, []) if need in topics()]
    places = placed(inside, edges)
    width = max(x for x, _ in places.values()) + WIDTH
    height = max(y for _, y in places.values()) + HEIGHT
    folder = posixpath.dirname(overview)
    boxes = [box(document, place, inside, folder) for document, place in places.items()]
    lines = [line(places[start], places[end]) for start, end in edges]
    return (f'<div class="needs-map"><svg viewBox="-1 -1 {width + 2} {height + 2}" width="{width + 2}" '
            f'height="{height + 2}" role="group" aria-label="{html.escape(said(inside, edges))}">'
            f'{"".join(lines + boxes)}</svg></div>')


def placed(inside, edges):
    """{document: left and upper edge of its box}: rows by the longest way that leads there."""
    depths = {}
    for document in inside:  # a chapter comes after those of its part that it needs
        before = [depths.get(need, 0) for need, other in edges if other == document]
        depths[document] = 1 + max(before, default=0) if before else 1
    outside = sorted({need for need, _ in edges} - set(inside), key=plain.chapter_numbers().get)
    depths = dict.fromkeys(outside, 0) | depths
    rows = [[document for document, depth in depths.items() if depth == row] for row in sorted(set(depths.values()))]
    widest = max(map(len, rows))
    return {document: ((column + (widest - len(row)) / 2) * (WIDTH + ACROSS), number * (HEIGHT + DOWN))
            for number, row in enumerate(rows) for column, document in enumerate(row)}


def box(document, place, inside, folder):
    """A chapter: its number and topic, a quiet box if it belongs to another part."""
    x, y = place
    words = textwrap.wrap(f"{plain.chapter_numbers()[document]} · {topics()[document]}", 16)
    text = "".join(f'<tspan x="{x + WIDTH / 2:g}" y="{y + HEIGHT / 2 + 5 + 16 * (k - (len(words) - 1) / 2):g}">'
                   f'{html.escape(word)}</tspan>' for k, word in enumerate(words))
    kind = "chapter" if document in inside else "other"
    return (f'<a class="{kind}" href="{posixpath.relpath(document, folder)}.html"><rect x="{x:g}" y="{y:g}" '
            f'width="{WIDTH}" height="{HEIGHT}" rx="5"/><text>{text}</text></a>')


def line(start, end):
    """From the lower edge of what is needed to the upper edge of what needs it."""
    (x, y), (u, v) = (start[0] + WIDTH / 2, start[1] + HEIGHT), (end[0] + WIDTH / 2, end[1])
    return f'<path d="M{x:g} {y:g}C{x:g} {y + DOWN * 0.7:g} {u:g} {v - DOWN * 0.7:g} {u:g} {v:g}"/>'


def said(inside, edges):
    """The map in words."""
    number = plain.chapter_numbers()
    told = [(document, [str(number[need]) for need, other in edges if other == document]) for document in inside]
    return ". ".join(f"Chapter {number[document]} needs " + (" and ".join(before) if before else "no other")
                     for document, before in told) + "."
