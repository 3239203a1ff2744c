"""Facts about the command as a whole: its answers, errors and exit codes."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import pytest

from summarizer import __version__
from summarizer.cli import main
from summarizer.cli.options import parse
from summarizer.cli.terminal import coloured
from summarizer.errors import ExitCode
from summarizer.schema import Summary, json_schema
from summarizer.testing import LoopbackServer, replies
from tests.invented import TEXT

ROOT = Path(__file__).parent.parent
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals, pipes and terminals of POSIX")
EMPTY: dict[str, Any] = {
    "what": None, "who": [], "where": [], "when": [], "reactions": [], "background": [],
}  # fmt: skip
#: An answer that the invented article supports.
DRAFT: dict[str, Any] = {
    **EMPTY,
    "what": {
        "evidence": ["The Heron Bridge in Marlow reopened to traffic on Friday"],
        "statement": "The Heron Bridge in Marlow reopened.",
    },
}


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "news.txt"
    path.write_text(TEXT, "utf-8")
    return path


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what a developer may have set, and changed."""
    foreign = ("TERM", "PYTHONUNBUFFERED", "PYTHONUTF8")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **changes}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "summarizer", *map(str, arguments)]


def run(
    *arguments: str | Path, cwd: Path, text: str | None = None, **changes: str
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, in a directory without a `.env`."""
    return subprocess.run(
        command(*arguments),
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=environment(**changes),
        check=False,
    )


def extractive(*arguments: str | Path) -> int:
    """The command in this process, by the extractive engine."""
    return main(["--engine", "extractive", *map(str, arguments)])


# Answers


def test_one_source_gives_one_json_object(news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert extractive(news) == ExitCode.OK
    out, err = capsys.readouterr()
    summary = Summary.model_validate_json(out)
    assert summary.provenance.engine == "extractive"
    assert all(TEXT[span.start : span.end] == span.text for _, _, span in summary.spans())
    assert err == ""


def test_several_sources_give_a_line_each_in_their_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text(TEXT, "utf-8")
    assert extractive(tmp_path / "b.txt", tmp_path / "a.txt") == ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    assert [Path(json.loads(one)["article"]["location"]).name for one in lines] == [
        "b.txt",
        "a.txt",
    ]


def test_a_directory_gives_an_array_if_asked_for_json(
    news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extractive(news.parent, "--format", "json") == ExitCode.OK
    assert [one["status"] for one in json.loads(capsys.readouterr().out)] == ["complete"]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("text", "Heron Bridge reopens"),
        ("markdown", "## Heron Bridge"),
        ("html", "<!doctype html>"),
    ],
)
def test_each_format_is_written(
    news: Path, capsys: pytest.CaptureFixture[str], name: str, start: str
) -> None:
    assert extractive(news, "--format", name) == ExitCode.OK
    assert capsys.readouterr().out.startswith(start)


def test_explaining_adds_how_each_item_was_verified(
    news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extractive(news, "--explain") == ExitCode.OK
    out = capsys.readouterr().out
    assert out.startswith("Heron Bridge reopens")
    assert re.search(r"evidence \d+–\d+, exact: “", out)
    assert "Rejected: " in out


def test_a_given_publication_date_goes_before_the_text(
    news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extractive(news, "--published", "2033-01-01") == ExitCode.OK
    facts = json.loads(capsys.readouterr().out)["article"]
    assert (facts["published"], facts["published_from"]) == ("2033-01-01", "caller")


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--schema"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == json_schema()


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == ExitCode.OK
    assert capsys.readouterr().out == f"summarize {__version__}\n"


def test_a_file_is_written_and_nothing_printed(
    news: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "record.md"
    assert extractive(news, "--output", target) == ExitCode.OK
    assert target.read_text("utf-8").startswith("## Heron Bridge")
    assert capsys.readouterr() == ("", "")


def test_a_folder_gets_a_page_for_each_article(news: Path, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    assert extractive(news, news, "--format", "html", "--output", f"{pages}/") == ExitCode.OK
    assert sorted(path.name for path in pages.iterdir()) == [
        "news-2.summary.html",
        "news.summary.html",
    ]


def test_standard_input_is_read_without_a_source_and_by_a_hyphen(tmp_path: Path) -> None:
    for arguments in ([], ["-"]):
        done = run(*arguments, "--format", "text", cwd=tmp_path, text=TEXT)
        assert done.returncode == ExitCode.OK
        assert "standard input" in done.stdout


@pytest.mark.parametrize("name", ["text", "json", "jsonl", "markdown", "html"])
def test_a_hostile_article_is_harmless_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    hostile = tmp_path / "hostile.txt"
    hostile.write_text(
        TEXT.replace("Heron Bridge", "Heron \x1b[31mBridge\u202e <script>alert(1)</script>"),
        "utf-8",
    )
    assert extractive(hostile, "--format", name) == ExitCode.OK
    out = capsys.readouterr().out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out)
    assert name != "html" or "<script>alert" not in out


# The engine


def test_the_extractive_engine_is_told_once_unless_it_was_asked_for(
    news: Path, tmp_path: Path
) -> None:
    notice = (
        "summarize: no OPENAI_API_KEY or OPENAI_BASE_URL is set: using the extractive engine, "
        "a baseline without a model.\n"
    )
    assert run(news, news, cwd=tmp_path).stderr == notice
    assert run(news, "--quiet", cwd=tmp_path).stderr == ""
    assert run(news, "--engine", "extractive", cwd=tmp_path).stderr == ""
    assert run(news, cwd=tmp_path, SUMMARIZER_ENGINE="extractive").stderr == ""


@pytest.mark.openai
def test_a_base_url_in_the_environment_is_the_whole_way_over_http(
    news: Path, tmp_path: Path
) -> None:
    with LoopbackServer() as server:
        done = run(news, "--model", "loopback", cwd=tmp_path, OPENAI_BASE_URL=server.base_url)
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")
    made = Summary.model_validate_json(done.stdout).provenance
    assert (made.engine, made.model) == ("openai", "loopback")
    assert [attempt.outcome for attempt in made.attempts] == ["ok"]
    assert len(server.bodies) == 1


def test_a_model_without_an_endpoint_is_refused(news: Path, tmp_path: Path) -> None:
    done = run(news, "--model", "example-model", cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert "--model needs an endpoint" in done.stderr


# Errors


def failed(code: int, expected: ExitCode, err: str) -> str:
    """The sentence of the one error that was told."""
    assert code == expected
    assert "Traceback" not in err
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", err)
    (sentence,) = err.splitlines()
    assert re.fullmatch(r"summarize: .*\.", sentence)
    return sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "yaml"],
        ["a.txt", "--engine", "extractive", "--model", "m"],
        ["a.txt", "--timeout", "soon"],
        ["a.txt", "--base-url", "localhost"],
        ["a.txt", "--output", "no/such/folder/x.json"],
        ["--no-such-option\x1b[31m"],
    ],
)
def test_a_wrong_command_line_exits_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(arguments)
    out, err = capsys.readouterr()
    assert "See summarize --help." in failed(code, ExitCode.USAGE, err)
    assert out == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing\x1b[31m.txt", None),
        ("binary.txt", bytes(range(256)) * 9),
        ("empty.txt", b" \n"),
    ],
)
def test_a_source_that_holds_no_article_exits_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    code = extractive(path)
    out, err = capsys.readouterr()
    failed(code, ExitCode.INPUT, err)
    assert out == ""


@pytest.mark.openai
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (replies.hang(), ExitCode.ENGINE_PASSING),
        (replies.unauthorized("sk-secret"), ExitCode.ENGINE_FINAL),
        (replies.refused(), ExitCode.ENGINE_FINAL),
        (replies.answer(EMPTY), ExitCode.NOTHING_GROUNDED),
    ],
    ids=["timeout", "key", "refusal", "nothing"],
)
def test_what_the_engine_fails_of_tells_the_exit_code(
    news: Path, capsys: pytest.CaptureFixture[str], reply: replies.Reply, code: ExitCode
) -> None:
    with LoopbackServer(then=reply) as server:
        arguments = ["--engine", "openai", "--base-url", server.base_url, "--timeout", "2"]
        exit_code = main([*arguments, str(news)])
        server.release()
    out, err = capsys.readouterr()
    sentence = failed(exit_code, code, err)
    assert "sk-secret" not in sentence
    assert out == ""


def test_one_bad_source_does_not_stop_the_others_and_exits_1(
    news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = news.with_name("missing.txt")
    code = extractive(missing, news)
    out, err = capsys.readouterr()
    assert "missing.txt" in failed(code, ExitCode.SOME_FAILED, err)
    assert len(out.splitlines()) == 1


def test_each_bad_source_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(" ", "utf-8")
    assert extractive(tmp_path / "a.txt", tmp_path / "b.txt") == ExitCode.SOME_FAILED
    first, second = capsys.readouterr().err.splitlines()
    assert "a.txt" in first
    assert "b.txt" in second


@pytest.mark.openai
@pytest.mark.parametrize(("count", "left"), [(3, "2 sources are"), (2, "1 source is")])
def test_a_refused_key_stops_the_run(
    news: Path, capsys: pytest.CaptureFixture[str], count: int, left: str
) -> None:
    with LoopbackServer(then=replies.unauthorized()) as server:
        code = main(["--engine", "openai", "--base-url", server.base_url, *[str(news)] * count])
    error, stopped = capsys.readouterr().err.splitlines(keepends=True)
    failed(code, ExitCode.SOME_FAILED, error)
    assert stopped == f"summarize: stopped: {left} left undone.\n"
    assert len(server.requests) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_exits_7(news: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("--engine", "extractive", news),
            stdout=full, stderr=subprocess.PIPE, encoding="utf-8", cwd=tmp_path,
            env=environment(), check=False,
        )  # fmt: skip
    assert "no space left" in failed(done.returncode, ExitCode.OUTPUT, done.stderr)


#: Runs the command with a bug planted in it.
_WITH_A_BUG = """
import sys
from summarizer.pipeline import parts
def ground(draft, index):
    raise KeyError("the article's words")
parts.ground = ground
from summarizer.cli import main
sys.exit(main(["--engine", "extractive", *sys.argv[1:]]))
"""


@pytest.mark.parametrize("debug", ["0", "1"])
def test_a_bug_exits_70_in_a_sentence_and_with_a_traceback_on_request(
    news: Path, tmp_path: Path, debug: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITH_A_BUG, str(news)],
        capture_output=True, encoding="utf-8", cwd=tmp_path,
        env=environment(SUMMARIZER_DEBUG=debug), check=False,
    )  # fmt: skip
    assert done.returncode == ExitCode.INTERNAL
    sentence, *rest = done.stderr.splitlines()
    assert sentence.startswith("summarize: unexpected KeyError. This is a bug")
    assert ("Traceback (most recent call last):" in rest) == (debug == "1")
    assert "words" not in sentence


@POSIX
@pytest.mark.openai
def test_an_interrupt_is_quiet_and_what_was_done_is_written(news: Path, tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    with LoopbackServer(replies.answer(DRAFT), replies.hang()) as server:
        process = subprocess.Popen(
            command(news, news, "--no-cache", "--output", target),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", cwd=tmp_path,
            env=environment(OPENAI_BASE_URL=server.base_url),
        )  # fmt: skip
        server.wait_for(2, timeout=60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (ExitCode.INTERRUPTED, "", "")
    assert len(target.read_text("utf-8").splitlines()) == 1


@POSIX
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["--schema"], ["news.txt"]])
def test_a_reader_that_leaves_is_no_reason_to_complain(news: Path, arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            command("--quiet", *arguments),
            stdout=write, stderr=subprocess.PIPE, encoding="utf-8", cwd=news.parent,
            env=environment(), check=False,
        )  # fmt: skip
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (ExitCode.BROKEN_PIPE, "")


@POSIX
def test_closed_standard_streams_are_no_crash(news: Path, tmp_path: Path) -> None:
    line = f"'{sys.executable}' -m summarizer --quiet '{news}'"
    for closed, code in (
        (">&-", ExitCode.OUTPUT),
        ("2>&-", ExitCode.OK),
        ("<&-", ExitCode.OK),
        ("2>&- --format yaml", ExitCode.USAGE),
    ):
        done = subprocess.run(
            ["sh", "-c", f"{line} {closed}"],
            capture_output=True, encoding="utf-8", cwd=tmp_path, env=environment(), check=False,
        )  # fmt: skip
        assert done.returncode == code, (closed, done.stderr)


def test_a_terminal_without_unicode_gets_plain_signs(news: Path, tmp_path: Path) -> None:
    done = run(news, "--format", "text", "--quiet", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == ExitCode.OK
    assert done.stdout.isascii()
    assert " items verified" in done.stdout


# Colour


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        ("auto", {}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "0"}, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_who_decides_on_colour(option: str, environ: dict[str, str], expected: bool) -> None:  # noqa: FBT001  # a case's value
    options = parse(["a", "--color", option], stdin_is_terminal=True, stdout_is_terminal=False)
    assert coloured(options, environ, terminal=False) == expected


def test_a_terminal_is_coloured_unless_it_is_dumb_or_a_file_is_written() -> None:
    options = parse(["a"], stdin_is_terminal=True, stdout_is_terminal=True)
    assert coloured(options, {"TERM": "xterm"}, terminal=True)
    assert not coloured(options, {"TERM": "dumb"}, terminal=True)
    to_file = options._replace(output="x.txt")
    assert not coloured(to_file, {"FORCE_COLOR": "1"}, terminal=True)


# A terminal


class Terminal:
    """A pseudo-terminal of 80 cells, with the command on it."""

    def __init__(self, *arguments: str | Path, cwd: Path, **changes: str) -> None:
        import pty

        self._ours, theirs = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            command(*arguments),
            stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True, cwd=cwd,
            env=environment(**{"TERM": "xterm", "COLUMNS": "80", **changes}),
        )  # fmt: skip
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def read_until(self, words: str) -> None:
        """Read on until `words` have been seen."""
        while words not in self.seen:
            assert self._more(), self.seen

    def finish(self) -> int:
        """Read on until the command ends, and its exit code."""
        while self._more():
            pass
        return self.process.wait(timeout=60)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], 60)
        assert ready, f"nothing more came after {self.seen!r}"
        try:
            data = os.read(self._ours, 4096)
        except OSError:  # how Linux tells that the other end is closed
            data = b""
        self.seen += data.decode()
        return bool(data)


@POSIX
@pytest.mark.openai
def test_on_a_terminal_slow_work_shows_and_then_a_coloured_record_stands_alone(
    news: Path, tmp_path: Path
) -> None:
    with (
        LoopbackServer(replies.answer(DRAFT, hang=True)) as server,
        Terminal(news, cwd=tmp_path, OPENAI_BASE_URL=server.base_url) as terminal,
    ):
        terminal.read_until(f"{news.name} · gpt")
        server.release()
        assert terminal.finish() == ExitCode.OK
    progress, _, record = terminal.seen.rpartition("\r\x1b[K")
    assert "\n" not in progress
    assert record.startswith("\x1b[1mHeron Bridge reopens after two years of repairs\x1b[0m")
    assert "The Heron Bridge in Marlow reopened." in record


@POSIX
@pytest.mark.openai
def test_on_a_terminal_items_are_counted_before_the_answer_is_whole(
    news: Path, tmp_path: Path
) -> None:
    who = {
        "evidence": ["Mayor Aldo Ferrin cut the ribbon"],
        "name": "Aldo Ferrin", "kind": "person", "role": "Mayor",
    }  # fmt: skip
    # Every piece of the answer is late, so that the line is drawn between them.
    slow = replies.answer({**DRAFT, "who": [who]}, pace=(16, 0.05))
    with (
        LoopbackServer(slow) as server,
        Terminal(news, cwd=tmp_path, OPENAI_BASE_URL=server.base_url) as terminal,
    ):
        terminal.read_until(" · what, 1 who · Aldo Ferrin · ")
        assert "reopened." not in terminal.seen.rpartition("\r\x1b[K")[2]
        assert terminal.finish() == ExitCode.OK
    assert server.bodies[0]["stream"] is True


@pytest.mark.openai
def test_without_a_terminal_no_answer_is_streamed(news: Path, tmp_path: Path) -> None:
    with LoopbackServer() as server:
        done = run(news, cwd=tmp_path, OPENAI_BASE_URL=server.base_url)
    assert done.returncode == ExitCode.OK
    assert "stream" not in server.bodies[0]


@POSIX
@pytest.mark.openai
def test_an_interrupt_rubs_the_progress_out(news: Path, tmp_path: Path) -> None:
    with (
        LoopbackServer(replies.hang()) as server,
        Terminal(news, cwd=tmp_path, OPENAI_BASE_URL=server.base_url) as terminal,
    ):
        terminal.read_until(" s")
        server.wait_for(1, timeout=60)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.finish() == ExitCode.INTERRUPTED
    assert terminal.seen.endswith("\r\x1b[K")
    assert "Traceback" not in terminal.seen


@POSIX
@pytest.mark.parametrize("changes", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_can_go_without_colour_and_progress(
    news: Path, tmp_path: Path, changes: dict[str, str]
) -> None:
    arguments = ("--engine", "extractive", "--quiet", news)
    with Terminal(*arguments, cwd=tmp_path, **changes) as terminal:
        assert terminal.finish() == ExitCode.OK
    assert "Heron Bridge reopens" in terminal.seen
    assert "\x1b" not in terminal.seen


@POSIX
def test_without_a_source_on_a_terminal_the_command_says_so(tmp_path: Path) -> None:
    with Terminal(cwd=tmp_path) as terminal:
        assert terminal.finish() == ExitCode.USAGE
    assert terminal.seen == "summarize: no SOURCE is given. See summarize --help.\r\n"
