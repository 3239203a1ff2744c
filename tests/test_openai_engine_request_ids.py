"""The name of a service's request goes to the provider, if it looks like one, and no other."""

from __future__ import annotations

import pytest

from summarizer import Summarizer, logs
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer
from tests.pipeline_support import TEXT

pytestmark = [pytest.mark.openai, pytest.mark.anyio]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"request": "0f3a.b-c_d"}, "0f3a.b-c_d"),
        ({}, None),
        ({"request": None}, None),
        ({"request": 7}, None),
        ({"request": "a\r\nX-Evil: 1"}, None),
        ({"request": "ä"}, None),
        ({"request": "x" * 101}, None),
    ],
)
async def test_a_request_bears_the_name_that_the_log_has(
    fields: dict[str, logs.Value], expected: str | None
) -> None:
    with LoopbackServer() as endpoint:
        settings = Settings.load(environ={}, base_url=endpoint.base_url, cache=False)
        async with Summarizer(settings) as summarizer:
            with logs.about(**fields):
                await summarizer.asummarize(TEXT)
        (received,) = endpoint.requests
    assert received.headers.get("x-client-request-id") == expected
    assert "x-evil" not in received.headers
