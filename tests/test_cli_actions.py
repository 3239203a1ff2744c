"""Facts about the doctor as the command shows it, and about a run that costs too much."""

from __future__ import annotations

import json
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from summarizer.cli import main
from summarizer.cli.actions import _page, _verdict
from summarizer.engines.openai.findings import NAMES, Finding
from summarizer.errors import ExitCode
from summarizer.testing import LoopbackServer, replies
from tests.invented import TEXT

pytestmark = pytest.mark.openai


@pytest.fixture
def news(tmp_path: Path) -> list[str]:
    """Three articles that are not the same."""
    paths = [tmp_path / f"{number}.txt" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_text(f"{TEXT}\nBridges counted: {number}.\n", "utf-8")
    return list(map(str, paths))


def examined(
    server: LoopbackServer, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    code = main(["--doctor", "--base-url", server.base_url, "--model", "loopback", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    return code, out


def test_an_endpoint_that_works_is_said_to_work(capsys: pytest.CaptureFixture[str]) -> None:
    with LoopbackServer() as server:
        code, out = examined(server, capsys)
    assert code == ExitCode.OK
    assert out.startswith("Endpoint      ok: 127.0.0.1:")
    assert "\nMode          ok: json_schema_strict" in out
    assert "\nInput limit   " in out
    assert all(len(line) <= 100 for line in out.splitlines())


def test_programs_get_the_findings_as_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    with LoopbackServer() as server:
        code, out = examined(server, capsys, "--format", "json")
    told = json.loads(out)
    assert (code, told["works"]) == (ExitCode.OK, True)
    assert tuple(one["name"] for one in told["findings"]) == NAMES
    assert {tuple(one) for one in told["findings"]} == {("name", "status", "detail", "data")}


def test_the_findings_can_be_written_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "found.json"
    with LoopbackServer() as server:
        assert examined(server, capsys, "--output", str(target)) == (ExitCode.OK, "")
    assert json.loads(target.read_text("utf-8"))["works"]


def test_a_refused_key_will_not_pass(capsys: pytest.CaptureFixture[str]) -> None:
    with LoopbackServer(api_key="another") as server:
        code, out = examined(server, capsys)
    assert code == ExitCode.ENGINE_FINAL
    assert "\nKey           failed: " in out
    last = " ".join(out.rpartition("\nOthers ")[2].split())
    assert last.startswith("skipped: not examined, after what failed before: model, mode, ")


def test_an_endpoint_that_does_not_answer_may_pass(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code = main(["--doctor", "--base-url", f"http://127.0.0.1:{port}/v1"])
    assert code == ExitCode.ENGINE_PASSING
    assert capsys.readouterr().out.startswith("Endpoint      failed: nothing answers at 127.0.0.1")


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([], ExitCode.OK),
        ([("price", "warning", {}), ("lessons", "skipped", {})], ExitCode.OK),
        ([("model", "failed", {"outcome": "rate_limited"})], ExitCode.ENGINE_PASSING),
        ([("model", "failed", {"outcome": "server_error"})], ExitCode.ENGINE_PASSING),
        ([("model", "failed", {"listed": False})], ExitCode.ENGINE_FINAL),
        ([("price", "failed", {"known": False})], ExitCode.ENGINE_FINAL),
        (
            [("key", "failed", {"outcome": "authentication"}), ("endpoint", "failed", {})],
            ExitCode.ENGINE_FINAL,
        ),
    ],
)
def test_what_failed_first_tells_the_exit_code(
    found: list[tuple[str, Any, dict[str, Any]]], code: ExitCode
) -> None:
    findings = [Finding(name, status, "detail", data) for name, status, data in found]
    assert _verdict(findings) is code


def test_a_finding_cannot_act_on_a_terminal() -> None:
    shown = _page("model", "failed", "m\x1b[31m\u202e answers", cells=80, colour=False)
    assert shown.startswith("Model         failed: m")
    assert not set(shown) & set("\x1b\u202e")


# Costs


def test_a_cost_that_is_reached_stops_the_run_and_what_was_done_is_written(
    news: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Here a request may cost at most some 0.02 dollars, and does cost some 0.001.
    monkeypatch.setenv("SUMMARIZER_INPUT_PRICE", "1")
    monkeypatch.setenv("SUMMARIZER_OUTPUT_PRICE", "1")
    with LoopbackServer() as server:
        ask = ["--base-url", server.base_url, "--max-cost"]
        assert main([*ask, "0.0001", *news]) == ExitCode.BUDGET
        out, err = capsys.readouterr()
        assert (out, len(server.bodies)) == ("", 0)
        error, stopped = err.splitlines()
        assert "more than is left. Raise --max-cost" in error
        assert stopped == "summarize: stopped: 2 sources are left undone."
        assert main([*ask, "0.05", news[0]]) == ExitCode.OK
        spent = json.loads(capsys.readouterr().out)["provenance"]["cost_usd"]
        assert 0 < spent < 0.05
        # What is in the cache costs nothing, so that only the next article is refused.
        assert main([*ask, "0.0001", *news]) == ExitCode.BUDGET
        out, err = capsys.readouterr()
        assert len(out.splitlines()) == 1
        assert err.endswith("stopped: 1 source is left undone.\n")
        assert main([*ask, "1", *news]) == ExitCode.OK


def test_a_cost_without_a_price_is_refused_before_anything_is_asked(
    news: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer() as server:
        code = main(["--base-url", server.base_url, "--max-cost", "1", news[0]])
        assert (code, server.requests) == (ExitCode.USAGE, [])
    assert "SUMMARIZER_INPUT_PRICE" in capsys.readouterr().err


def test_a_fallback_answers_where_the_model_fails(
    news: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer(models=["second"]) as server:
        ask = ["--base-url", server.base_url, "--model", "first", "--fallback-model", "second"]
        for _ in range(2):
            assert main([*ask, news[0]]) == ExitCode.OK
            made = json.loads(capsys.readouterr().out)["provenance"]
            # Its answer is not kept as one of the model that was asked for.
            assert (made["model"], made["cached"]) == ("second", False)


# Events


def test_events_are_logged_if_asked_for_and_hold_no_text(
    news: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer() as server:
        ask = ["--base-url", server.base_url, "--log-level", "debug"]
        assert main([*ask, "--log-format", "json", news[0]]) == ExitCode.OK
        out, err = capsys.readouterr()
        assert main([*ask, news[0]]) == ExitCode.OK
        text = capsys.readouterr().err
    events = [json.loads(line) for line in err.splitlines()]
    assert "article_done" in {event["event"] for event in events}
    assert " article_done " in text
    for name in ("Heron", "Marlow", "lifeline"):
        assert name in out
        assert name not in err + text
    assert main(["--base-url", server.base_url, news[0], "--quiet"]) == ExitCode.OK
    assert capsys.readouterr().err == "", "the next run is silent again"
    assert logging.getLogger("summarizer").propagate


def test_without_a_level_nothing_is_logged(
    news: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer(replies.server_error()) as server:
        assert main(["--base-url", server.base_url, news[0]]) == ExitCode.OK
    assert capsys.readouterr().err == ""
