"""Mends of markup, written by the theme and by docutils, that stands in the way of assistive technology."""

import re

SIDE_BAR = re.compile(r'<div((?: id="pst-primary-sidebar")? class="bd-sidebar-primary[^"]*")>')


def mend_markup(app, pagename, templatename, context, doctree):
    """Drop roles that no longer exist in the standard for the bibliography, which docutils still writes."""
    if "body" in context:
        for role in (' role="doc-biblioentry"', ' role="list"'):
            context["body"] = context["body"].replace(role, "")


def mended(text):
    """A written page with a landmark around its side bar, and folds that are called by what they say."""
    text = text.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    return SIDE_BAR.sub(r'<div\1 role="region" aria-label="Book">', text)


def connect(app):
    app.connect("html-page-context", mend_markup, priority=900)
