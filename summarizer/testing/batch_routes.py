"""Which call of `/v1/files` and `/v1/batches` a request is, and what may spoil one."""

from __future__ import annotations

import dataclasses
import json
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping

from summarizer.testing import replies
from summarizer.testing.batches import Answer, Batches, BatchRules
from summarizer.testing.http import Received
from summarizer.testing.replies import Reply, error

#: A Reply is sent instead of doing what is asked. A function is given the answer to what was
#: done, and makes of it what is sent. None leaves a call alone.
Disturbance = Reply | Callable[[Reply], Reply] | None

_ROUTES = tuple(
    (method, re.compile(pattern), name)
    for method, pattern, name in (
        ("POST", r"/files", "files.create"),
        ("GET", r"/files", "files.list"),
        ("GET", r"/files/([^/]+)", "files.retrieve"),
        ("GET", r"/files/([^/]+)/content", "files.content"),
        ("DELETE", r"/files/([^/]+)", "files.delete"),
        ("POST", r"/batches", "batches.create"),
        ("GET", r"/batches", "batches.list"),
        ("GET", r"/batches/([^/]+)", "batches.retrieve"),
        ("POST", r"/batches/([^/]+)/cancel", "batches.cancel"),
    )
)
#: The operations, by the names that the SDK has for them.
OPERATIONS = tuple(name for _, _, name in _ROUTES)


def lost(found: Reply) -> Reply:
    """What was asked is done, and the connection is reset before the answer arrives."""
    return dataclasses.replace(found, cut=0)


def cut_off(found: Reply) -> Reply:
    """The connection is reset within the answer."""
    return dataclasses.replace(found, cut=_half(found))


def shortened(found: Reply) -> Reply:
    """Half of the answer is sent as if it were all."""
    return dataclasses.replace(found, body=_written(found)[: _half(found)])


#: Disturbances by the names that the shell uses; `hang` ends with the server's `release`.
DISTURBANCES: Mapping[str, Disturbance] = {
    "401": replies.unauthorized(),
    "404": error(404, "Invalid URL"),
    "429": replies.rate_limited(),
    "429-after-1s": replies.rate_limited("1"),
    "500": replies.server_error(),
    "502": replies.html_page(),
    "503": replies.server_error(503),
    "cut-off": cut_off,
    "hang": dataclasses.replace(replies.server_error(), hang=True),
    "half-body": replies.half_body(),
    "lost": lost,
    "reset": dataclasses.replace(replies.half_body(), cut=0),
    "shortened": shortened,
    "web-page": replies.html_page(200),
}


class BatchAPI(Batches):
    """Batches and files as a server offers them, call by call."""

    def __init__(
        self, rules: BatchRules, run: Answer, *, models: Collection[str] | None = None
    ) -> None:
        super().__init__(rules, run, models=models)
        self._disturbances: dict[str, deque[Disturbance]] = {name: deque() for name in OPERATIONS}
        self._after = threading.Lock()
        #: How often each operation was called, by its name.
        self.calls: Counter[str] = Counter()

    def disturb(self, operation: str, *disturbances: Disturbance | str) -> None:
        """Spoil the next calls of an operation, one each, in order.

        `operation` is one of `OPERATIONS`; a disturbance may be named as in `DISTURBANCES`.
        """
        found = [DISTURBANCES[each] if isinstance(each, str) else each for each in disturbances]
        with self._after:
            self._disturbances[operation].extend(found)

    def takes(self, received: Received) -> bool:
        """Whether a request is for files or batches."""
        return _path(received).startswith(("/files", "/batches"))

    def respond(self, received: Received) -> Reply:
        """Do what a request asks for. It may take as long as its batch's requests do."""
        for method, pattern, name in _ROUTES:
            found = pattern.fullmatch(_path(received))
            if found is not None and method == received.method:
                return self._respond(name, found[1] if found.groups() else "", received)
        return error(404, f"Invalid URL ({received.method} {received.path})")

    def _respond(self, operation: str, target: str, received: Received) -> Reply:
        with self._after:
            self.calls[operation] += 1
            waiting = self._disturbances[operation]
            disturbance = waiting.popleft() if waiting else None
        if isinstance(disturbance, Reply):
            return disturbance
        found = self._done(operation, target, received)
        return found if disturbance is None else disturbance(found)

    def _done(self, operation: str, target: str, received: Received) -> Reply:
        query = received.path.partition("?")[2]
        with self._lock:
            match operation:
                case "files.create":
                    return self.files.create(received)
                case "files.list":
                    return self.files.page(query)
                case "files.retrieve":
                    return self.files.retrieve(target)
                case "files.content":
                    return self.files.download(target)
                case "files.delete":
                    return self.files.delete(target)
                case "batches.create":
                    return self.create(received.body)
                case "batches.list":
                    return self.page(query)
                case "batches.retrieve":
                    return self.retrieve(target)
                case _:
                    return self.cancel(target)


def _path(received: Received) -> str:
    return received.path.partition("?")[0].removeprefix("/v1").rstrip("/")


def _written(found: Reply) -> bytes:
    return found.body if isinstance(found.body, bytes) else json.dumps(found.body).encode()


def _half(found: Reply) -> int:
    return len(_written(found)) // 2
