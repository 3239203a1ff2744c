"""Measure, print the tables, and with `--write` put them and the chart into the documents."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import platform
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from bench.batch import articles, chart, extractive, server, table, worker
from bench.batch.cells import SUBJECTS, Cell, Result, cells, takes_part

_DOCS = Path(__file__).parents[2] / "docs"
PAGE = _DOCS / "batch-efficiency.md"
CHART = _DOCS / "images/batch-efficiency.svg"
_MEASURED = re.compile(r"(<!-- measured -->\n).*?(<!-- to here -->)", re.DOTALL)

#: Seconds of the answers that connections are opened by, which are not measured.
_WARM = 0.02


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench.batch", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a quick look, half a minute long")
    parser.add_argument("--only", default="", metavar="NAME,...", help=", ".join(SUBJECTS))
    parser.add_argument("--write", action="store_true", help="put it into the documents")
    options = parser.parse_args(arguments)
    chosen = options.only.split(",") if options.only else list(SUBJECTS)
    if unknown := set(chosen) - set(SUBJECTS):
        parser.error(f"there is no subject {min(unknown)!r}")
    results = []
    for result in measured(chosen, short=options.short):
        results.append(result)
        print(_line(result), flush=True)
    found = list(extractive.rates(short=options.short))
    tables = table.text(results, found)
    print(f"\n{tables}")
    if options.write:
        CHART.parent.mkdir(exist_ok=True)
        chart.draw(results, CHART)
        PAGE.write_text(_MEASURED.sub(_filled(tables), PAGE.read_text("utf-8")), "utf-8")


def measured(chosen: Sequence[str], *, short: bool) -> Iterator[Result]:
    """Each cell's results, subject by subject: a slow minute meets them all."""
    series = itertools.count()
    with contextlib.ExitStack() as opened:
        address = opened.enter_context(server.running())
        workers = {
            name: opened.enter_context(worker.running(name, address))
            for name in SUBJECTS
            if name in chosen
        }
        for cell in cells(short=short):
            for name, subject in workers.items():
                if takes_part(name, cell):
                    yield _measure(name, subject, cell, address, series)


def _measure(
    name: str, subject: worker.Worker, cell: Cell, address: str, series: Iterator[int]
) -> Result:
    for count, latency, jitter in (
        (cell.concurrency, _WARM, 0.0),
        (cell.articles, cell.latency, cell.jitter),
    ):
        subject.prepare(
            size=cell.size, count=count, series=next(series), concurrency=cell.concurrency
        )
        server.control(address, latency=latency, jitter=jitter, size=cell.size)
        took = subject.ask()
    told = server.control(address)
    if told["requests"] != cell.articles:
        raise RuntimeError(f"{name} asked {told['requests']:.0f} times about {cell.articles}")
    return Result(
        subject=name,
        cell=cell,
        seconds=took["seconds"],
        efficiency=told["delays"] / cell.concurrency / took["seconds"],
        cpu=took["cpu"] / cell.articles,
        workers_cpu=took["workers_cpu"] / cell.articles,
        server_cpu=told["cpu"] / cell.articles,
        peak=int(told["peak"]),
    )


def _line(result: Result) -> str:
    cell = result.cell
    return (
        f"{cell.size:<6}{cell.latency:>4g} s{'±' if cell.jitter else ' '}{cell.concurrency:>5}  "
        f"{result.subject:<12}{100 * result.efficiency:>6.1f} %  "
        f"client {1000 * result.cpu:>6.2f} ms  workers {1000 * result.workers_cpu:>6.2f} ms  "
        f"server {1000 * result.server_cpu:.2f} ms  peak {result.peak}"
    )


def _filled(tables: str) -> str:
    names = ("openai", "instructor", "langextract", "aiohttp")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        rf"\1Python {platform.python_version()}, {os.cpu_count()} cores; {versions}. "
        f"Small articles: {articles.characters('small')} characters and "
        f"{articles.items('small'):.0f} items on average.\n\n{tables}\n"
        r"\2"
    )


if __name__ == "__main__":
    main()
