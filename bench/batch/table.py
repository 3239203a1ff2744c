"""The results as Markdown tables, for a terminal and for the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.batch import articles
from bench.batch.cells import SUBJECTS, Cell, Result
from bench.batch.extractive import Rate


def text(results: Sequence[Result], rates: Sequence[Rate]) -> str:
    """Every table."""
    found = {result.cell for result in results}
    cells = sorted(found, key=lambda c: (c.size == "gold", c.latency, c.jitter, c.concurrency))
    kinds = {(cell.size, cell.latency): None for cell in cells}
    tables = [
        _efficiency(results, [cell for cell in cells if (cell.size, cell.latency) == kind])
        for kind in kinds
    ]
    tables += [_cost(results), _extractive(rates)]
    return "\n\n".join("\n".join(table) for table in tables)


def _efficiency(results: Sequence[Result], cells: Sequence[Cell]) -> Iterator[str]:
    of = f", {articles.items('gold'):.0f} items each" if cells[0].size == "gold" else ""
    yield _row(
        f"% of the ideal rate, answers after {_seconds(cells[0].latency)}{of}",
        *(f"{cell.concurrency}{' ±' if cell.jitter else ''}" for cell in cells),
    )
    yield _row("---", *("---:" for _ in cells))
    known = {(result.subject, result.cell): result for result in results}
    for subject, (name, _) in SUBJECTS.items():
        found = [known.get((subject, cell)) for cell in cells]
        if any(found):
            yield _row(name, *(f"{100 * r.efficiency:.0f}" if r else "" for r in found))


def _cost(results: Sequence[Result]) -> Iterator[str]:
    """Processor time, of the cell that asks the most of it."""
    cell = max(
        (r.cell for r in results if not r.cell.jitter and r.cell.size == "small"),
        key=lambda cell: cell.concurrency / cell.latency,
    )
    yield _row(f"ms of the processor per article, {_seconds(cell.latency)}, at once",
               "articles", "client", "its workers", "server")  # fmt: skip
    yield _row("---", "---:", "---:", "---:", "---:")
    for subject, (name, most) in SUBJECTS.items():
        for result in results:
            at = result.cell.concurrency
            if (
                result.subject == subject
                and (result.cell.latency, result.cell.jitter) == (cell.latency, 0.0)
                and at == min(most, cell.concurrency)
            ):
                yield _row(
                    name,
                    str(at),
                    *(
                        f"{1000 * t:.2f}"
                        for t in (result.cpu, result.workers_cpu, result.server_cpu)
                    ),
                )


def _extractive(rates: Sequence[Rate]) -> Iterator[str]:
    counts = sorted({rate.workers for rate in rates})
    heads = ("no workers" if not n else f"{n} worker{'s' * (n > 1)}" for n in counts)
    yield _row("articles a second, extractive engine", *heads)
    yield _row("---", *("---:" for _ in counts))
    for size in articles.SIZES:
        found = {rate.workers: rate.rate for rate in rates if rate.size == size}
        if found:
            name = f"{articles.characters(size):,} characters"
            yield _row(name, *(f"{found[n]:.0f}" for n in counts))


def _seconds(seconds: float) -> str:
    return f"{seconds:g} s"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
