"""Recordings replay through the whole pipeline, and refuse when anything has changed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from evals import cli, data, loopback
from evals.commands.running import RECORDING
from evals.errors import ConfigurationError, ExitCode
from evals.recording import (
    Recorder,
    Recording,
    ReplayEngine,
    ReplayMismatch,
    question_digest,
    schema_digest,
)
from evals.running.building import System
from evals.running.rows import read_rows
from evals.running.runner import ROWS
from summarizer import Article, Settings, Summarizer
from summarizer.engines.base import Message, Request
from summarizer.prompts import PromptSet
from summarizer.testing import ScriptedEngine
from tests.evals_builders import TEXT, case

DRAFT = loopback.as_draft(case().gold)
PROMPTS = PromptSet.load()


def asked(prompts: PromptSet = PROMPTS, text: str = TEXT) -> Request:
    article = Article.from_text(text)
    messages = (
        Message("system", prompts.system),
        Message("user", prompts.render_user(article)),
    )
    return Request(article, messages)


def recorded() -> Recording:
    recorder = Recorder(ScriptedEngine(then=DRAFT))
    anyio.run(recorder.complete, asked())
    return recorder.recording(about="a script", fake=True, prompt=PROMPTS.id)


def test_a_recorded_answer_is_given_again_whatever_the_nonce() -> None:
    engine = ReplayEngine(recorded())
    for _ in range(3):
        assert anyio.run(engine.complete, asked()).draft == DRAFT


def test_answers_to_the_same_question_are_given_in_turn() -> None:
    other = DRAFT.model_copy(update={"who": []})
    recorder = Recorder(ScriptedEngine(DRAFT, other))
    for _ in range(2):
        anyio.run(recorder.complete, asked())
    engine = ReplayEngine(recorder.recording(about="", fake=True, prompt=PROMPTS.id))
    drafts = [anyio.run(engine.complete, asked()).draft for _ in range(4)]
    assert drafts == [DRAFT, other, DRAFT, other]


def test_a_question_that_was_never_asked_is_an_error() -> None:
    engine = ReplayEngine(recorded())
    with pytest.raises(ReplayMismatch, match="no recorded answer to this draft question"):
        anyio.run(engine.complete, asked(text=TEXT + "x"))
    changed = replace(PROMPTS, system=PROMPTS.system + "Be kind.")
    with pytest.raises(ReplayMismatch):
        anyio.run(engine.complete, asked(changed))


def test_a_question_is_its_purpose_roles_and_words() -> None:
    turns = [Message("user", "a"), Message("assistant", "b")]
    digest = question_digest("draft", turns)
    assert question_digest("repair", turns) != digest
    assert question_digest("draft", turns[:1]) != digest
    assert question_digest("draft", [turns[0], Message("user", "b")]) != digest


def test_a_recording_is_its_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "recording.json"
    recorded().write(path)
    assert Recording.read(path, prompt=PROMPTS.id) == recorded()


def test_another_prompt_or_schema_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "recording.json"
    recorded().write(path)
    with pytest.raises(ReplayMismatch, match=f"recorded with the prompt {PROMPTS.id}, not x@1"):
        Recording.read(path, prompt="x@1")
    changed = json.loads(path.read_bytes())
    assert changed["wire_schema"] == schema_digest()
    changed["wire_schema"] = "0" * 64
    path.write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(ReplayMismatch, match="another schema"):
        Recording.read(path, prompt=PROMPTS.id)


@pytest.mark.openai
def test_a_recorded_run_replays_to_the_same_items(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = str(tmp_path / "recording.json")
    made = ["run", "--loopback", "b", "--repeats", "2", "--record", recording]
    assert cli.main([*made, "--out", str(tmp_path / "made")]) == ExitCode.OK
    again = ["run", "--engine", "replay", "--recording", recording, "--repeats", "2"]
    assert cli.main([*again, "--out", str(tmp_path / "again")]) == ExitCode.OK
    one, other = (
        {row.key: row.summary for row in read_rows(tmp_path / name / ROWS)}
        for name in ("made", "again")
    )
    assert len(one) == 2 * len(data.load().cases)
    for key, summary in one.items():
        replayed = other[key]
        assert summary is not None
        assert replayed is not None
        assert summary.spans() == replayed.spans()
    capsys.readouterr()
    assert cli.main(["report", str(tmp_path / "again"), "--markdown", str(tmp_path / "m")]) == 0
    assert "no model" in (tmp_path / "m").read_text(encoding="utf-8")


def test_the_committed_recording_is_marked_as_a_fake() -> None:
    recording = Recording.read(RECORDING, prompt=PROMPTS.id)
    assert recording.fake
    assert recording.about == "reader b's record served by the loopback server: no model"
    assert recording.model == "loopback"


def test_a_changed_prompt_stops_the_replay_loudly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "prompts"
    shutil.copytree(Path(__file__).parent.parent / "prompts", folder)
    system = folder / "summarize" / "system.md"
    system.write_text(system.read_text(encoding="utf-8") + "\nBe kind.\n", encoding="utf-8")
    code = cli.main(
        ["run", "--engine", "replay", "--prompt", str(folder), "--out", str(tmp_path / "run")]
    )
    assert code == ExitCode.CONFIGURATION
    assert "record again" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_pipeline_that_asks_something_else_stops_the_replay_loudly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(RECORDING.read_bytes())
    content["answers"] = content["answers"][1:]
    recording = tmp_path / "recording.json"
    recording.write_text(json.dumps(content), encoding="utf-8")
    code = cli.main([
        "run", "--engine", "replay", "--recording", str(recording), "--out", str(tmp_path / "run"),
    ])  # fmt: skip
    assert code == ExitCode.CONFIGURATION
    assert "no recorded answer" in capsys.readouterr().err


def test_an_engine_without_a_prompt_is_not_recorded() -> None:
    engine = ScriptedEngine(prompted=False)
    settings = Settings.load(environ={}, env_file=Path("none"))
    system = System(Summarizer(settings, engine=engine), prompt=None, deterministic=True)
    with pytest.raises(ConfigurationError, match="prompted engine"):
        system.recorded()
