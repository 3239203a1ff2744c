"""What is told of requests: an event of each, and a span of each question to a model.

A question is what the pipeline asks and what it takes to have it answered: retries, other
parameters, more room. The names in a span are those of OpenTelemetry's conventions for
generative AI, of 2026; their status there is still "development".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from summarizer import logs, telemetry
from summarizer.engines.openai.modes import Options
from summarizer.schema import Attempt

#: The conventions' names of providers, by the end of their hosts' names.
_PROVIDERS: Mapping[str, str] = {
    "openai.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "amazonaws.com": "aws.bedrock",
    "api.cohere.com": "cohere",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.perplexity.ai": "perplexity",
    "api.x.ai": "x_ai",
}

#: Why an answer may end. An endpoint might say anything.
_FINISHES = frozenset({"content_filter", "function_call", "length", "stop", "tool_calls"})


def log(entry: Attempt, *, model: str, number: int, status: int | None) -> None:
    """Tell what came of a request, the how manieth it is of its question's call, from 1."""
    level = logs.DEBUG if entry.outcome == "ok" else logs.INFO
    if not logs.enabled(level):
        return
    logs.event(
        "request_answered",
        level,
        endpoint=entry.endpoint,
        model=model,
        mode=entry.mode,
        purpose=entry.purpose,
        window=entry.window,
        attempt=number,
        outcome=entry.outcome,
        status=status,
        input_tokens=entry.input_tokens,
        output_tokens=entry.output_tokens,
        cost_usd=entry.cost_usd,
        seconds=entry.seconds,
        request_id=entry.request_id,
    )


def asked(base_url: str, options: Options) -> dict[str, telemetry.Value]:
    """What is known before the first request: equal for all of an engine."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:  # a request will say so
        port = None
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _provider(host),
        "gen_ai.request.model": options.model,
        "gen_ai.request.max_tokens": options.max_output_tokens,
        "gen_ai.request.temperature": options.temperature,
        "gen_ai.request.reasoning.level": options.reasoning_effort,
        "gen_ai.output.type": "json",
        "server.address": host,
        "server.port": port or (80 if parts.scheme == "http" else 443),
    }


def answered(
    attempts: Sequence[Attempt], finish: str | None, *, is_model: Callable[[str], bool]
) -> dict[str, telemetry.Value]:
    """What its requests came to. Tokens are those of all of them, None if none was told.

    `finish` is why the last answer ended, and `is_model` says whether what the endpoint
    calls its model may be shown.
    """
    if not attempts:
        return {}
    model = attempts[-1].model
    return {
        "gen_ai.response.model": model if model is not None and is_model(model) else None,
        "gen_ai.response.finish_reasons": [finish] if finish in _FINISHES else None,
        "gen_ai.usage.input_tokens": _sum([a.input_tokens for a in attempts]),
        "gen_ai.usage.output_tokens": _sum([a.output_tokens for a in attempts]),
        "gen_ai.usage.cache_read.input_tokens": _sum([a.cached_input_tokens for a in attempts]),
        "gen_ai.usage.reasoning.output_tokens": _sum([a.reasoning_tokens for a in attempts]),
        "summarizer.purpose": attempts[-1].purpose,
        "summarizer.mode": attempts[-1].mode,
        "summarizer.window": attempts[-1].window,
        "summarizer.requests": len(attempts),
        "summarizer.request_id": attempts[-1].request_id,
    }


def _provider(host: str) -> str:
    """By its host. For another one, the conventions ask for that of the client in use."""
    found = (name for end, name in _PROVIDERS.items() if host == end or host.endswith(f".{end}"))
    return next(found, "openai")


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
