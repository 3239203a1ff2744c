"""What the OpenAPI document promises holds, for requests that are made of it, right and wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

import schemathesis
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from summarizer.service import auth
from tests.service_support import ARTICLE, Service, serving

#: What may become of a request that is as the document has it: its words are no article.
_REFUSED = {"empty-article", "nothing-grounded", "unreadable-article", "idempotency-key-reused"}
#: A record and its text have to fit together, which no schema can say.
_FITTING = {"POST /v1/render": {"foreign-record"}}
#: Without shrinking: an example that fails is told, be it long.
_BOUNDS = hypothesis.settings(
    max_examples=8,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(scope="module")
def keyed() -> Iterator[tuple[Service, str]]:
    key, line = auth.make("tester")
    with serving(keys=line, max_body_bytes=100_000) as running:
        yield running, key


@pytest.fixture(scope="module")
def document(keyed: tuple[Service, str]) -> Any:
    service, key = keyed
    config = SchemathesisConfig.from_dict(
        {
            "auth": {"openapi": {"HTTPBearer": {"bearer": key}}},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "404", "422"]},
                # Also what is refused by its length.
                "negative_data_rejection": {"expected-statuses": ["4xx"]},
            },
        }
    )
    return schemathesis.openapi.from_url(f"{service.client.base_url}/openapi.json", config=config)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_one_that_the_document_has(document: Any, mode: GenerationMode) -> None:
    tried = []
    for found in document.get_all_operations():
        operation = found.ok()

        @_BOUNDS
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def holds(case: Any) -> None:
            _check(case, mode)

        try:
            holds()
        except Unsatisfiable:
            # Nothing that could be wrong: no parameter and no body.
            assert mode is GenerationMode.NEGATIVE
            assert not operation.body
        tried.append(operation.label)
    assert {"POST /v1/summaries", "POST /v1/summaries/stream", "POST /v1/batches"} <= set(tried)


def _check(case: Any, mode: GenerationMode) -> None:
    answer = case.call_and_validate()
    if answer.status_code < 400:
        return
    problem = answer.json()
    assert answer.headers["content-type"] == ["application/problem+json"]
    assert problem["status"] == answer.status_code
    if mode is GenerationMode.POSITIVE and answer.status_code == 422:
        refused = _REFUSED | _FITTING.get(case.operation.label, set())
        assert problem["type"].removeprefix("/docs#") in refused, problem


def test_the_service_is_alive_after_all_of_them(keyed: tuple[Service, str]) -> None:
    service, key = keyed
    answer = service.client.post(
        "/v1/summaries", json={"text": ARTICLE}, headers={"X-API-Key": key}
    )
    assert answer.status_code == 200
    assert b'status="500"' not in service.state.metrics.render()
