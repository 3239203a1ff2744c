"""What the tests of the loopback server share: a plain client that shows every byte."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any

from summarizer.article import Article
from summarizer.prompts import PromptSet
from summarizer.testing import LoopbackServer

#: An invented article with an item for each of a record's fields.
TEXT = """Halden ferry crews end nine-day strike

HALDEN, 7 October 2031 - Ferry crews in Halden ended a nine-day strike on Tuesday, 7 October
2031, after the operator Nordfjord Ferries agreed to raise wages by six percent.

"We got what we asked for," said Marit Solberg, leader of the Seafarers' Union. "Boats will sail
again on Wednesday."

Mayor Per Lunde welcomed the deal on Tuesday and said that the town had lost a week of trade.

The strike began on 28 September 2031, when talks about the night shifts broke down. Nordfjord
Ferries bought the line from the county in 2024.
"""


def asked(text: str = TEXT, **changes: Any) -> dict[str, Any]:
    """A request for a completion about an article."""
    user = PromptSet.load().render_user(Article.from_text(text), nonce="00c0ffee")
    turns = [{"role": "system", "content": "Fill it."}, {"role": "user", "content": user}]
    return {"model": "m", "messages": turns, **changes}


@dataclass
class Seen:
    """A response as it came in, and how it ended."""

    status: int
    headers: dict[str, str]
    content: bytes
    #: Whether the body was whole by its length or its last chunk.
    whole: bool = True
    events: list[Any] = field(default_factory=list)

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.content)

    @property
    def message(self) -> dict[str, Any]:
        """The first choice's message."""
        found: dict[str, Any] = self.json["choices"][0]["message"]
        return found

    @property
    def data(self) -> list[str]:
        """The data of each event of a stream."""
        lines = self.content.decode().split("\n\n")
        return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


def post(
    server: LoopbackServer, body: Any = None, *, path: str = "/v1/chat/completions",
    most: int | None = None, method: str = "POST", timeout: float = 20.0,
) -> Seen:  # fmt: skip
    """Ask, and read up to `most` bytes of what comes back."""
    connection = http.client.HTTPConnection(server.base_url.split("/")[2], timeout=timeout)
    try:
        content = None if method == "GET" else json.dumps(body or asked())
        connection.request(method, path, content, {"Authorization": "Bearer k"})
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        found = Seen(response.status, headers, b"")
        try:
            while piece := response.read1(1 << 16):
                found.content += piece
                if most is not None and len(found.content) >= most:
                    found.whole = False
                    break
        except (ConnectionError, http.client.IncompleteRead) as ended:
            found.content += getattr(ended, "partial", b"")
            found.whole = False
        length = headers.get("content-length")
        if length is not None and len(found.content) < int(length):
            found.whole = False
        return found
    finally:
        connection.close()
