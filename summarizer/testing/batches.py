"""Batches of the loopback server: `/v1/batches` as OpenAI documents it.

A test steers them by `LoopbackServer(batches=BatchRules(...))`, whose attributes say when a
batch changes its status, how it ends, how much it takes, and what its output lacks. Its
requests are answered as the live endpoint answers them: by the server's script, `then`,
`refuse`, `models` and `faults`, so that `then` may answer one article with a 429 or a refusal.

    rules = BatchRules(statuses=("validating", "in_progress", "expired"), missing=1)
    with LoopbackServer(then=answers.grounded, batches=rules) as server:
        server.batches.disturb("batches.create", lost)   # made, and the answer does not arrive
        ...
        paid = Counter(run.article for run in server.batches.runs)
        assert set(paid.values()) == {1}

`disturb` (in `batch_routes`, with `lost`, `cut_off` and `shortened`) spoils the next calls of
one operation. `batches.runs` is what was paid for, `move` changes a status at once, and
`BatchRules.folder` keeps files and batches for another server. With `batches=None` the server
knows no such addresses, like most endpoints that are not OpenAI's.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from summarizer.testing import answers, batch_lines, batch_output, completions
from summarizer.testing.batch_lines import Item
from summarizer.testing.files import Files, answer, lines_of, listing, write_json
from summarizer.testing.replies import Reply, error

_ENDPOINT = "/v1/chat/completions"
_DAY = 24 * 3600
#: All that a batch's status may be.
STATUSES = (
    "validating",
    "in_progress",
    "finalizing",
    "completed",
    "failed",
    "expired",
    "cancelling",
    "cancelled",
)
#: Those of a batch that nothing happens to.
USUAL = ("validating", "in_progress", "finalizing", "completed")
#: Those that are not left any more.
FINAL = frozenset(("completed", "failed", "expired", "cancelled"))

#: Answers a request of this number: status and body, or None where the model would time out.
Answer = Callable[[dict[str, Any], int], tuple[int, Any] | None]


@dataclass(frozen=True, slots=True)
class BatchRules:
    """How batches go.

    A batch has each of `statuses` in turn, for `polls` retrieves and for `seconds` at least;
    with 0 of both the first retrieve finds it at its end. The requests are run in
    `in_progress`: a half at once and the rest when that ends, or a third each if it stands
    twice in `statuses`. A batch that is cancelled, or whose next status is `expired`, has
    what was run until then. A wrong input file makes any batch `failed` after `validating`.
    If the last of `statuses` is not final, it stays there until `Batches.move`.
    """

    statuses: Sequence[str] = USUAL
    polls: int = 1
    seconds: float = 0.0
    most_lines: int = 50_000
    most_bytes: int = 200_000_000
    most_upload_bytes: int = 512_000_000
    #: Tokens of prompts in all batches that have not ended; None for any number.
    most_tokens: int | None = None
    #: So many lines of an output file are left out, written twice, under an id that nobody
    #: asked for, or cut in their middle.
    missing: int = 0
    duplicated: int = 0
    unknown: int = 0
    broken: int = 0
    #: Of the order of the lines in an output file, which is never that of the input.
    seed: int = 0
    #: Where files and batches are kept over a restart; in memory without it.
    folder: Path | None = None

    def __post_init__(self) -> None:
        unknown = [status for status in self.statuses if status not in STATUSES]
        if unknown or list(self.statuses[:1]) != ["validating"]:
            raise ValueError("a batch begins with validating and has statuses of STATUSES")


class Run(NamedTuple):
    """A request that was run: what a provider charges for, unless it failed."""

    batch: str
    custom_id: str
    #: SHA-256 of the article in it.
    article: str
    status: int


@dataclass(slots=True)
class _Batch:
    number: int
    shown: dict[str, Any]
    statuses: list[str]
    stage: int = 0
    polls: int = 0
    since: float = 0.0
    tokens: int = 0
    output: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.shown["status"] in FINAL


class Batches:
    """Every batch of a server and its files. Safe to use from any thread."""

    def __init__(
        self,
        rules: BatchRules,
        run: Answer,
        *,
        models: Collection[str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.rules = rules
        self.files = Files(folder=rules.folder, most_bytes=rules.most_upload_bytes, clock=clock)
        self._answer = run
        self._models = models
        self._clock = clock
        self._lock = threading.RLock()
        self._batches: dict[str, _Batch] = {}
        self._items: dict[str, list[Item]] = {}
        self._folder = None if rules.folder is None else rules.folder / "batches"
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(self._folder.glob("*.json"), key=lambda path: int(path.stem)):
                found = _Batch(**json.loads(path.read_text("utf-8")))
                found.runs = [Run(*run) for run in found.runs]
                self._batches[found.shown["id"]] = found

    @property
    def runs(self) -> list[Run]:
        """Every request that was run, in the order of their batches."""
        with self._lock:
            return [run for batch in self._batches.values() for run in batch.runs]

    @property
    def made(self) -> list[dict[str, Any]]:
        """The batch objects as they are now, in the order in which they were made."""
        with self._lock:
            return [dict(batch.shown) for batch in self._batches.values()]

    def move(self, status: str, *, batch_id: str | None = None) -> None:
        """Give one batch, or each that has not ended, this status now."""
        with self._lock:
            for name, batch in self._batches.items():
                if batch_id in (None, name) and not batch.ended:
                    self._enter(batch, status)

    def told(self) -> dict[str, Any]:
        """What `GET /loopback/batches` tells: sums over everything that was run."""
        found = self.runs
        articles = len({run.article for run in found})
        statuses: dict[str, int] = {}
        for each in self.made:
            statuses[each["status"]] = statuses.get(each["status"], 0) + 1
        return {
            "batches": statuses,
            "requests": len(found),
            "articles": articles,
            "completions": sum(run.status == 200 for run in found),
        }

    def create(self, body: Mapping[str, Any] | None) -> Reply:
        """POST /v1/batches."""
        if body is None:
            return error(400, "We could not parse the JSON body of your request.")
        for name in ("input_file_id", "endpoint", "completion_window"):
            if not isinstance(body.get(name), str):
                return error(400, f"Missing required parameter: '{name}'.", param=name)
        if body["endpoint"] != _ENDPOINT:
            return error(400, f"Invalid value: '{body['endpoint']}'.", param="endpoint")
        if body["completion_window"] != "24h":
            return error(400, "Invalid value: supported is '24h'.", param="completion_window")
        if not _is_metadata(body.get("metadata")):
            return error(400, "Invalid 'metadata'.", param="metadata")
        with self._lock:
            return answer(self._made(body).shown)

    def retrieve(self, batch_id: str) -> Reply:
        """GET /v1/batches/{id}: what makes a batch go on."""
        with self._lock:
            batch = self._batches.get(batch_id)
            if batch is None:
                return _missing(batch_id)
            self._advance(batch)
            batch.polls += 1
            return answer(batch.shown)

    def page(self, query: str) -> Reply:
        """GET /v1/batches, the newest first."""
        with self._lock:
            shown = [batch.shown for batch in reversed(self._batches.values())]
            return listing(shown, parse_qs(query), most=100, default=20)

    def cancel(self, batch_id: str) -> Reply:
        """POST /v1/batches/{id}/cancel."""
        with self._lock:
            batch = self._batches.get(batch_id)
            if batch is None:
                return _missing(batch_id)
            if batch.ended:
                status = batch.shown["status"]
                return error(409, f"Cannot cancel a batch with status '{status}'.")
            if batch.shown["status"] != "cancelling":
                batch.statuses, batch.stage = ["cancelling", "cancelled"], 0
                self._enter(batch, "cancelling")
            return answer(batch.shown)

    def _made(self, body: Mapping[str, Any]) -> _Batch:
        number, now = len(self._batches) + 1, self._clock()
        statuses = list(self.rules.statuses)
        shown = {
            "id": f"batch_loopback{number}",
            "object": "batch",
            "endpoint": body["endpoint"],
            "errors": None,
            "input_file_id": body["input_file_id"],
            "completion_window": body["completion_window"],
            "status": statuses[0],
            "model": None,
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(now),
            "expires_at": int(now) + _DAY,
            **{f"{name}_at": None for name in STATUSES[1:]},
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": body.get("metadata"),
            "usage": None,
        }
        batch = _Batch(number, shown, statuses, since=now)
        self._batches[shown["id"]] = batch
        self._save(batch)
        return batch

    def _advance(self, batch: _Batch) -> None:
        """Give a batch the statuses whose time has come."""
        while (
            not batch.ended
            and batch.stage + 1 < len(batch.statuses)
            and batch.polls >= self.rules.polls
            and self._clock() - batch.since >= self.rules.seconds
        ):
            batch.stage += 1
            self._enter(batch, batch.statuses[batch.stage])

    def _enter(self, batch: _Batch, status: str) -> None:
        """Change the status, and do what comes with it."""
        shown = batch.shown
        if shown["status"] == "validating":
            problems = self._problems(batch)
            if problems and status != "cancelling":
                shown["errors"] = {"object": "list", "data": problems}
                status = "failed"
        if status == "in_progress":
            listed = batch.statuses.count("in_progress")
            turn = batch.statuses[: batch.stage + 1].count("in_progress")
            self._run(batch, len(self._items_of(batch)) * turn // (listed + 1))
        if status in ("finalizing", "completed"):
            self._run(batch, len(self._items_of(batch)))
        if status == "failed" and shown["errors"] is None:
            said = batch_lines.problem("server_error", "The batch could not be processed.")
            shown["errors"] = {"object": "list", "data": [said]}
        shown["status"] = status
        if f"{status}_at" in shown:
            shown[f"{status}_at"] = int(self._clock())
        batch.polls, batch.since = 0, self._clock()
        if status in FINAL - {"failed"}:
            self._finish(batch, status)
        self._save(batch)

    def _items_of(self, batch: _Batch) -> list[Item]:
        """The requests of a batch. An input file that is wrong has none."""
        name = batch.shown["id"]
        if name not in self._items:
            self._read(batch)
        return self._items[name]

    def _read(self, batch: _Batch) -> list[dict[str, Any]]:
        shown = batch.shown
        self._items[shown["id"]] = []
        try:
            content = self.files.content(shown["input_file_id"])
        except KeyError:
            said = f"No such File object: {shown['input_file_id']}"
            return [batch_lines.problem("file_not_found", said, param="input_file_id")]
        items, problems = batch_lines.read(
            content,
            endpoint=shown["endpoint"],
            models=self._models,
            most_lines=self.rules.most_lines,
            most_bytes=self.rules.most_bytes,
        )
        if not problems:
            self._items[shown["id"]] = items
        return problems

    def _problems(self, batch: _Batch) -> list[dict[str, Any]]:
        """Read the input file; what is wrong with it, the queue's limit included."""
        found = self._read(batch)
        items = self._items[batch.shown["id"]]
        if found or not items:
            return found
        batch.tokens = sum(completions.prompt_tokens(item.body) for item in items)
        queued = sum(each.tokens for each in self._batches.values() if not each.ended)
        if self.rules.most_tokens is not None and queued > self.rules.most_tokens:
            said = (
                f"Enqueued token limit reached for loopback in organization org-loopback. Limit: "
                f"{self.rules.most_tokens:,} enqueued tokens. Please try again once some "
                "in_progress batches have been completed."
            )
            return [batch_lines.problem("token_limit_exceeded", said)]
        batch.shown["model"] = items[0].body.get("model")
        batch.shown["request_counts"]["total"] = len(items)
        return []

    def _run(self, batch: _Batch, until: int) -> None:
        """Answer the requests up to this one, each once."""
        counts = batch.shown["request_counts"]
        for item in self._items_of(batch)[len(batch.runs) : until]:
            ordinal = batch.number * 1_000_000 + len(batch.runs) + 1
            found = self._answer(item.body, ordinal)
            status, body = (408, None) if found is None else found
            if found is None:
                line = batch_output.unanswered(ordinal, item.custom_id, "request_timeout")
            else:
                line = batch_output.answered(ordinal, item.custom_id, status, body)
            well = status == 200
            (batch.output if well else batch.errors).append(line)
            counts["completed" if well else "failed"] += 1
            article = sha256(answers.article_in(item.body).encode("utf-8", "surrogatepass"))
            batch.runs.append(Run(batch.shown["id"], item.custom_id, article.hexdigest(), status))

    def _finish(self, batch: _Batch, status: str) -> None:
        """Write the files of a batch that ends."""
        shown, items = batch.shown, self._items_of(batch)
        shown["usage"] = batch_output.usage(batch.output)
        for place, item in enumerate(items[len(batch.runs) :], len(batch.runs) + 1):
            ordinal = batch.number * 1_000_000 + place
            batch.errors.append(batch_output.unanswered(ordinal, item.custom_id, f"batch_{status}"))
            shown["request_counts"]["failed"] += 1
        order = [item.custom_id for item in items]
        well, ill = (
            batch_output.mixed(lines, order, self.rules.seed)
            for lines in (batch.output, batch.errors)
        )
        spoiled = batch_output.spoiled(
            well,
            missing=self.rules.missing,
            duplicated=self.rules.duplicated,
            unknown=self.rules.unknown,
            broken=self.rules.broken,
        )
        for kind, content in (("output", spoiled), ("error", lines_of(ill))):
            if content:
                made = self.files.add(f"{shown['id']}_{kind}.jsonl", "batch_output", content)
                shown[f"{kind}_file_id"] = made.id

    def _save(self, batch: _Batch) -> None:
        if self._folder is not None:
            write_json(self._folder / f"{batch.number}.json", asdict(batch))


def _is_metadata(value: Any) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, Mapping)
        and len(value) <= 16
        and all(
            len(name) <= 64 and isinstance(text, str) and len(text) <= 512
            for name, text in value.items()
        )
    )


def _missing(batch_id: str) -> Reply:
    return error(404, f"No batch found with id '{batch_id}'.")
