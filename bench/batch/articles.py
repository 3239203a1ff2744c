"""The articles of this benchmark, no two alike, and the right answer to each.

An article ends with a line that tells which it is, so that the server need not read it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from bench import editions, invented
from evals.loopback import as_draft
from summarizer.article import Article
from summarizer.draft import Draft, DraftItem
from summarizer.engines.extractive import draft
from summarizer.grounding import EvidenceIndex, ground
from summarizer.schema import FIELD_NAMES

#: `small` is an invented article of some 700 characters with 8 items. `gold` is a real one
#: with the items of its gold record, some 30.
Size = Literal["small", "gold"]
SIZES: tuple[Size, ...] = ("small", "gold")

#: Finds in a request's JSON which article it is about.
MARK = re.compile(rb"Edition (\d+)\.\d+")

_INVENTED = 64
_MORE = """
The {noun} had asked for comments by letter. More than half of those who wrote were against it,
as a summary on the notice board of the town hall says, and some of them came to the meeting.
"""


@functools.cache
def originals(size: Size) -> tuple[str, ...]:
    """The articles that texts are made of."""
    if size == "gold":
        return tuple(case.text for case in editions.cases())
    return tuple(
        invented.article(number) + _MORE.format(noun="council") for number in range(_INVENTED)
    )


def texts(size: Size, count: int, *, series: int) -> list[str]:
    """So many articles. Those of two series have none in common."""
    listed = originals(size)
    return [
        f"{listed[n % len(listed)]}\nEdition {n % len(listed)}.{series * 1_000_000 + n}"
        for n in range(count)
    ]


@functools.cache
def drafts(size: Size) -> tuple[Draft, ...]:
    """The answer to each original: one that grounding finds nothing wrong with.

    For a small article that is what the extractive engine makes of it, for a gold one its
    gold record.
    """
    read = [Article.from_text(text) for text in texts(size, len(originals(size)), series=0)]
    if size == "gold":
        answers = [as_draft(case.gold) for case in editions.cases()]
    else:
        answers = [draft(article) for article in read]
    return tuple(map(_sound, answers, read))


def extractions(found: Draft) -> str:
    """A draft as langextract asks for it: the text of each item, by its field."""
    listed = [{name: item.evidence[0]} for name, item in _items(found)]
    return json.dumps({"extractions": listed}, ensure_ascii=False)


def items(size: Size) -> float:
    """How many items an answer has, on average."""
    return sum(len(_items(found)) for found in drafts(size)) / len(drafts(size))


def characters(size: Size) -> int:
    """How long an article is, on average."""
    return round(sum(map(len, originals(size))) / len(originals(size)))


def number(body: bytes | bytearray) -> int:
    """Which of the originals a request is about. Raises LookupError."""
    found = MARK.search(body)
    if found is None:
        raise LookupError("the request holds no article")
    return int(found[1])


def _sound(answer: Draft, article: Article) -> Draft:
    """What the article supports of an answer."""
    checked = ground(answer, EvidenceIndex(article))
    kept: Mapping[str, Sequence[object]] = {
        name: [e.draft for e in checked if e.field == name and not e.problems]
        for name in FIELD_NAMES
    }
    return Draft.model_validate(
        {
            name: list(found) if name != "what" else next(iter(found), None)
            for name, found in kept.items()
        }
    )


def _items(found: Draft) -> list[tuple[str, DraftItem]]:
    listed: list[tuple[str, DraftItem]] = [("what", found.what)] if found.what is not None else []
    return listed + [(name, item) for name in FIELD_NAMES[1:] for item in getattr(found, name)]
