"""Facts about a record as an HTML page, read with a parser that knows what may be in it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.render import to_html
from summarizer.render.characters import line, shown
from summarizer.render.elements import code_element, element, joined, verbatim
from summarizer.schema import Span, Summary, What, Who
from tests import golden_files
from tests.invented import TEXT, article, record, span
from tests.test_render_markdown import ATTACKS
from tests.test_render_text import hostile_record

VOID = {"br", "meta", "link"}
#: Every element that a page may hold, with every attribute it may have.
ALLOWED = {
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "http-equiv", "content", "name"},
    "title": set(),
    "link": {"rel", "href"},
    "style": set(),
    "script": set(),
    "body": set(),
    "a": {"class", "href", "id", "data-items", "title", "tabindex", "aria-label", "rel"},
    "header": set(),
    "main": set(),
    "article": {"aria-label"},
    "aside": {"id", "aria-label", "tabindex"},
    "section": {"class", "aria-labelledby"},
    "h1": {"dir"},
    "h2": {"id"},
    "h3": set(),
    "p": {"class", "dir"},
    "span": {"class", "dir"},
    "ul": set(),
    "li": {"class", "id", "data-kind", "tabindex"},
    "b": set(),
    "br": set(),
    "q": set(),
    "em": set(),
    "details": set(),
    "summary": set(),
    "dl": set(),
    "dt": set(),
    "dd": set(),
    "div": {"id", "role", "hidden"},
}


class Page(HTMLParser):
    """Reads a page strictly: only what is allowed, each element closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.attributes: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        assert set(names) <= ALLOWED[tag], (tag, names)
        self.attributes.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.text[tag] = self.text.get(tag, "") + data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        assert decl == "doctype html"

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def values(self, attribute: str) -> list[str]:
        return [held[attribute] for _, held in self.attributes if attribute in held]


def summary_of(text: str, spans: list[Span], uncited: tuple[Span, ...] = ()) -> Summary:
    """A record of another text, each span the evidence of an item of its own."""
    others = ("where", "when", "reactions", "background", "rejected", "adjusted")
    empty: dict[str, Any] = dict.fromkeys(others, ())
    return record(
        article(text),
        what=What(evidence=(spans[0],), statement="It happened.") if spans else None,
        who=tuple(
            Who(evidence=(one,), name=f"N{number}", kind="person", role=None)
            for number, one in enumerate(spans[1:])
        ),
        uncited_quotes=uncited,
        **empty,
    )


def cut(text: str, first: int, second: int) -> Span | None:
    """A span between two offsets, which may lie outside the text."""
    start, end = sorted((first % (len(text) + 1), second % (len(text) + 1)))
    return Span(start=start, end=end, text=text[start:end]) if start < end else None


texts = st.text(
    st.sampled_from("ab \t\r\n\n<>&\"'\x1b\x9b\u202e\u200b漢é\u0301]-")
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    min_size=1,
    max_size=50,
)
offsets = st.tuples(st.integers(0, 60), st.integers(0, 60))


@given(texts, st.lists(offsets, max_size=5), st.lists(offsets, max_size=2))
def test_the_article_reads_exactly_as_given_whatever_overlaps(
    text: str, evidence: list[tuple[int, int]], quotations: list[tuple[int, int]]
) -> None:
    spans = [found for pair in evidence if (found := cut(text, *pair))]
    uncited = tuple(found for pair in quotations if (found := cut(text, *pair)))
    html = to_html(summary_of(text, spans, uncited), article(text))
    assert Page(html).text.get("article", "") == shown(text)
    assert "\r" not in html


@given(texts, st.lists(offsets, min_size=1, max_size=5))
def test_each_highlight_covers_its_span_and_no_more(
    text: str, evidence: list[tuple[int, int]]
) -> None:
    spans = [found for pair in evidence if (found := cut(text, *pair))]
    html = to_html(summary_of(text, spans), article(text))
    for number, one in enumerate(spans):
        key = f"who-{number}" if number else "what-1"
        pieces = re.findall(
            rf'<a [^>]*data-items="(?:[^"]* )?{key}(?: [^"]*)?"[^>]*>(.*?)</a>', html, re.DOTALL
        )
        covered = "".join(
            Page(f"<article>{piece}</article>").text.get("article", "") for piece in pieces
        )
        # Blank lines between paragraphs stay unmarked.
        assert "".join(covered.split()) == "".join(shown(one.text).split())


@given(texts, st.lists(offsets, max_size=5))
def test_every_link_leads_somewhere_and_every_id_is_one_of_a_kind(
    text: str, evidence: list[tuple[int, int]]
) -> None:
    spans = [found for pair in evidence if (found := cut(text, *pair)) and found.text.strip()]
    page = Page(to_html(summary_of(text, spans), article(text)))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    targets = {href[1:] for href in page.values("href") if href.startswith("#")}
    assert targets <= set(ids)
    assert {key for keys in page.values("data-items") for key in keys.split()} <= set(ids)
    assert set(page.values("aria-labelledby")) <= set(ids)


def test_the_text_of_an_ordinary_article_is_changed_in_no_character() -> None:
    text = TEXT.replace("\n", "\r\n")
    page = Page(to_html(summary_of(text, []), article(text)))
    assert page.text["article"] == text


def test_the_page_is_as_it_was_looked_at() -> None:
    html = to_html(record(), article())
    html = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", html, flags=re.DOTALL)
    html = re.sub(r"sha256-[^']+", "sha256-", html)
    golden_files.check("record.html", html.replace("><", ">\n<"))


@pytest.mark.parametrize(
    "text", [*ATTACKS, '"><img src=x onerror=alert(1)>', "' onmouseover='x", "</style></script>"]
)
def test_no_words_become_an_element_or_an_attribute(text: str) -> None:
    def shape(html: str) -> list[tuple[str, list[str]]]:
        return [(tag, sorted(held)) for tag, held in Page(html).attributes]

    html = to_html(hostile_record(text), article())
    assert shape(html) == shape(to_html(hostile_record("plain"), article()))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)


def test_hostile_words_in_the_article_stay_words() -> None:
    text = "A man <script>alert(1)</script> said ]]> --> \x1b[31m &amp; \u202e left </article> it."
    page = Page(to_html(summary_of(text, [span(text, source=text)]), article(text)))
    assert page.text["article"] == shown(text)
    assert [tag for tag, _ in page.attributes].count("script") == 1


def test_the_page_asks_for_nothing_and_runs_only_its_own_script() -> None:
    html = to_html(record(), article())
    page = Page(html)
    (policy,) = [
        held["content"]
        for _, held in page.attributes
        if held.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.text[tag].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not re.search(
        r"@import|url\(|fetch|import\(|XMLHttp", page.text["style"] + page.text["script"]
    )
    outside = [href for href in page.values("href") if not href.startswith("#")]
    assert outside == ["data:,", "https://courier.example/heron-bridge"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x", "file:etc"])
def test_only_a_web_address_becomes_a_link(url: str) -> None:
    page = Page(to_html(record(article(url=url)), article()))
    assert url not in page.values("href")


def test_a_summary_of_another_article_is_refused() -> None:
    with pytest.raises(ValueError, match="another article"):
        to_html(record(), article("Another text altogether."))


def test_overlapping_evidence_shows_every_field_it_supports() -> None:
    html = to_html(record(), article())
    assert 'data-items="what-1 where-1 where-2 when-1"' in html
    assert '<span class="what"><span class="where"><span class="when">' in html


def test_lines_that_were_filled_flow_and_lines_that_were_set_stay() -> None:
    page = to_html(record(), article())
    assert page.count('<p class="filled">') == 4
    listed = "Present were:\nthe mayor\nthe council\nthe crews of the Tarn Works and many others\n"
    assert '<p class="filled">' not in to_html(summary_of(listed, []), article(listed))


def test_content_is_escaped_unless_it_is_markup() -> None:
    inner = element("b", "<i>")
    assert element("p", inner, "&\n", title='"') == '<p title="&quot;"><b>&lt;i&gt;</b>&amp;</p>'
    assert joined("<", inner) == "&lt;<b>&lt;i&gt;</b>"
    assert verbatim("a\r\n<") == "a&#13;\n&lt;"
    assert verbatim("a\rb") == "a&#13;<br>b"


def test_code_that_could_end_its_element_is_refused() -> None:
    with pytest.raises(ValueError, match="'<'"):
        code_element("script", "</script>")


def test_every_claim_is_on_the_page_as_the_record_has_it() -> None:
    text = Page(to_html(record(), article())).text["aside"]
    summary = record()
    assert summary.what is not None
    for words in (summary.what.statement, *(one.name for one in summary.who), "Tarn Steel Company"):
        assert line(words) in text
