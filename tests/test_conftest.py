"""Facts about what holds for every test."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from summarizer import folders

# An address that documentation may use and nobody has (RFC 5737).
NOWHERE = "192.0.2.1"


@pytest.mark.parametrize("host", [NOWHERE, "2001:db8::1"])
def test_a_connection_to_another_host_is_refused(host: str, blocked_network: list[str]) -> None:
    with pytest.raises(OSError, match="loopback only"):
        socket.create_connection((host, 80), timeout=1)
    assert blocked_network == [f"socket.connect {host!r}"]
    blocked_network.clear()


def test_a_name_is_not_looked_up(blocked_network: list[str]) -> None:
    with pytest.raises(OSError, match="loopback only"):
        socket.getaddrinfo("example.test", 443)
    blocked_network.clear()


def test_a_datagram_to_another_host_is_refused(blocked_network: list[str]) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        pytest.raises(OSError, match="loopback only"),
    ):
        sender.sendto(b"", (NOWHERE, 53))
    blocked_network.clear()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_loopback_is_open(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1]), timeout=10) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_no_setting_comes_from_outside() -> None:
    assert [name for name in os.environ if name.startswith(("OPENAI_", "SUMMARIZER_"))] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no variable that names the folder")
def test_a_test_has_a_cache_folder_of_its_own(own_cache: Path) -> None:
    assert folders.cache_folder().parent == own_cache
    assert not own_cache.exists()
