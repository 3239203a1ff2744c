"""Who asks: the check that a route depends on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from summarizer.service.auth import ANYONE, Key
from summarizer.service.problems import UNAUTHORIZED, Problem
from summarizer.service.state import ServiceState

_BEARER = HTTPBearer(auto_error=False, description="An API key of this service.")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same, for tools.")


async def _known(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    header: Annotated[str | None, Depends(_HEADER)],
) -> Key:
    """The key of a request. Raises a Problem if one is required and none is known."""
    state: ServiceState = request.app.state.service
    if not state.keys.required:
        return ANYONE
    given = bearer.credentials if bearer is not None else header
    key = state.keys.find(given) if given else None
    if key is None:
        told = "This key is not known." if given else "The request has no key."
        raise Problem(UNAUTHORIZED, told, headers={"WWW-Authenticate": "Bearer"})
    request.scope["state"]["key"] = key
    return key


async def _admitted(request: Request, key: Annotated[Key, Depends(_known)]) -> Key:
    """The key of a request that counts against its limits. Raises a Problem at its limit."""
    state: ServiceState = request.app.state.service
    state.rates.admit(key)
    return key


#: The key of a request, whatever it asks for.
Known = Annotated[Key, Depends(_known)]
#: The key of a request that makes work, counted.
Admitted = Annotated[Key, Depends(_admitted)]
