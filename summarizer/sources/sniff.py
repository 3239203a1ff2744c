"""Telling HTML from text by how it begins."""

from __future__ import annotations

import re

from summarizer.sources.decode import NotText

_COMMENTS = r"(?:<!--(?>.*?-->)\s*+)*+"
#: What a whole page begins with, and no text.
_DOCUMENT = re.compile(
    rf"\s*+(?:<\?[^>]*+>\s*+)*+{_COMMENTS}(?:<!doctype\s++html\b[^>]*+>|<(?:html|head|body)\b)",
    re.IGNORECASE | re.DOTALL,
)
#: A piece of a page: a block that the text begins with, and an end tag at its end.
_FRAGMENT_START = re.compile(
    r"\s*+<(?:article|main|section|div|header|h1|p)\b[^>]*+>", re.IGNORECASE
)
_FRAGMENT_END = re.compile(r"</(?:article|main|section|div|footer|p)\s*+>\s*+\Z", re.IGNORECASE)
_XML = re.compile(
    rf"\s*+(?:<\?[^>]*+>\s*+)*+{_COMMENTS}(?:<!doctype[^>]*+>\s*+)?{_COMMENTS}"
    r"<(?:[\w-]++:)?([A-Za-z][\w-]*+)",
    re.IGNORECASE | re.DOTALL,
)
_XML_ROOTS = frozenset("rss feed rdf svg urlset sitemapindex opml plist".split())
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}+>")
_LOOKED_AT = 65_536


def is_page(text: str, media_type: str | None = None) -> bool:
    """Whether a text is HTML: by how it begins, or by its media type if it has tags at all.

    A text that only mentions a tag is text. Raises NotText for XML that is not XHTML.
    """
    head = text[:_LOOKED_AT]
    if media_type in ("text/html", "application/xhtml+xml") and _TAG.search(text):
        return True
    if _DOCUMENT.match(head):
        return True
    root = _XML.match(head)
    if root is not None and (head.lstrip().startswith("<?xml") or root[1].lower() in _XML_ROOTS):
        raise NotText(f"is XML ({root[1][:40]}), not text or HTML")
    return (
        media_type != "text/markdown"
        and _FRAGMENT_START.match(head) is not None
        and _FRAGMENT_END.search(text[-200:]) is not None
    )
