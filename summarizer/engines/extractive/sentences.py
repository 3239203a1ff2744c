"""Sentences of a block: offsets of each, without a model.

A full stop ends a sentence unless it follows an abbreviation, an initial or a number, and
never inside a quotation that closes soon: quoted speech stays with the words that
attribute it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from summarizer.engines.extractive.lists import word_set

#: A quotation of more characters than this is divided like other text.
_LONG_QUOTATION = 700

_END = re.compile(
    "(?P<stop>[.!?\u2026]+)"
    "(?P<closers>(?:[\"'\u201d\u2019\u201c\u00bb)\\]]|[ \u00a0\u202f]\u00bb)*)"
    "(?P<space>\\s+)(?P<openers>[\"'\u201c\u2018\u201e\u00ab(\\[]*)(?P<next>\\S)"
)
_WORD_BEFORE = re.compile(r"([^\W_][\w.'’&-]*)$")
_ABBREVIATIONS = word_set(
    "mr mrs ms mx dr prof st ste gen col lt sgt capt cpl maj cmdr adm brig sen rep gov rev hon"
    " fr sr jr vs no nos vol art ca approx est inc ltd co corp bros dept univ assn jan feb mar"
    " apr jun jul aug sep sept oct nov dec mt ft al etc e.g i.e cf op pres messrs insp supt det"
    " const pvt spc hr min sec km mi lb oz bn mn fig pp ed tel ave blvd rd u.s u.k u.n"
)
#: These may also end a sentence, if what follows opens one.
_MAY_END = word_set("inc ltd co corp bros etc jr sr a.m p.m u.s u.k u.n u.s.a e.u d.c st ave rd al")
_OPENER = re.compile(
    r"(?:The|A|An|In|On|At|It|He|She|They|We|I|This|That|These|Those|But|And|Its|His|Her|Their"
    r"|As|If|When|While|For|From|After|Before|Since|However|There|Some|Many|Most|Police|Officials"
    r"|No|Two|Three|Several|Under|With|By|To|Meanwhile|Earlier|Last|According|Both|One|More)\b"
)

#: `"Is it safe?" Maria Lopez asked.`: the speaker goes with the question.
_ATTRIBUTION = re.compile(
    r"(?:[^\W\d_][\w.'’-]*\s+){1,5}(?:said|says|asked|asks|told|added|wrote|shouted|replied)\b"
)


class Span(NamedTuple):
    """A stretch of the article: code points from 0, `end` exclusive."""

    start: int
    end: int


def split(text: str, start: int, end: int, quotations: list[tuple[int, int]]) -> list[Span]:
    """The sentences of `text[start:end]`, without the spaces between them.

    `quotations` are the (start, end) of the direct quotations in it, in order.
    """
    kept = [span for span in quotations if span[1] - span[0] <= _LONG_QUOTATION]
    sentences = []
    begin = start
    for cut, following in _cuts(text, start, end, kept):
        sentences.append(Span(begin, cut))
        begin = following
    if begin < end:
        sentences.append(Span(begin, end))
    return sentences


def _cuts(
    text: str, start: int, end: int, quotations: list[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """(where a sentence ends, where the next begins)."""
    index = 0
    for match in _END.finditer(text, start, end):
        stop = match.start()
        while index < len(quotations) and quotations[index][1] <= stop:
            index += 1
        inside = index < len(quotations) and quotations[index][0] <= stop
        if inside and match.end("stop") < quotations[index][1]:
            continue
        if _ends_sentence(text, start, match):
            yield match.end("closers"), match.end("space")


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    following = match["next"]
    if following.islower() and not (match["openers"] and match["closers"]):
        return False
    if match["stop"] != ".":
        attributed = match["closers"] and _ATTRIBUTION.match(match.string, match.start("next"))
        return not (following.islower() or attributed)
    if match["closers"].strip(")]"):
        return True
    before = _WORD_BEFORE.search(text, max(start, match.start() - 24), match.start())
    if before is None:
        return True
    word = before[1].casefold().rstrip(".")
    opens = _OPENER.match(text, match.start("next")) is not None
    if word in _MAY_END or ("." in word and word.replace(".", "").isalpha()):
        return opens or match["openers"].strip("([") != ""
    if word in _ABBREVIATIONS:
        return word == "no" and opens
    # An initial: "J. Smith". A lone capital also ends sentences ("Plan B."), rarely.
    return not (len(word) == 1 and before[1].isupper()) or opens
