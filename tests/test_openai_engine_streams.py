"""A body that comes in pieces reads like one that comes whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer.engines.openai import Lesson, answers
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.responses import Reply, Response, read
from summarizer.engines.openai.streams import Body
from tests.openai_support import DRAFT

TEXT = DRAFT.model_dump_json()
DONE = b"data: [DONE]\n\n"

texts = st.text(max_size=30) | st.sampled_from([TEXT, "\U0001f600\U0001f600", "", "}{"])
calls = st.lists(st.tuples(st.sampled_from(["draft", "other"]), texts), max_size=3)
counts = st.none() | st.fixed_dictionaries({"prompt_tokens": st.integers(-1, 9)})
finishes = st.sampled_from(["stop", "length", "content_filter", "tool_calls", "error"])
bodies = st.fixed_dictionaries(
    {
        "model": st.none() | st.just("m"),
        "usage": counts,
        "choices": st.lists(
            st.fixed_dictionaries(
                {
                    "finish_reason": finishes,
                    "message": st.fixed_dictionaries(
                        {
                            "content": st.none() | texts,
                            "refusal": st.none() | st.sampled_from(["", "No."]),
                            "tool_calls": calls.map(
                                lambda made: [
                                    {
                                        "id": f"c{number}",
                                        "type": "function",
                                        "function": {"name": name, "arguments": arguments},
                                    }
                                    for number, (name, arguments) in enumerate(made)
                                ]
                            ),
                        }
                    ),
                }
            ),
            max_size=1,
        ),
    }
)


def halves(text: str, size: int) -> Iterator[str]:
    """Pieces of so many UTF-16 units, as some servers cut an answer."""
    units = text.encode("utf-16-le")
    for at in range(0, len(units), 2 * size):
        yield units[at : at + 2 * size].decode("utf-16-le", "surrogatepass")


def deltas(message: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    """A message in pieces."""
    yield {"role": "assistant", "content": "" if message["content"] else None}
    for piece in halves(message["content"] or "", size):
        yield {"content": piece}
    for index, call in enumerate(message["tool_calls"]):
        function = {"name": call["function"]["name"], "arguments": ""}
        yield {"tool_calls": [{**call, "index": index, "function": function}]}
        for piece in halves(call["function"]["arguments"], size):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
    if message["refusal"] is not None:
        yield {"refusal": message["refusal"]}


def chunks(body: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    """A completion in pieces."""
    base = {"id": "x", "model": body["model"]}
    yield base | {"choices": []}
    for choice in body["choices"]:
        for delta in deltas(choice["message"], size):
            yield base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        last = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
        yield base | {"choices": [last], "usage": None}
    if body["usage"] is not None:
        yield base | {"choices": [], "usage": body["usage"]}


def written(chunk: dict[str, Any], data: st.DataObject) -> bytes:
    """A chunk as one of the ways in which an event may be written."""
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    indent = data.draw(st.sampled_from([None, 1]))
    # Half a character can be written as an escape only.
    is_whole = not re.search("[\ud800-\udfff]", json.dumps(chunk, ensure_ascii=False))
    text = json.dumps(chunk, indent=indent, ensure_ascii=not is_whole)
    before = data.draw(st.sampled_from(["", ": awake\n", "event: message\n", "id: 7\nretry: 9\n"]))
    lines = [f"data:{data.draw(st.sampled_from(['', ' ']))}{line}" for line in text.split("\n")]
    return (before.replace("\n", end) + "".join(line + end for line in lines) + end).encode()


def cut(content: bytes, data: st.DataObject) -> list[bytes]:
    """Bytes in pieces, cut at borders that hypothesis draws."""
    borders = data.draw(st.lists(st.integers(0, len(content)), max_size=12).map(sorted))
    size = data.draw(st.sampled_from([1, 3, 50, len(content) + 1]))
    pieces = [content[a:b] for a, b in zip([0, *borders], [*borders, len(content)], strict=True)]
    return [piece[at : at + size] for piece in pieces for at in range(0, len(piece), size)]


def heard(pieces: Sequence[bytes]) -> Reply:
    """The reply that a body in pieces makes."""
    body = Body()
    for piece in pieces:
        body.feed(piece)
    body.finish()
    stream = body.stream
    if stream is None:
        return Reply(200, {}, body.content)
    return Reply(200, {}, body.content, completion=stream.completion, broken=stream.broken)


def response(reply: Reply) -> Response:
    return read(reply, lesson=Lesson(), body={"messages": []}, host="h", now=0.0)


def event(chunk: Any) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def says(text: Any, finish: str | None = None, **delta: Any) -> bytes:
    return event(
        {"choices": [{"index": 0, "delta": {"content": text, **delta}, "finish_reason": finish}]}
    )


def called(arguments: Any, **call: Any) -> bytes:
    function = {"name": "draft", "arguments": arguments}
    return says(None, tool_calls=[{"function": function, **call}])


def result(content: bytes) -> Any:
    return response(heard([content])).result


@given(bodies, st.sampled_from([1, 2, 7, 100]), st.booleans(), st.data())
def test_a_stream_reads_like_the_body_that_it_stands_for(
    body: dict[str, Any], size: int, done: Any, data: st.DataObject
) -> None:
    events = [written(chunk, data) for chunk in chunks(body, size)]
    done = done or not body["choices"]
    content = b"".join(events) + (DONE if done else b"")
    whole = response(Reply(200, {}, json.dumps(body).encode()))
    assert response(heard(cut(content, data))) == whole
    assert whole.outcome != "broken_response"


@given(bodies, st.sampled_from([b"", b"\n \r\n", b"\xef\xbb\xbf "]), st.data())
def test_a_plain_body_may_be_cut_anywhere(
    body: dict[str, Any], before: bytes, data: st.DataObject
) -> None:
    content = json.dumps(body, ensure_ascii=False).encode()
    assert response(heard(cut(before + content, data))) == response(Reply(200, {}, content))


@given(bodies, st.integers(1, 100), st.data())
def test_what_is_told_is_what_the_answer_holds(
    body: dict[str, Any], size: int, data: st.DataObject
) -> None:
    told: dict[int, str] = {}

    def tell(part: int, piece: str) -> None:
        told[part] = told.get(part, "") + piece

    stream = Body(tell)
    for piece in cut(b"".join(event(chunk) for chunk in chunks(body, size)), data):
        stream.feed(piece)
    message = body["choices"][0]["message"] if body["choices"] else {}
    said = dict(enumerate(c["function"]["arguments"] for c in message.get("tool_calls", ())))
    said[-1] = message.get("content") or ""
    assert told == {part: text for part, text in said.items() if text}


@given(bodies, st.data())
def test_a_stream_without_its_end_is_broken(body: dict[str, Any], data: st.DataObject) -> None:
    events = [event(chunk) for chunk in chunks({**body, "usage": None}, 5)][:-1]
    content = b"".join(events) or b": nothing\n"
    end = data.draw(st.integers(1, len(content)))
    reply = heard(cut(content[:end], data))
    if content[:end].startswith((b"data:", b":")):
        assert reply.broken
    failure = response(reply).result
    assert isinstance(failure, Failure)
    assert (failure.outcome, failure.passing) == ("broken_response", True)


@given(st.binary(), st.sampled_from([b"", b"data: ", b"data: {", b":"]), st.data())
@example(b"[" * 100_000, b"data: ", None)
@example(b'{"choices": ' * 100_000, b"data: ", None)
@example(b"\n" * 100_000, b"data:\n", None)
@example(b"data: [\n" * 1_000, b"", None)
def test_any_bytes_are_a_failure(content: bytes, before: bytes, data: Any) -> None:
    pieces = [before + content] if data is None else cut(before + content, data)
    assert isinstance(response(heard(pieces)).result, Failure)


json_values = st.recursive(
    st.none() | st.integers(-1, 1) | st.sampled_from(["", "x", "refusal", "\ud800", TEXT]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "choices index delta message content text type refusal tool_calls function "
                    "id name arguments function_call finish_reason model usage error object"
                ).split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(st.sampled_from(["choices", "error", "usage"]), json_values)))
@example([{"choices": [{"delta": {"content": TEXT}, "index": []}]}])
@example([{"choices": [{"delta": {"tool_calls": [{"index": {}, "function": {}}]}}]}])
@example([{"choices": [{"message": {"tool_calls": [{"function": {"arguments": {}}}] * 2}}]}])
def test_any_events_are_a_draft_or_one_failure(values: list[Any]) -> None:
    reply = heard([*map(event, values), DONE])
    found = response(reply)
    assert (found.outcome == "ok") == (found.result == DRAFT)
    if not reply.broken and reply.completion is not None:
        kept = [reply.completion.get("model"), reply.completion.get("choices")]
        json.dumps(kept, ensure_ascii=False).encode()  # no half of a character is among it


def test_a_stream_is_whole_with_its_reason_or_its_end() -> None:
    assert result(says(TEXT, "stop")) == DRAFT
    assert result(says(TEXT) + DONE) == DRAFT
    assert result(says(TEXT) + DONE.rstrip()) == DRAFT
    assert result(says(TEXT)).outcome == "broken_response"


def test_a_stream_that_says_nothing_is_an_empty_answer() -> None:
    assert result(DONE).outcome == "invalid"
    assert result(event({"choices": []}) + DONE).outcome == "invalid"


def test_what_follows_the_end_is_not_read() -> None:
    body = Body()
    body.feed(says(TEXT) + DONE + says("more") + b"data: {\n\n")
    assert body.done
    body.feed(says("more"))
    assert body.stream is not None
    assert answers.draft(answers.read(body.stream.completion)) == DRAFT


def test_a_part_that_cannot_be_read_breaks_the_answer() -> None:
    assert result(says(TEXT[:9]) + b"data: {\n\n" + says(TEXT[9:], "stop")).outcome == (
        "broken_response"
    )
    assert result(says(TEXT, "stop") + b"data: {\n\n") == DRAFT


def test_the_usage_of_a_broken_stream_is_kept() -> None:
    usage = event({"model": "m", "choices": [], "usage": {"prompt_tokens": 3}})
    found = response(heard([b"data: {\n\n" + usage + DONE]))
    assert (found.outcome, found.usage.input_tokens, found.model) == ("broken_response", 3, "m")


@pytest.mark.parametrize(
    ("error", "outcome", "passing"),
    [
        ({"error": {"message": "Overloaded", "code": 529}}, "server_error", True),
        ({"error": {"message": "Slow down", "code": 429}}, "rate_limited", True),
        ({"error": {"message": "No credit", "code": 402}}, "authentication", False),
        ({"error": {"message": "x", "code": "server_error"}}, "server_error", True),
        ({"error": "it broke", "choices": [{"finish_reason": "error"}]}, "server_error", True),
        ({"object": "error", "message": "x", "code": 400}, "rejected", False),
    ],
)
def test_an_error_among_the_events_is_that_error(
    error: dict[str, Any], outcome: str, passing: Any
) -> None:
    failure = result(says(TEXT[:9]) + event(error) + says(TEXT[9:], "stop"))
    assert (failure.outcome, failure.passing) == (outcome, passing)


def test_an_event_may_be_an_error_by_its_kind() -> None:
    failure = result(b'event: error\ndata: {"message": "x", "code": 429}\n\n' + DONE)
    assert failure.outcome == "rate_limited"


def test_an_error_after_the_answer_does_not_take_it_back() -> None:
    assert result(says(TEXT, "stop") + event({"error": {"code": 500}})) == DRAFT


def test_events_may_follow_each_other_without_an_empty_line() -> None:
    content = says(TEXT[:9]) + says(TEXT[9:], "stop") + DONE
    assert result(content.replace(b"\n\n", b"\n")) == DRAFT


def test_half_a_character_that_stays_alone_breaks_the_answer() -> None:
    assert result(says("\ud83d") + says(TEXT, "stop")).outcome == "broken_response"
    assert result(says(TEXT) + says("\ud83d", "stop")).outcome == "broken_response"


@pytest.mark.parametrize(
    "events",
    [
        [event({"choices": [{"message": {"content": TEXT}, "finish_reason": "stop"}]})],
        [says([{"type": "text", "text": TEXT[:5]}]), says([{"text": TEXT[5:]}, 1], "stop")],
        [
            event({"choices": [{"delta": {"function_call": {"name": "draft"}}}]}),
            event({"choices": [{"delta": {"function_call": {"arguments": TEXT}}}]}),
        ],
        [says(TEXT), event({"choices": [{"index": 1, "delta": {"content": "other"}}]})],
        [called(json.loads(TEXT), index=0)],
    ],
    ids=["a whole message", "parts of content", "a function call", "two choices", "an object"],
)
def test_other_forms_of_a_stream_are_read(events: list[bytes]) -> None:
    assert result(b"".join(events) + DONE) == DRAFT


@pytest.mark.parametrize(
    ("pieces", "count"),
    [
        ([called(TEXT[:9], index=0, id="a"), called(TEXT[9:], index=0, id="b")], 1),
        ([called(TEXT[:9], id="a"), called(TEXT[9:])], 1),
        ([called(TEXT, index=0, id="a"), called(TEXT, index=0, id="b")], 2),
        ([called(TEXT), called(TEXT)], 2),
        ([called(TEXT, index=0, id="a"), called(TEXT, index=1, id="b")], 2),
    ],
    ids=["an id per piece", "no index", "one index for all", "neither", "as it should be"],
)
def test_calls_are_told_apart(pieces: list[bytes], count: int) -> None:
    completion = heard([*pieces, DONE]).completion
    assert completion is not None
    answer = answers.read(completion)
    assert len(answer.calls) == count
    assert {call.arguments for call in answer.calls} == {TEXT}


def test_a_refusal_among_the_parts_is_one() -> None:
    assert result(says([{"type": "refusal", "refusal": "No."}], "stop")).outcome == "refused"


def test_what_is_kept_is_counted() -> None:
    body = Body()
    for content in (b": " + b"x" * 1000, b"data: ", b" " * 1000, b"\n\n"):
        body.feed(content)
    before = body.size
    body.feed(says("x" * 1000))
    body.feed(called("y" * 1000, index=0))
    body.feed(b": " + b"x" * 1000 + b"\n\n")
    assert 2000 <= body.size - before <= 4000
    body.feed(b"data: " + b"x" * 5000)
    assert body.size - before >= 7000
