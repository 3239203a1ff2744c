"""Facts about the command with a database or Parquet files as its output, and with their kin."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from summarizer.cli import main
from summarizer.errors import ExitCode
from summarizer.testing import LoopbackServer, answers, replies
from tests.batch_support import PARQUET, outputs, records
from tests.invented import TEXT

ROOT = Path(__file__).parent.parent
MODEL = pytest.mark.openai
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals, files and terminals of POSIX")
NAMES = outputs("out.jsonl", "out.ndjson", "out.db", "out.sqlite3", "out.parquet")


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A directory of five articles."""
    folder = tmp_path / "news"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text(f"{TEXT}\nNumber {number}.\n", "utf-8")
    return folder


def extractive(*arguments: str | Path) -> int:
    return main(["--engine", "extractive", *map(str, arguments)])


def started(base_url: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """The command in a process of its own, asking a loopback server."""
    return subprocess.Popen(
        [sys.executable, "-m", "summarizer", "--no-cache", *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_BASE_URL": base_url},
    )  # fmt: skip


def sources(path: Path) -> list[str]:
    """The file name of each record's source."""
    if path.suffix in {".ndjson", ".sqlite3"}:
        path = path.rename(path.with_suffix({".ndjson": ".jsonl", ".sqlite3": ".db"}[path.suffix]))
    return [Path(json.loads(row)["article"]["location"]).name for row in records(path)]


@pytest.mark.parametrize("name", NAMES)
def test_the_ending_says_what_is_written_and_a_later_run_goes_on_with_it(
    news: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / name
    assert extractive(news, "--output", output) == ExitCode.OK
    (news / "5.txt").write_text(f"{TEXT}\nOne more.\n", "utf-8")
    capsys.readouterr()
    assert extractive(news, "--output", output) == ExitCode.OK
    assert capsys.readouterr().err == "summarize: 6 sources: 1 written, 5 there already.\n"
    assert sources(output) == [f"{number}.txt" for number in range(6)]


@pytest.mark.parametrize("name", outputs("out.db", "out.parquet"))
def test_one_file_alone_is_a_batch_too(news: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    for number in (0, 1):
        assert extractive(news / f"{number}.txt", "--output", output) == ExitCode.OK
    assert sources(output) == ["0.txt", "1.txt"]


@pytest.mark.parametrize("name", outputs("out.jsonl", "out.db", "out.parquet"))
def test_a_failure_is_told_with_the_file_that_has_them_all(
    news: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (news / "2.txt").write_bytes(b"\0\1\2")
    output = tmp_path / name
    assert extractive(news, "--output", output) == ExitCode.SOME_FAILED
    noted = output if name == "out.db" else tmp_path / "out.errors.jsonl"
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"summarize: 5 sources: 4 written, 1 failed; see '{noted}'."
    if name == "out.db":
        with contextlib.closing(sqlite3.connect(output)) as store:
            failed = store.execute("SELECT source, error FROM failures").fetchall()
        assert failed == [(str(news / "2.txt"), "UnreadableSource")]
    else:
        assert json.loads(noted.read_text("utf-8"))["error"] == "UnreadableSource"


@pytest.mark.parametrize("name", NAMES)
def test_no_run_reads_its_own_files_or_those_of_another(news: Path, name: str) -> None:
    (news / "9.txt").write_bytes(b"\0\1\2")
    (news / "table.jsonl").write_text(json.dumps({"text": "One came to Halden."}) + "\n")
    for other in ("earlier.jsonl", f"earlier{Path(name).suffix}"):
        assert extractive(news / "0.txt", "--output", news / other, "--jobs", "1") == ExitCode.OK
    for _ in range(2):
        assert extractive(news, "--output", news / name) == ExitCode.SOME_FAILED
    expected = [*(f"{number}.txt" for number in range(5)), "table.jsonl#1"]
    assert sources(news / name) == expected


@PARQUET
def test_tables_and_packed_files_of_a_directory_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    folder = tmp_path / "news"
    folder.mkdir()
    rows = [{"id": f"r{n}", "text": f"Ferry {n} came to Halden."} for n in range(3)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines.replace("Ferry", "Barge").encode()))
    parquet.write_table(pa.Table.from_pylist(rows), folder / "b.parquet")
    (folder / "c.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    output = tmp_path / "out.db"
    assert extractive(folder, "--output", output) == ExitCode.OK
    assert "7 sources: 7 written" in capsys.readouterr().err
    assert sources(output) == [
        "a.jsonl.gz#r0", "a.jsonl.gz#r1", "a.jsonl.gz#r2",
        "b.parquet#r0", "b.parquet#r1", "b.parquet#r2", "c.txt.gz",
    ]  # fmt: skip


@POSIX
@MODEL
@pytest.mark.parametrize("name", outputs("out.db", "out.parquet"))
def test_an_interrupt_puts_in_place_what_was_done(news: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    with LoopbackServer(answers.grounded, answers.grounded, then=replies.hang()) as server:
        process = started(server.base_url, news, "--output", output, "--jobs", "2")
        server.wait_for(4, timeout=60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, err
    assert "interrupted: 2 done, 3 left. The same command goes on from there." in err
    assert len(sources(output)) == 2
    with LoopbackServer() as server:
        process = started(server.base_url, news, "--output", output)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, len(server.bodies)) == (ExitCode.OK, 3), err
    assert sorted(sources(output)) == [f"{number}.txt" for number in range(5)]


@POSIX
@MODEL
@pytest.mark.parametrize("name", outputs("out.db", "out.parquet"))
def test_a_refused_key_leaves_what_was_done_in_place(news: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    with LoopbackServer(answers.grounded, then=replies.unauthorized()) as server:
        process = started(server.base_url, news, "--output", output, "--jobs", "1")
        _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.SOME_FAILED
    assert "stopped: 1 done, 4 left. The same command goes on from there." in err
    assert sources(output) == ["0.txt"]


@POSIX
@MODEL
@pytest.mark.parametrize("name", outputs("out.db", "out.parquet"))
def test_two_batches_on_one_output_are_one_error(
    news: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / name
    with LoopbackServer(then=replies.hang()) as server:
        process = started(server.base_url, news, "--output", output)
        server.wait_for(1, timeout=60)
        assert extractive(news, "--output", output) == ExitCode.OUTPUT
        process.kill()
        process.communicate()
    (told,) = capsys.readouterr().err.splitlines()
    assert "another run is writing" in told
    assert extractive(news, "--output", output) == ExitCode.OK


@POSIX
@MODEL
@pytest.mark.parametrize(
    "name",
    [
        "out.db",
        pytest.param("out.journal.jsonl", marks=PARQUET),
    ],
)
def test_an_output_that_is_deleted_meanwhile_is_one_error_and_nothing_is_lost(
    news: Path, tmp_path: Path, name: str
) -> None:
    def deleting(request: dict[str, Any]) -> replies.Reply:
        (tmp_path / name).unlink()
        return answers.grounded(request)

    output = tmp_path / name.replace(".journal.jsonl", ".parquet")
    with LoopbackServer(answers.grounded, deleting, then=answers.grounded) as server:
        process = started(server.base_url, news, "--output", output, "--jobs", "1")
        _, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.OUTPUT
    (told,) = err.splitlines()
    assert "was deleted during the run" in told
    assert extractive(news / "1.txt", "--output", output) == ExitCode.OK
    assert sources(output) == ["0.txt", "1.txt"]
