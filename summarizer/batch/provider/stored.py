"""What a provider's batch answered, as the engine asks for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from summarizer.article import Article
from summarizer.batch.provider.state import State
from summarizer.engines.base import Request
from summarizer.engines.openai.batch_objects import LACKS, Lack, lacking
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.given import Given, lesson_of
from summarizer.engines.openai.responses import Reply
from summarizer.errors import NotAnswered, RequestRejected
from summarizer.schema import SCHEMA_VERSION

_NOT_IN_BATCH = Failure(
    RequestRejected,
    "not_in_batch",
    "the article is too long for one request, and only batches were to be asked",
    sent=False,
)
_CHANGED = Failure(
    NotAnswered,
    "not_in_batch",
    "the article was not part of the batch: it came or changed after that was made",
    sent=False,
)
_UNDER_WAY = Failure(NotAnswered, "under_way", "the article's batch has not ended yet", sent=False)


class Key:
    """Names requests: of the article, and of all that shapes its answer beside it.

    The nonce of a prompt is no part of it, nor what was learnt of an endpoint: the same
    article has the same name in each run. `question` is equal for all of one batch.
    """

    def __init__(self, shape: Sequence[str | float | None], prompt: str | None) -> None:
        self.question = _digest([SCHEMA_VERSION, *shape, prompt])

    def __call__(self, article: Article) -> str:
        """The name, which a provider gives back as the `custom_id`."""
        published = article.published.isoformat() if article.published else None
        return _digest([self.question, article.sha256, article.title, published])


class StoredAnswers:
    """The answers in a state; none before there is one.

    With `live` the model is asked for what they lack, otherwise that is a failure. What was
    not submitted because of `stopped` is not asked for in either case.
    """

    def __init__(self, *, live: bool) -> None:
        self.live = live
        self.stopped: Failure | None = None
        self._state: State | None = None
        self._key: Key | None = None

    def attach(self, state: State, key: Key) -> None:
        """Give the answers of this state from now on."""
        self._state, self._key = state, key

    def find(self, request: Request) -> Given | Failure | None:
        """As `Answers.find` has it."""
        if self._state is None or self._key is None or request.purpose != "draft":
            return None
        if request.window is not None:
            return None if self.live else _NOT_IN_BATCH
        found = self._state.find(self._key(request.article))
        if found is None:
            return self.stopped or (None if self.live else _CHANGED)
        if found.status is not None and found.answer is not None:
            reply = Reply(found.status, {}, found.answer, found.request_id)
            return Given(reply, lesson_of(found.lesson), found.seconds)
        lack: Lack | None = next((lack for lack in LACKS if lack == found.lack), None)
        if lack is None:
            return self.stopped or _UNDER_WAY
        # Who cancels a batch does not want its articles asked about at twice the price.
        return None if self.live and lack != "cancelled" else lacking(lack)


def _digest(values: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:40]
