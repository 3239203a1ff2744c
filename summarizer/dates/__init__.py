"""Dates: EDTF level 0 values, time expressions in English, and whether the two agree.

Nothing here reads the clock: "yesterday" means something only beside a reference date.
"""

from summarizer.dates.agreement import Disagreement, disagreement
from summarizer.dates.edtf import Edtf, bounds, parse
from summarizer.dates.expression import TimeExpression
from summarizer.dates.words import find, own_year

__all__ = [
    "Disagreement",
    "Edtf",
    "TimeExpression",
    "bounds",
    "disagreement",
    "find",
    "own_year",
    "parse",
]
