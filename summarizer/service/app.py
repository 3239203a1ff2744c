"""The ASGI application: routes, what stands before them, and what becomes of errors."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

import summarizer as package
from summarizer.errors import SummarizerError
from summarizer.pipeline import Summarizer
from summarizer.service import batches, docs, document, health, pages, summaries
from summarizer.service.backlog import Backlog
from summarizer.service.bodies import of_faults
from summarizer.service.config import ServiceConfig
from summarizer.service.front import Front, place, request_id
from summarizer.service.problems import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    Kind,
    Problem,
    of_error,
    with_headers,
)
from summarizer.service.state import ServiceState
from summarizer.settings import Settings

#: What a page of another origin may read of an answer, beside the usual.
_EXPOSED = ("Idempotency-Replayed", "Location", "Retry-After", "X-Request-ID")
_ASKED = ("Authorization", "Content-Type", "Idempotency-Key", "X-API-Key", "X-Request-ID")


def create_app(
    settings: Settings, config: ServiceConfig, *, summarizer: Summarizer | None = None
) -> FastAPI:
    """The service as an ASGI application.

    It closes the Summarizer when it is shut down. Raises ConfigurationError if the settings
    do not fit together.
    """
    state = ServiceState.of(settings, config, summarizer=summarizer)
    backlog = state.batches = Backlog(state)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        backlog.start()
        try:
            yield
        finally:
            await backlog.aclose()
            await state.aclose()

    app = FastAPI(
        title="summarize-server",
        version=package.__version__,
        description=document.DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages load their scripts from another host
        redoc_url=None,
        redirect_slashes=False,
        responses=document.PROBLEMS,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.service = state
    app.openapi = functools.partial(document.openapi, app)  # type: ignore[method-assign]
    app.include_router(summaries.router(state))
    app.include_router(batches.router(state, backlog))
    app.include_router(health.router(state))
    app.include_router(docs.router())
    app.include_router(pages.router(state))
    app.add_exception_handler(Problem, _of_problem)
    app.add_exception_handler(SummarizerError, _of_error)
    app.add_exception_handler(RequestValidationError, _of_faults)
    app.add_exception_handler(HTTPException, _of_http)
    if config.allow_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=config.allow_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=_ASKED,
            expose_headers=_EXPOSED,
        )
    app.add_middleware(Front, state=state)
    return app


def _answer(request: Request, problem: Problem) -> Response:
    state: ServiceState = request.app.state.service
    if problem.retry_after is not None:
        state.metrics.shed(problem.kind.name)
    return problem.response(instance=place(request.scope), request_id=request_id(request.scope))


async def _of_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _answer(request, error)


async def _of_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SummarizerError)
    return _answer(request, of_error(error))


async def _of_faults(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _answer(request, of_faults(error.errors()))


async def _of_http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: nearly always a path or a method."""
    assert isinstance(error, HTTPException)
    kinds = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}
    phrase = HTTPStatus(error.status_code).phrase
    kind = kinds.get(error.status_code) or Kind("refused", error.status_code, phrase)
    told = {
        404: "There is nothing at this path.",
        405: "This path does not take this method.",
    }.get(error.status_code, f"{phrase}.")
    return _answer(request, with_headers(Problem(kind, told), error.headers or {}))
