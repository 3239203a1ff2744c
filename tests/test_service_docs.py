"""What the service says of itself: its document, the page of it, its health, its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest

from summarizer.engines.base import Completion, Request
from summarizer.errors import EngineUnavailable
from summarizer.pipeline import Summarizer
from summarizer.schema import json_schema
from summarizer.service import problems, submissions
from summarizer.settings import Settings
from tests.service_support import Service, serving


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def document(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_schema_is_the_records_published_one(service: Service) -> None:
    answer = service.client.get("/v1/schema")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json_schema()


def test_every_operation_has_words_and_problems_of_both_kinds(document: dict[str, Any]) -> None:
    found = operations(document)
    assert len(found) >= 10
    for label, operation in found:
        assert operation["summary"], label
        assert operation["description"], label
        assert {"4XX", "5XX"} <= set(operation["responses"]), label
        problem = operation["responses"]["4XX"]["content"]["application/problem+json"]
        assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_reference_of_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    known = set(document["components"]["schemas"])
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert named <= known
    assert {"Submission", "Summary", "Problem"} <= named
    assert not {"HTTPValidationError", "ValidationError"} & known


def test_the_example_is_an_article_that_becomes_a_record(
    service: Service, document: dict[str, Any]
) -> None:
    (example,) = document["components"]["schemas"]["Submission"]["examples"]
    assert example == submissions.EXAMPLE
    answer = service.client.post("/v1/summaries", json=example)
    assert answer.status_code == 200
    record = answer.json()
    assert record["what"] is not None
    assert record["reactions"]
    jsonschema.validate(record, json_schema())


def test_the_document_has_what_this_service_takes(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert "url" not in schemas["Submission"]["properties"]
    assert "model" not in schemas["Options"]["properties"]
    assert not [label for label, one in operations(document) if "security" in one]
    settings = Settings.load(environ={}, base_url="http://127.0.0.1:1/v1", model="m1", cache=False)
    line = "a sha256:" + "0" * 64
    with serving(settings=settings, keys=line, allow_urls=True, allow_models="m2") as other:
        told = other.client.get("/openapi.json").json()
    schemas = told["components"]["schemas"]
    assert "url" in schemas["Submission"]["properties"]
    assert schemas["Options"]["properties"]["model"]["enum"] == [None, "m2"]
    assert [label for label, one in operations(told) if "security" in one]


class Page(HTMLParser):
    """The addresses that a page loads or leads to, and its ids."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "href"} and value:
                (self.links if tag == "a" else self.loads).append(value)
            if name == "id" and value:
                self.ids.add(value)
        assert tag != "script"


def test_the_page_of_the_document_loads_nothing_and_has_every_problem(
    service: Service, document: dict[str, Any]
) -> None:
    answer = service.client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    page = Page()
    page.feed(answer.text)
    assert page.loads == []
    assert {kind.name for kind in problems.kinds()} <= page.ids
    for link in page.links:
        assert service.client.get(f"/{link.removeprefix('./')}").status_code == 200
    for label, operation in operations(document):
        assert f"<code>{label}</code>" in answer.text
        assert operation["summary"] in answer.text.replace("&#x27;", "'")


def test_a_host_of_the_clients_is_text_on_the_page() -> None:
    with serving(keys="a sha256:" + "0" * 64) as service:
        answer = service.client.get("/docs", headers={"Host": "<b>x</b>"})
    assert "<b>" not in answer.text


def test_no_page_of_the_framework_is_served(service: Service) -> None:
    for path in ("/redoc", "/docs/oauth2-redirect"):
        assert service.client.get(path).status_code == 404


class Dead:
    """An engine that knows its endpoint to be dead."""

    name, model, prompted, available = "dead", None, False, False
    fingerprint = input_characters = None

    async def complete(self, request: Request) -> Completion:
        del request
        raise EngineUnavailable("no one is there")

    async def aclose(self) -> None:
        """Nothing to free."""


def test_a_service_is_ready_unless_its_endpoint_is_known_to_be_dead(service: Service) -> None:
    assert service.client.get("/readyz").json() == {"status": "ready"}
    settings = Settings.load(environ={}, engine="extractive", cache=False)
    with serving(summarizer=Summarizer(settings, engine=Dead())) as dead:
        answer = dead.client.get("/readyz")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert dead.client.get("/healthz").status_code == 200
