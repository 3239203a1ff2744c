"""What the tests of the page share: a service on loopback, and a browser that is watched."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("fastapi", reason="the optional extra `service` is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")

import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from summarizer import Settings, Summarizer
from summarizer.draft import Draft
from summarizer.engines.base import Completion, Engine, Request
from summarizer.schema import FIELD_NAMES
from summarizer.service.app import create_app
from summarizer.service.config import ServiceConfig
from summarizer.testing import ScriptedEngine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")

_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

_WHOLE = re.compile("(?:Complete|Partial) record")

expect.set_options(timeout=15_000)


@contextlib.contextmanager
def served(
    engine: Engine | None = None, *, settings: Settings | None = None, **config: Any
) -> Iterator[str]:
    """The service's address, while it runs in a thread.

    It asks `engine`, or the one that `settings` name: the extractive engine unless given.
    """
    settings = settings or Settings(engine="extractive")
    summarizer = Summarizer(settings, engine=engine)
    app = create_app(settings, ServiceConfig(**config), summarizer=summarizer)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=5))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Debian's own Chromium; nothing is downloaded."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        try:
            yield started
        finally:
            started.close()


class Watched:
    """A page of the service in a browser, and what was noticed about it.

    `asked` are the addresses of its requests, in order; `complaints` what the console, a
    policy or a script complained of.
    """

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.address = address
        context.on("request", lambda request: self.asked.append(request.url))
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda told: (
                self.complaints.append(told.text) if told.type in ("error", "warning") else None
            ),
        )
        # The policy's own word, which a console may word in another way.
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation',"
            " (event) => console.error('policy', event.violatedDirective, event.blockedURI))"
        )
        self.page.goto(address)

    def summarize(self, text: str) -> None:
        """Paste a text, and ask for its record."""
        self.page.get_by_role("textbox", name="Article").fill(text)
        self.page.get_by_role("button", name="Summarize").click()

    def finished(self) -> None:
        """Wait until the record is whole."""
        expect(self.page.locator("#state-text")).to_have_text(_WHOLE)

    def lit(self) -> list[str]:
        """The highlighted stretches of the article, neighbours joined."""
        found: list[str] = self.page.evaluate(
            """() => {
              const stretches = [];
              let last = null;
              for (const mark of document.querySelectorAll("#words .mark.on")) {
                const joined = last && last.nextSibling === mark;
                stretches.push((joined ? stretches.pop() : "") + mark.textContent);
                last = mark;
              }
              return stretches;
            }"""
        )
        return found

    def stayed_here(self) -> bool:
        """Whether every request went to the service itself."""
        here = urlsplit(self.address).netloc
        return bool(self.asked) and all(
            url.startswith(("data:", "blob:")) or urlsplit(url).netloc == here for url in self.asked
        )


class Held(ScriptedEngine):
    """Hands its items on, then holds the answer back until it is released, or cancelled."""

    def __init__(self, answer: Draft) -> None:
        super().__init__(then=answer)
        self.cancelled = threading.Event()
        self._released: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def complete(self, request: Request) -> Completion:
        """The answer, once it is released."""
        completion = await super().complete(request)
        assert request.on_item is not None
        for field in FIELD_NAMES:
            drafted = getattr(completion.draft, field)
            for item in drafted if isinstance(drafted, list) else filter(None, [drafted]):
                request.on_item(field, item)
        self._loop, self._released = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self._released.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return completion

    def release(self) -> None:
        """Let the answer go, from another thread."""
        assert self._loop is not None
        assert self._released is not None
        self._loop.call_soon_threadsafe(self._released.set)
