"""What the loopback server sent, in tokens: the other side of a client's account."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

#: More tokens than a request can take.
_MOST = 1_000_000_000


class Account:
    """Sums over the usage of replies. Safe to read from any thread.

    `usage` is over the replies that were sent whole, with their usage in them. Over the
    rest, which were made and cut off, endless or given up by the client, it is
    `undelivered`: a client cannot know of these. A count that makes no sense is left out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Requests for a completion, and replies to them that hold a completion.
        self.requests = 0
        self.completions = 0
        self.usage = {"prompt_tokens": 0, "completion_tokens": 0}
        self.details = {"cached_tokens": 0, "reasoning_tokens": 0}
        self.undelivered = {"completions": 0, "prompt_tokens": 0, "completion_tokens": 0}

    def asked(self) -> None:
        """Count a request for a completion."""
        with self._lock:
            self.requests += 1

    def sent(self, body: Mapping[str, Any]) -> None:
        """Count a completion, before a client can have read it and ask for the sums."""
        with self._lock:
            self._add(body, 1)

    def taken_back(self, body: Mapping[str, Any]) -> None:
        """A completion that was counted as sent was not: the client went meanwhile."""
        with self._lock:
            self._add(body, -1)
        self.lost(body)

    def lost(self, body: Mapping[str, Any]) -> None:
        """Count a completion whose usage does not arrive."""
        usage = _mapping(body.get("usage"))
        with self._lock:
            self.undelivered["completions"] += 1
            for name in self.usage:
                self.undelivered[name] += _count(usage.get(name))

    def _add(self, body: Mapping[str, Any], sign: int) -> None:
        usage = _mapping(body.get("usage"))
        prompt = _mapping(usage.get("prompt_tokens_details"))
        written = _mapping(usage.get("completion_tokens_details"))
        self.completions += sign
        for name in self.usage:
            self.usage[name] += sign * _count(usage.get(name))
        self.details["cached_tokens"] += sign * _count(prompt.get("cached_tokens"))
        self.details["reasoning_tokens"] += sign * _count(written.get("reasoning_tokens"))

    def as_json(self) -> dict[str, Any]:
        """The sums, as `GET /loopback/usage` tells them."""
        with self._lock:
            return {
                "requests": self.requests,
                "completions": self.completions,
                "usage": self.usage | self.details,
                "undelivered": dict(self.undelivered),
            }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: Any) -> int:
    return value if type(value) is int and 0 < value <= _MOST else 0
