"""Overlapping marks on a text, split into segments that do not overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a text, from `start` up to `end`, that belongs to `key`."""

    start: int
    end: int
    key: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch over which the same marks lie.

    `keys` are those of its marks, in the order the marks were given, each once; `opened`
    are the keys among them of marks that start here.
    """

    start: int
    end: int
    keys: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()


def split(length: int, marks: Iterable[Mark], *, breaks: Iterable[int] = ()) -> list[Segment]:
    """The segments of a text of `length` code points, in order, leaving no gap.

    A segment ends wherever a mark starts or ends, and at each of `breaks`. What of a mark
    lies outside the text is left out, and an empty mark is nowhere.
    """
    inside = [
        (max(mark.start, 0), min(mark.end, length), mark.key)
        for mark in marks
        if max(mark.start, 0) < min(mark.end, length)
    ]
    starting: dict[int, list[int]] = defaultdict(list)
    ending: dict[int, list[int]] = defaultdict(list)
    for number, (start, end, _) in enumerate(inside):
        starting[start].append(number)
        ending[end].append(number)
    edges = {0, length, *starting, *ending, *(at for at in breaks if 0 < at < length)}
    segments: list[Segment] = []
    active: set[int] = set()
    for start, end in pairwise(sorted(edges)):
        active.difference_update(ending[start])
        active.update(starting[start])
        segments.append(
            Segment(
                start,
                end,
                tuple(dict.fromkeys(inside[number][2] for number in sorted(active))),
                tuple(dict.fromkeys(inside[number][2] for number in starting[start])),
            )
        )
    return segments
