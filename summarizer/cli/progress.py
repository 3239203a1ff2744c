"""What is going on, in one line of a terminal that is rubbed out again."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from summarizer.cli.messages import encodable
from summarizer.render.characters import line, width, wrapped

_ROUND = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ROUND_ASCII = "|/-\\"
_ERASE = "\r\x1b[K"


class Progress:
    """Shows on a terminal what takes longer than `delay` seconds; elsewhere, nothing.

    The line is drawn anew every `interval` seconds by a thread, which ends, and rubs the
    line out, before `showing` is left.
    """

    def __init__(
        self,
        stream: TextIO | None,
        *,
        cells: int = 80,
        delay: float = 0.4,
        interval: float = 0.1,
    ) -> None:
        """Without a stream, nothing is ever shown."""
        self._stream = stream
        self._cells = cells
        self._delay = delay
        self._interval = interval

    @contextmanager
    def showing(self, what: str) -> Iterator[None]:
        """Show `what`, which is made fit for a terminal here, until the block is left."""
        if self._stream is None:
            yield
            return
        done = threading.Event()
        thread = threading.Thread(target=self._draw, args=(self._stream, what, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _draw(self, stream: TextIO, what: str, done: threading.Event) -> None:
        started = time.monotonic()
        if done.wait(self._delay):
            return
        try:
            for frame in itertools.cycle(_frames(stream)):
                seconds = time.monotonic() - started
                text = progress_line(frame, what, seconds, self._cells)
                stream.write(_ERASE + encodable(text, stream.encoding))
                stream.flush()
                if done.wait(self._interval):
                    break
            stream.write(_ERASE)
            stream.flush()
        except (OSError, ValueError):
            # The terminal went away: the work matters, its sign does not.
            return


def progress_line(frame: str, what: str, seconds: float, cells: int) -> str:
    """One line shorter than `cells`, so that no terminal wraps it."""
    after = f" {seconds:.0f} s"
    room = max(cells - width(frame) - len(after) - 2, 8)
    text = line(what)
    start, end = wrapped(text, room)[0]
    if end < len(text):
        start, end = wrapped(text, room - 1)[0]
        return f"{frame} {text[start:end]}…{after}"
    return f"{frame} {text}{after}"


def _frames(stream: TextIO) -> str:
    try:
        _ROUND.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return _ROUND_ASCII
    return _ROUND
