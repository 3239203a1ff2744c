"""Limits that the loopback server keeps, and its account of tokens."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from summarizer.testing import LoopbackServer, Reply, answers, replies
from summarizer.testing.limits import Limits
from tests.wire_support import asked, post


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def admitted(limits: Limits, tokens: int = 1) -> bool:
    """Whether a request is admitted; it leaves at once."""
    if limits.enter(tokens) is not None:
        return False
    limits.leave()
    return True


def test_a_minute_takes_as_many_requests_as_it_may() -> None:
    clock = Clock()
    limits = Limits(requests_per_minute=2, clock=clock)
    assert [admitted(limits) for _ in range(4)] == [True, True, False, False]
    clock.now += 59.9
    assert not admitted(limits)
    clock.now += 0.2
    assert admitted(limits)


def test_tokens_of_prompts_and_answers_count() -> None:
    clock = Clock()
    limits = Limits(tokens_per_minute=100, clock=clock)
    assert admitted(limits, 50)
    limits.answered(30)
    assert not admitted(limits, 21)
    assert admitted(limits, 20)


def test_headers_tell_what_is_left_and_when_it_is_all_there() -> None:
    clock = Clock()
    limits = Limits(requests_per_minute=10, tokens_per_minute=100, clock=clock)
    assert limits.headers()["x-ratelimit-reset-requests"] == "0s"
    admitted(limits, 40)
    clock.now += 20.5
    assert limits.headers() == {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": "39.5s",
        "x-ratelimit-limit-tokens": "100",
        "x-ratelimit-remaining-tokens": "60",
        "x-ratelimit-reset-tokens": "39.5s",
    }


def test_what_is_refused_counts_for_nothing() -> None:
    clock = Clock()
    limits = Limits(requests_per_minute=10, tokens_per_minute=100, clock=clock)
    assert not admitted(limits, 101)
    assert limits.headers()["x-ratelimit-remaining-requests"] == "10"


def test_a_request_over_the_whole_minute_is_told_so() -> None:
    refused = Limits(tokens_per_minute=10).enter(11)
    assert refused is not None
    assert isinstance(refused.body, dict)
    assert "Request too large" in refused.body["error"]["message"]
    assert "retry-after" not in refused.headers


def test_a_refusal_over_http_says_how_long_to_wait() -> None:
    with LoopbackServer(requests_per_minute=1, minute=30.0) as server:
        good, bad = post(server), post(server)
    assert (good.status, good.headers["x-ratelimit-remaining-requests"]) == (200, "0")
    assert bad.status == 429
    assert bad.headers["x-ratelimit-remaining-requests"] == "0"
    assert 29 <= int(bad.headers["retry-after"]) <= 30
    assert 29_000 < int(bad.headers["retry-after-ms"]) <= 30_000


def test_no_limit_means_no_header() -> None:
    with LoopbackServer() as server:
        assert not [name for name in post(server).headers if "ratelimit" in name]


@pytest.mark.parametrize(("busy", "status"), [(None, 429), (replies.server_error(503), 503)])
def test_only_so_many_are_taken_at_once(busy: Reply | None, status: int) -> None:
    with (
        LoopbackServer(then=replies.hang(), most_at_once=2, busy=busy) as server,
        ThreadPoolExecutor(2) as pool,
    ):
        waiting = [pool.submit(post, server) for _ in range(2)]
        server.wait_for(2)
        assert post(server).status == status
        assert server.peak == 2
        server.release()
        assert [found.result().status for found in waiting] == [200, 200]
        assert post(server).status == 200


def test_the_account_is_told_over_http_and_asking_for_it_is_no_request() -> None:
    with LoopbackServer(cached_tokens=64, reasoning_tokens=7) as server:
        usage = post(server).json["usage"]
        found = post(server, path="/v1/loopback/usage", method="GET").json
        assert len(server.requests) == 1
    assert found == server.account.as_json()
    assert found == {
        "requests": 1,
        "completions": 1,
        "usage": {
            "prompt_tokens": usage["prompt_tokens"],
            "completion_tokens": usage["completion_tokens"],
            "cached_tokens": 64,
            "reasoning_tokens": 7,
        },
        "undelivered": {"completions": 0, "prompt_tokens": 0, "completion_tokens": 0},
    }
    assert usage["prompt_tokens_details"] == {"cached_tokens": 64}
    assert usage["completion_tokens_details"] == {"reasoning_tokens": 7}


def test_no_more_tokens_are_cached_than_were_sent() -> None:
    with LoopbackServer(cached_tokens=10**6) as server:
        usage = post(server).json["usage"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == usage["prompt_tokens"]


@pytest.mark.parametrize("name", ["reset", "endless"])
def test_what_is_cut_or_endless_is_not_delivered(name: str) -> None:
    reply = {"reset": replies.reset("{}" * 30), "endless": replies.endless("{}")}[name]
    with LoopbackServer(reply) as server:
        post(server, most=1000)
        found = server.account.as_json()
    assert found["completions"] == 0
    assert found["undelivered"]["completions"] == 1
    assert found["undelivered"]["prompt_tokens"] > 0


@pytest.mark.parametrize("name", ["hang", "slow body"])
def test_what_a_client_gave_up_is_not_delivered(name: str) -> None:
    reply = {"hang": replies.hang(), "slow body": replies.slow_body("x" * 900, 1, 0.01)}[name]
    with LoopbackServer(reply) as server:
        host, _, port = server.base_url.split("/")[2].partition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
            server.wait_for(1)
        server.release()
        _wait_until(lambda: server.account.undelivered["completions"] == 1)
        found = server.account.as_json()
    assert found["completions"] == 0
    assert found["usage"]["completion_tokens"] == 0


def test_usage_that_makes_no_sense_counts_for_nothing() -> None:
    makers = (replies.wrong_usage, replies.listed_usage, replies.huge_usage, replies.no_usage)
    wrong = [make("{}") for make in makers]
    with LoopbackServer(*wrong) as server:
        for _ in wrong:
            post(server)
        found = server.account.as_json()
    assert found["completions"] == 4
    assert set(found["usage"].values()) == {0}


def test_sums_are_right_with_many_at_once() -> None:
    with LoopbackServer(then=answers.grounded) as server, ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: post(server, asked()), range(40)))
        sums = dict(server.usage)
    for name, count in sums.items():
        assert count == sum(found.json["usage"][name] for found in seen)


def _wait_until(holds: object) -> None:
    assert callable(holds)
    waiting = threading.Event()
    for _ in range(500):
        if holds():
            return
        waiting.wait(0.02)
    raise AssertionError("it did not come to hold")
