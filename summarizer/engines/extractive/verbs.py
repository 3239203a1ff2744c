"""Verbs of saying where they stand: whether a word is one, and what hangs on it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from summarizer.engines.extractive.reading import Sentence
from summarizer.engines.extractive.speech_words import ANNOUNCING_VERBS, PLAIN_VERBS, WEAK_VERBS
from summarizer.engines.extractive.tokens import Token
from summarizer.engines.extractive.vocabulary import (
    AUXILIARIES,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
)

_BE = frozenset(
    ("is", "are", "was", "were", "be", "been", "being", "am", "isn't", "wasn't", "aren't")
)
#: These stand for people too: "both said", "many fear".
_SUBJECTS = frozenset(("both", "all", "some", "many", "others", "few", "most"))
_NOUN_FOLLOWERS = frozenset(("of", "from", "by", "about", "against", ".", ","))
_CONTRACTED = frozenset(("d", "ll", "ve", "re", "m"))
_CALLED = re.compile(
    r"(?:on|for|it|them|this|that|him|her|(?:the|his|their) \w+ (?:an? \w+|\w+(?: and|$)))\b"
)
_CLAUSE = re.compile(
    r"(?:\w+ ){0,3}that\b|(?:there|it|he|she|they) \w+"
    r"|(?:\w+ ){1,5}(?:was|were|had|would|will|is|are|has)\b"
)
#: What may stand behind a closing attribution: when, where and to whom it was said.
_CLOSING = frozenset(
    "on in at reporters monday tuesday wednesday thursday friday saturday sunday during late early"
    " the a local after journalists afp reuters state".split()
)


def is_finite(token: Token) -> bool:
    """Whether a word is or holds an auxiliary: "has", "that's", "she'd"."""
    if token.low in AUXILIARIES:
        return token.text != "May"
    if token.possessive:
        return token.low in PRONOUNS
    head, mark, tail = token.low.partition("'")
    return bool(mark) and tail in _CONTRACTED and head in PRONOUNS


def is_other_word(tokens: Sequence[Token], index: int) -> bool:
    """Whether a word like a verb of saying is a noun, a passive or an infinitive here."""
    low = tokens[index].low
    before = tokens[index - 1].low if index else ""
    after = tokens[index + 1].low if index + 1 < len(tokens) else ""
    if before in ("to", "be") or before in DETERMINERS - _SUBJECTS:
        return True
    if after == "by" or (after == "to" and low in ("added", "adds")):
        return True
    if before in ("not", "also", "being") and index > 1:
        before = tokens[index - 2].low
    if before in _BE:
        return True
    plural = low in WEAK_VERBS and low.endswith("s")
    return plural and (before in PREPOSITIONS or after in _NOUN_FOLLOWERS)


def reports(sentence: Sentence, index: int) -> bool:
    """Whether a verb reports speech by itself.

    One that also means other things needs what was said after it ("that", a clause), or
    its place: between commas, or at the sentence's end.
    """
    verb = sentence.tokens[index].low
    if verb not in WEAK_VERBS or verb in PLAIN_VERBS or _is_parenthetic(sentence, index):
        return True
    if verb in ANNOUNCING_VERBS and closes(sentence, index):
        return True
    rest = " ".join(token.low for token in sentence.tokens[index + 1 : index + 9])
    if verb in ("called", "calls"):
        return _CALLED.match(rest) is not None
    if verb in ("refused", "refuses", "declined", "declines"):
        return rest.startswith("to ")
    return _CLAUSE.match(rest) is not None


def closes(sentence: Sentence, index: int) -> bool:
    """Whether little more than the verb's own words stands behind a verb."""
    rest: list[str] = []
    for token in sentence.tokens[index + 1 :]:
        if token.text in ",;" and len(rest) <= 6:
            break
        if token.is_word and not sentence.quoted(token.start):
            rest.append(token.low)
    return len(rest) <= 2 or (len(rest) <= 9 and rest[0] in _CLOSING)


def _is_parenthetic(sentence: Sentence, index: int) -> bool:
    """Whether an attribution is put in between: "the offer, he noted, was still there"."""
    tokens = sentence.tokens
    marked = any(not token.is_word for token in tokens[max(0, index - 6) : index])
    return marked and index + 1 < len(tokens) and tokens[index + 1].text == ","
