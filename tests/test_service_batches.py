"""Facts about the routes of batches: what is accepted, told, given back, and to whom."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from summarizer.engines.base import Completion, Request
from summarizer.errors import AuthenticationFailed, InvalidAnswer
from summarizer.pipeline import Summarizer
from summarizer.service import auth, backlog
from summarizer.service.app import create_app
from summarizer.service.config import ServiceConfig
from summarizer.service.state import ServiceState
from summarizer.settings import Settings
from summarizer.testing import ScriptedEngine
from tests.pipeline_support import TEXT, WHAT, draft

LINES = "application/x-ndjson"


@pytest.fixture
def served(tmp_path: Path) -> Callable[..., Any]:
    """A service on this test's folder, as a context that gives its client."""

    @contextmanager
    def serve(engine: ScriptedEngine | None = None, **options: Any) -> Iterator[TestClient]:
        settings = Settings.load(environ={}, engine="extractive", cache=False)
        config = ServiceConfig.load(environ={}, data_dir=tmp_path / "data", **options)
        summarizer = None if engine is None else Summarizer(settings, engine=engine)
        app = create_app(settings, config, summarizer=summarizer)
        here = "http://127.0.0.1:8000"
        with TestClient(app, here, raise_server_exceptions=False) as client:
            yield client

    return serve


def keyed(client: TestClient, key: str) -> TestClient:
    client.headers["authorization"] = f"Bearer {key}"
    return client


def article(**fields: Any) -> dict[str, Any]:
    return {"text": TEXT, **fields}


def lines(*articles: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in articles)


def send(client: TestClient, *articles: dict[str, Any], **headers: str) -> Any:
    headers = {"content-type": LINES} | {k.replace("_", "-"): v for k, v in headers.items()}
    return client.post("/v1/batches", content=lines(*articles), headers=headers)


def ended(client: TestClient, name: str) -> dict[str, Any]:
    """The batch when it has ended; a test that waits in vain is ended from outside."""
    while True:
        told: dict[str, Any] = client.get(f"/v1/batches/{name}").json()
        if told["status"] in {"done", "cancelled"}:
            return told
        time.sleep(0.01)


def rows(client: TestClient, name: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/batches/{name}/results", params=query)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == LINES
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_batch_of_lines_is_accepted_done_and_given_back(served: Callable[..., Any]) -> None:
    with served() as client:
        answer = send(client, article(id="first", title="A title"), article(), {"text": " "})
        assert answer.status_code == 202
        told = answer.json()
        assert told["counts"] == {"total": 3, "done": 0, "failed": 0, "left": 3, "running": 0}
        assert answer.headers["location"] == f"/v1/batches/{told['id']}"
        assert told["results_url"] == f"/v1/batches/{told['id']}/results"
        done = ended(client, told["id"])
        assert done["counts"] == {"total": 3, "done": 2, "failed": 1, "left": 0, "running": 0}
        assert done["created_at"] <= done["ended_at"] < done["deleted_at"]
        found = sorted(rows(client, told["id"]), key=lambda row: int(row["index"]))
        assert [row["id"] for row in found] == ["first", None, None]
        assert found[0]["summary"]["article"]["title"] == "A title"
        assert found[1]["summary"]["article"]["title_from"] == "text"
        error = found[2]["error"]
        assert error["type"] == "/docs#empty-article"
        assert set(error) == {"type", "title", "status", "detail", "hint", "retryable"}
        assert sorted(row["seq"] for row in found) == [1, 2, 3]
        assert [row["seq"] for row in rows(client, told["id"], after=2)] == [3]
        assert rows(client, told["id"], after=3) == []


def test_an_article_of_a_batch_is_logged_with_the_batch_s_id_and_counted(
    served: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="summarizer"), served() as client:
        name = send(client, article(), {"text": " "}).json()["id"]
        ended(client, name)
        counted = client.get("/metrics").text
    assert f"batch={name} " in caplog.text
    assert 'summarize_server_articles_total{outcome="complete"} 1.0' in counted
    assert 'summarize_server_articles_total{outcome="empty-article"} 1.0' in counted


def test_a_batch_of_json_gives_its_options_to_articles_without_any(
    served: Callable[..., Any],
) -> None:
    seen = []

    class Engine(ScriptedEngine):
        async def complete(self, request: Request) -> Completion:
            assert request.deadline is not None
            seen.append(request.deadline - time.monotonic())
            return await super().complete(request)

    batch = {
        "articles": [article(), article(options={"timeout": 100.0})],
        "options": {"model": "other"},
    }
    with served(Engine(then=draft(what=WHAT))) as client:
        refused = client.post("/v1/batches", json=batch)
        assert refused.status_code == 422
        # It is the first article that has the batch's options, and the second has its own.
        assert [fault["pointer"] for fault in refused.json()["errors"]] == [
            "/articles/0/options/model"
        ]
        batch["options"] = {"timeout": 50.0}
        name = client.post("/v1/batches", json=batch).json()["id"]
        assert ended(client, name)["counts"]["done"] == 2
        assert client.get("/v1/batches").json()["batches"][0]["id"] == name
    assert len(seen) == 2


def test_html_is_read_as_a_page(served: Callable[..., Any]) -> None:
    paragraphs = "".join(f"<p>{part}</p>" for part in TEXT.split("\n\n"))
    page = f"<html><body><article>{paragraphs}</article></body></html>"
    with served() as client:
        name = send(client, {"html": page}).json()["id"]
        ended(client, name)
        (row,) = rows(client, name)
        assert row["summary"]["what"]


class Stuck(ScriptedEngine):
    """Begins to answer, and never does."""

    async def complete(self, request: Request) -> Completion:
        self.requests.append(request)
        await asyncio.Event().wait()
        raise AssertionError


def under_way(client: TestClient, name: str, running: int) -> None:
    """Wait until so many articles of a batch are under way."""
    while client.get(f"/v1/batches/{name}").json()["counts"]["running"] != running:
        time.sleep(0.01)


def test_what_is_left_is_done_by_the_next_server(served: Callable[..., Any]) -> None:
    with served(Stuck(), drain_timeout=0.01, running=4) as client:
        name = send(client, *(article(id=str(n)) for n in range(5))).json()["id"]
        # One of four turns is left to who waits for an answer.
        under_way(client, name, 3)
    with served() as client:
        assert ended(client, name)["counts"]["done"] == 5
        assert sorted(row["id"] for row in rows(client, name)) == list("01234")


def test_who_waits_for_an_answer_does_not_wait_for_a_batch(served: Callable[..., Any]) -> None:
    class Slow(Stuck):
        """Never answers about an article of the batch."""

        async def complete(self, request: Request) -> Completion:
            if "live" in request.article.text:
                return await ScriptedEngine.complete(self, request)
            return await super().complete(request)

    with served(Slow(then=draft(what=WHAT)), drain_timeout=0.01, running=2, queue=0) as client:
        name = send(client, *[article()] * 9).json()["id"]
        under_way(client, name, 1)
        for _ in range(3):
            answer = client.post("/v1/summaries", json=article(text=TEXT + "live"))
            assert answer.status_code == 200
        assert client.get(f"/v1/batches/{name}").json()["counts"]["running"] == 1


def test_what_the_service_allows_no_more_is_refused_article_by_article(
    served: Callable[..., Any],
) -> None:
    with served(Stuck(), allow_urls=True, drain_timeout=0.01, running=1) as client:
        first = send(client, article()).json()["id"]
        under_way(client, first, 1)
        # It has no turn here, and whoever fetched it would fail this test.
        name = send(client, {"url": "https://news.invalid/"}).json()["id"]
    with served() as client:
        assert ended(client, name)["counts"]["failed"] == 1
        (row,) = rows(client, name)
        assert row["error"]["type"] == "/docs#forbidden"


def test_nothing_is_accepted_while_the_service_stops_and_everything_can_be_read(
    served: Callable[..., Any],
) -> None:
    with served() as client:
        name = send(client, article()).json()["id"]
        ended(client, name)
        client.app.state.service.drain()
        answer = send(client, article())
        assert (answer.status_code, answer.json()["type"]) == (503, "/docs#draining")
        assert answer.headers["retry-after"]
        assert len(rows(client, name)) == 1


def test_a_cancelled_batch_keeps_its_results_and_begins_no_more(
    served: Callable[..., Any],
) -> None:
    engine = Stuck()
    with served(engine, drain_timeout=0.01, running=1) as client:
        name = send(client, article(), article()).json()["id"]
        under_way(client, name, 1)
        told = client.delete(f"/v1/batches/{name}").json()
        assert told["status"] == "cancelled"
        assert told["counts"] == {"total": 2, "done": 0, "failed": 0, "left": 2, "running": 0}
        assert client.delete(f"/v1/batches/{name}").json()["status"] == "cancelled"
        assert rows(client, name) == []
        assert client.get(f"/v1/batches/{name}").json()["deleted_at"]
    assert len(engine.requests) == 1


def test_a_removed_batch_is_gone_with_its_results(
    served: Callable[..., Any], tmp_path: Path
) -> None:
    with served() as client:
        name = send(client, article()).json()["id"]
        ended(client, name)
        assert client.delete(f"/v1/batches/{name}", params={"remove": True}).status_code == 204
        for path in (f"/v1/batches/{name}", f"/v1/batches/{name}/results"):
            assert client.get(path).status_code == 404
        assert client.get("/v1/batches").json() == {"batches": [], "next": None}
        assert client.delete(f"/v1/batches/{name}").status_code == 404
    assert b"Ferry crews" not in (tmp_path / "data" / backlog.FILE).read_bytes()


def test_a_batch_is_its_key_s_alone(served: Callable[..., Any]) -> None:
    one, two = auth.make("one"), auth.make("two")
    with served(keys=f"{one[1]}\n{two[1]}") as client:
        assert send(client, article()).status_code == 401
        keyed(client, one[0])
        name = send(client, article()).json()["id"]
        assert ended(client, name)["counts"]["done"] == 1
        keyed(client, two[0])
        assert client.get("/v1/batches").json()["batches"] == []
        missing = client.get("/v1/batches/batch_000000000000000000000000").json()
        for ask in (client.get, client.delete):
            answer = ask(f"/v1/batches/{name}")
            assert answer.status_code == 404
            assert answer.json()["detail"] == missing["detail"]
        assert client.get(f"/v1/batches/{name}/results").status_code == 404
        del client.headers["authorization"]
        assert client.get(f"/v1/batches/{name}").status_code == 401


def test_a_batch_of_a_key_that_was_taken_away_waits(served: Callable[..., Any]) -> None:
    one, two = auth.make("one"), auth.make("two")
    with served(Stuck(), keys=f"{one[1]};{two[1]}", drain_timeout=0.01) as client:
        name = send(keyed(client, one[0]), article()).json()["id"]
        under_way(client, name, 1)
    engine = ScriptedEngine(then=draft(what=WHAT))
    with served(engine, keys=two[1]) as client:
        other = send(keyed(client, two[0]), article()).json()["id"]
        ended(client, other)
        assert client.get(f"/v1/batches/{name}").status_code == 404
    assert len(engine.requests) == 1
    with served(keys=one[1]) as client:
        assert ended(keyed(client, one[0]), name)["counts"]["done"] == 1


def test_a_key_at_its_limit_of_the_cost_keeps_its_articles(served: Callable[..., Any]) -> None:
    key, line = auth.make("one")
    engine = ScriptedEngine(then=draft(what=WHAT))
    with served(engine, keys=f"{line} cost_per_day=1") as client:
        state: ServiceState = client.app.state.service
        spender = state.keys.named("one")
        assert spender is not None
        keyed(client, key)
        under = send(client, article()).json()["id"]
        ended(client, under)
        state.rates.spend(spender, 1.5)
        assert send(client, article()).status_code == 429
    assert len(engine.requests) == 1


def test_one_idempotency_key_makes_one_batch(served: Callable[..., Any]) -> None:
    with served() as client:
        first = send(client, article(), idempotency_key="k1")
        assert "idempotency-replayed" not in first.headers
        again = send(client, article(), idempotency_key="k1")
        assert again.status_code == 202
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
        other = send(client, article(), article(), idempotency_key="k1")
        assert (other.status_code, other.json()["type"]) == (
            422,
            "/docs#idempotency-key-reused",
        )
        assert len(client.get("/v1/batches").json()["batches"]) == 1
        assert send(client, article(), idempotency_key="k 1").status_code == 422
    with served() as client:
        restarted = send(client, article(), idempotency_key="k1")
        assert restarted.json()["id"] == first.json()["id"]


@pytest.mark.parametrize(
    ("content", "status", "pointers"),
    [
        (b"", 422, [""]),
        (b"\n\n", 422, [""]),
        (lines(article(), {"text": 5}), 422, ["/1/text"]),
        (lines(article(), {}), 422, ["/1"]),
        (lines(article(), {"text": "t", "html": "h"}), 422, ["/1"]),
        (lines(article(published="14.3.2031")), 422, ["/0/published"]),
        (lines(article(id="x" * 201)), 422, ["/0/id"]),
        (lines(article(secret="hunter2")), 422, ["/0"]),
        (lines(article(), {"url": "https://news.example/"}), 403, None),
        (lines(article()) + b'{"text": ', 400, None),
        (b"\xff\xfe", 400, None),
        (b"null", 422, ["/0"]),
    ],
)
def test_one_bad_line_refuses_the_batch_and_nothing_is_kept(
    served: Callable[..., Any],
    tmp_path: Path,
    content: bytes,
    status: int,
    pointers: list[str] | None,
) -> None:
    with served() as client:
        answer = client.post("/v1/batches", content=content, headers={"content-type": LINES})
        assert answer.status_code == status
        problem = answer.json()
        assert "hunter2" not in answer.text
        if pointers is not None:
            assert [fault["pointer"] for fault in problem["errors"]] == pointers
        assert client.get("/v1/batches").json()["batches"] == []
        state: ServiceState = client.app.state.service
        assert state.batches is not None
    file = tmp_path / "data" / backlog.FILE
    assert not file.exists() or b"Ferry crews" not in file.read_bytes()


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        ({"articles": []}, 422, [""]),
        ({}, 422, ["/articles"]),
        ({"articles": [article(), {"text": 1}, {"text": 2}]}, 422, ["/articles/1/text"]),
        ({"articles": [article()], "more": 1}, 422, [""]),
        ([article()], 422, [""]),
    ],
)
def test_one_bad_article_of_a_json_batch_refuses_it(
    served: Callable[..., Any], body: Any, status: int, pointers: list[str]
) -> None:
    with served() as client:
        answer = client.post("/v1/batches", json=body)
        assert answer.status_code == status
        assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers


def test_a_body_is_bounded_in_bytes_articles_lines_and_types(
    served: Callable[..., Any],
) -> None:
    with served(max_body_bytes=3000, batch_bytes=9000, batch_articles=5) as client:

        def refused(content: bytes, kind: str = LINES, **headers: str) -> tuple[int, str]:
            answer = client.post(
                "/v1/batches", content=content, headers={"content-type": kind, **headers}
            )
            return answer.status_code, answer.json()["detail"]

        status, told = refused(lines(*[article()] * 6))
        assert (status, told) == (413, "A batch has at most 5 articles.")
        status, told = refused(lines(article(text="x" * 4000)))
        assert (status, told) == (413, "A line is longer than 3,000 bytes.")
        status, told = refused(lines(*[article(text="x" * 2000)] * 5))
        assert (status, told) == (413, "The body is larger than 9,000 bytes.")
        many = json.dumps({"articles": [article()] * 9}).encode()
        status, told = refused(many, "application/json")
        assert (status, told) == (413, "The body is larger than 3,000 bytes.")
        assert refused(lines(article()), "text/csv")[0] == 415
        assert refused(lines(article()), **{"content-encoding": "gzip"})[0] == 415
        assert client.get("/v1/batches").json()["batches"] == []


def test_a_body_without_a_length_is_refused_when_it_is_too_long(
    served: Callable[..., Any],
) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield lines(article())

    with served(batch_bytes=20_000) as client:
        answer = client.post("/v1/batches", content=pieces(), headers={"content-type": LINES})
        assert (answer.status_code, answer.json()["type"]) == (413, "/docs#too-large")
        assert client.get("/v1/batches").json()["batches"] == []


def test_a_key_has_so_many_batches_that_are_not_done(served: Callable[..., Any]) -> None:
    with served(Stuck(), drain_timeout=0.01, batches_per_key=2) as client:
        first = send(client, article()).json()["id"]
        send(client, article())
        answer = send(client, article())
        assert (answer.status_code, answer.json()["type"]) == (429, "/docs#rate-limited")
        assert answer.headers["retry-after"]
        client.delete(f"/v1/batches/{first}")
        assert send(client, article()).status_code == 202


def test_a_full_store_takes_no_batch_and_goes_on_with_those_it_has(
    served: Callable[..., Any],
) -> None:
    with served(Stuck(), drain_timeout=0.01) as client:
        name = send(client, article()).json()["id"]
    with served(data_bytes=1) as client:
        answer = send(client, article())
        assert (answer.status_code, answer.json()["type"]) == (507, "/docs#no-room")
        assert ended(client, name)["counts"]["done"] == 1


def test_batches_are_listed_page_by_page(served: Callable[..., Any]) -> None:
    with served() as client:
        names = [send(client, article()).json()["id"] for _ in range(5)]
        found, before = [], None
        for _ in range(3):
            query = {"limit": 2} | ({"before": before} if before else {})
            page = client.get("/v1/batches", params=query).json()
            found += [batch["id"] for batch in page["batches"]]
            before = page["next"]
        assert found == names[::-1]
        assert before is None
        assert client.get("/v1/batches", params={"limit": 101}).status_code == 422


def test_a_batch_ended_long_enough_ago_is_deleted(served: Callable[..., Any]) -> None:
    with served() as client:
        name = send(client, article()).json()["id"]
        ended(client, name)
    with served(batch_days=1e-9) as client:
        while client.get(f"/v1/batches/{name}").status_code != 404:
            time.sleep(0.01)


def test_many_results_come_in_pieces_and_each_once(served: Callable[..., Any]) -> None:
    with served(ScriptedEngine(then=InvalidAnswer("no"))) as client:
        name = send(client, *[article()] * 150).json()["id"]
        ended(client, name)
        found = rows(client, name)
        assert [row["seq"] for row in found] == list(range(1, 151))
        assert sorted(row["index"] for row in found) == list(range(150))
        assert {row["error"]["type"] for row in found} == {"/docs#invalid-answer"}


def test_what_holds_up_every_batch_is_told(served: Callable[..., Any]) -> None:
    engine = ScriptedEngine(then=AuthenticationFailed("the key sk-secret was refused"))
    with served(engine) as client:
        name = send(client, article()).json()["id"]
        while (told := client.get(f"/v1/batches/{name}").json())["waits_for"] is None:
            time.sleep(0.01)
        assert told["waits_for"] == "The model's provider refused the service's key"
        assert told["counts"]["failed"] == 0


def test_a_key_that_may_not_use_another_model_holds_up_nobody_else(
    served: Callable[..., Any],
) -> None:
    with served(ScriptedEngine(then=draft(what=WHAT)), running=1) as client:
        state: ServiceState = client.app.state.service
        refused = ScriptedEngine(then=AuthenticationFailed("not this model"))
        state._others["another"] = Summarizer(state.settings, engine=refused)
        state.config = dataclasses.replace(state.config, allow_models=("another",))
        name = send(client, article(options={"model": "another"}), article()).json()["id"]
        assert ended(client, name)["counts"] == {
            "total": 2, "done": 1, "failed": 1, "left": 0, "running": 0,
        }  # fmt: skip


def test_names_and_texts_of_a_client_stay_values(served: Callable[..., Any]) -> None:
    hostile = "a\u202e\n\u2028\x1b[31m</script>\x00"
    with served() as client:
        told = send(client, article(id=hostile, text=TEXT + hostile.replace("\x00", "")))
        name = told.json()["id"]
        ended(client, name)
        answer = client.get(f"/v1/batches/{name}/results")
        (line,) = answer.text.splitlines()
        assert json.loads(line)["id"] == hostile
        for character in "\u202e\u2028\x1b":
            assert character not in answer.text


def test_a_service_without_batches_makes_no_file(
    served: Callable[..., Any], tmp_path: Path
) -> None:
    with served() as client:
        assert client.get("/v1/batches").json() == {"batches": [], "next": None}
        assert client.get("/v1/batches/batch_000000000000000000000000").status_code == 404
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_made_is_a_problem_of_the_operator(
    served: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file")
    with served() as client:
        answer = send(client, article())
        assert answer.status_code == 500
        assert str(tmp_path) not in answer.text
