"""Names in a statement: whether the article holds them, in whatever form it has them."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from summarizer import countries, numbers

_TOKEN = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*\.?")
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’»)\]]*\s|[\"“„«‘]\W*$")
_ROMAN = re.compile(r"[IVX]+")
#: Words that a name may have before it, whether or not the article puts them there.
_HONORIFICS = frozenset(
    "mr mrs ms miss mx dr prof professor sir dame lord lady madam madame".split()
)
#: A full stop after these ends no sentence.
_ABBREVIATIONS = _HONORIFICS | frozenset(
    "gen lt col sgt capt maj adm brig sen rep gov hon rev fr st jr sr no vs".split()
)
#: Initials that stand for common words, which no article need write with capitals.
_COMMON_INITIALS = frozenset("pm mp mps ceo cfo gdp tv ai id ngo ngos dna".split())
#: Words that may stand inside a name without a capital.
SMALL_WORDS = frozenset("of the and for on in de al bin van von".split())
#: What a name or a title ends in where another form of it ends otherwise: Vietnam and
#: Vietnamese, Texas and Texan, Ministry and minister.
_ENDINGS = frozenset(
    "a al an ans ary ce e ean ed en ence ency ent ents er ers es ese ey i ia ial ian ians ic ics"
    " ies ing ion ions is ise ised ish ism ist ists ite ites ity ment mental ments n ns o or ors"
    " r re ries ry s se ur us y".split()
) | {""}
#: Words as short as this share their beginning by chance.
_LEAST_STEM, _LEAST_COMMON_STEM = 4, 6
#: Words that open a sentence, and endings of many more: a capital there makes no name.
_OPENERS = frozenset(
    "a about above according across after again against all almost already also although amid"
    " among amongst an and another any anyone around as aside at away back bad because before"
    " behind being below beneath beside besides between beyond big both but by can chief city"
    " clear close common could crew crowd current daily day dead deep despite did do does down"
    " during each early earlier either else elsewhere enough even ever every everyone everything"
    " except extra far few fewer final fire first five following for former four free fresh from"
    " front full further given global going good great group had half hard has have he health"
    " heavy help her here high his home hope how however human i if in inside instead into it its"
    " just keen key lack large last late later law lead left less like little local long low main"
    " major many may meanwhile men military might million minor more most much must my near nearly"
    " neither never new next night nine no nobody none nor not nothing now of off old on once one"
    " only open other our out outside over own part past people per perhaps plan poor possible"
    " power press previous price prior private public quite rain rather recent rescue right rival"
    " road roughly second senior serious seven several severe shall she short should show similar"
    " since six small so social some someone something soon special staff state still strong such"
    " support talk talks team ten than that the their them then there therefore these they third"
    " this those though three through throughout thus time to today together tomorrow tonight too"
    " top total toward town trade traffic true twice two under unless unlike until up upon us vote"
    " was water we weak week well were what when whenever where whereas whether which while white"
    " who whoever whole whose why wide wider will wind with within without women work world worse"
    " would year yes yesterday yet you young your youth".split()
)
_ORDINARY_ENDING = re.compile(
    r".{2,}(?:s|ed|ing|ly|ion|ment|ness|ity|ance|ence|ship|ism|hood|age|ure|ful|less|ous|ive|able"
    r"|ible|ary|ic|al|cy|gy|ty|ent|ant|ee|eer|ople|olice)$"
)


@dataclass(frozen=True)
class Names:
    """The words of an article, by which names are known again."""

    text: str

    def unknown(self, statement: str, times: Iterable[tuple[int, int]] = ()) -> str | None:
        """The first name in a statement that the article does not hold, or None.

        A name is a word with a capital. At the head of a sentence it counts as one unless
        it is an ordinary word. `times` are the places of time expressions: "May" there is
        no name.
        """
        named = countries.mentions(statement)
        for mention in named:
            if not mention.codes & self._countries:
                return statement[mention.start : mention.end]
        places = [(start, end) for start, end, _ in named]
        done = {at for start, end in (*places, *times) for at in range(start, end)}
        expanded: set[str] | None = None
        for start, word, opens in _capitalized(statement):
            if start in done:
                continue
            if self._holds(word) or (opens and _is_ordinary(word)):
                continue
            if expanded is None:
                expanded = set(_expanded(statement, self._acronyms))
            if word not in expanded:
                return word
        return None

    def _holds(self, word: str) -> bool:
        if word in self._tokens:
            return True
        key = token_key(word)
        if len(key) < 2 or key in self.keys or key in _HONORIFICS or numbers.find(word):
            return True
        if _is_acronym(word) and (key in self._initials or key in _COMMON_INITIALS):
            return True
        return _ROMAN.fullmatch(word) is not None or self._holds_inflected(key)

    def _holds_inflected(self, key: str) -> bool:
        for other in self._by_stem.get(key[:_LEAST_STEM], ()):
            least = _LEAST_STEM if other in self._capitals else _LEAST_COMMON_STEM
            for cut in range(least, _shared(key, other) + 1):
                if {key[cut:], other[cut:]} <= _ENDINGS:
                    return True
        return False

    @functools.cached_property
    def _tokens(self) -> frozenset[str]:
        return frozenset(_TOKEN.findall(self.text))

    @functools.cached_property
    def keys(self) -> set[str]:
        """The words of the text, as the function `keys` has them."""
        return _keys(self._tokens)

    @functools.cached_property
    def _capitals(self) -> frozenset[str]:
        return frozenset(token_key(word) for _, word, _ in _capitalized(self.text))

    @functools.cached_property
    def _by_stem(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for key in self.keys:
            found[key[:_LEAST_STEM]].append(key)
        return found

    @functools.cached_property
    def _acronyms(self) -> frozenset[str]:
        return frozenset(acronyms(self.text))

    @functools.cached_property
    def _initials(self) -> frozenset[str]:
        """The initials of every name of two to six words."""
        return frozenset(initials for _, initials in _abbreviated(self.text))

    @functools.cached_property
    def _countries(self) -> frozenset[str]:
        """The codes of the countries that the article names; of the UK's nations also GB."""
        codes = {code for mention in countries.mentions(self.text) for code in mention.codes}
        return frozenset(codes | {code[:2] for code in codes})


def keys(text: str) -> set[str]:
    """The words of a text as `token_key` has them, hyphenated ones also in their parts."""
    return _keys(frozenset(_TOKEN.findall(text)))


def _keys(tokens: frozenset[str]) -> set[str]:
    parts = [part for token in tokens if "-" in token for part in token.split("-")]
    return {token_key(token) for token in tokens.union(parts)}


def token_key(token: str) -> str:
    """A word without case, accents, full stops or a possessive ending."""
    if token.isascii() and token.isalnum():
        return token.lower()
    key = token.casefold().replace(".", "").replace("’", "'")
    if not key.isascii():
        letters = unicodedata.normalize("NFD", key)
        key = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return key.removesuffix("'s").rstrip("'")


def acronyms(text: str) -> Iterator[str]:
    """The words of a text with two capitals or more ("BBC", "MoD"), as keys."""
    for match in _TOKEN.finditer(text):
        for part in match[0].split("-"):
            if _is_acronym(part):
                yield token_key(part)


def initials(name: str) -> str | None:
    """The initials of a name of three words or more, as a key; two may be any word's."""
    words = [word for run in _runs(name) for word in run if word not in SMALL_WORDS]
    return _initials(words) if len(words) >= 3 else None


def stands_alone(word: str, texts: Iterable[str]) -> bool:
    """Whether a word of a name stands for the whole name: "Kim said", but not "Kim Yo Jong"."""
    if not word[:1].isupper() or len(word) < 3 or word.casefold() in SMALL_WORDS:
        return False
    alone = re.compile(
        rf"(?<!\w){re.escape(word)}(?:['’]s)?(?![\w-]|\s+(?:[^\W\d_a-z]|(?:of|and|for|the)\b))"
    )
    return any(alone.search(text) for text in texts)


def _capitalized(text: str) -> Iterator[tuple[int, str, bool]]:
    """(start, word, whether it opens a sentence) of the words with a capital.

    Of a hyphenated word each part is one: "pro-Smith".
    """
    end, before = 0, ""
    for match in _TOKEN.finditer(text):
        word = match[0]
        if not word.islower():
            at = match.start()
            opens = not before or _opens(before, text[end:at])
            for part in word.split("-"):
                if part[:1].isupper() and part != "I":
                    yield at, part.rstrip("."), opens and at == match.start()
                at += len(part) + 1
        end, before = match.end(), word


def _opens(before: str, between: str) -> bool:
    """Whether a sentence or a quotation begins after a word and what follows it."""
    if before.endswith(".") and before[:-1].casefold() not in _ABBREVIATIONS:
        return True
    return _SENTENCE_END.search(between) is not None


def _is_ordinary(word: str) -> bool:
    """Whether a word is not likely a name, but for the capital that opens a sentence."""
    bare = word.casefold().partition("'")[0].partition("’")[0]
    return bare in _OPENERS or _ORDINARY_ENDING.match(bare) is not None


def _is_acronym(word: str) -> bool:
    return sum(map(str.isupper, word)) > 1


def _shared(one: str, two: str) -> int:
    """How many letters two words begin with alike."""
    count = 0
    for letter, other in zip(one, two, strict=False):
        if letter != other:
            break
        count += 1
    return count


def _expanded(text: str, acronyms: Collection[str]) -> Iterator[str]:
    """The words of names that are written out in `text` and are among the acronyms."""
    for words, initials in _abbreviated(text):
        if initials in acronyms:
            yield from words


def _abbreviated(text: str) -> Iterator[tuple[Sequence[str], str]]:
    """Each stretch of two to six words of a name, with its initials as a key.

    Joining words count or do not: "MoD", "BBC".
    """
    for run in _runs(text):
        for start in range(len(run)):
            for end in range(start + 2, min(start + 7, len(run) + 1)):
                stretch = run[start:end]
                if stretch[0] in SMALL_WORDS or stretch[-1] in SMALL_WORDS:
                    continue
                words = [word for word in stretch if word not in SMALL_WORDS]
                yield words, _initials(words)
                if len(words) < len(stretch):
                    yield words, _initials(stretch)


def _initials(words: Iterable[str]) -> str:
    return "".join(word[0] for word in words).casefold()


def _runs(text: str) -> Iterator[list[str]]:
    """Runs of capitalized words with nothing but spaces and joining words between."""
    run: list[str] = []
    end = 0
    for match in _TOKEN.finditer(text):
        word = match[0].rstrip(".")
        is_part = word[0].isupper() or word in SMALL_WORDS
        if run and (not is_part or text[end : match.start()].strip("'’ \n\t")):
            yield run
            run = []
        if is_part and (run or word[0].isupper()):
            run.append(word)
        end = match.end()
    if run:
        yield run
