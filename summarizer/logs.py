"""Structured events under the logger `summarizer`. Nothing is shown unless it is asked for.

For who emits one:

    logs.event("lesson_learnt", logs.INFO, endpoint=host, mode="tools")

    with logs.about(article=sha256[:12]):  # a field of every event within
        ...

For who wants to see them, once per process (the command line does it):

    logs.configure("info")                          # lines of text to stderr
    logs.configure("debug", as_json=True, stream=f)  # one JSON object a line
    logs.configure(None)                            # silent again

An application that has a logging set-up of its own needs neither: each record has `event`
(the name) and `fields` (a dict) beside its message. docs/observability.md lists them.

No event holds an article's text or title, an answer, a key, or a URL. Fields are counts,
times, our own words, hosts, the configured model's name and ids that were checked.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import IO, Literal

DEBUG, INFO, WARNING = logging.DEBUG, logging.INFO, logging.WARNING

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")

Value = str | int | float | bool | None

_LONGEST = 200
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/@+-")

_LOGGER = logging.getLogger("summarizer")
# A library prints nothing of its own accord: without this, Python would show warnings.
_LOGGER.addHandler(logging.NullHandler())

_ABOUT: ContextVar[Mapping[str, Value]] = ContextVar("about", default={})  # noqa: B039 - never changed

# Asked on each event: the method of the logger itself, which remembers its answers.
enabled = _LOGGER.isEnabledFor


def event(name: str, level: int = DEBUG, /, **fields: Value) -> None:
    """Tell of an event, if anyone listens. Fields of None are left out.

    Where a field is dear to compute, ask `enabled(level)` first.
    """
    if not enabled(level):
        return
    told = {**_ABOUT.get(), **fields}
    known = {key: _bounded(value) for key, value in told.items() if value is not None}
    # Without arguments a message is not formatted: a percent sign in it is only that.
    _LOGGER.log(level, _line(name, known), extra={"event": name, "fields": known}, stacklevel=2)


@contextlib.contextmanager
def about(**fields: Value) -> Iterator[None]:
    """Add fields to every event of the work within, also where that goes on in other tasks."""
    before = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(before)


def known(name: str) -> Value:
    """A field that `about` gives to the events here, or None."""
    return _ABOUT.get().get(name)


def configure(level: Level | None, *, as_json: bool = False, stream: IO[str] | None = None) -> None:
    """Show this package's events from `level` on, and no others; None ends it.

    They go to `stream`, else to what `sys.stderr` is at the time, and nowhere else: the
    root logger is left alone, and so are those of the libraries below, which may log
    addresses and whole requests.
    """
    for handler in list(_LOGGER.handlers):
        if isinstance(handler, _Handler):
            _LOGGER.removeHandler(handler)
    _LOGGER.propagate = level is None
    if level is None:
        _LOGGER.setLevel(logging.NOTSET)
        return
    shown = _Handler(stream)
    shown.setFormatter(_Json() if as_json else _Text())
    _LOGGER.addHandler(shown)
    _LOGGER.setLevel(level.upper())


class _Handler(logging.StreamHandler[IO[str]]):
    """Ours, so that it is known again. A stream that is gone does not end the work."""

    def __init__(self, stream: IO[str] | None) -> None:
        self._chosen = stream
        super().__init__(stream or sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = self._chosen or sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A reader that has left is not told so on the same stream."""


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        name, fields = _parts(record)
        return f"{_moment(record.created)} {record.levelname} {_line(name, fields)}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        name, fields = _parts(record)
        head = {"time": _moment(record.created), "level": record.levelname.lower(), "event": name}
        # In ASCII, so that no character of a value can act on a terminal or end a line.
        return _ascii(head | {key: fields[key] for key in fields if key not in head})


def _parts(record: logging.LogRecord) -> tuple[str, Mapping[str, Value]]:
    """A record's event and fields. Only what `event` made has them: the rest is not known."""
    name, fields = getattr(record, "event", None), getattr(record, "fields", None)
    if isinstance(name, str) and isinstance(fields, dict):
        return name, fields
    return "other", {"logger": record.name}


def _line(name: str, fields: Mapping[str, Value]) -> str:
    return " ".join((name, *(f"{key}={_shown(value)}" for key, value in fields.items())))


def _shown(value: Value) -> str:
    if isinstance(value, str) and value and _PLAIN.issuperset(value):
        return value
    # Quoted, and in ASCII: line ends, escapes and marks of direction are only spelled.
    return _ascii(value)


def _ascii(value: object) -> str:
    """JSON without a character that acts on anything: json spells all but DEL."""
    return json.dumps(value).replace("\x7f", r"\u007f")


def _bounded(value: Value) -> Value:
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else str(value)
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}…"
    return value


def _moment(seconds: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"
