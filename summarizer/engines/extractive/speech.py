"""Speech: who says what in a sentence, found from the words of saying.

Three shapes carry most attributions in news: "X said ...", "..., said X" and "according to
X". A sentence that is nothing but a quotation goes with the speaker beside it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from summarizer.engines.extractive import references, verbs
from summarizer.engines.extractive.entities import Naming
from summarizer.engines.extractive.reading import Reading, Sentence
from summarizer.engines.extractive.speakers import Speaker, Speakers
from summarizer.engines.extractive.speech_words import REFUSALS, RESPONSE_ACTIONS, SPEECH_VERBS
from summarizer.layout import Kind

Shape = Literal["leading", "trailing", "according", "quotation", "refusal", "action"]

_REFUSAL = re.compile(REFUSALS, re.IGNORECASE)
_ACTION = re.compile(rf"\b(?:{RESPONSE_ACTIONS})", re.IGNORECASE)
_ACCORDING = re.compile(r"\b[Aa]ccording to\s+|\bin the words of\s+")
#: A shorter quotation is a word set off, and a shorter one behind a colon a title.
_LEAST_QUOTED, _LEAST_INTRODUCED = 3, 12


@dataclass(frozen=True)
class Speech:
    """One sentence's attribution. `quotations` are the direct words, marks not included."""

    sentence: Sentence
    speaker: Speaker
    shape: Shape
    verb: str
    quotations: tuple[tuple[int, int], ...]
    #: Where the attributing words begin and end.
    start: int
    end: int
    #: Where the article has a pronoun for the speaker.
    pronoun: tuple[int, int] | None = None

    @property
    def is_direct(self) -> bool:
        """Whether it holds words in quotation marks."""
        return bool(self.quotations)


def find(reading: Reading, naming: Naming) -> list[Speech]:
    """The attributed sentences of an article's body, in order."""
    return _Attribution(reading, naming).speeches()


class _Attribution:
    """Finds the speech of an article's sentences, one after the other."""

    def __init__(self, reading: Reading, naming: Naming) -> None:
        self._reading = reading
        self._text = reading.text
        self._naming = naming
        self._speakers = Speakers(reading, naming)

    def speeches(self) -> list[Speech]:
        found: list[Speech] = []
        body = self._reading.body
        for position, sentence in enumerate(body):
            if sentence.kind is Kind.STANDFIRST:
                continue
            speech = self._own(sentence)
            if speech is None and _is_quotation(sentence):
                speech = self._beside(sentence, found, body[position + 1 :][:1])
            speech = self._settled(speech, found) if speech is not None else None
            if speech is not None:
                found.append(speech)
        return found

    def _settled(self, speech: Speech, earlier: Sequence[Speech]) -> Speech | None:
        """The speech with its speaker named, where what stands before names one."""
        if not speech.speaker.pronoun:
            named = references.of_description(self._reading, self._naming, speech, earlier)
            return dataclasses.replace(speech, speaker=named)
        speaker = references.of_pronoun(self._reading, self._naming, speech, earlier)
        if speaker is None:
            return None
        pronoun = (speech.speaker.start, speech.speaker.end)
        return dataclasses.replace(speech, speaker=speaker, pronoun=pronoun)

    def _own(self, sentence: Sentence) -> Speech | None:
        """The attribution that a sentence itself carries."""
        refusal = self._refusal(sentence)
        if refusal is not None:
            return refusal
        for index in _verbs_of_saying(sentence):
            speech = self._at_verb(sentence, index)
            if speech is not None:
                return speech
        return self._according(sentence) or self._introduced(sentence) or self._acted(sentence)

    def _at_verb(self, sentence: Sentence, index: int) -> Speech | None:
        token = sentence.tokens[index]
        inverted = self._speakers.after(sentence, index)
        speaker = inverted or self._speakers.before(sentence, index)
        if speaker is None:
            return None
        quoted = tuple(q for q in sentence.quotations if q[1] - q[0] >= _LEAST_QUOTED)
        if not quoted and not verbs.reports(sentence, index):
            return None
        if inverted:
            end = speaker.end
            return Speech(sentence, speaker, "trailing", token.low, quoted, token.start, end)
        before = sentence.text[: speaker.start - sentence.start].strip(" ,\"'“”„‘’»«")
        behind = verbs.closes(sentence, index) or (bool(quoted) and quoted[0][1] <= speaker.start)
        shape: Shape = "trailing" if behind and len(before.split()) > 2 else "leading"
        return Speech(sentence, speaker, shape, token.low, quoted, speaker.start, token.end)

    def _refusal(self, sentence: Sentence) -> Speech | None:
        """The speech of who gave no answer: "X did not respond"."""
        match = _REFUSAL.search(sentence.text)
        index = _index_at(sentence, match)
        if match is None or index is None:
            return None
        verb = match[0].lower()
        if match["from"]:
            return self._named_after(sentence, match, "refusal", verb)
        subjects = (
            self._speakers.before(sentence, each)
            for each in (*_verbs_of_saying(sentence, index), index)
        )
        speaker = next((each for each in subjects if each is not None), None)
        if speaker is None:
            return None
        end = sentence.start + match.end()
        quoted = sentence.quotations
        return Speech(sentence, speaker, "refusal", verb, quoted, speaker.start, end)

    def _according(self, sentence: Sentence) -> Speech | None:
        match = _ACCORDING.search(sentence.text)
        if match is None or sentence.quoted(sentence.start + match.start()):
            return None
        return self._named_after(sentence, match, "according", "according")

    def _named_after(
        self, sentence: Sentence, match: re.Match[str], shape: Shape, verb: str
    ) -> Speech | None:
        """The speech of whom the words after a match name."""
        start = sentence.start + match.end()
        index = next((i for i, t in enumerate(sentence.tokens) if t.start >= start), None)
        if index is None:
            return None
        end = self._speakers.phrase_end(sentence, index)
        speaker = self._speakers.of_phrase(sentence, start, end)
        if speaker is None:
            return None
        begin = sentence.start + match.start()
        return Speech(sentence, speaker, shape, verb, sentence.quotations, begin, end)

    def _introduced(self, sentence: Sentence) -> Speech | None:
        """`X was blunt: "..."`: a colon before the quotation stands for a verb."""
        for start, end in sentence.quotations:
            before = self._text[sentence.start : start].rstrip(" \"“„«‘'")
            if end - start < _LEAST_INTRODUCED or not before.endswith(":"):
                continue
            for mention, entity in self._naming.of(sentence):
                if mention.start < start and entity.kind in ("person", "organization", "country"):
                    speaker = Speaker(mention.start, mention.end, entity)
                    quoted = ((start, end),)
                    return Speech(sentence, speaker, "leading", ":", quoted, mention.start, start)
        return None

    def _acted(self, sentence: Sentence) -> Speech | None:
        """What someone did in response: "offered his condolences", "ordered an inquiry"."""
        match = _ACTION.search(sentence.text)
        index = _index_at(sentence, match)
        if match is None or index is None or verbs.is_other_word(sentence.tokens, index):
            return None
        speaker = self._speakers.before(sentence, index)
        if speaker is None:
            return None
        verb = sentence.tokens[index].low
        end = sentence.start + match.end()
        return Speech(sentence, speaker, "action", verb, (), speaker.start, end)

    def _beside(
        self, sentence: Sentence, found: Sequence[Speech], following: Sequence[Sentence]
    ) -> Speech | None:
        """The speech of a sentence that is nothing but a quotation."""
        speaker = (
            self._speaker_before(sentence, found)
            or self._speaker_behind(sentence, following)
            or self._person_before(sentence)
        )
        if speaker is None:
            return None
        quoted = sentence.quotations
        return Speech(sentence, speaker, "quotation", "", quoted, sentence.start, sentence.end)

    def _speaker_before(self, sentence: Sentence, found: Sequence[Speech]) -> Speaker | None:
        last = found[-1] if found else None
        if last is None or sentence.index - last.sentence.index > 1:
            return None
        near = sentence.paragraph - last.sentence.paragraph
        return last.speaker if near == 0 or (near <= 2 and last.is_direct) else None

    def _speaker_behind(self, sentence: Sentence, following: Sequence[Sentence]) -> Speaker | None:
        for after in following:
            speech = self._own(after) if after.paragraph == sentence.paragraph else None
            if speech is not None:
                return speech.speaker
        return None

    def _person_before(self, sentence: Sentence) -> Speaker | None:
        before = self._reading.sentences[sentence.index - 1] if sentence.index else None
        if before is None or not before.is_body or before.paragraph != sentence.paragraph:
            return None
        for mention, entity in self._naming.of(before):
            if entity.kind == "person":
                return Speaker(mention.start, mention.end, entity)
        return None


def _verbs_of_saying(sentence: Sentence, end: int | None = None) -> list[int]:
    """The indices of the verbs of saying outside quotations, up to `end`."""
    return [
        index
        for index, token in enumerate(sentence.tokens[:end])
        if token.low in SPEECH_VERBS
        and token.text.islower()
        and not sentence.quoted(token.start)
        and not verbs.is_other_word(sentence.tokens, index)
    ]


def _index_at(sentence: Sentence, match: re.Match[str] | None) -> int | None:
    """The index of the token at a match outside quotations, or None."""
    if match is None or sentence.quoted(sentence.start + match.start()):
        return None
    at = sentence.start + match.start()
    return next((i for i, t in enumerate(sentence.tokens) if t.start >= at), None)


def _is_quotation(sentence: Sentence) -> bool:
    """Whether a sentence is a quotation and hardly anything else."""
    inside = sum(end - start for start, end in sentence.quotations)
    return inside >= 0.8 * (sentence.end - sentence.start) - 4 and inside > 8
