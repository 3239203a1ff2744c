"""`python -m bench.kills`: a batch that is killed at random points, and run again each time.

The command itself runs in a process of its own and is killed by SIGKILL: when so many rows are
written, and a few milliseconds later, or at some moment of its start. A loopback server, which
is no model, notes which articles it was asked about. What must be true at the end is printed as
facts, and the exit code is 1 if one of them is not.

The points follow from the seed; what is in flight at one of them is the machine's doing.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import rows
from bench.invented import article
from bench.processes import Process, children
from summarizer.testing import LoopbackServer, answers

ROOT = Path(__file__).parents[1]
#: So many of the kills come while the process starts: seconds after it was made, at most.
_AT_START = 0.2
_START = 1.0
#: Seconds after a row was seen, at most: anywhere in the work on the next ones.
_AFTER = 0.05
_LATENCY = 0.02


@dataclass
class Report:
    """What a run came to."""

    articles: int
    jobs: int
    kills: int
    #: Whole rows after each kill, and whether the last row was torn.
    rows: list[int] = field(default_factory=list)
    torn: int = 0
    #: By run of the command: the articles that the server was asked about.
    asked: list[list[bytes]] = field(default_factory=list)
    #: How often each article is in the output, by its location.
    found: Counter[str] = field(default_factory=Counter)
    wanted: set[str] = field(default_factory=set)
    #: Whether each row is about the text of its location.
    right: int = 0
    sound: bool = False
    exit_code: int | None = None
    files: list[str] = field(default_factory=list)
    orphans: int = 0
    seconds: float = 0.0

    @property
    def again(self) -> list[int]:
        """After each kill: articles that the server was asked about once more."""
        seen: set[bytes] = set()
        counts = []
        for run in self.asked:
            counts.append(len(run) - len(set(run) - seen))
            seen.update(run)
        return counts[1:]


@dataclass(frozen=True)
class Fact:
    """What must be true, whether it is, and what shows it."""

    claim: str
    holds: bool
    shown: str


def facts(report: Report, output: str) -> Iterator[Fact]:
    """What a run must have shown."""
    once = sum(1 for name in report.wanted if report.found[name] == 1)
    yield Fact(
        "each article is in the output exactly once",
        once == report.articles == report.found.total(),
        f"{once} of {report.articles} once, {report.found.total()} rows",
    )
    yield Fact(
        "each row is about its article's text",
        report.right == report.articles,
        f"{report.right} with the SHA-256 of the file",
    )
    yield Fact("the file is whole", report.sound, "read to its end, items and all")
    yield Fact(
        "no kill cost a row that was written",
        report.rows == sorted(report.rows),
        f"{report.rows[0]} rows after the first kill, {report.rows[-1]} after the last",
    )
    places = len(set(report.rows))
    yield Fact(
        "the kills came throughout the batch",
        places > report.kills // 2 and report.rows[-1] > report.articles // 2,
        f"{places} different places, {report.torn} torn rows",
    )
    most = max(report.again, default=0)
    yield Fact(
        "after a kill at most the calls in flight are made again",
        most <= report.jobs,
        f"{most} at most of {report.jobs} in flight, {sum(report.again)} over {report.kills} kills",
    )
    requests = sum(map(len, report.asked))
    twice = sum(len(run) - len(set(run)) for run in report.asked)
    yield Fact(
        "nothing is asked twice between two kills",
        twice == 0 and requests == report.articles + sum(report.again),
        f"{twice} of {requests} requests for {report.articles} articles",
    )
    yield Fact("the last run ends well", report.exit_code == 0, f"exit code {report.exit_code}")
    yield Fact(
        "nothing is left behind",
        report.files == [output] and not report.orphans,
        f"{', '.join(report.files)}; {report.orphans} processes",
    )


def run(
    folder: Path, *, articles: int, kills: int, seed: int, jobs: int, output: str, workers: int
) -> Report:
    """Run a batch of so many articles to its end, with so many kills on the way."""
    chance = random.Random(seed)
    report = Report(articles, jobs, kills)
    news, path = folder / "news", folder / "out" / output
    news.mkdir()
    path.parent.mkdir()
    for number in range(articles):
        (news / f"{number:06}.txt").write_text(article(number), encoding="utf-8")
    made: list[Process] = []
    began = time.monotonic()
    with LoopbackServer(latency=_LATENCY) as server:
        command = [
            sys.executable, "-m", "summarizer", str(news), "--output", str(path),
            "--jobs", str(jobs), "--base-url", server.base_url, "--model", "loopback",
            "--no-cache", "--quiet", *(("--workers", str(workers)) if workers else ()),
        ]  # fmt: skip
        # The points are spread over the whole batch, so that it goes on between them.
        for point in sorted(chance.randrange(articles - jobs) for _ in range(kills)):
            process = subprocess.Popen(command, cwd=ROOT, env=_environment(len(report.rows)))
            if chance.random() < _AT_START:
                _wait(process, chance.uniform(0, _START))
            else:
                while process.poll() is None and rows.count(path) <= point:
                    time.sleep(0.002)
                _wait(process, chance.uniform(0, _AFTER))
            made += children(process.pid)
            process.kill()
            if process.wait() != -signal.SIGKILL:
                raise SystemExit(f"the batch ended by itself, with exit code {process.returncode}")
            report.rows.append(rows.count(path))
            report.torn += rows.is_torn(path)
            _progress(report)
        last = _environment(kills)
        report.exit_code = subprocess.run(command, cwd=ROOT, env=last, check=False).returncode
        report.asked = [[] for _ in range(kills + 1)]
        for received in server.requests:
            article_text = answers.article_in(received.body or {})
            number = int(received.headers["authorization"].rpartition("-")[2])
            report.asked[number].append(hashlib.sha256(article_text.encode()).digest())
        report.orphans = sum(process.runs() for process in made)
    report.seconds = time.monotonic() - began
    report.wanted = {str(each) for each in news.iterdir()}
    for location, digest in rows.read(path):
        report.found[location] += 1
        text = Path(location).read_bytes() if location in report.wanted else b""
        report.right += hashlib.sha256(text).hexdigest() == digest
    report.sound = rows.sound(path)
    report.files = sorted(each.name for each in path.parent.iterdir())
    return report


def _environment(run: int) -> dict[str, str]:
    """A run's own key: what a killed one had sent is told from what the next one sends."""
    return {**os.environ, "OPENAI_API_KEY": f"run-{run}"}


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Give a process so long, or until it ends."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _progress(report: Report) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{len(report.rows)} kills, {report.rows[-1]} rows ")
        sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print what was shown."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--articles", type=int, default=2_000, metavar="N")
    parser.add_argument("--kills", type=int, default=50, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--jobs", type=int, default=16, metavar="N")
    parser.add_argument("--workers", type=int, default=0, metavar="N")
    parser.add_argument("--output", default="out.jsonl", metavar="NAME", help="its ending tells")
    options = parser.parse_args(arguments)
    if options.articles < 10 * options.jobs:
        parser.error("--articles is ten times --jobs at least, so that kills find work in flight")
    print(
        f"{options.articles} articles into {options.output}, {options.jobs} at once, "
        f"{options.kills} kills, seed {options.seed}",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        report = run(
            Path(folder), articles=options.articles, kills=options.kills, seed=options.seed,
            jobs=options.jobs, output=options.output, workers=options.workers,
        )  # fmt: skip
    print(f"{report.seconds:.0f} s; calls made again after each kill: {report.again}")
    found = list(facts(report, options.output))
    for fact in found:
        print(f"{'yes' if fact.holds else 'NO '}  {fact.claim} ({fact.shown})")
    return 0 if all(fact.holds for fact in found) else 1


if __name__ == "__main__":
    sys.exit(main())
