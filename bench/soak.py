"""`python -m bench.soak`: thousands of articles at an endpoint that fails at random.

A loopback server in a process of its own answers, and meets a share of the requests with
faults: errors, resets, slow, cut, invalid and odd answers. A few articles go to another
server that never answers: their deadline ends them, or their caller does. What must be
true at the end is printed as facts, and the exit code is 1 if one of them is not.

Which requests meet a fault, and which fault, hangs on the seed, the article and how often
it was sent, so the outcomes of two runs are the same, article by article. What is not the
same is when things happen, and so the tokens of the few requests that were sent before the
first invalid answer showed that this server accepts a schema and does not enforce it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import resource
import sys
import time
import urllib.request
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.invented import article
from summarizer.engines.openai import OpenAIEngine, RetryPolicy
from summarizer.errors import SummarizerError
from summarizer.pipeline import Summarizer
from summarizer.schema import Attempt, Summary
from summarizer.settings import Settings

#: What may pass, what does not, and what is only odd. Left out is what would teach the
#: engine something false about this server: refused parameters, limits and lengths.
KINDS = (
    "408 409 429 429-after-100ms 429-after-1s 500 502 503 504 529 200-error half-body reset "
    "slow-headers slow-body "
    "402 403 429-quota refusal content-filter truncated "
    "invalid-json wrong-types missing-fields extra-fields other-schema prose null-content "
    "empty-choices "
    "fences think extra-text no-usage wrong-usage listed-usage"
).split()

#: Of so many articles, one goes to the server that never answers; every other of them is
#: given up by its caller, after so many seconds.
_UNANSWERED = 100
_DEADLINE = 3.0
_PATIENCE = 0.5

#: Caches of all kinds fill over so many articles: a shorter run says nothing of memory.
_WARM = 2000
#: Memory may grow by so much over the second half of a run: a share of what there is, and
#: bytes, since allocators round up.
_GROWTH = 0.03
_GROWTH_BYTES = 4 << 20

_TOKENS = {
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "cached_tokens": "cached_input_tokens",
    "reasoning_tokens": "reasoning_tokens",
}


@dataclass
class Report:
    """What a run came to."""

    articles: int
    seconds: float = 0.0
    #: How often each article ended, and how: a number for each of `names`.
    ends: array[int] = field(default_factory=lambda: array("H"))
    outcomes: array[int] = field(default_factory=lambda: array("H"))
    names: dict[str, int] = field(default_factory=dict)
    #: Articles by what they ended in, and attempts by their outcome.
    results: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    #: Attempts that came to no connection.
    unsent: int = 0
    #: Answers that are not what a run without faults gives.
    wrong: list[int] = field(default_factory=list)
    #: Errors of no kind that is documented.
    untyped: list[str] = field(default_factory=list)
    tokens: Counter[str] = field(default_factory=Counter)
    server: dict[str, Any] = field(default_factory=dict)
    unanswered: dict[str, Any] = field(default_factory=dict)
    #: Bytes of memory at even steps, and the longest that a caller waited after giving up.
    memory: list[int] = field(default_factory=list)
    longest_cancellation: float = 0.0
    #: Seconds for which nothing ran but one thing, at most: as much is the machine's doing.
    longest_stall: float = 0.0
    left_running: int = 0

    def digest(self, articles: int | None = None) -> str:
        """One value for how each of the first articles ended."""
        names = {number: name for name, number in self.names.items()}
        chosen = self.outcomes[: articles or self.articles]
        words = "\n".join(names.get(number, "") for number in chosen)
        return hashlib.sha256(words.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Fact:
    """What must be true, whether it is, and what shows it."""

    claim: str
    holds: bool
    shown: str


def facts(report: Report) -> Iterator[Fact]:
    """What a run must have shown."""
    ended = sum(1 for count in report.ends if count == 1)
    claim = "every article ended exactly once"
    yield Fact(claim, ended == report.articles, f"{ended} of {report.articles}")
    right = report.results["right answer"]
    yield Fact(
        "an answer is the one that a run without faults gives",
        not report.wrong and right > 0,
        f"{right} compared, {len(report.wrong)} differ",
    )
    typed = report.articles - right - report.results["given up"]
    yield Fact(
        "whatever is no answer is one typed error",
        not report.untyped,
        f"{typed} errors" + "".join(f"; {name}" for name in report.untyped[:3]),
    )
    for theirs, ours in _TOKENS.items():
        sent, got = report.server["usage"][theirs], report.tokens[ours]
        yield Fact(f"{ours} add up to the server's", sent == got, f"{got} here, {sent} there")
    made, received = sum(report.attempts.values()) - report.unsent, report.server["requests"]
    yield Fact("attempts are the requests received", made == received, f"{made}, {received}")
    cut, lost = report.attempts["unreachable"], report.server["undelivered"]["completions"]
    yield Fact("what was cut off is known to both", cut == lost, f"{cut} here, {lost} there")
    told = report.unanswered["usage"]
    yield Fact(
        "nothing is counted that was never answered",
        not any(told.values()),
        f"{report.unanswered['requests']} requests",
    )
    yield Fact("nothing is left running", report.left_running == 0, f"{report.left_running} tasks")
    yield memory_fact(report.memory, report.articles)


def memory_fact(samples: Sequence[int], articles: int) -> Fact:
    """Whether the memory stood still over the second half of a run."""
    claim = "memory is flat over the second half"
    if articles < _WARM or len(samples) < 8:
        shown = "not judged: too short a run, or a system that does not tell"
        return Fact(claim, holds=True, shown=shown)
    half = samples[len(samples) // 2 :]
    growth = _slope(half) * (len(half) - 1)
    allowed = max(_GROWTH_BYTES, _GROWTH * half[0])
    shown = f"{half[0] / 2**20:.1f} MiB, {growth / 2**20:+.2f} MiB by its slope"
    return Fact(claim, growth <= allowed, shown)


async def soak(
    *, articles: int, seed: int, concurrency: int, rate: float, samples: int = 60
) -> Report:
    """Run `articles` articles, `concurrency` at once; `rate` of the requests meet a fault."""
    report = Report(articles)
    report.ends.extend([0] * articles)
    report.outcomes.extend([0] * articles)
    faults = ["--fault-rate", str(rate), "--seed", str(seed)]
    for kind in KINDS:
        faults += ["--fault", kind]
    counts = ["--cached-tokens", "128", "--reasoning-tokens", "16"]
    async with _server(*faults, *counts) as base_url, _server("--then", "hang") as nowhere:
        started = time.monotonic()
        async with (
            _summarizer(base_url, 120.0, concurrency) as main,
            Summarizer(engine="extractive") as reference,
        ):
            numbers = iter(range(articles))
            step = max(1, articles // samples)

            async def work() -> None:
                for number in numbers:
                    if number % _UNANSWERED == _UNANSWERED // 2:
                        await _unanswered(nowhere, number, report)
                    else:
                        await _one(main, reference, number, report)
                    if number % step == 0 and (memory := _memory()) is not None:
                        report.memory.append(memory)

            watch = asyncio.create_task(_watch(report))
            await asyncio.gather(*(work() for _ in range(concurrency)))
            watch.cancel()
            await asyncio.wait([watch])
        report.seconds = time.monotonic() - started
        report.left_running = len(asyncio.all_tasks()) - 1
        report.server = await asyncio.to_thread(_told, base_url)
        report.unanswered = await asyncio.to_thread(_told, nowhere)
    return report


async def _watch(report: Report) -> None:
    """See for how long the event loop stands still."""
    while True:
        before = time.monotonic()
        await asyncio.sleep(0.01)
        report.longest_stall = max(report.longest_stall, time.monotonic() - before - 0.01)


async def _one(summarizer: Summarizer, reference: Summarizer, number: int, report: Report) -> None:
    text = article(number)
    attempts: Iterable[Attempt] = ()
    try:
        found = await summarizer.asummarize(text)
    except SummarizerError as error:
        result = type(error).__name__
        attempts = getattr(error, "attempts", ())
    except Exception as error:  # noqa: BLE001 - to be shown as what must not happen
        result = type(error).__name__
        report.untyped.append(f"article {number}: {result}")
    else:
        result = "right answer"
        attempts = found.provenance.attempts
        if not _same(found, await reference.asummarize(text)):
            report.wrong.append(number)
    for attempt in attempts:
        report.attempts[attempt.outcome] += 1
        report.unsent += attempt.cost_usd == 0.0  # known to be nothing: it never left
        for name in _TOKENS.values():
            report.tokens[name] += getattr(attempt, name) or 0
    _ended(report, number, result, [f"{a.purpose} {a.outcome}" for a in attempts])


async def _unanswered(base_url: str, number: int, report: Report) -> None:
    """An article that its deadline ends, or its caller."""
    # Each by an engine of its own: one alone would soon leave a dead endpoint alone.
    async with _summarizer(base_url, _DEADLINE, 1) as summarizer:
        work = asyncio.ensure_future(summarizer.asummarize(article(number)))
        if (number // _UNANSWERED) % 2:
            await asyncio.wait([work], timeout=_PATIENCE)
            given_up = time.monotonic()
            work.cancel()
            await asyncio.wait([work])
            took = time.monotonic() - given_up
            report.longest_cancellation = max(report.longest_cancellation, took)
        await asyncio.wait([work])
    result = "given up" if work.cancelled() else type(work.exception()).__name__
    if result not in {"given up", "EngineTimeout"}:
        report.untyped.append(f"article {number}: {result}")
    _ended(report, number, result, [])


def _ended(report: Report, number: int, result: str, outcomes: Iterable[str]) -> None:
    report.ends[number] += 1
    report.results[result] += 1
    name = ", ".join((result, *outcomes))
    report.outcomes[number] = report.names.setdefault(name, len(report.names) + 1)


def _same(one: Summary, other: Summary) -> bool:
    """Whether two records say the same, however they were made."""
    return one.model_copy(update={"provenance": other.provenance}) == other


def _summarizer(base_url: str, timeout: float, concurrency: int) -> Summarizer:
    settings = Settings(
        engine="openai", model="loopback", base_url=base_url, timeout=timeout,
        concurrency=concurrency, cache=False,
    )  # fmt: skip
    # Nobody else asks this server: short waits serve as well as long ones.
    retries = RetryPolicy(first_wait=0.05, longest_wait=1.0)
    return Summarizer(settings, engine=OpenAIEngine(settings, retries=retries))


@asynccontextmanager
async def _server(*options: str) -> AsyncIterator[str]:
    """A loopback server in a process of its own; gives its base URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "summarizer.testing", *options,
        cwd=Path(__file__).parents[1], stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


def _told(base_url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{base_url}/loopback/usage") as answer:  # noqa: S310 - loopback
        found: dict[str, Any] = json.load(answer)
        return found


def _memory() -> int | None:
    """Bytes of memory that this process holds, where the system tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * resource.getpagesize()


def _slope(values: Sequence[float]) -> float:
    """The least squares' rise from one value to the next."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    rise = sum((at - middle) * (value - mean) for at, value in enumerate(values))
    return rise / sum((at - middle) ** 2 for at in range(len(values)))


def plot(samples: Sequence[int], *, height: int = 6) -> str:
    """The memory over the run, from nothing to its most, as lines of text."""
    most = max(samples)
    lines = []
    for row in range(height, 0, -1):
        line = "".join("#" if value * height > most * (row - 1) else " " for value in samples)
        lines.append(f"{most * row / height / 2**20:7.1f} |{line}")
    return "\n".join([*lines, f"    MiB +{'-' * len(samples)}"])


def show(report: Report) -> None:
    """Print what a run came to."""
    print(f"{report.seconds:.1f} s, {report.articles / report.seconds:.0f} articles per second")
    for title, counts in (("articles", report.results), ("attempts", report.attempts)):
        listed = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        print(f"{title}: {listed}")
    print(
        f"given up: over within {report.longest_cancellation * 1000:.0f} ms at most; "
        f"longest stall of the event loop {report.longest_stall * 1000:.0f} ms"
    )
    if report.memory:
        print(plot(report.memory))
    print(f"outcomes: {report.digest()}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and run the beginning again."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--concurrency", type=int, default=64, metavar="N")
    parser.add_argument("--rate", type=float, default=0.3, metavar="SHARE", help="of faults")
    parser.add_argument(
        "--again", type=int, default=500, metavar="N", help="articles to run twice; 500"
    )
    options = parser.parse_args(arguments)
    print(
        f"{options.articles} articles, {options.concurrency} at once, faults at "
        f"{options.rate:.0%} of {len(KINDS)} kinds, seed {options.seed}"
    )
    common = {"seed": options.seed, "concurrency": options.concurrency, "rate": options.rate}
    report = asyncio.run(soak(articles=options.articles, **common))
    show(report)
    found = list(facts(report))
    again = min(options.again, options.articles)
    if again:
        second = asyncio.run(soak(articles=again, **common)).digest()
        same = report.digest(again) == second
        shown = f"the first {again} articles again: {second}"
        found.append(Fact("the same seed gives the same outcomes", same, shown))
    for fact in found:
        print(f"{'yes' if fact.holds else 'NO '}  {fact.claim} ({fact.shown})")
    return 0 if all(fact.holds for fact in found) else 1


if __name__ == "__main__":
    sys.exit(main())
