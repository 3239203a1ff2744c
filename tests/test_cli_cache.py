"""Facts about the command and answers that were given before."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from summarizer.cli import main
from summarizer.errors import ExitCode
from summarizer.testing import LoopbackServer
from tests.invented import TEXT

pytestmark = pytest.mark.openai


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "news.txt"
    path.write_text(TEXT, "utf-8")
    return path


class Run:
    """The command against a loopback server, as often as is wanted."""

    def __init__(self, server: LoopbackServer, capsys: pytest.CaptureFixture[str]) -> None:
        self._server = server
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> tuple[str, str]:
        """What is written on standard output and standard error."""
        code = main(["--base-url", self._server.base_url, *map(str, arguments)])
        out, err = self._capsys.readouterr()
        assert code == ExitCode.OK, err
        return out, err

    def record(self, *arguments: str | Path) -> dict[str, Any]:
        out, err = self(*arguments)
        assert err == ""
        return dict(json.loads(out))

    @property
    def asked(self) -> int:
        """How many requests there were."""
        return len(self._server.bodies)


def info(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["--cache-info", "--format", "json"]) == ExitCode.OK
    return dict(json.loads(capsys.readouterr().out))


def test_a_second_run_asks_nobody_and_says_so(
    news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer() as server:
        run = Run(server, capsys)
        first, second = run.record(news), run.record(news)
        assert run.asked == 1
        text, _ = run(news, "--format", "text")
    made = second["provenance"]
    assert (made["cached"], made["attempts"], made["cost_usd"]) == (True, [], 0.0)
    assert not first["provenance"]["cached"]
    assert {**first, "provenance": None} == {**second, "provenance": None}
    assert " · from the cache\n" in text


def test_the_same_article_under_another_name_is_known_and_keeps_its_name(
    news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = news.with_name("copy.txt")
    copy.write_bytes(news.read_bytes())
    with LoopbackServer() as server:
        run = Run(server, capsys)
        run.record(news)
        again = run.record(copy)
        assert run.asked == 1
    assert Path(again["article"]["location"]).name == "copy.txt"
    assert again["provenance"]["cached"]


@pytest.mark.parametrize(
    "change", [["--model", "another"], ["--published", "2030-01-01"]], ids=lambda change: change[0]
)
def test_another_question_is_asked(
    news: Path, capsys: pytest.CaptureFixture[str], change: list[str]
) -> None:
    with LoopbackServer() as server:
        run = Run(server, capsys)
        run.record(news)
        assert not run.record(news, *change)["provenance"]["cached"]
        assert run.asked == 2


def test_a_fresh_answer_is_asked_for_and_kept(
    news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer() as server:
        run = Run(server, capsys)
        run.record(news)
        assert not run.record(news, "--fresh")["provenance"]["cached"]
        assert run.asked == 2
        assert run.record(news)["provenance"]["cached"]
        assert run.asked == 2
    assert info(capsys)["entries"] == 1


def test_without_the_cache_nothing_is_taken_and_nothing_kept(
    news: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer() as server:
        run = Run(server, capsys)
        run.record(news, "--no-cache")
        assert not own_cache.exists()
        run.record(news)
        assert not run.record(news, "--no-cache")["provenance"]["cached"]
        assert run.asked == 3


def test_the_extractive_engine_keeps_nothing(
    news: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["--engine", "extractive", str(news)]) == ExitCode.OK
        assert not json.loads(capsys.readouterr().out)["provenance"]["cached"]
    assert not own_cache.exists()


def test_a_cache_that_cannot_be_used_costs_one_line_and_no_answer(
    news: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_cache.parent.mkdir(exist_ok=True)
    own_cache.write_text("no folder")
    copy = news.with_name("copy.txt")
    copy.write_bytes(news.read_bytes())
    with LoopbackServer() as server:
        run = Run(server, capsys)
        out, err = run(news, copy)
        assert [json.loads(line)["status"] for line in out.splitlines()] == ["complete"] * 2
        told = r"summarize: the answer cache in '(.+)' is not used: [ \w]+\.\n"
        assert (found := re.fullmatch(told, err))
        assert Path(found[1]).parent == own_cache
        assert run(news, "--quiet")[1] == ""
        assert run(news, "--no-cache")[1] == ""


def test_what_is_kept_is_told_and_dropped(
    news: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = info(capsys)
    assert (before["entries"], before["bytes"], before["used"]) == (0, 0, True)
    with LoopbackServer() as server:
        Run(server, capsys).record(news)
    after = info(capsys)
    assert (after["entries"], after["problem"]) == (1, None)
    assert Path(after["path"]).is_relative_to(own_cache)
    assert after["bytes"] == Path(after["path"]).stat().st_size
    assert main(["--cache-info"]) == ExitCode.OK
    told = capsys.readouterr().out
    assert f"path     {after['path']}\nanswers  1\nsize     20 kB\nlimit    500.0 MB" in told
    assert main(["--cache-clear"]) == ExitCode.OK
    assert capsys.readouterr().out == "1 answer dropped\n"
    assert info(capsys)["entries"] == 0


def test_a_file_that_is_no_cache_is_told_and_not_dropped(
    own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(info(capsys)["path"])
    path.parent.mkdir(parents=True)
    path.write_text("a diary")
    assert path.is_relative_to(own_cache)
    assert info(capsys)["problem"] == "it is no answer cache, and is left alone"
    assert main(["--cache-info"]) == ExitCode.OK
    assert "\nproblem  it is no answer cache" in capsys.readouterr().out
    assert main(["--cache-clear"]) == ExitCode.OUTPUT
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(
        r"summarize: the answer cache '.*' cannot be cleared: .* left alone\.\n", err
    )
    assert path.read_text() == "a diary"
