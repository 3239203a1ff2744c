"""What holds for every test: no network but loopback, no settings from outside."""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import itertools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# Settings of the person who runs the tests are no part of them, nor are a proxy that would
# stand before the loopback server and a terminal's wishes for colour.
_FOREIGN = re.compile(
    r"(?:OPENAI|SUMMARIZE_SERVER|SUMMARIZER)_.*|(?:ALL|HTTPS?|NO)_PROXY"
    r"|(?:CLI|FORCE_|NO_)COLOR.*|COLUMNS|LINES",
    re.IGNORECASE,
)
for _name in filter(_FOREIGN.fullmatch, tuple(os.environ)):
    del os.environ[_name]

# The same examples at each run, so that a failure is about the change at hand.
# `--hypothesis-profile=explore` looks for new ones, at length.
hypothesis.settings.register_profile("repeat", derandomize=True, database=None, deadline=None)
hypothesis.settings.register_profile("explore", max_examples=5000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("repeat")


# Extras, which not every environment has, and the tests that are nothing without them.
_OF_EXTRAS = {"fastapi": "test_service_*.py", "pyarrow": "test_distributed_*.py"}
collect_ignore_glob = [
    tests for module, tests in _OF_EXTRAS.items() if importlib.util.find_spec(module) is None
]


class NetworkBlocked(OSError):
    """A test reached for another host. Callers clean up as after any failed connection."""


_reached: list[str] = []
_numbers = itertools.count()


def _is_here(host: object) -> bool:
    """Whether a host's name or address is this machine's loopback."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_address(host: object) -> bool:
    """Whether a host is given by its number, so that no name server is asked."""
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Raise NetworkBlocked where a socket would leave this machine.

    An audit hook sees each way there, in C code too, and name look-ups, which
    pytest-socket lets through where loopback is allowed.
    """
    if not event.startswith("socket."):
        return
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        if not isinstance(address, tuple) or _is_here(address[0]):
            return
        host: object = address[0]
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        host = arguments[0]
        if _is_here(host) or (_is_address(host) and event != "socket.gethostbyaddr"):
            return
    else:
        return
    _reached.append(f"{event} {host!r}")
    raise NetworkBlocked(f"{event} with {host!r}: tests reach loopback only")


sys.addaudithook(_refuse)


@pytest.fixture(autouse=True)
def blocked_network() -> Iterator[list[str]]:
    """Fail a test that reached for the network, also where its code swallowed the error.

    The value lists what was reached for; a test that reaches on purpose clears it.
    """
    _reached.clear()
    yield _reached
    assert not _reached, f"reached for the network: {_reached}"


@pytest.fixture(autouse=True, scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run in an empty directory: a `.env` in the checkout is one person's settings.

    What is cached is kept elsewhere too: that of the person who runs the tests is not read,
    nor added to.
    """
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    with contextlib.chdir(tmp_path_factory.mktemp("elsewhere")):
        yield


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder for each test alone, also in the processes that it starts."""
    folder = tmp_path_factory.getbasetemp() / "caches" / f"{next(_numbers)}"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    # And one for the data of a service.
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    return folder


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that is supported."""
    return "asyncio"
