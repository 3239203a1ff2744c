"""The kinds of block, apart so that every room of this package can name them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a block is. Only `furniture` and `caption` are no part of the article."""

    HEADLINE = "headline"
    DATELINE = "dateline"
    BYLINE = "byline"
    STANDFIRST = "standfirst"
    BODY = "body"
    HEADING = "heading"
    CAPTION = "caption"
    FURNITURE = "furniture"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a line that stands alone, without the markup that opens it."""

    start: int
    end: int
    kind: Kind


class Part(NamedTuple):
    """A block in the making: `plain` is its text without Markdown and with single spaces."""

    start: int
    end: int
    kind: Kind
    plain: str
