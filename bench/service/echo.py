"""The yardstick: a FastAPI endpoint that gives back the body it gets, and nothing else.

What it costs is what FastAPI, uvicorn and the loop cost. `/wait` gives it back after a second.
"""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request, Response

#: Seconds.
WAIT = 1.0

app = FastAPI(openapi_url=None)


@app.post("/echo")
async def echo(request: Request) -> Response:
    """The body."""
    return Response(await request.body(), media_type="application/json")


@app.post("/wait")
async def wait(request: Request) -> Response:
    """The body, later."""
    body = await request.body()
    await asyncio.sleep(WAIT)
    return Response(body, media_type="application/json")
