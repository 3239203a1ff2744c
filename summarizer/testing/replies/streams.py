"""Answers whose events go wrong. Asked for without `stream`, each is a plain right answer."""

from __future__ import annotations

import json

from summarizer.testing.replies.reply import Content, Reply, text_of


def stream_cut(draft: Content, *, after: int = 400) -> Reply:
    """The connection is reset within the events, after so many bytes."""
    return Reply(content=text_of(draft), cut=after)


def stream_ended(draft: Content, *, events: int = 3) -> Reply:
    """The stream ends as if it were whole, without the rest, a reason or `[DONE]`."""
    return Reply(content=text_of(draft), events=events)


def stream_without_done(draft: Content) -> Reply:
    """Everything but `[DONE]`."""
    return Reply(content=text_of(draft), done=False)


def stream_garbage(draft: Content) -> Reply:
    """An event in the middle that is no JSON."""
    return Reply(content=text_of(draft), wedge=b'data: {"choices": [{"delta\n\n')


def stream_comments(draft: Content) -> Reply:
    """A comment in the middle, which the format allows and gateways send to keep awake."""
    return Reply(content=text_of(draft), wedge=b": PROCESSING\n\n")


def stream_error(draft: Content, *, code: int | str = 502) -> Reply:
    """An error as the last event of a stream that breaks off."""
    event = {"error": {"message": "Provider disconnected", "code": code}}
    wedge = b"data: " + json.dumps(event).encode() + b"\n\n"
    return Reply(content=text_of(draft), events=3, wedge=wedge)


def stream_ignored(draft: Content) -> Reply:
    """Plain JSON, although a stream was asked for."""
    return Reply(content=text_of(draft), as_stream=False)


def stream_unasked(draft: Content) -> Reply:
    """A stream, although none was asked for."""
    return Reply(content=text_of(draft), as_stream=True)


def stream_without_usage(draft: Content) -> Reply:
    """A stream that does not say what it took, although that was asked for."""
    return Reply(content=text_of(draft), usage=False)
