"""HTML -> a tree, within bounds.

A page made to hurt costs no more than its size: a tag of hundreds of thousands of
attributes, elements nested a hundred thousand deep or a million elements would otherwise
take minutes. No entity is looked up anywhere but in HTML's own list.
"""

from __future__ import annotations

import html as entities
import re

from lxml import html as lxml_html
from lxml.etree import LxmlError

from summarizer.sources.decode import NotText

#: More elements than the longest live blog has.
MOST_ELEMENTS = 30_000
_LONG_TAG = 512
_LONG_VALUE = 2000
#: The attributes that matter here: they say what is hidden, or what a thing is.
KEPT_ATTRIBUTES = frozenset(
    "aria-hidden class content datetime hidden href id itemprop itemscope name open property "
    "pubdate rel role style title type".split()
)

# Comments, scripts and styles as wholes, so that nothing in them is taken for a tag; then
# start tags. An attribute's value may hold ">" only in quotation marks after "=".
_PIECE = re.compile(
    r"<!--(?:-?>|(?>.*?(?:--!?>|\Z)))"
    r"|<(?P<raw>script|style)\b(?P<given>[^>]*+)(?P<content>>?(?>.*?(?:</(?P=raw)|\Z)))"
    r"|<(?P<name>[A-Za-z][^\s/>]*+)(?P<rest>(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+)*+)(?:>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""([^\s"'>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?+""", re.DOTALL
)
_NOT_IN_HTML = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def parse(html: str) -> lxml_html.HtmlElement | None:
    """The tree of a page, or None of an empty one. Raises NotText if it is out of proportion."""
    bounded = _bounded(_NOT_IN_HTML.sub("", html))
    parser = lxml_html.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        no_network=True,
        huge_tree=False,
        collect_ids=False,
    )
    try:
        return lxml_html.document_fromstring(bounded.encode(), parser=parser)
    except LxmlError:  # nothing but a doctype, say
        return None


def _bounded(html: str) -> str:
    """The page with no more elements and attributes than a tree is built of in good time."""
    count = 0

    def bounded(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        if match["name"] and len(match[0]) > _LONG_TAG:
            return f"<{match['name'][:40]}{_kept_attributes(match['rest'])}>"
        if match["raw"] and len(match["given"]) > _LONG_TAG:
            return f"<{match['raw']}{_kept_attributes(match['given'])}{match['content']}"
        return match[0]

    page = _PIECE.sub(bounded, html)
    if count > MOST_ELEMENTS:
        raise NotText(f"has more than {MOST_ELEMENTS:,} elements: too many for one article")
    return page


def _kept_attributes(attributes: str) -> str:
    kept: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(attributes):
        name = match[1].lower()
        if name in KEPT_ATTRIBUTES and name not in kept:
            value = match[2] or match[3] or match[4] or ""
            kept[name] = entities.escape(entities.unescape(value)[:_LONG_VALUE])
    return "".join(f' {name}="{value}"' for name, value in kept.items())
