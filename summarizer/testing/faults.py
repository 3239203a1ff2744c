"""Faults by name, and faults at a rate that are the same at each run."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from summarizer.testing import answers, replies
from summarizer.testing.contexts import TOO_LONG
from summarizer.testing.replies import Content, Reply, Script, error, rate_limited, server_error


def _of_article(make: Callable[[Content], Reply]) -> Script:
    """A fault in a right answer about the article in the request."""

    def reply(request: dict[str, Any]) -> Reply:
        draft = answers.drafted(request)
        return answers.grounded(request) if draft is None else make(draft)

    return reply


#: Faults that need nothing to be told, by the names that the shell uses.
FAULTS: Mapping[str, Script] = {
    "200-error": replies.error_object(),
    "401": replies.unauthorized(),
    "402": error(402, "Insufficient credits"),
    "403": replies.forbidden(),
    "404": replies.unknown_model(),
    "408": error(408, "Request timeout", kind="timeout"),
    "409": error(409, "Conflict", kind="conflict"),
    "413": error(413, "Request entity too large"),
    "429": rate_limited(),
    "429-after-1s": rate_limited("1"),
    "429-after-date": lambda _: replies.rate_limited_until(1.0),
    "429-after-100ms": rate_limited(headers={"retry-after-ms": "100"}),
    "429-ratelimit-headers": replies.rate_limited_by_headers(1.0),
    "429-ratelimit-tokens": replies.rate_limited_by_headers(1.0, kind="tokens"),
    "429-quota": rate_limited(code="insufficient_quota"),
    "500": server_error(),
    "502": replies.html_page(),
    "503": server_error(503),
    "503-after-1s": server_error(503, headers={"retry-after": "1"}),
    "504": replies.html_page(504),
    "529": server_error(529),
    "content-filter": replies.content_filter(),
    "context-length": replies.context_length(),
    "empty-choices": replies.empty_choices(),
    "endless": _of_article(replies.endless),
    "extra-fields": _of_article(replies.extra_fields),
    "extra-text": _of_article(replies.surrounded),
    "fences": _of_article(replies.fenced),
    "gzip-bomb": _of_article(replies.gzip_bomb),
    "half-body": replies.half_body(),
    "hang": replies.hang(),
    "huge-usage": _of_article(replies.huge_usage),
    "invalid-json": replies.invalid_json(),
    "listed-usage": _of_article(replies.listed_usage),
    "missing-fields": _of_article(replies.missing_fields),
    "no-usage": _of_article(replies.no_usage),
    "null-content": replies.null_content(),
    "other-schema": replies.other_schema(),
    "prose": replies.prose(),
    "redirect": replies.redirect(),
    "redirect-307": replies.redirect(status=307),
    "refusal": replies.refused(),
    "reset": replies.reset(),
    "slow-body": _of_article(lambda draft: replies.slow_body(draft, 64, 0.01)),
    "slow-headers": _of_article(lambda draft: replies.slow_headers(draft, 1.0)),
    "spoiled": answers.partly(),
    "spoiled-then-mended": answers.mended(),
    "stream-comments": _of_article(replies.stream_comments),
    "stream-cut": _of_article(replies.stream_cut),
    "stream-ended": _of_article(replies.stream_ended),
    "stream-error": _of_article(replies.stream_error),
    "stream-garbage": _of_article(replies.stream_garbage),
    "stream-ignored": _of_article(replies.stream_ignored),
    "stream-unasked": _of_article(replies.stream_unasked),
    "stream-without-done": _of_article(replies.stream_without_done),
    "stream-without-usage": _of_article(replies.stream_without_usage),
    "think": _of_article(replies.thinking),
    "truncated": _of_article(replies.truncated),
    "two-tool-calls": _of_article(replies.two_tool_calls),
    "ungrounded": answers.ungrounded,
    "web-page": replies.html_page(200),
    "wrong-types": replies.wrong_types(),
    "wrong-usage": _of_article(replies.wrong_usage),
    **{f"too-long/{name}": make(8192, 20417) for name, make in TOO_LONG.items()},
}


class Faults:
    """Answers a share of the requests with a fault.

    Whether a request meets one, and which, hangs on `seed`, on the article it carries and
    on how often that article was sent before: never on the order in which requests arrive,
    so that a run with many at once is repeatable. `kinds` are names of `FAULTS`, Replies,
    or functions that make one of the request's body.
    """

    def __init__(
        self,
        rate: float,
        *,
        seed: int = 0,
        kinds: Sequence[str | Script] = ("429", "500", "502", "503", "reset"),
    ) -> None:
        if not 0 <= rate <= 1:
            raise ValueError("a rate of faults is between 0 and 1")
        self._rate = rate
        self._seed = seed
        self._kinds = [FAULTS[kind] if isinstance(kind, str) else kind for kind in kinds]
        self._seen: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def choose(self, article: str) -> Script | None:
        """The fault that this request meets, or None."""
        digest = hashlib.sha256(article.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            self._seen[digest] += 1
            turn = self._seen[digest]
        chance = random.Random(f"{self._seed}/{digest.hex()}/{turn}")  # noqa: S311 - to repeat
        if chance.random() >= self._rate:
            return None
        return chance.choice(self._kinds)
