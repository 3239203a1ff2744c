"""Cost of a subject beside a yardstick, both measured in turns in one run.

A ratio survives a change of machine, and turns survive a machine that slows down midway:
each round's ratio is taken on its own, and their median is reported.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

#: Calls are repeated within one measurement until it lasts this long, in seconds.
_SHORTEST = 0.005


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds: on the clock, and of the processor in this process or its child."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Case:
    """A subject, the yardstick it is measured against, and how often."""

    name: str
    subject: Callable[[], Cost]
    yardstick_name: str
    yardstick: Callable[[], Cost]
    rounds: int


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds; times in seconds."""

    name: str
    yardstick: str
    rounds: int
    subject_wall: float
    yardstick_wall: float
    wall_ratio: float
    cpu_ratio: float
    #: The middle half of the rounds' wall ratios lies within these.
    wall_ratio_low: float
    wall_ratio_high: float


def process(
    command: Sequence[str | os.PathLike[str]], environment: Mapping[str, str] | None = None
) -> Callable[[], Cost]:
    """A measure of one whole process. Raises CalledProcessError if it fails."""

    def measure() -> Cost:
        cpu, wall = _children(), time.perf_counter()
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment, check=True,
        )  # fmt: skip
        return Cost(time.perf_counter() - wall, _children() - cpu)

    return measure


def call(function: Callable[[], object]) -> Callable[[], Cost]:
    """A measure of one call in this process, taken over as many as can be timed well."""
    repeats = _repeats(function)

    def measure() -> Cost:
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(repeats):
            function()
        return Cost((time.perf_counter() - wall) / repeats, (time.process_time() - cpu) / repeats)

    return measure


def run(case: Case) -> Result:
    """Measure a case. One round before the first warms caches and is not counted."""
    pairs: list[tuple[Cost, Cost]] = []
    for number in range(case.rounds + 1):
        # Each goes first in half of the rounds.
        if number % 2:
            subject, yardstick = case.subject(), case.yardstick()
        else:
            yardstick, subject = case.yardstick(), case.subject()
        pairs.append((subject, yardstick))
    pairs = pairs[1:]
    walls = [subject.wall / yardstick.wall for subject, yardstick in pairs]
    low, _, high = statistics.quantiles(walls, n=4)
    return Result(
        name=case.name,
        yardstick=case.yardstick_name,
        rounds=case.rounds,
        subject_wall=statistics.median(subject.wall for subject, _ in pairs),
        yardstick_wall=statistics.median(yardstick.wall for _, yardstick in pairs),
        wall_ratio=statistics.median(walls),
        cpu_ratio=statistics.median(subject.cpu / yardstick.cpu for subject, yardstick in pairs),
        wall_ratio_low=low,
        wall_ratio_high=high,
    )


def _children() -> float:
    """Processor seconds of every child process that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _repeats(function: Callable[[], object]) -> int:
    """How many calls make a measurement long enough for the clock."""
    repeats = 1
    while True:
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        if time.perf_counter() - start >= _SHORTEST:
            return repeats
        repeats *= 2
