"""Fakes for tests and for trying things out: no model is behind any of them.

`ScriptedEngine` stands in for an engine, without HTTP. `LoopbackServer` is a real HTTP
server on this machine that speaks OpenAI's protocols for chat completions, files and batches,
faults included;
`python -m summarizer.testing` runs one from a shell.

What a fake answers says nothing about how well a model would do.
"""

from summarizer.testing import answers
from summarizer.testing.batch_routes import BatchAPI
from summarizer.testing.batches import BatchRules
from summarizer.testing.contexts import TOO_LONG
from summarizer.testing.faults import FAULTS, Faults
from summarizer.testing.http import Received
from summarizer.testing.ports import unreachable
from summarizer.testing.replies import Reply
from summarizer.testing.scripted import ScriptedEngine
from summarizer.testing.server import LoopbackServer
from summarizer.testing.stream_wordings import STREAM_REFUSALS
from summarizer.testing.wordings import REFUSALS, Refusal

__all__ = [
    "FAULTS",
    "REFUSALS",
    "STREAM_REFUSALS",
    "TOO_LONG",
    "BatchAPI",
    "BatchRules",
    "Faults",
    "LoopbackServer",
    "Received",
    "Refusal",
    "Reply",
    "ScriptedEngine",
    "answers",
    "unreachable",
]
