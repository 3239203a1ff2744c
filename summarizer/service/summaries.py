"""POST /v1/summaries and its stream."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from summarizer import render
from summarizer.article import Article
from summarizer.errors import SummarizerError
from summarizer.service import bodies, problems, submissions
from summarizer.service.access import Admitted
from summarizer.service.auth import Key
from summarizer.service.clients import unless_gone
from summarizer.service.events import MEDIA_TYPE, Events, kept_alive
from summarizer.service.front import of_bug, place, request_id
from summarizer.service.idempotency import IdempotencyKey, digest
from summarizer.service.state import ServiceState
from summarizer.service.submissions import Published, Submission, Title

#: Seconds without an event after which a comment says that the connection stands.
KEEP_ALIVE_SECONDS: Final = 15.0

_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            bodies.JSON: {"schema": {"$ref": "#/components/schemas/Submission"}},
            bodies.TEXT: {
                "schema": {"type": "string", "minLength": 1},
                "example": submissions.EXAMPLE_TEXT,
            },
            bodies.HTML: {"schema": {"type": "string", "minLength": 1}},
        },
    }
}
_RECORD: Final[dict[str, Any]] = {
    "description": "The record.",
    "content": {bodies.JSON: {"schema": {"$ref": "#/components/schemas/Summary"}}},
}
_EVENTS: Final = """\
id: 1
event: item
data: {"field": "where", "item": {"evidence": [], "name": "Port Varn", "country": null}}

"""
_STREAM: Final[dict[str, Any]] = {
    "description": "Events `item`, then one `summary` or one `error`, which is a problem.",
    "content": {MEDIA_TYPE: {"example": _EVENTS}},
}


def router(state: ServiceState) -> APIRouter:
    """The routes that summarize one article while the client waits."""
    made = APIRouter(prefix="/v1", tags=["summaries"])

    @made.post(
        "/summaries",
        summary="Summarize an article",
        response_class=Response,
        responses={200: _RECORD},
        openapi_extra=_BODY,
    )
    async def create_summary(
        request: Request,
        key: Admitted,
        title: Annotated[Title | None, Query()] = None,
        published: Annotated[Published | None, Query()] = None,
        name: IdempotencyKey = None,
    ) -> Response:
        """Make the record of one article: JSON, plain text or HTML.

        With text or HTML as the body, `title` and `published` stand in the query.
        """
        submission = await submissions.read(
            request, state.config, state.room, title=title, published=published
        )
        if name is None:
            answer = await unless_gone(request.receive, _record(state, submission, key))
            return Response(answer, media_type=bodies.JSON)
        # Finished also if the client leaves: it may come back for the answer.
        answer, replayed = await state.idempotency.once(
            key, name, digest(submission.model_dump_json()), lambda: _record(state, submission, key)
        )
        headers = {"Idempotency-Replayed": "true"} if replayed else None
        return Response(answer, headers=headers, media_type=bodies.JSON)

    @made.post(
        "/summaries/stream",
        summary="Summarize an article, item by item",
        response_class=Response,
        responses={200: _STREAM},
        openapi_extra=_BODY,
    )
    async def stream_summary(
        request: Request,
        key: Admitted,
        title: Annotated[Title | None, Query()] = None,
        published: Annotated[Published | None, Query()] = None,
    ) -> Response:
        """Get each item as soon as it is verified, and at last the record."""
        submission = await submissions.read(
            request, state.config, state.room, title=title, published=published
        )
        return _EventStream(state, submission, key)

    return made


async def _record(state: ServiceState, submission: Submission, key: Key) -> bytes:
    async with state.gate.turn():
        article = await state.article(submission, key)
        options = submission.options
        summary = await state.summarize(article, key, model=options.model, timeout=options.timeout)
    return render.to_json(summary, indent=None).encode()


class _EventStream(Response):
    """Begins when there is an article to work on; what fails before is a plain answer."""

    def __init__(self, state: ServiceState, submission: Submission, key: Key) -> None:
        super().__init__(media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._state, self._submission, self._key = state, submission, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await unless_gone(receive, self._work(scope, send))

    async def _work(self, scope: Scope, send: Send) -> None:
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._state.gate.turn())
            article = await self._state.article(self._submission, self._key)
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )

            async def work(tell: Callable[[bytes], None]) -> None:
                # The turn ends with the work, however slowly the client reads of it.
                async with turn.pop_all():
                    await self._tell(article, scope, tell)

            async with aclosing(kept_alive(work, interval=KEEP_ALIVE_SECONDS)) as events:
                async for event in events:
                    await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, article: Article, scope: Scope, tell: Callable[[bytes], None]) -> None:
        written, options = Events(), self._submission.options
        try:
            summary = await self._state.summarize(
                article,
                self._key,
                model=options.model,
                timeout=options.timeout,
                on_item=lambda verified: tell(written.item(verified)),
            )
        except Exception as error:  # noqa: BLE001 - what has begun has no other end
            problem = (
                problems.of_error(error) if isinstance(error, SummarizerError) else of_bug(error)
            )
            told = problem.object(instance=place(scope), request_id=request_id(scope))
            tell(written.error(told))
        else:
            tell(written.summary(summary))
