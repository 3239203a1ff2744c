"""Answers that go wrong on their way: late, slow, cut, endless, packed or sent elsewhere."""

from __future__ import annotations

import functools
import json
import zlib

from summarizer.testing.replies.reply import Content, Reply, text_of


def hang() -> Reply:
    """The request is taken and not answered until the server is released."""
    return Reply(hang=True)


def slow_headers(draft: Content, seconds: float) -> Reply:
    """A right answer after a while."""
    return Reply(content=text_of(draft), delay=seconds)


def slow_body(draft: Content, size: int, seconds: float) -> Reply:
    """A right answer in pieces of `size` bytes, `seconds` apart."""
    return Reply(content=text_of(draft), pace=(size, seconds))


def reset(draft: Content = "{}", *, after: int = 20) -> Reply:
    """The connection is reset within the body."""
    return Reply(content=text_of(draft), cut=after)


def half_body() -> Reply:
    """A body that is whole by its length and half of a completion."""
    return Reply(body=b'{"choices": [{"message": {"content": "')


def endless(draft: Content, *, size: int = 1 << 40) -> Reply:
    """A right answer, and then spaces: as many as are read, up to `size`.

    It is valid JSON to a client that reads it to its end, and has the memory.
    """
    return Reply(content=text_of(draft), padding=size)


def gzip_bomb(draft: Content, *, size: int = 64 << 20) -> Reply:
    """A right answer after so many spaces, packed into a thousandth of that by gzip."""
    message = {"role": "assistant", "content": text_of(draft)}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    packed, compressor = _packed_spaces(size)
    compressor = compressor.copy()
    packed += compressor.compress(json.dumps(body).encode()) + compressor.flush()
    return Reply(body=packed, headers={"content-encoding": "gzip"})


def redirect(
    to: str = "http://elsewhere.invalid/v1/chat/completions", *, status: int = 302
) -> Reply:
    """The request is to be made to another address. It would take the article there."""
    return Reply(status=status, body=b"", headers={"location": to})


@functools.lru_cache(maxsize=2)
def _packed_spaces(size: int) -> tuple[bytes, zlib._Compress]:
    """Spaces as gzip packs them, and the packer to go on with a copy of."""
    compressor = zlib.compressobj(9, wbits=31)
    piece = b" " * (1 << 20)
    packed = b"".join(compressor.compress(piece) for _ in range(size >> 20))
    packed += compressor.compress(b" " * (size & ((1 << 20) - 1)))
    return packed, compressor
