"""The exception tree: every failure a caller can meet, and nothing else.

    SummarizerError
    ├── ConfigurationError         a setting or option is wrong, or two contradict
    │   └── PromptError            a prompt file is missing or malformed
    ├── SourceError                an input cannot become an Article
    │   ├── SourceNotFound
    │   ├── UnreadableSource       binary, or in no encoding that can be told
    │   ├── SourceTooLarge
    │   ├── EmptyArticle
    │   └── FetchError             a URL could not be fetched
    │       └── BlockedAddress     a URL leads to an address that is not public
    ├── EngineError                the engine gave no usable answer
    │   ├── EngineUnavailable      no connection, or the server failed
    │   ├── EngineTimeout
    │   ├── RateLimited
    │   ├── AuthenticationFailed
    │   ├── RequestRejected        the endpoint will never take this request
    │   │   ├── RequestTooLong     it is longer than the model's input limit
    │   │   └── BatchUnsupported   the endpoint has no Batch API
    │   ├── NotAnswered            a provider's batch gave no answer for the article
    │   ├── BudgetExceeded         the next request might cost more than is allowed
    │   ├── Refused                the model declined
    │   ├── ContentFiltered        the provider's filter stopped the answer
    │   ├── AnswerTruncated
    │   └── InvalidAnswer          the answer does not fit the schema
    ├── NothingGrounded            no item of the answer is supported by the article
    └── WorkerLost                 the processes that worked on an article ended

A message never holds a key, an article's text or a model's answer: those are hostile or
private, and messages end in logs. `hint` says what the person at the keyboard can do.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from summarizer.schema import Attempt


class ExitCode(IntEnum):
    """What the `summarize` command exits with."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    INPUT = 3
    ENGINE_PASSING = 4
    ENGINE_FINAL = 5
    NOTHING_GROUNDED = 6
    OUTPUT = 7
    BUDGET = 8
    INTERNAL = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class SummarizerError(Exception):
    """Base of every error this package raises on purpose."""

    #: Whether the same call may succeed later with nothing changed.
    retryable: ClassVar[bool] = False
    #: One sentence on what to do, or an empty string.
    hint: ClassVar[str] = ""
    exit_code: ClassVar[ExitCode] = ExitCode.ENGINE_FINAL


class ConfigurationError(SummarizerError):
    """A setting or an option is wrong, or two of them contradict each other."""

    exit_code = ExitCode.USAGE


class PromptError(ConfigurationError):
    """A prompt file is missing, or its variables are not the ones it must have."""

    hint = "prompts/README.md says how a prompt file is made."


class SourceError(SummarizerError):
    """An input cannot be turned into an Article."""

    exit_code = ExitCode.INPUT


class SourceNotFound(SourceError):
    """There is no such file or directory, or it holds nothing to read."""

    hint = "Check the path."


class UnreadableSource(SourceError):
    """The input is not text: binary, damaged, or in an encoding that cannot be told."""

    hint = (
        "Give plain text or HTML, in UTF-8 if you can; in a table, a column of it (--text-column)."
    )


class SourceTooLarge(SourceError):
    """The input is over the size limit."""

    hint = "Raise SUMMARIZER_MAX_BYTES if this is one article."


class EmptyArticle(SourceError):
    """The input holds no words."""


class FetchError(SourceError):
    """A URL could not be fetched, or did not hold a page."""

    hint = "Save the page as a file and give that instead."


class BlockedAddress(FetchError):
    """A URL leads to a private, loopback or link-local address."""

    hint = "Set SUMMARIZER_ALLOW_PRIVATE_URLS=1 if you trust this address."


class EngineError(SummarizerError):
    """The engine gave no usable answer.

    `attempts` is what was tried, in order: each request with its usage and outcome, so
    that a failure is accounted for like an answer.
    """

    def __init__(self, message: str, *, attempts: tuple[Attempt, ...] = ()) -> None:
        super().__init__(message)
        self.attempts = attempts

    @property
    def request_id(self) -> str | None:
        """The provider's name for the last request that has one, which its support asks for."""
        names = (attempt.request_id for attempt in reversed(self.attempts))
        return next(filter(None, names), None)


class EngineUnavailable(EngineError):
    """The endpoint could not be reached, or its server failed."""

    retryable = True
    hint = "Check the base URL, or try again later."
    exit_code = ExitCode.ENGINE_PASSING


class EngineTimeout(EngineError):
    """No answer came before the deadline."""

    retryable = True
    hint = "Raise SUMMARIZER_TIMEOUT, or try again later."
    exit_code = ExitCode.ENGINE_PASSING


class RateLimited(EngineError):
    """The endpoint asked to slow down for longer than the deadline allows."""

    retryable = True
    hint = "Wait, ask for less at once, or check the account's limits."
    exit_code = ExitCode.ENGINE_PASSING


class AuthenticationFailed(EngineError):
    """The endpoint refused the key, or the key may not use this model."""

    hint = "Set or check OPENAI_API_KEY, and the account behind it."


class RequestRejected(EngineError):
    """The endpoint will not take this request: wrong model, path or parameters."""

    hint = "Check the model's name and the base URL."


class RequestTooLong(RequestRejected):
    """The request is longer than the model's input limit."""

    hint = "Set SUMMARIZER_MAX_INPUT_TOKENS to the model's limit."


class BatchUnsupported(RequestRejected):
    """The endpoint has no Batch API, or none that can be gone on with after a crash."""

    hint = "Leave out --provider-batch: the requests are then sent one by one."


class NotAnswered(EngineError):
    """A provider's batch gave no answer for the article, and nobody else was asked."""

    retryable = True
    hint = "Run the same command again: the article goes into another batch."
    exit_code = ExitCode.ENGINE_PASSING


class BudgetExceeded(EngineError):
    """The next request might cost more than `max_cost` leaves. It was not sent."""

    hint = "Raise --max-cost, or choose a cheaper model."
    exit_code = ExitCode.BUDGET


class Refused(EngineError):
    """The model declined to answer."""


class ContentFiltered(EngineError):
    """The provider's content filter stopped the answer."""


class AnswerTruncated(EngineError):
    """The answer was cut off, also with more room."""

    hint = "Raise SUMMARIZER_MAX_OUTPUT_TOKENS."


class InvalidAnswer(EngineError):
    """The answer does not fit the schema, also after it was asked for again."""

    hint = "Try a model that supports structured outputs."


class NothingGrounded(SummarizerError):
    """No item of the engine's answer is supported by the article.

    `attempts` is what was tried, as for an EngineError.
    """

    hint = "Check that the input is a news article."
    exit_code = ExitCode.NOTHING_GROUNDED

    def __init__(self, message: str, *, attempts: tuple[Attempt, ...] = ()) -> None:
        super().__init__(message)
        self.attempts = attempts


class WorkerLost(SummarizerError):
    """Each worker process that worked on the article ended before it was done."""

    hint = "Give the machine more memory, or set SUMMARIZER_WORKERS=0."
    exit_code = ExitCode.INTERNAL
