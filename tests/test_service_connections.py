"""Hostile HTTP: the right status, and a service that lives on."""

from __future__ import annotations

import gzip
import json
import re
import socket
import time
from collections.abc import Iterator

import pytest

from tests.service_support import ARTICLE, Service, serving

HEAD = b"POST /v1/summaries HTTP/1.1\r\nHost: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(
        max_body_bytes=100_000, body_timeout=1.5, header_timeout=1.5, max_connections=20
    ) as running:
        yield running


def everything(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    found = b""
    try:
        while piece := connection.recv(65_536):
            found += piece
    except ConnectionResetError:
        pass  # what was read before stands
    return found


def answered(service: Service, *pieces: bytes) -> tuple[int, dict[str, object]]:
    """The status and the problem that the server ends a connection with."""
    with service.connect() as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it did not want all of it
        answer = everything(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower(), answer
    assert b"application/problem+json" in head
    return int(head.split(b" ")[1]), json.loads(body)


def test_ten_thousand_header_lines_are_refused(service: Service) -> None:
    lines = b"".join(b"X-%d: abcdefgh\r\n" % number for number in range(10_000))
    status, problem = answered(service, HEAD, lines, b"\r\n")
    assert (status, problem["type"]) == (431, "/docs#headers-too-large")
    assert service.alive()


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"],
        [HEAD, b"X: " + b"a" * 100_000 + b"\r\n\r\n"],
        [HEAD, b"X" * 100_000],
        [HEAD, *[b"X: " + b"a" * 20_000] * 5],
    ],
)
def test_a_header_or_an_address_that_does_not_end_is_refused(
    service: Service, pieces: list[bytes]
) -> None:
    status, problem = answered(service, *pieces)
    assert (status, problem["type"]) == (431, "/docs#headers-too-large")
    assert service.alive()


def test_headers_just_below_the_limit_are_taken(service: Service) -> None:
    answer = service.client.get("/healthz", headers={"X": "a" * 30_000})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HELO example\r\n\r\n", b"GET\r\n\r\n",
     b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_malformed(service: Service, sent: bytes) -> None:
    status, problem = answered(service, sent)
    assert (status, problem["type"]) == (400, "/docs#malformed-request")
    assert service.alive()


def test_headers_that_come_slowly_end_in_time(service: Service) -> None:
    status, problem = answered(service, HEAD)
    assert (status, problem["type"]) == (408, "/docs#slow-request")
    assert service.alive()


def test_a_connection_that_says_nothing_is_closed(service: Service) -> None:
    with service.connect() as connection:
        assert everything(connection) == b""
    with service.connect() as connection:
        connection.sendall(b"\r\n")
        assert everything(connection) == b""


def test_a_body_that_comes_slowly_ends_in_time(service: Service) -> None:
    status, problem = answered(service, HEAD + JSON + b"Content-Length: 1000\r\n\r\n", b'{"text"')
    assert (status, problem["type"]) == (408, "/docs#slow-request")
    assert service.alive()


def test_a_body_that_breaks_off_is_no_bug(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(HEAD + JSON + b"Content-Length: 1000\r\n\r\n{")
    assert service.alive()
    assert b'status="500"' not in service.state.metrics.render()


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(service: Service) -> None:
    for length in (b"100001", b"9" * 19):
        status, problem = answered(
            service, HEAD + JSON + b"Content-Length: " + length + b"\r\n\r\n"
        )
        assert (status, problem["type"]) == (413, "/docs#too-large")
    assert service.alive()


def test_a_body_that_grows_too_large_in_chunks_is_refused(service: Service) -> None:
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    status, problem = answered(
        service, HEAD + JSON + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 200
    )
    assert (status, problem["type"]) == (413, "/docs#too-large")
    assert service.alive()


def test_a_bomb_is_not_unpacked(service: Service) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    answer = service.client.post(
        "/v1/summaries", content=bomb,
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )  # fmt: skip
    assert answer.status_code == 415
    assert service.alive()


def test_a_client_reads_the_answer_also_where_it_sends_on(service: Service) -> None:
    """The connection is not reset below an answer that is still to be read."""
    answer = service.client.post(
        "/v1/summaries", content=b"a" * 3_000_000, headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 413
    assert answer.json()["type"] == "/docs#too-large"


@pytest.mark.parametrize("depth", [100, 40_000])
def test_json_that_is_nested_deep_is_refused(service: Service, depth: int) -> None:
    for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
        body = b'{"text": ' + opened * depth + b"1" + closed * depth + b"}"
        answer = service.client.post(
            "/v1/summaries", content=body[:99_000], headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in {400, 422}
    assert service.alive()


def test_requests_in_one_go_are_answered_in_order(service: Service) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /v1/schema HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with service.connect() as connection:
        connection.sendall(asked * 3 + last)
        answer = everything(connection)
    assert answer.count(b"HTTP/1.1 200 OK") == 4
    assert answer.index(b'"$schema"') > answer.rindex(b'{"status":"ok"}')


def test_an_endless_header_behind_another_request_is_cut(service: Service) -> None:
    def refused() -> float:
        counts = service.state.metrics.render().decode()
        found = re.search(r'shed_total\{problem="headers-too-large"\} (\S+)', counts)
        return float(found[1]) if found else 0.0

    before = refused()
    whole = b"GET /v1/schema HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with service.connect() as connection:
        try:
            connection.sendall(whole * 3 + HEAD + b"X: ")
            while True:  # until it is cut
                connection.sendall(b"a" * 65_536)
        except (BrokenPipeError, ConnectionResetError):
            everything(connection)
    assert refused() == before + 1
    assert service.alive()


def test_too_many_connections_are_refused_and_those_that_are_there_go_on(
    service: Service,
) -> None:
    assert service.alive()  # on a connection that stays
    opened = [service.connect() for _ in range(19)]
    try:
        with service.connect() as one_more:
            answer = everything(one_more)
        assert answer.startswith(b"HTTP/1.1 503")
        assert re.search(rb"(?i)retry-after: \d+", answer)
        assert service.client.get("/healthz").status_code == 200
    finally:
        for connection in opened:
            connection.close()
    # The server has noticed when it takes another one.
    while True:
        with service.connect() as another:
            another.sendall(
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            if everything(another).startswith(b"HTTP/1.1 200"):
                break
        time.sleep(0.01)


def test_an_upgrade_is_not_taken(service: Service) -> None:
    answer = service.client.get(
        "/healthz", headers={"Connection": "Upgrade", "Upgrade": "websocket"}
    )
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


def test_bodies_that_are_on_their_way_have_bounded_room_together() -> None:
    body = json.dumps({"text": ARTICLE}).encode()
    with serving(max_body_bytes=2_000, running=1, queue=0) as service:
        with service.connect() as slow:
            slow.sendall(HEAD + JSON + b"Content-Length: 1999\r\n\r\n" + b" " * 1_900)
            while service.state.room.size < 1_900:
                time.sleep(0.005)
            answer = service.client.post("/v1/summaries", content=body, headers={
                "Content-Type": "application/json"
            })  # fmt: skip
            assert (answer.status_code, answer.json()["type"]) == (503, "/docs#overloaded")
            assert int(answer.headers["retry-after"]) > 0
        while service.state.room.size:
            time.sleep(0.005)
        assert service.alive()
