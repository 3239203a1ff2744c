"""The server: it listens, and when it is told to stop, finishes what it took on."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from summarizer import logs
from summarizer.errors import ConfigurationError, ExitCode
from summarizer.pipeline import Summarizer
from summarizer.service.app import create_app
from summarizer.service.config import ServiceConfig
from summarizer.service.connections import protocol
from summarizer.service.state import ServiceState
from summarizer.settings import Settings

_BACKLOG = 1024
_KEEP_ALIVE_SECONDS = 15
#: For so long a client may leave all of an answer unread, before its connection is ended.
_UNREAD_MILLISECONDS = 60_000


def serve(
    settings: Settings,
    config: ServiceConfig,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> int:
    """Serve until a signal ends it, and return the exit code.

    `say` is told in a line where it listens. Raises ConfigurationError if the settings do
    not fit together, or the address or the file of batches cannot be had.
    """
    server = server_of(settings, config)
    listening = listen(config)
    try:
        if server.state.batches is not None:
            server.state.batches.open()
        _silence()
        say(_greeting(listening, server.state))
        engine = server.state.summarizer.engine.name
        logs.event("serving", logs.INFO, engine=engine, keys=len(server.state.keys))
        server.run(sockets=[listening])
    except SystemExit:  # uvicorn's way to say so
        raise RuntimeError("the application did not start") from None
    finally:
        listening.close()
    if server.forced:
        return ExitCode.INTERRUPTED
    return ExitCode.SOME_FAILED if server.state.broken_off else ExitCode.OK


def server_of(
    settings: Settings, config: ServiceConfig, *, summarizer: Summarizer | None = None
) -> Server:
    """The server of a service, which does not listen yet.

    Raises ConfigurationError if the settings do not fit together.
    """
    app = create_app(settings, config, summarizer=summarizer)
    state: ServiceState = app.state.service
    bounds = uvicorn.Config(
        app,
        http=protocol(config, state.metrics),
        ws="none",
        lifespan="on",
        # Ours is the log: theirs holds addresses and paths that clients chose.
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=math.ceil(config.drain_timeout),
    )
    return Server(bounds, state)


def listen(config: ServiceConfig) -> socket.socket:
    """A socket that is bound to the address. Raises ConfigurationError if it cannot be had."""
    place = f"{config.host} port {config.port}"
    try:
        found = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError):
        raise ConfigurationError(f"{config.host} is no address of this machine") from None
    family, kind, number, _, address = found[0]
    bound = socket.socket(family, kind, number)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; connections inherit it
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MILLISECONDS)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        reason = os.strerror(error.errno).lower() if error.errno else "it is not to be had"
        raise ConfigurationError(f"cannot listen on {place}: {reason}") from None
    bound.setblocking(False)  # noqa: FBT003 - the socket's own method
    return bound


class Server(uvicorn.Server):
    """uvicorn's, which stops in our way.

    The first signal: `/readyz` says so at once, new work is refused, and connections are
    taken for `shutdown_delay` seconds more. Then what is under way has `drain_timeout`
    seconds. A second signal ends it at once.
    """

    def __init__(self, config: uvicorn.Config, state: ServiceState) -> None:
        super().__init__(config)
        self.state = state
        self._signals: list[int] = []
        #: When the last new connection is taken, by the loop's clock.
        self._closes_at: float | None = None

    @property
    def forced(self) -> bool:
        """Whether a second signal came."""
        return len(self._signals) > 1

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's
        """Note a signal. It comes between any two steps of the loop, which sees to the rest."""
        self._signals.append(sig)
        if self.forced:
            self.force_exit = self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and load meanwhile what the first article needs."""
        await super().startup(sockets=sockets)
        self._warming = asyncio.create_task(self.state.warm())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way, as uvicorn does."""
        self._warming.cancel()
        await asyncio.wait([self._warming])
        await super().shutdown(sockets=sockets)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: look for signals, and whether it is time to go."""
        now = asyncio.get_running_loop().time()
        if self._signals and self._closes_at is None:
            self._closes_at = now + self.state.config.shutdown_delay
            self.state.drain()
            name = signal.Signals(self._signals[0]).name
            logs.event("draining", logs.INFO, signal=name, running=self.state.gate.running)
        if self._closes_at is not None and now >= self._closes_at:
            self.should_exit = True
        return await super().on_tick(counter)


def _greeting(listening: socket.socket, state: ServiceState) -> str:
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    keys = len(state.keys)
    needed = f"{keys} key{'' if keys == 1 else 's'} known" if keys else "no key is needed"
    engine, model = state.summarizer.engine.name, state.summarizer.engine.model
    named = f"{engine} engine" if model is None else f"{engine} engine with {model}"
    return f"listening on http://{shown}:{port}; {named}; {needed}."


def _silence() -> None:
    theirs = logging.getLogger("uvicorn")
    theirs.addHandler(logging.NullHandler())
    theirs.propagate = False
