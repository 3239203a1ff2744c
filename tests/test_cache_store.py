"""Facts about the file of values: what it keeps, drops, survives and leaves alone."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import zlib
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from summarizer.cache.store import Store, StoreBusy, StoreError, _prepare
from tests.cache_support import Clock

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and permissions of POSIX")
LARGE = 100_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "values.sqlite3"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(path: Path, clock: Clock | None = None, max_bytes: int = LARGE) -> Store:
    return Store(path, max_bytes, clock=clock or Clock())


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def noise(number: int, length: int) -> bytes:
    """Bytes that no file system makes smaller, and that tell themselves from others."""
    block = b"".join(zlib.crc32(b"%d %d" % (number, i)).to_bytes(4, "big") for i in range(256))
    return (block * (length // len(block) + 1))[:length]


def checked(path: Path) -> str:
    """What SQLite says of a file's soundness."""
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_a_value_that_was_put_can_be_had_here_and_elsewhere(path: Path) -> None:
    store = opened(path)
    store.put(key(1), b"one", wait=1)
    assert store.get(key(1), wait=1) == b"one"
    assert opened(path).get(key(1), wait=1) == b"one"
    assert store.get(key(2), wait=1) is None


def test_a_value_that_is_put_again_replaces_the_old_one(path: Path) -> None:
    store = opened(path)
    store.put(key(1), b"old", wait=1)
    store.put(key(1), b"new", wait=1)
    assert (store.get(key(1), wait=1), store.count(wait=1)) == (b"new", 1)


def test_asking_makes_nothing(path: Path) -> None:
    store = opened(path)
    assert store.get(key(1), wait=1) is None
    assert (store.count(wait=1), store.clear(wait=1), store.size()) == (0, 0, 0)
    store.shrink(wait=1)
    assert not path.parent.exists()


@POSIX
def test_folder_and_files_are_their_owners_alone(path: Path) -> None:
    store = opened(path)
    store.put(key(1), b"one", wait=1)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_path_may_hold_what_an_address_may_not(tmp_path: Path) -> None:
    path = tmp_path / "50% of? #all\u00e9" / "v&x=1.sqlite3"
    opened(path).put(key(1), b"one", wait=1)
    assert path.is_file()
    assert opened(path).get(key(1), wait=1) == b"one"


# Size


def test_the_least_recently_used_values_go_first_and_the_file_shrinks(
    path: Path, clock: Clock
) -> None:
    limit = 1_000_000
    store = opened(path, clock, limit)
    for number in range(100):
        clock.now += 1
        assert not store.put(key(number), noise(number, 8000), wait=1)
    full = store.size()
    clock.now += 100
    assert store.get(key(0), wait=1) is not None
    number = 100
    while not store.put(key(number), noise(number, 8000), wait=1):
        number += 1
        clock.now += 1
    store.shrink(wait=1)
    assert full < limit
    assert path.stat().st_size <= limit
    left = {one for one in range(number + 1) if store.get(key(one), wait=1) is not None}
    assert 0 in left, "it was used after the others"
    assert 1 not in left
    assert left - {0} == set(range(min(left - {0}), number + 1))
    assert len(left) > 90
    assert checked(path) == "ok"


def test_a_smaller_limit_holds_as_soon_as_something_is_put(path: Path, clock: Clock) -> None:
    for number in range(100):
        opened(path, clock).put(key(number), noise(number, 8000), wait=1)
    store = opened(path, clock, 200_000)
    clock.now += 1
    assert store.put(key(100), b"new", wait=1)
    store.shrink(wait=1)
    assert path.stat().st_size <= 200_000
    assert store.get(key(100), wait=1) == b"new"


def test_a_value_that_would_fill_the_file_alone_is_not_kept(path: Path) -> None:
    store = opened(path, max_bytes=100_000)
    store.put(key(1), b"small", wait=1)
    assert not store.put(key(2), noise(2, 100_000), wait=1)
    assert store.get(key(2), wait=1) is None
    assert store.get(key(1), wait=1) == b"small"


def test_clearing_leaves_an_empty_small_file_that_works(path: Path) -> None:
    store, other = opened(path), opened(path)
    for number in range(50):
        store.put(key(number), noise(number, 8000), wait=1)
    assert other.clear(wait=1) == 50
    assert path.stat().st_size < 50_000
    assert store.get(key(1), wait=1) is None
    store.put(key(1), b"one", wait=1)
    assert other.get(key(1), wait=1) == b"one"


# Files that are not as they should be


@pytest.mark.parametrize(
    "content",
    [b"SQLite format 3\0" + b"\0" * 200, b"a diary, not a database\n" * 100, b"x"],
    ids=["a header alone", "a text", "a byte"],
)
def test_a_file_that_is_not_ours_is_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    store = opened(path)
    for _ in range(2):
        with pytest.raises(StoreError, match="left alone"):
            store.put(key(1), b"one", wait=1)
        with pytest.raises(StoreError, match="left alone"):
            store.get(key(1), wait=1)
        with pytest.raises(StoreError, match="left alone"):
            store.clear(wait=1)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "settings", [[], ["journal_mode = WAL"], ["application_id = 7", "user_version = 1"]], ids=str
)
def test_another_applications_database_is_left_alone(path: Path, settings: list[str]) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        for setting in settings:
            connection.execute(f"PRAGMA {setting}")
        connection.execute("CREATE TABLE entries (key, value)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="it is no answer cache"):
        opened(path).put(key(1), b"one", wait=1)
    assert path.read_bytes() == before


def test_a_newer_version_of_the_file_is_left_alone(path: Path) -> None:
    store = opened(path)
    store.put(key(1), b"one", wait=1)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another version"):
        opened(path).put(key(1), b"two", wait=1)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    store = opened(path)
    assert store.get(key(1), wait=1) is None
    store.put(key(1), b"one", wait=1)
    assert store.get(key(1), wait=1) == b"one"


@pytest.mark.parametrize("already_open", [True, False])
def test_our_own_file_is_made_anew_when_it_is_damaged(path: Path, *, already_open: bool) -> None:
    store = opened(path)
    for number in range(200):
        store.put(key(number), noise(number, 3000), wait=1)
    if not already_open:
        store.close()
    with path.open("r+b") as file:
        file.seek(24)
        file.write(b"\xff" * 4)  # the count of changes, by which others' are noticed
        file.seek(100)
        file.write(b"\xff" * (path.stat().st_size - 100))
    assert store.get(key(1), wait=1) is None
    store.put(key(1), b"one", wait=1)
    assert store.get(key(1), wait=1) == b"one"
    assert checked(path) == "ok"


def test_a_file_that_was_removed_is_made_anew(path: Path) -> None:
    store = opened(path)
    store.put(key(1), b"one", wait=1)
    path.unlink()
    assert store.get(key(1), wait=1) is None
    store.put(key(2), b"two", wait=1)
    assert opened(path).get(key(2), wait=1) == b"two"


def test_a_folder_that_cannot_be_made_is_an_error_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, reason in (
        (tmp_path / "file" / "values.sqlite3", "a file stands where its folder would be"),
        (tmp_path / "file" / "a" / "b" / "values.sqlite3", "not a directory"),
    ):
        store = opened(path)
        assert store.get(key(1), wait=1) is None
        with pytest.raises(StoreError, match=reason):
            store.put(key(1), b"one", wait=1)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write")
def test_a_file_that_is_read_only_can_be_read(path: Path, clock: Clock) -> None:
    opened(path, clock).put(key(1), b"one", wait=1)
    path.chmod(0o400)
    clock.now += 1000
    store = opened(path, clock)
    assert store.get(key(1), wait=1) == b"one"
    with pytest.raises(StoreError, match="readonly"):
        store.put(key(2), b"two", wait=1)


def test_a_locked_file_is_waited_for_and_then_given_up(path: Path) -> None:
    store = opened(path)
    store.put(key(1), b"one", wait=1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for wait in (0, 0.05):
            with pytest.raises(StoreBusy):
                store.get(key(1), wait=wait)
            with pytest.raises(StoreBusy):
                store.put(key(1), b"new", wait=wait)
        other.execute("ROLLBACK")
    assert store.get(key(1), wait=0) == b"one"


# Processes

_CHANGE_EVERYTHING_AND_DIE = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = TRUNCATE")
connection.execute("PRAGMA synchronous = OFF")
connection.execute("PRAGMA cache_size = 2")  # so that changed pages reach the file
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE entries SET value = zeroblob(5000)")
os.kill(os.getpid(), signal.SIGKILL)
"""


@POSIX
def test_a_process_that_is_killed_within_a_change_changes_nothing(path: Path) -> None:
    store = opened(path)
    for number in range(100):
        store.put(key(number), noise(number, 3000), wait=1)
    store.close()
    before = path.read_bytes()
    dead = subprocess.run([sys.executable, "-c", _CHANGE_EVERYTHING_AND_DIE, path], check=False)
    assert dead.returncode == -signal.SIGKILL
    assert path.read_bytes() != before, "the change had reached the file"
    for number in range(100):
        assert store.get(key(number), wait=1) == noise(number, 3000)
    assert checked(path) == "ok"


_WRITE_AND_READ = """
import os, sys, time
from pathlib import Path
from summarizer.cache.store import Store
path, me, count, length = Path(sys.argv[1]), *map(int, sys.argv[2:])
store = Store(path, 10**9, clock=time.time)
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    key = bytes([me]) + number.to_bytes(31, "big")
    value = bytes([me, number % 256]) * length
    store.put(key, value, wait=60)
    print(number, flush=True)
    assert store.get(key, wait=60) == value
"""
_ENDLESS = 10**9


@POSIX
def test_eight_processes_share_a_file_and_one_that_is_killed_loses_nothing(path: Path) -> None:
    def start(me: int, count: int, length: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", _WRITE_AND_READ, path, str(me), str(count), str(length)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip

    lengths = dict.fromkeys(range(1, 8), 1000) | {0: 50_000}
    processes = {
        me: start(me, _ENDLESS if me == 0 else 40, length) for me, length in lengths.items()
    }
    told: dict[int, int] = {}
    try:
        for process in processes.values():
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes.values():
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        doomed = processes[0]
        assert doomed.stdout is not None
        while doomed.stdout.readline() != "5\n":
            pass
        doomed.kill()
        for me, process in processes.items():
            rest, _ = process.communicate(timeout=100)
            # What the killed one was just saying may be cut; it had said six before.
            told[me] = rest.count("\n") + (0 if me else 6)
            assert process.returncode == (-signal.SIGKILL if me == 0 else 0)
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    store = opened(path)
    for me, count in told.items():
        for number in range(count):
            expected = bytes([me, number % 256]) * lengths[me]
            assert store.get(bytes([me]) + number.to_bytes(31, "big"), wait=5) == expected
    assert checked(path) == "ok"


def test_a_file_that_becomes_a_store_while_it_is_looked_at_is_one(path: Path) -> None:
    """Another process makes the store after each question that the first one asks."""
    for asked in range(1, 4):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
        connection = sqlite3.connect(path, isolation_level=None)
        meanwhile = Meanwhile(connection, path, after=asked)
        _prepare(cast("sqlite3.Connection", meanwhile), make=False)
        assert _prepare(connection, make=False)
        connection.close()
        path.unlink()


class Meanwhile:
    """A connection to a file of which another one makes a store after so many questions."""

    def __init__(self, connection: sqlite3.Connection, path: Path, *, after: int) -> None:
        self._connection = connection
        self._path = path
        self._left = after

    def execute(self, question: str) -> SimpleNamespace:
        rows = self._connection.execute(question).fetchall()
        self._left -= 1
        if self._left == 0:
            other = opened(self._path)
            other.put(key(0), b"value", wait=1)
            other.close()
        return SimpleNamespace(fetchone=lambda: rows[0] if rows else None)


_FORK = """
import os, sys, time
from pathlib import Path
from summarizer.cache.store import Store
store = Store(Path(sys.argv[1]), 10**9, clock=time.time)
store.put(b"a" * 32, b"parent", wait=5)
child = os.fork()
if child == 0:
    assert store.get(b"a" * 32, wait=5) == b"parent"
    store.put(b"b" * 32, b"child", wait=5)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert store.get(b"b" * 32, wait=5) == b"child"
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_was_forked_has_a_connection_of_its_own(path: Path) -> None:
    subprocess.run([sys.executable, "-c", _FORK, path], check=True)
    assert checked(path) == "ok"


_LIMITED = """
import resource, sys, time
from pathlib import Path
from summarizer.cache.store import Store, StoreError
store = Store(Path(sys.argv[1]), 10**9, clock=time.time)
store.put(b"a" * 32, b"first", wait=5)
for limit in (100_000, 0):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, 100_000))
    try:
        store.put(b"b" * 32, b"x" * 200_000, wait=5)
    except StoreError as error:
        print("refused:", error)
    later = Store(Path(sys.argv[1]), 10**9, clock=lambda: time.time() + 1000)
    assert later.get(b"a" * 32, wait=5) == b"first"
"""


@POSIX
def test_a_disk_without_room_refuses_a_value_and_keeps_the_others(path: Path) -> None:
    """A limit on the file's size stands for the full disk."""
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, path], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.count("refused: ") == 2
    assert checked(path) == "ok"
