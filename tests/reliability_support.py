"""What the tests of reliability share: one fault, one article, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from summarizer.engines.failover import Failover
from summarizer.engines.openai import OpenAIEngine, RetryPolicy
from summarizer.engines.openai.building import fallback_settings
from summarizer.errors import EngineError, EngineTimeout, NothingGrounded, SummarizerError
from summarizer.pipeline import Summarizer
from summarizer.schema import Attempt, Summary
from summarizer.settings import Settings
from summarizer.testing import FAULTS, LoopbackServer, answers, unreachable
from summarizer.testing.replies import Script
from tests.wire_support import TEXT

#: Seconds, on the real clock, of an article whose endpoint does not answer in time; of one
#: that another endpoint then answers; and of all others.
SHORT = 1.0
LATER = 4.5
LONG = 120.0
#: The time of day: a whole second, as dates in HTTP are.
WALL = 1_900_000_000.0
#: A script's place where there is no server at all.
NOBODY = "nobody"


@dataclass(frozen=True)
class Fault:
    """A row: what is wrong, how often it happens, and for how long an answer is waited for."""

    title: str
    script: Script | str
    times: int | None = 1
    timeout: float = LONG
    server: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    #: Whether the answer is streamed, since the caller wants items as they come.
    streamed: bool = False
    text: str = TEXT
    #: The second endpoint's script, if there is one.
    fallback: Script | str | None = None

    @property
    def often(self) -> str:
        """How often it happens, in words."""
        return {None: "always", 1: "once", 2: "twice"}[self.times]

    def serving(self) -> LoopbackServer:
        """A server with this fault, which answers right when it is over."""
        fault = _script(self.script)
        script = [fault] * (self.times or 0)
        then = fault if self.times is None else answers.grounded
        return LoopbackServer(*script, then=then, **self.server)


@dataclass(frozen=True)
class Seen:
    """What came of an article."""

    result: Summary | SummarizerError
    attempts: tuple[Attempt, ...]
    #: Seconds that were waited between requests, as the engine asked for them.
    waited: tuple[float, ...]
    #: Seconds on the real clock, these waits left out.
    took: float
    #: What the server says it sent, None if there was none.
    account: dict[str, Any] | None = None
    #: Items that were told as they came.
    told: int = 0

    def gets(self, right: Summary) -> str:
        """What the caller gets."""
        if isinstance(self.result, SummarizerError):
            return f"`{type(self.result).__name__}`: {portless(str(self.result))}"
        if same(self.result, right):
            return "the right answer"
        if self.result.status == "complete":
            assert any(attempt.window for attempt in self.attempts)
            return "a complete record, out of its parts"
        return "a partial answer that says so"

    def outcomes(self) -> str:
        """The attempts' outcomes in order, equal ones together."""
        shown = []
        for (purpose, outcome), group in groupby(self.attempts, lambda a: (a.purpose, a.outcome)):
            count = len(list(group))
            what = outcome if purpose == "draft" else f"{outcome} ({purpose})"
            shown.append(what if count == 1 else f"{count} × {what}")
        return ", ".join(shown) or "none"

    def time(self, fault: Fault) -> str:
        """How long it took, as far as that is not the machine's or the network's doing."""
        if isinstance(self.result, EngineTimeout) and fault.timeout == SHORT:
            return "at the deadline"
        if self.attempts and self.attempts[0].outcome == "timeout" and fault.timeout == LATER:
            return "two thirds of the deadline"
        if not self.waited:
            return "at once"
        waits = " + ".join(f"{wait:g}" for wait in self.waited)
        return f"after {waits} s"

    def lost(self) -> str:
        """What the caller does not get, or cannot know."""
        found = []
        if isinstance(self.result, SummarizerError):
            told = f", after {self.told} items of it were told" if self.told else ""
            found.append(f"the record{told}")
        elif self.result.status == "partial":
            if count := len(self.result.rejected):
                found.append(f"{count} item{'s' * (count != 1)}, listed with the reason")
            if count := len(self.result.missing):
                found.append(f"{count} part{'s' * (count != 1)}, listed with the reason")
        if unreported(self.attempts):
            found.append("the tokens: not reported, so null")
        elif self.account and self.account["undelivered"]["completions"]:
            found.append("the tokens of what did not arrive, so null")
        return "; ".join(found) or "nothing"


def same(one: Summary, other: Summary) -> bool:
    """Whether two records say the same, however they were made."""
    return one.model_copy(update={"provenance": other.provenance}) == other


def tokens(attempts: tuple[Attempt, ...]) -> dict[str, int]:
    """The sums of an account, by the server's names."""
    return {
        "prompt_tokens": sum(attempt.input_tokens or 0 for attempt in attempts),
        "completion_tokens": sum(attempt.output_tokens or 0 for attempt in attempts),
    }


def unreported(attempts: tuple[Attempt, ...]) -> bool:
    """Whether an answer was used that does not say what it took."""
    return any(attempt.outcome == "ok" and attempt.output_tokens is None for attempt in attempts)


class Waits:
    """A clock that jumps over waits and remembers them, and is else the real one."""

    def __init__(self) -> None:
        self.jumped = 0.0
        self.asked: list[float] = []

    def policy(self) -> RetryPolicy:
        """Retries by this clock, without jitter."""
        return RetryPolicy(clock=self.clock, wall_clock=self.wall, sleep=self.sleep, jitter=_none)

    def clock(self) -> float:
        return time.monotonic() + self.jumped

    def wall(self) -> float:
        return WALL + self.jumped

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        self.jumped += seconds
        await asyncio.sleep(0)


def observe(fault: Fault) -> Seen:
    """Summarize the article at an endpoint with this fault."""
    with contextlib.ExitStack() as running:
        servers = []
        if fault.script == NOBODY:
            urls = [running.enter_context(unreachable())]
        else:
            servers.append(running.enter_context(fault.serving()))
            urls = [servers[0].base_url]
        if fault.fallback is not None:
            second = LoopbackServer(then=_script(fault.fallback))
            servers.append(running.enter_context(second))
            urls.append(second.base_url)
        seen = _summarize(fault, *urls)
    # Asked when the servers have ended: what one was sending to a client that left is settled.
    return dataclasses.replace(seen, account=_together([s.account.as_json() for s in servers]))


def _summarize(fault: Fault, base_url: str, fallback_url: str | None = None) -> Seen:
    waits = Waits()
    settings = Settings(
        engine="openai", model="m", api_key="sk-test", base_url=base_url, timeout=fault.timeout,
        cache=False, fallback_model="m2" if fallback_url else None,
        fallback_base_url=fallback_url, **fault.settings,
    )  # fmt: skip
    told = 0

    def on_item(*_: Any) -> None:
        nonlocal told
        told += 1

    async def run() -> Summary | SummarizerError:
        engine = _engine(settings, waits)
        async with Summarizer(settings, engine=engine) as summarizer:
            try:
                return await summarizer.asummarize(
                    fault.text, on_item=on_item if fault.streamed else None
                )
            except SummarizerError as error:
                return error

    started = time.monotonic()
    result = asyncio.run(run())
    took = time.monotonic() - started
    if isinstance(result, Summary):
        attempts = result.provenance.attempts
    else:
        assert isinstance(result, (EngineError, NothingGrounded))
        attempts = result.attempts
    return Seen(result, attempts, tuple(waits.asked), took, told=told)


def _engine(settings: Settings, waits: Waits) -> OpenAIEngine | Failover:
    if settings.fallback_model is None:
        engine = OpenAIEngine(settings, retries=waits.policy())
        engine._client.prepare()  # loading the SDK is no part of an article's time
        return engine
    second = fallback_settings(settings)
    engines = (
        OpenAIEngine(settings, retries=waits.policy(), last=False),
        OpenAIEngine(second, retries=waits.policy()),
    )
    return Failover(engines, timeout=settings.timeout, clock=waits.clock)


def _script(script: Script | str) -> Script:
    return FAULTS[script] if isinstance(script, str) else script


def _together(accounts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The accounts of all servers as one; None if there was none."""
    if not accounts:
        return None
    return {
        "requests": sum(account["requests"] for account in accounts),
        "usage": _sums([account["usage"] for account in accounts]),
        "undelivered": _sums([account["undelivered"] for account in accounts]),
    }


def _sums(counts: list[dict[str, int]]) -> dict[str, int]:
    return {name: sum(count[name] for count in counts) for name in counts[0]}


def portless(text: str) -> str:
    """The text without the port, which is another one at each run."""
    return re.sub(r"127\.0\.0\.1:\d+", "the host", text)


def _none() -> float:
    return 0.0
