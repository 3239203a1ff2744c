"""What a user gets on a bad day: every fault over real HTTP, and the page that shows it."""

from __future__ import annotations

import email.utils
import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bench.invented import article
from summarizer.errors import EngineError, ExitCode, NothingGrounded, SummarizerError
from summarizer.schema import Summary
from summarizer.testing import (
    FAULTS,
    REFUSALS,
    STREAM_REFUSALS,
    TOO_LONG,
    Reply,
    answers,
    replies,
)
from summarizer.testing.__main__ import parser
from summarizer.testing.replies import Script
from tests.reliability_support import (
    LATER,
    LONG,
    NOBODY,
    SHORT,
    WALL,
    Fault,
    Seen,
    observe,
    portless,
    same,
    tokens,
)
from tests.wire_support import TEXT

pytestmark = pytest.mark.openai

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"


def _passing(title: str, script: str) -> list[Fault]:
    """A fault that may pass: it happens twice, and then it stays."""
    return [Fault(title, script, 2), Fault(title, script, None)]


def _date(timestamp: float) -> str:
    return email.utils.formatdate(timestamp, usegmt=True)


def _slow(make: str) -> Fault:
    reply = {
        "headers": lambda body: replies.slow_headers(_right(body), 60.0),
        "body": lambda body: replies.slow_body(_right(body), 16, 0.5),
    }[make]
    return Fault(f"slow {make}", reply, None, SHORT)


def _right(body: dict[str, Any]) -> str:
    reply = answers.grounded(body)
    assert reply.content is not None
    return reply.content


def _stops(body: dict[str, Any]) -> Reply:
    return replies.slow_body(_right(body), 1, 0.2)


#: Direct speech that is none becomes reported speech, which holds: nobody asks about it.
_MENDED = answers.mended("invented-evidence", "wrong-date", "wrong-name")


def _at_part_2(name: str, *, once: bool = False) -> Script:
    """A fault in the second part of a long article."""
    met = 0

    def reply(body: dict[str, Any]) -> Reply:
        nonlocal met
        if "part 2 of" not in body["messages"][-1]["content"] or (once and met):
            return answers.grounded(body)
        met += 1
        fault = FAULTS[name]
        assert isinstance(fault, Reply)
        return fault

    return reply


def _long(count: int) -> str:
    """One article of so many paragraphs, 150 characters each."""
    told = (article(number).split("\n\n")[1] for number in range(count))
    return "\n\n".join(("Many towns change their plans", *told))


#: An article of some 30 kB, and a model that takes half of it at once.
_LONG: dict[str, Any] = {"text": _long(200), "server": {"context_tokens": 6000}}
#: Twice as much, and a server that reads the end of it and says nothing.
_CUT: dict[str, Any] = {
    "text": _long(400),
    "server": {"context_tokens": 8192, "too_long": "cut"},
}
_POOR = {"max_cost": 0.001, "input_price": 1.0, "output_price": 4.0}

TABLES: dict[str, list[Fault]] = {
    "busy": [
        *_passing("429, no word of when", "429"),
        Fault("429, Retry-After in seconds", "429-after-1s"),
        Fault("429, Retry-After as a date", replies.rate_limited(_date(WALL + 1))),
        Fault("429, retry-after-ms", "429-after-100ms"),
        Fault("429, x-ratelimit headers, requests used up", "429-ratelimit-headers"),
        Fault("429, x-ratelimit headers, tokens used up", "429-ratelimit-tokens"),
        Fault("429, Retry-After beyond the deadline", replies.rate_limited("3600"), None),
        Fault("429, quota used up", "429-quota", None),
        *_passing("408", "408"),
        *_passing("409", "409"),
        Fault("503 with Retry-After", "503-after-1s"),
        *_passing("529", "529"),
    ],
    "server": [
        *_passing("500", "500"),
        *_passing("502 with a web page", "502"),
        *_passing("503", "503"),
        *_passing("504 with a web page", "504"),
        *_passing("200 with an error object", "200-error"),
        *_passing("half of a body", "half-body"),
    ],
    "connection": [
        Fault("nobody listens", NOBODY, None),
        *_passing("reset within the body", "reset"),
        Fault("no answer at all", "hang", None, SHORT),
        _slow("headers"),
        _slow("body"),
        Fault("slow body that ends in time", "slow-body"),
        Fault("endless body", "endless", None),
        Fault("gzip bomb", "gzip-bomb", None),
        Fault("302 to another host", "redirect", None),
        Fault("307 to another host", "redirect-307", None),
        Fault("200 with a web page", "web-page", None),
    ],
    "request": [
        Fault("it might cost more than `max_cost`", answers.grounded, None, settings=_POOR),
        Fault("401", "401", None),
        Fault("402", "402", None),
        Fault("403", "403", None),
        Fault("404, unknown model", "404", None),
        Fault("413", "413", None),
        Fault("400, longer than the context", "context-length", None),
    ],
    "answer": [
        Fault("JSON in fences", "fences", None),
        Fault("`<think>` before it", "think", None),
        Fault("words around it", "extra-text", None),
        Fault("two tool calls", "two-tool-calls", None, server={"refuse": ["openai/json_schema"]}),
        Fault("no usage", "no-usage", None),
        Fault("usage that is negative or words", "wrong-usage", None),
        Fault("usage that is huge", "huge-usage", None),
        Fault("usage that is a list", "listed-usage", None),
        *(
            Fault(title, name, times)
            for title, name in (
                ("invalid JSON", "invalid-json"),
                ("wrong types", "wrong-types"),
                ("missing fields", "missing-fields"),
                ("extra fields", "extra-fields"),
                ("schema ignored: other JSON", "other-schema"),
                ("schema ignored: prose", "prose"),
                ("null content", "null-content"),
                ("empty choices", "empty-choices"),
                ("truncated", "truncated"),
            )
            for times in (1, None)
        ),
        Fault("refusal field", "refusal", None),
        Fault("content filter", "content-filter", None),
        Fault("a stream nobody asked for", "stream-unasked", None),
    ],
    "streams": [
        Fault("a stream without a fault", answers.grounded, None, streamed=True),
        *(
            Fault(title, name, times, streamed=True)
            for title, name, often in (
                ("reset within the events", "stream-cut", (1, None)),
                ("the end after three events", "stream-ended", (1, None)),
                ("an error as the last event", "stream-error", (1, None)),
                ("an event that is no JSON", "stream-garbage", (1, None)),
                ("no `[DONE]`", "stream-without-done", (None,)),
                ("comments between events", "stream-comments", (None,)),
                ("no usage in it", "stream-without-usage", (None,)),
                ("plain JSON instead of a stream", "stream-ignored", (None,)),
            )
            for times in often
        ),
        Fault("an endless stream", "endless", None, streamed=True),
        Fault("a stream that stops in its middle", _stops, None, SHORT, streamed=True),
    ],
    "fallback": [
        Fault("nobody listens at the first", NOBODY, None, fallback=answers.grounded),
        Fault("the first: 401", "401", None, fallback=answers.grounded),
        Fault("the first: 404, unknown model", "404", None, fallback=answers.grounded),
        Fault("the first: 429, quota used up", "429-quota", None, fallback=answers.grounded),
        Fault("the first: 503", "503", None, fallback=answers.grounded),
        Fault("the first: invalid JSON", "invalid-json", None, fallback=answers.grounded),
        Fault("the first: no answer at all", "hang", None, LATER, fallback=answers.grounded),
        Fault("both: 503", "503", None, fallback="503"),
        Fault("the first: 503, the second: 401", "503", None, fallback="401"),
    ],
    "long": [
        Fault("longer than the context", answers.grounded, None, **_LONG),
        Fault("as long, and cut without a word, as Ollama does", answers.grounded, None, **_CUT),
        Fault("a part meets 503, once", _at_part_2("503", once=True), None, **_LONG),
        Fault("a part is stopped by a content filter", _at_part_2("content-filter"), None, **_LONG),
        Fault("every part is stopped by one", "content-filter", None, **_LONG),
    ],
    "grounding": [
        Fault("items that do not hold, and again", "spoiled", None),
        Fault("items that do not hold, mended when asked", _MENDED, None),
        Fault("nothing of it holds", "ungrounded", None),
    ],
}

#: What has to be refused as well, for a request to hold what a wording is about.
_BEFORE = {
    "tools": ["groq/json_schema"],
    "named_tool": ["groq/json_schema"],
    "tool_choice": ["groq/json_schema"],
    "tools+reasoning": ["groq/json_schema"],
    "max_tokens": ["azure/max_completion_tokens"],
}
_SET = {"temperature": 0.0, "reasoning_effort": "medium"}

WORDINGS: dict[str, Fault] = {
    name: Fault(
        f"`{refusal.parameter}`",
        answers.grounded,
        None,
        server={"refuse": [*_BEFORE.get(refusal.parameter, []), name]},
        settings={} if refusal.parameter == "tools+reasoning" else _SET,
    )
    for name, refusal in REFUSALS.items()
}
STREAM_WORDINGS: dict[str, Fault] = {
    name: Fault(
        f"`{refusal.parameter}`", answers.grounded, None, server={"refuse": [name]}, streamed=True
    )
    for name, refusal in STREAM_REFUSALS.items()
}
CONTEXTS: dict[str, Fault] = {
    name: Fault(name, answers.grounded, None, server={"context_tokens": 100, "too_long": name})
    for name in TOO_LONG
}

#: Faults of the list that are rows by another script than the one with their name.
_ELSEWHERE = {"429-after-date", "slow-headers", "spoiled-then-mended"}

_WORDED = {**WORDINGS, **STREAM_WORDINGS, **CONTEXTS}
_ROWS = {
    f"{fault.title}, {fault.often}": fault for faults in TABLES.values() for fault in faults
} | {f"wording {name}": fault for name, fault in _WORDED.items()}


@functools.cache
def seen(row: str) -> Seen:
    """What came of a row's fault."""
    return observe(_ROWS[row])


@functools.cache
def right() -> Summary:
    """The record without any fault."""
    found = observe(Fault("none", answers.grounded, None)).result
    assert isinstance(found, Summary)
    assert found.status == "complete"
    return found


def test_every_fault_that_has_a_name_has_a_row() -> None:
    scripts = [fault.script for faults in TABLES.values() for fault in faults]
    shown = {script for script in scripts if isinstance(script, str)} - {NOBODY}
    contexts = {f"too-long/{name}" for name in CONTEXTS}
    assert set(FAULTS) == shown | contexts | _ELSEWHERE


@pytest.mark.parametrize("row", _ROWS)
def test_a_fault_ends_in_an_answer_a_partial_one_or_one_typed_error(row: str) -> None:
    found = seen(row)
    if isinstance(found.result, SummarizerError):
        assert isinstance(found.result, (EngineError, NothingGrounded))
        assert str(found.result)
        assert found.result.__cause__ is None
    elif found.result.status == "partial":
        assert found.result.rejected or found.result.missing
    else:
        assert same(found.result, right()) or any(a.window for a in found.attempts)


@pytest.mark.parametrize("row", _ROWS)
def test_nothing_outlasts_its_deadline(row: str) -> None:
    """Waits between requests are jumped over; what is left is the machine's own time."""
    assert seen(row).took < _ROWS[row].timeout + 10
    assert sum(seen(row).waited) < _ROWS[row].timeout


@pytest.mark.parametrize("row", _ROWS)
def test_the_account_has_what_the_server_sent(row: str) -> None:
    found = seen(row)
    if found.account is None:
        assert tokens(found.attempts) == {"prompt_tokens": 0, "completion_tokens": 0}
        return
    sent = {name: found.account["usage"][name] for name in ("prompt_tokens", "completion_tokens")}
    assert tokens(found.attempts) == sent
    nowhere = 5 if _ROWS[row].script == NOBODY else 0
    assert len(found.attempts) == found.account["requests"] + nowhere


def _cells(fault: Fault, found: Seen) -> list[str]:
    shown = [fault.title, fault.often, found.gets(right()), found.outcomes()]
    return [*shown, found.time(fault), found.lost()]


def _table(heads: list[str], rows: Iterator[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _grouped(faults: dict[str, Fault]) -> Iterator[list[str]]:
    """A row for all the wordings that come to the same."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for name, fault in faults.items():
        found = seen(f"wording {name}")
        what = "" if name in CONTEXTS else fault.title
        mode = found.attempts[-1].mode or ""
        key = (what, found.gets(right()), found.outcomes(), mode, found.time(fault), found.lost())
        rows.setdefault(key, []).append(f"`{name}`")
    for (what, *cells), names in rows.items():
        first = [what, ", ".join(names)] if what else [", ".join(names)]
        yield [*first, *cells]


#: From the shell: what happens, and for how many seconds an answer is waited for.
SHELL: dict[str, tuple[Script | str, float]] = {
    "401": ("401", LONG),
    "no answer at all": ("hang", 1.5),
    "nothing of it holds": ("ungrounded", LONG),
    "items that do not hold, and again": ("spoiled", LONG),
}


@functools.cache
def shell() -> dict[str, subprocess.CompletedProcess[str]]:
    """What the command does with each, a few at a time."""

    def run(title: str) -> subprocess.CompletedProcess[str]:
        script, timeout = SHELL[title]
        with Fault(title, script, None).serving() as server:
            environment = {
                "OPENAI_BASE_URL": server.base_url,
                "SUMMARIZER_TIMEOUT": str(timeout),
                "SUMMARIZER_CACHE_DIR": str(Path.cwd()),
            }
            return subprocess.run(
                [sys.executable, "-m", "summarizer", "--no-cache", "--format", "json"],
                cwd=PAGE.parents[1], input=TEXT, capture_output=True, encoding="utf-8",
                env=os.environ | environment, timeout=60, check=False,
            )  # fmt: skip

    with ThreadPoolExecutor(3) as pool:
        return dict(zip(SHELL, pool.map(run, SHELL), strict=True))


@pytest.mark.parametrize("title", SHELL)
def test_a_command_ends_with_a_record_or_with_one_message_and_its_exit_code(title: str) -> None:
    done = shell()[title]
    assert "Traceback" not in done.stdout + done.stderr
    if done.stdout:
        Summary.model_validate_json(done.stdout)
        assert done.returncode == ExitCode.OK
    else:
        assert done.returncode in set(ExitCode) - {ExitCode.OK, ExitCode.INTERNAL}
        assert len(done.stderr.splitlines()) == 1


def _shell_rows() -> Iterator[list[str]]:
    for title, done in shell().items():
        message = portless(done.stderr.strip()).replace("\n", " ")
        said = "nothing"
        if done.stdout:
            said = f"a record, {Summary.model_validate_json(done.stdout).status}"
        yield [title, str(done.returncode), said, message or "nothing"]


def tables() -> dict[str, str]:
    """Every table of the page by its name, as this run makes it."""
    heads = ["what happens", "how often", "you get", "attempts", "time taken", "lost"]
    made = {
        name: _table(
            heads,
            (_cells(fault, seen(f"{fault.title}, {fault.often}")) for fault in faults),
        )
        for name, faults in TABLES.items()
    }
    heads = ["you get", "attempts", "mode", "time taken", "lost"]
    made["wordings"] = _table(
        ["refused", "in the words of", *heads], _grouped({**WORDINGS, **STREAM_WORDINGS})
    )
    made["contexts"] = _table(["in the words of", *heads], _grouped(CONTEXTS))
    heads = ["what happens", "exit code", "standard output", "standard error"]
    made["shell"] = _table(heads, _shell_rows())
    return made


_SHOWN = re.compile(r"(<!-- table: (?P<name>\w+) -->\n\n).*?(?=\n<!-- end -->)", re.DOTALL)


def test_the_page_shows_what_this_run_saw() -> None:
    """With WRITE_GOLDEN=1 the page is written instead: read the diff."""
    made = tables()
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(match["name"] for match in _SHOWN.finditer(page)) == sorted(made)
    wanted = _SHOWN.sub(lambda match: match[1] + made[match["name"]], page)
    if os.environ.get("WRITE_GOLDEN") == "1":
        PAGE.write_text(wanted, encoding="utf-8")
    assert wanted == PAGE.read_text(encoding="utf-8")


def test_no_cell_says_that_something_is_silent_or_without_an_end() -> None:
    words = " ".join(tables().values()).casefold()
    assert not re.search(r"traceback|\bhang|silent|exception|unknown error", words)


def test_the_pages_commands_are_known() -> None:
    commands = re.findall(
        r"^\$ python -m summarizer.testing (.+)$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert commands
    for command in commands:
        parser().parse_args(command.split())
