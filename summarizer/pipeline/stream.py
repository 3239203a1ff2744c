"""Items that are handed on as soon as they are verified."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from summarizer import repair
from summarizer.draft import DraftItem
from summarizer.grounding import Checked, EvidenceIndex, Item, check, identity
from summarizer.schema import FieldName


class Verified(NamedTuple):
    """An item that the article supports, and its field in the record."""

    field: FieldName
    item: Item


OnVerified = Callable[[Verified], None]


class Stream:
    """Hands on each item once, the sooner the better, and never one that is not kept.

    An item with a problem waits: the repair may mend it. What was handed on stays, also
    where the answer that it came in broke off and the next one lacks it.
    """

    def __init__(self, index: EvidenceIndex, on_verified: OnVerified) -> None:
        self._index = index
        self._on_verified = on_verified
        self._entries: dict[tuple[object, ...], Checked] = {}

    def offer(self, field: FieldName, drafted: DraftItem) -> None:
        """Check an item of an answer that is still coming in."""
        entry = check(field, drafted, self._index)
        if not entry.problems:
            self._hand_on(entry)

    def kept_in(self, checked: list[Checked]) -> list[Checked]:
        """A whole answer's entries, with what was handed on and is not among them."""
        if self._holds_all(checked):
            return checked
        return repair.merge(self._entries.values(), checked)

    def mended(self, first: list[Checked], second: list[Checked]) -> list[Checked]:
        """What a second answer makes of the first, as `repair.merge`.

        What was handed on of an answer in between, which broke off, mends too.
        """
        merged = repair.merge(first, second)
        if self._holds_all(merged):
            return merged
        return repair.merge(repair.merge(first, self._entries.values()), second)

    def finish(self, checked: Iterable[Checked]) -> None:
        """Hand on the rest of the record."""
        for entry in checked:
            self._hand_on(entry)

    def _holds_all(self, checked: Iterable[Checked]) -> bool:
        there = {_key(entry): entry.item for entry in checked if entry.item is not None}
        return all(there.get(key) == entry.item for key, entry in self._entries.items())

    def _hand_on(self, entry: Checked) -> None:
        if entry.item is None or (key := _key(entry)) in self._entries:
            return
        self._entries[key] = entry
        self._on_verified(Verified(entry.field, entry.item))


def _key(entry: Checked) -> tuple[object, ...]:
    assert entry.item is not None
    return (entry.field, *identity(entry.item))
