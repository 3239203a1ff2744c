"""The SDK's client, made to build the same request once.

What the requests of one engine differ in is their body and their time limit. Putting the
rest together anew, address and headers, is a quarter of what a request costs this process.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from summarizer.engines.openai.transport import module

if TYPE_CHECKING:
    import openai

_PATH = "/chat/completions"


def client(**options: Any) -> openai.AsyncOpenAI:
    """An `openai.AsyncOpenAI` of these options."""
    return _made()(**options)


@functools.cache
def _made() -> type[openai.AsyncOpenAI]:
    """The class, made when the SDK is loaded."""
    import openai

    class AsyncOpenAI(openai.AsyncOpenAI):  # its name is sent as the user agent's
        """A completion is asked for by `post`, with `content` and a Timeout, and by no more."""

        _first: Any = None

        # Where the SDK has no such method any more, each request is built as it likes.
        def _build_request(self, options: Any, **more: Any) -> Any:
            if options.url != _PATH or not isinstance(options.content, bytes):
                return super()._build_request(options, **more)
            if self._first is None:
                made = super()._build_request(options, **more)
                self._first = made.url, _lasting(made.headers), dict(made.extensions)
                return made
            url, headers, extensions = self._first
            return module().Request(
                "POST",
                url,
                headers=headers,  # which are copied
                content=options.content,
                extensions={**extensions, "timeout": options.timeout.as_dict()},
            )

    return AsyncOpenAI


def _lasting(headers: Any) -> Any:
    """The headers that every request has. The time limit is nothing to the endpoint."""
    kept = headers.copy()
    for name in ("content-length", "x-stainless-read-timeout"):
        kept.pop(name, None)
    return kept
