"""Events of the package: logged if that was asked for, else the few that users must know."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from summarizer import folders, logs
from summarizer.cli.messages import say
from summarizer.cli.options import Options

if TYPE_CHECKING:
    from summarizer.settings import Settings


class Notices(logging.Handler):
    """Keeps what is to be said until nothing else stands in the line.

    Events name no path; the settings tell which folder the answer cache's is.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(logging.WARNING)
        self._settings = settings
        self._pending: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "event", None) == "cache_unused":
            reason = getattr(record, "fields", {}).get("reason", "")
            folder = folders.cache_folder(self._settings.cache_dir)
            self._pending.append(f"the answer cache in '{folder}' is not used: {reason}.")

    def tell(self) -> None:
        """Say what there is to say, on standard error."""
        pending, self._pending = self._pending, []
        for text in pending:
            say(text)


@contextlib.contextmanager
def followed(options: Options, settings: Settings) -> Iterator[Notices]:
    """Log to standard error as the options have it, or take notice, until the block is left."""
    notices = Notices(settings)
    if options.log_level is not None:
        logs.configure(options.log_level, as_json=options.log_as_json)
        try:
            yield notices
        finally:
            logs.configure(None)
        return
    logger = logging.getLogger("summarizer")
    if not options.quiet:
        logger.addHandler(notices)
    try:
        yield notices
    finally:
        notices.tell()
        logger.removeHandler(notices)
