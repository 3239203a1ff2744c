"""Whether it lives, whether it is ready, what it counts, and what a record looks like."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from summarizer import schema
from summarizer.service import metrics
from summarizer.service.access import Known
from summarizer.service.bodies import JSON
from summarizer.service.problems import DRAINING, OVERLOADED, Problem
from summarizer.service.state import ServiceState

#: Seconds after which someone who asked too early may ask again.
_RETRY_AFTER = 5

_METRICS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "In Prometheus' text format.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


class Health(BaseModel):
    """How the service is."""

    status: str


def router(state: ServiceState) -> APIRouter:
    """The routes that tell of the service itself."""
    made = APIRouter(tags=["service"])

    @made.get("/healthz", summary="Does it live?")
    async def live() -> Health:
        """Answer as long as requests are answered at all."""
        return Health(status="ok")

    @made.get("/readyz", summary="Is it ready for work?")
    async def ready() -> Health:
        """Be a 503 while the service stops, or its model's endpoint is known to be dead."""
        if state.draining:
            raise Problem(DRAINING, "The service is stopping.", retry_after=_RETRY_AFTER)
        if not state.ready:
            told = "The model's endpoint does not answer."
            raise Problem(OVERLOADED, told, retry_after=_RETRY_AFTER)
        return Health(status="ready")

    @made.get("/metrics", summary="Counts", response_class=Response, responses=_METRICS)
    async def count(_key: Known) -> Response:
        """Everything that is counted; no label holds a word of a client's."""
        return Response(state.metrics.render(), headers={"Content-Type": metrics.CONTENT_TYPE})

    @made.get(
        "/v1/schema",
        summary="The JSON Schema of a record",
        response_class=Response,
        responses={200: {"content": {JSON: {"schema": {"type": "object"}}}}},
    )
    async def record_schema() -> Response:
        """Get the schema that every record fits."""
        return Response(_SCHEMA, media_type=JSON)

    return made


_SCHEMA: Final = json.dumps(schema.json_schema()).encode()
