"""How real providers word the refusal of a parameter.

Each is as public issue threads or public code show it, shortened where it goes on about
where to read more. Names of models and of our schema are put in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from summarizer.testing.replies import Reply


@dataclass(frozen=True, slots=True)
class Refusal:
    """An endpoint that does not take `parameter`, and how it says so.

    `parameter` is a property of the request, or one of: `json_schema` and `strict` (of
    response_format), `named_tool` (of tool_choice), `stream` (if it is true), `system` (a
    message with that role), `tools+reasoning` (tools without `reasoning_effort` none).
    """

    name: str
    parameter: str
    status: int
    body: Any

    def met(self, request: Mapping[str, Any]) -> bool:
        """Whether the request holds what is refused."""
        sent = _SENT.get(self.parameter)
        return sent(request) if sent is not None else self.parameter in request

    def reply(self) -> Reply:
        """The refusal."""
        return Reply(status=self.status, body=self.body)


def _response_format(request: Mapping[str, Any]) -> dict[str, Any]:
    found = request.get("response_format")
    return found if isinstance(found, dict) else {}


def _has_system(request: Mapping[str, Any]) -> bool:
    return any(message.get("role") == "system" for message in request.get("messages", ()))


_SENT: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "json_schema": lambda body: _response_format(body).get("type") == "json_schema",
    "named_tool": lambda body: isinstance(body.get("tool_choice"), dict),
    "stream": lambda body: bool(body.get("stream")),
    "strict": lambda body: bool(_response_format(body).get("json_schema", {}).get("strict")),
    "system": _has_system,
    "tools+reasoning": lambda body: "tools" in body and body.get("reasoning_effort") != "none",
}


def _openai(
    name: str,
    parameter: str,
    message: str,
    param: str | None = None,
    code: str | int | None = None,
    *,
    status: int = 400,
) -> Refusal:
    """A refusal in OpenAI's form, which most others keep to."""
    body = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refusal(name, parameter, status, {"error": body})


def _vllm(message: str) -> Any:
    kind = "BadRequestError"
    return {"object": "error", "message": message, "type": kind, "param": None, "code": 400}


_EXTRA = {
    "type": "extra_forbidden",
    "loc": ["body", "max_completion_tokens"],
    "msg": "Extra inputs are not permitted",
    "input": 4096,
}

_ALL = (
    _openai(
        "openai/json_schema",
        "json_schema",
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with "
        "this model. Learn more about supported models at the Structured Outputs guide.",
    ),
    _openai(
        "openai/schema",
        "strict",
        "Invalid schema for response_format 'draft': In context=(), 'additionalProperties' "
        "is required to be supplied and to be false.",
        "response_format",
    ),
    _openai(
        "openai/temperature",
        "temperature",
        "Unsupported value: 'temperature' does not support 0 with this model. Only the "
        "default (1) value is supported.",
        "temperature",
        "unsupported_value",
    ),
    _openai(
        "openai/max_tokens",
        "max_tokens",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.",
        "max_tokens",
        "unsupported_parameter",
    ),
    _openai(
        "openai/room",
        "max_completion_tokens",
        "max_tokens is too large: 100000. This model supports at most 16384 completion "
        "tokens, whereas you provided 100000.",
        "max_tokens",
        "invalid_value",
    ),
    _openai(
        "openai/reasoning_effort",
        "reasoning_effort",
        "Unrecognized request argument supplied: reasoning_effort",
    ),
    _openai(
        "openai/tools+reasoning",
        "tools+reasoning",
        "Function tools with reasoning_effort are not supported for gpt-6-luna in "
        "/v1/chat/completions. To use function tools, use /v1/responses or set "
        "reasoning_effort to 'none'.",
        "reasoning_effort",
    ),
    _openai(
        "azure/json_schema",
        "json_schema",
        "response_format value as json_schema is enabled only for api versions "
        "2024-08-01-preview and later",
        None,
        "BadRequest",
    ),
    _openai(
        "azure/max_completion_tokens",
        "max_completion_tokens",
        "Unrecognized request argument supplied: max_completion_tokens",
    ),
    Refusal(
        "vllm/max_completion_tokens",
        "max_completion_tokens",
        400,
        _vllm(
            "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': "
            "'Extra inputs are not permitted', 'input': 4096}]"
        ),
    ),
    Refusal(
        "vllm/tools",
        "tools",
        400,
        _vllm(
            '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
        ),
    ),
    Refusal("vllm/system", "system", 400, _vllm("System role not supported")),
    Refusal(
        "vllm/room",
        "max_completion_tokens",
        400,
        _vllm(
            "This model's maximum context length is 6048 tokens. However, you requested 6616 "
            "tokens (568 in the messages, 6048 in the completion). Please reduce the length of "
            "the messages or completion."
        ),
    ),
    Refusal(
        "llamacpp/tools",
        "tools",
        500,
        {"code": 500, "message": "Unsupported param: tools", "type": "server_error"},
    ),
    Refusal(
        "llamacpp/json_schema",
        "json_schema",
        500,
        {
            "error": {
                "code": 500,
                "message": 'response_format type must be one of "text" or "json_object", but '
                "got: json_schema",
                "type": "server_error",
            }
        },
    ),
    Refusal(
        "llamacpppython/json_schema",
        "json_schema",
        500,
        {
            "error": {
                "message": "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'),"
                " 'msg': \"Input should be 'text' or 'json_object'\", 'input': 'json_schema'}]",
                "type": "internal_server_error",
                "param": None,
                "code": None,
            }
        },
    ),
    Refusal(
        "lmstudio/tool_choice",
        "named_tool",
        400,
        {
            "error": "Invalid tool_choice type: 'object'. Supported string values: none, auto, "
            "required"
        },
    ),
    Refusal(
        "llamacpp/grammar",
        "json_schema",
        400,
        {
            "code": 400,
            "message": "Failed to initialize samplers: Unexpected empty grammar stack after "
            "accepting piece: <think> (248068)",
            "type": "invalid_request_error",
        },
    ),
    _openai(
        "ollama/tools",
        "tools",
        "registry.ollama.ai/library/gemma:2b does not support tools",
    ),
    _openai(
        "ollama/thinking",
        "reasoning_effort",
        '"llama3.1:8b" does not support thinking',
    ),
    _openai(
        "ollama/think_value",
        "reasoning_effort",
        'think value "medium" is not supported for this model',
    ),
    Refusal(
        "openrouter/tools",
        "tools",
        404,
        {
            "error": {
                "message": "No endpoints found that support tool use. To learn more about "
                "provider routing, visit the documentation.",
                "code": 404,
            }
        },
    ),
    Refusal(
        "openrouter/tool_choice",
        "named_tool",
        404,
        {
            "error": {
                "message": "No endpoints found that support the provided 'tool_choice' value.",
                "code": 404,
            }
        },
    ),
    Refusal(
        "openrouter/parameters",
        "json_schema",
        404,
        {
            "error": {
                "message": "No endpoints found that can handle the requested parameters.",
                "code": 404,
            }
        },
    ),
    _openai(
        "litellm/reasoning_effort",
        "reasoning_effort",
        "litellm.UnsupportedParamsError: vertex_ai does not support parameters: "
        "['reasoning_effort'], for model=gemini-2.5-pro. To drop these, set "
        "`litellm.drop_params=True`",
        None,
        "400",
    ),
    _openai(
        "litellm/response_format",
        "response_format",
        "litellm.UnsupportedParamsError: ollama does not support parameters: "
        "['response_format'], for model=m. To drop these, set `litellm.drop_params=True`",
        None,
        "400",
    ),
    _openai(
        "litellm/temperature",
        "temperature",
        "litellm.UnsupportedParamsError: gpt-5 doesn't support temperature=0 while reasoning is "
        "active. Only temperature=1 is supported unless reasoning_effort resolves to 'none', "
        "either set explicitly on the request or declared as the model's "
        "default_reasoning_effort. To drop unsupported params set `litellm.drop_params = True`",
        None,
        "400",
    ),
    # What stands before a server of its own kind, here llama-cpp-python, and passes it on.
    Refusal(
        "litellm/json_schema",
        "json_schema",
        500,
        {
            "error": {
                "message": "litellm.InternalServerError: InternalServerError: OpenAIException - "
                "1 validation error:\n  {'type': 'literal_error', 'loc': ('body', "
                "'response_format', 'type'), 'msg': \"Input should be 'text' or "
                "'json_object'\", 'input': 'json_schema', 'ctx': {'expected': \"'text' or "
                "'json_object'\"}}\n\nLiteLLM: model group 'm' failed with the error above. No "
                "fallback was attempted.",
                "type": "internal_server_error",
                "param": None,
                "code": "500",
            }
        },
    ),
    _openai(
        "deepseek/json_schema",
        "json_schema",
        "This response_format type is unavailable now",
        None,
        "invalid_request_error",
    ),
    _openai(
        "deepseek/json_schema-422",
        "json_schema",
        "Failed to deserialize the JSON body into the target type: response_format: "
        "response_format.type `json_schema` is unavailable now at line 1 column 12440",
        status=422,
    ),
    _openai(
        "groq/reasoning_effort",
        "reasoning_effort",
        "`reasoning_effort` must be one of `none` or `default`",
    ),
    _openai(
        "volcengine/room",
        "max_completion_tokens",
        "The parameter `max_completion_tokens` specified in the request are not valid: integer "
        "above maximum value, expected a value <= 12288, but got 32000 instead.",
        "max_completion_tokens",
        "InvalidParameter",
    ),
    _openai(
        "groq/json_schema",
        "json_schema",
        "This model does not support response format `json_schema`.",
        "response_format",
    ),
    Refusal(
        "groq/schema",
        "strict",
        400,
        {
            "error": {
                "message": "invalid schema for response format: response_format/json_schema/"
                "draft: minItems is not supported",
                "type": "invalid_request_error",
            }
        },
    ),
    Refusal(
        "mistral/max_completion_tokens",
        "max_completion_tokens",
        422,
        {
            "object": "Error",
            "detail": [_EXTRA],
            "message": [_EXTRA],
            "type": "invalid_request_error",
            "code": 3001,
        },
    ),
    _openai(
        "serde/reasoning_effort",
        "reasoning_effort",
        "Failed to deserialize the JSON body into the target type: reasoning_effort: "
        "unknown field `reasoning_effort`, expected one of `messages`, `model`, "
        "`max_tokens`, `max_completion_tokens`, `response_format`, `temperature`, `tools`, "
        "`tool_choice` at line 1 column 212",
        status=422,
    ),
    _openai(
        "moonshot/tool_choice",
        "tool_choice",
        "tool_choice 'specified' is incompatible with thinking enabled",
    ),
    Refusal(
        "gemini/schema",
        "json_schema",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": 'Invalid JSON payload received. Unknown name "$schema" at '
                    "'generation_config.response_schema': Cannot find field.",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
    ),
    Refusal(
        "xai/reasoning_effort",
        "reasoning_effort",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Model grok-4-latest does not support parameter reasoningEffort.",
        },
    ),
)

#: Every known refusal by its name, `provider/what`.
REFUSALS: Mapping[str, Refusal] = {refusal.name: refusal for refusal in _ALL}
