"""The fakes: what they answer, and that they are what they say."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import summarizer.testing
from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.engines.base import Request
from summarizer.errors import RateLimited
from summarizer.testing import (
    FAULTS,
    REFUSALS,
    STREAM_REFUSALS,
    TOO_LONG,
    Faults,
    LoopbackServer,
    Reply,
    ScriptedEngine,
    replies,
)
from summarizer.testing.__main__ import main
from summarizer.testing.replies import Script
from tests.openai_support import ARTICLE, DRAFT, request

ROOT = Path(__file__).parent.parent
EMPTY = Draft(what=None, who=[], where=[], when=[], reactions=[], background=[])
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Crews in Halden struck."}]}


def post(server: LoopbackServer, body: Any = None, path: str = "/chat/completions") -> Any:
    """The status, headers and JSON body of an answer."""
    sent = urllib.request.Request(
        server.base_url + path, json.dumps(body or ASKED).encode(), {"Authorization": "Bearer k"}
    )
    try:
        with urllib.request.urlopen(sent) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def test_what_the_package_names_is_there() -> None:
    for name in summarizer.testing.__all__:
        assert getattr(summarizer.testing, name) is not None


def test_a_scripted_engine_answers_in_order_and_keeps_what_was_asked() -> None:
    engine = ScriptedEngine(DRAFT, _about, RateLimited("later"))
    asked = [request(), request(purpose="repair"), request()]
    first = asyncio.run(engine.complete(asked[0]))
    second = asyncio.run(engine.complete(asked[1]))
    with pytest.raises(RateLimited):
        asyncio.run(engine.complete(asked[2]))
    assert first.draft == DRAFT
    assert second.draft == _about(ARTICLE)
    assert second.attempts[0].purpose == "repair"
    assert engine.requests == asked
    assert engine.prompted


def test_a_scripted_engine_shows_a_request_it_did_not_expect() -> None:
    with pytest.raises(AssertionError, match="request 1"):
        asyncio.run(ScriptedEngine().complete(request()))


def test_a_scripted_engine_may_answer_forever() -> None:
    engine = ScriptedEngine(EMPTY, then=DRAFT)
    answers = [asyncio.run(engine.complete(request())).draft for _ in range(3)]
    assert answers == [EMPTY, DRAFT, DRAFT]


def test_a_closed_scripted_engine_is_not_used() -> None:
    engine = ScriptedEngine(then=DRAFT)
    asyncio.run(engine.aclose())
    with pytest.raises(AssertionError, match="closed"):
        asyncio.run(engine.complete(request()))


def test_the_server_answers_in_the_form_of_a_completion() -> None:
    with LoopbackServer(replies.answer(DRAFT)) as server:
        status, headers, body = post(server)
    assert status == 200
    assert headers["x-request-id"] == "req_loopback_1"
    assert body["object"] == "chat.completion"
    (choice,) = body["choices"]
    assert choice["finish_reason"] == "stop"
    assert Draft.model_validate_json(choice["message"]["content"]) == DRAFT
    assert server.usage == {
        "prompt_tokens": body["usage"]["prompt_tokens"],
        "completion_tokens": body["usage"]["completion_tokens"],
    }


def test_a_fake_answer_says_that_it_is_none_of_a_model() -> None:
    with LoopbackServer(replies.answer(DRAFT)) as server:
        _, _, body = post(server)
    assert (body["model"], body["system_fingerprint"]) == ("loopback", "loopback-fake")


def test_a_forced_function_is_called() -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    with LoopbackServer(replies.answer(DRAFT)) as server:
        _, _, body = post(server, {**ASKED, "tools": tools})
    (choice,) = body["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    (call,) = choice["message"]["tool_calls"]
    assert call["function"] == {"name": "f", "arguments": DRAFT.model_dump_json()}


def test_without_a_script_the_extractive_engine_reads_the_article() -> None:
    from summarizer.engines.extractive import ExtractiveEngine

    with LoopbackServer() as server:
        user = request().messages[1].content
        _, _, body = post(server, {**ASKED, "messages": [{"role": "user", "content": user}]})
    expected = asyncio.run(ExtractiveEngine().complete(Request(ARTICLE, ()))).draft
    assert Draft.model_validate_json(body["choices"][0]["message"]["content"]) == expected
    assert body["model"] == "loopback"


def test_a_request_without_an_article_is_refused() -> None:
    with LoopbackServer() as server:
        status, _, _ = post(server, {"model": "m", "messages": []})
    assert status == 400


def test_a_function_in_the_script_gets_the_request() -> None:
    with LoopbackServer(then=lambda body: replies.prose(body["model"])) as server:
        _, _, body = post(server)
    assert body["choices"][0]["message"]["content"] == "m"


def test_a_broken_script_is_a_500_and_is_raised_at_the_end() -> None:
    def broken(_: dict[str, Any]) -> Reply:
        raise KeyError("a bug of the test's")

    server = LoopbackServer(broken).start()
    assert post(server)[0] == 500
    with pytest.raises(KeyError, match="bug"):
        server.stop()


@pytest.mark.parametrize("name", [name for name in REFUSALS if "reasoning" not in name])
def test_a_wording_is_met_only_by_a_request_that_holds_the_parameter(name: str) -> None:
    assert not REFUSALS[name].met(ASKED)
    full = {
        **ASKED,
        "messages": [{"role": "system", "content": "s"}],
        "response_format": {"type": "json_schema", "json_schema": {"strict": True}},
        "tools": [],
        "tool_choice": {"type": "function"},
        "temperature": 0,
        "reasoning_effort": "low",
        "max_tokens": 1,
        "max_completion_tokens": 1,
    }
    assert REFUSALS[name].met(full)
    with LoopbackServer(then=replies.answer(DRAFT), refuse=[name]) as server:
        assert post(server, ASKED)[0] == 200
        status, _, body = post(server, full)
    assert (status, body) == (REFUSALS[name].status, REFUSALS[name].body)


def test_tools_beside_reasoning_are_met_until_its_effort_is_none() -> None:
    refusal = REFUSALS["openai/tools+reasoning"]
    assert refusal.met({"tools": []})
    assert not refusal.met({"tools": [], "reasoning_effort": "none"})
    assert not refusal.met({})


def test_keys_models_paths_and_methods_are_checked() -> None:
    with LoopbackServer(then=replies.answer(DRAFT), api_key="k", models=["m"]) as server:
        assert post(server)[0] == 200
        assert post(server, {**ASKED, "model": "other"})[0] == 404
        assert post(server, path="/completions")[0] == 404
        status, body = _get(server, "/v1/models", key="k")
        assert status == 200
        assert [model["id"] for model in json.loads(body)["data"]] == ["m"]
        assert _get(server, "/v1/chat/completions", key="k")[0] == 405
        assert _get(server, "/v1/models", key="wrong")[0] == 401


def test_a_body_that_is_no_json_is_refused() -> None:
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        connection = http.client.HTTPConnection(server.base_url.split("/")[2])
        connection.request("POST", "/v1/chat/completions", b"{")
        assert connection.getresponse().status == 400
        connection.close()
        assert [(r.content, r.body) for r in server.requests] == [(b"{", None)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": 5},
        {"messages": ["x"]},
        {"stream": True, "stream_options": "all"},
        {"tools": [{"type": "function"}]},
        {"tools": 1},
    ],
)
def test_a_request_of_another_form_is_refused(wrong: dict[str, Any]) -> None:
    with LoopbackServer(then=replies.answer(DRAFT), refuse=["vllm/system"]) as server:
        assert post(server, ASKED | wrong)[0] == 400
        assert post(server)[0] == 200


def test_a_stream_holds_the_same_words_and_the_usage() -> None:
    asked = {**ASKED, "stream": True, "stream_options": {"include_usage": True}}
    with LoopbackServer(replies.answer(DRAFT)) as server:
        sent = urllib.request.Request(
            f"{server.base_url}/chat/completions", json.dumps(asked).encode()
        )
        with urllib.request.urlopen(sent) as answer:
            lines = answer.read().decode().split("\n\n")
        counted = dict(server.usage)
    assert lines[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    said = "".join(
        choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"]
    )
    assert said == DRAFT.model_dump_json()
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    usage = chunks[-1]["usage"]
    assert counted == {name: usage[name] for name in counted}


def test_a_hanging_reply_is_sent_when_the_server_is_released() -> None:
    async def ask(server: LoopbackServer) -> int:
        waiting = asyncio.create_task(asyncio.to_thread(post, server))
        await asyncio.to_thread(server.wait_for, 1)
        assert not waiting.done()
        server.release()
        status: int = (await waiting)[0]
        return status

    with LoopbackServer(Reply(hang=True, content="x")) as server:
        assert asyncio.run(ask(server)) == 200


def test_a_server_stops_while_a_reply_hangs() -> None:
    with LoopbackServer(replies.hang()) as server:
        host = server.base_url.split("/")[2]
        connection = http.client.HTTPConnection(host)
        connection.request("POST", "/v1/chat/completions", json.dumps(ASKED))
        server.wait_for(1)
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize("after", [0, 20])
def test_a_reset_breaks_the_connection_off(after: int) -> None:
    with (
        LoopbackServer(replies.reset(DRAFT, after=after)) as server,
        pytest.raises((ConnectionResetError, http.client.IncompleteRead)),
    ):
        post(server)
    assert server.usage["completion_tokens"] == 0


def test_a_paced_body_arrives_whole() -> None:
    with LoopbackServer(replies.slow_body(DRAFT, 50, 0.0)) as server:
        _, _, body = post(server)
    assert Draft.model_validate_json(body["choices"][0]["message"]["content"]) == DRAFT


def test_a_port_that_is_taken_is_an_error() -> None:
    with LoopbackServer() as server:
        port = int(server.base_url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match=r"in use|address"):
            LoopbackServer(port=port).start()


def test_as_many_requests_are_kept_as_was_asked() -> None:
    with LoopbackServer(then=replies.answer(DRAFT), keep=2) as server:
        for number in range(3):
            post(server, {**ASKED, "model": str(number)})
        assert [body["model"] for body in server.bodies] == ["1", "2"]


def test_waiting_for_requests_that_do_not_come_ends() -> None:
    with LoopbackServer() as server, pytest.raises(TimeoutError, match="0 of 1"):
        server.wait_for(1, timeout=0.0)


def test_faults_come_at_their_rate_and_again_by_their_seed() -> None:
    texts = [f"article {number}" for number in range(400)]

    def run(seed: int, order: list[str]) -> dict[str, Script | None]:
        faults = Faults(0.3, seed=seed)
        return {text: faults.choose(text) for text in order}

    first = run(1, texts)
    assert 0.2 < sum(reply is not None for reply in first.values()) / len(texts) < 0.4
    assert run(1, texts[::-1]) == first
    assert run(2, texts) != first


def test_a_fault_may_pass_when_the_article_comes_again() -> None:
    faults = Faults(0.5, seed=3)
    assert {faults.choose("one") is None for _ in range(40)} == {True, False}


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Faults(rate)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_named_fault_can_be_made(name: str) -> None:
    assert FAULTS[name] != Reply()


def test_the_shell_serves_until_it_is_interrupted() -> None:
    command = ["--reply", "503", "--refuse", "openai/temperature", "--api-key", "k"]
    with _shell(*command) as (process, url):
        server = LoopbackServer(port=int(url.split(":")[2].split("/")[0]))
        assert post(server)[0] == 503
        assert post(server, {**ASKED, "temperature": 1})[0] == 400
        assert post(server)[0] == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_the_shell_keeps_limits_and_tells_the_sums() -> None:
    options = ["--requests-per-minute", "1", "--cached-tokens", "3", "--then", "truncated"]
    with _shell(*options, "--context-tokens", "100", "--too-long", "cut") as (_, url):
        server = LoopbackServer(port=int(url.split(":")[2].split("/")[0]))
        status, headers, body = post(server)
        assert (status, headers["x-ratelimit-remaining-requests"]) == (200, "0")
        assert body["choices"][0]["finish_reason"] == "length"
        assert post(server)[0] == 429
        with urllib.request.urlopen(f"{url}/loopback/usage") as told:
            sums = json.load(told)
    assert sums["usage"]["cached_tokens"] == 3
    assert sums["usage"]["prompt_tokens"] == body["usage"]["prompt_tokens"]
    assert sums["requests"] == 2


def test_the_shell_may_refuse_every_connection() -> None:
    with _shell("--unreachable") as (process, url):
        with pytest.raises(urllib.error.URLError, match="refused"):
            urllib.request.urlopen(f"{url}/models")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_the_shells_help_says_that_it_is_no_model_and_names_what_it_can_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "It is no model" in told
    listed = set(re.findall(r"[\w/+-]+", told))
    assert {*FAULTS, *REFUSALS, *STREAM_REFUSALS, *TOO_LONG} <= listed


@pytest.mark.parametrize("wrong", [["--reply", "x"], ["--fault-rate", "2"], ["--too-long", "x"]])
def test_the_shell_refuses_what_it_does_not_know(wrong: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(wrong)


@contextmanager
def _shell(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "summarizer.testing", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", url)
            yield process, url
        finally:
            process.kill()


def _get(server: LoopbackServer, path: str, *, key: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(server.base_url.split("/")[2])
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def _about(article: Article) -> Draft:
    assert DRAFT.what is not None
    return DRAFT.model_copy(
        update={"what": DRAFT.what.model_copy(update={"statement": article.text})}
    )
