"""What checking makes of one drafted item."""

from __future__ import annotations

from dataclasses import dataclass

from summarizer.draft import (
    DraftBackground,
    DraftItem,
    DraftReaction,
    DraftWhat,
    DraftWhen,
    DraftWhere,
    DraftWho,
)
from summarizer.schema import (
    Adjustment,
    AdjustmentReason,
    Background,
    FieldName,
    Reaction,
    Rejection,
    What,
    When,
    Where,
    Who,
)
from summarizer.spans import fold

Item = What | Who | Where | When | Reaction | Background

#: Adjustments that cost the reader something the article may hold after all.
_WORTH_ASKING: frozenset[AdjustmentReason] = frozenset(
    {"quote_not_in_article", "date_malformed", "date_disagrees", "country_disagrees"}
)


@dataclass(frozen=True)
class Checked:
    """One item of a draft after checking.

    `item` is what could be verified, or None. `rejection` says why there is none, and
    `adjustments` what was taken out of the item.
    """

    field: FieldName
    draft: DraftItem
    item: Item | None
    rejection: Rejection | None = None
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is worth asking the engine about again, a sentence each."""
        if self.rejection is not None:
            return () if self.rejection.reason == "duplicate" else (self.rejection.detail,)
        return tuple(a.detail for a in self.adjustments if a.reason in _WORTH_ASKING)


def claim_of(item: DraftItem) -> str:
    """What an item says, in one line: its statement, name or time."""
    match item:
        case DraftWhat() | DraftReaction() | DraftBackground():
            return item.statement
        case DraftWho() | DraftWhere():
            return item.name
        case DraftWhen():
            return f"{item.text}: {item.event}"


def identity(item: Item) -> tuple[object, ...]:
    """What makes two verified items of one field the same item."""
    match item:
        case What():
            return ()
        case Who() | Where():
            return (fold(item.name).casefold(),)
        case When():
            return (item.date or fold(item.text).casefold(), fold(item.event).casefold())
        case Reaction():
            place = item.quote or item.evidence[0]
            return (fold(item.speaker).casefold(), place.start, place.end)
        case Background():
            return (item.evidence[0].start, item.evidence[0].end, fold(item.statement))
