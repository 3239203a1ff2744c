"""What the tests of the loopback server's files and batches share: the real SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import openai
from openai.types import Batch

from summarizer.testing import LoopbackServer
from tests.wire_support import TEXT, asked

ENDPOINT: Final = "/v1/chat/completions"


@contextmanager
def client(server: LoopbackServer, key: str = "k") -> Iterator[openai.OpenAI]:
    """The SDK's client, which retries nothing."""
    with openai.OpenAI(base_url=server.base_url, api_key=key, max_retries=0) as made:
        yield made


def line(number: int, **changes: Any) -> dict[str, Any]:
    """A request of a batch, about an article of its own."""
    body = asked(f"{TEXT}\nNumber {number}.\n")
    return {
        "custom_id": f"r{number}", "method": "POST", "url": ENDPOINT, "body": body, **changes,
    }  # fmt: skip


def written(*lines: Any) -> bytes:
    """Lines of an input file; what is no object is a line as it stands."""
    return b"".join(
        (each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in lines
    )


def submit(sdk: openai.OpenAI, content: bytes, **options: Any) -> Batch:
    """A new batch of this input file."""
    file = sdk.files.create(file=("in.jsonl", content), purpose="batch")
    return sdk.batches.create(
        input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h", **options
    )


def ended(sdk: openai.OpenAI, batch: Batch, *, most: int = 50) -> Batch:
    """The batch when it has ended, after `most` polls at most."""
    for _ in range(most):
        batch = sdk.batches.retrieve(batch.id)
        if batch.status in {"completed", "failed", "expired", "cancelled"}:
            return batch
    raise AssertionError(f"the batch is still {batch.status}")


def lines(sdk: openai.OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    """The lines of a batch's file."""
    assert file_id is not None
    return [json.loads(each) for each in sdk.files.content(file_id).content.splitlines()]
