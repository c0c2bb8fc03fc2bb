"""What a page loads, and in which order: its text first, the frames of sliders and mathematics after it.

Search is loaded where one searches. Scripts wait until the text is there; `book.js` fetches MathJax when the page has
mathematics, and pictures come when they are about to be seen. Without JavaScript a line says what is missing.
"""

import re

SEARCH = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
MATHJAX = re.compile(r'<script defer="defer" src="([^"]*/mathjax/[^"]*)"></script>')
SCRIPT = re.compile(r'<script (?!defer)(?=[^>]*src="[^"]*_static/(?!documentation_options))')
FRAMES = re.compile(r'<script type="application/json" class="explore-frames">(.*?)</script>', re.DOTALL)
"""The frames of a slider, as `explore` writes them; inside, a list of them."""
VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')
PRELOAD = re.compile(r'\s*<link[^>]*rel="preload"[^>]*>')
ARTICLE = '<article class="bd-article">'
NO_SCRIPT = ('<noscript><p class="no-script">JavaScript is off: mathematics stands here as LaTeX, sliders are still, '
             "and search does not work. The text is complete.</p></noscript>")


def ordered(text, searches=False):
    """A written page in the order in which a reader needs it; `searches`: whether it is the page that searches."""
    head, body, rest = text.partition("<body")
    if not searches:
        head = SEARCH.sub("", head)
        head = SCRIPT.sub("<script defer ", head)
    head = PRELOAD.sub("", MATHJAX.sub(r'<script type="text/plain" data-late="\1"></script>', head))
    head = one_viewport(head)
    frames = [match[0] for match in FRAMES.finditer(rest)]
    rest = FRAMES.sub("", rest).replace(NO_SCRIPT, "").replace(ARTICLE, ARTICLE + NO_SCRIPT, 1)
    rest = re.sub(r'(<img (?!class="logo)(?![^>]*src="data:)(?![^>]*loading=))', r'\1loading="lazy" ', rest)
    end = rest.rfind("</body>")
    return head + body + rest[:end] + "\n".join(frames) + rest[end:]


def one_viewport(head):
    """A head with one description of the viewport in place of several."""
    tags = VIEWPORT.findall(head)
    return head if len(tags) < 2 else VIEWPORT.sub("", head).replace(
        '<meta charset="utf-8" />', '<meta charset="utf-8" />' + tags[-1], 1)
