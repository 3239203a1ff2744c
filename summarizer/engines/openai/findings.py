"""What the doctor says of what it saw. Pure.

No sentence holds a key, or words of the endpoint: of what it sends, only numbers and names
of models that look like names are passed on.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from summarizer.engines.openai import answers
from summarizer.engines.openai.answers import Answer
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.lessons import Kept, told
from summarizer.engines.openai.limits import count
from summarizer.engines.openai.modes import Lesson, Mode
from summarizer.engines.openai.reach import Trouble
from summarizer.engines.openai.usage import Usage

Status = Literal["ok", "warning", "failed", "skipped"]

#: What is examined, in this order.
NAMES = (
    "endpoint", "key", "model", "mode", "schema", "answer", "streaming", "usage", "latency",
    "price", "input_limit", "rate_limits", "lessons", "cost", "fallback",
)  # fmt: skip

_DAY = 86_400.0
_SLOW = 30.0
_NEAR = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined.

    `detail` is a sentence, without a full stop, that is safe to print. `data` is the same
    for programs: JSON values. Times are in seconds, prices in US dollars per million tokens.
    """

    name: str
    status: Status
    detail: str
    data: Mapping[str, Any] = field(default_factory=dict)


_TROUBLES: Mapping[Trouble, str] = {
    "name": "no address is known for the host {host}: check its name and the network",
    "refused": "nothing answers at {host}: check the port, and that the server runs",
    "tls": "{host} gave no TLS connection that can be trusted: a certificate is wrong, or it "
    "speaks plain http",
    "timeout": "{host} did not answer in time",
    "broken": "the connection to {host} broke off",
}


def unreachable(host: str, trouble: Trouble, *, final: bool) -> Finding:
    """No HTTP response came to the question for the models. If `final`, none will come."""
    detail = _TROUBLES[trouble].format(host=host)
    if not final:
        detail += ", asked for its models"
    data = {"host": host, "trouble": trouble}
    return Finding("endpoint", "failed" if final else "warning", detail, data)


def endpoint(host: str, status: int, seconds: float) -> Finding:
    """An HTTP response came, whatever it said."""
    data = {"host": host, "status": status, "seconds": round(seconds, 3)}
    return Finding("endpoint", "ok", f"{host} answers, in {seconds:.2f} s", data)


def key(*, given: bool) -> Finding:
    """The endpoint took a request."""
    detail = "the key is accepted" if given else "the endpoint asks for no key"
    return Finding("key", "ok", detail, {"given": given})


def model(asked: str, answered: str | None, listed: Sequence[str] | None) -> Finding:
    """A model answered. `listed` are the endpoint's models, as far as it tells."""
    detail = f"{asked} answers"
    if answered is not None and answered != asked:
        detail += f", as {answered}"
    data: dict[str, Any] = {"model": asked, "answered_as": answered, "listed": None}
    if listed is not None:
        data["listed"] = asked in listed
        if asked not in listed:
            detail += f"; it is not among the models that the endpoint lists ({len(listed)})"
    return Finding("model", "ok", detail, data)


def no_model(asked: str, listed: Sequence[str] | None, said: str) -> Finding:
    """The endpoint does not take the model, or the path."""
    data: dict[str, Any] = {"model": asked, "listed": None, "near": []}
    detail = said
    if listed is not None:
        data["listed"] = asked in listed
        data["near"] = near = difflib.get_close_matches(asked, listed, _NEAR, 0.5)
        if asked not in listed:
            detail += f"; {asked} is not among the models that it lists ({len(listed)})"
            detail += f", the nearest are {', '.join(near)}" if near else ""
    return Finding("model", "failed", detail, data)


def mode(lesson: Lesson, refused: Sequence[str]) -> Finding:
    """The way in which the endpoint takes requests, and what it refused on the way there."""
    words = {
        Mode.STRICT: "json_schema_strict, the best there is",
        Mode.SCHEMA: "json_schema, without strict",
        Mode.TOOLS: "tools: the model fills the schema as a function's arguments",
        Mode.TEXT: "json_text: the schema is put in words",
    }
    detail = words[lesson.mode]
    if refused:
        detail += f"; refused: {', '.join(refused)}"
    status: Status = "warning" if lesson.mode is Mode.TEXT else "ok"
    return Finding("mode", status, detail, told(lesson) | {"refused": list(refused)})


def schema(lesson: Lesson, answer: Answer | None) -> Finding:
    """Whether an answer is made to fit, told by one to a request for a single word."""
    if lesson.mode is Mode.TEXT:
        detail = "nothing makes an answer fit the schema; each is checked, and asked for again"
        return Finding("schema", "warning", detail, {"enforced": "no"})
    if answer is None or answer.finish in {"length", "content_filter"} or answer.refusal:
        detail = "no answer shows whether it is enforced"
        return Finding("schema", "skipped", detail, {"enforced": "unknown"})
    try:
        answers.draft(answer)
    except answers.NoDraft:
        pass
    else:
        detail = (
            "enforced, as far as one answer shows: told to answer with one word, the model "
            "filled the schema"
        )
        return Finding("schema", "ok", detail, {"enforced": "likely"})
    what = "JSON of another form" if any(map(_is_json, answer.candidates)) else "no JSON"
    detail = (
        f"accepted and not enforced: told to answer with one word, the model gave {what}; "
        "the schema is put in words too"
    )
    return Finding("schema", "warning", detail, {"enforced": "no"})


def answer(failure: Failure | None) -> Finding:
    """Whether a record came of one sentence."""
    if failure is not None:
        detail = f"no record of one sentence: {failure.message}"
        return Finding("answer", "failed", detail, {"outcome": failure.outcome})
    return Finding("answer", "ok", "a record of one sentence fits the schema", {"outcome": "ok"})


def streaming(first: float | None, *, works: bool) -> Finding:
    """Whether that record came as a stream, and after how many seconds its first piece."""
    first = first if works else None
    seconds = None if first is None else round(first, 3)
    data: dict[str, Any] = {"works": works, "first_seconds": seconds}
    if not works:
        return Finding("streaming", "warning", "answers come only when they are whole", data)
    detail = "an answer comes in pieces"
    detail += f", the first after {first:.2f} s" if first is not None else ""
    return Finding("streaming", "ok", detail, data)


def usage(used: Usage) -> Finding:
    """Whether answers say what they took."""
    data = {
        "input_tokens": used.input_tokens,
        "cached_input_tokens": used.cached_input_tokens,
        "output_tokens": used.output_tokens,
        "reasoning_tokens": used.reasoning_tokens,
    }
    if used.input_tokens is None or used.output_tokens is None:
        detail = "answers do not say what they took: tokens and costs stay unknown"
        return Finding("usage", "warning", detail, data)
    counted = [name for name in ("cached_input_tokens", "reasoning_tokens") if data[name] is None]
    detail = "answers say how many tokens they took"
    detail += f", without {' and '.join(counted)}" if counted else ""
    return Finding("usage", "ok", detail, data)


def latency(seconds: float | None, output_tokens: int | None) -> Finding:
    """How long a record of one sentence took; None if none came."""
    if seconds is None:
        return Finding("latency", "skipped", "no answer shows it")
    data: dict[str, Any] = {"seconds": round(seconds, 3), "tokens_per_second": None}
    detail = f"{seconds:.2f} s for the record of one sentence"
    if output_tokens and seconds > 0:
        speed = output_tokens / seconds
        data["tokens_per_second"] = round(speed, 1)
        detail += f", {speed:.0f} tokens per second"
    return Finding("latency", "warning" if seconds >= _SLOW else "ok", detail, data)


def price(asked: str, prices: tuple[float, float] | None, *, public: bool, capped: bool) -> Finding:
    """What a million tokens cost. `capped` says that a limit of costs is set."""
    if prices is None:
        detail = f"no price is known for {asked} at this endpoint: costs stay unknown"
        if capped:
            detail += ", and a limit of costs cannot be kept: set input_price and output_price"
        return Finding("price", "failed" if capped else "warning", detail, {"known": False})
    data = {"known": True, "input": prices[0], "output": prices[1], "public": public}
    source = "public prices" if public else "from the settings"
    detail = f"{prices[0]:g} and {prices[1]:g} USD for a million tokens in and out ({source})"
    return Finding("price", "ok", detail, data)


def input_limit(configured: int | None, listed: int | None, learnt: int | None) -> Finding:
    """How long a request may be, `learnt` from an earlier one that was too long."""
    data: dict[str, Any] = {"tokens": configured or learnt or listed, "from": None}
    if configured is not None:
        data["from"] = "settings"
        return Finding("input_limit", "ok", f"{configured} tokens, from the settings", data)
    if learnt is not None:
        data["from"] = "lessons"
        detail = f"{learnt} tokens, learnt from a request that was too long"
        return Finding("input_limit", "ok", detail, data)
    if listed is not None:
        data["from"] = "models"
        detail = f"{listed} tokens, as the endpoint lists it: set max_input_tokens to use it"
        return Finding("input_limit", "ok", detail, data)
    detail = "the endpoint does not tell: it is learnt from the first article that is too long"
    return Finding("input_limit", "ok", detail, data)


def rate_limits(headers: Mapping[str, str]) -> Finding:
    """What the response's headers say of the limits per minute."""
    data = {
        kind: {
            part: count(headers.get(f"x-ratelimit-{part}-{kind}"))
            for part in ("limit", "remaining")
        }
        for kind in ("requests", "tokens")
    }
    known = [
        f"{found['remaining']} of {found['limit']} {kind} left"
        for kind, found in data.items()
        if found["limit"] is not None and found["remaining"] is not None
    ]
    detail = ", ".join(known) or "no header tells them"
    return Finding("rate_limits", "ok", detail, data)


def lessons(kept: Kept | None, now: float, *, on: bool) -> Finding:
    """What was kept before this examination."""
    if not on:
        return Finding("lessons", "ok", "none is kept: the cache is off", {"kept": False})
    if kept is None:
        return Finding(
            "lessons", "ok", "none was kept for this endpoint and model", {"kept": False}
        )
    days = max(0.0, now - kept.since) / _DAY
    since = "today" if days < 1 else f"{days:.0f} days ago"
    detail = f"one was kept, learnt {since}: {kept.lesson.mode.value}"
    data = {"kept": True, "since": round(kept.since, 3), **told(kept.lesson)}
    return Finding("lessons", "ok", detail, data)


def cost(requests: int, dollars: float | None) -> Finding:
    """What the examination took, of requests that a model answered."""
    spent = "an unknown sum" if dollars is None else f"{dollars:.6f} USD"
    detail = f"this examination took {requests} answers of the model and {spent}"
    return Finding("cost", "ok", detail, {"answers": requests, "cost_usd": dollars})


def fallback(model: str | None, found: Sequence[Finding]) -> Finding:
    """What the examination of the fallback comes to, if the settings have one."""
    if model is None:
        return Finding("fallback", "ok", "none is set", {"model": None, "findings": []})
    told = [
        {"name": one.name, "status": one.status, "detail": one.detail, "data": dict(one.data)}
        for one in found
    ]
    data = {"model": model, "findings": told}
    for status in ("failed", "warning"):
        for one in found:
            if one.status == status and one.name != "price":
                return Finding("fallback", status, f"{model}: {one.detail}", data)
    return Finding("fallback", "ok", f"{model} answers, by the same examination", data)


def change(before: Lesson, after: Lesson) -> str:
    """What was refused, where one lesson came after another."""
    if after.mode is not before.mode:
        given_up = {Mode.SCHEMA: "strict", Mode.TOOLS: "json_schema", Mode.TEXT: "tools"}
        return given_up[after.mode]
    if after.room != before.room:
        return str(before.room)
    if after.dropped != before.dropped:
        return ", ".join(sorted(after.dropped - before.dropped))
    if after.any_tool != before.any_tool:
        return "a named tool"
    if after.effort_none != before.effort_none:
        return "tools beside reasoning"
    if after.system_role != before.system_role:
        return "the role system"
    if after.stream != before.stream:
        return "stream"
    if after.stream_usage != before.stream_usage:
        return "the usage of a stream"
    return "a detail"


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), (dict, list))
    except (ValueError, RecursionError):
        return False
