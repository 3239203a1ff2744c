"""Facts about the command with many sources and one file of rows."""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from summarizer.cli import events, main
from summarizer.cli.batch import run_batch
from summarizer.cli.options import parse
from summarizer.errors import ExitCode
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer, answers, replies
from tests.invented import TEXT

ROOT = Path(__file__).parent.parent
MODEL = pytest.mark.openai
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals, files and terminals of POSIX")


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A directory of five articles."""
    folder = tmp_path / "news"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text(f"{TEXT}\nNumber {number}.\n", "utf-8")
    return folder


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def extractive(*arguments: str | Path) -> int:
    return main(["--engine", "extractive", *map(str, arguments)])


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def names(path: Path) -> list[str]:
    return [Path(row["article"]["location"]).name for row in rows(path)]


def started(base_url: str, *arguments: str | Path, **pipes: Any) -> subprocess.Popen[str]:
    """The command in a process of its own, asking a loopback server."""
    return subprocess.Popen(
        [sys.executable, "-m", "summarizer", "--no-cache", *map(str, arguments)],
        stdin=subprocess.DEVNULL, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_BASE_URL": base_url, "TERM": "xterm"},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes},
    )  # fmt: skip


def test_a_directory_into_a_file_of_rows_is_gone_on_with(
    news: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extractive(news, "--output", output) == ExitCode.OK
    assert names(output) == [f"{number}.txt" for number in range(5)]
    (news / "5.txt").write_text(f"{TEXT}\nOne more.\n", "utf-8")
    capsys.readouterr()
    assert extractive(news, "--output", output) == ExitCode.OK
    assert capsys.readouterr().err == "summarize: 6 sources: 1 written, 5 there already.\n"
    assert len(rows(output)) == 6


def test_a_file_that_is_named_in_another_way_is_the_same_source(
    news: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(news.parent)
    for name in ("news", "./news", "news/../news", str(news)):
        assert extractive(name, "--output", output) == ExitCode.OK
    assert len(rows(output)) == 5


def test_named_files_are_a_batch_if_jobs_are_told_and_replaced_whole_if_not(
    news: Path, output: Path
) -> None:
    first, second = news / "0.txt", news / "1.txt"
    assert extractive(first, "--output", output, "--jobs", "2") == ExitCode.OK
    assert extractive(second, "--output", output, "--jobs", "2") == ExitCode.OK
    assert names(output) == ["0.txt", "1.txt"]
    assert extractive(second, "--output", output) == ExitCode.OK
    assert names(output) == ["1.txt"]


def test_a_bad_file_is_told_and_noted_and_the_rest_goes_on(
    news: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (news / "2.txt").write_bytes(b"\0\1\2")
    assert extractive(news, "--output", output) == ExitCode.SOME_FAILED
    first, last = capsys.readouterr().err.splitlines()
    assert "2.txt' holds NUL bytes" in first
    noted = output.with_name("out.errors.jsonl")
    assert last == f"summarize: 5 sources: 4 written, 1 failed; see '{noted}'."
    assert [one["error"] for one in rows(noted)] == ["UnreadableSource"]


def test_of_many_failures_the_first_are_told_and_all_are_noted(
    news: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(30):
        (news / f"bad{number}.txt").write_bytes(b"\0\1\2")
    assert extractive(news, "--output", output) == ExitCode.SOME_FAILED
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 10 + 2
    assert "20 more failed" in told[10]
    assert len(rows(output.with_name("out.errors.jsonl"))) == 30


def test_a_row_that_was_cut_off_is_told_and_made_anew(
    news: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extractive(news, "--output", output)
    output.write_bytes(output.read_bytes()[:-9])
    capsys.readouterr()
    assert extractive(news, "--output", output) == ExitCode.OK
    assert "was cut off; it was taken out." in capsys.readouterr().err
    assert len(rows(output)) == 5


def test_quiet_says_nothing_but_errors(
    news: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extractive(news, "--output", output, "--quiet") == ExitCode.OK
    assert capsys.readouterr() == ("", "")


def test_a_publication_date_is_taken_for_the_one_source(news: Path, output: Path) -> None:
    arguments = (news / "0.txt", "--output", output, "--jobs", "1", "--published", "2031-03-20")
    assert extractive(*arguments) == ExitCode.OK
    facts = rows(output)[0]["article"]
    assert (facts["published"], facts["published_from"]) == ("2031-03-20", "caller")


def test_a_file_of_something_else_is_an_error_of_the_output(
    news: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output.write_text("notes\n")
    assert extractive(news, "--output", output) == ExitCode.OUTPUT
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert output.read_text() == "notes\n"


def test_an_output_that_is_a_source_is_refused(
    news: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output.write_text(TEXT, "utf-8")
    assert extractive(news, output, "--output", output) == ExitCode.USAGE
    assert "names a SOURCE" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["out.errors.jsonl", "out.fresh.jsonl", "out.saved-1.jsonl"])
def test_the_failures_and_other_kin_of_the_output_are_refused_as_sources(
    news: Path, output: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kin = output.with_name(name)
    kin.write_text('{"source":"a"}\n', "utf-8")
    assert extractive(news, kin, "--output", output) == ExitCode.USAGE
    assert f"'{kin}' goes with --output: it is no SOURCE" in capsys.readouterr().err
    assert kin.read_text("utf-8") == '{"source":"a"}\n'
    assert not output.exists()


@POSIX
def test_a_link_is_written_through(news: Path, output: Path) -> None:
    target = output.with_name("target.jsonl")
    target.touch()
    output.symlink_to(target)
    assert extractive(news, "--output", output) == ExitCode.OK
    assert output.is_symlink()
    assert len(rows(target)) == 5


def test_a_fresh_file_can_be_had_without_a_model_and_without_the_cache(
    news: Path, output: Path
) -> None:
    extractive(news, "--output", output)
    (news / "0.txt").unlink()
    assert extractive(news, "--output", output, "--fresh", "--no-cache") == ExitCode.OK
    assert names(output) == [f"{number}.txt" for number in range(1, 5)]


def test_progress_is_a_line_a_minute_where_there_is_no_terminal(
    news: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments: Sequence[str] = [str(news), "--output", str(output), "--engine", "extractive"]
    options = parse(arguments, stdin_is_terminal=True, stdout_is_terminal=False)
    settings = Settings(engine="extractive")
    # Every reading of the clock is 25 seconds after the one before.
    clock = itertools.count(0.0, 25.0)
    with events.followed(options, settings) as notices:
        assert run_batch(options, settings, notices, cells=80, clock=lambda: next(clock)) == 0
    *minutes, last = capsys.readouterr().err.splitlines()
    assert 2 <= len(minutes) <= 5
    assert all(line.startswith("summarize: ") and "/s" in line for line in minutes)
    assert last == "summarize: 5 sources: 5 written."


def test_a_table_is_a_batch_and_is_gone_on_with(output: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("nr,body\na,One came to Halden.\nb,Two came to Halden.\n")
    arguments = (table, "--output", output, "--text-column", "body", "--id-column", "nr")
    assert extractive(*arguments) == ExitCode.OK
    assert names(output) == ["table.csv#a", "table.csv#b"]
    with table.open("a") as file:
        file.write("c,Three came to Halden.\n")
    assert extractive(*arguments) == ExitCode.OK
    assert names(output) == ["table.csv#a", "table.csv#b", "table.csv#c"]


# Stopping


@POSIX
@MODEL
def test_an_interrupt_keeps_what_was_done_and_says_what_is_left(news: Path, output: Path) -> None:
    with LoopbackServer(answers.grounded, answers.grounded, then=replies.hang()) as server:
        process = started(server.base_url, news, "--output", output, "--jobs", "2")
        server.wait_for(4, timeout=60)
        while not output.exists() or len(rows(output)) < 2:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, "")
    assert err.splitlines()[0] == (
        "summarize: interrupted: 2 done, 3 left. The same command goes on from there."
    )
    assert len(rows(output)) == 2
    with LoopbackServer() as server:
        process = started(server.base_url, news, "--output", output)
        _, err = process.communicate(timeout=60)
        assert process.returncode == ExitCode.OK, err
        assert len(server.bodies) == 3
    assert sorted(names(output)) == [f"{number}.txt" for number in range(5)]


@POSIX
def test_an_interrupt_ends_a_wait_for_standard_input(output: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "summarizer", "--engine", "extractive",
            "-", "--jobs", "1", "--output", str(output),
        ],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdin is not None
    while not output.exists():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    # Standard input stays open: nobody but the interrupt ends the wait.
    returned = process.wait(timeout=60)
    process.stdin.close()
    assert process.stderr is not None
    with process.stderr as stderr:
        told = stderr.read()
    assert returned == ExitCode.INTERRUPTED, told
    assert "Fatal" not in told


def test_standard_input_is_a_source_of_a_batch(output: Path, news: Path) -> None:
    with (news / "0.txt").open("rb") as article:
        done = subprocess.run(
            [
                sys.executable, "-m", "summarizer", "--engine", "extractive",
                "-", str(news), "--output", str(output),
            ],
            stdin=article, capture_output=True, encoding="utf-8", check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert done.returncode == ExitCode.OK, done.stderr
    assert [row["provenance"]["cached"] for row in rows(output)] == [False, True, *[False] * 4]


@POSIX
def test_a_second_interrupt_ends_the_process_at_once(news: Path, output: Path) -> None:
    """The loop is kept busy, so that the first interrupt cannot end it."""
    code = (
        "import asyncio, signal, sys, time\n"
        "from summarizer.pipeline import Summarizer\n"
        "from summarizer.cli import main\n"
        "async def busy(self, article):\n"
        "    print(flush=True)\n"
        "    while True: time.sleep(0.01)\n"
        "Summarizer.asummarize = busy\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--engine", "extractive", str(news), "--output", str(output)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (ExitCode.INTERRUPTED, "")


@MODEL
def test_a_refused_key_stops_the_run_and_says_what_is_left(news: Path, output: Path) -> None:
    with LoopbackServer(answers.grounded, then=replies.unauthorized()) as server:
        process = started(server.base_url, news, "--output", output, "--jobs", "1")
        _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.SOME_FAILED
    assert "check OPENAI_API_KEY" in err
    assert "stopped: 1 done, 4 left. The same command goes on from there." in err
    assert len(rows(output)) == 1
    assert not output.with_name("out.errors.jsonl").exists()


@MODEL
def test_the_limit_of_the_cost_stops_the_run(news: Path, output: Path) -> None:
    prices = {"SUMMARIZER_INPUT_PRICE": "1000", "SUMMARIZER_OUTPUT_PRICE": "0"}
    with LoopbackServer() as server:
        process = subprocess.run(
            [
                sys.executable, "-m", "summarizer", str(news), "--output", str(output),
                "--jobs", "1", "--max-cost", "0.000001", "--no-cache",
            ],
            env={**os.environ, **prices, "PYTHONPATH": str(ROOT),
                 "OPENAI_BASE_URL": server.base_url},
            capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
    assert process.returncode == ExitCode.BUDGET, process.stderr
    assert "0 done, 5 left" in process.stderr


@POSIX
@MODEL
def test_two_batches_on_one_output_are_one_error(
    news: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer(then=replies.hang()) as server:
        process = started(server.base_url, news, "--output", output)
        server.wait_for(1, timeout=60)
        assert extractive(news, "--output", output) == ExitCode.OUTPUT
        process.kill()
        process.communicate()
    told = capsys.readouterr().err.splitlines()
    assert told == [f"summarize: another run is writing '{output}': wait for its end."]
    assert extractive(news, "--output", output) == ExitCode.OK


@POSIX
@MODEL
def test_an_output_that_is_deleted_meanwhile_is_one_error_and_nothing_is_lost(
    news: Path, output: Path
) -> None:
    def deleting(request: dict[str, Any]) -> replies.Reply:
        output.unlink()
        return answers.grounded(request)

    with LoopbackServer(answers.grounded, deleting, then=answers.grounded) as server:
        process = started(server.base_url, news, "--output", output, "--jobs", "1")
        _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.OUTPUT
    assert len(err.splitlines()) == 1
    assert "was deleted during the run" in err
    assert names(output) == ["0.txt"]


@POSIX
@MODEL
def test_an_output_that_is_made_read_only_meanwhile_is_one_error_and_nothing_is_lost(
    news: Path, output: Path
) -> None:
    def closing(request: dict[str, Any]) -> replies.Reply:
        output.chmod(0o444)
        return answers.grounded(request)

    with LoopbackServer(answers.grounded, closing, then=answers.grounded) as server:
        process = started(server.base_url, news, "--output", output, "--jobs", "1")
        _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.OUTPUT
    assert len(err.splitlines()) == 1
    assert "was made read-only" in err
    assert names(output) == ["0.txt"]


@POSIX
@MODEL
def test_a_source_that_vanishes_meanwhile_is_one_failure_and_the_rest_goes_on(
    news: Path, output: Path
) -> None:
    def vanishing(request: dict[str, Any]) -> replies.Reply:
        (news / "3.txt").unlink()
        return answers.grounded(request)

    with LoopbackServer(vanishing, then=answers.grounded) as server:
        process = started(server.base_url, news, "--output", output, "--jobs", "1")
        _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.SOME_FAILED
    assert f"there is no '{news / '3.txt'}'" in err
    assert names(output) == ["0.txt", "1.txt", "2.txt", "4.txt"]
    assert [row["error"] for row in rows(output.with_name("out.errors.jsonl"))] == [
        "SourceNotFound"
    ]


@POSIX
@MODEL
def test_on_a_terminal_one_line_tells_how_far_it_is(news: Path, output: Path) -> None:
    import pty

    pilot, terminal = pty.openpty()
    seen = ""
    with LoopbackServer(*[answers.grounded] * 4, then=replies.hang()) as server:
        process = started(server.base_url, news, "--output", output, "--jobs", "1", stderr=terminal)
        os.close(terminal)
        while " 4/5 · " not in seen and select.select([pilot], [], [], 60)[0]:
            seen += os.read(pilot, 4096).decode("utf-8", "replace")
        process.send_signal(signal.SIGINT)
        while True:
            try:
                seen += os.read(pilot, 4096).decode("utf-8", "replace")
            except OSError:
                break
        process.communicate(timeout=60)
    os.close(pilot)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "\r\x1b[K" in seen
    assert seen.rpartition("\r\x1b[K")[2].startswith("summarize: interrupted: 4 done, 1 left.")
