"""The server as a process: how it starts, what it says, and how it stops."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from summarizer import logs
from summarizer.errors import ConfigurationError, ExitCode
from summarizer.pipeline import Summarizer
from summarizer.service import auth, command, main
from summarizer.service.config import ServiceConfig
from summarizer.service.server import listen
from summarizer.service.state import ServiceState
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer, ScriptedEngine
from tests.service_support import ARTICLE, process

PROGRAM = "import sys; from summarizer.service import main; sys.exit(main())"
ROOT = Path(__file__).parent.parent


class Done(NamedTuple):
    """What a command line came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Does what a command line asks for, in this process."""

    def done(*arguments: str) -> Done:
        code = main(arguments)
        return Done(code, *capsys.readouterr())

    yield done
    logs.configure(None)


def test_its_first_line_says_where_it_listens_and_with_what_engine_and_keys() -> None:
    _, line = auth.make("a")
    environ = {"SUMMARIZE_SERVER_KEYS": line, "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--port", "0", "--model", "m1"],
        stderr=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
    )  # fmt: skip
    assert started.stderr is not None
    with started.stderr:
        first = started.stderr.readline()
        started.kill()
        started.wait(30)
    assert re.fullmatch(
        r"summarize-server: listening on http://127\.0\.0\.1:\d+; "
        r"openai engine with m1; 1 key known\.\n",
        first,
    )


@pytest.mark.anyio
async def test_warming_up_asks_no_model_and_counts_nothing() -> None:
    settings = Settings.load(environ={}, engine="extractive", cache=False)
    engine = ScriptedEngine()  # a question would be an error
    state = ServiceState.of(
        settings, ServiceConfig(), summarizer=Summarizer(settings, engine=engine)
    )
    await state.warm()
    assert engine.requests == []
    state = ServiceState.of(settings, ServiceConfig())
    before = state.metrics.render()
    await state.warm()
    assert b"articles_total{" not in before + state.metrics.render()
    await state.aclose()


def test_an_article_is_worked_on_in_the_processes_that_it_has_unless_told_otherwise() -> None:
    with process() as (server, address):
        answer = httpx.post(
            f"{address}/v1/summaries", json={"text": ARTICLE}, trust_env=False, timeout=60
        )
        assert answer.status_code == 200
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == ExitCode.OK


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [(None, {}, min(os.cpu_count() or 1, 8)), ("0", {}, 0), ("3", {}, 3),
     (None, {"SUMMARIZER_WORKERS": "0"}, 0), (None, {"SUMMARIZER_WORKERS": "5"}, 5)],
)  # fmt: skip
def test_there_is_a_worker_for_each_core_unless_someone_chose_their_number(
    given: str | None,
    environ: dict[str, str],
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load(workers=given)
    assert command.with_workers(settings, given).workers == expected


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--port", "x"], "--port must be a port, 0 to 65535."),
        (["--host", "0.0.0.0"], "keys are required: give --keys-file, or listen on 127.0.0.1."),
        (["--host", "203.0.113.1", "--keys-file", "{keys}"], "cannot listen on 203.0.113.1 port"),
        (["--keys-file", "missing"], "there is no file of keys at --keys-file."),
        (["--keys-file", "{bad}"], "the file of keys, line 1: after the name comes sha256:"),
        (["--engine", "openai"], "the openai engine needs OPENAI_API_KEY"),
        (["--nonsense"], "unrecognized arguments: --nonsense."),
        (["--allow-models", "m"], "--allow-models needs an endpoint"),
        (["--make-key", "a b"], "a key's name is up to 64 letters"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_2(
    arguments: list[str], told: str, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "keys").write_text(auth.make("a")[1])
    (tmp_path / "bad").write_text("a sum_the-key-itself")
    filled = [one.format(keys=tmp_path / "keys", bad=tmp_path / "bad") for one in arguments]
    done = run(*filled)
    assert done.code == ExitCode.USAGE
    (line,) = done.err.splitlines()
    assert line.startswith("summarize-server: ")
    assert told in line
    assert "the-key-itself" not in line


def test_a_port_that_is_taken_is_one_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("--port", str(port))
    assert done.code == ExitCode.USAGE
    assert f"cannot listen on 127.0.0.1 port {port}: address already in use." in done.err


def test_a_name_without_an_address_cannot_be_had(blocked_network: list[str]) -> None:
    config = ServiceConfig.load(environ={}, host="nowhere.invalid", port=0)
    with pytest.raises(ConfigurationError, match="is no address of this machine"):
        listen(config)
    blocked_network.clear()


def test_a_key_is_made_with_its_line(run: Run) -> None:
    done = run("--make-key", "newsdesk")
    assert done.code == ExitCode.OK
    key, line = (row.partition(": ")[2].strip() for row in done.out.splitlines())
    (known,) = auth.parse(line, "it")
    assert known.digest == auth.digest_of(key)
    assert key not in done.err


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_end_well(option: str, run: Run) -> None:
    done = run(option)
    assert done.code == ExitCode.OK
    assert done.out


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "httptools", "prometheus_client"])
def test_without_the_extra_one_sentence_names_it(missing: str, tmp_path: Path) -> None:
    """All of it is looked for before any of it is imported."""
    program = (
        "import importlib.util as u; find = u.find_spec\n"
        f"u.find_spec = lambda name, *a: None if name == {missing!r} else find(name, *a)\n"
        "import sys; from summarizer.service import main; code = main([])\n"
        "assert 'fastapi' not in sys.modules\nsys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == ExitCode.USAGE
    assert f"needs the extra `service`: {missing} is not installed" in done.stderr
    assert "pip install 'article-summarizer[service]'" in done.stderr


def wait_until(condition: object) -> None:
    """A test that waits in vain is ended from outside."""
    assert callable(condition)
    while not condition():
        time.sleep(0.02)


@contextlib.contextmanager
def asking(address: str) -> Iterator[socket.socket]:
    """A connection on which an article has been sent."""
    host, port = address.removeprefix("http://").rsplit(":", 1)
    body = json.dumps({"text": ARTICLE}).encode()
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(
            b"POST /v1/summaries HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )
        yield connection


def answer_on(connection: socket.socket) -> bytes:
    answer = b""
    while piece := connection.recv(65_536):
        answer += piece
    return answer


def at(endpoint: LoopbackServer) -> dict[str, str]:
    """The variables of a server that asks this endpoint and has no worker processes."""
    return {
        "OPENAI_BASE_URL": endpoint.base_url, "SUMMARIZER_CACHE": "0", "SUMMARIZER_WORKERS": "0",
    }  # fmt: skip


def test_sigterm_says_so_and_finishes_what_is_under_way_and_begins_nothing_new() -> None:
    with (
        LoopbackServer(latency=2.0) as endpoint,
        process("--shutdown-delay", "60", **at(endpoint)) as (server, address),
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        with asking(address) as connection:
            wait_until(lambda: endpoint.requests)
            server.send_signal(signal.SIGTERM)
            wait_until(lambda: client.get("/readyz").status_code == 503)
            assert client.get("/healthz").status_code == 200
            for answer in (client.get("/readyz"), client.post("/v1/summaries", json={"text": "a"})):
                assert answer.status_code == 503
                assert answer.json()["type"] == "/docs#draining"
                assert int(answer.headers["retry-after"]) >= 1
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        assert len(endpoint.requests) == 1


def test_sigterm_without_a_delay_ends_the_server_when_all_is_finished() -> None:
    with (
        LoopbackServer(latency=1.0) as endpoint,
        process(**at(endpoint)) as (server, address),
        asking(address) as connection,
    ):
        wait_until(lambda: endpoint.requests)
        server.send_signal(signal.SIGTERM)
        answer = answer_on(connection)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b'"schema_version"' in answer
        assert server.wait(60) == ExitCode.OK


def test_what_takes_too_long_is_broken_off_and_the_exit_code_says_so() -> None:
    with (
        LoopbackServer(latency=60) as endpoint,
        process("--drain-timeout", "0.2", **at(endpoint)) as (server, address),
        asking(address) as connection,
    ):
        wait_until(lambda: endpoint.requests)
        server.send_signal(signal.SIGINT)
        answer = answer_on(connection)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"/docs#draining" in answer
        assert server.wait(60) == ExitCode.SOME_FAILED


def test_a_second_signal_ends_it_at_once() -> None:
    with (
        LoopbackServer(latency=60) as endpoint,
        process("--shutdown-delay", "60", **at(endpoint)) as (server, address),
        httpx.Client(base_url=address, trust_env=False) as client,
        asking(address),
    ):
        wait_until(lambda: endpoint.requests)
        server.send_signal(signal.SIGTERM)
        wait_until(lambda: client.get("/readyz").status_code == 503)
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == ExitCode.INTERRUPTED
