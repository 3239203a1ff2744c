"""What a model may say, and what its endpoint may make of that."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from summarizer.testing.replies.reply import Content, Reply, text_of


def answer(draft: Content, **changes: Any) -> Reply:
    """A right answer."""
    return replace(Reply(content=text_of(draft)), **changes)


def fenced(draft: Content) -> Reply:
    """The answer in a Markdown fence, with words around it."""
    text = f"Here is the record:\n\n```json\n{text_of(draft)}\n```\n\nLet me know if it helps."
    return Reply(content=text, tool_calls=False)


def thinking(draft: Content) -> Reply:
    """The answer after a reasoning model's thoughts, which hold braces of their own."""
    thought = '<think>\nThe form is {"what": ...}, so {name} goes there.\n</think>\n'
    return Reply(content=thought + text_of(draft), tool_calls=False)


def surrounded(draft: Content) -> Reply:
    """The answer with words before and after it."""
    text = f"Sure {{as asked}}: {text_of(draft)} That is all {{I hope}}."
    return Reply(content=text, tool_calls=False)


def prose(text: str = "The article is about many things.") -> Reply:
    """The schema is ignored: no JSON at all."""
    return Reply(content=text, tool_calls=False)


def other_schema() -> Reply:
    """The schema is ignored: JSON of another shape, although the schema was accepted."""
    record = {"headline": "Crews end a strike", "summary": {"points": ["It ended."]}, "score": 7}
    return Reply(content=json.dumps(record))


def missing_fields(draft: Content) -> Reply:
    """The answer without two of its fields."""
    record = json.loads(text_of(draft))
    return Reply(
        content=json.dumps({k: v for k, v in record.items() if k not in {"when", "where"}})
    )


def extra_fields(draft: Content) -> Reply:
    """The answer with a field that nobody asked for."""
    return Reply(content=json.dumps({**json.loads(text_of(draft)), "confidence": 0.9}))


def invalid_json(text: str = '{"what": {"evidence": ["') -> Reply:
    """An answer that is no JSON, although it was not cut off."""
    return Reply(content=text)


def wrong_types() -> Reply:
    """JSON with wrong types, a missing field and one too many."""
    return Reply(content=json.dumps({"what": "a string", "who": None, "when": {}, "mood": 1}))


def truncated(draft: Content, *, keep: int = 60) -> Reply:
    """The first characters of an answer that ran out of room."""
    return Reply(content=text_of(draft)[:keep], finish_reason="length")


def content_filter() -> Reply:
    """The provider's filter stopped the answer."""
    return Reply(content=None, finish_reason="content_filter", tool_calls=False)


def refused(words: str = "I'm sorry, I can't help with that.") -> Reply:
    """The model declined, in the field that structured outputs have for it."""
    return Reply(content=None, refusal=words, tool_calls=False)


def empty_choices() -> Reply:
    """A completion without a choice."""
    return Reply(choices=False)


def null_content() -> Reply:
    """A message without content."""
    return Reply(content=None, tool_calls=False)


def two_tool_calls(draft: Content) -> Reply:
    """The same call made twice."""
    return Reply(content=text_of(draft), tool_calls=2)


def no_usage(draft: Content) -> Reply:
    """A right answer that does not say what it took."""
    return Reply(content=text_of(draft), usage=False)


def wrong_usage(draft: Content) -> Reply:
    """A right answer whose usage makes no sense."""
    usage = {"prompt_tokens": -5, "completion_tokens": "many", "total_tokens": None}
    return Reply(content=text_of(draft), usage=usage)


def huge_usage(draft: Content) -> Reply:
    """A right answer that says it took more tokens than any model can."""
    huge = 10**30
    usage = {"prompt_tokens": huge, "completion_tokens": huge, "total_tokens": 2 * huge}
    return Reply(content=text_of(draft), usage=usage)


def listed_usage(draft: Content) -> Reply:
    """A right answer whose usage is a list."""
    return Reply(content=text_of(draft), usage=[1, 2, 3])
