"""The lines that a batch writes, and what may be wrong with a file of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from summarizer.testing.files import lines_of

#: Why a request has no response. OpenAI documents the codes, and the first message.
UNANSWERED = {
    "batch_expired": "This request could not be executed before the completion window expired.",
    "batch_cancelled": "This request was not executed because the batch was cancelled.",
    "request_timeout": "The underlying call to the model timed out.",
}


def answered(ordinal: int, custom_id: str, status: int, body: Any) -> dict[str, Any]:
    """The line of a request that was answered, well or not."""
    response = {
        "status_code": status,
        "request_id": f"req_loopback_batch_{ordinal}",
        "body": body,
    }
    return _line(ordinal, custom_id, response, None)


def unanswered(ordinal: int, custom_id: str, code: str) -> dict[str, Any]:
    """The line of a request that was not; `code` is a key of `UNANSWERED`."""
    return _line(ordinal, custom_id, None, {"code": code, "message": UNANSWERED[code]})


def mixed(found: Sequence[dict[str, Any]], order: Sequence[str], seed: int) -> list[dict[str, Any]]:
    """The lines in an order that is not `order`, of custom ids, wherever there is another."""
    lines = random.Random(seed).sample(found, len(found))  # noqa: S311 - to repeat
    place = {custom_id: number for number, custom_id in enumerate(order)}
    places = [place[line["custom_id"]] for line in lines]
    return lines[::-1] if places == sorted(places) else lines


def spoiled(
    found: Sequence[dict[str, Any]], *, missing: int, duplicated: int, unknown: int, broken: int
) -> bytes:
    """The lines as a file: without so many, with others twice or under an unknown id, or cut."""
    kept = found[missing:]
    written = [lines_of([line]) for line in kept]
    whole = written[broken:]
    cut = [line[: len(line) // 2] + b"\n" for line in written[:broken]]
    strange = [
        {**line, "custom_id": f"nobody-asked-{number}"}
        for number, line in enumerate(kept[:unknown])
    ]
    return b"".join([*cut, *whole, *written[:duplicated], lines_of(strange)])


def usage(output: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sums over the answers in these lines, in the words that batches use."""
    sums = {"input": 0, "output": 0, "cached": 0, "reasoning": 0}
    for line in output:
        body = line["response"]["body"]
        told = body.get("usage") if isinstance(body, Mapping) else None
        if isinstance(told, Mapping):
            sums["input"] += _count(told, "prompt_tokens")
            sums["output"] += _count(told, "completion_tokens")
            sums["cached"] += _count(told.get("prompt_tokens_details"), "cached_tokens")
            sums["reasoning"] += _count(told.get("completion_tokens_details"), "reasoning_tokens")
    return {
        "input_tokens": sums["input"],
        "input_tokens_details": {"cached_tokens": sums["cached"]},
        "output_tokens": sums["output"],
        "output_tokens_details": {"reasoning_tokens": sums["reasoning"]},
        "total_tokens": sums["input"] + sums["output"],
    }


def _count(told: Any, name: str) -> int:
    value = told.get(name) if isinstance(told, Mapping) else None
    return value if type(value) is int and value > 0 else 0


def _line(ordinal: int, custom_id: str, response: Any, failure: Any) -> dict[str, Any]:
    return {
        "id": f"batch_req_loopback_{ordinal}",
        "custom_id": custom_id,
        "response": response,
        "error": failure,
    }
