"""A response's body that comes in pieces: JSON, or the events of a completion. Pure.

What the events say is put together to what the endpoint would have answered without them,
so that everything after this reads one form. Which of the two a body is, its first bytes
tell: servers err about content types, and about whether they were asked to stream.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic_core import from_json

from summarizer.engines.openai.increments import CONTENT

#: Takes a piece of what a model says: the text (CONTENT) or a function call's arguments, by
#: the call's number.
OnText = Callable[[int, str], None]

#: What it takes to keep a line, or a function call, beside what it says, in bytes.
_LINE_SIZE = 50
_CALL_SIZE = 1000

_BLANK = b"\xef\xbb\xbf \t\r\n"
_FIELDS = (b":", b"data:", b"event:", b"id:", b"retry:")
_DONE = b"[DONE]"
_HALF = re.compile("[\ud800-\udfff]")


class Body:
    """Takes a body's bytes as they come, in pieces cut anywhere."""

    def __init__(self, on_text: OnText | None = None) -> None:
        self._on_text = on_text
        self._content = bytearray()
        self._is_plain = False
        self._events: Events | None = None
        self._stream: Stream | None = None

    @property
    def size(self) -> int:
        """About how many bytes are kept."""
        if self._events is None or self._stream is None:
            return len(self._content)
        return self._events.size + self._stream.size

    @property
    def done(self) -> bool:
        """Whether nothing that may follow is of interest."""
        return self._stream is not None and self._stream.done

    @property
    def content(self) -> bytes:
        """The body, if it is no stream of events."""
        return bytes(self._content)

    @property
    def stream(self) -> Stream | None:
        """What the body's events have made so far; None if it has none."""
        return self._stream

    def feed(self, piece: bytes) -> None:
        """Read on. What `on_text` raises passes through."""
        if not self._is_plain and self._events is None:
            piece = (self.content + piece).lstrip(_BLANK)
            self._content.clear()
            if piece.startswith(_FIELDS):
                self._events, self._stream = Events(), Stream(self._on_text)
            else:
                self._is_plain = not any(field.startswith(piece) for field in _FIELDS)
        if self._events is None:
            self._content += piece
        else:
            self._tell(self._events.feed(piece))

    def finish(self) -> None:
        """The body has ended."""
        if self._events is not None:
            self._tell(self._events.finish())

    def _tell(self, events: Iterator[tuple[bytes, list[bytes]]]) -> None:
        assert self._stream is not None
        for kind, lines in events:
            self._stream.take(kind, lines)


class Events:
    """Server-sent events: bytes, to each event's kind and the lines of its data."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._after_return = False
        self._kind = b""
        self._data: list[bytes] = []
        self._data_size = 0

    @property
    def size(self) -> int:
        """About how many bytes of an event that is not whole are kept."""
        return len(self._line) + self._data_size

    def feed(self, piece: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
        """The events that end in a piece."""
        if self._after_return and piece:
            # CR ends a line, and CRLF that was cut in two does not end another.
            self._after_return = False
            piece = piece.removeprefix(b"\n")
        if b"\n" not in piece and b"\r" not in piece:
            self._line += piece
            return
        lines = (bytes(self._line) + piece).splitlines(keepends=True)
        self._line.clear()
        if not lines[-1].endswith((b"\n", b"\r")):
            self._line += lines.pop()
        self._after_return = piece.endswith(b"\r")
        for line in lines:
            yield from self._read(line.rstrip(b"\r\n"))

    def finish(self) -> Iterator[tuple[bytes, list[bytes]]]:
        """The event at the end, which some servers leave open."""
        yield from self._read(bytes(self._line))
        yield from self._read(b"")

    def _read(self, line: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
                self._data_size += len(value) + _LINE_SIZE
            elif name == b"event":
                self._kind = value.strip()
            return
        kind, data = self._kind, self._data
        self._kind, self._data, self._data_size = b"", [], 0
        if data:
            yield kind, data


class Stream:
    """The events of a completion, to that completion."""

    def __init__(self, on_text: OnText | None = None) -> None:
        self._on_text = on_text
        self._content: _Text | None = None
        self._refusal: _Text | None = None
        self._calls: list[_Call] = []
        self._latest: dict[int | None, _Call] = {}
        self._old_call: _Call | None = None
        self._has_choice = False
        self._index: int | None = None
        self._finish: str | None = None
        self._model: str | None = None
        self._usage: dict[str, Any] | None = None
        self._error: Any = None
        self._garbled = False
        #: Whether the end was announced, or an error.
        self.done = False
        #: About how many bytes are kept.
        self.size = 0

    @property
    def whole(self) -> bool:
        """Whether the answer has come to its end, although the stream may go on."""
        return not self._garbled and (self.done or self._finish is not None)

    @property
    def broken(self) -> bool:
        """Whether something is missing of the answer, at its end or before."""
        if self._error is not None:
            return False
        texts = [self._content, self._refusal, *(call.arguments for call in self._calls)]
        return not self.whole or any(text is not None and text.is_torn for text in texts)

    @property
    def completion(self) -> dict[str, Any]:
        """What the endpoint would have answered without a stream, as far as it has come."""
        if self._error is not None:
            return {"usage": self._usage, "error": self._error}
        choices = [self._choice()] if self._has_choice else []
        return {"model": self._model, "usage": self._usage, "choices": choices}

    def take(self, kind: bytes, lines: Sequence[bytes]) -> None:
        """Add an event of a kind, by the lines of its data."""
        data = b"\n".join(lines).strip()
        if self.done or not data:
            return
        if data == _DONE:
            self.done = True
            return
        chunk = _parsed(data)
        if isinstance(chunk, dict):
            self._take_chunk(kind, chunk)
        elif len(lines) > 1:  # some servers leave out the empty line between events
            for line in lines:
                self.take(kind, [line])
        elif self._finish is None:
            # What it said may be missing in the middle of a sentence.
            self._garbled = True

    def _take_chunk(self, kind: bytes, chunk: dict[str, Any]) -> None:
        error = chunk.get("error")
        if error or kind == b"error" or chunk.get("object") == "error":
            if self._finish is None:
                self._error = error or chunk
            self.done = True
            return
        self._model = self._model or _word(chunk.get("model"))
        if isinstance(chunk.get("usage"), dict):
            self._usage = chunk["usage"]
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict):
                self._take_choice(choice)

    def _take_choice(self, choice: dict[str, Any]) -> None:
        index = _number(choice.get("index"))
        if not self._has_choice:
            self._has_choice, self._index = True, index
        elif index is not None and index != self._index:
            return  # one was asked for
        self._finish = _word(choice.get("finish_reason")) or self._finish
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            delta = choice.get("message")
        if isinstance(delta, dict):
            self._take_delta(delta)

    def _take_delta(self, delta: dict[str, Any]) -> None:
        content = delta.get("content")
        for part in content if isinstance(content, list) else ({"text": content},):
            if not isinstance(part, dict):
                continue
            if isinstance(part.get("text"), str):
                self._content = self._content or _Text()
                self._add(self._content, part["text"], CONTENT)
            if part.get("type") == "refusal":
                self._refuse(part.get("refusal") or "refused")
        self._refuse(delta.get("refusal"))
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict) and isinstance(call.get("function"), dict):
                self._add_to(self._called(call), call["function"])
        if isinstance(delta.get("function_call"), dict):
            if self._old_call is None:
                self._old_call = self._new_call(None)
            self._add_to(self._old_call, delta["function_call"])

    def _refuse(self, words: Any) -> None:
        if isinstance(words, str):
            self._refusal = self._refusal or _Text()
            self._add(self._refusal, words, None)

    def _called(self, piece: dict[str, Any]) -> _Call:
        """The call that a piece of one goes on with, or a new one.

        Some servers number all calls alike, some not at all, and some give each piece of a
        call an identifier of its own.
        """
        index, identifier = _number(piece.get("index")), _word(piece.get("id"))
        call = self._latest.get(index)
        if call is not None:
            may_be_new = identifier != call.identifier if identifier else index is None
            if not (may_be_new and call.ends_before(piece["function"].get("arguments"))):
                return call
        call = self._latest[index] = self._new_call(identifier)
        return call

    def _new_call(self, identifier: str | None) -> _Call:
        call = _Call(len(self._calls), identifier)
        self._calls.append(call)
        self.size += _CALL_SIZE
        return call

    def _add_to(self, call: _Call, function: dict[str, Any]) -> None:
        call.name = call.name or _word(function.get("name"))
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        if isinstance(arguments, str):
            call.is_made = True
            self._add(call.arguments, arguments, call.number)

    def _add(self, text: _Text, piece: str, part: int | None) -> None:
        self.size += len(piece)
        told = text.add(piece)
        if told and part is not None and self._on_text is not None and not self._garbled:
            self._on_text(part, told)

    def _choice(self) -> dict[str, Any]:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": self._content.value if self._content else None,
            "refusal": self._refusal.value if self._refusal else None,
        }
        calls = [call for call in self._calls if call.is_made]
        if calls:
            message["tool_calls"] = [
                {
                    "id": call.identifier,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments.value},
                }
                for call in calls
            ]
        return {"index": 0, "message": message, "finish_reason": self._finish}


class _Text:
    """A text that comes in pieces, which may be cut within a character's escape."""

    def __init__(self) -> None:
        self._pieces = io.StringIO()
        self._half = ""
        #: The last piece that is not blank.
        self.end = ""

    @property
    def value(self) -> str:
        return self._pieces.getvalue() + self._half

    @property
    def is_torn(self) -> bool:
        """Whether half a character is left, which no text may hold."""
        return _HALF.search(self.value) is not None

    def add(self, piece: str) -> str:
        """Add a piece. Returns what is new of the text, where half a character waits."""
        piece, self._half = self._half + piece, ""
        if _HALF.search(piece):
            piece = piece.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
            if "\ud800" <= piece[-1] <= "\udbff":
                piece, self._half = piece[:-1], piece[-1]
        self._pieces.write(piece)
        self.end = piece.rstrip() or self.end
        return piece


class _Call:
    """A function call that comes in pieces."""

    def __init__(self, number: int, identifier: str | None) -> None:
        self.number = number
        self.identifier = identifier
        self.name: str | None = None
        self.arguments = _Text()
        #: Whether it has arguments, be they empty.
        self.is_made = False

    def ends_before(self, arguments: Any) -> bool:
        """Whether these begin another call's arguments: no JSON has `{` after `}`."""
        begins = arguments.lstrip()[:1] if isinstance(arguments, str) else "{"
        return begins == "{" and self.arguments.end.endswith("}")


def _parsed(data: bytes) -> Any:
    """An event's JSON value; None if it holds none.

    Half a character, as an escape, is an error for pydantic's reader and none for json's:
    the other half may be in the next event.
    """
    with contextlib.suppress(ValueError):
        return from_json(data)
    try:
        return json.loads(data.decode())
    except (ValueError, RecursionError):
        return None


def _number(value: Any) -> int | None:
    return value if type(value) is int else None


def _word(value: Any) -> str | None:
    """A name, if it is one."""
    return value if isinstance(value, str) and value and not _HALF.search(value) else None
