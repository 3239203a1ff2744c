"""/v1/batches: many articles, kept until each has its row."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from summarizer.service import bodies
from summarizer.service.access import Admitted, Known
from summarizer.service.auth import Key
from summarizer.service.backlog import Backlog
from summarizer.service.idempotency import IdempotencyKey
from summarizer.service.intake import Intake
from summarizer.service.problems import (
    DRAINING,
    LIMITED,
    NOT_FOUND,
    REUSED,
    Problem,
)
from summarizer.service.records import Batch, Entry, Row, State, Token
from summarizer.service.state import ServiceState
from summarizer.service.store import TokenTaken

_ID = re.compile(r"batch_[0-9a-f]{24}")
#: Rows that are read at once while results are sent.
_PAGE = 32
_RETRY_AFTER = 60
_DAY = 86_400.0

Name = Annotated[str, Path(max_length=100, description="The batch's id.")]

_ARTICLES: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            bodies.JSON: {"schema": {"$ref": "#/components/schemas/BatchSubmission"}},
            bodies.NDJSON: {
                "schema": {"type": "string", "minLength": 1},
                "example": '{"id": "a1", "text": "The bridge is closed.\\n\\nIt was old."}\n',
            },
        },
    }
}
_ROWS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": (
            "A line of JSON for each article that has a row: `seq`, `index`, `id`, and "
            "`summary` or `error`."
        ),
        "content": {bodies.NDJSON: {"schema": {"type": "string"}}},
    }
}


class Counts(BaseModel):
    """How many articles there are. `left` are those without a row, `running` among them."""

    total: int
    done: int
    failed: int
    left: int
    running: int


class BatchView(BaseModel):
    """What is known of a batch."""

    model_config = ConfigDict(title="Batch")

    id: str
    status: Literal["queued", "running", "done", "cancelled"]
    counts: Counts
    created_at: dt.datetime
    ended_at: dt.datetime | None
    deleted_at: Annotated[
        dt.datetime | None, Field(description="When it will be deleted, with its results.")
    ]
    waits_for: Annotated[
        str | None, Field(description="What keeps it waiting, beside its turn; null if nothing.")
    ]
    results_url: str


class BatchList(BaseModel):
    """A key's batches, the newest first. `next` is the `before` of the following page."""

    batches: list[BatchView]
    next: str | None


def router(state: ServiceState, backlog: Backlog) -> APIRouter:
    """The routes of batches."""
    made = APIRouter(prefix="/v1/batches", tags=["batches"])

    def view(batch: Batch) -> BatchView:
        return _view(batch, state.config.batch_days, backlog.waits_for)

    @made.post(
        "",
        summary="Send a batch",
        status_code=202,
        response_class=JSONResponse,
        responses={202: {"model": BatchView, "description": "It was accepted, and is kept."}},
        openapi_extra=_ARTICLES,
    )
    async def create_batch(
        request: Request,
        key: Admitted,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Accept all articles, or none. Send JSON, or for more of them a line of JSON each.

        With an `Idempotency-Key`, the same request again gets the same batch.
        """
        if state.draining:
            raise Problem(DRAINING, "The service is stopping.", retry_after=_RETRY_AFTER)
        token_key = idempotency_key and hashlib.sha256(idempotency_key.encode()).digest()
        batch, replayed = await _accepted(state, backlog, request, key, token_key or None)
        backlog.accepted()
        place = f"/v1/batches/{batch.id}"
        headers = {"Location": place} | ({"Idempotency-Replayed": "true"} if replayed else {})
        told = view(batch).model_dump_json()
        return Response(told, 202, headers, media_type=bodies.JSON)

    @made.get("", summary="List batches")
    async def list_batches(
        key: Known,
        before: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> BatchList:
        """Get the key's batches, the newest first."""
        none: list[Batch] = []
        found = await backlog.ask(
            lambda store: store.batches(key.name, before=before, limit=limit + 1), none
        )
        following = found[limit - 1].id if len(found) > limit else None
        return BatchList(batches=[view(batch) for batch in found[:limit]], next=following)

    @made.get("/{name}", summary="How is a batch?")
    async def read_batch(name: Name, key: Known) -> BatchView:
        """Get its status and counts."""
        return view(await _found(backlog, key, name))

    @made.get(
        "/{name}/results",
        summary="Get results",
        response_class=Response,
        responses=_ROWS,
    )
    async def read_results(
        name: Name,
        key: Known,
        after: Annotated[
            int, Query(ge=0, le=2**53, description="The last `seq` that you have.")
        ] = 0,
    ) -> Response:
        """Get the rows that are there, in the order in which they came."""
        batch = await _found(backlog, key, name)
        return StreamingResponse(_lines(backlog, batch, after), media_type=bodies.NDJSON)

    @made.delete(
        "/{name}",
        summary="Cancel a batch",
        response_class=Response,
        responses={
            200: {"model": BatchView, "description": "It is cancelled, or was done before."},
            204: {"description": "It is removed."},
        },
    )
    async def cancel_batch(
        name: Name,
        key: Known,
        *,
        remove: Annotated[bool, Query(description="Delete it at once, with its results.")] = False,
    ) -> Response:
        """Begin no more of its articles. Results that are there stay, unless it is removed."""
        batch = await _found(backlog, key, name)
        if remove:
            await backlog.do(lambda store: store.drop(batch.number))
            backlog.ended(batch.number)
            return Response(status_code=204)
        cancelled = await backlog.do(lambda store: store.cancel(key.name, batch.id))
        if cancelled is None:
            raise _missing()
        backlog.ended(batch.number)
        return Response(view(cancelled).model_dump_json(), media_type=bodies.JSON)

    return made


async def _accepted(
    state: ServiceState, backlog: Backlog, request: Request, key: Key, token_key: bytes | None
) -> tuple[Batch, bool]:
    """The batch of a request, and whether it was accepted before."""
    config, owner = state.config, key.name
    intake = Intake(request, config)
    if token_key is not None:
        known = await backlog.do(lambda store: store.known(owner, token_key))
        if known is not None:
            name, digest = known
            await intake.skip()
            if intake.digest != digest:
                raise _reused()
            return await _found(backlog, key, name), True
    number = await backlog.do(
        lambda store: (
            store.begin(owner) if store.open_batches(owner) < config.batches_per_key else None
        )
    )
    if number is None:
        told = f"The key {owner} has {config.batches_per_key} batches that are not done."
        raise Problem(LIMITED, told, retry_after=_RETRY_AFTER)

    async def add(entries: Sequence[Entry]) -> None:
        await backlog.do(lambda store: store.add(number, entries))

    try:
        await intake.store(add)
        token = None if token_key is None else Token(token_key, intake.digest)
        batch = await backlog.do(lambda store: store.accept(number, token))
    except BaseException as error:
        # Also where the client has left, and this is cancelled.
        backlog.forget(number)
        if isinstance(error, TokenTaken):
            raise _reused() from None
        raise
    return batch, batch.number != number


async def _found(backlog: Backlog, key: Key, name: str) -> Batch:
    """The key's batch. Raises a Problem if there is none, or it is another's."""
    if not _ID.fullmatch(name):
        raise _missing()
    batch = await backlog.ask(lambda store: store.batch(key.name, name), None)
    if batch is None:
        raise _missing()
    return batch


async def _lines(backlog: Backlog, batch: Batch, after: int) -> AsyncIterator[bytes]:
    """The rows behind a `seq`, as lines of JSON, a page at a time."""
    while True:
        rows = await backlog.do(
            lambda store, after=after: store.results(batch.number, after=after, limit=_PAGE)  # type: ignore[misc]
        )
        if rows:
            yield "".join(map(_line, rows)).encode()
        if len(rows) < _PAGE:
            return
        after = rows[-1].seq


def _line(row: Row) -> str:
    # The contents are JSON on one line already, and the name is made so.
    return (
        f'{{"seq":{row.seq},"index":{row.place},"id":{json.dumps(row.name)},'
        f'"{row.kind}":{row.content}}}\n'
    )


def _view(batch: Batch, days: float, waits_for: str | None) -> BatchView:
    status: Literal["queued", "running", "done", "cancelled"]
    begun = batch.done + batch.failed + batch.running
    if batch.state is State.CANCELLED:
        status = "cancelled"
    elif batch.state is State.DONE:
        status = "done"
    else:
        status = "running" if begun else "queued"
    return BatchView(
        id=batch.id,
        status=status,
        counts=Counts(
            total=batch.total,
            done=batch.done,
            failed=batch.failed,
            left=batch.total - batch.done - batch.failed,
            running=batch.running,
        ),
        created_at=_moment(batch.created),
        ended_at=None if batch.ended is None else _moment(batch.ended),
        deleted_at=None if batch.ended is None else _moment(batch.ended + days * _DAY),
        waits_for=waits_for if batch.state is State.OPEN else None,
        results_url=f"/v1/batches/{batch.id}/results",
    )


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(round(seconds, 3), dt.UTC)


def _missing() -> Problem:
    return Problem(NOT_FOUND, "There is no such batch.")


def _reused() -> Problem:
    return Problem(REUSED, "This Idempotency-Key came with another request before.")
