"""Facts about `summarize --provider-batch`: its options, what it says, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from summarizer.cli import events, main
from summarizer.cli.batch import run_batch
from summarizer.cli.options import parse
from summarizer.errors import ConfigurationError, ExitCode
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer, replies
from summarizer.testing.batches import BatchRules
from tests.provider_support import KEY, Runs, paid

ROOT = Path(__file__).parent.parent
MODEL = pytest.mark.openai
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path, count=4)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def command(runs: Runs, server: LoopbackServer, *more: str) -> list[str]:
    return [
        str(runs.news), "--output", str(runs.output), "--provider-batch", "--poll", "0.01",
        "--base-url", server.base_url, "--model", "m", "--no-cache", *more,
    ]  # fmt: skip


def parsed(*arguments: str) -> Any:
    return parse(arguments, stdin_is_terminal=True, stdout_is_terminal=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.txt", "--provider-batch"], "--provider-batch needs --output FILE.jsonl"),
        (["a.txt", "--leftovers", "live"], "--leftovers needs --provider-batch"),
        (["a.txt", "--poll", "3"], "--poll needs --provider-batch"),
        (["-", "--provider-batch", "--output", "x.jsonl"], "not standard input"),
        (
            ["a", "--provider-batch", "--output", "x.jsonl", "--engine", "extractive"],
            "the extractive engine has no model: leave out --provider-batch",
        ),
        (
            [
                *("a", "--provider-batch", "--output", "x.jsonl", "--leftovers", "report"),
                *("--fallback-model", "f"),
            ],
            "--leftovers report asks nobody",
        ),
        (["--doctor", "--provider-batch"], "--doctor does not go with --provider-batch"),
        *(
            (["a", "--provider-batch", "--output", "x.jsonl", "--poll", poll], "--poll must be")
            for poll in ("0", "-1", "nan", "inf", "3601", "soon")
        ),
    ],
)
def test_options_that_contradict_each_other_are_one_sentence(
    arguments: list[str], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parsed(*arguments)


def test_any_sources_are_a_batch_with_it() -> None:
    options = parsed("a.txt", "--output", "x.jsonl", "--provider-batch")
    assert options.batch
    assert (options.leftovers, options.poll) == ("live", None)


def test_without_a_model_it_is_one_sentence(
    runs: Runs, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    code = main([str(runs.news), "--output", str(runs.output), "--provider-batch"])
    assert code == ExitCode.USAGE
    assert "--provider-batch needs an endpoint: set OPENAI_API_KEY" in capsys.readouterr().err


@MODEL
def test_it_says_what_a_batch_says(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    with LoopbackServer() as server:
        assert main(command(runs, server)) == ExitCode.OK
        assert paid(server) == {1: 3}
    assert capsys.readouterr().err == "summarize: 4 sources: 4 written, cost unknown.\n"
    assert runs.names == runs.all_names


@MODEL
def test_an_endpoint_without_batches_is_told_with_what_to_do(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer(batches=None) as server:
        assert main(command(runs, server)) == ExitCode.ENGINE_FINAL
    said = capsys.readouterr().err.splitlines()
    assert "has no Batch API. Leave out --provider-batch" in said[0]
    assert said[1].startswith("summarize: stopped: 0 done, ")
    assert list(runs.folder.glob("out*")) == []


@MODEL
def test_what_ends_the_batches_is_told_and_how_far_they_are(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer() as server:
        server.batches.disturb("batches.retrieve", "401")
        assert main(command(runs, server)) == ExitCode.ENGINE_FINAL
        said = capsys.readouterr().err.splitlines()
        assert "the endpoint refused the key" in said[0]
        assert "1 done, 3 left. The same command goes on" in said[1]
        assert said[2] == (
            "summarize: the provider goes on with what it has: "
            "4 sources read · 1 batch submitted · 0/3 requests done."
        )
        assert KEY not in "".join(said)
        assert main(command(runs, server)) == ExitCode.OK
        assert paid(server) == {1: 3}
    assert capsys.readouterr().err == (
        "summarize: 4 sources: 3 written, 1 there already, cost unknown.\n"
    )


@MODEL
def test_without_the_option_nothing_is_asked_about_that_is_under_way(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer() as server:
        server.batches.disturb("batches.retrieve", "401")
        main(command(runs, server))
        live = [word for word in command(runs, server) if word != "--provider-batch"]
        place = live.index("--poll")
        capsys.readouterr()
        assert main(live[:place] + live[place + 2 :]) == ExitCode.USAGE
        assert "go on with --provider-batch, or remove the file" in capsys.readouterr().err
        assert len(server.bodies) == 1


@MODEL
def test_leftovers_that_are_reported_are_failures(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = BatchRules(statuses=("validating", "in_progress", "cancelling", "cancelled"))
    with LoopbackServer(batches=rules) as server:
        code = main(command(runs, server, "--leftovers", "report"))
    assert code == ExitCode.SOME_FAILED
    said = capsys.readouterr().err
    assert "cancelled at the provider before this article's turn. Run the same command" in said
    assert runs.failures == {"NotAnswered": 2}


@MODEL
def test_a_limit_of_the_cost_has_its_exit_code(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUMMARIZER_INPUT_PRICE", "10")
    monkeypatch.setenv("SUMMARIZER_OUTPUT_PRICE", "1")
    with LoopbackServer() as server:
        server.batches.disturb("files.create", "401")
        main(command(runs, server))
        assert main(command(runs, server, "--max-cost", "0.01")) == ExitCode.BUDGET
        assert server.batches.made == []
    assert "Raise --max-cost" in capsys.readouterr().err


@MODEL
def test_once_a_minute_it_tells_how_far_the_batches_are(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    minutes = iter(range(0, 100_000, 61))
    with LoopbackServer() as server:
        options = parsed(*command(runs, server))
        settings = Settings.load(**options.settings)
        with events.followed(options, settings) as notices:
            code = run_batch(
                options, settings, notices, cells=80, clock=lambda: float(next(minutes))
            )
    assert code == ExitCode.OK
    said = capsys.readouterr().err.splitlines()
    assert "summarize: 4 sources read · 1 batch submitted · 0/3 requests done." in said


@MODEL
@POSIX
def test_an_interrupt_while_it_waits_says_what_stands_and_the_next_run_goes_on(runs: Runs) -> None:
    with LoopbackServer() as server:
        server.batches.disturb("batches.retrieve", replies.hang())
        process = subprocess.Popen(
            [sys.executable, "-m", "summarizer", *command(runs, server)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        while not server.batches.calls["batches.retrieve"]:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == ExitCode.INTERRUPTED
        lines = said.splitlines()
        assert lines[0].startswith("summarize: interrupted: 1 done, ")
        assert lines[0].endswith("The same command goes on from there.")
        assert "the provider goes on with what it has" in lines[1]
        assert "1 batch submitted" in lines[1]
        assert main(command(runs, server, "--quiet")) == ExitCode.OK
        assert paid(server) == {1: 3}
        assert len(server.bodies) == 1
    assert runs.names == runs.all_names
