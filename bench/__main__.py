"""Run the benchmarks and print a table, or keep the numbers as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import client, engine, lookup, startup
from bench.timing import Case, Result, run


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every case whose name holds `--only`, printing each when it is done."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="cases with TEXT in the name")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="15 unless told")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE too")
    options = parser.parse_args(arguments)
    if options.rounds < 3:
        parser.error("--rounds must be at least 3")
    print(_row("", "ms", "yardstick", "ms", "ratio", "middle half", "CPU"))
    results = []
    for case in cases(options.rounds):
        if options.only in case.name:
            results.append(run(case))
            print(_line(results[-1]), flush=True)
    if not results:
        parser.error(f"no case has {options.only!r} in its name")
    if options.json:
        options.json.write_text(json.dumps(_document(results), indent=2) + "\n")


def cases(rounds: int) -> Iterator[Case]:
    """Every case, each made when its turn comes."""
    yield from startup.cases(rounds)
    yield from lookup.cases(rounds)
    yield from engine.cases(rounds)
    yield from client.cases(rounds)


def _line(result: Result) -> str:
    return _row(
        result.name,
        f"{result.subject_wall * 1000:.3g}",
        result.yardstick,
        f"{result.yardstick_wall * 1000:.3g}",
        f"{result.wall_ratio:.2f}",
        f"{result.wall_ratio_low:.2f} to {result.wall_ratio_high:.2f}",
        f"{result.cpu_ratio:.2f}",
    )


def _row(*cells: str) -> str:
    name, wall, yardstick, yardstick_wall, ratio, middle, cpu = cells
    return (
        f"{name:<36}{wall:>8}  {yardstick:<20}{yardstick_wall:>8}{ratio:>8}  {middle:<16}{cpu:>7}"
    )


def _document(results: Sequence[Result]) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "unit": "s",
        "results": [dataclasses.asdict(result) for result in results],
    }


if __name__ == "__main__":
    main()
