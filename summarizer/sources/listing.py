"""What a command line names -> sources, each loaded when it is wanted."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Protocol

from summarizer.article import Article
from summarizer.errors import SourceError, SourceNotFound
from summarizer.sources import files, packed
from summarizer.sources.addresses import without_user
from summarizer.sources.articles import from_bytes
from summarizer.sources.naming import quoted, shown
from summarizer.sources.rows import Columns

if TYPE_CHECKING:
    from summarizer.sources.network import Network

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class SourceSettings(Protocol):
    """The settings that sources are read by; `summarizer.settings.Settings` has them."""

    @property
    def max_bytes(self) -> int:
        """The most bytes that one input may have."""
        ...

    @property
    def fetch_timeout(self) -> float:
        """Seconds for all of one fetch, redirects included."""
        ...

    @property
    def allow_private_urls(self) -> bool:
        """Whether a URL may lead to an address that is not public."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """One input, named but not yet read.

    `location` is the path, URL or `-` as it is shown to people. `load()` reads it and makes
    an Article, or raises the one SourceError that says why not; it may be called again,
    except for standard input. It waits for no disk and no host if the text is `at_hand`.
    """

    location: str
    load: Callable[[], Article] = field(repr=False)
    at_hand: bool = False


def expand(
    specs: Iterable[str | os.PathLike[str]],
    *,
    settings: SourceSettings,
    stdin: BinaryIO | None = None,
    network: Network | None = None,
    columns: Columns | None = None,
    skip: Callable[[str], bool] | None = None,
) -> Iterator[Source]:
    """The sources that `specs` name, in their order, duplicates included.

    A spec is a path, a directory (its .txt, .md, .html, .htm and .xhtml files, sorted, with
    those of its directories), `-` for standard input or an http(s) URL. A directory is listed
    when its turn comes. With `columns`, a .jsonl, .ndjson, .csv or .parquet file has a source
    for each of its rows, `PATH#ID`, and what ends in .gz or .zst is unpacked, also in
    directories; there, files whose paths `skip` says to are left out. What is wrong with a
    source is raised by its `load`, never here.
    """
    for spec in specs:
        name = os.fspath(spec)
        if name == "-":
            yield Source("-", lambda: _from_stdin(stdin, settings))
        elif _URL.match(name):
            yield Source(shown(without_user(name)), _url_loader(name, settings, network))
        elif name and os.path.isdir(name):  # noqa: PTH112 - a Path may raise
            yield from _in_directory(name, columns, skip, settings)
        elif columns is not None and packed.kind(name) is not None:
            yield from _in_packed(name, columns, settings)
        else:
            yield Source(shown(name), _file_loader(name, settings))


def count(
    specs: Iterable[str | os.PathLike[str]],
    *,
    settings: SourceSettings,
    columns: Columns,
    skip: Callable[[str], bool] | None = None,
) -> Iterator[int]:
    """How many sources `expand` would give, piece by piece; the sum of them all.

    Rows are counted and not read, where a table lets them be: that is many times as fast.
    """
    for spec in specs:
        name = os.fspath(spec)
        if name == "-" or _URL.match(name):
            yield 1
        elif name and os.path.isdir(name):  # noqa: PTH112 - a Path may raise
            empty = True
            for path, error in files.find_files(name, packed.is_found):
                if error is not None:
                    yield 1
                elif skip is not None and skip(path):
                    continue
                else:
                    yield from packed.count(path, columns, max_bytes=settings.max_bytes)
                empty = False
            yield int(empty)
        else:
            yield from packed.count(name, columns, max_bytes=settings.max_bytes)


def read(
    spec: str | os.PathLike[str],
    *,
    settings: SourceSettings,
    stdin: BinaryIO | None = None,
    network: Network | None = None,
) -> Iterator[Article]:
    """The articles that one spec names, each read when it is asked for.

    Raises a SourceError at the first that cannot be read; `expand` goes on after one.
    """
    for source in expand([spec], settings=settings, stdin=stdin, network=network):
        yield source.load()


def _in_directory(
    directory: str,
    columns: Columns | None,
    skip: Callable[[str], bool] | None,
    settings: SourceSettings,
) -> Iterator[Source]:
    empty = True
    wanted = files.is_article if columns is None else packed.is_found
    for path, error in files.find_files(directory, wanted):
        if error is not None:
            yield Source(shown(path), _failing(error))
        elif skip is not None and skip(path):
            continue
        elif columns is not None and packed.kind(path) is not None:
            yield from _in_packed(path, columns, settings)
        else:
            yield Source(shown(path), _file_loader(path, settings))
        empty = False
    if empty:
        kinds = " ".join((*files.CONTENT_TYPES, *(() if columns is None else packed.TABLES)))
        nothing = SourceNotFound(f"{quoted(directory)} holds no file to read ({kinds})")
        yield Source(shown(directory), _failing(nothing))


def _in_packed(path: str, columns: Columns, settings: SourceSettings) -> Iterator[Source]:
    for found in packed.sources(path, columns, max_bytes=settings.max_bytes):
        yield Source(*found)


def _failing(error: SourceError) -> Callable[[], Article]:
    def load() -> Article:
        raise error

    return load


def _file_loader(path: str, settings: SourceSettings) -> Callable[[], Article]:
    def load() -> Article:
        data = files.read_file(path, max_bytes=settings.max_bytes)
        return from_bytes(data, location=shown(path), content_type=files.content_type(path))

    return load


def _url_loader(
    url: str, settings: SourceSettings, network: Network | None
) -> Callable[[], Article]:
    def load() -> Article:
        from summarizer.sources.fetch import fetch

        page = fetch(
            url,
            max_bytes=settings.max_bytes,
            timeout=settings.fetch_timeout,
            allow_private=settings.allow_private_urls,
            network=network,
        )
        return from_bytes(
            page.data,
            location=shown(without_user(url)),
            content_type=page.content_type,
            url=page.url,
        )

    return load


def _from_stdin(stdin: BinaryIO | None, settings: SourceSettings) -> Article:
    stream = stdin if stdin is not None else getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise SourceNotFound("there is no standard input to read")
    try:
        data = files.read_stream(stream, name="standard input", max_bytes=settings.max_bytes)
    except OSError as error:
        raise SourceError("standard input cannot be read") from error
    return from_bytes(data, location="-")
