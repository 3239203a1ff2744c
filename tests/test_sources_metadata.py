"""Facts about what a page says of itself: taken where it is said, never guessed."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from summarizer.article import Article
from summarizer.sources import from_bytes, from_html
from summarizer.sources.metadata import parse_date
from tests.sources_support import PLAIN, page

DAY = dt.date(2024, 3, 5)


def json_ld(*nodes: dict[str, Any] | list[Any]) -> str:
    """The scripts of some JSON-LD."""
    return "".join(
        f"<script type='application/ld+json'>{json.dumps(node)}</script>" for node in nodes
    )


def news(**facts: Any) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": "Bridge to close",
        "datePublished": "2024-03-05T08:30:00+02:00",
        **facts,
    }


def read(head: str = "", **options: Any) -> Article:
    return from_html(page(head=f"<title>Bridge to close</title>{head}", **options))


@pytest.mark.parametrize(
    "head",
    [
        json_ld(news()),
        json_ld([news()]),
        json_ld({"@context": "https://schema.org", "@graph": [{"@type": "WebSite"}, news()]}),
        json_ld({"@type": "WebPage", "mainEntity": news()}),
        json_ld(news(**{"@type": ["Thing", "ReportageNewsArticle"]})),
        json_ld(news(), news()),
        json_ld({"@type": "WebPage", "datePublished": "2024-03-05"}),
        "<meta property='article:published_time' content='2024-03-05T08:30:00Z'>",
        "<meta name='article:published_time' content='2024-03-05'>",
        "<meta property='og:published_time' content='20240305'>",
        "<meta name='parsely-pub-date' content='2024/03/05 08:30'>",
        "<meta name='DC.date.issued' content='2024-03-05'>",
        "<meta name='pubdate' content='Tue, 05 Mar 2024 08:30:00 GMT'>",
        "<meta itemprop='datePublished' content='2024-03-05'>",
    ],
)
def test_a_publication_date_is_read_where_the_page_says_it(head: str) -> None:
    article = read(head)
    assert (article.published, article.published_from) == (DAY, "metadata")


@pytest.mark.parametrize(
    "marked",
    [
        "<time itemprop=datePublished datetime='2024-03-05T08:30'>Tuesday</time>",
        "<span itemprop='datePublished' content='2024-03-05'>5 March</span>",
        "<time class='entry-date published' datetime='2024-03-05'>5 March</time>",
        "<time class='dt-published' datetime='2024-03-05'>5 March</time>",
        "<time pubdate datetime='2024-03-05'>5 March</time>",
    ],
)
def test_a_time_that_is_marked_as_published_is_the_publication_date(marked: str) -> None:
    html = page().replace("</h1>", f"</h1>{marked}")
    assert from_html(html).published == DAY


OTHER = (
    "<article class=card><h3><a href='/other'>Ferry strike</a></h3>"
    "<time itemprop=datePublished datetime='2024-02-01'>1 February</time>"
    "<time class='entry-date published' datetime='2024-02-01'>1 February</time></article>"
)


@pytest.mark.parametrize(
    ("head", "after"),
    [
        ("", ""),  # its footer has a copyright year
        ("<meta itemprop=copyrightYear content=2023>", "<p>Copyright 2023</p>"),
        ("", OTHER),
        ("", f"<aside>{OTHER}</aside>"),
        ("", "<footer><time pubdate datetime='2024-02-01'></time></footer>"),
        ("", "<p>Last updated: 2024-02-01</p><time datetime='2024-02-01'>1 February</time>"),
        ("<meta property='article:modified_time' content='2024-02-01'>", ""),
        ("<meta http-equiv='last-modified' content='2024-02-01'>", ""),
        ("<meta name='date' content='2024-02-01'>", ""),
        ("<meta property='og:updated_time' content='2024-02-01'>", ""),
        (json_ld(news(datePublished=None, dateModified="2024-02-01")), ""),
        (json_ld(news(headline="Ferry strike", url="https://x.example/other")), ""),
        (
            "<link rel=canonical href='https://x.example/bridge'>"
            + json_ld(news(headline="Ferry strike", url="https://x.example/other")),
            "",
        ),
        (
            json_ld(
                {
                    "@type": "ItemList",
                    "itemListElement": [news(headline="Ferry strike"), news(headline="Port")],
                }
            ),
            "",
        ),
        (json_ld(news(), news(datePublished="2024-02-01")), ""),
        (json_ld(news(headline="A"), news(headline="B")), ""),
        (
            "".join(
                f"<meta property='article:published_time' content='2024-02-0{day}'>"
                for day in (1, 2)
            ),
            "",
        ),
        ("<meta property='article:published_time' content='1970-01-01T00:00:00Z'>", ""),
        ("<meta property='article:published_time' content='0001-01-01T00:00:00'>", ""),
        ("<meta property='article:published_time' content='02/01/2024'>", ""),
        ("<meta property='article:published_time' content='2024-02'>", ""),
        ("<meta property='article:published_time' content='yesterday'>", ""),
        ("<script>var published = '2024-02-01';</script>", "<img src='/2024/02/01/a.jpg'>"),
        ("<!-- published 2024-02-01 -->", ""),
    ],
)
def test_a_page_that_does_not_say_when_it_was_published_has_no_date(head: str, after: str) -> None:
    article = read(head, after=after)
    assert (article.published, article.published_from) == (None, None)


def test_the_pages_own_node_is_told_by_its_address() -> None:
    own = news(
        headline="Bridge to close, says mayor", mainEntityOfPage={"@id": "https://x.example/b"}
    )
    other = news(headline="Ferry strike", url="https://x.example/f", datePublished="2024-02-01")
    head = "<link rel=canonical href='https://x.example/b'>" + json_ld(other, own)
    assert read(head).published == DAY


def test_metadata_come_before_microdata_and_the_address() -> None:
    head = "<link rel=canonical href='https://x.example/2024/02/01/b'>" + json_ld(news())
    assert read(head).published == DAY


@pytest.mark.parametrize(
    "url", ["https://x.example/2024/03/05/bridge", "https://x.example/2024-03-05"]
)
def test_a_date_in_the_address_is_used_where_the_page_says_none(url: str) -> None:
    article = from_html(page(), url=url)
    assert (article.published, article.published_from) == (DAY, "url")
    canonical = read(f"<link rel=canonical href='{url}'>")
    assert (canonical.published, canonical.published_from) == (DAY, "url")
    text = from_bytes(PLAIN.encode(), url=url)
    assert (text.published, text.published_from, text.url) == (DAY, "url", url)


def test_a_day_is_the_one_of_the_time_zone_it_is_written_in() -> None:
    assert parse_date("2024-03-05T23:30:00-08:00") == DAY
    assert parse_date("2024-03-05T00:30:00+03:00") == DAY


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("", "Bridge to close"),
        ("<meta property='og:title' content='Bridge  to\nclose'>", "Bridge to close"),
        (
            "<meta property='og:title' content='Why the bridge had to go'>",
            "Why the bridge had to go",
        ),
        (
            json_ld(news(headline="Mayor &amp; council close bridge")),
            "Mayor & council close bridge",
        ),
    ],
)
def test_the_title_is_what_the_metadata_say(head: str, title: str) -> None:
    html = page(head=f"{head}<title>Bridge to close | Site</title>")
    html = html if title == "Bridge to close" else html.replace("<h1>Bridge to close</h1>", "")
    article = from_html(html)
    assert (article.title, article.title_from) == (title, "metadata")


def test_an_articles_heading_comes_before_a_title_that_only_names_the_site() -> None:
    assert from_html(page(head="<title>The Harbour Times</title>")).title == "Bridge to close"
    assert from_html(page(head="")).title == "Bridge to close"
    logo = page(head="<title>Start</title>").replace("<header>", "<header><h1>Logo</h1>")
    assert from_html(logo).title == "Bridge to close"


def test_a_site_name_is_taken_off_a_title_only_where_the_page_gives_it() -> None:
    title = "<title>Bridge to close | The Harbour Times</title>"
    bare = page(head=title).replace("<h1>Bridge to close</h1>", "")
    assert from_html(bare).title == "Bridge to close | The Harbour Times"
    named = bare.replace(
        "<title>", "<meta property='og:site_name' content='The Harbour Times'><title>"
    )
    assert from_html(named).title == "Bridge to close"


@pytest.mark.parametrize(
    ("head", "publisher"),
    [
        ("", None),
        ("<meta property='og:site_name' content='The Harbour Times'>", "The Harbour Times"),
        ("<meta name='publisher' content='The Harbour Times'>", "The Harbour Times"),
        ("<meta property='article:publisher' content='https://social.example/ht'>", None),
        ("<meta name='twitter:site' content='@ht'>", None),
        (
            json_ld(news(publisher={"@type": "Organization", "name": "Harbour Media"})),
            "Harbour Media",
        ),
        (json_ld(news(publisher="Harbour Media")), "Harbour Media"),
        (json_ld(news(publisher=[{"name": "Harbour Media"}])), "Harbour Media"),
        (
            json_ld(
                {
                    "@graph": [
                        news(publisher={"@id": "#org"}),
                        {"@id": "#org", "@type": "Organization", "name": "Harbour Media"},
                    ]
                }
            ),
            "Harbour Media",
        ),
        (json_ld(news(publisher={"name": {"@value": "x"}})), None),
    ],
)
def test_the_publisher_is_who_the_page_names(head: str, publisher: str | None) -> None:
    assert read(head).publisher == publisher


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ("<link rel=canonical href='https://x.example/a?b=c#d'>", "https://x.example/a?b=c"),
        ("<link rel='alternate canonical' href='HTTPS://x.example/a'>", "https://x.example/a"),
        ("<meta property='og:url' content='https://x.example/a'>", "https://x.example/a"),
        ("<link rel=canonical href='https://me:pw@x.example/a'>", "https://x.example/a"),
        ("<link rel=canonical href='/a'>", None),
        ("<link rel=canonical href='https://x.example/'>", None),
        ("<link rel=canonical href='javascript:alert(1)'>", None),
        ("<link rel=canonical href='http://[::1'>", None),
        ("<link rel=canonical href=''>", None),
        ("", None),
    ],
)
def test_the_address_of_a_saved_page_is_the_one_it_gives(head: str, url: str | None) -> None:
    article = read(head)
    assert (article.url, article.url_from) == (url, "metadata" if url else None)


def test_the_address_that_a_page_was_fetched_from_comes_before_its_own() -> None:
    html = page(head="<link rel=canonical href='https://famous.example/a'>")
    article = from_html(html, url="https://x.example/b")
    assert (article.url, article.url_from) == ("https://x.example/b", "caller")


@pytest.mark.parametrize(
    "node",
    [
        None, 1, "x", [[[]]], {"@type": 7}, {"@type": {"a": 1}}, {"@graph": "x"},
        news(headline=["a", "b"]), news(datePublished=20240305), news(datePublished=["x", None]),
        news(url={"@id": 1}), news(mainEntityOfPage=[1, None, {"url": []}]), news(publisher=[None]),
    ],
)  # fmt: skip
def test_metadata_of_a_wrong_form_do_no_harm(node: Any) -> None:
    assert read(json_ld(node)).text.endswith(PLAIN)


def test_an_escape_in_a_title_is_undone_once() -> None:
    html = page(head="<meta property='og:title' content='Use &amp;amp; in HTML'>")
    assert from_html(html).title == "Use &amp; in HTML"


def test_control_characters_of_a_title_are_left_out() -> None:
    article = read("<meta property='og:title' content='Bridge\x1b[31m to&#10;close\u202e'>")
    assert article.title is not None
    assert article.title.isprintable()
