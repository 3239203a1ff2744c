"""The lines of a batch's input file: the requests in them, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One request of a batch."""

    custom_id: str
    body: dict[str, Any]


def read(
    content: bytes,
    *,
    endpoint: str,
    models: Collection[str] | None,
    most_lines: int,
    most_bytes: int,
) -> tuple[list[Item], list[dict[str, Any]]]:
    """The requests of an input file, and what is wrong with it as the API tells it.

    If anything is wrong, nothing of a file is run.
    """
    if len(content) > most_bytes:
        return [], [problem("file_too_large", f"The file has more than {most_bytes} bytes.")]
    lines = content.splitlines()
    if len(lines) > most_lines:
        return [], [problem("too_many_tasks", f"The file has more than {most_lines} requests.")]
    items: list[Item] = []
    problems = []
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        found = _item(line, endpoint)
        if isinstance(found, Item):
            model = found.body.get("model")
            if found.custom_id in seen:
                found = (
                    "duplicate_custom_id",
                    "The custom_id for this request is a duplicate of another request.",
                    "custom_id",
                )
            elif models is not None and model not in models:
                found = "model_not_found", f"The model `{model}` does not exist.", "body.model"
            elif items and model != items[0].body.get("model"):
                found = (
                    "model_mismatch",
                    "All requests of a batch must be for the same model.",
                    "body.model",
                )
        if isinstance(found, Item):
            seen.add(found.custom_id)
            items.append(found)
        else:
            code, message, param = found
            problems.append(problem(code, message, line=number, param=param))
    if not lines:
        problems.append(problem("empty_file", "The batch input file is empty."))
    return items, problems


def problem(
    code: str, message: str, *, line: int | None = None, param: str | None = None
) -> dict[str, Any]:
    """An entry of a failed batch's `errors`. Lines are counted from 1."""
    return {"code": code, "message": message, "param": param, "line": line}


def _item(line: bytes, endpoint: str) -> Item | tuple[str, str, str | None]:
    """The request in a line, or the code, message and parameter of what is wrong with it."""
    try:
        value = json.loads(line)
    except ValueError:
        return "invalid_json_line", "This line is not parseable as valid JSON.", None
    if not isinstance(value, dict):
        return "invalid_json_line", "This line is not a JSON object.", None
    for name, kind in (("custom_id", str), ("method", str), ("url", str), ("body", dict)):
        if name not in value:
            return "missing_required_parameter", f"Missing required parameter: '{name}'.", name
        if not isinstance(value[name], kind):
            return "invalid_request", f"Invalid type for '{name}'.", name
    if value["method"] != "POST":
        return "invalid_method", "The method of a request must be POST.", "method"
    if value["url"] != endpoint:
        said = "The URL provided for this request does not match the batch endpoint."
        return "url_mismatch", said, "url"
    return Item(value["custom_id"], value["body"])
