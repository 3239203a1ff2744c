"""Bytes or HTML -> an Article. No I/O."""

from __future__ import annotations

import re
from dataclasses import replace

from summarizer.article import Article
from summarizer.errors import EmptyArticle, UnreadableSource
from summarizer.sources.addresses import date_in_url, without_user
from summarizer.sources.decode import NotText, decode
from summarizer.sources.naming import quoted, shown
from summarizer.sources.sniff import is_page

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"<meta\b[^>]{0,500}?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)"
    rb"|<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_LOOKED_AT = 4096
_HTML_TYPES = ("text/html", "application/xhtml+xml")


def from_bytes(
    data: bytes,
    *,
    location: str | None = None,
    content_type: str | None = None,
    url: str | None = None,
) -> Article:
    """The Article that some bytes are: plain text, Markdown or a page of HTML.

    `content_type` is a media type with or without a charset, as a server or a file's
    extension says it; the bytes' own form is believed first. `location` is for people, and
    `url` is where the bytes came from, if the caller knows. Raises UnreadableSource and
    EmptyArticle.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    name = _name(location)
    try:
        html_said = media_type in _HTML_TYPES
        lenient = html_said or is_page(data[:_LOOKED_AT].decode("latin-1"))
        text = decode(data, declared=_charsets(data, content_type), lenient=lenient)
        is_html = is_page(text, media_type)
    except NotText as error:
        raise UnreadableSource(f"{name} {error}") from None
    if is_html:
        return from_html(text, location=location, url=url)
    if not any(map(str.isalnum, text)):
        raise EmptyArticle(f"{name} holds no words")
    return _with_url(Article.from_text(text, location=location), url)


def from_html(html: str, *, location: str | None = None, url: str | None = None) -> Article:
    """The Article on a page: its main text, and what the page says of itself.

    `url` is where the page came from, if the caller knows; otherwise the page's own word is
    taken. Raises UnreadableSource and EmptyArticle.
    """
    from summarizer.sources import page

    name = _name(location)
    try:
        found = page.read(html, url=url)
    except NotText as error:
        raise UnreadableSource(f"{name} {error}") from None
    if not any(map(str.isalnum, found.text)):
        raise EmptyArticle(
            f"{name} is a page without the text of an article: if a browser shows one, save "
            "that as text"
        )
    said = found.metadata
    article = Article.from_text(
        found.text,
        title=said.title,
        publisher=said.publisher,
        published=said.published,
        url=None if url else said.url,
        location=location,
        origin="metadata",
    )
    return _with_url(article, url)


def _with_url(article: Article, url: str | None) -> Article:
    """The article with where it was fetched from, and the date that an address carries."""
    if url:
        article = replace(article, url=shown(without_user(url)), url_from="caller")
    if article.published is None and article.url and article.url_from != "text":
        published = date_in_url(article.url)
        if published is not None:
            article = replace(article, published=published, published_from="url")
    return article


def _charsets(data: bytes, content_type: str | None) -> list[str]:
    """The declared encodings: the server's, then the page's own."""
    said = _CHARSET.search(content_type or "")
    labels = [said[1]] if said else []
    own = _META_CHARSET.finditer(data[:_LOOKED_AT])
    return labels + [(match[1] or match[2]).decode("ascii", "replace") for match in own]


def _name(location: str | None) -> str:
    if location == "-":
        return "standard input"
    return quoted(location) if location else "the input"
