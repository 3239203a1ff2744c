"""Facts about the command line of `summarize-corpus`, as far as it goes without Ray."""

from __future__ import annotations

import dataclasses
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from summarizer.distributed import command, main
from summarizer.distributed.blocks import Done
from summarizer.distributed.job import Job
from summarizer.distributed.run import Result
from summarizer.errors import AuthenticationFailed, BudgetExceeded, ConfigurationError, ExitCode
from summarizer.settings import Settings
from tests.distributed_support import write


def told(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["in", "out"], "one of the arguments --local --address is required"),
        (["--local", "--address", "auto", "in", "out"], "not allowed with argument"),
        (["--local", "in"], "the following arguments are required: OUT"),
        (["--local", "--jobs", "0", "in", "out"], "must be a whole number above 0"),
        (["--local", "--workers", "two", "in", "out"], "must be a whole number above 0"),
        (["--local", "--concurrency", "1", "in", "out"], "at least the number of workers"),
        (
            ["--local", "--engine", "extractive", "--max-cost", "1", "in", "out"],
            "the extractive engine has no model: leave out --max-cost",
        ),
        (["--local", "--max-cost", "-1", "in", "out"], "max_cost must be a number of US dollars"),
        (["--local", "nothing://a/b", "out"], "no path or address"),
    ],
)
def test_a_command_line_that_is_wrong_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == ExitCode.USAGE
    said = told(capsys).splitlines()[-1]
    assert said.startswith("summarize-corpus: ")
    assert sentence in said
    assert said.endswith("See summarize-corpus --help.")


def test_nothing_to_read_is_told_before_ray_is_started(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code = main(["--local", "--engine", "extractive", str(tmp_path / "none"), str(out)])
    assert code == ExitCode.INPUT
    assert told(capsys) == (
        f"summarize-corpus: there is no '{tmp_path / 'none'}'. Check the path.\n"
    )
    assert not out.exists()


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is here")
def test_without_the_extra_a_sentence_names_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write(tmp_path / "in.parquet", range(1))
    code = main(
        ["--local", "--engine", "extractive", str(tmp_path / "in.parquet"), str(tmp_path / "out")]
    )
    assert code == ExitCode.USAGE
    assert "needs the extra `ray`: pip install 'article-summarizer[ray]'" in told(capsys)
    assert not (tmp_path / "out").exists()


def test_help_names_each_option_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == ExitCode.OK
    words = capsys.readouterr().out
    for option in ("--local", "--address", "--workers", "--block-size", "--text-column"):
        assert option in words
    for code in (0, 1, 2, 3, 4, 7, 8, 70, 130):
        assert f"\n{code:>5}  " in words


def test_options_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("SUMMARIZER_MODEL", "other")
    given = command.parser().parse_args(
        ["--local", "--model", "m", "--requests-per-minute", "7", "--text-column", "body",
         "--block-size", "9", "--jobs", "3", "--no-cache", "in", "out"]
    )  # fmt: skip
    job = command._job(given)
    assert (job.settings.model, job.settings.requests_per_minute) == ("m", 7)
    assert (job.columns.text, job.block_rows, job.jobs, job.workers) == ("body", 9, 3, 2)
    assert not job.settings.cache


def test_importing_the_package_imports_neither_ray_nor_pyarrow() -> None:
    code = (
        "import sys, summarizer.distributed as d; d.main(['--help']); "
        "sys.exit(bool({'ray', 'pyarrow', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def job(**changes: Any) -> Job:
    return Job("in", "s3://bucket/out/", Settings(**changes))


def test_each_worker_has_its_part_of_the_requests_at_once() -> None:
    settings = Settings(engine="openai", base_url="http://127.0.0.1/v1")
    whole = Job("in", "out", settings, workers=4)
    assert (whole.articles_at_once, whole.worker_settings().concurrency) == (64, 64)
    part = dataclasses.replace(whole, jobs=10, concurrency=11)
    assert (part.articles_at_once, part.worker_settings().concurrency) == (10, 2)
    assert Job("in", "out", Settings(engine="extractive")).articles_at_once == 1
    with pytest.raises(ConfigurationError):
        dataclasses.replace(whole, concurrency=3)


def test_the_key_is_in_no_words_about_a_job() -> None:
    assert "sk-secret" not in repr(job(api_key="sk-secret"))


def end(result: Result, *, interrupted: bool = False, **changes: Any) -> ExitCode:
    return command._Told(job(**changes), quiet=False).end(result, interrupted=interrupted)


def test_a_whole_run_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert end(Result(rows=1500, written=1000, known=500)) == ExitCode.OK
    assert told(capsys) == ("summarize-corpus: 1,500 rows: 1,000 written, 500 there already.\n")


def test_failures_end_with_1_and_say_where_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    result = Result(rows=30, written=27, failed=1, left=2, told=[("a#1", "no answer")] * 12)
    assert end(result) == ExitCode.SOME_FAILED
    lines = told(capsys).splitlines()
    assert lines[0] == "summarize-corpus: a#1: no answer."
    assert len(lines) == 11
    assert lines[-1] == (
        "summarize-corpus: 30 rows: 27 written, 3 failed; see 's3://bucket/out/errors'."
    )


def test_a_file_that_cannot_be_read_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert end(Result(rows=3, written=3, files=1)) == ExitCode.SOME_FAILED
    assert "1 failed" in told(capsys)


def test_what_is_left_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    result = Result(rows=30, written=10, left=20)
    assert end(result, interrupted=True) == ExitCode.INTERRUPTED
    assert "interrupted: 20 left. The same command goes on from there." in told(capsys)
    result.stopped = BudgetExceeded("max_cost is reached")
    assert end(result) == ExitCode.BUDGET
    assert "max_cost is reached. Raise --max-cost" in told(capsys)
    result.stopped = AuthenticationFailed("the key was refused")
    assert end(result) == ExitCode.SOME_FAILED


def test_a_failure_is_told_without_acting_on_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    end(Result(rows=1, failed=1, told=[("a\x1b[2J#1", "no")]))
    assert "\x1b" not in told(capsys)


def test_progress_counts_what_was_there_and_what_comes() -> None:
    shown = command._Told(job(engine="openai", base_url="http://127.0.0.1/v1"), quiet=True)
    result = Result(rows=10, known=4)
    shown.progress(result)
    result.add(Done(1, 5, written=3, failed=1, cost_usd=0.5))
    shown.progress(result)
    assert shown._meter.line(10, counted=True).startswith("8/10 · 1 failed · $0.5000")
    result.add(Done(6, 2, written=2, cost_usd=None))
    shown.progress(result)
    assert shown._meter.cost == "at least $0.5000"
