"""The gold set as an Inspect AI task: `inspect eval evals/inspect_task.py --model ...`.

Inspect's model stands in the place of an engine, so that prompts, grounding and repair are
those of the package. A sample's score is a dictionary of counts, two for each field: what
was found and what was counted, of which F1 is the quotient. Counts, unlike shares, may be
averaged over epochs and then pooled over samples.

Needs the optional extra `inspect`.
"""

# The extra is optional, so types may be checked where it is not installed.
# mypy: disable-error-code="import-not-found,untyped-decorator,no-any-return"

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    ResponseSchema,
    get_model,
)
from inspect_ai.scorer import (
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    metric,
    scorer,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import json_schema
from pydantic import ValidationError

from evals import data
from evals.answering import ask
from evals.data import Corpus
from evals.prediction import Prediction, from_summary
from evals.scoring import ArticleScore, Tally, score
from summarizer import Settings, Summarizer, Summary
from summarizer.draft import Draft
from summarizer.engines.base import Completion, Message, Request
from summarizer.errors import ContentFiltered, InvalidAnswer
from summarizer.schema import FIELD_NAMES, Attempt

_MESSAGES: Mapping[str, type[ChatMessage]] = {
    "system": ChatMessageSystem,
    "user": ChatMessageUser,
    "assistant": ChatMessageAssistant,
}


@task
def summaries(directory: str | None = None) -> Task:
    """Summarize every article of a data directory; the project's own five by default."""
    corpus = data.load(Path(directory) if directory else data.DEFAULT_DATA)
    samples = [Sample(input=case.text, target="", id=case.name) for case in corpus.cases]
    return Task(
        dataset=MemoryDataset(samples, name="summaries"),
        solver=summarized(corpus),
        scorer=counted(corpus),
    )


@solver
def summarized(corpus: Corpus) -> Solver:
    """Run the package's pipeline with Inspect's model."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 - the pipeline generates
        engine = InspectEngine(get_model())
        settings = Settings.load(environ={}, env_file=Path(os.devnull))
        summarizer = Summarizer(settings, engine=engine)
        answer = await ask(corpus.case(str(state.sample_id)), summarizer)
        if engine.output is not None:
            state.output = engine.output
        state.store.set("failure", answer.failure)
        if answer.summary is not None:
            state.store.set("summary", answer.summary.model_dump(mode="json"))
        return state

    return solve


class InspectEngine:
    """An engine that asks Inspect's model. `output` is the last thing it said."""

    name = "inspect"
    prompted = True
    fingerprint = None
    input_characters = None

    def __init__(self, model: Model) -> None:
        self._model = model
        self.output: ModelOutput | None = None

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self._model)

    async def complete(self, request: Request) -> Completion:
        """One answer by JSON schema. Raises InvalidAnswer or ContentFiltered."""
        schema = ResponseSchema(name="draft", json_schema=json_schema(Draft), strict=True)
        started = time.monotonic()
        output = await self._model.generate(
            [_message(turn) for turn in request.messages],
            config=GenerateConfig(response_schema=schema),
        )
        self.output = output
        usage = output.usage
        attempt = Attempt(
            purpose=request.purpose,
            mode="json_schema",
            outcome="ok",
            seconds=time.monotonic() - started,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
        )
        if output.stop_reason == "content_filter":
            raise ContentFiltered("the provider's filter stopped the answer", attempts=(attempt,))
        try:
            draft = Draft.model_validate_json(output.completion)
        except ValidationError:
            raise InvalidAnswer("the answer does not fit the schema", attempts=(attempt,)) from None
        return Completion(draft, "json_schema", (attempt,))

    async def aclose(self) -> None:
        """Inspect owns the connection."""


@metric(scores="reduced")
def f1() -> Metric:
    """F1 of each field in per cent, from counts pooled over samples, and their mean."""

    def compute(scores: list[SampleScore]) -> dict[str, float]:
        found: dict[str, float] = {}
        for name in FIELD_NAMES:
            right, counted = (
                sum(_count(each.score.value, f"{name}_{kind}") for each in scores)
                for kind in ("found", "counted")
            )
            if counted:
                found[name] = 100 * 2 * right / counted
        found["mean"] = sum(found.values()) / len(found) if found else 0.0
        return found

    return compute


@scorer(metrics=[f1()])
def counted(corpus: Corpus) -> Scorer:
    """Score the Summary in the store; a failure scores as an empty one."""

    async def judged(state: TaskState, target: Target) -> Score:  # noqa: ARG001 - the gold is the corpus's
        case = corpus.case(str(state.sample_id))
        kept = state.store.get("summary")
        prediction = (
            Prediction(failure=state.store.get("failure"))
            if kept is None
            else from_summary(await asyncio.to_thread(Summary.model_validate, kept))
        )
        result = score(case, prediction)
        return Score(
            value=counts(result),
            answer=state.output.completion,
            explanation="\n".join(_reasons(result)) or "nothing is missing",
        )

    return judged


def counts(result: ArticleScore) -> dict[str, str | int | float | bool | None]:
    """Found and counted for each field: F1 is 2 · found / counted."""
    values: dict[str, str | int | float | bool | None] = {}
    for name in FIELD_NAMES:
        tally: Tally = result.fields[name].strict
        values[f"{name}_found"] = tally.vital_found
        claimed = tally.vital_found + tally.incorrect + tally.spurious
        values[f"{name}_counted"] = claimed + tally.vital
    return values


def _message(turn: Message) -> ChatMessage:
    return _MESSAGES[turn.role](content=turn.content)


def _count(value: Any, key: str) -> float:
    return float(value[key]) if isinstance(value, dict) else 0.0


def _reasons(result: ArticleScore) -> Sequence[str]:
    from evals.tables import verdict_lines

    return verdict_lines(result)
