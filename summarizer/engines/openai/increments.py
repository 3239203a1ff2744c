"""The items of a Draft, read from its JSON while that is still being written. Pure.

The text is scanned once, from left to right, and no more than one item of it is kept. What
stands around a Draft (a thought, a fence, words) is passed over. What is read here is
progress to show, and `answers.draft` decides what the answer is: an item is given if it
fits the schema by itself, and a text that turns out to hold no Draft may have given some.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import cast

from summarizer.draft import (
    DraftBackground,
    DraftItem,
    DraftReaction,
    DraftWhat,
    DraftWhen,
    DraftWhere,
    DraftWho,
)
from summarizer.engines.base import OnItem
from summarizer.schema import FieldName

#: The number of a message's text, where its function calls are counted from 0.
CONTENT = -1

_ITEMS: Mapping[str, type[DraftItem]] = {
    "what": DraftWhat,
    "who": DraftWho,
    "where": DraftWhere,
    "when": DraftWhen,
    "reactions": DraftReaction,
    "background": DraftBackground,
}

#: So much white space between two signs is read as JSON, and so much text at the end of a
#: piece may have to wait for its rest: both bound what is scanned twice.
_MOST_SPACE = 64
_LONGEST_KEY = 160
_LONGEST_TAG = 12
#: An item of more characters is none.
_LONGEST_ITEM = 100_000
#: A message with more function calls is not followed.
_MOST_PARTS = 8

_SPACE = rf"[ \t\r\n]{{0,{_MOST_SPACE}}}"
_KEY = rf'"(?P<field>{"|".join(_ITEMS)})"{_SPACE}:'
_TAGS = "think|thinking|reasoning"
_BEGIN = re.compile(rf"(?P<thought><(?i:{_TAGS})>)|\{{{_SPACE}{_KEY}")
_THOUGHT_END = re.compile(rf"</(?i:{_TAGS})>")
_NEXT_KEY = re.compile(_SPACE + _KEY)
_TOKEN = re.compile(rf"{_SPACE}([^ \t\r\n])")
_MARK = re.compile(r'["{}\[\]]')
_MARK_IN_STRING = re.compile(r'["\\]')


class Reader:
    """Reads one text. Pieces may be cut anywhere; rubbish gives nothing and raises nothing."""

    def __init__(self) -> None:
        self._held = ""
        self._step: Callable[[str, int], int] = self._outside
        self._found: list[tuple[FieldName, DraftItem]] = []
        self._field = ""
        self._item: list[str] = []
        self._size = 0
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def feed(self, piece: str) -> list[tuple[FieldName, DraftItem]]:
        """The items that the text's next piece makes whole, each with its field, in order."""
        if not piece:
            return []
        text, self._held = self._held + piece, ""
        at = 0
        while at >= 0:
            # A step is where the text stands in a Draft. It returns where the next begins,
            # or -1 where it needs more text.
            at = self._step(text, at)
        found, self._found = self._found, []
        return found

    def _outside(self, text: str, at: int) -> int:
        """Before a Draft: an object whose first key is a field's name, outside a thought."""
        begin = _BEGIN.search(text, at)
        if begin is None:
            return self._hold_from(text, at, ("{", _LONGEST_KEY), ("<", _LONGEST_TAG))
        if begin["thought"]:
            self._step = self._in_thought
        else:
            self._field, self._step = begin["field"], self._before_value
        return begin.end()

    def _in_thought(self, text: str, at: int) -> int:
        end = _THOUGHT_END.search(text, at)
        if end is None:
            return self._hold_from(text, at, ("<", _LONGEST_TAG))
        self._step = self._outside
        return end.end()

    def _before_value(self, text: str, at: int) -> int:
        sign, end = self._sign(text, at)
        if not sign:
            return -1
        if self._field != "what":
            return self._go(self._before_item, end) if sign == "[" else self._leave(at)
        if sign == "{":
            return self._begin_item(end)
        word = text[end - 1 : end + 3]
        if word == "null":
            return self._go(self._after_value, end + 3)
        if "null".startswith(word):
            self._held = text[at:]
            return -1
        return self._leave(at)

    def _before_item(self, text: str, at: int) -> int:
        sign, end = self._sign(text, at)
        if not sign:
            return -1
        if sign == "{":
            return self._begin_item(end)
        return self._go(self._after_value, end) if sign == "]" else self._leave(at)

    def _in_item(self, text: str, at: int) -> int:
        begin = at
        if self._escaped:
            self._escaped = False
            at += 1
        while True:
            mark = (_MARK_IN_STRING if self._in_string else _MARK).search(text, at)
            if mark is None:
                break
            at, char = mark.end(), mark[0]
            if char == "\\":
                at += 1
                if at > len(text):
                    self._escaped = True
                    break
            elif char == '"':
                self._in_string = not self._in_string
            elif char in "{[":
                self._depth += 1
            else:
                self._depth -= 1
                if not self._depth:
                    self._item.append(text[begin:at])
                    return self._end_item(at)
        self._item.append(text[begin:])
        self._size += len(text) - begin
        if self._size > _LONGEST_ITEM:
            self._item.clear()
            self._step = self._outside
        return -1

    def _after_item(self, text: str, at: int) -> int:
        sign, end = self._sign(text, at)
        if not sign:
            return -1
        if sign == ",":
            return self._go(self._before_item, end)
        return self._go(self._after_value, end) if sign == "]" else self._leave(at)

    def _after_value(self, text: str, at: int) -> int:
        sign, end = self._sign(text, at)
        if not sign:
            return -1
        return self._go(self._before_key, end) if sign == "," else self._leave(at)

    def _before_key(self, text: str, at: int) -> int:
        key = _NEXT_KEY.match(text, at)
        if key is not None:
            self._field = key["field"]
            return self._go(self._before_value, key.end())
        if len(text) - at > _LONGEST_KEY:
            return self._leave(at)
        self._held = text[at:]
        return -1

    def _begin_item(self, at: int) -> int:
        self._item, self._size, self._depth = ["{"], 1, 1
        self._in_string = self._escaped = False
        return self._go(self._in_item, at)

    def _end_item(self, at: int) -> int:
        whole = "".join(self._item)
        self._item.clear()
        try:
            item = _ITEMS[self._field].model_validate_json(whole)
        except ValueError:
            return self._leave(at)  # nor is what it is a part of a Draft
        self._found.append((cast("FieldName", self._field), item))
        return self._go(self._after_value if self._field == "what" else self._after_item, at)

    def _sign(self, text: str, at: int) -> tuple[str, int]:
        """The next character that is no white space, and where it ends; "" if it is to come."""
        match = _TOKEN.match(text, at)
        if match is not None:
            return match[1], match.end()
        if len(text) - at > _MOST_SPACE:
            return " ", at  # there is none
        self._held = text[at:]
        return "", -1

    def _hold_from(self, text: str, at: int, *starts: tuple[str, int]) -> int:
        """Keep the text's end from where something may begin that is so long at most."""
        found = (
            place
            for char, longest in starts
            if (place := text.rfind(char, max(at, len(text) - longest))) >= 0
        )
        self._held = text[min(found, default=len(text)) :]
        return -1

    def _go(self, step: Callable[[str, int], int], at: int) -> int:
        self._step = step
        return at

    def _leave(self, at: int) -> int:
        """The object is over, or is no Draft. What follows may begin one."""
        return self._go(self._outside, at)


class Items:
    """Gives the items of a message that comes in pieces, each as soon as it is whole.

    A message may hold a text and function calls. The first call that gives an item is the
    one that is followed; a text is followed until there is one. What `on_item` raises
    passes through.
    """

    def __init__(self, on_item: OnItem) -> None:
        self._on_item = on_item
        self._readers: dict[int, Reader] = {}
        self._followed = CONTENT

    def feed(self, part: int, piece: str) -> None:
        """Read a piece of the text (CONTENT), or of the arguments of a call by its number."""
        if self._followed not in {CONTENT, part}:
            return
        reader = self._readers.get(part)
        if reader is None:
            if len(self._readers) >= _MOST_PARTS:
                return
            reader = self._readers[part] = Reader()
        for field, item in reader.feed(piece):
            self._followed = part
            self._on_item(field, item)
