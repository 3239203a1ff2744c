"""Files of the loopback server: `/v1/files` as OpenAI documents it.

A test reaches them by `server.batches.files`; the SDK, by `client.files`. What a batch reads
and writes is kept here, in memory or in the folder of `BatchRules`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from summarizer.testing.http import Received
from summarizer.testing.replies import Reply, error

_MONTH = 30 * 24 * 3600
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAMED = re.compile(r'[ ;]name="([^"]*)"')
_FILENAME = re.compile(r'[ ;]filename="([^"]*)"')
_PURPOSES = frozenset(
    ("assistants", "batch", "batch_output", "evals", "fine-tune", "user_data", "vision")
)


@dataclass(slots=True)
class File:
    """What is known of a file, without its content. Times are Unix times."""

    number: int
    filename: str
    purpose: str
    size: int
    created: int
    deleted: bool = False

    @property
    def id(self) -> str:
        """What the API calls it."""
        return f"file-loopback{self.number}"

    def shown(self) -> dict[str, Any]:
        """The file object."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": self.size,
            "created_at": self.created,
            "expires_at": self.created + _MONTH if self.purpose.startswith("batch") else None,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
        }


class Files:
    """The files, by id. With a folder they are there again after a restart.

    A deleted file is no longer answered for; a batch that reads it goes on.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        most_bytes: int = 512_000_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = None if folder is None else folder / "files"
        self._most_bytes = most_bytes
        self._clock = clock
        self._files: dict[str, File] = {}
        self._contents: dict[str, bytes] = {}
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in self._folder.glob("*.json"):
                found = File(**json.loads(path.read_text("utf-8")))
                self._files[found.id] = found

    def add(self, filename: str, purpose: str, content: bytes) -> File:
        """Keep a file."""
        number = len(self._files) + 1
        made = File(number, filename, purpose, len(content), int(self._clock()))
        if self._folder is None:
            self._contents[made.id] = content
        else:
            (self._folder / f"{number}.bin").write_bytes(content)
        self._files[made.id] = made
        self._save(made)
        return made

    def get(self, file_id: str) -> File | None:
        """The file of this id, unless it was deleted."""
        found = self._files.get(file_id)
        return None if found is None or found.deleted else found

    def content(self, file_id: str) -> bytes:
        """The content of a file, a deleted one too. Raises KeyError."""
        found = self._files[file_id]
        if self._folder is None:
            return self._contents[file_id]
        return (self._folder / f"{found.number}.bin").read_bytes()

    def listed(self) -> list[File]:
        """The files that were not deleted, the newest first."""
        return [file for file in reversed(self._sorted()) if not file.deleted]

    def create(self, received: Received) -> Reply:
        """POST /v1/files."""
        parts = multipart(received)
        if parts is None:
            return error(400, "'file' is a required property")
        fields = {name: content for name, filename, content in parts if filename is None}
        uploads = [(filename, content) for _, filename, content in parts if filename is not None]
        purpose = fields.get("purpose", b"").decode("utf-8", "replace")
        if not uploads:
            return error(400, "'file' is a required property", param="file")
        if purpose not in _PURPOSES:
            return error(400, f"'{purpose}' is not one of the purposes", param="purpose")
        filename, content = uploads[0]
        if purpose == "batch" and not filename.endswith(".jsonl"):
            return error(400, "Invalid file format for Batch API. Must be .jsonl")
        if not content:
            return error(400, "File is empty.", param="file")
        if len(content) > self._most_bytes:
            return error(413, f"The file is larger than {self._most_bytes} bytes.", param="file")
        return answer(self.add(filename, purpose, content).shown())

    def retrieve(self, file_id: str) -> Reply:
        """GET /v1/files/{id}."""
        found = self.get(file_id)
        return _missing(file_id) if found is None else answer(found.shown())

    def download(self, file_id: str) -> Reply:
        """GET /v1/files/{id}/content."""
        if self.get(file_id) is None:
            return _missing(file_id)
        binary = {"content-type": "application/octet-stream"}
        return Reply(body=self.content(file_id), headers=binary)

    def delete(self, file_id: str) -> Reply:
        """DELETE /v1/files/{id}."""
        found = self.get(file_id)
        if found is None:
            return _missing(file_id)
        found.deleted = True
        self._save(found)
        return answer({"id": file_id, "object": "file", "deleted": True})

    def page(self, query: str) -> Reply:
        """GET /v1/files."""
        asked = parse_qs(query)
        found = self.listed()
        if asked.get("order") == ["asc"]:
            found.reverse()
        if "purpose" in asked:
            found = [file for file in found if file.purpose == asked["purpose"][0]]
        return listing([file.shown() for file in found], asked, most=10_000, default=10_000)

    def _sorted(self) -> list[File]:
        return sorted(self._files.values(), key=lambda file: file.number)

    def _save(self, file: File) -> None:
        if self._folder is not None:
            write_json(self._folder / f"{file.number}.json", asdict(file))


def answer(value: Mapping[str, Any]) -> Reply:
    """A value as the body of an answer."""
    return Reply(body=json.dumps(value).encode())


def listing(
    objects: list[dict[str, Any]], asked: Mapping[str, list[str]], *, most: int, default: int
) -> Reply:
    """A page of a list, as `after` and `limit` of a query ask for it."""
    limit = asked.get("limit", [str(default)])[0]
    if not limit.isdecimal() or not 1 <= int(limit) <= most:
        return error(400, f"Invalid 'limit': expected 1 to {most}.", param="limit")
    if "after" in asked:
        ids = [each["id"] for each in objects]
        if asked["after"][0] not in ids:
            return error(404, "No object found with the id of 'after'.", param="after")
        objects = objects[ids.index(asked["after"][0]) + 1 :]
    shown = objects[: int(limit)]
    return answer(
        {
            "object": "list",
            "data": shown,
            "first_id": shown[0]["id"] if shown else None,
            "last_id": shown[-1]["id"] if shown else None,
            "has_more": len(shown) < len(objects),
        }
    )


def multipart(received: Received) -> list[tuple[str, str | None, bytes]] | None:
    """The parts of a form, each its name, its file's name if it has one, and its content.

    None if the request holds no form.
    """
    found = _BOUNDARY.search(received.headers.get("content-type", ""))
    if found is None:
        return None
    delimiter = b"\r\n--" + found[1].encode("latin-1")
    parts = []
    for piece in (b"\r\n" + received.content).split(delimiter)[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        said = head.decode("utf-8", "replace")
        name, filename = _NAMED.search(said), _FILENAME.search(said)
        if name is not None:
            parts.append((name[1], None if filename is None else filename[1], content))
    return parts


def lines_of(objects: Iterable[Any]) -> bytes:
    """Objects as JSONL."""
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in objects)


def write_json(path: Path, value: Any) -> None:
    """Replace a file, so that a kill leaves the one or the other."""
    made = path.with_suffix(".new")
    made.write_text(json.dumps(value), "utf-8")
    made.replace(path)


def _missing(file_id: str) -> Reply:
    return error(404, f"No such File object: {file_id}", param="id")
