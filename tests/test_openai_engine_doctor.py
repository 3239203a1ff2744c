"""What the doctor finds out about endpoints in every state, over real HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from summarizer import ConfigurationError, Settings
from summarizer.engines.openai import Lesson, Mode
from summarizer.engines.openai.doctor import diagnose
from summarizer.engines.openai.findings import NAMES, Finding, change, input_limit
from summarizer.engines.openai.lessons import Lessons, Subject
from summarizer.engines.openai.reach import trouble
from summarizer.testing import FAULTS, LoopbackServer, Reply, replies
from tests.openai_support import DRAFT, KEY

pytestmark = [pytest.mark.openai, pytest.mark.anyio]

ANSWER = replies.answer(DRAFT)
WORD = replies.prose("ok")


async def found(base_url: str | None, **options: Any) -> dict[str, Finding]:
    """The findings by name; each comes once, in order, and none holds the key."""
    lessons = options.pop("lessons", None)
    chosen: dict[str, Any] = {"model": "loopback", "api_key": KEY, "cache": False} | options
    settings = Settings(engine="openai", base_url=base_url, **chosen)
    listed = [finding async for finding in diagnose(settings, lessons=lessons)]
    assert [finding.name for finding in listed] == list(NAMES)
    assert KEY not in repr(listed)
    assert all(finding.detail and finding.detail.isprintable() for finding in listed)
    return {finding.name: finding for finding in listed}


def bad(findings: dict[str, Finding]) -> dict[str, str]:
    """What is not ok, by name."""
    return {name: entry.status for name, entry in findings.items() if entry.status != "ok"}


def after(name: str) -> dict[str, str]:
    """What is skipped where `name` fails."""
    return dict.fromkeys(NAMES[NAMES.index(name) + 1 : -1], "skipped") | {name: "failed"}


async def test_an_endpoint_with_everything_lacks_but_a_price() -> None:
    with LoopbackServer(ANSWER, ANSWER, api_key=KEY) as server:
        findings = await found(server.base_url)
        requests = [entry.path for entry in server.requests]
    assert bad(findings) == {"price": "warning"}
    assert requests == ["/v1/models", "/v1/chat/completions", "/v1/chat/completions"]
    assert findings["mode"].data == {"mode": "json_schema_strict", "refused": []}
    assert findings["schema"].data == {"enforced": "likely"}
    assert findings["model"].data["listed"] is True
    assert findings["streaming"].data["first_seconds"] is not None
    assert findings["cost"].data == {"answers": 2, "cost_usd": None}


async def test_no_more_is_asked_of_a_model_than_three_small_requests() -> None:
    def breaks_off(body: dict[str, Any]) -> Reply:
        return replace(ANSWER, cut=100) if body.get("stream") else WORD

    with LoopbackServer(then=breaks_off, refuse=["openai/json_schema", "ollama/tools"]) as server:
        findings = await found(server.base_url)
        sent = server.bodies
    answered = [body for body in sent if not {"response_format", "tools"} & set(body)]
    assert len(answered) == findings["cost"].data["answers"] == 3
    assert max(len(json.dumps(body)) for body in answered) < 8_000
    assert findings["streaming"].status == "warning"
    assert findings["answer"].status == "failed"


async def test_a_dead_port_is_told_from_the_rest() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        findings = await found(f"http://127.0.0.1:{port}/v1")
    assert bad(findings) == after("endpoint")
    assert findings["endpoint"].data["trouble"] == "refused"


async def test_plain_http_behind_https_is_told_from_the_rest() -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        findings = await found(f"https://127.0.0.1:{port}/v1")
    assert bad(findings) == after("endpoint")
    assert findings["endpoint"].data["trouble"] == "tls"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (socket.gaierror(-2, "no such name"), "name"),
        (ssl.SSLCertVerificationError("self-signed"), "tls"),
        (ConnectionRefusedError(), "refused"),
        (TimeoutError(), "timeout"),
        (ConnectionResetError(), "broken"),
    ],
)
def test_the_step_that_failed_is_told_by_the_first_cause(error: OSError, kind: str) -> None:
    wrapped = RuntimeError("the SDK's, with the key in it")
    wrapped.__cause__ = RuntimeError("the transport's")
    wrapped.__cause__.__context__ = error
    assert trouble(wrapped) == kind


def test_causes_that_go_in_a_circle_are_followed_for_a_while() -> None:
    first, second = RuntimeError(), RuntimeError()
    first.__cause__, second.__cause__ = second, first
    assert trouble(first) == "broken"


async def test_a_wrong_key_is_told() -> None:
    with LoopbackServer(api_key="another") as server:
        findings = await found(server.base_url)
    assert bad(findings) == after("key")
    assert "refused the key" in findings["key"].detail


async def test_a_server_without_keys_is_told() -> None:
    with LoopbackServer(then=ANSWER) as server:
        findings = await found(server.base_url, api_key=None)
    assert findings["key"].data == {"given": False}
    assert findings["key"].status == "ok"


async def test_an_unknown_model_is_told_with_the_nearest() -> None:
    models = ["loopback-2", "other", "evil\x1b[31m", f"my-{KEY}"]
    with LoopbackServer(models=models) as server:
        findings = await found(server.base_url)
    assert bad(findings) == after("model") | {"key": "skipped"}
    assert findings["model"].data["near"] == ["loopback-2"]


async def test_a_path_that_is_none_is_told() -> None:
    with LoopbackServer() as server:
        findings = await found(server.base_url.removesuffix("/v1") + "/nowhere")
    assert findings["endpoint"].data["status"] == 404
    assert bad(findings) == after("model") | {"key": "skipped"}


#: For each way of asking: what is refused, and what is said of it.
LADDER: dict[str, tuple[list[str], list[str]]] = {
    "json_schema": (["openai/schema"], ["strict"]),
    "tools": (["openai/json_schema"], ["json_schema"]),
    "json_text": (["openai/json_schema", "ollama/tools"], ["json_schema", "tools"]),
}


@pytest.mark.parametrize("mode", LADDER)
async def test_the_mode_is_found_with_what_was_refused_on_the_way(mode: str) -> None:
    refuse, said = LADDER[mode]
    with LoopbackServer(then=ANSWER, refuse=refuse) as server:
        findings = await found(server.base_url)
    assert findings["mode"].data["mode"] == mode
    assert findings["mode"].data["refused"] == said
    assert findings["mode"].status == ("warning" if mode == "json_text" else "ok")
    assert findings["schema"].status == ("warning" if mode == "json_text" else "ok")
    assert findings["answer"].status == "ok"


async def test_refused_options_are_told() -> None:
    refuse = ["azure/max_completion_tokens", "openai/temperature", "ollama/thinking", "vllm/system"]
    with LoopbackServer(then=ANSWER, refuse=refuse) as server:
        findings = await found(server.base_url, temperature=0.0, reasoning_effort="low")
    assert findings["mode"].data["mode"] == "json_schema_strict"
    assert set(findings["mode"].data["refused"]) == {
        "max_completion_tokens", "temperature", "reasoning_effort", "the role system",
    }  # fmt: skip


def test_every_step_of_the_ladder_has_its_words() -> None:
    best = Lesson()
    worse: dict[str, Any] = {
        "mode": Mode.SCHEMA,
        "room": None,
        "dropped": frozenset({"temperature"}),
        "any_tool": True,
        "effort_none": True,
        "system_role": False,
        "stream": False,
        "stream_usage": False,
    }
    for name, value in worse.items():
        after_it = Lesson(**{name: value})
        assert change(best, after_it) != "a detail", name


@pytest.mark.parametrize(
    ("answer", "status", "enforced"),
    [
        (ANSWER, "ok", "likely"),
        (WORD, "warning", "no"),
        (replies.wrong_types(), "warning", "no"),
        (replies.null_content(), "warning", "no"),
        (replies.refused(), "skipped", "unknown"),
        (replies.truncated(DRAFT), "skipped", "unknown"),
    ],
)
async def test_a_schema_that_is_only_accepted_is_told_from_one_that_is_enforced(
    answer: Reply, status: str, enforced: str
) -> None:
    with LoopbackServer(answer, then=ANSWER) as server:
        findings = await found(server.base_url)
        asked = server.bodies
    assert findings["schema"].status == status
    assert findings["schema"].data == {"enforced": enforced}
    assert findings["answer"].status == "ok"
    # What is not enforced is put in words in the next request, as the engine does it.
    assert ("JSON Schema" in asked[1]["messages"][0]["content"]) == (enforced == "no")


async def test_an_endpoint_without_streams_is_told() -> None:
    def no_streams(body: dict[str, Any]) -> Reply:
        return replies.error(500) if body.get("stream") else ANSWER

    with LoopbackServer(then=no_streams) as server:
        findings = await found(server.base_url)
    assert findings["streaming"].data == {"works": False, "first_seconds": None}
    assert findings["answer"].status == "ok"


async def test_missing_usage_is_told() -> None:
    with LoopbackServer(then=replies.no_usage(DRAFT)) as server:
        findings = await found(server.base_url)
    assert findings["usage"].status == "warning"
    assert findings["latency"].data["tokens_per_second"] is None


async def test_a_set_price_is_told_and_makes_the_cost_known() -> None:
    with LoopbackServer(then=ANSWER) as server:
        findings = await found(server.base_url, input_price=2.0, output_price=8.0)
    assert findings["price"].data == {"known": True, "input": 2.0, "output": 8.0, "public": False}
    assert findings["cost"].data["cost_usd"] > 0


async def test_a_limit_of_costs_without_a_price_is_told() -> None:
    with LoopbackServer(then=ANSWER) as server:
        findings = await found(server.base_url, max_cost=1.0)
    assert findings["price"].status == "failed"


def test_an_input_limit_is_told_with_its_source() -> None:
    assert input_limit(8192, 4096, 2048).data == {"tokens": 8192, "from": "settings"}
    assert input_limit(None, 4096, 2048).data == {"tokens": 2048, "from": "lessons"}
    assert input_limit(None, 4096, None).data == {"tokens": 4096, "from": "models"}
    assert input_limit(None, None, None).data == {"tokens": None, "from": None}


async def test_rate_limits_are_read_from_the_headers() -> None:
    headers = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-limit-tokens": "\u00b2 many",
    }
    limited = replies.answer(DRAFT, headers=headers)
    with LoopbackServer(limited, then=ANSWER) as server:
        findings = await found(server.base_url)
    assert findings["rate_limits"].detail == "59 of 60 requests left"
    assert findings["rate_limits"].data["tokens"] == {"limit": None, "remaining": None}


@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_an_endpoint_on_a_bad_day_gets_findings_and_no_exception(name: str) -> None:
    with LoopbackServer(then=FAULTS[name]) as server:
        findings = await found(server.base_url, timeout=0.5)
        assert findings["cost"].data.get("answers", 0) <= 3
    assert findings["endpoint"].status == "ok"
    if findings["mode"].status == "skipped":
        assert {findings["key"].status, findings["model"].status} & {"failed"}


@pytest.mark.parametrize(
    ("name", "finding"), [("429", "model"), ("500", "model"), ("403", "key"), ("404", "model")]
)
async def test_what_is_wrong_is_told_where_it_belongs(name: str, finding: str) -> None:
    with LoopbackServer(then=FAULTS[name]) as server:
        findings = await found(server.base_url)
    assert findings[finding].status == "failed"
    assert findings["mode"].status == "skipped"


async def test_a_slow_endpoint_ends_with_the_timeout() -> None:
    with LoopbackServer(then=replies.hang()) as server:
        findings = await found(server.base_url, timeout=0.3)
    assert findings["endpoint"].status == "ok"
    assert findings["model"].status == "failed"
    assert "did not answer" in findings["model"].detail


async def test_what_was_kept_is_told_looked_for_anew_and_replaced(tmp_path: Path) -> None:
    lessons = Lessons(tmp_path)
    with LoopbackServer(then=ANSWER) as server:
        subject = Subject(server.base_url, "loopback", Settings().max_output_tokens)
        lessons.keep(subject, Lesson(mode=Mode.TEXT))
        findings = await found(server.base_url, lessons=lessons)
    assert findings["lessons"].data["mode"] == "json_text"
    assert findings["mode"].data["mode"] == "json_schema_strict"
    assert lessons.recall(subject) is None


async def test_a_limit_that_was_learnt_stays_known_and_as_old_as_it_was(tmp_path: Path) -> None:
    before = Lessons(tmp_path, clock=lambda: 1_000_000.0)
    lessons = Lessons(tmp_path, clock=lambda: 1_000_100.0)
    with LoopbackServer(then=ANSWER) as server:
        subject = Subject(server.base_url, "loopback", Settings().max_output_tokens)
        before.keep(subject, Lesson(mode=Mode.TEXT, input_tokens=8192))
        findings = await found(server.base_url, lessons=lessons)
    kept = lessons.recall(subject)
    assert kept is not None
    assert (kept.lesson, kept.since) == (Lesson(input_tokens=8192), 1_000_000.0)
    assert findings["input_limit"].data["from"] == "lessons"


async def test_an_endpoint_that_gives_no_list_of_models_is_examined_all_the_same() -> None:
    content = {"role": "assistant", "content": DRAFT.model_dump_json()}
    body = {"choices": [{"index": 0, "finish_reason": "stop", "message": content}]}
    data = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {len(data)}\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if asked.startswith(b"POST"):
            writer.write(head.encode() + data)
            await writer.drain()
            await reader.read(100_000)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        findings = await found(f"http://127.0.0.1:{port}/v1")
    assert findings["endpoint"].status == "warning"
    assert findings["endpoint"].data["trouble"] == "broken"
    assert findings["answer"].status == "ok"


async def test_what_is_found_is_kept_for_the_engine(tmp_path: Path) -> None:
    lessons = Lessons(tmp_path)
    with LoopbackServer(WORD, then=ANSWER, refuse=["openai/schema"]) as server:
        subject = Subject(server.base_url, "loopback", Settings().max_output_tokens)
        await found(server.base_url, lessons=lessons)
    kept = lessons.recall(subject)
    assert kept is not None
    assert kept.lesson == Lesson(mode=Mode.SCHEMA, in_words=True)


async def test_the_extractive_engine_has_no_endpoint_to_examine() -> None:
    listed = [finding async for finding in diagnose(Settings(engine="extractive"))]
    assert [finding.name for finding in listed] == list(NAMES)
    assert {finding.status for finding in listed} == {"skipped"}
    assert "no endpoint" in listed[0].detail


async def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(ConfigurationError):
        await found(None, api_key=None)
    with pytest.raises(ConfigurationError):
        await found("http://127.0.0.1:port/v1")


async def test_an_examination_that_is_left_early_closes_its_connections() -> None:
    before = asyncio.all_tasks()
    with LoopbackServer(then=ANSWER) as server:
        settings = Settings(engine="openai", base_url=server.base_url, cache=False)
        findings = diagnose(settings)
        assert (await anext(findings)).name == "endpoint"
        await findings.aclose()
    assert asyncio.all_tasks() == before


async def test_a_fallback_is_examined_likewise() -> None:
    with (
        LoopbackServer(then=ANSWER) as server,
        LoopbackServer(then=ANSWER, refuse=["openai/json_schema", "ollama/tools"]) as worse,
        LoopbackServer(models=["other"]) as other,
    ):
        good = await found(server.base_url, fallback_model="m2")
        warned = await found(server.base_url, fallback_model="m2", fallback_base_url=worse.base_url)
        failed = await found(server.base_url, fallback_model="m2", fallback_base_url=other.base_url)
        dead = await found(other.base_url, fallback_model="m2", fallback_base_url=server.base_url)
    assert good["fallback"].status == "ok"
    assert warned["fallback"].status == "warning"
    assert "in words" in warned["fallback"].detail
    assert failed["fallback"].status == "failed"
    assert [one["name"] for one in failed["fallback"].data["findings"]] == list(NAMES[:-1])
    assert (dead["model"].status, dead["fallback"].status) == ("failed", "ok")
