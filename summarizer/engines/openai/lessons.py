"""What endpoints taught, kept on disk for the next process.

    lessons = Lessons.of(settings)            # None with the setting `cache` off
    engine = OpenAIEngine(settings, lessons=lessons)

    for kept in lessons.all():                # for people, see `doctor`
        print(kept.endpoint, kept.model, kept.lesson.mode, kept.since)

One small file for each endpoint, model and `max_output_tokens`, since a limit that is too
large for a model may be right for another setting. Files are replaced whole, so that any
number of processes may learn at once: what is in one is what an endpoint took. Nothing is
written where the best request is taken, and so nothing is read.

A lesson holds for two weeks and for one version of this package: endpoints get better, and
a worse mode is never refused. What cannot be read is as if it were not there. A file holds
the endpoint's host, never a key: of the rest of the URL, only a digest is in its name.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import pydantic

import summarizer
from summarizer import folders, logs
from summarizer.engines.openai.modes import Lesson
from summarizer.errors import RequestRejected
from summarizer.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from summarizer.engines.openai.failures import Failure
    from summarizer.settings import Settings

_DAY = 86_400.0
_LARGEST = 16_384
_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Subject:
    """What a lesson is about."""

    base_url: str
    model: str
    max_output_tokens: int

    @property
    def endpoint(self) -> str:
        """The host, with its port if it is given: a URL's other parts may hold secrets."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]

    @property
    def digest(self) -> str:
        """What tells subjects apart. Neither credentials nor a query make a difference."""
        parts = urlsplit(self.base_url)
        told = (parts.scheme, self.endpoint, parts.path.rstrip("/"), self.model)
        text = "\0".join((*told, str(self.max_output_tokens)))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


Seconds = Annotated[float, pydantic.Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Kept:
    """A lesson as it is kept. `since` is a wall-clock time in seconds."""

    endpoint: str
    model: str
    max_output_tokens: int
    since: Seconds
    lesson: Lesson
    version: str


class Lessons:
    """The lessons in a folder. `clock` is the wall clock; a lesson holds for `days`."""

    def __init__(
        self, folder: Path, *, clock: Callable[[], float] = time.time, days: float = 14.0
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._days = days

    @classmethod
    def of(cls, settings: Settings) -> Lessons | None:
        """Those in the cache folder, or None if the settings keep nothing there."""
        if not settings.cache:
            return None
        return cls(folders.cache_folder(settings.cache_dir) / "lessons")

    def recall(self, subject: Subject) -> Kept | None:
        """What is known of `subject`, if it still holds."""
        found = self._read(self._path(subject))
        return found if found is not None and found.model == subject.model else None

    def keep(self, subject: Subject, lesson: Lesson, *, since: float | None = None) -> None:
        """Keep `lesson`, known since a time or from now on. The best request needs none."""
        path = self._path(subject)
        try:
            if lesson == Lesson():
                path.unlink(missing_ok=True)
                return
            kept = Kept(
                endpoint=subject.endpoint,
                model=subject.model,
                max_output_tokens=subject.max_output_tokens,
                since=self._clock() if since is None else since,
                lesson=lesson,
                version=_version(),
            )
            self._replace(path, _kept().dump_json(kept))
        except OSError as error:
            # The next process asks as this one did: nothing is wrong but the folder.
            logs.event("lesson_not_kept", logs.WARNING, reason=type(error).__name__)

    def all(self) -> Iterator[Kept]:
        """Every lesson that holds, in no order."""
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(".json")]
            for name in names[:_LISTED]:
                found = self._read(self._folder / name)
                if found is not None:
                    yield found

    def _path(self, subject: Subject) -> Path:
        return self._folder / f"{subject.digest}.json"

    def _read(self, path: Path) -> Kept | None:
        try:
            with path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            logs.event("lesson_ignored", logs.WARNING, reason=type(error).__name__)
            return None
        try:
            if len(content) > _LARGEST:
                raise ValueError("too large")
            found = _kept().validate_json(content)
            if (found.lesson.input_tokens or 1) < 1:
                raise ValueError("no number of tokens")
        except ValueError:  # pydantic's error is one
            logs.event("lesson_ignored", logs.WARNING, reason="unreadable")
            return None
        age = self._clock() - found.since
        # One from the future is by a clock that was wrong: it might hold for ever.
        if found.version != _version() or not -_DAY <= age <= self._days * _DAY:
            return None
        return found

    def _replace(self, path: Path, content: bytes) -> None:
        import tempfile  # only where something was learnt

        folders.make_private(path.parent.parent)
        folders.make_private(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


class Memory:
    """One engine's own lesson, where it is kept. Without `lessons` it is kept nowhere.

    `recalled` is what another process learnt, until the endpoint takes a request.
    """

    def __init__(self, subject: Subject, lessons: Lessons | None) -> None:
        self._subject = subject
        self._lessons = lessons
        kept = lessons.recall(subject) if lessons is not None else None
        self.recalled = kept.lesson if kept is not None else None
        #: A step on from a recalled lesson does not make the whole of it new.
        self._since = kept.since if kept is not None else None

    def proven(self) -> None:
        """The endpoint took a request, by whichever lesson: what is known now is its own."""
        self.recalled = None

    def learnt(self, lesson: Lesson) -> None:
        """Keep what the endpoint took."""
        subject = self._subject
        logs.event(
            "lesson_learnt",
            logs.INFO,
            endpoint=subject.endpoint,
            model=subject.model,
            **told(lesson),
        )
        if self._lessons is not None:
            self._lessons.keep(subject, lesson, since=self._since)

    def after(self, tried: Lesson, failure: Failure) -> Lesson | None:
        """By which lesson to ask again after a failure; None if that is of no use.

        A recalled lesson that is refused is wrong: the endpoint is another one by now, and
        may take the best request. Only an option more is a step from where it stands, since
        it may not have been set when that was learnt.
        """
        learnt = failure.lesson
        if self.recalled is not None and tried == self.recalled:
            option = learnt is not None and replace(learnt, dropped=tried.dropped) == tried
            if not option and (learnt is not None or failure.error is RequestRejected):
                self._since = None
                return Lesson()
        return learnt


def told(lesson: Lesson) -> dict[str, str | int]:
    """A lesson in fields for people: its mode, and what else is not as in a new one."""
    found: dict[str, str | int] = {"mode": lesson.mode.value}
    best = Lesson()
    for name in Lesson.__dataclass_fields__:
        value = getattr(lesson, name)
        if name == "mode" or value == getattr(best, name):
            continue
        if isinstance(value, frozenset):
            found[name] = ",".join(sorted(value))
        else:
            found[name] = "none" if value is None else value
    return found


@functools.cache
def _kept() -> pydantic.TypeAdapter[Kept]:
    return pydantic.TypeAdapter(Kept)


def _version() -> str:
    """What a lesson hangs on besides the endpoint: the schema that it was asked to fill."""
    return f"{summarizer.__version__}/{SCHEMA_VERSION}"
