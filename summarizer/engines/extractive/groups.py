"""Groups: people who take part as what they are: "nine people", "striking workers"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from summarizer.draft import DraftWho
from summarizer.engines.extractive import clauses, shifts
from summarizer.engines.extractive.lists import word_set
from summarizer.engines.extractive.reading import Sentence
from summarizer.engines.extractive.roles import Role
from summarizer.engines.extractive.speech_words import SPEECH_VERBS
from summarizer.engines.extractive.story import Story
from summarizer.engines.extractive.tokens import Token
from summarizer.engines.extractive.vocabulary import (
    AUXILIARIES,
    BODY_NOUNS,
    CONJUNCTIONS,
    COUNTED,
    DETERMINERS,
    GROUP_NOUNS,
    PLACE_WORDS,
    PREPOSITIONS,
    PRONOUNS,
)

#: Who only passes the news on.
_GENERAL = frozenset(("officials", "authorities", "witnesses", "media", "sources"))
_COLLECTIVES = frozenset(("police", "staff", "crew", "jury", "media"))
_BARE = frozenset(("people", "persons", "others"))
_QUANTITIES = frozenset(("tens", "dozens", "scores", "hundreds", "thousands", "millions"))
_COLLECTIONS = word_set("group crowd crowds number majority pair team convoy couple handful")
_NUMBERS = word_set(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
    " hundred thousand million several many some dozens hundreds thousands few both all most"
    " about nearly almost around roughly another other"
)
_STOPS = (
    (DETERMINERS - {"several"})
    | PREPOSITIONS
    | CONJUNCTIONS
    | AUXILIARIES
    | PRONOUNS
    | (COUNTED - _NUMBERS)
)
_POPULATED = PLACE_WORDS | {"country", "nation", "community"}
_ANAPHORA = re.compile(r"\s+of (?:these|those|the two|both|each)\b")
#: A group's adjectives and nouns are at most so many words before its head.
_MOST_BEFORE = 3


def found(story: Story) -> list[tuple[int, DraftWho]]:
    """The groups of a story, each with where it first stands."""
    items: list[tuple[int, DraftWho]] = []
    seen: set[str] = set()
    told = sorted(story.told(Role.EVENT), key=lambda s: (not s.is_body, s.index))
    for sentence in told:
        taken = -1
        for index, token in enumerate(sentence.tokens):
            if index <= taken or token.low in seen or not _takes_part(story, sentence, index):
                continue
            taken = _last_of_list(sentence.tokens, index)
            seen |= {each.low for each in sentence.tokens[index : taken + 1]}
            start, end = _phrase_start(sentence.tokens, index), sentence.tokens[taken].end
            items.append((start, _draft(story, sentence, start, end)))
    return items


def _draft(story: Story, sentence: Sentence, start: int, end: int) -> DraftWho:
    return DraftWho(
        evidence=clauses.evidence(story.text, [(sentence.start, sentence.end)]),
        name=" ".join(story.text[start:end].split()),
        kind="group",
        role=None,
    )


def _takes_part(story: Story, sentence: Sentence, index: int) -> bool:
    """Whether a group noun acts in the event, or is hit by it, by where it stands."""
    token = sentence.tokens[index]
    central = story.is_central(sentence)
    if not _is_group_noun(token, central=central) or token.low in _GENERAL:
        return False
    if token.possessive or sentence.quoted(token.start):
        return False
    following = sentence.tokens[index + 1 : index + 2]
    if any(each.text in "'’-" for each in following) or _ANAPHORA.match(story.text, token.end):
        return False
    speech = story.speeches.get(sentence.index)
    if speech is not None and speech.start <= token.start < speech.end:
        return False
    if _only_measures(sentence.tokens, index) or _only_describes(sentence.tokens, index):
        return False
    return central or sum(each.is_word for each in sentence.tokens[:index]) <= 3


def _is_group_noun(token: Token, *, central: bool) -> bool:
    if token.low in GROUP_NOUNS or token.text.endswith(("workers", "goers", "holders")):
        return True
    return central and token.low in BODY_NOUNS


def _only_describes(tokens: Sequence[Token], index: int) -> bool:
    """Whether a group's name only describes the noun behind it: "police boats"."""
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if tokens[index].low not in _COLLECTIVES or following is None or not following.text.islower():
        return False
    low = following.low
    verbal = low in shifts.IRREGULAR_PASTS or low.endswith(("ed", "ly", "ing"))
    return not (verbal or low in _STOPS | SPEECH_VERBS)


def _only_measures(tokens: Sequence[Token], index: int) -> bool:
    """Whether a group only says how much: "a city of 16 million people", "ranks of workers"."""
    at = index - 1
    while at > 0 and (tokens[at].low[0].isdigit() or tokens[at].low in _NUMBERS):
        at -= 1
    if at < 1 or tokens[at].low != "of":
        return False
    if at < index - 1:
        return tokens[at - 1].low in _POPULATED
    return tokens[at - 1].low not in _QUANTITIES | _COLLECTIONS


def _last_of_list(tokens: Sequence[Token], index: int) -> int:
    """The index of the last noun of "deckhands, engineers and cooks"."""
    last = index
    joined = False
    at = index + 1
    while at + 1 < len(tokens) and tokens[at].text in (",", "and", "or"):
        step = 2 if tokens[at].text == "," and tokens[at + 1].low in ("and", "or") else 1
        if at + step >= len(tokens) or tokens[at + step].low not in GROUP_NOUNS:
            break
        joined = joined or tokens[at + step - 1].low in ("and", "or")
        last = at + step
        at = last + 1
    return last if joined else index


def _phrase_start(tokens: Sequence[Token], index: int) -> int:
    """Where the phrase begins whose head is a group noun: its adjectives and nouns.

    A number stays out ("310 deckhands"), except where little is left without it ("people").
    """
    begin = index
    bare = tokens[index].low in _BARE
    if bare and index > 1 and tokens[index - 1].low == "of":
        return tokens[_quantity_start(tokens, index)].start
    while begin and index - begin < _MOST_BEFORE:
        before = tokens[begin - 1]
        number = before.low[0].isdigit() or before.low.split("-")[0] in _NUMBERS
        if not before.is_word or before.possessive or before.low in _STOPS:
            break
        if (number and not bare) or (not number and _is_verbal(tokens, begin - 1)):
            break
        begin -= 1
    return tokens[begin].start


def _quantity_start(tokens: Sequence[Token], index: int) -> int:
    """The index of the first word of "tens of thousands of people"."""
    begin = index
    if tokens[index - 2].low in _QUANTITIES:
        begin = index - 2
        while begin and tokens[begin - 1].low in _QUANTITIES | {"of", "several"}:
            begin -= 1
    return begin


def _is_verbal(tokens: Sequence[Token], index: int) -> bool:
    """Whether a word in "-ing" or "-ed" is a verb here, not an adjective after an article."""
    low = tokens[index].low
    if low.endswith("ly"):
        return True
    opener = tokens[index - 1].low if index > 0 else ""
    return low.endswith(("ing", "ed")) and opener not in DETERMINERS | {""}
