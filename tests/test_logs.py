"""Events: nothing unless asked for, one safe line each, and no other library's."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer import logs


@pytest.fixture(autouse=True)
def silent_again() -> Iterator[None]:
    yield
    logs.configure(None)


def shown(*, as_json: bool = False, level: logs.Level = "debug") -> io.StringIO:
    stream = io.StringIO()
    logs.configure(level, as_json=as_json, stream=stream)
    return stream


@pytest.mark.parametrize("level", [logs.DEBUG, logs.INFO, logs.WARNING])
def test_nothing_is_printed_unless_it_is_asked_for(level: int) -> None:
    code = f"from summarizer import logs; logs.event('breaker_opened', {level}, endpoint='h')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_an_event_is_one_line_of_text() -> None:
    stream = shown()
    logs.event("request_answered", logs.INFO, endpoint="h:1", outcome="ok", tokens=None, seconds=1)
    (line,) = stream.getvalue().splitlines()
    moment, rest = line.split(" ", 1)
    assert datetime.fromisoformat(moment).utcoffset() is not None
    assert rest == "INFO request_answered endpoint=h:1 outcome=ok seconds=1"


def test_an_event_is_one_json_object() -> None:
    stream = shown(as_json=True)
    logs.event("wait", logs.INFO, reason="rate limit", seconds=0.1 + 0.2, last=True)
    found = json.loads(stream.getvalue())
    assert found.pop("time").endswith("Z")
    assert found == {
        "level": "info", "event": "wait", "reason": "rate limit", "seconds": 0.3, "last": True,
    }  # fmt: skip


@pytest.mark.parametrize("as_json", [False, True])
@given(value=st.text(max_size=300))
@example(value="\x7f\x9b31m\u2028\u202e\ud800\r\n")
def test_no_value_can_end_a_line_or_act_on_a_terminal(as_json: bool, value: str) -> None:  # noqa: FBT001
    stream = shown(as_json=as_json)
    logs.event("article_done", logs.INFO, reason=value, article="0f" * 6)
    line = stream.getvalue()
    assert line.endswith("\n")
    assert line[:-1].isascii()
    assert line[:-1].isprintable()
    assert "article_done" in line


def test_a_field_cannot_pass_for_the_event_or_its_level() -> None:
    stream = shown(as_json=True)
    logs.event("wait", logs.INFO, event="forged", level="error", time="never")
    found = json.loads(stream.getvalue())
    assert (found["event"], found["level"]) == ("wait", "info")
    assert found["time"] != "never"


def test_a_number_that_is_none_is_still_json() -> None:
    stream = shown(as_json=True)
    logs.event("wait", logs.INFO, seconds=float("nan"), left=float("inf"))
    found = json.loads(stream.getvalue())
    assert (found["seconds"], found["left"]) == ("nan", "inf")


def test_a_long_value_is_cut() -> None:
    stream = shown(as_json=True)
    logs.event("wait", logs.INFO, reason="x" * 10_000)
    assert len(json.loads(stream.getvalue())["reason"]) == 201


def test_events_below_the_level_are_not_shown() -> None:
    stream = shown(level="warning")
    logs.event("a", logs.INFO)
    logs.event("b", logs.WARNING)
    assert [line.split()[2] for line in stream.getvalue().splitlines()] == ["b"]
    assert not logs.enabled(logs.INFO)


def test_configuring_again_replaces_what_was_and_none_ends_it() -> None:
    first = shown()
    second = shown()
    logs.event("a", logs.INFO)
    logs.configure(None)
    logs.event("b", logs.WARNING)
    assert first.getvalue() == ""
    assert [line.split()[2] for line in second.getvalue().splitlines()] == ["a"]


def test_the_root_logger_and_other_libraries_are_left_alone() -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    stream = shown()
    for name in ("httpx", "httpx2", "openai", "instructor"):
        logging.getLogger(name).debug("GET https://user:secret@host/?key=secret")
        logging.getLogger(name).error("the whole request")
    assert stream.getvalue() == ""
    assert (list(root.handlers), root.level) == before
    assert logging.getLogger("openai").getEffectiveLevel() >= logging.WARNING


def test_an_application_reads_events_from_its_own_set_up() -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[assignment,method-assign]
    logger = logging.getLogger("summarizer")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        logs.event("cache_hit", article="ab", share="100 %s")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    (record,) = records
    assert record.getMessage() == 'cache_hit article=ab share="100 %s"'
    assert vars(record)["event"] == "cache_hit"
    assert vars(record)["fields"] == {"article": "ab", "share": "100 %s"}


@pytest.mark.parametrize("as_json", [False, True])
def test_a_message_that_is_no_event_is_not_shown_in_its_words(as_json: bool) -> None:  # noqa: FBT001
    stream = shown(as_json=as_json)
    try:
        raise ValueError("the article")
    except ValueError:
        logging.getLogger("summarizer.other").exception("the answer was %s", "secret")
    assert "summarizer.other" in stream.getvalue()
    assert "secret" not in stream.getvalue()
    assert "the article" not in stream.getvalue()


def test_a_stream_that_is_gone_ends_nothing() -> None:
    stream = shown()
    stream.close()
    logs.event("a", logs.INFO)


def test_without_a_stream_events_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    logs.event("a", logs.INFO)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith(" INFO a\n")


def test_fields_of_the_work_at_hand_are_with_each_of_its_events() -> None:
    stream = shown()

    async def article(name: str) -> None:
        with logs.about(article=name):
            await asyncio.sleep(0)
            with logs.about(window=1):
                logs.event("window", part=name)
            logs.event("article_done", article=None if name == "b" else name)

    async def both() -> None:
        await asyncio.gather(article("a"), article("b"))
        logs.event("end")

    asyncio.run(both())
    lines = sorted(line.split(" ", 2)[2] for line in stream.getvalue().splitlines())
    assert lines == [
        "article_done",
        "article_done article=a",
        "end",
        "window article=a window=1 part=a",
        "window article=b window=1 part=b",
    ]
