"""Background: the facts that an article gives as context, one to an item."""

from __future__ import annotations

import re

from summarizer.dates import TimeExpression
from summarizer.draft import DraftBackground
from summarizer.engines.extractive import clauses, shifts
from summarizer.engines.extractive.moments import times_of
from summarizer.engines.extractive.reading import Reading, Sentence
from summarizer.engines.extractive.roles import Role
from summarizer.engines.extractive.story import Story
from summarizer.layout import Kind

_MOST = 12
#: A list shorter than this is filled up with facts whose words name no other time.
_FEW = 3
#: A noun phrase before a relative clause is at most so many characters long.
_LONGEST_PHRASE = 60
_RELATIVE = re.compile(
    r"(?:,\s+(?P<word>which|who|whose)\s+|\s(?P<bare>who)\s+(?=had\b))(?P<rest>[^,;–—]{12,}?)"
    r"(?=,|;|\.$|\s[–—]|$)"
)
#: A noun phrase begins behind one of these.
_BREAKS = frozenset("said says by in at to from with for on than as and that".split())


def drafts(story: Story) -> list[DraftBackground]:
    """The context of the article, in the order of its telling."""
    reading = story.reading
    items: list[DraftBackground] = []
    plain: list[DraftBackground] = []
    for sentence in reading.sentences:
        if sentence.kind is Kind.HEADLINE:
            continue
        if story.role(sentence) is not Role.BACKGROUND:
            items += _asides(reading, sentence)
            continue
        drafted = [
            _draft(reading, sentence, start, end)
            for start, end in clauses.halves(sentence, reading.text)
        ]
        items += drafted
        plain += [item for item in drafted if _is_plain(reading, sentence, item)]
    items = [item for item in items if item.evidence]
    # What tense and place alone make background often is not.
    room = max(0, _FEW - (len(items) - len(plain)))
    left_out = plain[room:]
    return [item for item in items if item not in left_out][:_MOST]


def _is_plain(reading: Reading, sentence: Sentence, item: DraftBackground) -> bool:
    """Whether only its tense makes an item background, not its words or a heading."""
    evidence = " ".join(item.evidence)
    return not sentence.in_background and not shifts.has_cue(
        evidence, reading.year, pluperfect=False
    )


def _draft(reading: Reading, sentence: Sentence, start: int, end: int) -> DraftBackground:
    return DraftBackground(
        evidence=clauses.evidence(reading.text, [(start, end)]),
        statement=clauses.clean(reading.text[start:end]),
        date=_date(reading, sentence, start, end),
    )


def _asides(reading: Reading, sentence: Sentence) -> list[DraftBackground]:
    """Relative clauses that tell of earlier things: ", which was founded in 1931,"."""
    found = []
    for match in _RELATIVE.finditer(sentence.text):
        at = sentence.start + match.start()
        start, end = _antecedent(sentence, at), sentence.start + match.end()
        link = "'s " if match["word"] == "whose" else " "
        statement = clauses.clean(reading.text[start:at] + link + match["rest"])
        # A pluperfect alone may tell of the event itself: "who had left an hour before".
        if sentence.quoted(at) or not shifts.has_cue(statement, reading.year, pluperfect=False):
            continue
        found.append(
            DraftBackground(
                evidence=clauses.evidence(reading.text, [(start, end)]),
                statement=statement,
                date=_date(reading, sentence, start, end),
            )
        )
    return found


def _antecedent(sentence: Sentence, at: int) -> int:
    """Where the noun phrase that ends at the code point `at` begins."""
    begin = at
    for token in reversed(sentence.tokens):
        if token.end > at or sentence.quoted(token.start):
            continue
        if not token.is_word or at - token.start > _LONGEST_PHRASE or token.text in _BREAKS:
            break
        begin = token.start
    return begin


def _date(reading: Reading, sentence: Sentence, start: int, end: int) -> str | None:
    """The date of a fact: the first one that its words name and the article settles."""
    for time in times_of(reading, sentence, lean="past"):
        at = sentence.start + time.start
        if start <= at < end and not sentence.quoted(at) and time.date and not _lasts(time):
            return time.date
    return None


def _lasts(time: TimeExpression) -> bool:
    """Whether a time only says since what year something is so."""
    return time.open and time.date is not None and len(time.date) == 4
