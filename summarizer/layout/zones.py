"""Kinds of paragraphs by their signs and by where they stand: head, body or foot.

The body runs from the first paragraph of sentences to the last. Before it stand the
headline and what surrounds it; after it, lines without full stops are other stories.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from summarizer.layout import patterns, signs
from summarizer.layout.kinds import Kind, Part
from summarizer.layout.lines import Paragraph
from summarizer.layout.signs import Sign

_KIND = {
    Sign.FURNITURE: Kind.FURNITURE,
    Sign.SECTION: Kind.FURNITURE,
    Sign.COMMENTS: Kind.FURNITURE,
    Sign.STAMP: Kind.FURNITURE,
    Sign.CAPTION: Kind.CAPTION,
    Sign.DATELINE: Kind.DATELINE,
    Sign.BYLINE: Kind.BYLINE,
    Sign.HEADING: Kind.HEADING,
    Sign.BIO: Kind.FURNITURE,
}
_CONTENT_WORD = re.compile(r"[^\W\d_]{4,}|\d+")
_FULL_NAME = re.compile(r"[A-Z][^\W\d_]+(?: [A-Z][^\W\d_]*\.?)? [A-Z][\w'’-]+")
_BY = re.compile(r"\b(?:[Bb]y|BY)\b:?")
_CAPTION_LABEL = re.compile(r"(?:image |photo |picture )?caption[,:]?", re.IGNORECASE)
_SUFFIX = re.compile(r"\s+[|–—-]\s+[^|–—]{2,40}$")
#: In a text of single spaces.
_LONGEST_SUFFIX = len(" | ") + 40


def classify(text: str, paragraphs: Sequence[Paragraph]) -> list[Part]:
    """The parts of a text in order, each with its kind."""
    lines = _Lines(paragraphs)
    if not lines.prose:
        _label_bare(lines)
    else:
        _label_head(lines)
        _label_middle(lines)
        _label_foot(lines)
    parts = []
    for paragraph, kind in zip(lines.paragraphs, lines.kinds, strict=True):
        parts.append(Part(paragraph.start, paragraph.end, kind or Kind.BODY, paragraph.plain))
    return _split_wire_dateline(text, parts)


class _Lines:
    """The paragraphs with their signs; `kinds` is filled zone by zone."""

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        self.paragraphs = paragraphs
        known: dict[tuple[str, bool, int], Sign | None] = {}
        self.signs: list[Sign | None] = []
        for p in paragraphs:
            key = (p.plain, p.linked, p.level)
            if key not in known:
                known[key] = signs.sign_of(p.plain, linked=p.linked, level=p.level)
            self.signs.append(known[key])
        self._words: dict[int, int] = {}
        self.prose = [
            index
            for index, p in enumerate(paragraphs)
            if self.signs[index] is None and p.level == 0 and signs.is_prose(p.plain)
        ]
        self._label_captions()
        self._drop_bios()
        self._drop_pleas()
        self._drop_comments()
        self.kinds: list[Kind | None] = [_KIND[sign] if sign else None for sign in self.signs]
        self.first = self.prose[0] if self.prose else len(paragraphs)
        self.last = self._last_body()

    def __len__(self) -> int:
        return len(self.paragraphs)

    def words(self, index: int) -> int:
        """How many words a line has."""
        if index not in self._words:
            self._words[index] = self.paragraphs[index].words
        return self._words[index]

    def is_free(self, index: int) -> bool:
        """Whether neither sign nor zone has said what the line is."""
        return self.kinds[index] is None

    def is_bare(self, index: int) -> bool:
        """Whether the line reads like a headline or a label: no sentence, no bullet."""
        paragraph = self.paragraphs[index]
        return (
            self.is_free(index)
            and not paragraph.bullet
            and not signs.is_prose(paragraph.plain)
            and not signs.ends_as_sentence(paragraph.plain)
        )

    def _label_captions(self) -> None:
        """A line that only announces a caption makes the next one the caption."""
        for index in range(len(self.signs) - 1):
            announces = _CAPTION_LABEL.fullmatch(self.paragraphs[index].plain) is not None
            if announces and self.signs[index + 1] is None and self.words(index + 1) <= 60:
                self.signs[index + 1] = Sign.CAPTION
        self.prose = [index for index in self.prose if self.signs[index] is None]

    def _drop_bios(self) -> None:
        """A line about a reporter is about the author only at the article's edge."""
        for index, sign in enumerate(self.signs):
            if sign is Sign.BIO:
                before = sum(1 for p in self.prose if p < index)
                after = len(self.prose) - before
                if before >= 1 and after >= 2 and index > 0:
                    self.signs[index] = None

    def _drop_pleas(self) -> None:
        """At the foot, what asks the reader for something or begins with the author's name."""
        authors = [
            name
            for p, sign in zip(self.paragraphs, self.signs, strict=True)
            if sign is Sign.BYLINE
            for name in _FULL_NAME.findall(_BY.sub("", p.plain))
        ]
        for index in reversed(self.prose[3:][-4:]):
            plain = self.paragraphs[index].plain
            if not signs.is_plea(plain) and not (
                len(plain) < 400 and any(plain.startswith(name) for name in authors)
            ):
                return
            self.signs[index] = Sign.FURNITURE
            self.prose.remove(index)

    def _drop_comments(self) -> None:
        """Readers' comments end the text: nothing after their heading is the article."""
        for index, sign in enumerate(self.signs):
            if sign is not Sign.COMMENTS:
                continue
            before = [p for p in self.prose if p < index]
            if len(before) >= 3 or 2 * len(before) >= len(self.prose) > 0:
                self.prose = before
                for later in range(index + 1, len(self.signs)):
                    self.signs[later] = self.signs[later] or Sign.FURNITURE
                return

    def _last_body(self) -> int:
        """The last paragraph that is a sentence, however short, before the foot."""
        if not self.prose:
            return -1
        last = self.prose[-1]
        for index in range(last + 1, len(self)):
            paragraph = self.paragraphs[index]
            if self.signs[index] is None:
                short = signs.ends_as_sentence(paragraph.plain) and self.words(index) >= 3
                if not short or signs.is_title_case(paragraph.plain):
                    break
                last = index
            elif self.signs[index] in (Sign.SECTION, Sign.COMMENTS):
                break
        return last


def _label_bare(lines: _Lines) -> None:
    """A text without a sentence: the first line that may be one is the headline."""
    free = [index for index in range(len(lines)) if lines.is_free(index)]
    if len(free) > 1 and lines.words(free[0]) >= 3:
        lines.kinds[free[0]] = Kind.HEADLINE


def _label_head(lines: _Lines) -> None:
    headlines = _headlines(lines)
    for index in headlines:
        lines.kinds[index] = Kind.HEADLINE
    top = headlines[0] if headlines else -1
    stamps = 0
    for index in range(lines.first):
        if not lines.is_free(index) or lines.paragraphs[index].bullet:
            continue
        few = lines.words(index) <= 6
        closed = signs.ends_as_sentence(lines.paragraphs[index].plain)
        if index > top >= 0 and (not few or closed):
            lines.kinds[index] = Kind.STANDFIRST
            stamps += 1
        elif few or index < top:
            lines.kinds[index] = Kind.FURNITURE
    if stamps > 2:
        # One article has one standfirst: a run of such lines is a list of other stories.
        for index in range(lines.first):
            closed = signs.ends_as_sentence(lines.paragraphs[index].plain)
            if lines.kinds[index] is Kind.STANDFIRST and not closed:
                lines.kinds[index] = Kind.FURNITURE
    _label_standfirst(lines, top)


def _label_standfirst(lines: _Lines, top: int) -> None:
    """A short paragraph between the headline and a byline or dateline is the standfirst."""
    first = lines.first
    if top < 0 or not top < first <= top + 3 or lines.words(first) > 45:
        return
    for index in range(first + 1, min(first + 4, len(lines))):
        if lines.kinds[index] in (Kind.BYLINE, Kind.DATELINE):
            if lines.prose[1:]:
                lines.kinds[first] = Kind.STANDFIRST
            return
        if lines.is_free(index):
            return


def _headlines(lines: _Lines) -> list[int]:
    """The lines that are the headline: the best one and its repetitions."""
    candidates = [
        index
        for index in range(min(lines.first + 1, len(lines)))
        if lines.is_free(index)
        and not lines.paragraphs[index].bullet
        and 2 <= lines.words(index) <= 32
        and (index < lines.first or lines.paragraphs[index].level == 1)
        and not (lines.paragraphs[index].plain.endswith(".") and lines.words(index) > 8)
    ]
    level_one = [i for i, p in enumerate(lines.paragraphs) if p.level == 1 and lines.is_free(i)]
    if len(level_one) == 1 and level_one[0] not in candidates and level_one[0] < lines.last:
        candidates.append(level_one[0])
    if not candidates:
        return []
    story = set[str]()
    for index in lines.prose[:5]:
        story.update(_stems(lines.paragraphs[index].plain))
    keys = {index: _key(lines.paragraphs[index].plain) for index in candidates}
    # A line far longer than every candidate repeats none.
    longest = max(map(len, keys.values())) + _LONGEST_SUFFIX
    seen = Counter(_key(p.plain) for p in lines.paragraphs if len(p.plain) <= longest)

    def score(index: int) -> float:
        paragraph = lines.paragraphs[index]
        stems = _stems(paragraph.plain)
        shared = sum(stem in story for stem in stems)
        return (
            shared / (len(stems) + 1)
            + 0.5 * min(1, shared)
            + (1.5 if paragraph.level == 1 else 0)
            + (0.5 if seen[keys[index]] > 1 else 0)
            + (0.3 if lines.words(index) >= 4 else -0.3)
            - (0.3 if paragraph.plain.endswith((".", ":", ",")) else 0)
            + (0.25 if lines.words(index) >= 6 else 0)
            - 0.12 * candidates.index(index)
        )

    best = max(candidates, key=score)
    if lines.words(best) < 3 and score(best) < 0.6:
        return []
    key = keys[best]
    same = {best}
    for index in range(min(lines.first + 3, len(lines))):
        if lines.is_free(index) and _key(lines.paragraphs[index].plain) == key:
            same.add(index)
    return sorted(same)


def _key(plain: str) -> str:
    if any(mark in plain for mark in "|–—-"):
        plain = _SUFFIX.sub("", plain)
    return " ".join(plain.casefold().split())


def _stems(plain: str) -> list[str]:
    return [word.casefold()[:5] for word in _CONTENT_WORD.findall(plain)]


def _label_middle(lines: _Lines) -> None:
    """Between the first and the last sentence: headings, and lists of other stories."""
    listing = False
    index = lines.first
    while index <= lines.last:
        sign = lines.signs[index]
        if sign is Sign.SECTION:
            listing = True
        elif sign is Sign.STAMP:
            _label_clock_list(lines, index)
        elif lines.is_bare(index):
            run = _bare_run(lines, index)
            kind = _kind_of_run(lines, run, listing=listing)
            for position in run:
                lines.kinds[position] = kind
            index = run[-1]
        elif lines.is_free(index):
            if listing and _is_teaser(lines, index):
                lines.kinds[index] = Kind.FURNITURE
            else:
                listing = False
        elif sign is Sign.HEADING:
            listing = False
        index += 1


def _label_clock_list(lines: _Lines, index: int) -> None:
    """A headline under a clock time is an entry of a news list."""
    following = index + 1
    if following <= lines.last and lines.is_bare(following) and lines.words(following) > 3:
        lines.kinds[following] = Kind.FURNITURE


def _bare_run(lines: _Lines, index: int) -> list[int]:
    run = [index]
    while run[-1] + 1 <= lines.last and lines.is_bare(run[-1] + 1):
        run.append(run[-1] + 1)
    return run


def _kind_of_run(lines: _Lines, run: Sequence[int], *, listing: bool) -> Kind:
    if listing:
        return Kind.FURNITURE
    plains = [lines.paragraphs[index].plain for index in run]
    if len(run) >= 3:
        titled = sum(signs.is_title_case(plain) for plain in plains)
        return Kind.FURNITURE if 2 * titled > len(run) else Kind.BODY
    return Kind.HEADING if all(lines.words(index) <= 10 for index in run) else Kind.BODY


def _is_teaser(lines: _Lines, index: int) -> bool:
    """In a list of other stories: a short sentence between two of their headlines."""
    return (
        lines.words(index) <= 40
        and lines.kinds[index - 1] is Kind.FURNITURE
        and lines.signs[index - 1] is None
        and index + 2 < len(lines)
        and lines.is_bare(index + 1)
        and not lines.is_bare(index + 2)
    )


def _label_foot(lines: _Lines) -> None:
    """After the last sentence: bullets may still be the article's, other lines are not."""
    listing = False
    for index in range(lines.last + 1, len(lines)):
        if lines.signs[index] is Sign.SECTION:
            listing = True
        if lines.signs[index] is Sign.HEADING:
            listing = False
            follows = index + 1 < len(lines) and lines.paragraphs[index + 1].bullet
            lines.kinds[index] = Kind.HEADING if follows else Kind.FURNITURE
        if not lines.is_free(index):
            continue
        paragraph = lines.paragraphs[index]
        fact = paragraph.bullet and lines.words(index) >= 4 and not paragraph.linked
        lines.kinds[index] = Kind.BODY if fact and not listing else Kind.FURNITURE


def _split_wire_dateline(text: str, parts: list[Part]) -> list[Part]:
    """The parts with "PARIS, March 3 (Wire) -" set apart from the sentence it opens."""
    body = [i for i, part in enumerate(parts) if part.kind in (Kind.BODY, Kind.STANDFIRST)]
    for index in body[:2]:
        part = parts[index]
        match = patterns.WIRE_DATELINE.match(text, part.start, min(part.end, part.start + 200))
        if match is None or not _is_wire(match):
            continue
        dateline = text[part.start : match.end()].rstrip()
        head = Part(part.start, part.start + len(dateline), Kind.DATELINE, dateline)
        rest = Part(match.end(), part.end, part.kind, text[match.end() : part.end][:1500])
        return [*parts[:index], head, rest, *parts[index + 1 :]]
    return parts


def _is_wire(match: re.Match[str]) -> bool:
    """A place in capitals, a date or an agency: a dash after a name alone is no dateline."""
    first = re.split(r"[\s,/]", match["place"])[0]
    capitals = len(first) > 2 and first.isupper()
    return bool(match["date"] or match["agency"] or capitals)
