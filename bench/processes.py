"""Processes as the system tells of them, from outside."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

#: Its place among what `_facts` finds: clock ticks since the machine started.
_BEGAN = 19


class Usage(NamedTuple):
    """Bytes of resident memory, and seconds of the processor."""

    memory: int
    cpu: float


def usage(pid: int) -> Usage | None:
    """What a process takes, what it waited for included; None if it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        times = _facts(pid)[11:15]
    except (OSError, IndexError):
        return None
    cpu = sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
    return Usage(pages * os.sysconf("SC_PAGE_SIZE"), cpu)


class Process(NamedTuple):
    """A process, told from a later one of the same number by when it began."""

    pid: int
    began: int

    def runs(self) -> bool:
        """Whether it is still there, and not only its entry."""
        try:
            facts = _facts(self.pid)
        except OSError:
            return False
        return facts[0] != "Z" and int(facts[_BEGAN]) == self.began


def children(pid: int) -> list[Process]:
    """Every process that came from this one."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text().split()):
                found += [Process(child, int(_facts(child)[_BEGAN])), *children(child)]
    return found


def _facts(pid: int) -> list[str]:
    """The fields of a process's entry after its name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
