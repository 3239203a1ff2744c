"""Which calls the loopback server takes for files and batches, and how they are spoiled."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import pytest

from summarizer.testing import LoopbackServer, replies
from summarizer.testing.batch_routes import DISTURBANCES, OPERATIONS, cut_off, lost, shortened
from tests.batch_api_support import client, ended, line, lines, submit, written
from tests.wire_support import post

pytestmark = pytest.mark.openai

ROOT = Path(__file__).parents[1]
INPUT = written(*(line(number) for number in range(3)))
FAILURES: dict[str, type[Exception]] = {
    "401": openai.AuthenticationError,
    "404": openai.NotFoundError,
    "429": openai.RateLimitError,
    "429-after-1s": openai.RateLimitError,
    "500": openai.InternalServerError,
    "502": openai.InternalServerError,
    "503": openai.InternalServerError,
    "cut-off": openai.APIConnectionError,
    "half-body": json.JSONDecodeError,
    "lost": openai.APIConnectionError,
    "reset": openai.APIConnectionError,
}


def calls(sdk: openai.OpenAI, file_id: str, batch_id: str) -> dict[str, Any]:
    """Each operation as a call."""
    return {
        "files.create": lambda: sdk.files.create(file=("i.jsonl", INPUT), purpose="batch"),
        "files.list": sdk.files.list,
        "files.retrieve": lambda: sdk.files.retrieve(file_id),
        "files.content": lambda: sdk.files.content(file_id),
        "files.delete": lambda: sdk.files.delete(file_id),
        "batches.create": lambda: submit(sdk, INPUT),
        "batches.list": sdk.batches.list,
        "batches.retrieve": lambda: sdk.batches.retrieve(batch_id),
        "batches.cancel": lambda: sdk.batches.cancel(batch_id),
    }


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_next_call_of_an_operation_is_spoiled_and_the_one_after_it_is_not(
    operation: str,
) -> None:
    with LoopbackServer() as server, client(server) as sdk:
        batch = submit(sdk, INPUT)
        call = calls(sdk, batch.input_file_id, batch.id)[operation]
        before = server.batches.calls[operation]
        server.batches.disturb(operation, "429", "500")
        with pytest.raises(openai.RateLimitError):
            call()
        with pytest.raises(openai.InternalServerError):
            call()
        call()
        assert server.batches.calls[operation] == before + 3


@pytest.mark.parametrize("name", FAILURES)
def test_each_disturbance_is_what_its_name_says(name: str) -> None:
    with LoopbackServer() as server, client(server) as sdk:
        server.batches.disturb("batches.list", name)
        with pytest.raises(FAILURES[name]):
            sdk.batches.list()


def test_each_disturbance_but_those_that_look_well_has_its_test() -> None:
    assert set(DISTURBANCES) - set(FAILURES) == {"hang", "shortened", "web-page"}


def test_a_lost_answer_is_one_to_a_call_that_was_carried_out() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        server.batches.disturb("batches.create", lost)
        with pytest.raises(openai.APIConnectionError):
            submit(sdk, INPUT)
        (batch,) = sdk.batches.list().data
        assert ended(sdk, batch).status == "completed"


def test_an_error_is_one_to_a_call_that_was_not() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        server.batches.disturb("batches.create", replies.server_error(503))
        with pytest.raises(openai.InternalServerError):
            submit(sdk, INPUT)
        assert sdk.batches.list().data == []


def test_a_download_may_break_off_or_look_whole_and_be_half() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        file_id = ended(sdk, submit(sdk, INPUT)).output_file_id
        assert file_id is not None
        whole = sdk.files.content(file_id).content
        server.batches.disturb("files.content", cut_off, None, shortened)
        with pytest.raises(openai.APIConnectionError):
            sdk.files.content(file_id)
        assert sdk.files.content(file_id).content == whole
        assert sdk.files.content(file_id).content == whole[: len(whole) // 2]


def test_a_web_page_in_place_of_a_batch_is_no_batch() -> None:
    with LoopbackServer() as server:
        server.batches.disturb("batches.list", "web-page")
        seen = post(server, path="/v1/batches", method="GET")
    assert (seen.status, seen.content[:6]) == (200, b"<html>")


def test_a_call_may_wait_until_it_is_released() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        server.batches.disturb("batches.list", "hang")
        with pytest.raises(openai.APITimeoutError):
            sdk.with_options(timeout=0.05).batches.list()
        server.release()
        assert sdk.batches.list().data == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/batches/a/b"), ("POST", "/v1/files/x"), ("GET", "/v1/files/x/y")],
)
def test_what_is_no_operation_is_not_found(method: str, path: str) -> None:
    with LoopbackServer() as server:
        assert post(server, path=path, method=method).status == 404


def test_the_shell_s_server_has_batches_as_its_options_say(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "summarizer.testing", "--batch-polls", "0", "--batch-status",
               "validating", "--batch-status", "in_progress", "--batch-status", "expired",
               "--batch-folder", str(tmp_path), "--disturb", "batches.list=429"]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with openai.OpenAI(base_url=url, api_key="k", max_retries=0) as sdk:
            with pytest.raises(openai.RateLimitError):
                sdk.batches.list()
            batch = ended(sdk, submit(sdk, INPUT))
            assert batch.status == "expired"
            assert len(lines(sdk, batch.output_file_id)) == 1
        process.terminate()
        assert process.wait() == 0
    assert {path.name for path in tmp_path.iterdir()} == {"batches", "files"}
