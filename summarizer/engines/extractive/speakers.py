"""Speakers: whom the words before or after a verb of saying mean.

A speaker is the name in the noun phrase, or the phrase itself where it only describes; a
pronoun or "the minister" is who was named or spoke before, if that stands close by.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from summarizer.engines.extractive import phrases
from summarizer.engines.extractive.entities import Entity, Naming
from summarizer.engines.extractive.names import Mention
from summarizer.engines.extractive.phrases import Stretch
from summarizer.engines.extractive.reading import Reading, Sentence
from summarizer.engines.extractive.speech_words import INVERTED_VERBS
from summarizer.engines.extractive.tokens import Token
from summarizer.engines.extractive.verbs import is_finite
from summarizer.engines.extractive.vocabulary import (
    AUXILIARIES,
    DETERMINERS,
    ORGANIZATION_NOUNS,
    PREPOSITIONS,
    TITLES,
)

PERSONAL = frozenset(("he", "she", "they", "it"))
_RELATIVES = frozenset(("who", "which", "whose", "that", "where", "whom"))
_SUBORDINATE = frozenset(
    "after when because since although though while if before until where whether unless".split()
)
#: May stand between a subject and its verb.
_BETWEEN = frozenset(
    "neither nor either also later then still again never immediately repeatedly publicly"
    " reportedly previously has have had earlier further firmly strongly quickly angrily initially"
    " now only once will however both all on monday tuesday wednesday thursday friday saturday"
    " sunday who himself herself itself themselves did would could does do may must".split()
)
_NO_SPEAKERS = frozenset(("that", "it", "he", "she", "they", "to", "in", "on", "there"))
_OPENERS = DETERMINERS | {"and", "but", "meanwhile", "however"}
_SUBORDINATOR = re.compile(
    r"(?:when|after|since|because|as|which|before|until|if)\s", re.IGNORECASE
)
#: "a statement from X": X speaks.
_SOURCE = re.compile(
    r"(?:\w+ )?(?:statement|announcement|report|post|message|release|tweet|letter|notice|filing)s?"
    r"(?: \w+)? (?:from|by|of|to)\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Speaker:
    """Who speaks: where the article says so, and the entity if it is a named one."""

    start: int
    end: int
    entity: Entity | None
    #: "he", "she", "they", "it": to be resolved from what stands before.
    pronoun: bool = False


class Speakers:
    """Finds the speakers in one article's sentences."""

    def __init__(self, reading: Reading, naming: Naming) -> None:
        self._text = reading.text
        self._naming = naming

    def before(self, sentence: Sentence, index: int) -> Speaker | None:
        """The subject of a verb: "X, the mayor, has also said"."""
        tokens = sentence.tokens
        last = index - 1
        while last >= 0 and tokens[last].low in _BETWEEN:
            last -= 1
        if last < 0:
            return None
        if tokens[last].low in ("and", "but", "or") or tokens[index - 1].low == "nor":
            return self._first_subject(sentence, tokens[last].start)
        limit = tokens[last].end
        start = phrases.clause_start(self._text, sentence, limit)
        parts = phrases.comma_parts(self._text, start, limit) if start < limit else []
        if not parts:
            return None
        if tokens[last].text == ",":
            return self._apposed(sentence, parts)
        return self._loosely_apposed(sentence, parts) or self._plain(sentence, parts[-1])

    def after(self, sentence: Sentence, index: int) -> Speaker | None:
        """The speaker of "..., said X": the verb follows a mark, a name follows it."""
        tokens = sentence.tokens
        if tokens[index].low not in INVERTED_VERBS or index == 0 or index + 1 >= len(tokens):
            return None
        before, following = tokens[index - 1], tokens[index + 1]
        if before.is_word or not _opens_phrase(following):
            return None
        if before.text == ",":
            start = phrases.clause_start(self._text, sentence, before.start)
            parts = phrases.comma_parts(self._text, start, before.start)
            if self._is_subject(sentence, index, parts) or self._tail_apposed(sentence, parts):
                return None
        end = self.phrase_end(sentence, index + 1)
        speaker = self.of_phrase(sentence, following.start, end)
        if speaker is None or speaker.entity is not None:
            return speaker
        return self._behind_title(sentence, end) or speaker

    def phrase_end(self, sentence: Sentence, index: int) -> int:
        """Where the noun phrase that begins at a token ends."""
        names = [(mention.start, mention.end) for mention, _ in self._naming.of(sentence)]
        start = sentence.tokens[index].start
        return phrases.noun_phrase_end(self._text, start, sentence.end, names)

    def of_phrase(self, sentence: Sentence, start: int, end: int) -> Speaker | None:
        """The speaker that the noun phrase `text[start:end]` means."""
        aside = self._text.find(" (", start, end)
        end = aside if aside > start else end
        words = [t for t in sentence.tokens if start <= t.start < end and t.is_word]
        if not words:
            return None
        if words[0].low in PERSONAL and len(words) == 1:
            return Speaker(words[0].start, words[0].end, None, pronoun=True)
        inside = [pair for pair in self._naming.of(sentence) if _lies_in(pair[0], start, end)]
        people = [pair for pair in inside if pair[1].kind == "person"]
        if people and not (people[-1][0].possessive and people[-1][0].end + 2 < end):
            # "the mayor's aide Kim Lee": the name stands last, unless it owns what follows.
            return _named(*people[-1])
        while len(words) > 1 and words[0].low in _OPENERS:
            words.pop(0)
        start = words[0].start
        for mention, entity in inside:
            if mention.start <= start and mention.end >= end - 2:
                return _named(mention, entity)
        if not self._may_describe(words, start, end):
            return None
        body = self._named_body(inside, start, end)
        if body is not None:
            return body
        source = _SOURCE.match(self._text, start, end)
        if source is not None:
            return self.of_phrase(sentence, source.end(), end)
        return Speaker(start, end, None)

    def _may_describe(self, words: Sequence[Token], start: int, end: int) -> bool:
        """Whether words without a person's name can still mean someone."""
        written = self._text[start:end].split()
        if len(written) > 10 or words[0].low in _RELATIVES | {"and"}:
            return False
        if {word.low for word in words} & (AUXILIARIES - {"can", "may", "will"}):
            return False
        alone = len(written) == 1 and written[0].endswith(("ed", "ing"))
        return not alone and not written[-1].endswith("ly")

    def _named_body(
        self, inside: Sequence[tuple[Mention, Entity]], start: int, end: int
    ) -> Speaker | None:
        """The name in "charity Refuge" or in "opposition Green party"."""
        for mention, entity in inside:
            if mention.end == end and mention.low(-1) in ORGANIZATION_NOUNS:
                return _named(mention, entity)
            ahead = self._text[start : mention.start].split()
            behind = self._text[mention.end : end].split()
            described = 1 <= len(ahead) <= 2 and all(word.islower() for word in ahead)
            if described and len(behind) == 1 and behind[0] in ORGANIZATION_NOUNS:
                return Speaker(mention.start, end, entity)
        return None

    def _plain(self, sentence: Sentence, part: Stretch) -> Speaker | None:
        """The speaker of a subject without commas."""
        begin, end = part
        if _SUBORDINATOR.match(self._text, begin, end):
            return None
        begin = phrases.after_connective(self._text, begin, end)
        words = [t for t in sentence.tokens if begin <= t.start < end and t.is_word]
        if not words or words[0].low in _RELATIVES:
            return None
        if words[-1].low in PERSONAL:
            return Speaker(words[-1].start, words[-1].end, None, pronoun=True)
        if len(words) > 14 or any(word.low in _SUBORDINATE for word in words[1:]):
            return None
        relative = next((word for word in words[1:] if word.low in _RELATIVES), None)
        if any(map(is_finite, words)):
            if relative is None:
                return None
            end = phrases.rstrip(self._text, begin, relative.start)
        elif relative is not None and relative.low in ("which", "whom", "whose"):
            return None
        return self.of_phrase(sentence, begin, end)

    def _is_subject(self, sentence: Sentence, index: int, parts: Sequence[Stretch]) -> bool:
        """Whether "X, the mayor, said" rather than "it is late, said X"."""
        verb = sentence.tokens[index].start
        words = [
            t for t in sentence.tokens[:index] if t.is_word and parts and t.start >= parts[0][0]
        ]
        if not words or len(words) > 25 or sentence.quoted(words[-1].start):
            return False
        for number, (begin, end) in enumerate(parts):
            part = [t for t in words if begin <= t.start < min(end, verb)]
            relative = number > 0 and part and part[0].low in _RELATIVES
            finite = any(map(is_finite, part)) or (part and part[0].low in PERSONAL)
            if (finite and not relative) or (number == 0 and len(part) > 9):
                return False
        return True

    def _first_subject(self, sentence: Sentence, before: int) -> Speaker | None:
        """The subject of "X did this and said that": the sentence's first name or pronoun."""
        for begin, end in phrases.comma_parts(self._text, sentence.start, before):
            words = [t for t in sentence.tokens if begin <= t.start < end and t.is_word]
            if not words or words[0].low in PREPOSITIONS | _SUBORDINATE:
                continue
            if words[0].low in PERSONAL:
                return Speaker(words[0].start, words[0].end, None, pronoun=True)
            for mention, entity in self._naming.of(sentence):
                actor = entity.kind in ("person", "organization", "country")
                if begin <= mention.start < end and actor and not mention.possessive:
                    return _named(mention, entity)
            if any(map(is_finite, words)):
                return None
        return None

    def _apposed(self, sentence: Sentence, parts: Sequence[Stretch]) -> Speaker | None:
        """The speaker of "X, the mayor, said" or of "the mayor, X, said"."""
        last = self._tail_apposed(sentence, parts)
        if last is not None:
            return last
        begin, end = parts[0]
        head = [t for t in sentence.tokens if begin <= t.start < end and t.is_word]
        if head and head[0].low in PREPOSITIONS and len(parts) > 1:
            return self._apposed(sentence, parts[1:])
        if len(head) > 12 or any(is_finite(t) or t.low in PERSONAL for t in head):
            return None
        names = self._naming.of(sentence)
        for mention, entity in names:
            owns = mention.possessive and mention.end + 2 < end
            if entity.kind == "person" and begin <= mention.start < end and not owns:
                return _named(mention, entity)
        for mention, entity in names if len(parts) > 1 else ():
            second = parts[1][0] <= mention.start < parts[1][1]
            body = entity.kind == "organization" and (mention.start, mention.end) == parts[1]
            described = bool(head) and head[-1].text.islower()
            if (second and entity.kind == "person") or (body and described):
                return _named(mention, entity)
        return self.of_phrase(sentence, *parts[0])

    def _tail_apposed(self, sentence: Sentence, parts: Sequence[Stretch]) -> Speaker | None:
        """The speaker of "it was over, his daughter, Ann Lee, told reporters"."""
        if len(parts) < 3:
            return None
        begin, end = parts[-2]
        words = [t for t in sentence.tokens if begin <= t.start < end and t.is_word]
        described = bool(words) and (words[0].low in DETERMINERS or words[0].possessive)
        if not described or any(map(is_finite, words)) or words[-1].low not in TITLES:
            return None
        return self._person_at(sentence, parts[-1])

    def _loosely_apposed(self, sentence: Sentence, parts: Sequence[Stretch]) -> Speaker | None:
        """The speaker of "X, mayor of Y said", where the second comma is missing."""
        if len(parts) < 2:
            return None
        start, end = parts[-1]
        words = [t for t in sentence.tokens if start <= t.start < end and t.is_word]
        if not any(t.low in TITLES for t in words) or any(map(is_finite, words)):
            return None
        for mention, entity in self._naming.of(sentence):
            if entity.kind == "person" and start <= mention.start < end:
                return None
        return self._person_at(sentence, parts[-2])

    def _person_at(self, sentence: Sentence, stretch: Stretch) -> Speaker | None:
        """The person whose name is the stretch and nothing else."""
        for mention, entity in self._naming.of(sentence):
            if entity.kind == "person" and (mention.start, mention.end) == stretch:
                return _named(mention, entity)
        return None

    def _behind_title(self, sentence: Sentence, end: int) -> Speaker | None:
        """The name behind "said the mayor, Ann Lee"."""
        for mention, entity in self._naming.of(sentence):
            gap = self._text[end : mention.start].casefold().split()
            small = all(word in DETERMINERS | TITLES for word in gap[1:])
            if entity.kind == "person" and gap[:1] == [","] and len(gap) < 5 and small:
                return _named(mention, entity)
        return None


def _named(mention: Mention, entity: Entity) -> Speaker:
    return Speaker(mention.start, mention.end, entity)


def _lies_in(mention: Mention, start: int, end: int) -> bool:
    return start <= mention.start and mention.end <= end


def _opens_phrase(token: Token) -> bool:
    """Whether a word after a verb of saying may begin its subject."""
    if not token.is_word or token.low in _NO_SPEAKERS:
        return False
    noun = token.low.endswith(("er", "or", "ist", "man", "woman", "person", "ian"))
    return token.is_capital or token.low in DETERMINERS | TITLES or noun
