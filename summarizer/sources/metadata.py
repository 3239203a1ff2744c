"""What a page says of itself: title, publisher, publication date and address.

Only what is said in so many words counts: schema.org data in JSON-LD, Open Graph and other
meta elements, `datePublished` in microdata, the canonical link. A copyright year, a date of
change, a date of another article and a date somewhere in the text are not the article's
publication date. A library that searches the page for the likeliest date (htmldate, behind
trafilatura) answers with all of these, and by the clock: it is not asked.
"""

from __future__ import annotations

import collections
import datetime as dt
import email.utils
import html as entities
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from summarizer.sources.addresses import plain_url


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says of itself; None where it says nothing, or contradicts itself."""

    title: str | None = None
    publisher: str | None = None
    published: dt.date | None = None
    url: str | None = None


_PUBLISHED_NAMES = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "og:published_time",
    "datepublished",
    "date.published",
    "parsely-pub-date",
    "sailthru.date",
    "citation_publication_date",
    "dc.date.issued",
    "dcterms.issued",
    "publish-date",
    "publish_date",
    "publishdate",
    "pubdate",
    "publication_date",
)
_TITLE_NAMES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "citation_title")
_PUBLISHER_NAMES = (
    "og:site_name",
    "dc.publisher",
    "dcterms.publisher",
    "citation_publisher",
    "publisher",
)
_ARTICLE_TYPES = frozenset(("BlogPosting", "LiveBlogPosting", "Report"))
_PUBLISHED_CLASSES = (frozenset(("dt-published",)), frozenset(("entry-date", "published")))
_ISO_DATE = re.compile(r"(\d{4})([-/]?)(\d{2})\2(\d{2})(?![\d-])")
_UNSET = (dt.date(1970, 1, 1), dt.date(1900, 1, 1))  # what software writes for "no date"
_LONGEST_TITLE = 500
_MOST_TIMES = 50
_MOST_NODES = 10_000
_SEPARATORS = " -–—|·•:»/"


def read(tree: HtmlElement, *, url: str | None = None) -> Metadata:
    """The page's metadata. `url` is where it was fetched from, to resolve its links."""
    metas = _metas(tree)
    address = _address(tree, metas, url)
    nodes = list(_json_ld(tree))
    headings = [_fold(heading.text_content()) for heading in tree.iter("h1")]
    titles = {_fold(title) for name in _TITLE_NAMES for title in metas.get(name, ())}
    article = _article_node(nodes, address or url, titles.union(headings) - {""})
    publisher = _publisher(article, nodes, metas)
    return Metadata(
        title=_title(tree, article, metas, publisher),
        publisher=publisher,
        published=_published(tree, article, metas),
        url=address,
    )


def parse_date(value: str) -> dt.date | None:
    """The day that a timestamp names, in the time zone that it is written in."""
    value = value.strip()
    match = _ISO_DATE.match(value)
    if match is not None:
        return _date(int(match[1]), int(match[3]), int(match[4]))
    try:
        return _plausible(email.utils.parsedate_to_datetime(value).date())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return _plausible(dt.date(year, month, day))
    except ValueError:
        return None


def _plausible(day: dt.date) -> dt.date | None:
    return day if day.year >= 1600 and day not in _UNSET else None


def _metas(tree: HtmlElement) -> dict[str, list[str]]:
    """The contents of the meta elements, by name or property."""
    metas: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        content = _line(meta.get("content"))
        if content is not None:
            for attribute in ("property", "name", "itemprop"):
                for name in meta.get(attribute, "").lower().split():
                    metas.setdefault(name, []).append(content)
    return metas


def _address(tree: HtmlElement, metas: dict[str, list[str]], url: str | None) -> str | None:
    canonical = [
        link.get("href", "")
        for link in tree.iter("link")
        if "canonical" in link.get("rel", "").lower().split()
    ]
    for given in (*canonical, *metas.get("og:url", ())):
        try:
            address = plain_url(urljoin(url, given.strip()) if url else given.strip())
        except ValueError:
            continue
        if address is not None and urlsplit(address).path not in ("", "/"):
            return address
    return None


def _title(
    tree: HtmlElement,
    article: dict[str, Any] | None,
    metas: dict[str, list[str]],
    publisher: str | None,
) -> str | None:
    """The headline as the page shows it, where its metadata confirm that, else as they say it."""
    said = [_said(article.get("headline")) if article else None]
    said += [metas[name][0] for name in _TITLE_NAMES if name in metas]
    named = [_line(title.text_content()) for title in tree.iterfind(".//head/title")]
    titles = [title for title in said + named if title and len(title) <= _LONGEST_TITLE]
    folded = [_fold(title) for title in titles]
    headings = {
        line: heading
        for heading in tree.iter("h1")
        if (line := _line(heading.text_content())) and _fold(line) != _fold(publisher)
    }
    # By its beginning: a site's name, which may be a heading too, stands at a title's end.
    confirmed = [
        line
        for line in headings
        if any(_begins(title, _fold(line)) or _begins(_fold(line), title) for title in folded)
    ]
    if len(confirmed) == 1:
        return confirmed[0]
    if any(said):
        return _without(publisher, titles[0])
    # A <title> alone may be the site's: an article's one heading says more.
    inside = [line for line, heading in headings.items() if _is_in_article(heading)]
    if len(inside) == 1:
        return inside[0]
    if titles:
        return _without(publisher, titles[0])
    return next(iter(headings)) if len(headings) == 1 else None


def _is_in_article(heading: HtmlElement) -> bool:
    return next(heading.iterancestors("article", "main"), None) is not None


def _begins(title: str, beginning: str) -> bool:
    return title == beginning or (len(beginning) >= 10 and title.startswith(beginning))


def _without(publisher: str | None, title: str) -> str:
    """A title without the site's name at its end, where that is known and not guessed."""
    if publisher is None:
        return title
    end = rf"\s*[{re.escape(_SEPARATORS)}]\s*{re.escape(publisher)}\s*$"
    return re.sub(end, "", title, flags=re.IGNORECASE).strip(_SEPARATORS) or title


def _publisher(
    article: dict[str, Any] | None, nodes: list[dict[str, Any]], metas: dict[str, list[str]]
) -> str | None:
    given: list[str | None] = []
    for publisher in _listed(article.get("publisher")) if article else ():
        if isinstance(publisher, dict) and "name" not in publisher:
            identity = publisher.get("@id")
            named = (node.get("name") for node in nodes if identity and node.get("@id") == identity)
            given.append(_said(next(named, None)))
        else:
            given.append(_said(publisher.get("name") if isinstance(publisher, dict) else publisher))
    given += [metas[name][0] for name in _PUBLISHER_NAMES if name in metas]
    return next(
        (name for name in given if name and len(name) <= 200 and not name.startswith("http")), None
    )


def _published(
    tree: HtmlElement, article: dict[str, Any] | None, metas: dict[str, list[str]]
) -> dt.date | None:
    if article is not None:
        day = _agreed(_listed(article.get("datePublished")))
        if day is not None:
            return day
    for name in _PUBLISHED_NAMES:
        if name in metas:
            day = _agreed(metas[name])
            if day is not None:
                return day
    return _agreed(_marked_times(tree, "itemprop")) or _agreed(_marked_times(tree, "class"))


def _marked_times(tree: HtmlElement, by: str) -> Iterator[str]:
    """The times that the markup calls the article's time of publication."""
    marked = [
        element
        for element in tree.iter("time", "abbr", "span", "div", "p", "meta")
        if (_is_itemprop(element) if by == "itemprop" else _is_published_time(element))
    ]
    if len(marked) > _MOST_TIMES:  # a list of articles
        return
    for element in marked:
        if _is_in_main(element, tree):
            given = element.get("datetime") or element.get("content") or element.get("title")
            yield given or element.text_content()


def _is_itemprop(element: HtmlElement) -> bool:
    return "datePublished" in element.get("itemprop", "").split()


def _is_published_time(element: HtmlElement) -> bool:
    classes = set(element.get("class", "").split())
    return element.tag == "time" and (
        element.get("pubdate") is not None or any(names <= classes for names in _PUBLISHED_CLASSES)
    )


def _is_in_main(element: HtmlElement, tree: HtmlElement) -> bool:
    """Whether an element belongs to the page's article, and not to a card about another one."""
    if next(element.iterancestors("aside", "nav", "footer"), None) is not None:
        return False
    scope = next(
        (
            a
            for a in element.iterancestors()
            if a.tag == "article" or a.get("itemscope") is not None
        ),
        None,
    )
    return scope is None or scope.find(".//h1") is not None or tree.find(".//h1") is None


def _agreed(values: Iterable[Any]) -> dt.date | None:
    """The one day that all the values name, or None if they name several or none."""
    days = {parse_date(value) for value in values if isinstance(value, str)} - {None}
    return days.pop() if len(days) == 1 else None


def _json_ld(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """The page's own JSON-LD nodes: top level, `@graph` and `mainEntity`, no lists of others."""
    pending: collections.deque[Any] = collections.deque()
    for script in tree.iter("script"):
        if script.get("type", "").partition(";")[0].strip().lower() == "application/ld+json":
            try:
                pending.append(json.loads(script.text or "", strict=False))
            except (ValueError, RecursionError):  # a page's slip or trap: it says nothing then
                continue
    seen = 0
    while pending and seen < _MOST_NODES:
        node = pending.popleft()
        seen += 1
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            yield node
            pending.extend(node[key] for key in ("@graph", "mainEntity") if key in node)


def _article_node(
    nodes: list[dict[str, Any]], address: str | None, titles: set[str]
) -> dict[str, Any] | None:
    """The node about the page's own article, or None if none is or several might be."""
    articles = [node for node in nodes if _is_article(node)]
    if not articles:
        pages = [node for node in nodes if "WebPage" in _listed(node.get("@type"))]
        return pages[0] if len(pages) == 1 else None
    own = [node for node in articles if address is not None and address in _addresses(node)]
    own = own or [node for node in articles if _fold(_said(node.get("headline"))) in titles]
    if not own and len(articles) == 1 and _resembles(articles[0], titles):
        own = articles
    # Themes and plugins may each write a node about the same article.
    said = {
        (_fold(_said(node.get("headline"))), str(node.get("datePublished"))[:10]) for node in own
    }
    return own[0] if len(said) == 1 else None


def _resembles(node: dict[str, Any], titles: set[str]) -> bool:
    """Whether a node's headline may be another wording of the page's: they share a word."""
    words = (_said(node.get("headline")) or "").casefold().split()
    long = [folded for word in words if len(folded := _fold(word)) >= 4]
    return not titles or not long or any(word in title for word in long for title in titles)


def _is_article(node: dict[str, Any]) -> bool:
    return any(
        isinstance(name, str) and (name.endswith("Article") or name in _ARTICLE_TYPES)
        for name in _listed(node.get("@type"))
    )


def _addresses(node: dict[str, Any]) -> set[str | None]:
    given: list[Any] = [node.get("url"), node.get("@id")]
    for page in _listed(node.get("mainEntityOfPage")):
        given += [page.get("@id"), page.get("url")] if isinstance(page, dict) else [page]
    addresses: set[str | None] = set()
    for address in given:
        if isinstance(address, str):
            try:
                addresses.add(plain_url(address))
            except ValueError:
                continue
    return addresses


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _line(value: Any) -> str | None:
    """A value as one line of text, or None if it is none or empty."""
    if not isinstance(value, str):
        return None
    line = " ".join(value[:10_000].split())
    return "".join(filter(str.isprintable, line)) or None


def _said(value: Any) -> str | None:
    """A string of JSON-LD as one line: many pages escape it as for HTML."""
    return _line(entities.unescape(value[:10_000])) if isinstance(value, str) else None


def _fold(title: str | None) -> str:
    return "".join(filter(str.isalnum, (title or "").casefold()))
