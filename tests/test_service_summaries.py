"""POST /v1/summaries and its stream, over real HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from summarizer.article import Article
from summarizer.engines.base import Completion, Request
from summarizer.errors import ContentFiltered, EngineUnavailable
from summarizer.pipeline import Summarizer
from summarizer.schema import Summary, json_schema
from summarizer.service.app import create_app
from summarizer.service.auth import ANYONE
from summarizer.service.config import ServiceConfig
from summarizer.service.state import ServiceState
from summarizer.service.submissions import Submission
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer, ScriptedEngine
from tests.pipeline_support import TEXT, WHAT, draft
from tests.service_support import ARTICLE, Service, events, serving

PATH = "/v1/summaries"
STREAM = "/v1/summaries/stream"
PAGE = f"""<html><head><title>T</title></head><body><article>
<p>{ARTICLE.strip().replace(chr(10) * 2, "</p><p>")}</p>
</article></body></html>"""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


def told(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem of an answer that is to be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/docs#{kind}"
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


def test_an_article_in_json_becomes_a_record_of_the_published_schema(service: Service) -> None:
    answer = service.client.post(
        PATH, json={"text": ARTICLE, "title": "Given", "published": "2031-03-15"}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    jsonschema.validate(answer.json(), json_schema())
    record = Summary.model_validate_json(answer.content)
    assert record.what is not None
    assert all(ARTICLE[span.start : span.end] == span.text for _, _, span in record.spans())
    facts = record.article
    assert (facts.title, facts.title_from) == ("Given", "caller")
    assert (str(facts.published), facts.published_from) == ("2031-03-15", "caller")


def test_plain_text_is_the_article_as_it_is(service: Service) -> None:
    answer = service.client.post(
        PATH,
        content=ARTICLE.encode(),
        headers={"Content-Type": "text/plain"},
        params={"published": "2031-03-15", "title": "Given"},
    )
    record = Summary.model_validate_json(answer.content)
    assert record.article.length == len(ARTICLE)
    assert (record.article.title, str(record.article.published)) == ("Given", "2031-03-15")


@pytest.mark.parametrize("charset", ["utf-16", "windows-1252", "ISO-8859-1", '"utf-8"'])
def test_a_text_is_in_the_charset_of_its_type(service: Service, charset: str) -> None:
    text = ARTICLE.replace("–", "-").replace("Hartmann", "Härtmann")
    answer = service.client.post(
        PATH,
        content=text.encode(charset.strip('"')),
        headers={"Content-Type": f"text/plain; charset={charset}"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["article"]["length"] == len(text)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_page_has_its_main_text_taken(service: Service, as_json: bool) -> None:  # noqa: FBT001  # a case's value
    given: dict[str, Any] = {"headers": {"Content-Type": "text/html"}, "content": PAGE.encode()}
    answer = service.client.post(PATH, **({"json": {"html": PAGE}} if as_json else given))
    assert answer.status_code == 200, answer.text
    assert "ferry terminal" in answer.json()["what"]["statement"].lower()


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, [""]),
        ({"text": ARTICLE, "html": PAGE}, [""]),
        ({"text": None}, [""]),
        ({"text": 1}, ["/text"]),
        ({"text": ARTICLE, "published": "tomorrow"}, ["/published"]),
        ({"text": ARTICLE, "published": 20310314}, ["/published"]),
        ({"text": ARTICLE, "published": "2031-03-14T00:00:00"}, ["/published"]),
        ({"text": ARTICLE, "published": "2031-02-30"}, ["/published"]),
        ({"text": ARTICLE, "title": ""}, ["/title"]),
        ({"text": ARTICLE, "options": {"timeout": 0}}, ["/options/timeout"]),
        (
            {"text": ARTICLE, "options": {"timeout": -1, "model": 1}},
            ["/options/timeout", "/options/model"],
        ),
        ({"text": ARTICLE, "options": {"model": "other"}}, ["/options/model"]),
        ({"text": ARTICLE, "options": {"temperature": 1}}, ["/options"]),
        ({"text": ARTICLE, "SECRET NAME": 1}, [""]),
        ([], [""]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_by_its_place(
    service: Service, body: object, pointers: list[str]
) -> None:
    problem = told(service.client.post(PATH, json=body), 422, "invalid-request")
    assert [fault["pointer"] for fault in problem["errors"]] == pointers
    assert "SECRET" not in json.dumps(problem)


@pytest.mark.parametrize("query", [{"published": "x"}, {"title": ""}, {"title": "x" * 1_001}])
def test_a_query_that_does_not_fit_is_told_too(service: Service, query: dict[str, str]) -> None:
    answer = service.client.post(
        PATH, content=b"x", headers={"Content-Type": "text/plain"}, params=query
    )
    (fault,) = told(answer, 422, "invalid-request")["errors"]
    assert fault["pointer"] == f"/query/{next(iter(query))}"


def test_what_json_holds_goes_before_the_query(service: Service) -> None:
    query = {"title": "Asked", "published": "2031-03-15"}
    answer = service.client.post(PATH, json={"text": ARTICLE, "title": "Held"}, params=query)
    facts = answer.json()["article"]
    assert (facts["title"], facts["published"]) == ("Held", "2031-03-15")


@pytest.mark.parametrize(
    "body", [b"{", b"", b"\xff\xfe", b'{"text": "\xff"}', b'{"text": "\\ud800"}',
             b"[" * 100_000, b'{"a":' * 100_000, b'{"text": "a\nb"}'],
)  # fmt: skip
def test_what_is_no_json_is_malformed(service: Service, body: bytes) -> None:
    answer = service.client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    told(answer, 400, "malformed-request")


def test_a_byte_order_mark_before_json_is_let_be(service: Service) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"text": ARTICLE}).encode()
    answer = service.client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


def test_bytes_that_are_not_in_their_charset_are_malformed(service: Service) -> None:
    for kind in ("text/plain", "text/html", "text/plain; charset=ascii"):
        answer = service.client.post(PATH, content=b"a \xff b", headers={"Content-Type": kind})
        assert "see byte 2" in told(answer, 400, "malformed-request")["detail"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", "empty-article"), ("...", "empty-article"), ("a\0b", "unreadable-article"),
     ("Hm.", "nothing-grounded")],
)  # fmt: skip
def test_what_is_no_article_is_told(service: Service, text: str, kind: str) -> None:
    told(service.client.post(PATH, json={"text": text}), 422, kind)


@pytest.mark.parametrize(
    "kind", [None, "", "application/xml", "multipart/form-data; boundary=x", "json", "text/*",
             "application/x-www-form-urlencoded", "text/plain; charset=rot13",
             "text/plain; charset=base64", "text/plain; charset=no-such",
             "text/plain; charset=idna", "text/plain; charset=utf-7"],
)  # fmt: skip
def test_another_type_of_body_is_refused(service: Service, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = service.client.post(PATH, content=b"x", headers=headers)
    told(answer, 415, "unsupported-media-type")
    if "charset" not in (kind or ""):
        assert answer.headers["accept-post"] == "application/json, text/plain, text/html"


def test_a_compressed_body_is_refused_unread(service: Service) -> None:
    answer = service.client.post(
        PATH, content=b"x", headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    )
    told(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize("path", [PATH, STREAM])
def test_a_url_is_refused_unless_it_is_allowed(service: Service, path: str) -> None:
    answer = service.client.post(path, json={"url": "https://example.test/"})
    told(answer, 403, "forbidden")


def test_a_url_that_is_allowed_keeps_to_the_sources_bounds() -> None:
    with serving(allow_urls=True) as service:
        for url in ("http://127.0.0.1:1/x", "http://[::1]/", "http://localhost/"):
            answer = service.client.post(PATH, json={"url": url})
            told(answer, 403, "blocked-address")
        for url in ("file:///etc/passwd", "/etc/passwd", "-", "ftp://a.example/", "http://[::1"):
            answer = service.client.post(PATH, json={"url": url})
            (fault,) = told(answer, 422, "invalid-request")["errors"]
            assert fault["pointer"] == "/url"


def test_a_url_that_is_allowed_is_fetched() -> None:
    settings = Settings.load(environ={}, engine="extractive", cache=False, allow_private_urls=True)
    with serving() as other, serving(settings=settings, allow_urls=True) as service:
        url = f"{other.client.base_url}/docs"
        answer = service.client.post(PATH, json={"url": url})
        assert other.state.metrics.render().count(b'route="/docs"') > 0
        assert answer.status_code in {200, 422}  # a page of docs is no news
        assert answer.status_code == 200 or answer.json()["type"] != "/docs#fetch-failed"


def test_items_are_streamed_and_then_the_record(service: Service) -> None:
    answer = service.client.post(STREAM, json={"text": ARTICLE})
    assert answer.headers["content-type"].startswith("text/event-stream")
    *items, (last, data) = events(answer.text)
    assert last == "summary"
    record = json.loads(data)
    jsonschema.validate(record, json_schema())
    assert {name for name, _ in items} == {"item"}
    told = [json.loads(item) for _, item in items]
    fields = ("what", "who", "where", "when", "reactions", "background")
    values = {field: [record[field]] if field == "what" else record[field] for field in fields}
    assert all(one["item"] in values[one["field"]] for one in told)
    assert len(told) == sum(map(len, values.values()))


def test_what_fails_before_the_stream_begins_is_a_plain_answer(service: Service) -> None:
    told(service.client.post(STREAM, json={"text": ""}), 422, "empty-article")
    told(service.client.post(STREAM, content=b"x"), 415, "unsupported-media-type")


def test_what_fails_in_the_stream_is_its_last_event(service: Service) -> None:
    answer = service.client.post(STREAM, json={"text": "Hm."})
    assert answer.status_code == 200
    ((name, data),) = events(answer.text)
    problem = json.loads(data)
    assert (name, problem["type"]) == ("error", "/docs#nothing-grounded")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["instance"] == STREAM


def scripted(*script: Any) -> Summarizer:
    settings = Settings.load(environ={}, engine="extractive", cache=False)
    return Summarizer(settings, engine=ScriptedEngine(*script))


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [(EngineUnavailable("no one is there"), 503, "engine-unavailable"),
     (ContentFiltered("it was stopped"), 422, "content-filtered")],
)  # fmt: skip
def test_an_engines_error_has_the_status_of_the_mapping(
    error: Exception, status: int, kind: str
) -> None:
    with serving(summarizer=scripted(error)) as service:
        answer = service.client.post(PATH, json={"text": TEXT})
        problem = told(answer, status, kind)
        assert problem["detail"] == f"{error}."
        assert ("retry-after" in answer.headers) == problem["retryable"]


class Held:
    """An engine whose answer waits until it is let go, and which tells when it is cancelled."""

    name, model, prompted = "held", None, False
    fingerprint = input_characters = None

    def __init__(self) -> None:
        self.begun, self.cancelled = threading.Event(), threading.Event()
        self.go = threading.Event()

    async def complete(self, request: Request) -> Completion:
        del request
        self.begun.set()
        try:
            while not self.go.is_set():  # noqa: ASYNC110 - the test is in another thread
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return Completion(draft(what=WHAT))

    async def aclose(self) -> None:
        """Nothing to free."""


@pytest.fixture
def held() -> Iterator[tuple[Service, Held]]:
    engine = Held()
    settings = Settings.load(environ={}, engine="extractive", cache=False)
    with serving(summarizer=Summarizer(settings, engine=engine), running=1, queue=1) as running:
        yield running, engine
        engine.go.set()


def request_of(path: str, **headers: str) -> bytes:
    body = json.dumps({"text": TEXT}).encode()
    told = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": len(body)}
    lines = [f"POST {path} HTTP/1.1", *(f"{k}: {v}" for k, v in (told | headers).items()), "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize("path", [PATH, STREAM])
def test_a_client_that_leaves_ends_the_work(held: tuple[Service, Held], path: str) -> None:
    service, engine = held
    with service.connect() as connection:
        connection.sendall(request_of(path))
        assert engine.begun.wait(30)
    assert engine.cancelled.wait(30)


def test_with_an_idempotency_key_the_answer_waits_for_a_client_that_left(
    held: tuple[Service, Held],
) -> None:
    service, engine = held
    with service.connect() as connection:
        connection.sendall(request_of(PATH, **{"Idempotency-Key": "k1"}))
        assert engine.begun.wait(30)
    headers = {"Idempotency-Key": "k1"}
    again = service.client.post(PATH, json={"text": TEXT}, headers=headers)
    assert again.headers["retry-after"]
    told(again, 409, "conflict")
    other = service.client.post(PATH, json={"text": "b"}, headers=headers)
    told(other, 422, "idempotency-key-reused")
    engine.go.set()
    answer = service.client.post(PATH, json={"text": TEXT}, headers=headers)
    while answer.status_code == 409:
        time.sleep(0.01)
        answer = service.client.post(PATH, json={"text": TEXT}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["idempotency-replayed"] == "true"
    assert not engine.cancelled.is_set()
    kept = f"summarize_server_kept_answer_bytes {service.state.idempotency.size}.0"
    assert service.state.idempotency.size > len(answer.content)
    assert kept in service.client.get("/metrics").text


@pytest.mark.parametrize("name", ["", "ä", "a b", "x" * 201])
def test_a_bad_idempotency_key_is_refused(service: Service, name: str) -> None:
    headers = [("Idempotency-Key", name.encode())]
    answer = service.client.post(PATH, json={"text": ARTICLE}, headers=headers)  # type: ignore[arg-type]
    told(answer, 422, "invalid-request")


def test_too_much_work_is_shed_with_a_time_to_come_again_and_then_taken(
    held: tuple[Service, Held],
) -> None:
    service, engine = held
    with service.connect() as first, service.connect() as second:
        first.sendall(request_of(PATH))
        assert engine.begun.wait(30)
        second.sendall(request_of(PATH))
        while service.state.gate.waiting == 0:
            time.sleep(0.01)
        for path in (PATH, STREAM):
            answer = service.client.post(path, json={"text": TEXT})
            told(answer, 503, "overloaded")
            assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert service.client.get("/healthz").status_code == 200
        engine.go.set()
        assert first.recv(20).startswith(b"HTTP/1.1 200")
        assert second.recv(20).startswith(b"HTTP/1.1 200")
    assert service.client.post(PATH, json={"text": TEXT}).status_code == 200
    assert b'shed_total{problem="overloaded"} 2.0' in service.state.metrics.render()


def test_an_article_may_have_less_time_than_the_service_gives(
    held: tuple[Service, Held],
) -> None:
    service, engine = held
    body = {"text": TEXT, "options": {"timeout": 0.05}}
    told(service.client.post(PATH, json=body), 504, "engine-timeout")
    assert engine.cancelled.wait(30)
    answer = service.client.post(STREAM, json=body)
    assert json.loads(events(answer.text)[-1][1])["type"] == "/docs#engine-timeout"


def test_a_model_that_is_allowed_is_asked_instead_and_its_request_bears_the_requests_id() -> None:
    with LoopbackServer() as endpoint:
        settings = Settings.load(environ={}, base_url=endpoint.base_url, model="m1", cache=False)
        with serving(settings=settings, allow_models="m2") as service:
            headers = {"X-Request-ID": "from-the-client"}
            for model in ("m1", "m2"):
                body = {"text": ARTICLE, "options": {"model": model} if model == "m2" else {}}
                answer = service.client.post(PATH, json=body, headers=headers)
                assert answer.json()["provenance"]["model"] == model
        assert [body["model"] for body in endpoint.bodies] == ["m1", "m2"]
        named = [one.headers.get("x-client-request-id") for one in endpoint.requests]
        assert named == ["from-the-client", "from-the-client"]


@pytest.mark.anyio
async def test_a_client_that_reads_slowly_keeps_no_turn() -> None:
    settings = Settings.load(environ={}, engine="extractive", cache=False)
    app = create_app(settings, ServiceConfig.load(environ={}, running=1))
    state: ServiceState = app.state.service
    body = json.dumps({"text": ARTICLE}).encode()
    stuck, ended = asyncio.Event(), asyncio.Event()
    sent: list[bytes] = []
    asked = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        message = next(asked, None)
        if message is None:
            await ended.wait()
        return message or {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))
        if len(sent) == 2:  # the first event
            stuck.set()
            await ended.wait()

    scope = {
        "type": "http", "method": "POST", "path": STREAM, "raw_path": STREAM.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "asgi": {"spec_version": "2.3"},
        "state": {},
    }  # fmt: skip
    request = asyncio.create_task(app(scope, receive, send))
    await stuck.wait()
    async with state.gate.turn():  # the only one
        assert len(sent) == 2
    ended.set()
    await request
    await state.aclose()


def test_reading_an_article_that_nobody_waits_for_still_takes_its_turn() -> None:
    """A thread cannot be cancelled: without this, clients that leave could start any number."""
    go = threading.Event()

    class Slow(Submission):
        def article(self, settings: Settings) -> Article:
            go.wait(30)
            return super().article(settings)

    async def leave() -> None:
        settings = Settings.load(environ={}, engine="extractive", cache=False)
        state = ServiceState.of(settings, ServiceConfig.load(environ={}, running=1))
        reading = asyncio.create_task(state.article(Slow(text=ARTICLE), ANYONE))
        await asyncio.sleep(0)
        reading.cancel()
        done, _ = await asyncio.wait([reading], timeout=0.05)
        assert not done
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(leave())


def test_slow_sites_take_no_thread_from_articles_that_are_there() -> None:
    go = threading.Event()

    class Slow(Submission):
        def article(self, settings: Settings) -> Article:  # noqa: ARG002 - nothing is fetched
            go.wait(30)
            return Article.from_text(ARTICLE)

    async def read() -> None:
        settings = Settings.load(environ={}, engine="extractive", cache=False)
        state = ServiceState.of(settings, ServiceConfig.load(environ={}, running=64))
        slow = [
            asyncio.create_task(state.article(Slow(url="http://slow.example/"), ANYONE))
            for _ in range(63)  # far more than the threads of everything else
        ]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(20):
                found = await state.article(Submission(text=ARTICLE), ANYONE)
            assert found.text == ARTICLE
            assert not any(one.done() for one in slow)
        finally:
            go.set()
            await asyncio.gather(*slow)
            await state.aclose()

    asyncio.run(read())
