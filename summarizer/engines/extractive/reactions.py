"""Reactions: what people and bodies say about the event, as items of a draft."""

from __future__ import annotations

from summarizer.draft import DraftReaction
from summarizer.engines.extractive import clauses
from summarizer.engines.extractive.responses import Reaction
from summarizer.engines.extractive.stances import stance_of
from summarizer.engines.extractive.story import Story

_MOST = 12
#: Of quotations longer than this none says more than another.
_LONG_QUOTATION = 60


def drafts(story: Story) -> list[DraftReaction]:
    """The reactions, in the order of the article."""
    items = [_draft(story.text, reaction) for reaction in story.reactions]
    return [item for item in items if item.evidence][:_MOST]


def _draft(text: str, reaction: Reaction) -> DraftReaction:
    spans = [(speech.sentence.start, speech.sentence.end) for speech in reaction.speeches]
    if len(spans) > 1:
        spans.insert(1, (spans[0][0], spans[-1][1]))
    speaker = _speaker(text, reaction)
    return DraftReaction(
        evidence=clauses.evidence(text, spans),
        speaker=speaker,
        quote=_quote(text, reaction),
        statement=_statement(text, reaction, speaker),
        stance=stance_of(text, reaction),
    )


def _speaker(text: str, reaction: Reaction) -> str:
    """The fullest form of the speaker's name that stands near what is said."""
    speaker, spoken = reaction.first.speaker, reaction.first.sentence
    if speaker.entity is None:
        return " ".join(text[speaker.start : speaker.end].split())
    near = [
        mention
        for mention in speaker.entity.mentions
        if mention.sentence.is_body and abs(mention.sentence.paragraph - spoken.paragraph) <= 1
    ]
    if not near:
        return speaker.entity.name
    return max(near, key=lambda mention: len(mention.words)).name


def _quote(text: str, reaction: Reaction) -> str | None:
    """The words of the first quotation, or of a later one that says much more."""
    spans = dict.fromkeys(span for speech in reaction.speeches for span in speech.quotations)
    worded = [span for span in spans if any(map(str.isalnum, text[span[0] : span[1]]))]
    if not worded:
        return None
    start, end = max(worded, key=lambda span: min(span[1] - span[0], _LONG_QUOTATION))
    return text[start:end].strip().rstrip(",.;")


def _statement(text: str, reaction: Reaction, speaker: str) -> str:
    """The attributed sentence, its speaker named where the article has a pronoun."""
    first = reaction.first
    sentence = first.sentence
    if first.shape == "quotation":
        return f"{speaker}: {clauses.clean(sentence.text)}"
    if first.pronoun is None:
        return clauses.clean(sentence.text)
    start, end = first.pronoun
    return clauses.clean(text[sentence.start : start] + speaker + text[end : sentence.end])
