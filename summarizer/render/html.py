"""A Summary as one HTML file: the article with its evidence highlighted, and the record.

The file asks for nothing from anywhere, and its content security policy lets nothing run
but the one script whose digest it holds. Without scripts every link still works.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from importlib import resources
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from summarizer.render import wording
from summarizer.render.column import UNCITED, anchor, column, item_id
from summarizer.render.elements import Markup, code_element, element, joined, verbatim
from summarizer.render.segments import Mark, Segment, split

if TYPE_CHECKING:
    from summarizer.article import Article
    from summarizer.schema import Summary

#: What parts paragraphs: at least two line ends with nothing but spaces between them.
_BLANK = re.compile(r"(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))+")
#: The line lengths, in characters, that people fill plain text to.
_MEASURES = range(50, 121)


def to_html(summary: Summary, article: Article) -> str:
    """The whole page. `article` is the one that the summary was made from.

    Raises ValueError if it is another: the highlights would be lies.
    """
    if article.sha256 != summary.provenance.article_sha256:
        raise ValueError("the summary was made from another article")
    body = element(
        "body",
        element("a", "Skip to the record", class_="skip", href="#record"),
        _header(summary),
        element("main", _article(summary, article.text), column(summary)),
        element("div", id="peek", role="status", hidden=""),
        code_element("script", _asset("record.js")),
    )
    page = element("html", _head(wording.title(summary)), body, lang="en")
    return f"<!doctype html>\n{page}\n"


def _head(title: str) -> Markup:
    style, script = _asset("record.css"), _asset("record.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        # Without it a browser asks the site that serves the file for an icon.
        element("link", rel="icon", href="data:,"),
        code_element("style", style),
    )


@functools.cache
def _asset(name: str) -> str:
    return resources.files("summarizer.render").joinpath(name).read_text("utf-8")


def _digest(code: str) -> str:
    """The code's digest as a content security policy has it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}"


def _header(summary: Summary) -> Markup:
    facts = summary.article
    parts = [element("span", facts.publisher, dir="auto")] if facts.publisher else []
    if facts.published:
        found = wording.origin(facts.published_from)
        parts.append(element("span", f"published {facts.published} ({found})"))
    else:
        parts.append(element("span", "no publication date"))
    if facts.url and re.match(r"https?://", facts.url):
        parts.append(element("a", facts.url, href=facts.url, rel="noreferrer noopener"))
    if (location := wording.location(summary)) and location != facts.url:
        parts.append(element("span", location))
    source = joined(*(joined(" · " if number else "", part) for number, part in enumerate(parts)))
    return element(
        "header",
        element("h1", wording.title(summary), dir="auto"),
        element("p", source, class_="source"),
    )


def _article(summary: Summary, text: str) -> Markup:
    """The article: what its elements hold, in order, is its text and nothing else."""
    kinds, titles = _described(summary)
    blanks = dict(found.span() for found in _BLANK.finditer(text))
    segments = split(len(text), _marks(summary), breaks=chain.from_iterable(blanks.items()))
    measure = max(map(len, text.splitlines()), default=0)
    content: list[Markup] = []
    paragraph: list[Segment] = []
    blank_until = 0

    def finish() -> None:
        if paragraph:
            filled = _is_filled(text[paragraph[0].start : paragraph[-1].end], measure)
            pieces = [_segment(text, one, kinds, titles) for one in paragraph]
            content.append(element("p", *pieces, class_="filled" if filled else None))
            paragraph.clear()

    for segment in segments:
        blank_until = blanks.get(segment.start, blank_until)
        if segment.start >= blank_until:
            paragraph.append(segment)
        else:
            finish()
            content.append(verbatim(text[segment.start : segment.end]))
    finish()
    return element("article", *content, aria_label="The article")


def _is_filled(paragraph: str, measure: int) -> bool:
    """Whether its lines end where a text filled to `measure` characters breaks them.

    Such line ends carry no meaning, and a narrow page is better read without them.
    """
    lines = paragraph.splitlines()
    return (
        _MEASURES.start <= measure < _MEASURES.stop
        and len(lines) > 1
        and all(
            len(line) + 1 + len(following.split(" ", 1)[0]) > measure
            for line, following in pairwise(lines)
        )
    )


def _described(summary: Summary) -> tuple[dict[str, str], dict[str, str]]:
    """The kind and the tooltip of each item that marks may belong to, by its id."""
    kinds: dict[str, str] = {}
    titles: dict[str, str] = {}
    for field, title in wording.TITLES.items():
        for number, item in enumerate(summary.items(field)):
            kinds[item_id(field, number)] = field
            titles[item_id(field, number)] = f"{title}: {wording.claim(field, item)}"
    for number in range(len(summary.uncited_quotes)):
        kinds[item_id(UNCITED, number)] = UNCITED
        titles[item_id(UNCITED, number)] = "A quotation that no item cites"
    return kinds, titles


def _marks(summary: Summary) -> list[Mark]:
    found = [(item_id(field, number), span) for field, number, span in summary.spans()]
    found += [
        (item_id(UNCITED, number), span) for number, span in enumerate(summary.uncited_quotes)
    ]
    return [Mark(anchor(span), span.end, key) for key, span in found]


def _segment(text: str, segment: Segment, kinds: dict[str, str], titles: dict[str, str]) -> Markup:
    """The segment's text, linked to the first item that rests on it, if one does."""
    content = verbatim(text[segment.start : segment.end])
    if not segment.keys:
        return content
    for kind in reversed(dict.fromkeys(kinds[key] for key in segment.keys)):
        content = element("span", content, class_=kind)
    return element(
        "a",
        content,
        class_="mark",
        id=f"s{segment.start}" if segment.opened else None,
        href=f"#{segment.keys[0]}",
        data_items=" ".join(segment.keys),
        title="; ".join(titles[key] for key in segment.keys),
        # One stop for the Tab key where evidence starts, none where it only goes on.
        tabindex=None if segment.opened else "-1",
    )
