"""Stances: whether the words of a reaction are for the event, against it or neither."""

from __future__ import annotations

import re
from collections.abc import Sequence

from summarizer.engines.extractive.responses import Reaction, content
from summarizer.engines.extractive.speech_words import (
    CRITICAL_PHRASES,
    CRITICAL_VERBS,
    CRITICAL_WORDS,
    SUPPORTIVE_PHRASES,
    SUPPORTIVE_VERBS,
    SUPPORTIVE_WORDS,
)
from summarizer.schema import Stance

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NEGATION = frozenset(
    ("not", "no", "never", "nor", "neither", "cannot", "without", "nobody", "nothing", "hardly")
)
_SUPPORTIVE = re.compile(rf"\b(?:{SUPPORTIVE_PHRASES})\b", re.IGNORECASE)
_CRITICAL = re.compile(rf"\b(?:{CRITICAL_PHRASES})\b", re.IGNORECASE)
_NO_COMMENT = re.compile(r"\b(?:not|n['’]t|no|declined to) comment\b", re.IGNORECASE)
#: A denial is of something said, not against what happened.
_NO_STANCE = frozenset(("denied", "denies"))
_VERB, _PHRASE = 2.0, 1.5


def stance_of(text: str, reaction: Reaction) -> Stance:
    """Supportive or critical where the words say so, neutral otherwise."""
    score = 0.0
    for speech in reaction.speeches:
        if speech.shape == "refusal" or _NO_COMMENT.search(speech.sentence.text):
            return "neutral"
        if speech.verb in SUPPORTIVE_VERBS:
            score += _VERB
        elif speech.verb in CRITICAL_VERBS - _NO_STANCE:
            score -= _VERB
        said = content(text, speech)
        score += _PHRASE * (len(_SUPPORTIVE.findall(said)) - len(_CRITICAL.findall(said)))
        score += _of_words([word.casefold().replace("’", "'") for word in _WORD.findall(said)])
    if score >= 1:
        return "supportive"
    return "critical" if score <= -1 else "neutral"


def _of_words(words: Sequence[str]) -> int:
    """The evaluative words summed up; a negation turns praise, and takes blame away."""
    score = 0
    for index, word in enumerate(words):
        value = (word in SUPPORTIVE_WORDS) - (word in CRITICAL_WORDS)
        before = words[max(0, index - 3) : index]
        if value and any(each in _NEGATION or each.endswith("n't") for each in before):
            value = -1 if value > 0 else 0
        score += value
    return score
