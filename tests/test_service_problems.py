"""Problems: each error of the package has its status, and none tells what it should not."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from summarizer import errors
from summarizer.schema import Attempt
from summarizer.service import problems
from summarizer.service.problems import Kind, Problem
from tests.golden_files import check

ROOT = Path(__file__).parent.parent


def every_error() -> list[type[errors.SummarizerError]]:
    found = [
        one for _, one in inspect.getmembers(errors, inspect.isclass)
        if issubclass(one, errors.SummarizerError)
    ]  # fmt: skip
    assert len(found) > 20
    return found


def test_every_error_has_a_kind_of_its_own_in_the_mapping() -> None:
    assert set(problems.OF_ERRORS) == set(every_error())


def test_what_may_pass_later_is_retryable_in_both() -> None:
    for error, kind in problems.OF_ERRORS.items():
        assert kind.retryable == error.retryable, error.__name__


def test_the_mapping_is_as_reviewed() -> None:
    rows = [
        f"{error.__name__}: {kind.status} {kind.name}{', retryable' if kind.retryable else ''}"
        for error, kind in sorted(problems.OF_ERRORS.items(), key=lambda one: one[0].__name__)
    ]
    check("service_problems.txt", "\n".join(rows) + "\n")


def test_a_name_stands_for_one_kind() -> None:
    known: dict[str, Kind] = {}
    for value in vars(problems).values():
        if isinstance(value, Kind):
            known[value.name] = value
    for kind in (*known.values(), *problems.OF_ERRORS.values()):
        other = known.setdefault(kind.name, kind)
        assert (other.status, other.retryable) == (kind.status, kind.retryable), kind.name
    assert {kind.name for kind in problems.kinds()} == set(known)


def test_an_engines_error_tells_its_sentence_and_the_providers_request_id() -> None:
    attempt = Attempt(
        purpose="draft", mode="tools", outcome="server_error", seconds=1, request_id="req_7"
    )
    error = errors.EngineUnavailable("api.example gave no answer", attempts=(attempt,))
    told = problems.of_error(error).object(instance="/v1/summaries", request_id="r1")
    assert told == {
        "type": "/docs#engine-unavailable",
        "title": "The model cannot be reached",
        "status": 503,
        "detail": "api.example gave no answer.",
        "instance": "/v1/summaries",
        "hint": "Try again later.",
        "retryable": True,
        "request_id": "r1",
        "provider_request_id": "req_7",
    }
    assert problems.ProblemDetails.model_validate(told).status == 503


def test_what_is_set_up_wrong_is_not_told_to_clients() -> None:
    problem = problems.of_error(errors.PromptError("there is no prompt file in secret-folder"))
    told = json.dumps(problem.object(instance="/", request_id="r"))
    assert problem.kind.status == 500
    assert "secret-folder" not in told


def test_a_problem_is_answered_as_rfc_9457_has_it() -> None:
    problem = Problem(problems.OVERLOADED, "Too many.", retry_after=7, headers={"X-A": "b"})
    answer = problem.response(instance="/a", request_id="r")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["x-a"] == "b"
    told: dict[str, Any] = json.loads(bytes(answer.body))
    assert set(told) >= {"type", "title", "status", "detail", "instance"}


def test_the_documentation_has_every_kind() -> None:
    text = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    between = re.search(r"<!-- problems -->\n(.*?)<!-- /problems -->", text, re.DOTALL)
    rows = [
        f"| `{kind.name}` | {kind.status} | {kind.title}{', retryable' * kind.retryable} |"
        for kind in problems.kinds()
    ]
    assert between is not None
    assert between[1].strip().splitlines()[2:] == rows


@pytest.mark.parametrize(("text", "expected"), [("a", "a."), ("a.", "a."), ("a?", "a?")])
def test_a_detail_is_a_sentence(text: str, expected: str) -> None:
    assert problems.sentence(text) == expected
