"""`python -m bench.scale`: the memory and the pace of a batch of 100,000 small articles.

The command itself runs in a process of its own, with the extractive engine, so that nothing
waits for an endpoint; with `--engine openai`, it asks a loopback server, which is no model and
does not count. Its memory, its processor time and its rows are read from outside, once
a second. Invented articles are the rows of one JSONL file, or a file each. What must be true at
the end is printed as facts, and the exit code is 1 if one of them is not; `bench.scale_chart`
draws what `--json` keeps.

The pace is told in processor time for an article, which says the same on a busy machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import processes
from bench.invented import article

ROOT = Path(__file__).parents[1]
#: Files of one directory, so that its names do not count.
_PER_FOLDER = 1_000
#: Over the last nine tenths: a share of the memory, and bytes, since allocators round up; and a
#: share of the processor time for an article.
_GROWTH = 0.03
_GROWTH_BYTES = 4 << 20
_SLOWDOWN = 0.10


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen at one moment. Times in seconds, memory in bytes."""

    elapsed: float
    rows: int
    #: Resident memory of the command, and of its worker processes together, where pages
    #: that they share count for each.
    memory: int
    worker_memory: int
    #: Processor time of all of them.
    cpu: float


@dataclass(slots=True)
class Report:
    """What a run came to."""

    articles: int
    source: str
    engine: str
    workers: int
    input_bytes: int = 0
    output_bytes: int = 0
    rows: int = 0
    exit_code: int | None = None
    samples: list[Sample] = field(default_factory=list)


@dataclass(frozen=True)
class Fact:
    """What must be true, whether it is, and what shows it."""

    claim: str
    holds: bool
    shown: str


@dataclass(frozen=True, slots=True)
class Tenth:
    """A tenth of the articles: its pace, and the most memory that was seen in it."""

    #: Seconds for an article, of the processor and on the clock.
    cpu: float
    wall: float
    memory: int


def tenths(report: Report) -> list[Tenth]:
    """The run in ten parts of as many articles, as far as samples tell. Needs some of each."""
    parts: list[list[Sample]] = [[] for _ in range(10)]
    for sample in report.samples:
        parts[min(9, sample.rows * 10 // report.articles)].append(sample)
    found = []
    for part in parts:
        if len(part) < 2 or part[0].rows == part[-1].rows:
            raise ValueError("too few samples: take more articles")
        done = part[-1].rows - part[0].rows
        found.append(
            Tenth(
                cpu=(part[-1].cpu - part[0].cpu) / done,
                wall=(part[-1].elapsed - part[0].elapsed) / done,
                memory=max(each.memory + each.worker_memory for each in part),
            )
        )
    return found


def facts(report: Report) -> Iterator[Fact]:
    """What a run must have shown. The first tenth warms up, and the second is the yardstick."""
    yield Fact(
        "each article has its row",
        report.rows == report.articles and report.exit_code == 0,
        f"{report.rows:,} of {report.articles:,}, exit code {report.exit_code}",
    )
    parts = tenths(report)
    memory, slow = [part.memory for part in parts], [part.cpu for part in parts]
    allowed = max(memory[1] * _GROWTH, _GROWTH_BYTES)
    yield Fact(
        "memory does not grow with the articles",
        memory[-1] - memory[1] <= allowed,
        f"MiB at most in each tenth: {_listed(value / 2**20 for value in memory)}",
    )
    yield Fact(
        "the last articles take no longer than the first",
        slow[-1] <= slow[1] * (1 + _SLOWDOWN),
        f"processor ms for an article in each tenth: {_listed(value * 1000 for value in slow)}",
    )


def run(
    folder: Path, *, articles: int, source: str, engine: Sequence[str], workers: int, every: float
) -> Report:
    """Make the input, and watch a batch of it. `engine` is the command's options."""
    report = Report(articles, source, engine[1], workers)
    named = _input(folder, articles, source)
    report.input_bytes = sum(each.stat().st_size for each in named.rglob("*") if each.is_file())
    output = folder / "out.jsonl"
    command = [
        sys.executable, "-m", "summarizer", str(named if source == "files" else named / "in.jsonl"),
        "--output", str(output), *engine, "--no-cache", "--quiet",
        *(("--workers", str(workers)) if workers else ()),
    ]  # fmt: skip
    began = time.monotonic()
    rows = _Rows(output)
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            while process.poll() is None:
                seen = _seen(process.pid)
                if seen is not None:
                    memory, others, cpu = seen
                    elapsed = round(time.monotonic() - began, 2)
                    report.samples.append(Sample(elapsed, rows.count(), memory, others, cpu))
                _show(report)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(every)
        except BaseException:
            process.kill()
            raise
    report.exit_code = process.returncode
    report.rows = rows.count()
    report.output_bytes = output.stat().st_size
    return report


def _input(folder: Path, articles: int, source: str) -> Path:
    made = folder / "news"
    made.mkdir()
    if source == "jsonl":
        with (made / "in.jsonl").open("w", encoding="utf-8") as lines:
            for number in range(articles):
                row = {"id": str(number), "text": article(number)}
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        return made
    for number in range(articles):
        within = made / f"{number // _PER_FOLDER:04}"
        if number % _PER_FOLDER == 0:
            within.mkdir()
        (within / f"{number:07}.txt").write_text(article(number), encoding="utf-8")
    return made


@contextlib.contextmanager
def _asking(jobs: int, latency: float) -> Iterator[list[str]]:
    """A loopback server in a process of its own, and the options that lead to it."""
    command = [sys.executable, "-m", "summarizer.testing", "--latency", str(latency)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            yield ["--engine", "openai", "--model", "loopback", "--base-url", url,
                   "--jobs", str(jobs)]  # fmt: skip
        finally:
            process.terminate()


class _Rows:
    """Counts the rows of a file that grows, each byte read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = self._count = 0

    def count(self) -> int:
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            file.seek(self._at)
            while piece := file.read(1 << 20):
                self._at += len(piece)
                self._count += piece.count(b"\n")
        return self._count


def _seen(pid: int) -> tuple[int, int, float] | None:
    """Bytes of a process and of those it made, and processor seconds of all; None at its end."""
    own = processes.usage(pid)
    if own is None or not own.memory:
        return None
    seen = [processes.usage(child.pid) for child in processes.children(pid)]
    others = [found for found in seen if found is not None]
    return own.memory, sum(each.memory for each in others), own.cpu + sum(o.cpu for o in others)


def _listed(values: Iterator[float]) -> str:
    return " ".join(f"{value:.3g}" for value in values)


def _show(report: Report) -> None:
    if sys.stderr.isatty() and report.samples:
        sys.stderr.write(f"\r{report.samples[-1].rows:,} rows ")
        sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print what was shown."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000, metavar="N")
    parser.add_argument("--source", choices=("jsonl", "files"), default="jsonl")
    parser.add_argument("--engine", choices=("extractive", "openai"), default="extractive")
    parser.add_argument("--jobs", type=int, default=64, metavar="N", help="with openai; 64")
    parser.add_argument("--latency", type=float, default=0.2, metavar="SECONDS", help="0.2")
    parser.add_argument("--workers", type=int, default=0, metavar="N")
    parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="a sample")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the samples here")
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        engine = ["--engine", "extractive"]
        if options.engine == "openai":
            engine = stack.enter_context(_asking(options.jobs, options.latency))
        report = run(
            Path(folder), articles=options.articles, source=options.source, engine=engine,
            workers=options.workers, every=options.every,
        )  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(asdict(report)) + "\n", "utf-8")
    last = report.samples[-1]
    print(
        f"{report.articles:,} articles from {report.source}, {report.engine}, "
        f"{report.workers} workers: "
        f"{last.elapsed:.0f} s, {last.cpu:.0f} s of processor time, "
        f"{report.input_bytes / report.articles:,.0f} bytes in and "
        f"{report.output_bytes / report.articles:,.0f} out for an article"
    )
    found = list(facts(report))
    for fact in found:
        print(f"{'yes' if fact.holds else 'NO '}  {fact.claim} ({fact.shown})")
    return 0 if all(fact.holds for fact in found) else 1


if __name__ == "__main__":
    sys.exit(main())
