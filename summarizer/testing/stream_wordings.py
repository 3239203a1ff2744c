"""How real providers refuse `stream` and `stream_options`; see `wordings`."""

from __future__ import annotations

from collections.abc import Mapping

from summarizer.testing.wordings import Refusal


def _error(
    name: str,
    parameter: str,
    message: str,
    *,
    status: int = 400,
    param: str | None = None,
    code: str | None = None,
) -> Refusal:
    body = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refusal(name, parameter, status, {"error": body})


_ALL = (
    _error(
        "openai/stream",
        "stream",
        "Your organization must be verified to stream this model. If you just verified, it can "
        "take up to 15 minutes for access to propagate.",
        param="stream",
        code="unsupported_value",
    ),
    _error(
        "openai/stream-value",
        "stream",
        "Unsupported value: 'stream' does not support true with this model. Only the default "
        "(false) value is supported.",
        param="stream",
        code="unsupported_value",
    ),
    _error(
        "openai/stream_options",
        "stream_options",
        "Unknown parameter: 'stream_options'.",
        param="stream_options",
        code="unknown_parameter",
    ),
    _error(
        "azure/stream_options",
        "stream_options",
        "Unrecognized request argument supplied: stream_options",
    ),
    Refusal(
        "azure/stream_options-extra",
        "stream_options",
        400,
        {
            "detail": "Extra parameters ['stream_options'] are not allowed when extra-parameters "
            "is not set or set to be 'error'."
        },
    ),
    _error(
        "fireworks/stream_options",
        "stream_options",
        "Extra inputs are not permitted, field: 'stream_options'",
    ),
    Refusal(
        "mistral/stream_options",
        "stream_options",
        422,
        {
            "object": "error",
            "message": {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "stream_options", "include_usage"],
                        "msg": "Extra inputs are not permitted",
                        "input": True,
                    }
                ]
            },
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        },
    ),
)

#: Every known refusal of a stream by its name, `provider/what`.
STREAM_REFUSALS: Mapping[str, Refusal] = {refusal.name: refusal for refusal in _ALL}
