"""The turns that ask a model for an invalid answer again. instructor makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from summarizer.engines.openai.answers import Answer
from summarizer.engines.openai.failures import Invalid
from summarizer.engines.openai.modes import Mode, Turn

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion


class _Problem(Exception):
    """Carries what is wrong with an answer to instructor, in the fewest words."""


def turns(asked: Sequence[Turn], mode: Mode, invalid: Invalid) -> list[Turn]:
    """The turns asked, the invalid answer, and what is wrong with it.

    instructor's handler for a mode knows how an answer and its correction are written in
    it: a function call, for one, must be followed by a message for each of its calls.
    """
    import instructor.v2 as instructor

    names = {
        Mode.STRICT: instructor.Mode.JSON_SCHEMA,
        Mode.SCHEMA: instructor.Mode.JSON_SCHEMA,
        Mode.TOOLS: instructor.Mode.TOOLS,
        Mode.TEXT: instructor.Mode.MD_JSON,
    }
    handlers = instructor.mode_registry.get_handlers(instructor.Provider.OPENAI, names[mode])
    made: dict[str, Any] = handlers.reask_handler(
        kwargs={"messages": list(asked)},
        response=_completion(invalid.answer),
        exception=_Problem(invalid.problem),
    )
    return list(made["messages"])


def _completion(answer: Answer) -> ChatCompletion | None:
    """The answer as the SDK has it, of which only the message counts; None if it is empty.

    instructor then asks in a message of the user alone: an assistant that said nothing is
    refused by some providers.
    """
    if not any(answer.candidates):
        return None
    from openai.types.chat import ChatCompletion

    message: dict[str, Any] = {"role": "assistant", "content": answer.content}
    if answer.calls:
        message["tool_calls"] = [
            {
                "id": call.identifier,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in answer.calls
        ]
    return ChatCompletion.model_validate(
        {
            "id": "invalid",
            "object": "chat.completion",
            "created": 0,
            "model": "invalid",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        }
    )
