"""What is told of requests: events with no secret in them, spans by the conventions."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer import logs
from summarizer.engines.openai import Lesson, Mode
from summarizer.errors import EngineError
from summarizer.testing import FAULTS, LoopbackServer, Reply, replies
from tests.openai_support import ARTICLE, DRAFT, KEY, engine_at, request

pytestmark = [pytest.mark.openai, pytest.mark.anyio]

ROOT = Path(__file__).parent.parent


@pytest.fixture
def events() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure("debug", as_json=True, stream=stream)
    yield stream
    logs.configure(None)


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_each_request_is_told_when_it_is_sent_and_when_it_is_answered(
    events: io.StringIO,
) -> None:
    script = [replies.rate_limited("3"), replies.answer(DRAFT)]
    with LoopbackServer(*script, refuse=["openai/json_schema"]) as server:
        async with engine_at(server.base_url) as engine:
            await engine.complete(request(purpose="repair", window=2))
        host = server.base_url.split("/")[2]
    told = [entry for entry in read(events) if entry["event"].startswith("request_")]
    assert [(entry["event"], entry["attempt"]) for entry in told] == [
        (event, attempt) for attempt in (1, 2, 3) for event in ("request_sent", "request_answered")
    ]
    assert all(entry["endpoint"] == host for entry in told)
    assert all((entry["purpose"], entry["window"]) == ("repair", 2) for entry in told)
    refused, limited, answered = told[1::2]
    assert (refused["outcome"], refused["status"], refused["level"]) == (
        "parameter_refused", 400, "info",
    )  # fmt: skip
    assert (limited["outcome"], limited["status"]) == ("rate_limited", 429)
    assert (answered["outcome"], answered["status"], answered["level"]) == ("ok", 200, "debug")
    assert answered["mode"] == "tools"
    assert answered["input_tokens"] > 0
    assert [entry["request_id"] for entry in (refused, limited, answered)] == [
        "req_loopback_1", "req_loopback_2", "req_loopback_3",
    ]  # fmt: skip
    (lesson,) = [entry for entry in read(events) if entry["event"] == "lesson_learnt"]
    assert (lesson["endpoint"], lesson["model"], lesson["mode"]) == (host, "m", "tools")


SECRETS = (KEY, "Ferry", "Halden", "nine-day", "strike", "s3cret", "Canary", "\x1b")


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_no_event_holds_a_key_an_article_an_answer_or_a_url(
    events: io.StringIO, fault: str
) -> None:
    def spoken(body: dict[str, Any]) -> Reply:
        """A provider that says everything it knows wherever it can say something."""
        everything = f"{KEY} {json.dumps(body)} Canary \x1b[31m"
        reply = replies.error(
            400 if fault < "429" else 500, everything, code=everything, param=everything
        )
        return Reply(status=reply.status, body=reply.body, headers={"x-request-id": f"id-{KEY}"})

    with LoopbackServer(FAULTS[fault], spoken, then=replies.prose("Canary answer")) as server:
        url = server.base_url.replace("http://", "http://me:s3cret@") + "?key=s3cret"
        async with engine_at(url, timeout=0.5, model="m\x1b[31m") as engine:
            for _ in range(2):
                try:
                    await engine.complete(request())
                except EngineError:
                    continue
    said = events.getvalue()
    assert "request_answered" in said
    assert [secret for secret in SECRETS if secret in said] == []
    assert all(line.isascii() and line.isprintable() for line in said.splitlines())
    assert ARTICLE.sha256 not in said


_RUN = """
import asyncio, json
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
from summarizer.errors import EngineError
from summarizer.testing import LoopbackServer, replies
from tests.openai_support import DRAFT, engine_at, request

async def main(*script, **options):
    with LoopbackServer(*script) as server:
        url = server.base_url.replace("http://", "http://me:s3cret@")
        async with engine_at(url, max_output_tokens=99, **options) as engine:
            try:
                await engine.complete(request())
            except EngineError:
                pass

{code}
print(json.dumps([json.loads(span.to_json()) for span in exporter.get_finished_spans()]))
"""


def spans(code: str) -> list[dict[str, Any]]:
    """The spans of a process of its own: a tracer provider is for good."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN.format(code=code)],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert [secret for secret in SECRETS if secret in done.stdout] == []
    return found


def test_a_question_to_a_model_is_a_span_by_the_conventions() -> None:
    (span,) = spans("""
asyncio.run(main(replies.server_error(), replies.answer(DRAFT), temperature=0.5))
""")
    attributes = span["attributes"]
    port = attributes.pop("server.port")
    assert (span["name"], span["kind"]) == ("chat m", "SpanKind.CLIENT")
    assert span["status"] == {"status_code": "UNSET"}
    assert 0 < port < 65536
    assert attributes.pop("gen_ai.usage.input_tokens") > 0
    assert attributes.pop("gen_ai.usage.output_tokens") > 0
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.output.type": "json",
        "gen_ai.response.model": "loopback",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.reasoning.output_tokens": 0,
        "server.address": "127.0.0.1",
        "summarizer.purpose": "draft",
        "summarizer.mode": "json_schema_strict",
        "summarizer.requests": 2,
        "summarizer.request_id": "req_loopback_2",
    }


def test_an_answer_that_is_asked_for_again_is_a_span_of_its_own() -> None:
    first, second = spans("asyncio.run(main(replies.prose(), replies.answer(DRAFT)))")
    assert first["attributes"]["error.type"] == "invalid"
    assert first["status"] == {"status_code": "ERROR"}
    assert second["attributes"]["summarizer.purpose"] == "reask"
    assert second["status"] == {"status_code": "UNSET"}


def test_a_failure_is_told_by_its_kind() -> None:
    (span,) = spans("asyncio.run(main(replies.unauthorized()))")
    assert span["attributes"]["error.type"] == "authentication"
    assert span["status"] == {"status_code": "ERROR"}
    assert span["events"] == []
    assert "gen_ai.usage.input_tokens" not in span["attributes"]


@pytest.mark.parametrize(
    ("base_url", "provider", "port"),
    [
        ("https://api.openai.com/v1", "openai", 443),
        ("https://me.openai.azure.com/openai/v1", "azure.ai.openai", 443),
        ("https://api.deepseek.com", "deepseek", 443),
        ("https://evil-api.deepseek.com.example/v1", "openai", 443),
        ("http://localhost:11434/v1", "openai", 11434),
        ("http://localhost/v1", "openai", 80),
        ("http://localhost:port/v1", "openai", 80),
    ],
)
def test_a_provider_is_told_by_its_host(base_url: str, provider: str, port: int) -> None:
    from summarizer.engines.openai.modes import Options
    from summarizer.engines.openai.tracing import asked

    found = asked(base_url, Options(model="m", max_output_tokens=1))
    assert (found["gen_ai.provider.name"], found["server.port"]) == (provider, port)


@pytest.mark.parametrize(
    ("headers", "identifier"),
    [
        ({"x-request-id": "req_1"}, "req_1"),
        ({"x-request-id": "", "request-id": "req_2"}, "req_2"),
        ({"x-request-id": "", "x-amzn-requestid": "req_3"}, "req_3"),
        ({"x-request-id": "", "apim-request-id": "req_4"}, "req_4"),
        ({"x-request-id": f"req-{KEY}"}, None),
        ({"x-request-id": "an answer in words"}, None),
        ({"x-request-id": "x" * 101}, None),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_the_provider_s_name_for_a_request_is_kept_whatever_came_of_it(
    headers: dict[str, str], identifier: str | None, status: int
) -> None:
    reply = replies.answer(DRAFT) if status == 200 else replies.error(status, "no")
    reply = Reply(status=status, body=reply.body, content=reply.content, headers=headers)
    with LoopbackServer(then=reply) as server:
        async with engine_at(server.base_url, lesson=Lesson(mode=Mode.TEXT)) as engine:
            try:
                attempts = (await engine.complete(request())).attempts
            except EngineError as error:
                attempts = error.attempts
    assert {attempt.request_id for attempt in attempts} == {identifier}


async def test_an_outage_is_told_when_it_is_seen_and_when_it_ends(events: io.StringIO) -> None:
    outage = [replies.server_error()] * 12
    with LoopbackServer(*outage, then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            answered = False
            while not answered:
                try:
                    await engine.complete(request())
                except EngineError:
                    continue
                answered = True
        host = server.base_url.split("/")[2]
    told = [entry for entry in read(events) if entry["event"].startswith("breaker_")]
    assert [(entry["event"], entry["outcome"]) for entry in told] == [
        ("breaker_opened", "server_error"), ("breaker_closed", "ok"),
    ]  # fmt: skip
    assert {entry["endpoint"] for entry in told} == {host}
    waits = [entry for entry in read(events) if entry["event"] == "wait"]
    assert {entry["reason"] for entry in waits} == {"breaker", "retry"}
    assert all(entry["seconds"] > 0 for entry in waits)
