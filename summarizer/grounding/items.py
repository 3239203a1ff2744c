"""The check of one drafted item, field by field."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from summarizer import countries, dates
from summarizer.draft import (
    DraftBackground,
    DraftItem,
    DraftReaction,
    DraftWhat,
    DraftWhen,
    DraftWhere,
    DraftWho,
)
from summarizer.grounding import statements
from summarizer.grounding.checked import Checked, Item, claim_of
from summarizer.grounding.index import EvidenceIndex
from summarizer.grounding.names import SMALL_WORDS, initials, keys, stands_alone
from summarizer.schema import (
    Adjustment,
    AdjustmentReason,
    Background,
    FieldName,
    Reaction,
    Rejection,
    RejectionReason,
    Span,
    What,
    When,
    Where,
    Who,
)
from summarizer.spans import Folded, words

MIN_EVIDENCE_WORDS = 3

_EvidenceReason = Literal["evidence_too_short", "evidence_not_in_article", "evidence_is_furniture"]
_MARKS = "\"'“”„‟‘’‚‛«»‹›"
_SHOWN_CHARACTERS = 80
_WORD_LENGTH = 100


def check(name: FieldName, drafted: DraftItem, index: EvidenceIndex) -> Checked:
    """Check one item of the field `name` against the article."""
    work = _Check(name, drafted, index)
    try:
        item = work.item()
    except _Rejected as rejected:
        rejection = Rejection(
            field=name,
            claim=claim_of(drafted),
            evidence=tuple(drafted.evidence),
            reason=rejected.reason,
            detail=rejected.detail,
        )
        return Checked(name, drafted, None, rejection)
    return Checked(name, drafted, item, None, tuple(work.adjustments))


class _Rejected(Exception):
    """An item's core fails. Never leaves this module."""

    def __init__(self, reason: RejectionReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass
class _Check:
    name: FieldName
    drafted: DraftItem
    index: EvidenceIndex
    adjustments: list[Adjustment] = field(default_factory=list)

    def item(self) -> Item:
        evidence = self._evidence()
        match self.drafted:
            case DraftWhat(statement=statement):
                return What(evidence=evidence, statement=self._statement(statement, evidence))
            case DraftWho() as who:
                return self._who(who, evidence)
            case DraftWhere() as where:
                name = self._standing(where.name)
                country = self._country(where.country, name)
                return Where(evidence=evidence, name=name, country=country)
            case DraftWhen() as when:
                return self._when(when, evidence)
            case DraftReaction() as reaction:
                return self._reaction(reaction, evidence)
            case DraftBackground() as background:
                return Background(
                    evidence=evidence,
                    statement=self._statement(background.statement, evidence),
                    date=self._date(background.date, lambda: self._words_of(evidence)),
                )

    def _evidence(self) -> tuple[Span, ...]:
        """The passages that stand in the article; rejected if none does."""
        spans: list[Span] = []
        problems: list[tuple[str, _EvidenceReason, str]] = []
        for quote in self.drafted.evidence:
            if words(quote, most=MIN_EVIDENCE_WORDS) < MIN_EVIDENCE_WORDS:
                detail = f"{_shown(quote)} is shorter than {MIN_EVIDENCE_WORDS} words"
                problems.append((quote, "evidence_too_short", detail))
            elif (span := self.index.span(quote, near=spans[:1])) is not None:
                if all((span.start, span.end) != (other.start, other.end) for other in spans):
                    spans.append(span)
            elif self.index.hits(quote):
                detail = f"{_shown(quote)} stands only in page furniture, not in the article"
                problems.append((quote, "evidence_is_furniture", detail))
            else:
                detail = f"{_shown(quote)} does not stand in the article word for word"
                problems.append((quote, "evidence_not_in_article", detail))
        if not spans:
            if not problems:
                raise _Rejected("evidence_missing", "no evidence is given")
            raise _Rejected(*problems[0][1:])
        for quote, reason, detail in problems:
            self._adjust("evidence", quote, reason, detail)
        return tuple(spans)

    def _statement(self, statement: str, evidence: Sequence[Span]) -> str:
        statement = _filled(statement, "statement")
        problem = statements.problem(statement, evidence, self.index)
        if problem is not None:
            raise _Rejected(*problem)
        return statement

    def _standing(self, name: str) -> str:
        """A name that stands in the article."""
        name = _filled(name, "name")
        if self.index.name_hits(name):
            return name
        if any(True for _ in self.index.folded.names(name)):
            detail = f"{_shown(name)} stands only in page furniture, not in the article"
            raise _Rejected("evidence_is_furniture", detail)
        raise _Rejected("name_not_in_article", f"{_shown(name)} does not stand in the article")

    def _who(self, who: DraftWho, evidence: tuple[Span, ...]) -> Who:
        name = self._standing(who.name)
        if who.kind in ("person", "organization") and not self._named_near(name, evidence):
            detail = f"{_shown(name)} is named neither near the evidence nor in the headline"
            raise _Rejected("name_not_in_evidence", detail)
        role = " ".join((who.role or "").split())
        if role and not self._has_role(role, name):
            detail = f"the article does not give the title {_shown(role)}"
            self._adjust("role", role, "role_not_in_article", detail)
            role = ""
        return Who(evidence=evidence, name=name, kind=who.kind, role=role or None)

    def _has_role(self, role: str, name: str) -> bool:
        """Whether the role stands in the article, whole or around the name it belongs to."""
        wanted = role.casefold()
        if any(True for _ in self.index.caseless.names(wanted)):
            return True
        name = name.casefold()
        around = _around(self.index.caseless.text, name, 2 * len(wanted))
        return any(True for _ in Folded.of(around.replace(name, " ")).names(wanted))

    def _named_near(self, name: str, evidence: Sequence[Span]) -> bool:
        """Whether a word of the name, in the name's own capitals, stands near the evidence."""
        index = self.index
        if index.stands_near(name, evidence):
            return True
        near = index.keys_of((*index.context(evidence), *index.neighbours(evidence)))
        named = keys(name)
        telling = {key for key in named if len(key) > 2 and key not in SMALL_WORDS}
        return not telling.isdisjoint(near) or named <= near

    def _country(self, code: str | None, name: str) -> str | None:
        if code is None:
            return None
        code = code.strip().upper()
        named = countries.codes_of(name)
        if not countries.is_code(code):
            detail = f"{_shown(code)} is not a country's ISO 3166-1 alpha-2 code"
            self._adjust("country", code, "country_unknown", detail)
            return None
        if named and code not in named:
            detail = f"{_shown(name)} has the code {' or '.join(sorted(named))}, not {code}"
            self._adjust("country", code, "country_disagrees", detail)
            return None
        return code

    def _when(self, when: DraftWhen, evidence: tuple[Span, ...]) -> When:
        text = _filled(when.text, "time")
        if not self.index.name_hits(text):
            detail = f"{_shown(text)} does not stand in the article word for word"
            raise _Rejected("time_not_in_article", detail)
        event = self._statement(when.event, evidence)
        sources = [text, *(span.text for span in evidence)]
        date = self._date(when.date, lambda: sources, own=text)
        return When(evidence=evidence, text=text, date=date, event=event)

    def _words_of(self, evidence: Sequence[Span]) -> list[str]:
        """Where a background date may stand: in the evidence, else in its paragraph."""
        texts = [span.text for span in evidence]
        if any(self.index.times(text) for text in texts):
            # Two passages may name the two ends of an interval.
            return [*texts, "\n".join(texts)]
        return [*texts, "\n".join(self.index.context(evidence))]

    def _date(
        self, value: str | None, sources: Callable[[], Sequence[str]], *, own: str | None = None
    ) -> str | None:
        """The date if it agrees with one source's words, else None and an adjustment.

        A day that the time's `own` words speak against is not saved by other words.
        """
        value = (value or "").strip()
        if not value:
            return None
        first: dates.Disagreement | None = None
        try:
            for source in sources():
                found = self._disagreement(value, source)
                if found is None:
                    return value
                first = first or found
                if source is own and found.reason == "date_disagrees" and "/" not in value:
                    break
        except ValueError:
            detail = f"{_shown(value)} is not an EDTF date (YYYY, YYYY-MM, YYYY-MM-DD, A/B)"
            self._adjust("date", value, "date_malformed", detail)
            return None
        assert first is not None
        self._adjust("date", value, first.reason, first.detail)
        return None

    def _disagreement(self, value: str, words: str) -> dates.Disagreement | None:
        index = self.index
        times = index.times(words)
        disagreement = functools.partial(
            dates.disagreement,
            value,
            words,
            index.article.published,
            year=index.own_year,
            times=times,
        )
        alone = disagreement()
        if alone is None and not any(time.open for time in times):
            return None
        # It takes long to find the article's other dates: only where it makes a difference
        # whether they settle this one.
        if alone == disagreement(named=(value,)):
            return alone
        return disagreement(named=index.named_dates)

    def _reaction(self, reaction: DraftReaction, evidence: tuple[Span, ...]) -> Reaction:
        speaker = self._standing(reaction.speaker)
        statement = self._statement(reaction.statement, evidence)
        quote = self._quote(reaction.quote, evidence)
        near = [*evidence, *([quote] if quote else [])]
        return Reaction(
            evidence=evidence,
            speaker=speaker,
            stance=reaction.stance,
            statement=statement,
            quote=quote,
            attribution="verified" if self._speaks_near(speaker, near) else "unverified",
        )

    def _quote(self, quote: str | None, evidence: tuple[Span, ...]) -> Span | None:
        bare = (quote or "").strip().strip(_MARKS).strip()
        if not bare:
            return None
        hits = [hit for hit in self.index.hits(bare) if not self.index.in_furniture(hit)]
        if not hits:
            detail = f"{_shown(bare)} does not stand in the article word for word"
            self._adjust("quote", bare, "quote_not_in_article", detail)
            return None
        spoken = [hit for hit in hits if self.index.quoted(hit)]
        if not spoken:
            detail = f"{_shown(bare)} does not stand inside quotation marks: reported speech"
            self._adjust("quote", bare, "quote_not_in_quotation_marks", detail)
            return None
        return self.index.nearest(spoken, evidence, occurrences=len(hits))

    def _speaks_near(self, speaker: str, spans: Sequence[Span]) -> bool:
        """Whether the speaker is named near, in full, by a part of the name or by initials."""
        index = self.index
        blocks = [block for span in spans for block in index.paragraphs(span, reach=1)]
        last = speaker.rsplit(maxsplit=1)[-1]
        names = [speaker, *([last] if last[0].isupper() and len(last) > 1 else [])]
        for name in names:
            hits = index.name_hits(name)
            if any(b.start <= hit.start and hit.end <= b.end for b in blocks for hit in hits):
                return True
        near = index.neighbours(spans)
        first = speaker.partition(" ")[0]
        return initials(speaker) in index.acronyms_of(near) or stands_alone(first, near)

    def _adjust(self, attribute: str, was: str, reason: AdjustmentReason, detail: str) -> None:
        self.adjustments.append(
            Adjustment(
                field=self.name,
                claim=claim_of(self.drafted),
                attribute=attribute,
                was=was,
                reason=reason,
                detail=detail,
            )
        )


def _around(text: str, name: str, reach: int) -> str:
    """The stretches of a text around each place of a name, from word to word."""
    found = []
    at = text.find(name)
    while at >= 0:
        start, end = max(0, at - reach), at + len(name) + reach
        # A stretch does not begin or end inside a word, unless that is no word.
        start = max(start - _WORD_LENGTH, text.rfind(" ", max(0, start - _WORD_LENGTH), start), 0)
        after = text.find(" ", end, end + _WORD_LENGTH)
        found.append(text[start : after if after >= 0 else end + _WORD_LENGTH])
        at = text.find(name, at + len(name))
    return "\n\n".join(found)


def _filled(text: str, what: str) -> str:
    """The text on one line; rejected if nothing is left."""
    text = " ".join(text.split())
    if not text:
        raise _Rejected("empty_text", f"the {what} is empty")
    return text


def _shown(text: str) -> str:
    """The text as a message quotes it: on one line, and not too long."""
    text = " ".join(text.split())
    return f"“{text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + '…'}”"
