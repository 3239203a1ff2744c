"""Clauses: stretches of the article trimmed for evidence, and cleaned for statements.

Evidence is a slice and stays one. A statement is a slice too, less what hangs on it: a
connective, markup, the last clauses of a long sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from summarizer.engines.extractive.reading import Sentence
from summarizer.spans import words

#: Shorter evidence is refused.
LEAST_WORDS = 3
_CONNECTIVE = re.compile(
    r"(?:however|meanwhile|but|and|so|yet|also|still|then|nevertheless|nonetheless|moreover"
    r"|furthermore|in addition|additionally|indeed|instead|thus|therefore|separately|for (?:his|her"
    r"|its|their) part|on the other hand|of course|already|in fact|as a result)\b,?\s+",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_MARKUP = re.compile(r"\[([^\[\]\n]*)\]\([^()\s]*\)|\*\*|__")
_TAIL = re.compile(
    r",\s+(?:which|who|whose|where|with|as|amid|while|after|before|following|according|adding"
    r"|saying|a|an|the|in what|in a|bringing|making|prompting|leaving|sending|raising|marking"
    r"|ending|taking|including|despite|even|though|although|but|and)\b"
)


def clean(text: str) -> str:
    """A slice as a sentence: single spaces, no markup, no leading connective, a full stop."""
    text = _SPACES.sub(" ", _MARKUP.sub(r"\1", text)).strip()
    match = _CONNECTIVE.match(text)
    if match and len(text) - match.end() > 12:
        text = text[match.end() :]
    text = text.strip(" ,;:–—-")
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?…\"”’'»)“" else text + "."


def shorten(text: str, most: int) -> str:
    """A sentence cut at its last clauses until it has at most `most` words."""
    while text.count(" ") >= most:
        cuts = [match.start() for match in _TAIL.finditer(text)]
        cuts = [cut for cut in cuts if text[:cut].count(" ") >= 11]
        if not cuts:
            return text
        text = text[: cuts[-1]]
    return text


def halves(sentence: Sentence, text: str) -> list[tuple[int, int]]:
    """The (start, end) of the parts that a semicolon divides, if each may stand alone."""
    parts: list[tuple[int, int]] = []
    begin = sentence.start
    for match in re.finditer(r";\s+", sentence.text):
        at = sentence.start + match.start()
        if sentence.quoted(at) or len(text[begin:at].split()) < 5:
            continue
        if len(text[at : sentence.end].split()) < 6:
            continue
        parts.append((begin, at))
        begin = sentence.start + match.end()
    parts.append((begin, sentence.end))
    return parts


def evidence(text: str, spans: Sequence[tuple[int, int]], most: int = 3) -> list[str]:
    """The slices of different spans, those of three words and more, the first ones."""
    found: list[str] = []
    for start, end in spans:
        passage = text[start:end].strip()
        if words(passage) >= LEAST_WORDS and passage not in found:
            found.append(passage)
    return found[:most]
