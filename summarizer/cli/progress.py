"""What is going on, in one line of a terminal that is rubbed out again."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from summarizer.cli.messages import encodable
from summarizer.render.characters import line, width, wrapped

_ROUND = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ROUND_ASCII = "|/-\\"
_ERASE = "\r\x1b[K"


class Line:
    """What is shown: what is worked on, how many items are verified, and the latest one."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._counts: Counter[str] = Counter()
        #: Replaced whole: the thread that draws reads it at any time.
        self.text = what

    def add(self, field: str, name: str) -> None:
        """Count an item of this field; `name` says which one it is."""
        self._counts[field] += 1
        counts = ", ".join(
            field if field == "what" else f"{count} {field}"
            for field, count in self._counts.items()
        )
        self.text = f"{self._what} · {counts} · {name}"


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

    @property
    def shown(self) -> bool:
        """Whether anybody can see it."""
        return self._stream is not None

    @contextmanager
    def showing(self, what: str) -> Iterator[Line]:
        """Show `what`, which is made fit for a terminal here, until the block is left."""
        drawn = Line(what)
        if self._stream is None:
            yield drawn
            return
        done = threading.Event()
        thread = threading.Thread(target=self._draw, args=(self._stream, drawn, done), daemon=True)
        thread.start()
        try:
            yield drawn
        finally:
            done.set()
            thread.join()

    def _draw(self, stream: TextIO, drawn: Line, done: threading.Event) -> None:
        started = time.monotonic()
        if done.wait(self._delay):
            return
        try:
            for frame in itertools.cycle(_frames(stream)):
                seconds = time.monotonic() - started
                text = progress_line(frame, drawn.text, seconds, self._cells)
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
    after = f" · {seconds:.0f} s"
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
