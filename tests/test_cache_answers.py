"""Facts about the answer cache: which records it keeps, and that it fails nobody."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from summarizer.cache import AnswerCache, CacheError
from summarizer.cache.store import Store
from summarizer.settings import Settings
from tests import invented
from tests.cache_support import Clock, key, record, unplaced


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "answers.sqlite3"


def opened(path: Path, clock: Clock | None = None, **options: Any) -> AnswerCache:
    return AnswerCache(path, 10_000_000, clock=clock or Clock(), wait=0.05, **options)


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Why the cache was not used, in the words of each warning."""
    return [
        getattr(one, "fields", {})["reason"]
        for one in caplog.records
        if getattr(one, "event", None) == "cache_unused"
    ]


def test_a_complete_record_is_kept_but_for_where_its_article_was_read_from(path: Path) -> None:
    opened(path).put(key(1), record())
    assert record().article.location is not None
    assert opened(path).get(key(1)) == unplaced(record())
    assert opened(path).get(key(2)) is None


def test_an_event_loop_gets_the_same(path: Path) -> None:
    async def kept() -> Any:
        cache = opened(path)
        await cache.aput(key(1), record())
        return await cache.aget(key(1)), await cache.aget(key(2))

    assert asyncio.run(kept()) == (unplaced(record()), None)


def test_a_partial_record_is_refused(path: Path) -> None:
    partial = invented.record(status="partial")
    with pytest.raises(ValueError, match="complete"):
        opened(path).put(key(1), partial)
    with pytest.raises(ValueError, match="complete"):
        asyncio.run(opened(path).aput(key(1), partial))
    assert not path.exists()


def test_the_file_holds_no_text_but_the_records(path: Path) -> None:
    """What the article says and no span quotes is not in it."""
    cache = opened(path)
    cache.put(key(1), record())
    kept = b"".join(zlib.decompress(row) for row in values(path))
    assert b"cut the ribbon" in kept
    assert b"low\\nwater stopped it" not in kept
    assert b"news/heron-bridge.txt" not in kept


def values(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM entries")]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"no zlib",
        zlib.compress(bytes.fromhex(key(1)) + b"{}"),
        zlib.compress(bytes.fromhex(key(2)) + record().model_dump_json().encode()),
        zlib.compress(bytes.fromhex(key(1)) + record().model_dump_json().encode()[:-9]),
    ],
    ids=["empty", "garbage", "no record", "of another key", "cut"],
)
def test_a_value_that_is_not_the_record_that_was_kept_is_dropped(path: Path, value: bytes) -> None:
    Store(path, 10_000_000, clock=Clock()).put(bytes.fromhex(key(1)), value, wait=1)
    cache = opened(path)
    assert cache.info().entries == 1
    assert cache.get(key(1)) is None
    assert cache.info().entries == 0


def test_the_settings_name_the_folder_and_the_limit(tmp_path: Path) -> None:
    cache = AnswerCache.of(Settings(cache_dir=tmp_path / "c", cache_max_bytes=77))
    assert cache.info() == (tmp_path / "c" / "answers.sqlite3", 0, 0, 77, None)
    assert not (tmp_path / "c").exists()


def test_what_is_in_the_cache_is_told_and_cleared(path: Path) -> None:
    cache = opened(path)
    for number in range(3):
        cache.put(key(number), record())
    told = cache.info()
    assert (told.path, told.entries, told.max_bytes) == (path, 3, 10_000_000)
    assert told.bytes == path.stat().st_size
    assert cache.clear() == 3
    assert cache.info().entries == 0
    assert cache.get(key(1)) is None


def test_the_limit_holds_also_on_an_event_loop(path: Path) -> None:
    async def fill() -> None:
        clock = Clock()
        cache = AnswerCache(path, 100_000, clock=clock)
        for number in range(100):
            clock.now += 1
            await cache.aput(key(number), record())
            assert cache.info().bytes <= 100_000
        assert await cache.aget(key(99)) is not None
        assert await cache.aget(key(0)) is None

    asyncio.run(fill())


# Files that fail


def foreign(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"a diary")


def nowhere(path: Path) -> None:
    path.parent.write_bytes(b"no folder")


def newer(path: Path) -> None:
    opened(path).put(key(1), record())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9")


@pytest.mark.parametrize("spoil", [foreign, nowhere, newer])
def test_a_file_that_cannot_be_used_costs_one_warning_and_no_error(
    path: Path, caplog: pytest.LogCaptureFixture, spoil: Any
) -> None:
    spoil(path)
    clock = Clock()
    cache = opened(path, clock)
    for _ in range(3):
        cache.put(key(1), record())
        assert cache.get(key(1)) is None
        asyncio.run(cache.aput(key(1), record()))
        assert asyncio.run(cache.aget(key(1))) is None
        clock.now += 1000
    assert len(reasons(caplog)) == 1
    assert {one.levelname for one in caplog.records} == {"WARNING"}
    assert str(path) not in caplog.text


def test_information_says_what_is_wrong_and_clearing_raises_it(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    foreign(path)
    cache = opened(path)
    assert cache.info() == (path, 0, 7, 10_000_000, "it is no answer cache, and is left alone")
    with pytest.raises(CacheError, match="left alone"):
        cache.clear()
    assert reasons(caplog) == []


def test_a_damaged_file_of_ours_is_made_anew_without_a_word(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened(path).put(key(1), record())
    path.write_bytes(path.read_bytes()[:3000] + b"\xff" * 3000)
    cache = opened(path)
    assert cache.get(key(1)) is None
    cache.put(key(1), record())
    assert cache.get(key(1)) == unplaced(record())
    assert reasons(caplog) == []


def test_a_file_that_stays_locked_is_left_alone_for_a_minute(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    cache = opened(path, clock)
    cache.put(key(1), record())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert asyncio.run(cache.aget(key(1))) is None
        other.execute("ROLLBACK")
    assert reasons(caplog) == ["another process keeps it locked"]
    assert cache.get(key(1)) is None, "it is not tried again at once"
    clock.now += 61
    assert cache.get(key(1)) == unplaced(record())


def test_an_event_loop_runs_on_while_another_process_writes(path: Path) -> None:
    cache = AnswerCache(path, 10_000_000, wait=60)
    cache.put(key(1), record())

    async def wait_and_read() -> Any:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            reading = asyncio.create_task(cache.aget(key(1)))
            writing = asyncio.create_task(cache.aput(key(2), record()))
            # This runs, so the loop is free, though both wait for what ends only below.
            for _ in range(20):
                await asyncio.sleep(0)
            waiting = not reading.done() and not writing.done()
            other.execute("ROLLBACK")
        await writing
        return waiting, await reading

    assert asyncio.run(wait_and_read()) == (True, unplaced(record()))
    assert cache.get(key(2)) is not None


def test_threads_share_a_cache(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = AnswerCache(path, 10_000_000, wait=60)
    missing: list[int] = []

    def work(first: int) -> None:
        for number in range(first, first + 20):
            cache.put(key(number), record())
            if cache.get(key(number)) is None:
                missing.append(number)

    threads = [threading.Thread(target=work, args=(100 * number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (missing, cache.info().entries) == ([], 120)
    assert reasons(caplog) == []


def test_a_closed_cache_opens_again(path: Path) -> None:
    cache = opened(path)
    cache.put(key(1), record())
    cache.close()
    cache.close()
    assert cache.get(key(1)) == unplaced(record())
