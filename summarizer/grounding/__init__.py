"""Grounding: a Draft and its Article in; verified items and the reasons for the rest out.

Plain code, no model, no I/O. The rules:

* Evidence is found in the article to the code point (`spans`), has three words or more,
  and is not page furniture. One good passage carries an item; bad ones beside it are
  taken out and recorded.
* Names (who, where, speaker) stand in the article. A person or organization is also named
  near the evidence or in the headline.
* Numbers, months and weekdays in a statement stand in its evidence, its paragraph, the
  headline or the dateline, digits and number words alike, or are those of a date that
  these words resolve to. Names in a statement stand in the article, in whatever form.
* A quotation stands inside quotation marks, else the reaction becomes reported speech. Its
  speaker is named in the same or a neighbouring paragraph, else the attribution is
  unverified.
* A date agrees with its words (`dates`); a relative one needs a reference date.

An item whose core fails is rejected, with its reason in a sentence. A part that fails (a
quote, a date, a country, a role) is taken out of the item and recorded as an adjustment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from summarizer.draft import Draft, DraftItem
from summarizer.grounding.checked import Checked, Item, claim_of, identity
from summarizer.grounding.index import EvidenceIndex
from summarizer.grounding.items import check
from summarizer.schema import FIELD_NAMES, Rejection

__all__ = [
    "Checked",
    "DraftItem",
    "EvidenceIndex",
    "Item",
    "check",
    "claim_of",
    "ground",
    "identity",
    "without_duplicates",
]


def ground(draft: Draft, index: EvidenceIndex) -> list[Checked]:
    """Check every item of a draft against the article, in the record's order of fields."""
    checked: list[Checked] = []
    for name in FIELD_NAMES:
        drafted = getattr(draft, name)
        items: Sequence[DraftItem] = (
            drafted if isinstance(drafted, list) else [drafted] if drafted is not None else []
        )
        checked += [check(name, item, index) for item in items]
    return without_duplicates(checked)


def without_duplicates(checked: Iterable[Checked]) -> list[Checked]:
    """The same entries, with every item that repeats an earlier one rejected."""
    seen: set[tuple[object, ...]] = set()
    result = []
    for entry in checked:
        if entry.item is None:
            result.append(entry)
            continue
        key = (entry.field, *identity(entry.item))
        if key in seen:
            rejection = Rejection(
                field=entry.field,
                claim=claim_of(entry.draft),
                evidence=tuple(entry.draft.evidence),
                reason="duplicate",
                detail="the same item stands before it",
            )
            result.append(Checked(entry.field, entry.draft, None, rejection))
        else:
            seen.add(key)
            result.append(entry)
    return result
