"""The OpenAPI document's words and examples, and the problems that any request may meet."""

from __future__ import annotations

from typing import Any, Final, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from summarizer.schema import Summary
from summarizer.service.config import ServiceConfig
from summarizer.service.intake import BatchSubmission
from summarizer.service.problems import MEDIA_TYPE, ProblemDetails
from summarizer.service.state import ServiceState
from summarizer.service.submissions import Submission

DESCRIPTION: Final = """\
A news article in; one strict record out, every item tied to a verbatim span of it.

Offsets count Unicode code points of the article's text from 0. Every error is an RFC 9457
problem. A request may have an `X-Request-ID`; every answer has one.
"""

_PROBLEM: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"description": "The request's fault: a problem.", "content": _PROBLEM},
    "5XX": {"description": "The service's or its model's: a problem.", "content": _PROBLEM},
}

#: What the routes refer to by name, beside what FastAPI finds by itself.
_MODELS: Final[list[tuple[type[BaseModel], Literal["validation", "serialization"]]]] = [
    (ProblemDetails, "serialization"),
    (Submission, "validation"),
    (BatchSubmission, "validation"),
    (Summary, "serialization"),
]


def openapi(app: FastAPI) -> dict[str, Any]:
    """The application's OpenAPI document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=_TAGS,
        )
        _, found = models_json_schema(_MODELS, ref_template="#/components/schemas/{model}")
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas |= {name: one for name, one in found["$defs"].items() if name not in schemas}
        schemas["Problem"] = schemas.pop("ProblemDetails")
        # FastAPI's own errors are none of this service's.
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        state: ServiceState = app.state.service
        _tailor(schemas, state.config)
        for operations in made["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                if not state.keys.required:
                    operation.pop("security", None)
        app.openapi_schema = made
    return app.openapi_schema


def _tailor(schemas: dict[str, Any], config: ServiceConfig) -> None:
    """Leave out what this service does not take."""
    options = schemas["Options"]["properties"]
    if config.allow_models:
        options["model"]["enum"] = [None, *config.allow_models]
    else:
        del options["model"]
    if not config.allow_urls:
        for name in ("Submission", "BatchArticle"):
            if name in schemas:
                del schemas[name]["properties"]["url"]
                ways = schemas[name]["oneOf"]
                schemas[name]["oneOf"] = [way for way in ways if way["required"] != ["url"]]


_TAGS: Final = [
    {"name": "summaries", "description": "One article, while the client waits."},
    {"name": "batches", "description": "Many articles, kept until they are done."},
    {"name": "service", "description": "The service itself."},
]
