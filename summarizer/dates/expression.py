"""A time expression: what is found in a text."""

from __future__ import annotations

from typing import NamedTuple

from summarizer.dates import edtf
from summarizer.dates.grammar import Parts


class TimeExpression(NamedTuple):
    """A time expression: its place (code points, from 0), its words and what they mean.

    `date` is an EDTF value, or None if words and reference do not settle it. `relative`
    says that the words alone do not: a reference date is needed. `open` marks one end
    only ("since 2022"). `first` and `last` are the calendar parts named, if any.
    """

    start: int
    end: int
    text: str
    date: str | None
    relative: bool
    open: bool = False
    modifier: str | None = None
    first: Parts | None = None
    last: Parts | None = None

    @property
    def granularity(self) -> edtf.Granularity | None:
        """The precision of `date`, or None without one."""
        return edtf.parse(self.date).granularity if self.date else None
