"""Baselines, the seeded regression, and comparing runs by name."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from evals import baseline as baselines
from evals import cli, data, gate, loopback
from evals.baseline import Baseline
from evals.compare import compare
from evals.data import Case, Corpus
from evals.errors import ConfigurationError, ExitCode
from evals.prediction import Prediction, from_record
from evals.running import manifest as manifests
from evals.running.manifest import Digests
from evals.scored import score_all
from summarizer.draft import Draft
from summarizer.testing import LoopbackServer

CORPUS = data.load()
NAME = "newstrack-embassy-reacts"


def without_reaction(prediction: Prediction) -> Prediction:
    """The answer without its first reaction, which is a vital one here."""
    return Prediction({**prediction.items, "reactions": prediction.of("reactions")[1:]})


def answers(change: Callable[[Prediction], Prediction] | None = None) -> Mapping[str, Prediction]:
    """A reader's answers, one article's changed."""
    given = {case.name: from_record(case.readers["b"]) for case in CORPUS.cases}
    if change is not None:
        given[NAME] = change(given[NAME])
    return given


def manifest(**changes: Any) -> manifests.Manifest:
    values: dict[str, Any] = {
        "created": "2024-06-01T00:00:00Z",
        "engine": "openai",
        "model": "loopback",
        "prompt": "p@1",
        "deterministic": False,
        "host": "127.0.0.1",
        "settings": {},
        "repeats": 5,
        "digests": Digests.of(CORPUS),
        "package_version": "0",
        "git_commit": None,
    }
    return manifests.Manifest.model_validate({**values, **changes})


def blessed(*repeats: Mapping[str, Prediction], **changes: Any) -> Baseline:
    scores = score_all(CORPUS, repeats, sensitivity=()).scores
    made = manifest(repeats=len(repeats), **changes)
    return Baseline.of(made, Digests.of(CORPUS), scores)


def test_a_baseline_comes_back_as_it_was_written(tmp_path: Path) -> None:
    made = blessed(*[answers()] * 5)
    path = tmp_path / "baseline.json"
    baselines.write(made, path)
    assert baselines.read(path) == made
    assert baselines.read(path).side == made.side
    assert len(made.side.found) == 61
    assert set(made.side.found.values()) == {5}


def test_a_baseline_judges_itself_unchanged() -> None:
    made = blessed(*[answers()] * 5)
    assert gate.decide(made.side, made.side).passed


def test_one_vital_reaction_lost_is_caught_and_named() -> None:
    before = blessed(*[answers()] * 5)
    after = blessed(*[answers(without_reaction)] * 5)
    verdict = gate.decide(before.side, after.side)
    assert not verdict.passed
    assert [item[:2] for item in verdict.lost] == [(NAME, "reactions")]
    assert "US embassy" in verdict.lost[0][2]
    assert verdict.fields["reactions"].worse
    assert not verdict.fields["who"].worse


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"engine": "extractive"}, "the baseline is of the openai engine"),
        ({"repeats": 4}, "the run has 4 repeats"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        blessed(*[answers()] * 5).check(manifest(**change), Digests.of(CORPUS))


def test_another_model_or_prompt_is_what_is_compared() -> None:
    made = blessed(*[answers()] * 5)
    made.check(manifest(model="another", prompt="q@2"), Digests.of(CORPUS))


def test_few_repeats_do_for_a_deterministic_engine_alone() -> None:
    single = blessed(answers(), deterministic=True)
    single.check(manifest(deterministic=True, repeats=1), Digests.of(CORPUS))
    with pytest.raises(ConfigurationError, match="the baseline has 1 repeats"):
        blessed(answers()).check(manifest(), Digests.of(CORPUS))


@pytest.mark.parametrize("name", ["gold", "scorer", "output_schema"])
def test_changed_gold_scorer_or_schema_is_refused(name: str) -> None:
    digests = Digests.of(CORPUS)
    other = digests.model_copy(update={name: "0" * 64})
    with pytest.raises(ConfigurationError, match=f"with other {name}"):
        blessed(*[answers()] * 5).check(manifest(), other)


def test_the_scorer_is_the_same_for_the_same_articles_only() -> None:
    cases = CORPUS.cases
    assert manifests.scorer_digest(cases) == manifests.scorer_digest(cases)
    other = dataclasses.replace(cases[0], text=cases[0].text + "\nIt was on 9 July 2031.\n")
    assert manifests.scorer_digest((other,)) != manifests.scorer_digest(cases[:1])


def test_a_baseline_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    with pytest.raises(ConfigurationError, match="No such file"):
        baselines.read(path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="engine: Field required"):
        baselines.read(path)


# Comparing


def test_comparing_names_what_was_gained_and_lost() -> None:
    one = score_all(CORPUS, [answers()], sensitivity=()).scores
    other = score_all(CORPUS, [answers(without_reaction), answers()], sensitivity=()).scores
    found = compare(one, other)
    ((item, shares),) = found.lost.items()
    assert (item[:2], shares) == ((NAME, "reactions"), (1.0, 0.5))
    assert found.gained == {}
    assert compare(other, one).gained == {item: (0.5, 1.0)}
    difference = found.fields["reactions"]
    # One of four lost in one repeat of two: (1 + 6/7) / 2 - 1.
    assert difference.value == pytest.approx((1 + 6 / 7) / 2 - 1)
    assert found.fields["what"].value == 0
    headline = found.fields[None]
    assert headline.value == pytest.approx(((1 + 6 / 7) / 2 - 1) / 6)
    assert headline.interval is not None
    assert headline.interval.low < 0


def test_a_run_compared_with_itself_has_no_difference() -> None:
    one = score_all(CORPUS, [answers()], sensitivity=()).scores
    found = compare(one, one)
    assert found.moved == {}
    assert {each.value for each in found.fields.values()} == {0.0}


def test_runs_about_different_articles_are_not_compared() -> None:
    one = score_all(CORPUS, [answers()], sensitivity=()).scores
    with pytest.raises(ValueError, match="different articles"):
        compare(one, [one[0][1:]])


# From run to exit code, over HTTP


def dropping(case: Case) -> Draft:
    """What the reader says of the article, without the first reaction."""
    draft = loopback.as_draft(case.readers["b"])
    if case.name != NAME:
        return draft
    return draft.model_copy(update={"reactions": draft.reactions[1:]})


def run(corpus: Corpus, out: Path, drafts: Callable[[Case], Draft], repeats: int = 5) -> None:
    """A run against a loopback server that answers with `drafts`."""
    script = loopback.answering({case.text: drafts(case) for case in corpus.cases})
    with LoopbackServer(then=script, keep=0) as server:
        code = cli.main([
            "run", "--engine", "openai", "--model", "loopback", "--base-url", server.base_url,
            "--repeats", str(repeats), "--jobs", "4", "--out", str(out),
        ])  # fmt: skip
    assert code == ExitCode.OK


@pytest.mark.openai
def test_a_seeded_regression_fails_the_gate_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = str(tmp_path / "baseline.json")
    run(CORPUS, tmp_path / "good", lambda case: loopback.as_draft(case.readers["b"]))
    assert cli.main(["bless", str(tmp_path / "good"), "--baseline", baseline]) == ExitCode.OK
    assert cli.main(["gate", str(tmp_path / "good"), "--baseline", baseline]) == ExitCode.OK
    capsys.readouterr()

    run(CORPUS, tmp_path / "bad", dropping)
    assert cli.main(["gate", str(tmp_path / "bad"), "--baseline", baseline]) == ExitCode.REGRESSION
    out = capsys.readouterr().out
    assert "Regression." in out
    assert f"Lost: {NAME} / reactions / 0: spokesperson for the US embassy in Hanoi" in out
    assert "reactions: F1 100.0 → 85.7 on these articles" in out
    assert "smallest drop" in out

    before = Path(baseline).read_bytes()
    assert cli.main(["bless", str(tmp_path / "bad"), "--baseline", baseline]) == 2
    assert "would lower reactions 100.0 → 85.7" in capsys.readouterr().err
    assert Path(baseline).read_bytes() == before
    lower = ["bless", str(tmp_path / "bad"), "--baseline", baseline, "--lower"]
    assert cli.main(lower) == ExitCode.OK
    assert cli.main(["gate", str(tmp_path / "bad"), "--baseline", baseline]) == ExitCode.OK

    capsys.readouterr()
    assert cli.main(["compare", str(tmp_path / "good"), str(tmp_path / "bad")]) == ExitCode.OK
    out = capsys.readouterr().out
    assert f"lost by B:\n  100% → 0%  {NAME} / reactions / 0" in out


@pytest.mark.openai
def test_changed_gold_needs_a_new_blessing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = tmp_path / "baseline.json"
    run(CORPUS, tmp_path / "run", lambda case: loopback.as_draft(case.readers["b"]))
    cli.main(["bless", str(tmp_path / "run"), "--baseline", str(baseline)])
    stale = json.loads(baseline.read_bytes())
    stale["digests"]["gold"] = "0" * 64
    baseline.write_text(json.dumps(stale), encoding="utf-8")
    command = [str(tmp_path / "run"), "--baseline", str(baseline)]
    assert cli.main(["gate", *command]) == ExitCode.CONFIGURATION
    assert cli.main(["bless", *command]) == ExitCode.CONFIGURATION
    assert "blessed with other gold" in capsys.readouterr().err
    assert cli.main(["bless", *command, "--replace"]) == ExitCode.OK
    assert cli.main(["gate", *command]) == ExitCode.OK


@pytest.mark.openai
def test_a_run_that_lacks_answers_has_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(CORPUS, tmp_path / "run", lambda case: loopback.as_draft(case.readers["b"]))
    baseline = str(tmp_path / "baseline.json")
    cli.main(["bless", str(tmp_path / "run"), "--baseline", baseline])
    rows = tmp_path / "run" / "rows.jsonl"
    rows.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[1:]))
    for command in (
        ["gate", str(tmp_path / "run"), "--baseline", baseline],
        ["score", str(tmp_path / "run")],
    ):
        assert cli.main(command) == ExitCode.INCOMPLETE
        assert "1 of 25 answers are missing" in capsys.readouterr().err
