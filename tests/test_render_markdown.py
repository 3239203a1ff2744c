"""Facts about a record as Markdown, checked with a parser of GitHub's flavour."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from summarizer.render import to_markdown
from summarizer.render.characters import line
from summarizer.render.markdown import code, escape, strong
from tests import golden_files
from tests.invented import article, record
from tests.test_render_text import HOSTILE, hostile_record

GAP = "\u2060"
parser = MarkdownIt("gfm-like", {"html": True, "linkify": True})
assert parser.linkify is not None
#: Without a scheme too: `example.org`.
parser.linkify.set({"fuzzy_link": True, "fuzzy_email": True})

ATTACKS = [
    "# heading",
    "- item",
    "1. item",
    "1) item",
    "> quotation",
    "---",
    "===",
    "| a | b |\n| - | - |",
    "```\nfence\n```",
    "~~~ fence",
    "    indented code",
    "`code`",
    "**strong** _emphasis_ ~~gone~~",
    "[link](https://evil.example)",
    "![image](https://evil.example/x.png)",
    "[ref]: https://evil.example",
    "[^1] [ ] [x]",
    "<script>alert(1)</script>",
    "<!-- comment -->",
    "]]> --> <![CDATA[",
    "https://evil.example/a_b?c=d",
    "www.evil.example",
    "evil.example",
    "someone@evil.example",
    "mailto:someone@evil.example",
    "&lt;script&gt; &#64;name",
    "\\*already escaped\\*",
    "line end  \nhard break\\\nthere",
    "/close",
    "{{ liquid }} {% raw %}",
    "$\\href{x}{y}$",
    HOSTILE,
]
#: Rich in what Markdown means something by.
texts = st.text(
    st.sampled_from("#@!*_`~|<>&[](){}\\:/.-+=$^\"'\n \t1a0w.x")
    | st.characters(exclude_categories=["Cs"]),
    max_size=60,
) | st.lists(st.sampled_from(ATTACKS), min_size=1, max_size=3).map(" ".join)


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or []]


def read(markdown: str) -> str:
    """What a reader reads in a piece of Markdown, which must be plain text."""
    tokens = parser.parse(markdown)
    assert [token.type for token in tokens] in (
        [],
        ["paragraph_open", "inline", "paragraph_close"],
    ), markdown
    assert {child.type for child in inline(tokens)} <= {"text"}, markdown
    return "".join(child.content for child in inline(tokens))


@given(texts)
def test_escaped_text_is_read_as_it_was(text: str) -> None:
    assert read(escape(text)).replace(GAP, "") == line(text)


@given(texts)
def test_escaped_text_is_plain_wherever_it_stands(text: str) -> None:
    words = line(text)
    escaped = escape(text)
    for place in (
        f"- {escaped}",
        f"## {escaped}",
        strong(text),
        f"- **a**: {escaped}",
        f"x\n  “{escaped}”",
    ):
        tokens = parser.parse(f"{place}\n")
        assert not {"html_block", "fence", "code_block", "table_open", "blockquote_open", "hr"} & {
            token.type for token in tokens
        }
        assert {child.type for child in inline(tokens)} <= {
            "text", "strong_open", "strong_close", "softbreak",
        }  # fmt: skip
        if words:
            assert words in "".join(child.content for child in inline(tokens)).replace(GAP, "")


@given(texts)
def test_a_code_span_holds_the_text_as_it_is(text: str) -> None:
    if not line(text):
        return
    (child,) = [one for one in inline(parser.parse(f"x {code(text)} y")) if one.type != "text"]
    assert child.type == "code_inline"
    assert child.content == line(text)


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("thanks @octocat", r"@\w"),
        ("see #12 and org/repo#12", r"#\w"),
        ("GH-12", r"GH-\d"),
        ("GitLab !12 ~bug %3 &4 $5", r"[!~%&$]\w"),
        ("a@example.org", r"@\w"),
        ("ftp://example.org", r"://"),
        ("www.example.org", r"\w\.\w"),
        ("party :tada: now", r":\w+:"),
        ("fixed in a1b2c3d4e5", r"\b[0-9a-f]{7,40}\b"),
    ],
)
def test_no_plain_words_become_a_link_once_rendered(text: str, linked: str) -> None:
    assert re.search(linked, text)
    assert not re.search(linked, read(escape(text)))


@pytest.mark.parametrize("text", ["It cost 3.5 million.", "e.g. the U.S. at 10:30", "defaced"])
def test_ordinary_words_get_no_gap(text: str) -> None:
    assert escape(text) == text


def test_the_markdown_is_as_it_was_looked_at() -> None:
    golden_files.check("record.md", to_markdown(record()))


@pytest.mark.parametrize("text", ATTACKS)
def test_a_record_of_attacks_has_the_shape_of_any_record(text: str) -> None:
    def shape(markdown: str) -> list[Any]:
        tokens = parser.parse(markdown)
        kinds = [(token.type, token.tag, token.level) for token in tokens]
        return [kinds, [child.type for child in inline(tokens) if child.type != "text"]]

    assert shape(to_markdown(hostile_record(text))) == shape(to_markdown(hostile_record("plain")))


def test_a_location_with_backticks_stays_code() -> None:
    markdown = to_markdown(record(article(location="a``b` [x](y).txt")))
    spans = [one.content for one in inline(parser.parse(markdown)) if one.type == "code_inline"]
    assert spans[0] == "a``b` [x](y).txt"
