"""What a worker process can be asked for, and the form in which it answers."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from summarizer.article import Article
from summarizer.draft import Draft, DraftItem
from summarizer.grounding import Checked, EvidenceIndex, ground
from summarizer.schema import (
    FIELD_NAMES,
    Adjustment,
    Background,
    FieldName,
    Reaction,
    Rejection,
    What,
    When,
    Where,
    Who,
)

T = TypeVar("T")
#: What is new in a Checked: its item, its rejection and its adjustments.
_Entry = tuple[T | None, Rejection | None, tuple[Adjustment, ...]]

#: Articles whose index a worker keeps, for the further parts of a long one and for repairs.
_KEPT = 8


def read(text: str, title: str | None, published: dt.date | None) -> Article:
    """As `Article.from_text`."""
    return Article.from_text(text, title=title, published=published)


def _draft(article: Article) -> str:
    from summarizer.engines.extractive import draft

    return draft(article).model_dump_json()


def _ground(given: str, article: Article, preferred: tuple[int, int] | None) -> str:
    index = _index(article)
    if preferred is not None:
        index = index.preferring(*preferred)
    return told(ground(Draft.model_validate_json(given), index))


@functools.lru_cache(maxsize=_KEPT)
def _index(article: Article) -> EvidenceIndex:
    return EvidenceIndex(article)


#: What a worker can be asked for, by name.
TASKS: Mapping[str, Callable[..., Any]] = {"read": read, "draft": _draft, "ground": _ground}


class _Told(BaseModel):
    """What grounding made of a draft's items, in order, without the items themselves."""

    what: list[_Entry[What]]
    who: list[_Entry[Who]]
    where: list[_Entry[Where]]
    when: list[_Entry[When]]
    reactions: list[_Entry[Reaction]]
    background: list[_Entry[Background]]


def told(checked: Iterable[Checked]) -> str:
    """The entries, for the way to where their draft is known."""
    fields: dict[str, list[Any]] = {name: [] for name in FIELD_NAMES}
    for entry in checked:
        fields[entry.field].append((entry.item, entry.rejection, entry.adjustments))
    return _Told.model_construct(None, **fields).model_dump_json()


def heard(message: str, draft: Draft) -> list[Checked]:
    """The entries again, with the items of the draft that was checked."""
    fields = _Told.model_validate_json(message)
    return [
        Checked(name, drafted, *entry)
        for name in FIELD_NAMES
        for drafted, entry in zip(_items(draft, name), getattr(fields, name), strict=True)
    ]


def _items(draft: Draft, name: FieldName) -> Sequence[DraftItem]:
    found = getattr(draft, name)
    return found if isinstance(found, list) else [found] if found is not None else []
