"""The loopback server's files, through the real SDK."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest

from summarizer.testing import BatchRules, LoopbackServer
from summarizer.testing.files import Files
from tests.batch_api_support import client

pytestmark = pytest.mark.openai

BYTES = bytes(range(256)) + b"\r\n--\r\n\n" + "ø“".encode()


def test_what_is_uploaded_comes_back_to_the_byte() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        made = sdk.files.create(file=("in.jsonl", BYTES), purpose="batch")
        found = sdk.files.retrieve(made.id)
        assert sdk.files.content(made.id).content == BYTES
    assert (made.object, made.filename, made.purpose, made.bytes, made.status) == (
        "file", "in.jsonl", "batch", len(BYTES), "processed",
    )  # fmt: skip
    assert made.expires_at == made.created_at + 30 * 24 * 3600
    assert found == made


def test_an_upload_from_disk_needs_not_be_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"{}\n" * 100_000)
    with LoopbackServer() as server, client(server) as sdk:
        made = sdk.files.create(file=path, purpose="batch")
        assert (made.filename, made.bytes) == ("in.jsonl", 300_000)


@pytest.mark.parametrize(
    ("filename", "content", "purpose", "says"),
    [
        ("in.txt", b"{}", "batch", "Must be .jsonl"),
        ("in.jsonl", b"", "batch", "empty"),
        ("in.jsonl", b"{}", "nonsense", "purposes"),
        ("in.jsonl", b"{}" * 6, "batch", "larger than 10 bytes"),
    ],
)
def test_an_upload_that_is_none_is_refused(
    filename: str, content: bytes, purpose: str, says: str
) -> None:
    rules = BatchRules(most_upload_bytes=10)
    with LoopbackServer(batches=rules) as server, client(server) as sdk:
        with pytest.raises(openai.APIStatusError, match=says):
            sdk.files.create(file=(filename, content), purpose=purpose)  # type: ignore[arg-type]
        assert sdk.files.list().data == []


def test_a_form_without_a_file_is_refused() -> None:
    refused = pytest.raises(openai.BadRequestError, match="'file' is a required")
    with LoopbackServer() as server, client(server) as sdk, refused:
        sdk.post("/files", cast_to=object, body={"purpose": "batch"})


def test_files_are_listed_in_pages_the_newest_first() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        made = [sdk.files.create(file=(f"{n}.jsonl", b"{}"), purpose="batch").id for n in range(5)]
        other = sdk.files.create(file=("x.txt", b"{}"), purpose="user_data").id
        page = sdk.files.list(limit=2)
        assert [file.id for file in page.data] == [other, made[4]]
        assert page.has_more
        assert [file.id for file in sdk.files.list(limit=2)] == [other, *reversed(made)]
        assert [file.id for file in sdk.files.list(purpose="batch", order="asc")] == made
        with pytest.raises(openai.BadRequestError, match="limit"):
            sdk.files.list(limit=0)
        with pytest.raises(openai.NotFoundError):
            sdk.files.list(after="file-unknown")


def test_a_deleted_file_is_gone() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        made = sdk.files.create(file=("in.jsonl", b"{}"), purpose="batch")
        gone = sdk.files.delete(made.id)
        assert (gone.id, gone.deleted) == (made.id, True)
        for call in (sdk.files.retrieve, sdk.files.content, sdk.files.delete):
            with pytest.raises(openai.NotFoundError):
                call(made.id)
        assert sdk.files.list().data == []


def test_a_key_is_demanded_for_files_too() -> None:
    refused = pytest.raises(openai.AuthenticationError)
    with LoopbackServer(api_key="right") as server, client(server, "wrong") as sdk, refused:
        sdk.files.list()


def test_files_are_there_after_a_restart_and_ids_are_not_used_twice(tmp_path: Path) -> None:
    first = Files(folder=tmp_path)
    kept, gone = first.add("a.jsonl", "batch", b"1"), first.add("../b.jsonl", "batch", b"2")
    first.delete(gone.id)
    second = Files(folder=tmp_path)
    assert second.listed() == [kept]
    assert second.content(kept.id) == b"1"
    assert second.add("c.jsonl", "batch", b"3").id not in {kept.id, gone.id}
    assert {path.parent for path in tmp_path.rglob("*.bin")} == {tmp_path / "files"}
