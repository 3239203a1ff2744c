"""A subject in a process of its own, which is told what to do line by line.

    {"size": "small", "count": 96, "series": 7, "concurrency": 16}   get ready
    {}                                                               ask

Each line is answered by one: {} or what it took.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.batch import articles, subjects
from bench.batch.subjects import Subject

_ROOT = Path(__file__).parents[2]


class Worker:
    """The other end: such a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def prepare(self, **options: Any) -> None:
        """Have it make ready what is not measured."""
        self._say(options)

    def ask(self) -> dict[str, float]:
        """Have it ask; what it took. Raises RuntimeError if that failed."""
        return self._say({})

    def _say(self, words: dict[str, Any]) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("a subject ended before it was done")
        told: dict[str, float] = json.loads(answer)
        return told


@contextmanager
def running(subject: str, address: str) -> Iterator[Worker]:
    """Such a process, to the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "bench.batch.worker", subject, address],
        cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield Worker(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def made(name: str, address: str) -> Subject:
    """A subject by its name."""
    if name == "langextract":
        from bench.batch.extractor import LangExtract

        return LangExtract(address)
    kind, _, workers = name.partition("+")
    known: dict[str, Callable[[], Subject]] = {
        "aiohttp": lambda: subjects.Aiohttp(address),
        "openai": lambda: subjects.OpenAI(address),
        "instructor": lambda: subjects.Instructor(address),
        "map": lambda: subjects.Map(address, workers=int(workers or 0)),
        "file": lambda: subjects.IntoFile(address, workers=int(workers or 0)),
    }
    return known[kind]()


def main() -> None:
    """Do what the lines of the input say, to their end."""
    name, address = sys.argv[1:]
    subject = made(name, address)
    with contextlib.closing(subject):
        for line in sys.stdin:
            told = json.loads(line)
            if told:
                listed = articles.texts(told["size"], told["count"], series=told["series"])
                subject.prepare(listed, told["concurrency"])
                answer = {}
            else:
                answer = _measured(subject)
            print(json.dumps(answer), flush=True)


def _measured(subject: Subject) -> dict[str, float]:
    gc.collect()
    children = _children()
    wall, cpu = time.perf_counter(), time.process_time()
    subject.ask()
    return {
        "seconds": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "workers_cpu": _children() - children,
    }


def _children() -> float:
    """Processor seconds of the child processes that run; 0 where nothing tells them."""
    total = 0
    with contextlib.suppress(OSError):
        for task in Path("/proc/self/task").iterdir():
            for child in (task / "children").read_text().split():
                fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
