"""What is said on standard error: one harmless line for each thing there is to say."""

from __future__ import annotations

import contextlib
import os
import sys

from summarizer.errors import SummarizerError
from summarizer.render.characters import line, shown

#: What stands for the signs of a text where an encoding lacks them.
_PLAIN_SIGNS = str.maketrans({"“": '"', "”": '"', "·": "-", "–": "-", "─": "-", "…": "..."})


class OutputError(Exception):
    """The output cannot be written. The message is a sentence for the person who asked."""


def say(text: str, *, program: str = "summarize") -> None:
    """Write a line on standard error. If nobody can read it, nobody is told."""
    _print(f"{program}: {line(text)}")


def report(error: Exception, location: str) -> None:
    """Say what went wrong, and with which source if one is named.

    What is not an error of this package is a bug, and has a traceback on request.
    """
    if isinstance(error, SummarizerError | OutputError):
        named = location and location not in str(error)
        say(f"{location}: {sentence(error)}" if named else sentence(error))
        return
    report_bug(error, f" with {location}" if location else "")


def report_bug(error: Exception, where: str = "", *, program: str = "summarize") -> None:
    """Say that an error is a bug, with a traceback on request."""
    say(
        f"unexpected {type(error).__name__}{where}. This is a bug: please report it, with what "
        "SUMMARIZER_DEBUG=1 adds.",
        program=program,
    )
    if os.environ.get("SUMMARIZER_DEBUG") == "1":
        import traceback

        for row in "".join(traceback.format_exception(error)).splitlines():
            _print(shown(row))


def sentence(error: Exception) -> str:
    """The error's message, the hint that its class gives, and what the provider calls it."""
    hint = getattr(error, "hint", "")
    name = getattr(error, "request_id", None)
    found = f"{str(error).rstrip('.')}.{f' {hint}' if hint else ''}"
    return f"{found} Request id: {name}." if name else found


def encodable(text: str, encoding: str | None) -> str:
    """The text with a plain sign or an escape for what the encoding lacks."""
    encoding = encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text.translate(_PLAIN_SIGNS)
        return plain.encode(encoding, "backslashreplace").decode(encoding)
    return text


def _print(text: str) -> None:
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        print(encodable(text, sys.stderr.encoding), file=sys.stderr, flush=True)
