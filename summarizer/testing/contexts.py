"""How real endpoints say that a request is longer than the model's context.

Each is as public issue threads or public code show it; the numbers are put in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from summarizer.testing.replies import Reply, error

#: Makes the reply from the model's limit and from what was sent, both in tokens.
TooLong = Callable[[int, int], Reply]


def _openai(limit: int, sent: int) -> Reply:
    return error(
        400,
        f"This model's maximum context length is {limit} tokens. However, your messages "
        f"resulted in {sent} tokens. Please reduce the length of the messages.",
        code="context_length_exceeded",
        param="messages",
    )


def _openai_input(limit: int, sent: int) -> Reply:
    return error(
        400,
        f"Input tokens exceed the configured limit of {limit} tokens. Your messages resulted "
        f"in {sent} tokens. Please reduce the length of the messages.",
        code="context_length_exceeded",
        param="messages",
    )


def _vllm(limit: int, sent: int) -> Reply:
    words = (
        f"This model's maximum context length is {limit} tokens. However, you requested "
        f"{sent} tokens in the messages, Please reduce the length of the messages."
    )
    return _bare(400, {"object": "error", "message": words, "type": "BadRequestError", "code": 400})


def _vllm_input(limit: int, sent: int) -> Reply:
    return error(
        400,
        f"You passed {sent} input tokens and requested 0 output tokens. However, the model's "
        f"context length is only {limit} tokens, resulting in a maximum input length of {limit} "
        f"tokens. Please reduce the length of the input prompt. (parameter=input_tokens, "
        f"value={sent})",
        kind="BadRequestError",
        param="input_tokens",
        code=400,
    )


def _llamacpp(limit: int, sent: int) -> Reply:
    found = {
        "code": 400,
        "message": "the request exceeds the available context size. try increasing the context "
        "size or enable context shift",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": sent,
        "n_ctx": limit,
    }
    return _bare(400, {"error": found})


def _llamacpppython(limit: int, sent: int) -> Reply:
    return error(
        400,
        f"This model's maximum context length is {limit} tokens. However, you requested {sent} "
        f"tokens ({sent} in the messages, 0 in the completion). Please reduce the length of the "
        "messages or completion.",
        param="messages",
        code="context_length_exceeded",
    )


def _llamacpppython_plain(limit: int, sent: int) -> Reply:
    words = f"Requested tokens ({sent}) exceed context window of {limit}"
    return error(500, words, kind="internal_server_error")


def _lmstudio(limit: int, sent: int) -> Reply:
    words = (
        f"Trying to keep the first {sent} tokens when context the overflows. However, the model "
        f"is loaded with context length of only {limit} tokens, which is not enough. Try to load "
        "the model with a larger context length, or provide a shorter input"
    )
    return _bare(400, {"error": words})


def _openrouter(limit: int, sent: int) -> Reply:
    words = (
        f"This endpoint's maximum context length is {limit} tokens. However, you requested about "
        f"{sent} tokens ({sent} of text input). Please reduce the length of either one, or use "
        'the "middle-out" transform to compress your prompt automatically.'
    )
    return _bare(400, {"error": {"message": words, "code": 400}})


def _anthropic(limit: int, sent: int) -> Reply:
    words = f"prompt is too long: {sent} tokens > {limit} maximum"
    found = {"type": "invalid_request_error", "message": words}
    return _bare(400, {"type": "error", "error": found})


def _gemini(limit: int, sent: int) -> Reply:
    words = (
        f"The input token count ({sent}) exceeds the maximum number of tokens allowed ({limit})."
    )
    found = {"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}}
    return _bare(400, [found])


def _mistral(limit: int, sent: int) -> Reply:
    words = f"Prompt contains {sent} tokens, too large for model with {limit} maximum context"
    return _bare(400, {"object": "error", "message": words, "type": "invalid_request_prompt"})


def _xai(limit: int, sent: int) -> Reply:
    words = f"This model's maximum prompt length is {limit} but the request contains {sent} tokens."
    return _bare(400, {"code": "Client specified an invalid argument", "error": words})


def _groq(_limit: int, _sent: int) -> Reply:
    return error(
        413,
        "Please reduce the length of the messages or completion.",
        code="context_length_exceeded",
        param="messages",
    )


def _bedrock(_limit: int, _sent: int) -> Reply:
    return _bare(400, {"message": "Input is too long for requested model."})


def _proxy(_limit: int, _sent: int) -> Reply:
    page = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
    return Reply(status=413, body=page, headers={"content-type": "text/html"})


def _bare(status: int, body: Any) -> Reply:
    return Reply(status=status, body=body)


#: Every known wording by its name. The last three do not tell the numbers.
TOO_LONG: Mapping[str, TooLong] = {
    "openai": _openai,
    "openai/input": _openai_input,
    "vllm": _vllm,
    "vllm/input": _vllm_input,
    "llamacpp": _llamacpp,
    "llamacpppython": _llamacpppython,
    "llamacpppython/plain": _llamacpppython_plain,
    "lmstudio": _lmstudio,
    "openrouter": _openrouter,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "mistral": _mistral,
    "xai": _xai,
    "groq": _groq,
    "bedrock": _bedrock,
    "proxy": _proxy,
}
