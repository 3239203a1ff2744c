"""Time shifts: the words by which news tells what was before, or always is, from the news."""

from __future__ import annotations

import re
from typing import Literal

from summarizer.engines.extractive.lists import word_set
from summarizer.engines.extractive.reading import Sentence
from summarizer.engines.extractive.tokens import Token

Tense = Literal["past", "present", "perfect", "pluperfect", "future", "none"]

_YEAR = re.compile(
    r"(?<![\d,.$€£])\b(1[5-9]\d\d|20\d\d)(?:s|-\d\d)?\b(?![,.]?\d|\s*(?:GMT|UTC|hours|hrs))"
)
_CUE = re.compile(
    r"\b(?:last (?:year|month|week|summer|winter|spring|autumn|fall|decade|century|season|time"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)"
    r"|(?:years?|months?|decades?|weeks?|centur(?:y|ies)) (?:ago|earlier|before|later|old)"
    r"|(?:the|his|her|its|their|['’]s) (?:previous|earlier|former|predecessor)\b"
    r"|previous(?:ly)?|earlier (?:this|in|last|that)|formerly|originally|in the past|historically"
    r"|in recent (?:years|months|weeks|decades|times)|recent (?:years|months|weeks)"
    r"|for (?:years|decades|centuries|months|generations|many years|more than (?:a|\w+) "
    r"(?:years|decades))|(?:has|have|had) long|long been|long(?:time|-running|-standing|-awaited)"
    r"|comes? (?:just |only |less than |more than |nearly |almost |about |some )?"
    r"(?:(?:\w+ ){0,3}(?:after|before)|amid|as|at a time|against|on the heels|in the wake)"
    r"|came (?:\w+ ){0,3}after"
    r"|follow(?:s|ed) (?:a |an |the |\w+['’]s |years|months|weeks|\w+ (?:of|in))"
    r"|(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|latest|worst|deadliest"
    r"|biggest|largest|highest|lowest|strongest) .{0,40}"
    r"\b(?:since|in|of|ever|such|this (?:year|season))\b"
    r"|since (?:then|the|he|she|it|they|taking|coming|becoming|its|his|her|at least|early|late"
    r"|independence|last|january|february|march|april|may|june|july|august|september|october"
    r"|november|december|\w+(?:'s|’s))"
    r"|was (?:born|founded|established|built|created|launched|formed|constructed|first|elected"
    r"|appointed)|founded in|born in|established in|built in|at the time"
    r"|(?:each|every|per|a) year|annual(?:ly)?|usually|typically|traditionally|normally|on record"
    r"|for the (?:first|second|third|fourth|fifth|last) time|no stranger|has a history"
    r"|during (?:the|his|her) (?:first|last|previous|war|pandemic)|pandemic"
    r"|used to|until (?:now|then|recently)|not (?:had|been) .{0,30}since)\b",
    re.IGNORECASE,
)
_PLUPERFECT = re.compile(
    r"\b(?:had|['’]d) (?:\w+ly |never |also |already |not |long |once )?"
    r"(?:been|\w+ed|\w+en|\w+t|made|come|gone|begun|become|won|hung|led|said|told|kept|held|run|set"
    r"|put|cut|paid|lain|sold)\b"
)
IRREGULAR_PASTS = word_set(
    "said went came took made gave found got left felt kept held brought began lost won met led"
    " fell rose struck hit shot fought bought caught sold sent spent built cut put set broke spoke"
    " drove rode ran sank swam threw grew knew flew drew stood sat lay paid told thought taught"
    " sought wrote saw ate drank woke wore tore beat became overcame hurt burst spread shut quit"
    " let sang rang swung clung hung dug stuck slept swept wept dealt meant read fed bled fled"
    " sped slid hid bit chose froze stole shook forgot rode lent bent built burnt learnt drank"
    " blew heard withdrew overtook undertook arose awoke bore swore lay sprang shrank stank upset"
    " reset"
)
_PLANS = word_set("expected set due scheduled likely planned about supposed poised slated to going")
_IS = word_set("is are isn't aren't am 's 're remains remain")
_BETWEEN = word_set("never also already not long once all just always since both now then still")
_NOT_PARTICIPLE = word_set("hundred indeed need speed breed seed feed bed red shed sacred naked")
_BEFORE_PARTICIPLES = word_set(
    "a an the its his her their by of in with and or most more very be been being is are was were"
    " has have had who which that to"
)
_BY_NOW = re.compile(
    r"\bby (?:noon|midday|midnight|late|early|mid|evening|morning|nightfall|dusk|dawn|then|\d"
    r"|mon|tues|wednes|thurs|fri|satur|sun)",
    re.IGNORECASE,
)
_SIDE_CLAUSE = re.compile(
    r",\s+(?:which|who|whose|where|accused|accusing|amid|despite|while|confirming|citing|following"
    r"|prompting|drawing|sparking|triggering|underscoring|highlighting|raising|after"
    r"|as|although|though|even|with|because|since|in (?:an?|what|response|retaliation))\b"
    r"|\b(?:amid|accused of|accused by|suspected of|in connection with|which|whose)\b",
    re.IGNORECASE,
)


def main_clause_end(sentence: Sentence) -> int:
    """Where the clause that tells the news ends and what is hung on it begins."""
    for match in _SIDE_CLAUSE.finditer(sentence.text):
        if len(sentence.text[: match.start()].split()) >= 5:
            return sentence.start + match.start()
    return sentence.end


def is_shifted(sentence: Sentence, year: int | None) -> bool:
    """Whether the words outside quotations point before the news, or to what always is."""
    text = unquoted(sentence)
    for match in _YEAR.finditer(text):
        named = int(match[1])
        if year is None or named < year:
            return True
    return _CUE.search(text) is not None


def has_cue(text: str, year: int | None, *, pluperfect: bool = True) -> bool:
    """The same of a stretch of text; `pluperfect` says whether that tense alone is a cue."""
    if any(year is None or int(match[1]) < year for match in _YEAR.finditer(text)):
        return True
    if _CUE.search(text) is not None:
        return True
    return pluperfect and _PLUPERFECT.search(text) is not None


def is_by_now(sentence: Sentence) -> bool:
    """Whether a pluperfect only counts up to the news: "had been recorded by noon"."""
    return _BY_NOW.search(sentence.text) is not None


def unquoted(sentence: Sentence) -> str:
    """The sentence's text with direct quotations left blank."""
    text = sentence.text
    for start, end in sentence.quotations:
        begin, stop = max(0, start - sentence.start), min(len(text), end - sentence.start)
        text = text[:begin] + " " * (stop - begin) + text[stop:]
    return text


def tense(sentence: Sentence) -> Tense:
    """The tense of a sentence's main clause, as far as its words show it."""
    tokens = _main_clause(sentence)
    for index, token in enumerate(tokens):
        after = [t.low for t in tokens[index + 1 : index + 4]]
        found = _tense_at(token, after, tokens[index - 1].low if index else "")
        if found is not None:
            return found
    return "none"


def _main_clause(sentence: Sentence) -> list[Token]:
    """The words outside quotations and outside relative clauses set off by commas."""
    kept: list[Token] = []
    skipping = False
    for index, token in enumerate(sentence.tokens):
        if token.text in (",", ")", "–", "—"):
            skipping = False
            following = sentence.tokens[index + 1 : index + 2]
            if following and following[0].low in ("which", "who", "whose", "where", "whom", "when"):
                skipping = True
            continue
        if token.text == "(":
            skipping = True
        if not skipping and token.is_word and not sentence.quoted(token.start):
            kept.append(token)
    return kept


def _tense_at(token: Token, after: list[str], before: str) -> Tense | None:
    low = token.low
    if token.text == "May":
        return None
    if token.possessive and low in ("it", "he", "she", "that", "there", "what"):
        low = "is"
    if low in ("has", "have", "hasn't", "haven't"):
        return "perfect" if _participle(after) else "present"
    if low in ("had", "hadn't"):
        return "pluperfect" if _participle(after) else "past"
    if low in _IS:
        return "future" if any(word in _PLANS for word in after[:2]) else "present"
    if low in ("was", "were", "wasn't", "weren't", "did", "didn't", "could", "couldn't"):
        return "past"
    if low in (
        "will",
        "would",
        "shall",
        "won't",
        "wouldn't",
        "should",
        "may",
        "might",
        "must",
        "can",
    ):
        return "future"
    if low in ("does", "do", "doesn't", "don't", "cannot", "can't"):
        return "present"
    if token.is_capital:
        return None
    if low in IRREGULAR_PASTS and before not in ("to", "a", "an", "the"):
        return "past"
    if (
        low.endswith("ed")
        and (len(low) > 4 or low.endswith("ied"))
        and low not in _NOT_PARTICIPLE
        and before not in _BEFORE_PARTICIPLES
    ):
        return "past"
    return None


def _participle(after: list[str]) -> bool:
    for word in after:
        if word.endswith("ly") or word in _BETWEEN:
            continue
        return (
            word.endswith(("ed", "en", "wn", "ne"))
            or word in IRREGULAR_PASTS
            or word in ("been", "come", "gone", "run", "done", "sung", "swum", "begun", "become")
        )
    return False
