"""Facts about storage: one set of calls for a folder here and for a store elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

from summarizer.batch import OutputProblem
from summarizer.distributed import storage
from summarizer.distributed.storage import Folder, nameable
from summarizer.errors import ConfigurationError, SourceError


class Store(Folder):
    """A folder in a store without directories and renames of its own, as far as is told."""

    def __init__(self, type_name: str, error: Exception | None = None) -> None:
        super().__init__("here")
        self._path = "bucket/folder"
        self._fs = Fake(type_name, error)


class Fake:
    """What a store is asked for, and the files in it."""

    def __init__(self, type_name: str, error: Exception | None) -> None:
        self.type_name = type_name
        self.error = error
        self.calls: list[str] = []

    def create_dir(self, path: str, *, recursive: bool) -> None:
        self.calls.append(f"create_dir {path} {recursive}")

    def open_output_stream(self, path: str) -> Any:
        self.calls.append(f"write {path}")
        if self.error:
            raise self.error
        return fs._MockFileSystem().open_output_stream("x")

    def move(self, old: str, new: str) -> None:
        self.calls.append(f"move {old} {new}")


@pytest.fixture(params=["path", "file"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Folder:
    place = str(tmp_path / "out")
    return Folder(place if request.param == "path" else f"file://{place}")


def test_what_is_written_can_be_listed_read_and_removed(folder: Folder) -> None:
    folder.write("a/b.parquet", b"one")
    folder.write("a/b.parquet", b"two")
    folder.write("a/c/d.txt", b"")

    assert folder.read("a/b.parquet") == b"two"
    assert folder.names("a") == ["b.parquet"]
    assert folder.names("a", deep=True) == ["b.parquet", "c/d.txt"]
    assert folder.names("nothing") == []
    (found,) = folder.files(".parquet")
    assert (found.path, found.size) == ("a/b.parquet", 3)
    assert found.modified > 0
    folder.delete("a/b.parquet")
    folder.delete("a/b.parquet")
    assert folder.read("a/b.parquet") is None
    assert folder.local is not None


def test_a_file_is_the_only_one_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"1234")
    folder = Folder(str(path))

    assert [(file.path, file.size) for file in folder.files(".parquet")] == [("", 4)]
    with folder.open("") as file:
        assert file.read() == b"1234"


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    folder.write("a", b"old")
    with pytest.raises(TypeError):
        folder.write("a", "no bytes")  # type: ignore[arg-type]

    assert folder.read("a") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputProblem, match=r"out' cannot be written: .*(exists|not a directory)"):
        Folder(str(tmp_path / "out")).write("articles/a", b"")


@pytest.mark.parametrize("store", ["s3", "gcs", "abfs"])
def test_a_store_that_writes_whole_files_is_written_at_once(store: str) -> None:
    folder = Store(store)
    folder.write("a/b", b"x")
    assert folder._fs.calls == ["write bucket/folder/a/b"]


def test_any_other_store_is_written_beside_and_renamed() -> None:
    folder = Store("hdfs")
    folder.write("a/b", b"x")
    made, written, moved = folder._fs.calls
    assert made == "create_dir bucket/folder/a True"
    new = written.removeprefix("write ")
    assert new.startswith("bucket/folder/a/.b.")
    assert moved == f"move {new} bucket/folder/a/b"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "secret"), "no space left on device"),
        (
            OSError("When writing key 'k' secret: AWS Error ACCESS_DENIED during PutObject: s"),
            "access denied",
        ),
        (OSError("token=secret"), "OSError"),
    ],
)
def test_of_what_a_store_says_only_the_known_is_told(error: OSError, told: str) -> None:
    folder = Store("s3", error)
    folder.name = "s3://bucket/folder"
    with pytest.raises(OutputProblem) as raised:
        folder.write("a", b"")
    assert str(raised.value) == f"'s3://bucket/folder' cannot be written: {told}"


def test_an_address_is_shown_without_its_keys() -> None:
    assert nameable("s3://key:secret@bucket/folder?region=x&secret=y") == "s3://bucket/folder"
    assert nameable("out\x1b[2J") == r"out\x1b[2J"
    assert nameable("/a@b/c?d") == "/a@b/c?d"


@pytest.mark.parametrize("place", ["nothing://x/y", "file://host:x/"])
def test_an_address_that_nobody_knows_is_a_mistake(place: str) -> None:
    with pytest.raises(ConfigurationError, match="no path or address that pyarrow or fsspec"):
        Folder(place)


def test_one_folder_lies_within_another(tmp_path: Path) -> None:
    whole, part, beside = (Folder(str(tmp_path / name)) for name in ("a", "a/b", "ab"))
    assert whole.holds(part)
    assert whole.holds(whole)
    assert not part.holds(whole)
    assert not whole.holds(beside)


def test_a_store_that_does_not_answer_is_an_error_that_may_pass() -> None:
    with (
        pytest.raises(SourceError, match="'x' cannot be read: no route to host") as raised,
        storage.problems("x", "read", storage.SourceUnavailable),
    ):
        raise OSError(113, "secret")
    assert raised.value.retryable
