"""Facts about the page's files and routes, and about its scripts beside the Python they follow."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import page_support
from tests.page_support import needs_chromium, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

import httpx

from summarizer import Article, Summarizer, Summary, render
from summarizer.render.characters import shown
from summarizer.schema import AdjustmentReason, RejectionReason
from summarizer.service import auth, pages
from summarizer.testing import ScriptedEngine
from tests.pipeline_support import DALE, HALDEN, TEXT, WHAT, draft

FOLDER = Path(pages.__file__).parent / "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
KEYS = f"desk sha256:{auth.digest_of('correct horse').hex()}"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with served(max_body_bytes=60_000) as address, httpx.Client(base_url=address) as found:
        yield found


@pytest.fixture(scope="module")
def guarded() -> Iterator[httpx.Client]:
    with served(keys=KEYS) as address, httpx.Client(base_url=address) as found:
        yield found


@pytest.fixture(scope="module")
def summary() -> Summary:
    answer = draft(what=WHAT, where=[HALDEN], reactions=[DALE])
    with Summarizer(engine=ScriptedEngine(answer)) as summarizer:
        made = summarizer.summarize(TEXT)
    assert made.uncited_quotes
    return made


def rendering(format_: str, summary: Summary, text: str = TEXT) -> dict[str, Any]:
    return {"format": format_, "text": text, "summary": json.loads(summary.model_dump_json())}


# Files


@pytest.mark.parametrize("path", ["/", *(f"/page/{one.name}" for one in FOLDER.glob("*.*"))])
def test_each_file_comes_with_a_strict_policy_and_is_kept_until_it_changes(
    client: httpx.Client, path: str
) -> None:
    if path == "/page/index.html":
        path = "/"
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"
    kind = {"js": "text/javascript", "css": "text/css", "txt": "text/plain", "svg": "image/svg+xml"}
    assert answer.headers["content-type"].startswith(kind.get(path.rpartition(".")[2], "text/html"))
    tag = answer.headers["etag"]
    again = client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers["content-security-policy"] == POLICY
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    "path", ["/page/", "/page/index.html", "/page/nothing.js", "/page/..%2fpages.py", "/page/%00"]
)
def test_nothing_but_the_page_s_own_files_is_given(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_page_needs_no_key_and_says_that_one_is_needed(
    client: httpx.Client, guarded: httpx.Client
) -> None:
    assert 'data-keys="none" data-most="60000"' in client.get("/").text
    assert 'data-keys="required"' in guarded.get("/").text


def test_the_files_name_no_other_place_and_hold_no_script_of_their_own() -> None:
    for file in FOLDER.iterdir():
        words = file.read_text("utf-8")
        assert set(re.findall(r"\w+://[^\s\"'`)]+", words)) <= {"http://www.w3.org/2000/svg"}
        assert "innerHTML" not in words
        assert "insertAdjacentHTML" not in words
        assert not re.search(r"<[^>]+\s(?:on\w+|style)=", words)


def test_the_page_is_small() -> None:
    sizes = [len(gzip.compress(file.read_bytes())) for file in FOLDER.iterdir()]
    assert sum(sizes) < 40_000


def test_the_example_is_no_article_that_anything_is_scored_on() -> None:
    words = (FOLDER / "example.txt").read_text("utf-8").split()
    runs = {" ".join(words[at : at + 6]) for at in range(len(words) - 5)}
    root = Path(__file__).parents[1]
    scored = [*root.glob("evals/articles/*"), *root.glob("tests/corpus/*/articles/*")]
    assert scored
    for file in scored:
        text = " ".join(file.read_text("utf-8").split())
        assert not [run for run in runs if run in text], file.name


def test_every_reason_of_the_schema_has_its_words_on_the_page() -> None:
    words = (FOLDER / "wording.js").read_text("utf-8")
    told = words[words.index("REASONS") : words.index("MONTHS")]
    reasons = set(re.findall(r"^  (\w+): ", told, re.MULTILINE))
    assert reasons == {*get_args(RejectionReason), *get_args(AdjustmentReason)}


# POST /v1/articles


def test_a_page_is_read_like_the_command_would(client: httpx.Client) -> None:
    html = (
        "<!doctype html><title>Strike ends</title><meta property='article:published_time'"
        f" content='2031-03-03'><article><h1>Strike ends</h1><p>{TEXT}</p></article>"
    )
    answer = client.post("/v1/articles", content=html, headers={"Content-Type": "text/html"})
    found = answer.json()
    assert (found["title"], found["published"]) == ("Strike ends", "2031-03-03")
    assert "ended a nine-day strike" in found["text"]


def test_a_text_keeps_every_character_and_its_title_is_left_to_the_text(
    client: httpx.Client,
) -> None:
    given = TEXT.replace("\n", "\r\n") + "\U0001f6a2\u202e"
    answer = client.post(
        "/v1/articles", content=given.encode("utf-8-sig"), headers={"Content-Type": "text/plain"}
    )
    assert answer.json()["text"] == given
    assert (answer.json()["title"], answer.json()["published"]) == (None, None)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "text/plain", 422),
        (b"...", "text/plain", 422),
        (b"<html><body></body></html>", "text/html", 422),
        (TEXT.encode(), "application/pdf", 415),
        (b"x" * 60_001, "text/plain", 413),
    ],
)
def test_a_file_without_an_article_is_a_problem_without_its_words(
    client: httpx.Client, content: bytes, kind: str, status: int
) -> None:
    answer = client.post("/v1/articles", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert content[:20].decode("latin-1") not in answer.text


# POST /v1/render


def test_a_record_is_rendered_as_the_command_would(client: httpx.Client, summary: Summary) -> None:
    kinds = {
        "json": ("application/json", render.to_json(summary) + "\n"),
        "markdown": ("text/markdown; charset=utf-8", render.to_markdown(summary)),
        "html": ("text/html; charset=utf-8", render.to_html(summary, Article.from_text(TEXT))),
    }
    for format_, (kind, content) in kinds.items():
        answer = client.post("/v1/render", json=rendering(format_, summary))
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.text == content
        # Never shown in the service's own name, where it could use what the page can.
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"].startswith("sandbox")


def test_a_record_of_another_text_is_refused(client: httpx.Client, summary: Summary) -> None:
    moved, cut = rendering("html", summary), rendering("json", summary)
    moved["summary"]["what"]["evidence"][0]["start"] += 1
    moved["summary"]["what"]["evidence"][0]["end"] += 1
    del cut["summary"]["provenance"]
    other = rendering("markdown", summary, TEXT + "One more sentence.")
    shifted = rendering("html", summary)
    for span in shifted["summary"]["uncited_quotes"]:
        span["start"], span["end"] = span["start"] + 1, span["end"] + 1
    for body in (moved, cut, other, shifted):
        answer = client.post("/v1/render", json=body)
        assert (answer.status_code, answer.json()["type"]) == (422, "/docs#foreign-record")
        assert "Halden" not in answer.text


def test_what_is_no_request_for_a_rendering_is_refused(
    client: httpx.Client, summary: Summary
) -> None:
    html = rendering("html", summary)
    for body in (rendering("pdf", summary), html | {"more": 1}, {"format": "json"}):
        assert client.post("/v1/render", json=body).status_code == 422
    wordless = client.post("/v1/render", json=rendering("html", summary, "..."))
    assert wordless.json()["type"] == "/docs#empty-article"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_no_other_site_s_form_can_have_anything_rendered(
    client: httpx.Client, summary: Summary, kind: str
) -> None:
    body = json.dumps(rendering("html", summary))
    answer = client.post("/v1/render", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/v1/render", "/v1/articles"])
def test_what_the_page_asks_needs_a_key_where_keys_are(guarded: httpx.Client, path: str) -> None:
    assert guarded.post(path, content=b"{}").status_code == 401
    known = {"Authorization": "Bearer correct horse", "Content-Type": "text/plain"}
    assert guarded.post(path, content=b"Word for word.", headers=known).status_code != 401


# The scripts, beside the Python that they follow


@pytest.fixture(scope="module")
def page(client: httpx.Client) -> Iterator[Page]:
    with page_support.browser() as browser:
        found = browser.new_page()
        found.goto(str(client.base_url))
        found.evaluate(
            "async () => { window.text = await import('/page/text.js');"
            " window.service = await import('/page/service.js'); }"
        )
        yield found


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(
    st.sampled_from("ab \t\r\n\n\x1b\x9b\u202e\u200b漢é\u0301🐎\U0010ffff") | characters,
    max_size=40,
)


@needs_chromium
@given(text=texts, first=st.integers(0, 50), second=st.integers(0, 50))
def test_a_span_is_found_where_python_finds_it(
    page: Page, text: str, first: int, second: int
) -> None:
    start, end = sorted((first % (len(text) + 1), second % (len(text) + 1)))
    span = {"start": start, "end": end, "text": text[start:end]}
    found = page.evaluate(
        "([text, span]) => { const found = new window.text.Places(text).find(span);"
        " return found && text.slice(found.start, found.end); }",
        [text, span],
    )
    assert found == text[start:end].lstrip(" \t\r\n")
    shifted = span | {"text": text[start:end] + "x"}
    assert (
        page.evaluate("([text, span]) => new window.text.Places(text).find(span)", [text, shifted])
        is None
    )


@needs_chromium
@given(text=texts)
def test_control_characters_are_shown_as_every_renderer_shows_them(page: Page, text: str) -> None:
    assert page.evaluate("(text) => window.text.shown(text)", text) == shown(text)


@needs_chromium
@given(text=texts)
def test_paragraphs_and_what_parts_them_are_the_whole_text(page: Page, text: str) -> None:
    parts = page.evaluate(
        "(text) => window.text.paragraphs(text).map(({start, end}) => text.slice(start, end))", text
    )
    blank = r"(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))+"
    assert parts == [part for part in re.split(blank, text) if part]


@needs_chromium
@given(
    events=st.lists(st.tuples(st.sampled_from(["item", "summary"]), st.text(characters))),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    size=st.integers(1, 9),
)
def test_a_stream_is_read_whatever_its_pieces_are(
    page: Page, events: list[tuple[str, str]], end: str, size: int
) -> None:
    expected = [{"name": name, "data": json.dumps(data)} for name, data in events]
    lines = [
        line
        for number, one in enumerate(expected, 1)
        for line in (
            f"id: {number}",
            f"event: {one['name']}",
            f"data: {one['data']}",
            "",
            ": hm",
            "",
        )
    ]
    sent = list("".join(line + end for line in lines).encode())
    found = page.evaluate(
        """async ([bytes, size]) => {
          const pieces = new ReadableStream({ start(controller) {
            for (let at = 0; at < bytes.length; at += size) {
              controller.enqueue(new Uint8Array(bytes.slice(at, at + size)));
            }
            controller.close();
          } });
          return Array.fromAsync(window.service.events(pieces));
        }""",
        [sent, size],
    )
    assert found == expected
