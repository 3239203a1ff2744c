"""Who may ask: keys, their limits, and pages of other origins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from summarizer.draft import Draft
from summarizer.engines.base import Completion, Request
from summarizer.errors import ConfigurationError
from summarizer.pipeline import Summarizer
from summarizer.schema import Attempt
from summarizer.service import auth, origins
from summarizer.service.config import ServiceConfig
from summarizer.service.state import ServiceState
from summarizer.settings import Settings
from tests.pipeline_support import TEXT, WHAT, draft
from tests.service_support import ARTICLE, Service, serving

OPEN = ["/healthz", "/readyz", "/", "/docs", "/openapi.json", "/v1/schema"]
LOCKED = [("POST", "/v1/summaries"), ("POST", "/v1/summaries/stream"), ("GET", "/metrics"),
          ("POST", "/v1/batches"), ("GET", "/v1/batches")]  # fmt: skip


@pytest.fixture(scope="module")
def keyed() -> Iterator[tuple[Service, str]]:
    key, line = auth.make("newsdesk")
    with serving(keys=line) as running:
        yield running, key


@pytest.mark.parametrize("path", OPEN)
def test_what_tells_nothing_of_articles_needs_no_key(keyed: tuple[Service, str], path: str) -> None:
    assert keyed[0].client.get(path).status_code == 200


@pytest.mark.parametrize(("method", "path"), LOCKED)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}, {"X-API-Key": "wrong"},
     {"Authorization": "Basic d3Jvbmc="}, {"Authorization": "x" * 600}],
)  # fmt: skip
def test_everything_else_is_refused_without_a_known_key(
    keyed: tuple[Service, str], method: str, path: str, headers: dict[str, str]
) -> None:
    answer = keyed[0].client.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "/docs#unauthorized"
    assert "wrong" not in answer.text


@pytest.mark.parametrize("form", ["Authorization", "X-API-Key"])
def test_a_known_key_is_taken_in_either_header(keyed: tuple[Service, str], form: str) -> None:
    service, key = keyed
    headers = {form: key if form == "X-API-Key" else f"Bearer {key}"}
    answer = service.client.post("/v1/summaries", json={"text": ARTICLE}, headers=headers)
    assert answer.status_code == 200
    assert service.client.get("/metrics", headers=headers).status_code == 200


def test_a_key_at_its_limit_is_told_when_to_come_again() -> None:
    key, line = auth.make("a")
    other, known = auth.make("b")
    with serving(keys=f"{line} requests_per_minute=1;{known}") as service:
        answers = [
            service.client.post("/v1/summaries", json={"text": ARTICLE}, headers={"X-API-Key": one})
            for one in (key, key, other)
        ]
        assert [answer.status_code for answer in answers] == [200, 429, 200]
        assert 1 <= int(answers[1].headers["retry-after"]) <= 60
        assert answers[1].json()["type"] == "/docs#rate-limited"


class Dear:
    """An engine whose answers cost a dollar."""

    name, model, prompted = "dear", "m", False
    fingerprint = input_characters = None

    async def complete(self, request: Request) -> Completion:
        del request
        attempt = Attempt(purpose="draft", mode="x", outcome="ok", seconds=0.0, cost_usd=1.0)
        made: Draft = draft(what=WHAT)
        return Completion(made, attempts=(attempt,))

    async def aclose(self) -> None:
        """Nothing to free."""


@pytest.mark.parametrize("path", ["/v1/summaries", "/v1/summaries/stream"])
def test_a_key_that_has_cost_its_days_limit_is_refused(path: str) -> None:
    settings = Settings.load(environ={}, engine="extractive", cache=False)
    with serving(summarizer=Summarizer(settings, engine=Dear()), cost_per_day="1.5") as service:
        answers = [service.client.post(path, json={"text": TEXT}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 86_400
        assert b"cost_usd_total 2.0" in service.state.metrics.render()


def made(**options: Any) -> ServiceState:
    settings = Settings.load(environ={}, engine="extractive", cache=False)
    return ServiceState.of(settings, ServiceConfig.load(environ={}, **options))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "service.example"])
def test_an_address_that_others_reach_needs_keys(host: str) -> None:
    with pytest.raises(ConfigurationError, match="keys are required: give --keys-file"):
        made(host=host)
    assert made(host=host, keys=auth.make("a")[1]).keys.required


def test_models_to_choose_from_need_an_endpoint_and_no_common_budget() -> None:
    with pytest.raises(ConfigurationError, match="--allow-models needs an endpoint"):
        made(allow_models="m")
    settings = Settings.load(
        environ={}, base_url="http://127.0.0.1:1/v1", max_cost=1, input_price=1, output_price=1
    )
    with pytest.raises(ConfigurationError, match="does not go with SUMMARIZER_MAX_COST"):
        ServiceState.of(settings, ServiceConfig.load(environ={}, allow_models="m"))


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"host": "localhost:8000"}, True),
        ({"host": "127.0.0.1:8000"}, True),
        ({"host": "[::1]:8000"}, True),
        ({"host": "a.localhost"}, True),
        ({"host": "localhost", "origin": "http://localhost"}, True),
        ({"host": "localhost:8000", "origin": "http://localhost:8000"}, True),
        ({"host": "localhost:8000", "origin": "http://localhost:9000"}, False),
        ({"host": "localhost:8000", "origin": "https://evil.example"}, False),
        ({"host": "localhost:8000", "origin": "null"}, False),
        ({"host": "localhost:8000", "origin": "http://[::1"}, False),
        ({"host": "evil.example"}, False),
        ({"host": "localhost.evil.example"}, False),
        ({"host": "127.0.0.1.evil.example"}, False),
        ({"host": "[::1"}, False),
        ({"host": ""}, False),
        ({}, False),
        ({"host": "localhost", "origin": "https://tools.example"}, True),
        ({"host": "tools.example", "origin": "https://tools.example"}, True),
    ],
)
def test_without_keys_only_this_machines_names_and_pages_are_answered(
    headers: dict[str, str],
    allowed: bool,  # noqa: FBT001  # a case's value
) -> None:
    config = ServiceConfig.load(environ={}, allow_origins="https://tools.example")
    assert (origins.refusal(headers, config) is None) == allowed


def test_a_page_of_another_site_cannot_send_articles_to_a_service_without_keys() -> None:
    with serving() as service:
        for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            answer = service.client.post(
                "/v1/summaries", content=ARTICLE.encode(),
                headers={"Content-Type": "text/plain", **headers},
            )  # fmt: skip
            assert answer.status_code == 403
            assert answer.json()["type"] == "/docs#forbidden"


def test_with_keys_it_may_stand_behind_any_name(keyed: tuple[Service, str]) -> None:
    service, key = keyed
    answer = service.client.post(
        "/v1/summaries", json={"text": ARTICLE},
        headers={"Host": "news.example", "Origin": "https://news.example", "X-API-Key": key},
    )  # fmt: skip
    assert answer.status_code == 200


def test_finding_a_key_takes_no_look_at_its_words(keyed: tuple[Service, str]) -> None:
    """Not timed: what is compared are digests, in constant time, whatever was sent."""
    service, key = keyed
    found = service.state.keys.find(key)
    assert found is not None
    assert found.digest == auth.digest_of(key)
    assert len(found.digest) == 32
    assert key not in repr(service.state)


@pytest.mark.parametrize("host", ["[::1", "a/b?c#d", "x" * 300, "a@b"])
@pytest.mark.parametrize("path", ["/nothing", "/v1/summaries", "/docs", "/"])
def test_a_strange_host_is_no_bug(keyed: tuple[Service, str], host: str, path: str) -> None:
    answer = keyed[0].client.get(path, headers={"Host": host})
    assert answer.status_code in {200, 400, 404, 405}
    if answer.status_code >= 400:
        assert answer.json()["instance"] == path
