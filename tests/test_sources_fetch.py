"""Facts about fetching a URL, each over real HTTP on this machine."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from summarizer.errors import BlockedAddress, FetchError, SourceTooLarge, UnreadableSource
from summarizer.sources.fetch import Fetched, fetch
from summarizer.sources.network import Network
from tests.sources_support import CERTIFICATE, PUBLIC, Handler, WebServer, Wires, page, web_server

SECRET = "hunter2"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def get(url: str, **options: Any) -> Fetched:
    """Fetch with room for everything, from private addresses too."""
    return fetch(url, **{"max_bytes": 1_000_000, "timeout": 30.0, "allow_private": True} | options)


def chunked(handler: Handler, content_type: str = "text/html") -> None:
    """The head of an answer whose length is not told."""
    handler.send_response(200)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()


def test_a_page_comes_with_its_type_and_address(web: WebServer) -> None:
    web.routes["/news?id=7"] = lambda handler: handler.answer(page())
    fetched = get(web.url("/news?id=7#part"))
    assert fetched.data == page().encode()
    assert fetched.content_type == "text/html; charset=utf-8"
    assert fetched.url == web.url("/news?id=7")


def test_the_request_says_who_asks_and_takes_only_what_can_be_unpacked(web: WebServer) -> None:
    web.routes["/"] = lambda handler: handler.answer("x")
    get(web.url())
    _, headers = web.received[0]
    assert headers["User-Agent"].startswith("article-summarizer")
    assert headers["Accept-Encoding"] == "gzip, deflate"
    assert "Cookie" not in headers
    assert "Authorization" not in headers


@pytest.mark.parametrize("status", [204, 206, 401, 403, 404, 410, 429, 500, 503, 599])
def test_a_status_that_brings_no_page_is_named(web: WebServer, status: int) -> None:
    web.routes["/"] = lambda handler: handler.answer("sorry", status=status)
    with pytest.raises(FetchError, match=rf"the server answered {status}\b"):
        get(web.url())


def test_a_known_status_is_named_in_words_of_ours(web: WebServer) -> None:
    def liar(handler: Handler) -> None:
        handler.send_response(404, "\x1b[31mOwned")
        handler.end_headers()

    web.routes["/"] = liar
    with pytest.raises(FetchError) as caught:
        get(web.url())
    assert str(caught.value).endswith("the server answered 404 Not Found")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_where_they_end(web: WebServer, status: int) -> None:
    web.routes["/a"] = lambda handler: handler.answer(
        "", status=status, headers={"Location": "b?x=1#there"}
    )
    web.routes["/b?x=1"] = lambda handler: handler.answer("the end")
    fetched = get(web.url("/a"))
    assert (fetched.data, fetched.url) == (b"the end", web.url("/b?x=1"))


def redirects(web: WebServer, number: int) -> None:
    for here in range(number):
        location = {"Location": f"/{here + 1}"}
        web.routes[f"/{here}"] = lambda handler, to=location: handler.answer(  # type: ignore[misc]  # the default binds
            "", status=302, headers=to
        )
    web.routes[f"/{number}"] = lambda handler: handler.answer("the end")


def test_five_redirects_are_followed(web: WebServer) -> None:
    redirects(web, 5)
    assert get(web.url("/0")).data == b"the end"


def test_a_sixth_redirect_is_not_followed(web: WebServer) -> None:
    redirects(web, 6)
    with pytest.raises(FetchError, match="after 5 redirects"):
        get(web.url("/0"))
    assert "/6" not in [path for path, _ in web.received]


def test_a_redirect_without_a_place_is_a_status(web: WebServer) -> None:
    web.routes["/"] = lambda handler: handler.answer("", status=302)
    with pytest.raises(FetchError, match="302"):
        get(web.url())


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://ftp.example/x",
        "gopher://x.example/_GET",
        "data:text/html,<p>hi",
        "javascript:alert(1)",
        "http://[::1",
        "http://x.example:99999/",
        "http://exa mple/",
        f"http://me:{SECRET}@127.0.0.1/",
    ],
)
def test_a_redirect_to_no_http_url_is_an_error(web: WebServer, target: str) -> None:
    web.routes["/"] = lambda handler: handler.answer("", status=302, headers={"Location": target})
    with pytest.raises(FetchError) as caught:
        get(web.url())
    assert SECRET not in str(caught.value)
    assert len(web.received) == 1


@pytest.mark.parametrize(
    "url", [f"http://me:{SECRET}@127.0.0.1/", f"http://{SECRET}@127.0.0.1/", f"ftp://a:{SECRET}@h/"]
)
def test_a_url_with_a_password_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        get(url)
    assert SECRET not in str(caught.value)


def test_a_message_names_no_query(web: WebServer) -> None:
    with pytest.raises(FetchError) as caught:
        get(web.url(f"/page?token={SECRET}"))
    assert SECRET not in str(caught.value)
    assert "/page'" in str(caught.value)


@pytest.mark.parametrize("content_type", ["text/html", "TEXT/HTML;charset=x", "text/plain",
    "text/markdown", "application/xhtml+xml ; a=b", None])  # fmt: skip
def test_text_types_and_no_type_are_taken(web: WebServer, content_type: str | None) -> None:
    web.routes["/"] = lambda handler: handler.answer("hello", content_type)
    assert get(web.url()).data == b"hello"


@pytest.mark.parametrize(
    "content_type", ["application/pdf", "image/png", "application/json", "video/mp4"]
)
def test_a_type_that_holds_no_article_is_named(web: WebServer, content_type: str) -> None:
    web.routes["/"] = lambda handler: handler.answer("hello", content_type)
    with pytest.raises(UnreadableSource, match=f"it holds '{content_type}', not text or HTML"):
        get(web.url())


def test_a_declared_length_over_the_limit_is_not_read(web: WebServer) -> None:
    def large(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", "1000001")
        handler.end_headers()

    web.routes["/"] = large
    with pytest.raises(SourceTooLarge, match="larger than 1,000,000 bytes"):
        get(web.url())


def test_an_endless_answer_is_read_up_to_the_limit_only(web: WebServer) -> None:
    hung_up = threading.Event()

    def endless(handler: Handler) -> None:
        chunked(handler)
        try:
            while True:
                handler.wfile.write(b"400\r\n" + b"a" * 0x400 + b"\r\n")
        except ConnectionError:
            hung_up.set()

    web.routes["/"] = endless
    with pytest.raises(SourceTooLarge):
        get(web.url(), max_bytes=100_000)
    assert hung_up.wait(30)


def test_as_much_as_the_limit_is_taken(web: WebServer) -> None:
    web.routes["/"] = lambda handler: handler.answer(b"a" * 1000)
    assert len(get(web.url(), max_bytes=1000).data) == 1000
    with pytest.raises(SourceTooLarge):
        get(web.url(), max_bytes=999)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(page().encode(), mtime=0)),
        ("x-gzip", gzip.compress(page().encode(), mtime=0)),
        ("deflate", zlib.compress(page().encode())),
        ("deflate", raw_deflate(page().encode())),
        ("identity", page().encode()),
    ],
)
def test_packed_answers_are_unpacked(web: WebServer, coding: str, packed: bytes) -> None:
    web.routes["/"] = lambda handler: handler.answer(packed, headers={"Content-Encoding": coding})
    assert get(web.url()).data == page().encode()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_stopped_at_the_limit(web: WebServer, coding: str) -> None:
    pack = gzip.compress if coding == "gzip" else zlib.compress
    bomb = pack(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    web.routes["/"] = lambda handler: handler.answer(bomb, headers={"Content-Encoding": coding})
    with pytest.raises(SourceTooLarge):
        get(web.url(), max_bytes=100_000)


def test_an_endless_stream_that_unpacks_to_nothing_is_stopped(web: WebServer) -> None:
    def nothing(handler: Handler) -> None:
        empty_blocks = b"\0\0\0\xff\xff" * 200  # stored blocks of no bytes
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Encoding", "deflate")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"2\r\nx\x9c\r\n")
        while True:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(empty_blocks), empty_blocks))

    web.routes["/"] = nothing
    with pytest.raises(SourceTooLarge):
        get(web.url(), max_bytes=100_000)


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "\x1b[31m"])
def test_a_packing_that_was_not_asked_for_is_refused(web: WebServer, coding: str) -> None:
    web.routes["/"] = lambda handler: handler.answer(b"x", headers={"Content-Encoding": coding})
    with pytest.raises(FetchError) as caught:
        get(web.url())
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"not packed at all", gzip.compress(page().encode(), mtime=0)[:-20]]
)
def test_a_damaged_packing_is_an_error(web: WebServer, body: bytes) -> None:
    web.routes["/"] = lambda handler: handler.answer(body, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError):
        get(web.url())


def test_an_answer_that_breaks_off_is_an_error(web: WebServer) -> None:
    def short(handler: Handler) -> None:
        handler.answer(b"the beginning", headers={"Content-Length": "1000"})
        handler.close_connection = True

    web.routes["/"] = short
    with pytest.raises(FetchError, match="the connection broke"):
        get(web.url())


def test_a_connection_that_is_reset_is_an_error(web: WebServer) -> None:
    def reset(handler: Handler) -> None:
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.close_connection = True

    web.routes["/"] = reset
    with pytest.raises(FetchError):
        get(web.url())


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x15\x03\x01\0\x02\x02\x50",
        b"",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 500_000,
    ],
)
def test_a_server_that_does_not_speak_http_is_an_error(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                try:
                    connection.sendall(answer)
                except ConnectionError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(FetchError):
            get(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join()


def test_a_port_that_nobody_listens_on_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError, match=f"no connection to '127.0.0.1' on port {port}"):
        get(f"http://127.0.0.1:{port}/")


def test_a_host_that_is_not_known_is_an_error() -> None:
    def unknown(*_: object) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(FetchError, match=r"there is no host 'nowhere\.example'"):
        get("http://nowhere.example/", network=Network(resolve=unknown))


@pytest.mark.parametrize(
    "url",
    [
        "http://" + "a" * 70 + ".example/",
        "http://a..example/",
        "http://\u2028/",
        "http://xn--\x7f/",
        "http://exa mple/",
        "http://0177.0.0.1/",
        "http://example.org:port/",
        "http:///path",
        "http:example.org",
        "https://",
        "http://" + "a" * 100_000,
    ],
)
def test_a_malformed_url_is_an_error(url: str) -> None:
    wires = Wires(port=9)

    def resolve(host: str, port: int) -> Sequence[str]:
        wires.resolve(host, port)
        host.encode("idna")  # as the system's resolver does first
        return []

    with pytest.raises(FetchError):
        get(url, network=Network(resolve=resolve, connect=wires.connect))
    assert wires.connected == []


# Time.


def test_a_server_that_never_answers_is_left_at_the_deadline(web: WebServer) -> None:
    done = threading.Event()

    def wait(_: Handler) -> None:
        done.wait(60)

    web.routes["/"] = wait
    try:
        with pytest.raises(FetchError, match=r"within 0\.2 s"):
            get(web.url(), timeout=0.2)
    finally:
        done.set()


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("part", ["head", "body", "redirects"])
def test_a_slow_drip_gains_no_time(web: WebServer, part: str) -> None:
    """Each byte comes soon after the last, but the deadline is over everything."""
    clock = Clock()

    def drip(handler: Handler) -> None:
        if part == "body":
            chunked(handler)
        while True:
            clock.now += 10
            handler.wfile.write(
                b"1\r\na\r\n" if part == "body" else b"HTTP/1.1 100 Continue\r\n\r\n"
            )

    def onwards(handler: Handler) -> None:
        clock.now += 10
        handler.answer("", status=302, headers={"Location": "/onwards"})

    web.routes["/"] = onwards if part == "redirects" else drip
    web.routes["/onwards"] = onwards
    with pytest.raises(FetchError, match="within 25 s"):
        get(web.url(), timeout=25, network=Network(clock=clock))


def test_a_name_server_that_never_answers_is_left_at_the_deadline() -> None:
    done = threading.Event()

    def hang(*_: object) -> Sequence[str]:
        done.wait(60)
        return []

    try:
        with pytest.raises(FetchError, match=r"within 0\.2 s"):
            get("http://slow.example/", timeout=0.2, network=Network(resolve=hang))
    finally:
        done.set()


def test_a_handshake_that_never_ends_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(FetchError, match=r"within 0\.2 s"):
            get(f"https://127.0.0.1:{port}/", timeout=0.2)


# Addresses.


def public_network(wires: Wires) -> Network:
    return Network(resolve=wires.resolve, connect=wires.connect)


def test_a_public_name_is_fetched_from_its_checked_address(web: WebServer) -> None:
    wires = Wires(web.server_port, {"news.example": [PUBLIC]})
    web.routes["/a"] = lambda handler: handler.answer("hello")
    fetched = get("http://news.example/a", allow_private=False, network=public_network(wires))
    assert fetched.data == b"hello"
    assert wires.connected == [(PUBLIC, 80)]
    assert web.received[0][1]["Host"] == "news.example"


def test_the_name_is_asked_once_and_no_second_answer_is_used(web: WebServer) -> None:
    """DNS rebinding: the name server tells a public address first and a private one next."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    wires = Wires(web.server_port)
    network = Network(resolve=lambda *_: next(answers), connect=wires.connect)
    web.routes["/"] = lambda handler: handler.answer("hello")
    assert get("http://rebind.example/", allow_private=False, network=network).data == b"hello"
    assert wires.connected == [(PUBLIC, 80)]
    with pytest.raises(BlockedAddress):
        get("http://rebind.example/", allow_private=False, network=network)
    assert wires.connected == [(PUBLIC, 80)]


def test_a_redirect_asks_and_checks_again(web: WebServer) -> None:
    """The same name may lead elsewhere on the second request: that one is checked too."""
    answers = iter([[PUBLIC], ["10.0.0.7"]])
    wires = Wires(web.server_port)
    network = Network(resolve=lambda *_: next(answers), connect=wires.connect)
    web.routes["/"] = lambda handler: handler.answer("", status=302, headers={"Location": "/b"})
    with pytest.raises(BlockedAddress):
        get("http://rebind.example/", allow_private=False, network=network)
    assert wires.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/latest/"],
)
def test_a_redirect_to_a_private_address_is_blocked(web: WebServer, target: str) -> None:
    wires = Wires(web.server_port, {"news.example": [PUBLIC], "localhost": ["127.0.0.1"]})
    web.routes["/"] = lambda handler: handler.answer("", status=302, headers={"Location": target})
    with pytest.raises(BlockedAddress, match="not public"):
        get("http://news.example/", allow_private=False, network=public_network(wires))
    assert wires.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"])
def test_an_address_of_this_machine_is_blocked_before_a_connection(
    web: WebServer, host: str
) -> None:
    with pytest.raises(BlockedAddress):
        get(web.url(host=host), allow_private=False)
    assert web.received == []


@pytest.mark.parametrize(
    "host",
    ["2130706433", "017700000001", "0x7f000001", "127.1", "0x7f.1", "127.0.0.1."],
)
def test_another_spelling_of_an_address_is_blocked(web: WebServer, host: str) -> None:
    """The system's resolver reads these as inet_aton does."""
    wires = Wires(web.server_port)

    def resolve(host: str, _: int) -> Sequence[str]:
        return [socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))]

    network = Network(resolve=resolve, connect=wires.connect)
    with pytest.raises(BlockedAddress):
        get(f"http://{host}/", allow_private=False, network=network)
    assert wires.connected == []


def test_one_private_address_among_public_ones_blocks(web: WebServer) -> None:
    wires = Wires(web.server_port, {"mixed.example": [PUBLIC, "192.168.1.1"]})
    with pytest.raises(BlockedAddress):
        get("http://mixed.example/", allow_private=False, network=public_network(wires))
    assert wires.connected == []


def test_the_next_address_is_tried_where_one_does_not_answer(web: WebServer) -> None:
    wires = Wires(web.server_port)

    def connect(address: str, port: int, timeout: float) -> socket.socket:
        if address == "2606:2800:21f:cb07::1":
            raise OSError("network is unreachable")
        return wires.connect(address, port, timeout)

    network = Network(resolve=lambda *_: ["2606:2800:21f:cb07::1", PUBLIC], connect=connect)
    web.routes["/"] = lambda handler: handler.answer("hello")
    assert get("http://news.example/", allow_private=False, network=network).data == b"hello"
    assert wires.connected == [(PUBLIC, 80)]


def test_an_address_that_swallows_everything_leaves_time_for_the_next(web: WebServer) -> None:
    wires = Wires(web.server_port)
    waits = []

    def connect(address: str, port: int, timeout: float) -> socket.socket:
        waits.append(timeout)
        if address != PUBLIC:
            raise TimeoutError("timed out")
        return wires.connect(address, port, timeout)

    clock = Clock()
    network = Network(
        resolve=lambda *_: ["2606:2800:21f:cb07::1", PUBLIC], connect=connect, clock=clock
    )
    web.routes["/"] = lambda handler: handler.answer("hello")
    assert get("http://news.example/", timeout=30, network=network).data == b"hello"
    assert waits == [15, 30]


def test_a_name_in_letters_beyond_ascii_is_asked_for_in_its_ascii_form(web: WebServer) -> None:
    wires = Wires(web.server_port, {"xn--bcher-kva.example": [PUBLIC]})
    web.routes["/"] = lambda handler: handler.answer("hello")
    get("http://bücher.example/", allow_private=False, network=public_network(wires))
    assert wires.resolved == ["xn--bcher-kva.example"]


def test_a_proxy_of_the_environment_is_not_used(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dead = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, dead)
    web.routes["/"] = lambda handler: handler.answer("hello")
    assert get(web.url()).data == b"hello"


# TLS.


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


def test_a_certificate_is_checked_against_the_name_and_not_the_address() -> None:
    with web_server(tls=True) as server:
        wires = Wires(server.server_port, {"news.example": [PUBLIC], "news.example.": [PUBLIC]})
        network = Network(resolve=wires.resolve, connect=wires.connect, tls=trusting)
        server.routes["/"] = lambda handler: handler.answer("hello")
        for host in ("news.example", "news.example."):
            fetched = get(f"https://{host}/", allow_private=False, network=network)
            assert fetched.data == b"hello"
        assert set(wires.connected) == {(PUBLIC, 443)}


def test_a_certificate_for_another_name_is_refused() -> None:
    with web_server(tls=True) as server:
        wires = Wires(server.server_port, {"other.example": [PUBLIC]})
        network = Network(resolve=wires.resolve, connect=wires.connect, tls=trusting)
        with pytest.raises(FetchError, match=r"certificate of 'other\.example'"):
            get("https://other.example/", allow_private=False, network=network)
        assert server.received == []


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    with web_server(tls=True) as server:
        wires = Wires(server.server_port, {"news.example": [PUBLIC]})
        with pytest.raises(FetchError, match="certificate"):
            get("https://news.example/", allow_private=False, network=public_network(wires))


def test_a_server_without_tls_is_an_error_for_https(web: WebServer) -> None:
    with pytest.raises(FetchError, match="no secure connection"):
        get(f"https://127.0.0.1:{web.server_port}/")
