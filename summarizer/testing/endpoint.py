"""What the loopback server answers to a request: the decision, without any sending."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from summarizer.testing import answers, completions
from summarizer.testing.contexts import TOO_LONG
from summarizer.testing.faults import Faults
from summarizer.testing.http import Received
from summarizer.testing.replies import Reply, Script, error, unknown_model
from summarizer.testing.stream_wordings import STREAM_REFUSALS
from summarizer.testing.wordings import REFUSALS, Refusal

#: The wording of a context that is silently cut, as Ollama does.
CUT = "cut"


class Endpoint:
    """Decides on replies. Its options are those of `LoopbackServer`."""

    def __init__(
        self,
        *script: Script,
        then: Script | None,
        refuse: Iterable[str | Refusal],
        faults: Faults | None,
        api_key: str | None,
        models: Iterable[str] | None,
        context_tokens: int | None,
        too_long: str,
    ) -> None:
        if too_long != CUT and too_long not in TOO_LONG:
            raise ValueError(f"there is no wording named {too_long!r}")
        self._script = deque(script)
        self._lock = threading.Lock()
        self._then = then or answers.grounded
        self._refuse = [_refusal(entry) for entry in refuse]
        self._faults = faults
        self._api_key = api_key
        self._models = None if models is None else frozenset(models)
        self._context_tokens = context_tokens
        self._too_long = too_long

    def add(self, *replies: Script) -> None:
        """Add replies to the script."""
        with self._lock:
            self._script.extend(replies)

    @property
    def most_prompt_tokens(self) -> int | None:
        """The most tokens of a prompt that are read, if it is cut."""
        return self._context_tokens if self._too_long == CUT else None

    @property
    def models(self) -> frozenset[str] | None:
        """The only models that are served, or None for any."""
        return self._models

    def keyless(self, received: Received) -> Reply | None:
        """The reply to a request without the key that it needs, or None."""
        if self._api_key and received.headers.get("authorization") != f"Bearer {self._api_key}":
            return error(401, "Incorrect API key provided.", code="invalid_api_key")
        return None

    def turned_away(self, received: Received) -> Reply | None:
        """The reply to what is no request for a completion, or None."""
        refused = self.keyless(received)
        if refused is not None:
            return refused
        path = received.path.partition("?")[0].removeprefix("/v1").rstrip("/")
        if path == "/models" and received.method == "GET":
            names = sorted(self._models or {completions.MODEL})
            return Reply(body={"object": "list", "data": [_model(name) for name in names]})
        if path != "/chat/completions":
            return error(404, f"Invalid URL ({received.method} {received.path})")
        if received.method != "POST":
            return error(405, "Method not allowed")
        if received.body is None:
            return error(400, "We could not parse the JSON body of your request.")
        return self.malformed(received.body)

    def malformed(self, request: Mapping[str, Any]) -> Reply | None:
        """The reply to a request that has not the form of one, or None."""
        wrong = _malformed(request)
        return error(400, f"Invalid type for {wrong!r}.", param=wrong) if wrong else None

    def complete(self, request: dict[str, Any]) -> Reply:
        """The reply to a request for a completion. Raises what a script's function raises."""
        model = str(request.get("model"))
        if self._models is not None and model not in self._models:
            return unknown_model(model)
        for refusal in self._refuse:
            if refusal.met(request):
                return refusal.reply()
        limit, sent = self._context_tokens, completions.prompt_tokens(request)
        if limit is not None and sent > limit:
            if self._too_long != CUT:
                return TOO_LONG[self._too_long](limit, sent)
            request = _cut(request, sent - limit)
        chosen: Script | None = None
        if self._faults is not None:
            chosen = self._faults.choose(answers.article_in(request))
        if chosen is None:
            with self._lock:
                chosen = self._script.popleft() if self._script else self._then
        return chosen if isinstance(chosen, Reply) else chosen(request)


def _malformed(request: Mapping[str, Any]) -> str | None:
    """The property of a request that has not the form it must have, or None."""
    messages, tools = request.get("messages", []), request.get("tools") or []
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        return "messages"
    if not isinstance(request.get("stream_options") or {}, dict):
        return "stream_options"
    if not isinstance(tools, list) or not all(_is_tool(tool) for tool in tools):
        return "tools"
    return None


def _is_tool(tool: Any) -> bool:
    function = tool.get("function") if isinstance(tool, dict) else None
    return isinstance(function, dict) and isinstance(function.get("name"), str)


def _refusal(entry: str | Refusal) -> Refusal:
    if isinstance(entry, Refusal):
        return entry
    return REFUSALS[entry] if entry in REFUSALS else STREAM_REFUSALS[entry]


def _cut(request: Mapping[str, Any], tokens: int) -> dict[str, Any]:
    """The request without so many tokens of its longest message: those at its beginning."""
    messages = [dict(message) for message in request["messages"]]
    longest = max(messages, key=lambda message: len(str(message.get("content"))))
    longest["content"] = str(longest["content"])[4 * tokens :]
    return {**request, "messages": messages}


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "nobody: no model"}
