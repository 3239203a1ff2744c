"""Title, publisher, publication date and address, where the text plainly states them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from summarizer.layout import signs
from summarizer.layout.kinds import Kind, Part

_PIPE_SUFFIX = re.compile(r"\s+[|»·]\s+(?P<site>[^|»·]{2,40})$")
_DASH_SUFFIX = re.compile(r"\s+[-–—]\s+(?P<site>[^-–—|]{2,40})$")
_MEDIA_WORD = re.compile(
    r"\b(?:news|times|post|herald|tribune|gazette|journal|chronicle|observer|guardian|telegraph"
    r"|daily|weekly|mail|mirror|express|star|press|agency|today|standard|independent|courier"
    r"|examiner|bulletin|record|echo|globe|radio|tv|online|magazine|review|monitor|reporter"
    r"|argus|advertiser|inquirer|register|wire|media|newspaper|broadcasting)\b",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"(?:copyright\s*(?:©|\(c\))?|©|\(c\))\s*(?:\d{4}(?:\s*[-–]\s*\d{4})?,?\s*)?(?:by\s+)?"
    r"(?P<name>[^\W\d_][^.,;|•·©\n\d]{1,50}?)"
    r"\s*(?:,?\s*(?:ltd|inc|llc|plc|gmbh)\b\.?|\ball rights\b|[.,;|•·]|\d|$)",
    re.IGNORECASE,
)
_URL_LABEL = re.compile(
    r"(?:original|source|article|permanent|canonical)?\s*(?:url|link|permalink)\s*:?\s*"
    r"|(?:source|original|via|read at)\s*:\s*",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s<>()\[\]\"']+")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the text says of itself; None where it does not."""

    title: str | None
    publisher: str | None
    published: dt.date | None
    url: str | None


def gather(text: str, parts: Sequence[Part]) -> Facts:
    """The facts that the parts of a text plainly state. Nothing is guessed."""
    site = _copyright_holder(parts)
    title, publisher = _title(parts, site)
    return Facts(
        title=title,
        publisher=publisher or site,
        published=_published(parts),
        url=_url(text, parts),
    )


def _title(parts: Sequence[Part], site: str | None) -> tuple[str | None, str | None]:
    """The headline without the site's name behind it, and that name."""
    headlines = [part.plain for part in parts if part.kind is Kind.HEADLINE]
    if not headlines:
        return None, None
    shortest = min(headlines, key=len)
    if shortest != headlines[0] and headlines[0].startswith(shortest):
        suffix = headlines[0][len(shortest) :].strip(" -|–—»·")
        return shortest, suffix if suffix and _is_name(suffix) else None
    title = headlines[0]
    for pattern in (_PIPE_SUFFIX, _DASH_SUFFIX):
        match = pattern.search(title)
        if match is None or title[: match.start()].count(" ") < 2:
            continue
        name = match["site"].strip()
        known = site is not None and site.casefold() in name.casefold()
        if _is_name(name) and (known or _MEDIA_WORD.search(name)):
            return title[: match.start()].rstrip(), name
    return title, None


def _is_name(words: str) -> bool:
    return words.count(" ") < 5 and all(
        word[0].isupper() or not word[0].isalpha() or word in ("the", "of", "and", "for", "in")
        for word in words.split()
    )


def _copyright_holder(parts: Sequence[Part]) -> str | None:
    for part in reversed(parts[-40:]):
        if part.kind is not Kind.FURNITURE or len(part.plain) > 200:
            continue
        match = _COPYRIGHT.search(part.plain)
        if match is None:
            continue
        name = match["name"].strip(" -–—|")
        if name and name[0].isupper() and _is_name(name):
            return name
    return None


def _published(parts: Sequence[Part]) -> dt.date | None:
    """The date of a dateline near the top or at the foot, if it has day, month and year.

    A line that says "published" goes before one below the headline, that before one above
    it, and a line that tells only of an update comes last.
    """
    body = [index for index, part in enumerate(parts) if part.kind is Kind.BODY]
    headline = next((i for i, part in enumerate(parts) if part.kind is Kind.HEADLINE), 0)
    top = body[2] if len(body) > 2 else len(parts)
    foot = body[-1] if body else 0
    best: tuple[tuple[bool, bool, bool, int], str] | None = None
    for index, part in enumerate(parts):
        if part.kind is not Kind.DATELINE or top < index < foot:
            continue
        if not _YEAR.search(part.plain):
            continue
        date = signs.full_date(part.plain)
        if date is None:
            continue
        rank = (
            not signs.is_publication(part.plain),
            signs.is_update(part.plain),
            index < headline,
            index,
        )
        if best is None or rank < best[0]:
            best = rank, date
    return dt.date.fromisoformat(best[1]) if best else None


def _url(text: str, parts: Sequence[Part]) -> str | None:
    """The address that a line labels as the article's own."""
    for index, part in enumerate(parts):
        if part.kind is not Kind.FURNITURE:
            continue
        label = _URL_LABEL.match(part.plain)
        if label is None:
            continue
        rest = text[part.start : part.end]
        if label.end() == len(part.plain) and index + 1 < len(parts):
            following = parts[index + 1]
            if following.kind is Kind.FURNITURE:
                rest = text[following.start : following.end]
        match = _URL.search(rest)
        if match is not None:
            return match[0].rstrip(".,;")
    return None
