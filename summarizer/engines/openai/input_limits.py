"""How much text an endpoint takes in one request: what it says, and what is seen. Pure.

Text is measured in bytes of UTF-8: a token has about as many of them in every script,
while it has four characters of English and one of Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from summarizer.engines.openai.modes import Lesson, Mode, schema_in_words
from summarizer.engines.openai.usage import Usage

#: Bytes per token until an endpoint has told better: few models have fewer in any script.
_BYTES_PER_TOKEN = 3.0
#: What a measured ratio is lowered by, since another text has another one.
_MARGIN = 0.95
#: Ratios outside are no count of tokens.
_RATIOS = (0.5, 12.0)
#: Requests with fewer reported tokens tell nothing of the limit.
_TELLING = 1024
#: Of a limit that input and answer share, the answer gets its room, but a quarter at most.
_ANSWER_SHARE = 4

#: Characters per reported token from which on a prompt was cut, whatever its language.
_CUT_SURELY = 12.0
#: The same where the count is that of a cut one: Ollama's are n or n/2 + 2 tokens of a context
#: of n, which is a multiple of 512.
_CUT_LIKELY = 6.0
_CUT_STEP, _CUT_NEAR = 256, 4

_NUMBER = r"(\d[\d,_]*)"


def _wordings(*patterns: str) -> re.Pattern[str]:
    """One pattern for several in which N is a number of tokens."""
    return re.compile("|".join(pattern.replace("N", _NUMBER) for pattern in patterns))


_LIMIT = _wordings(
    r"\bn_ctx\W{1,3}N",
    r"\blimit:? N, (?:requested|used)",
    r"context limit: [\d,]+ \+ [\d,]+ > N",
    r"> N maximum",
    r"N maximum context",
    r"maximum number of tokens allowed \(?N",
    r"(?:configured|total tokens?|the) limit of N",
    r"exceed the total tokens limit N",
    r"token limit: N",
    r"limit is N",
    r"input length should be \[\d+, N\]",
    r"must be <= N",
    r"cannot exceed N",
    r"(?:context|prompt|input|model|sequence|allowed)[ _](?:model )?(?:window|length|size|limit)"
    r"(?: of the model)?(?: is| of|:)*(?: only)? N",
    r"(?:context size|allowed length) \(N",
)
_INPUT = _wordings(
    r"\bn_prompt_tokens\W{1,3}N",
    r"N (?:tokens )?(?:in (?:the|your) (?:messages|prompt)|of text input|from the input messages)",
    r"requested N tokens in the messages",
    r"(?:messages|prompt) resulted in N",
    r"passed N input tokens",
    r"(?:has|contains|request) \(?N (?:input )?tokens",
    r"prompt is too long: N",
    r"input token count \(N\)",
    r"context limit: N \+",
    r"(?:input|prompt) (?:length )?\((?:length )?N(?: tokens)?\)",
    r"number of input tokens N",
    r"given: N `inputs`",
    r"prompt token count of N",
    r"prompt is N tokens",
    r"- received N",
    r"current length is N",
)
#: A number of tokens in an error of another wording.
_COUNT = re.compile(r"(?<![\w.:/-])\d{1,3}(?:,\d{3})+(?![\w-])|(?<![\w.:/-])\d{3,8}(?![\w-]|\.\d)")
#: Numbers of something else.
_NO_TOKENS = re.compile(r"expected a string with maximum length|\d ?(?:bytes|[km]i?b|characters)\b")
_SHARED = re.compile(
    r"context|n_ctx|total|max_tokens|max_new_tokens|model (?:length|token limit)|per min"
)


@dataclass(frozen=True, slots=True)
class Stated:
    """The numbers of an error about a request that is too long; None is what it leaves out.

    `limit` is the most tokens, of input and answer together if it is `shared`; `sent` is
    how many the input had.
    """

    limit: int | None = None
    sent: int | None = None
    shared: bool = True

    @property
    def leaves_room(self) -> bool | None:
        """Whether the input fits with room for an answer, if the numbers tell."""
        if self.limit is None or self.sent is None:
            return None
        return self.sent <= self.limit - self.limit // 8


def stated(words: str) -> Stated:
    """The numbers in the words of an error, given in lower case."""
    if _NO_TOKENS.search(words):
        return Stated()
    limit, sent = _number(_LIMIT, words), _number(_INPUT, words)
    if limit is None and "token" in words:
        counts = sorted({_int(found[0]) for found in _COUNT.finditer(words)})
        if len(counts) == 2:
            # A request that is too long has more tokens than the limit.
            limit, sent = counts
    return Stated(limit or None, sent or None, _SHARED.search(words) is not None)


def _number(pattern: re.Pattern[str], words: str) -> int | None:
    match = pattern.search(words)
    if match is None:
        return None
    return _int(next(filter(None, match.groups())))


def _int(digits: str) -> int:
    return int(digits.replace(",", "").replace("_", ""))


def context_of(tokens: int) -> int:
    """The context of an endpoint that cut a prompt to so many tokens.

    Ollama's newer runner cuts to half of it and two more.
    """
    return 2 * (tokens - 2) if tokens % _CUT_STEP == 2 else tokens


def size(messages: Iterable[Mapping[str, Any]]) -> int:
    """The bytes of the messages' contents."""
    texts = (message.get("content") for message in messages)
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts if _is_text(text))


def characters(messages: Iterable[Mapping[str, Any]]) -> int:
    """The characters of the messages' contents."""
    texts = (message.get("content") for message in messages)
    return sum(len(text) for text in texts if _is_text(text))


def _is_text(content: object) -> TypeGuard[str]:
    return isinstance(content, str)


def published(model: str, base_url: str) -> int | None:
    """The context window, in tokens, that the provider at `base_url` publishes for a model."""
    import genai_prices

    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(), model_ref=model, provider_api_url=base_url
        )
    except (LookupError, ValueError):
        return None
    window = found.model.context_window
    return window if window is not None and window > 0 else None


@dataclass(slots=True)
class InputLimits:
    """What is known of how much one endpoint takes for one model.

    `configured` is the input limit that the settings give, and `room` the most tokens of
    an answer. `learnt` is what refusals taught, here or in an earlier process.
    """

    configured: int | None
    room: int
    learnt: int | None = None
    #: The input limit that follows from what the provider publishes, once it is looked up.
    public: int | None = None
    _measured: float | None = field(default=None)
    #: The most tokens of a request that was answered.
    _answered: int = field(default=0)

    @property
    def bytes_per_token(self) -> float:
        """A careful ratio: the lowest that was measured, or else one that holds anywhere."""
        return _BYTES_PER_TOKEN if self._measured is None else self._measured * _MARGIN

    def characters(self, lesson: Lesson) -> int | None:
        """The most bytes of UTF-8 that a request's messages may have, or None if unknown."""
        known = [n for n in (self.configured, self.learnt, self.public) if n is not None]
        if not known:
            return None
        return max(0, int(min(known) * self.bytes_per_token) - _overhead(lesson))

    def publish(self, window: int | None) -> None:
        """Take a context window that the provider publishes."""
        if window is not None:
            self.public = window - self._answer(window)

    def observe(self, sent: int, usage: Usage) -> None:
        """Learn from an answered request of `sent` bytes how many a token has.

        A learnt limit that it passed, by a count that may be right, is none.
        """
        tokens = usage.input_tokens
        if tokens is not None and tokens >= _TELLING:
            self._measure(sent, tokens)
        if tokens is None or sent > _CUT_LIKELY * tokens:
            return
        self._answered = max(self._answered, tokens)
        if self.learnt is not None and tokens > self.learnt:
            self.learnt = None

    def learn(self, sent: int, error: Stated) -> int:
        """The input limit that follows from the refusal of a request of `sent` bytes.

        In tokens. It is less than what was sent, and half of that where the error has no
        numbers and nothing larger was answered.
        """
        if error.sent is not None:
            self._measure(sent, error.sent)
        tokens = sent / self.bytes_per_token
        limit = tokens / 2
        if error.limit is not None:
            limit = error.limit - (self._answer(error.limit) if error.shared else 0)
        known = tokens if self.learnt is None else self.learnt
        limit = min(max(limit, self._answered), tokens * 0.9, known)
        self.learnt = max(1, int(limit))
        return self.learnt

    def was_cut(self, sent: int, usage: Usage) -> bool:
        """Whether the endpoint cut a prompt of `sent` characters, and only its count shows it.

        Never where the settings give the limit, nor where a count leaves cached tokens out.
        """
        tokens = usage.input_tokens
        if self.configured is not None or usage.cached_input_tokens or not tokens:
            return False
        near = (tokens + _CUT_NEAR) % _CUT_STEP <= 2 * _CUT_NEAR
        least = _CUT_LIKELY if near else _CUT_SURELY
        return tokens >= _TELLING and sent / tokens > least

    def _answer(self, limit: int) -> int:
        """What an answer takes of a limit that input and answer share."""
        return min(self.room, limit // _ANSWER_SHARE)

    def _measure(self, sent: int, tokens: int) -> None:
        ratio = sent / tokens
        if _RATIOS[0] <= ratio <= _RATIOS[1]:
            self._measured = ratio if self._measured is None else min(ratio, self._measured)


def _overhead(lesson: Lesson) -> int:
    """The bytes that the engine adds to the messages for the sake of the schema."""
    stated_in_words = lesson.mode in {Mode.TOOLS, Mode.TEXT} or lesson.in_words
    return len(schema_in_words().encode()) if stated_in_words else 0
