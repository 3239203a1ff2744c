"""What every request passes: its id, headers, the log, and bugs that tell nothing."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from summarizer import logs
from summarizer.engines.base import Completion, Request
from summarizer.pipeline import Summarizer
from summarizer.settings import Settings
from tests.pipeline_support import TEXT
from tests.service_support import ARTICLE, Service, events, serving

SECRET = "Zyzzyva"  # a word of an article that nothing may repeat


class Broken:
    """An engine with a bug, whose message holds the article."""

    name, model, prompted = "broken", None, False
    fingerprint = input_characters = None

    async def complete(self, request: Request) -> Completion:
        raise ZeroDivisionError(request.article.text)

    async def aclose(self) -> None:
        """Nothing to free."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure("debug", as_json=True, stream=stream)
    yield stream
    logs.configure(None)


@pytest.mark.parametrize("name", ["abcdefgh", "0f.A-b_c:d" * 10])
def test_a_well_formed_request_id_is_taken(service: Service, name: str) -> None:
    answer = service.client.get("/healthz", headers={"X-Request-ID": name})
    assert answer.headers["x-request-id"] == name


@pytest.mark.parametrize(
    "name", ["", "short", "a" * 101, "<script>alert", "with space", "-abcdefgh", "ä" * 9]
)
def test_another_request_id_is_replaced_by_one_of_ours(service: Service, name: str) -> None:
    answer = service.client.get("/healthz", headers=[("X-Request-ID", name.encode())])  # type: ignore[arg-type]
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/v1/schema", "/nothing", "/v1/summaries", "/metrics"]
)
def test_every_answer_has_the_headers_that_keep_browsers_safe(service: Service, path: str) -> None:
    answer = service.client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [("GET", "/nothing", 404, "not-found"), ("GET", "/v1/", 404, "not-found"),
     ("GET", "/v1/summaries", 405, "method-not-allowed"),
     ("PUT", "/healthz", 405, "method-not-allowed"),
     ("POST", "/v1/summaries/", 404, "not-found"), ("GET", "/healthz/", 404, "not-found"),
     ("TRACE", "/healthz", 405, "method-not-allowed"),
     ("BREW", "/nothing", 400, "malformed-request")],
)  # fmt: skip
def test_a_wrong_path_or_method_is_a_problem(
    service: Service, method: str, path: str, status: int, kind: str
) -> None:
    answer = service.client.request(method, path)
    assert answer.status_code == status
    problem = answer.json()
    assert problem["type"] == f"/docs#{kind}"
    assert problem["instance"] in {path, ""}
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize("path", ["/v1/summaries", "/v1/summaries/stream"])
def test_a_bug_is_a_problem_that_tells_nothing_and_the_service_goes_on(
    path: str, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings.load(environ={}, engine="extractive", cache=False)
    with serving(summarizer=Summarizer(settings, engine=Broken())) as service:
        for _ in range(2):
            answer = service.client.post(path, json={"text": f"{SECRET} {TEXT}"})
            begun = path.endswith("stream")
            assert answer.status_code == (200 if begun else 500)
            problem = json.loads(events(answer.text)[-1][1]) if begun else answer.json()
            assert (problem["type"], problem["status"]) == ("/docs#internal-error", 500)
            assert SECRET not in answer.text
        assert service.client.get("/healthz").status_code == 200
    told = log.getvalue() + "".join(capfd.readouterr())
    assert SECRET not in told
    assert told.count('"error": "ZeroDivisionError"') >= 2


def test_a_request_is_one_line_of_the_log_without_a_word_of_the_client(
    service: Service, log: io.StringIO
) -> None:
    headers = {
        "X-Request-ID": "id-of-the-request",
        "User-Agent": SECRET,
        "Authorization": f"Bearer {SECRET}",
    }
    service.client.post(
        f"/v1/summaries?title={SECRET}", content=ARTICLE.encode() + SECRET.encode(),
        headers={"Content-Type": "text/plain", **headers},
    )  # fmt: skip
    service.client.get(f"/{SECRET}", headers=headers)
    requests: list[dict[str, Any]] = []
    while len(requests) < 2:  # told once the client is answered
        lines = [json.loads(line) for line in log.getvalue().splitlines()]
        lines = [line for line in lines if line.get("request") == "id-of-the-request"]
        requests = [line for line in lines if line["event"] == "request"]
        time.sleep(0.01)
    assert [(one["route"], one["status"]) for one in requests] == [
        ("/v1/summaries", 200),
        ("other", 404),
    ]
    assert requests[0]["method"] == "POST"
    assert requests[0]["received"] == len(ARTICLE.encode()) + len(SECRET)
    assert requests[0]["sent"] > 0
    assert {"article_done"} <= {line["event"] for line in lines}
    assert SECRET not in log.getvalue()
    assert "Ferry" not in log.getvalue()


def test_counts_have_our_own_words_as_labels(service: Service) -> None:
    service.client.post("/v1/summaries", json={"text": ARTICLE})
    service.client.get(f"/{SECRET}")
    service.client.request("PROPFIND", f"/{SECRET}")
    answer = service.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.text
    assert SECRET not in text
    assert "PROPFIND" not in text
    known = dict(re.findall(r"(?m)^(summarize_server_\S+) (\S+)$", text))
    made = 'summarize_server_requests_total{method="POST",route="/v1/summaries",status="200"}'
    assert float(known[made]) >= 1
    assert float(known['summarize_server_items_total{outcome="verified"}']) >= 3
    assert float(known['summarize_server_articles_total{outcome="complete"}']) >= 1
    assert known["summarize_server_requests_in_flight"] == "1.0"
    assert known["summarize_server_articles_running"] == "0.0"
    assert float(known['summarize_server_request_seconds_count{route="/v1/summaries"}']) >= 1
    assert (
        float(known['summarize_server_requests_total{method="other",route="other",status="404"}'])
        >= 1
    )


def test_cors_is_off_unless_it_is_set(service: Service) -> None:
    asked = {"Origin": "https://tools.example", "Access-Control-Request-Method": "POST"}
    refused = service.client.options("/v1/summaries", headers=asked)
    assert refused.status_code == 403
    assert not [name for name in refused.headers if name.startswith("access-control")]
    with serving(allow_origins="https://tools.example") as open_:
        answer = open_.client.options("/v1/summaries", headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://tools.example"
        others = {**asked, "Origin": "https://other.example"}
        assert open_.client.options("/v1/summaries", headers=others).status_code == 403
        made = open_.client.post(
            "/v1/summaries", json={"text": ARTICLE}, headers={"Origin": "https://tools.example"}
        )
        assert made.headers["access-control-allow-origin"] == "https://tools.example"
        assert "Retry-After" in made.headers["access-control-expose-headers"]


def test_a_problem_has_the_path_escaped_and_no_longer_than_needed(service: Service) -> None:
    answer = service.client.get("/%0a%e2%80%ae<b>/" + "x" * 1_000)
    assert answer.status_code == 404
    place = answer.json()["instance"]
    assert place.startswith("/%0A%E2%80%AE%3Cb%3E/x")
    assert len(place) < 300
