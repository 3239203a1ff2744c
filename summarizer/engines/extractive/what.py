"""What: the main event in one sentence, from the lead and the headline."""

from __future__ import annotations

import re

from summarizer.draft import DraftWhat
from summarizer.engines.extractive import clauses
from summarizer.engines.extractive.moments import is_exact
from summarizer.engines.extractive.reading import Sentence
from summarizer.engines.extractive.roles import Role
from summarizer.engines.extractive.story import Story
from summarizer.spans import words

#: Longer sentences are cut at their last clauses; a cut leaves so many words at least.
_MOST_WORDS, _LEAST_WORDS = 42, 7
#: So many sentences behind the lead may tell the day that it leaves out.
_NEAR = 3
_DETERMINER = re.compile(r",?\s+(?:the|a|an|its|his|her|their)$")
_TICKER = re.compile(r"\s\((?:[A-Z]+:\s?)?[A-Z]{1,6}(?:\.[A-Z]{1,3})?\)(?=[\s,.])")


def draft(story: Story) -> DraftWhat | None:
    """The main event, or None of a text that has no three words in a row."""
    headline = story.reading.headline
    lead = story.lead or headline or next(iter(story.reading.sentences), None)
    if lead is not None and words(lead.text) < clauses.LEAST_WORDS:
        lead = headline
    if lead is None:
        return None
    spans = [(lead.start, lead.end)]
    statement = _without_attribution(story, lead)
    if (end := _end_of_day_cut_off(story, lead, statement)) is not None:
        # "…, police said on Tuesday": the day goes with who says it, or not at all.
        statement = clauses.clean(lead.text[:end])
    elif (when := _day_elsewhere(story, lead)) is not None:
        sentence, day = when
        statement = f"{statement.rstrip('.')} ({day})."
        spans.append((sentence.start, sentence.end))
    if headline is not None and headline is not lead:
        spans.append((headline.start, headline.end))
    passages = clauses.evidence(story.text, spans)
    return DraftWhat(evidence=passages, statement=statement) if passages else None


def _without_attribution(story: Story, lead: Sentence) -> str:
    """The lead less the words that only say who says it."""
    text = lead.text
    speech = story.speeches.get(lead.index)
    if speech is not None and not speech.is_direct and speech.shape in ("trailing", "according"):
        kept = _DETERMINER.sub("", text[: speech.start - lead.start].rstrip(" ,–—-"))
        text = kept if len(kept.split()) >= _LEAST_WORDS else text
    return clauses.shorten(clauses.clean(_TICKER.sub("", text)), _MOST_WORDS)


def _end_of_day_cut_off(story: Story, lead: Sentence, statement: str) -> int | None:
    """Where in the lead its one day ends, if that went with the attribution."""
    days = [t for t in story.reading.times(lead, None) if is_exact(t) and not t.open]
    if len(days) != 1 or days[0].text in statement:
        return None
    return days[0].end


def _day_elsewhere(story: Story, lead: Sentence) -> tuple[Sentence, str] | None:
    """The day of the event that the lead leaves out: the sentence and its words."""
    if any(map(is_exact, story.reading.times(lead, None))):
        return None
    for sentence in story.reading.body:
        near = sentence.index - lead.index <= _NEAR
        if sentence is lead or not near or story.role(sentence) is not Role.EVENT:
            continue
        for time in story.reading.times(sentence, "past"):
            if is_exact(time) and not time.open:
                return sentence, " ".join(time.text.split())
    return None
