"""One answer of the loopback server, down to how its bytes are sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from summarizer.draft import Draft

#: An answer's content: a Draft, another object, or the very words.
Content = Draft | Mapping[str, Any] | str


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the server.

    With `body` it is sent as it is. Without it a chat completion is made of the other
    fields, in the shape that the request asks for: `content` becomes the arguments of a
    function call where the request forces one, unless `tool_calls` is False.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | dict[str, Any] | list[Any] | None = None

    content: str | None = None
    refusal: str | None = None
    finish_reason: str | None = None
    tool_calls: int | Literal[False] = 1
    choices: bool = True
    #: The response's `usage`; None counts roughly, False leaves it out.
    usage: Mapping[str, Any] | list[Any] | Literal[False] | None = None

    #: Seconds before the first byte is sent.
    delay: float = 0.0
    #: Nothing is sent until the server's `release()`.
    hang: bool = False
    #: The body is sent in pieces of so many bytes, so many seconds apart; a stream's events
    #: are sent whole.
    pace: tuple[int, float] | None = None
    #: The connection is reset after so many bytes of the body.
    cut: int | None = None
    #: The body is sent as chunks and followed by so many spaces, which JSON allows; a stream,
    #: by as much of comments before its end.
    padding: int = 0

    #: Whether a completion is sent as events; None does as the request asks.
    as_stream: bool | None = None
    #: A stream ends after so many events, without the rest and without `[DONE]`.
    events: int | None = None
    #: Whether a stream ends with `[DONE]`.
    done: bool = True
    #: These bytes are put into a stream: where it ends early, else in its middle.
    wedge: bytes | None = None


#: A Reply, or a function that makes one of the request's body.
Script = Reply | Callable[[dict[str, Any]], Reply]


def text_of(content: Content) -> str:
    """An answer's content as a model writes it."""
    if isinstance(content, Draft):
        return content.model_dump_json()
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
