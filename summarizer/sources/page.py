"""A page of HTML -> its article's text, and what the page says of it.

The text is what trafilatura takes for the article, of what a reader sees: paragraphs,
headings, lists, quotations and tables in their order, with a blank line between blocks. The
page's headline is put before it where trafilatura leaves it out.

trafilatura runs by its own rules alone (`fast`). Its fall-backs prefer a much longer text,
so that a short article on a page full of teasers is drowned by them.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

import trafilatura
from lxml.html import HtmlElement

from summarizer.sources import blocks, markup, metadata
from summarizer.sources.decode import NotText
from summarizer.sources.visible import keep_visible

# It warns of each page without text. That is an error here, and said as one.
logging.getLogger("trafilatura").addHandler(logging.NullHandler())

_SENTENCE_END = re.compile(r"[.!?。！？…।؟۔][\"'”’»」』)\]]*(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Page:
    """A page's text, empty if it has none that is an article's, and its metadata."""

    text: str
    metadata: metadata.Metadata


def read(html: str, *, url: str | None = None) -> Page:
    """The article on a page. `url` is where it was fetched from, to resolve its links.

    Raises NotText for what is no page, or is out of all proportion.
    """
    tree = markup.parse(html)
    if tree is None:
        return Page("", metadata.Metadata())
    said = metadata.read(tree, url=url)
    keep_visible(tree)
    text = _main_text(tree)
    if not _is_prose(text):
        return Page("", said)
    headline = _headline(tree, said.title, text)
    return Page(f"{headline}\n\n{text}" if headline else text, said)


def _main_text(tree: HtmlElement) -> str:
    try:
        document = trafilatura.bare_extraction(
            tree, fast=True, include_comments=False, with_metadata=False
        )
    except Exception as error:  # whatever a page breaks in there, it is one bad page
        raise NotText("is HTML that no text can be taken from") from error
    body = getattr(document, "body", None)
    text = "" if body is None else blocks.written(body)
    if body is not None and len(body) > 1:
        return text
    # Of a page with little text trafilatura gives all of it as one block, menus included.
    # One paragraph that is one on the page as well is no such block.
    core = blocks.written(_core(tree))
    return text if _fold(text) in map(_fold, core.split("\n\n")) else core


def _core(tree: HtmlElement) -> HtmlElement:
    """The page without what stands around its text, by HTML's own names for these parts."""
    articles = tree.xpath("//article[not(ancestor::article)]")
    mains = tree.xpath("//main | //*[@role='main']")
    core = articles[0] if len(articles) == 1 else next(iter(mains), tree.find("body"))
    if core is None:
        return tree
    for part in core.xpath(".//nav | .//aside | .//footer | .//form | .//figure"):
        part.drop_tree()
    if core.tag == "body":
        for header in core.xpath("./header[not(.//h1)] | ./*/header[not(.//h1)]"):
            header.drop_tree()
    for block in _link_blocks(core):
        block.drop_tree()
    return core


def _link_blocks(core: HtmlElement) -> list[HtmlElement]:
    """The blocks with no text but that of links: menus, and headlines of other articles."""
    texts: dict[HtmlElement, int] = {}
    links: dict[HtmlElement, int] = {}
    elements = list(core.iter())
    for element in reversed(elements):  # children before their parents
        pieces = [element.text, *(child.tail for child in element)]
        own = sum(len(piece.strip()) for piece in pieces if piece)
        texts[element] = own + sum(texts[child] for child in element)
        linked = texts[element] if element.tag == "a" else sum(links[child] for child in element)
        links[element] = linked
    return [
        element
        for element in elements[1:]
        if element.tag in ("div", "li", "p", "td") and 0 < texts[element] == links[element]
    ]


def _is_prose(text: str) -> bool:
    """Whether there is a sentence: menus and lists of headlines have none."""
    return any(
        len(line) >= 60 or (len(line) >= 20 and _SENTENCE_END.search(line))
        for line in text.splitlines()
    )


def _headline(tree: HtmlElement, title: str | None, text: str) -> str | None:
    """The page's headline, if it shows one and the text lacks it."""
    for heading in tree.iter("h1"):
        shown = " ".join(heading.text_content().split())
        if title is not None and _fold(shown) == _fold(title):
            lacks = _fold(shown) not in _fold(text[: 4 * len(shown) + 200])
            return shown if lacks else None
    return None


def _fold(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
