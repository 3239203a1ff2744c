"""Names in a sentence: runs of capitalized words, with their titles set apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from summarizer.engines.extractive import gazetteer, runs, titles
from summarizer.engines.extractive.reading import Sentence
from summarizer.engines.extractive.speech_words import SPEECH_VERBS
from summarizer.engines.extractive.tokens import Token
from summarizer.engines.extractive.vocabulary import (
    AUXILIARIES,
    CONJUNCTIONS,
    DIRECTIONS,
    NO_NAMES,
    ORGANIZATION_WORDS,
    PREPOSITIONS,
    SENTENCE_OPENERS,
    TITLES,
)

#: Marks of Markdown around a name say nothing of it.
_MARKUP = frozenset("[]*_")
_ADJECTIVE_ENDINGS = ("ic", "ian", "ean", "ese", "ish")


@dataclass(frozen=True)
class Mention:
    """A name where it stands: `first` and `last` are its tokens' indices in the sentence.

    `role` is the (start, end) of a title written with it, in the article's own words.
    """

    sentence: Sentence
    first: int
    last: int
    start: int
    end: int
    #: As it stands, with single spaces.
    name: str
    words: tuple[str, ...]
    role: tuple[int, int] | None = None
    #: Whether only its place at the head of the sentence gives it a capital, for all it shows.
    doubtful: bool = False
    #: Whether it opens its sentence.
    opens: bool = False

    @property
    def possessive(self) -> bool:
        """Whether it stands in the possessive."""
        return self.sentence.tokens[self.last].possessive

    def token(self, offset: int) -> Token | None:
        """The token `offset` places after the name, or before it if negative."""
        index = (self.last if offset > 0 else self.first) + offset
        tokens = self.sentence.tokens
        return tokens[index] if 0 <= index < len(tokens) else None

    def low(self, offset: int) -> str:
        """That token in lower case, or nothing; marks of Markdown do not count."""
        step = 1 if offset > 0 else -1
        token = self.token(offset)
        while token is not None and token.text in _MARKUP:
            offset += step
            token = self.token(offset)
        return token.low if token else ""


def mentions(sentence: Sentence, text: str) -> list[Mention]:
    """The names of a sentence of the article `text`, in order."""
    tokens = sentence.tokens
    found: list[Mention] = []
    index = 0
    while index < len(tokens):
        if not runs.is_name_word(tokens, index):
            index += 1
            continue
        last = runs.run_end(tokens, index)
        found.extend(_of_run(sentence, text, index, last))
        index = last + 1
    return found


def is_title_case(sentence: Sentence) -> bool:
    """Whether capitals say nothing, as in many headlines."""
    longer = [t for t in sentence.words if len(t.text) > 3 and t.text[0].isalpha()]
    return len(longer) > 2 and sum(t.is_capital for t in longer) >= 0.8 * len(longer)


def _of_run(sentence: Sentence, text: str, first: int, last: int) -> list[Mention]:
    """The names in a run of capitalized words: one, or a body's and its officer's, or none."""
    tokens = sentence.tokens
    opened = _opens_sentence(sentence, first)
    begin = _without_openers(tokens, first, last) if opened else first
    while begin < last and tokens[begin].low in ("the", "a", "an"):
        begin += 1
    if begin > last:
        return []
    if opened and last - begin >= 2 and titles.is_occupation(tokens[begin].low):
        # "Surfer Ann Lee": the sentence gives the occupation its capital.
        role = (tokens[begin].start, tokens[begin].end)
        rest = _of_run(sentence, text, begin + 1, last)
        return [dataclasses.replace(rest[0], role=rest[0].role or role), *rest[1:]] if rest else []
    office = titles.within(tokens, begin, last)
    if office is not None:
        role = (tokens[office.title].start, tokens[office.name - 1].bare_end)
        body = _of_run(sentence, text, begin, office.title - 1)
        return [*body, _mention(sentence, text, office.name, last, role=role)]
    return _titled(sentence, text, begin, last, doubtful=opened and begin == first, opens=opened)


def _titled(
    sentence: Sentence, text: str, first: int, last: int, *, doubtful: bool, opens: bool
) -> list[Mention]:
    """The name of a run less the title that opens it, if a name is left."""
    tokens = sentence.tokens
    if first == last:
        word = tokens[first].text
        acronym = word.isupper() and len(word) > 1
        if not acronym and tokens[first].low in SENTENCE_OPENERS:
            return []
        doubtful = doubtful and not acronym
    else:
        doubtful = False
    body = {token.low for token in tokens[first : last + 1]} & ORGANIZATION_WORDS
    if last - first > 1 and not body and gazetteer.demonym(tokens[first].text):
        first += 1  # "American Jessica Pegula"
    role = None
    title = titles.opening(tokens, first, last)
    if title is not None:
        role, first, doubtful = title.role, title.name, False
    role = role or titles.before(tokens, first)
    if first == last and _is_no_name(tokens, first):
        return []
    mention = _mention(sentence, text, first, last, role=role)
    return [dataclasses.replace(mention, doubtful=doubtful, opens=opens)]


def _mention(
    sentence: Sentence, text: str, first: int, last: int, *, role: tuple[int, int] | None
) -> Mention:
    name = sentence.tokens[first : last + 1]
    start, end = name[0].start, name[-1].bare_end
    if name[0].low == "st" and name[-1].possessive and not _owns(sentence, last):
        end = name[-1].end
    words = tuple(
        token.text[:-2] if token.possessive and token is name[-1] else token.text
        for token in name
        if token.is_word
    )
    return Mention(
        sentence, first, last, start, end, " ".join(text[start:end].split()), words, role=role
    )


def _without_openers(tokens: Sequence[Token], first: int, last: int) -> int:
    """The index behind the function word that opens a sentence: "In Paris"."""
    if tokens[first].low not in SENTENCE_OPENERS or (tokens[first].possessive and first < last):
        return first
    first += 1
    while first <= last and not tokens[first].is_capital:
        first += 1
    return first


def _opens_sentence(sentence: Sentence, index: int) -> bool:
    """Whether a token stands where every word has a capital."""
    if not any(token.is_word for token in sentence.tokens[:index]):
        return True
    previous = sentence.tokens[index - 1]
    if previous.text == '"':
        return sentence.quoted(sentence.tokens[index].start)
    return previous.text in ":.!?\u2026\u201c\u201e\u00ab"


def _owns(sentence: Sentence, last: int) -> bool:
    """Whether a possessive is followed by what is owned: "St. John's" is a name."""
    following = sentence.tokens[last + 1 : last + 2]
    return any(t.is_word and t.low not in PREPOSITIONS | AUXILIARIES for t in following)


def _is_no_name(tokens: Sequence[Token], index: int) -> bool:
    """Whether a capitalized word alone names nobody: a title, an adjective of a country."""
    token = tokens[index]
    word = token.text[:-2] if token.possessive else token.text
    if token.low in TITLES | DIRECTIONS | NO_NAMES or len(word) == 1:
        return True
    return gazetteer.demonym(word) is not None or _is_adjective(tokens, index)


def _is_adjective(tokens: Sequence[Token], index: int) -> bool:
    """Whether a lone capitalized word only describes the noun behind it: "Celtic coins"."""
    token = tokens[index]
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if token.possessive or following is None or not token.low.endswith(_ADJECTIVE_ENDINGS):
        return False
    if not following.text.isalpha() or not following.text.islower():
        return False
    low = following.low
    verb = low in AUXILIARIES | SPEECH_VERBS or low.endswith(("ed", "ly"))
    return not verb and low not in PREPOSITIONS | CONJUNCTIONS
