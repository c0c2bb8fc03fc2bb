"""Links of the built book: inside it every one leads somewhere, outside it every one is well formed."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from tests.conftest import missing
from tests.site.conftest import HTML, PAGES


class Collector(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = set(), set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.update(value for key, value in attributes.items() if key in ("id", "name") and value)
        self.links.update(value for key, value in attributes.items() if key in ("href", "src") and value)


@pytest.fixture(scope="module")
def pages():
    if not PAGES:
        missing("the built book", "make book")
    return {path.relative_to(HTML).as_posix(): Collector(path) for path in HTML.rglob("*.html")
            if "_static" not in path.parts}


def test_internal_links_lead_somewhere(pages):
    broken = []
    for name, page in pages.items():
        for link in page.links:
            address = urlsplit(urljoin("http://book/" + name, link))
            if address.netloc != "book":
                continue
            path = unquote(address.path).lstrip("/") or "index.html"
            if not (HTML / path).is_file():
                broken.append(f"{name}: {link}")
            elif address.fragment and path in pages and unquote(address.fragment) not in pages[path].anchors:
                broken.append(f"{name}: {link} (no such place on the page)")
    assert broken == []


def test_external_links_are_well_formed(pages):
    odd = [f"{name}: {link}" for name, page in pages.items() for link in page.links
           if (parts := urlsplit(link)).scheme not in ("", "data", "mailto")
           and (parts.scheme != "https" or "." not in parts.netloc or " " in link)]
    assert odd == []


def test_claims_have_distinct_addresses(pages):
    """Browsers go to the first of two places with one name, so a claim's name must be unique on its page."""
    from collections import Counter
    for name in PAGES:
        text = (HTML / name).read_text("utf-8")
        counts = Counter(part.partition('"')[0] for part in text.split('<tr id="')[1:])
        assert [anchor for anchor, count in counts.items() if count > 1] == [], name


def test_the_first_mention_of_a_term_leads_to_the_glossary():
    """Every chapter leads there several times, once for each term."""
    for name in PAGES:
        text = (HTML / name).read_text("utf-8")
        if "This chapter" in text:
            terms = re.findall(r'href="[^"]*glossary\.html#(term-[^"]+)"', text)
            assert len(terms) >= 3 and len(set(terms)) == len(terms), (name, terms)
