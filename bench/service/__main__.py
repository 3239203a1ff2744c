"""`python -m bench.service`: the service under load, beside an endpoint that only echoes.

Subjects and yardsticks have their turns in every round, so that a machine which slows down
meets both; each round has a ratio, and their median is shown. wrk asks, in one thread; the
articles are invented and small, and no answer is kept. `--write` puts the tables into a page
between its two marks.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.batch import articles, server
from bench.service import processes, wrk
from bench.service.processes import Server
from bench.service.wrk import Load
from summarizer.service import auth

BEGIN, END = "<!-- from bench.service -->", "<!-- to here -->"

#: Connections where each answer takes a core, and where it is waited for.
_BUSY, _WAITING = 16, 64
#: Articles that are sent in turn, and those of a batch.
_ARTICLES, _BATCH = 256, 500
#: A service that is soon full, what is asked of it, and what one key may ask.
_RUNNING, _QUEUE, _FLOOD, _PER_MINUTE = 8, 8, 128, 4


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a path of a server, the load on it, and the yardstick's name."""

    name: str
    server: Server
    path: str
    connections: int
    yardstick: str | None = None


@dataclass(frozen=True, slots=True)
class Flood:
    """What came of as much as a service can do, of more, and of the requests right after it."""

    fitting: Load
    load: Load
    seconds_until_answer: float
    after: dict[int, int]
    limited: dict[int, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.service", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="3 unless told")
    parser.add_argument("--seconds", type=int, default=6, metavar="N", help="a turn; 6 unless told")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into FILE too")
    options = parser.parse_args(arguments)
    if not wrk.there():
        parser.error("wrk is not installed; on Debian and Ubuntu: apt-get install wrk")
    bodies = [json.dumps({"text": text}) for text in articles.texts("small", _ARTICLES, series=7)]
    told = "\n".join(_measured(bodies, options.rounds, options.seconds))
    print(told)
    if options.write:
        options.write.write_text(into(options.write.read_text(), told))
    return 0


def into(page: str, told: str) -> str:
    """The page with other tables between its marks. Raises ValueError if it has none."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no marks")
    return f"{head}{BEGIN}\n{told}\n{END}{tail}"


def _measured(bodies: Sequence[str], rounds: int, seconds: int) -> Iterator[str]:
    """The tables, in lines."""
    key, line = auth.make("limited")
    free, free_line = auth.make("free")
    with ExitStack() as running:
        endpoint = running.enter_context(server.running())
        server.control(endpoint, latency=1.0, jitter=0.0, size="small")
        model = ("--engine", "openai", "--base-url", f"{endpoint}/v1")
        yardstick = running.enter_context(processes.echo())
        extractive = running.enter_context(processes.service("--engine", "extractive"))
        waiting = running.enter_context(processes.service(*model))
        small = running.enter_context(
            processes.service(
                *model, "--running", str(_RUNNING), "--queue", str(_QUEUE),
                "--queue-timeout", "2",
                SUMMARIZE_SERVER_KEYS=f"{line} requests_per_minute={_PER_MINUTE};{free_line}",
            )
        )  # fmt: skip
        subjects = [
            Subject("echo", yardstick, "/echo", _BUSY),
            Subject("extractive engine", extractive, "/v1/summaries", _BUSY, "echo"),
            Subject("echo after 1 s", yardstick, "/wait", _WAITING),
            Subject("model of 1 s", waiting, "/v1/summaries", _WAITING, "echo after 1 s"),
        ]
        idle = {one.name: one.server.memory() for one in subjects}
        loads: dict[str, list[Load]] = {one.name: [] for one in subjects}
        for turn in range(rounds + 1):
            for one in subjects:
                found = wrk.load(
                    one.server.url + one.path, bodies, connections=one.connections,
                    seconds=seconds if turn else 2,
                )  # fmt: skip
                if turn:  # the first one warms what is loaded when it is first needed
                    loads[one.name].append(found)
        yield from _table(subjects, loads, idle)
        rate = _batch(extractive, bodies)
        single = statistics.median(load.rate for load in loads["extractive engine"])
        yield (
            f"\nA batch of {_BATCH:,} articles with the extractive engine: {rate:,.0f} articles a "
            f"second, each row on the disk, {rate / single:.2f} times the pace of single requests."
        )
        yield from _flood_told(_flood(small, bodies, seconds, key, free))
    yield (
        f"\nPython {platform.python_version()}, {os.cpu_count()} cores, {rounds} rounds of "
        f"{seconds} s; wrk and the model's stand-in have their share of the cores."
    )


def _table(
    subjects: Sequence[Subject], loads: dict[str, list[Load]], idle: dict[str, float]
) -> Iterator[str]:
    yield "| | connections | answers/s | p50 ms | p99 ms | failed | memory MB | before, MB |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in subjects:
        found = loads[one.name]
        failed = sum(load.limited + load.busy + load.other + load.broken for load in found)
        yield (
            f"| {one.name} | {one.connections} | {_middle(found, lambda load: load.rate):,.1f} "
            f"| {1000 * _middle(found, lambda load: load.p50):,.1f} "
            f"| {1000 * _middle(found, lambda load: load.p99):,.1f} | {failed} "
            f"| {one.server.memory() / 1e6:.0f} | {idle[one.name] / 1e6:.0f} |"
        )
    yield ""
    yield "| ratio, of each round, and its median | answers/s | p50 | p99 | memory |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for one in subjects:
        if one.yardstick is None:
            continue
        other = next(two for two in subjects if two.name == one.yardstick)
        pairs = list(zip(loads[one.name], loads[other.name], strict=True))
        yield (
            f"| {one.name} to {other.name} "
            f"| {statistics.median(a.rate / b.rate for a, b in pairs):.3f} "
            f"| {statistics.median(a.p50 / b.p50 for a, b in pairs):.2f} "
            f"| {statistics.median(a.p99 / b.p99 for a, b in pairs):.2f} "
            f"| {one.server.memory() / other.server.memory():.1f} |"
        )


def _middle(loads: Sequence[Load], value: Callable[[Load], float]) -> float:
    return statistics.median(map(value, loads))


def _batch(where: Server, bodies: Sequence[str]) -> float:
    """Articles of a batch in a second, from the first byte sent to the last row written."""
    content = "".join(f"{bodies[n % len(bodies)]}\n" for n in range(_BATCH)).encode()
    began = time.perf_counter()
    request = urllib.request.Request(  # noqa: S310 - on this machine
        f"{where.url}/v1/batches", content, {"Content-Type": "application/x-ndjson"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
        place = where.url + answer.headers["Location"]
    while True:
        with urllib.request.urlopen(place, timeout=60) as answer:  # noqa: S310 - the same
            counts = json.load(answer)["counts"]
        if not counts["left"]:
            assert not counts["failed"]
            return _BATCH / (time.perf_counter() - began)
        time.sleep(0.05)


def _flood(where: Server, bodies: Sequence[str], seconds: int, key: str, free: str) -> Flood:
    """Ask for more than it can do, and then for what it can."""
    url = f"{where.url}/v1/summaries"
    _statuses(url, bodies[:_RUNNING], free)  # loads what is loaded when it is first needed
    fitting = wrk.load(url, bodies, connections=_RUNNING, seconds=seconds, key=free)
    load = wrk.load(url, bodies, connections=_FLOOD, seconds=seconds, key=free)
    began = time.perf_counter()
    while (status := _status(url, bodies[0], free)) != 200:
        assert status == 503
        time.sleep(0.05)
    until_answer = time.perf_counter() - began
    return Flood(
        fitting,
        load,
        until_answer,
        _statuses(url, bodies[:_RUNNING], free),
        _statuses(url, bodies[: 2 * _PER_MINUTE], key),
    )


def _statuses(url: str, bodies: Sequence[str], key: str) -> dict[int, int]:
    """The answers to some requests at once, by status."""
    with ThreadPoolExecutor(len(bodies)) as threads:
        found = list(threads.map(lambda body: _status(url, body, key), bodies))
    return {status: found.count(status) for status in sorted(set(found))}


def _status(url: str, body: str, key: str) -> int:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, body.encode(), headers)  # noqa: S310 - on this machine
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def _flood_told(flood: Flood) -> Iterator[str]:
    load = flood.load
    yield (
        f"\nToo much: a service that works on {_RUNNING} articles at once and has {_QUEUE} wait, "
        f"at a model of 1 s. Over {_RUNNING} connections it answers {flood.fitting.ok:,} articles "
        f"in {flood.fitting.seconds:.1f} s; over {_FLOOD}, {load.ok:,} in {load.seconds:.1f} s, "
        f"and it turns {load.busy:,} away with 503, half of all answers within "
        f"{1000 * load.p50:.1f} ms. "
        f"{load.bare:,} of those had no Retry-After; {load.other + load.broken:,} ended otherwise."
    )
    yield (
        f"Right after, one request was answered after {flood.seconds_until_answer:.2f} s, and "
        f"{_RUNNING} at once with {_told(flood.after)}. A key of {_PER_MINUTE} requests a minute "
        f"that sends {2 * _PER_MINUTE} at once gets {_told(flood.limited)}."
    )


def _told(statuses: dict[int, int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in statuses.items())


if __name__ == "__main__":
    sys.exit(main())
