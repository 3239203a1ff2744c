"""Fakes for tests and for trying things out: no model is behind any of them.

`ScriptedEngine` stands in for an engine, without HTTP. `LoopbackServer` is a real HTTP
server on this machine that speaks the OpenAI chat completions protocol, faults included;
`python -m summarizer.testing` runs one from a shell.

What a fake answers says nothing about how well a model would do.
"""

from summarizer.testing.faults import Faults
from summarizer.testing.http import Received
from summarizer.testing.replies import Reply
from summarizer.testing.scripted import ScriptedEngine
from summarizer.testing.server import LoopbackServer
from summarizer.testing.wordings import REFUSALS, Refusal

__all__ = [
    "REFUSALS",
    "Faults",
    "LoopbackServer",
    "Received",
    "Refusal",
    "Reply",
    "ScriptedEngine",
]
