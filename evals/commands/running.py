"""`run`, `gate`, `bless`, `compare` and `report`."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio

from evals import baseline as baselines
from evals import data, scored, tables
from evals.baseline import Baseline
from evals.compare import compare as compared
from evals.data import Corpus
from evals.errors import ConfigurationError, EvalsError, ExitCode
from evals.lint import lint
from evals.reporting import facts as facts_of
from evals.reporting import history as histories
from evals.reporting.facts import Facts
from evals.reporting.words import gate_lines
from evals.running.building import System
from evals.running.cache import Cache
from evals.running.manifest import Digests
from evals.running.rows import Row
from evals.running.runner import Outcome, Runner
from evals.running.stored import StoredRun
from evals.vital import ItemName, item_name
from summarizer.schema import FIELD_NAMES

RUNS = data.DEFAULT_DATA / "runs"
RECORDING = data.DEFAULT_DATA / "recordings" / "loopback.json"


@dataclass(frozen=True)
class RunOptions:
    """What `run` was asked for."""

    directory: Path | None
    out: Path | None
    only: tuple[str, ...]
    repeats: int
    jobs: int
    max_cost: float | None
    cache: Path | None
    record: Path | None
    recording: Path | None
    loopback: str | None
    system: dict[str, Any]


def run(options: RunOptions) -> int:
    """Ask for every answer, and say where they are."""
    directory = options.directory or data.DEFAULT_DATA
    findings = lint(directory)
    if findings:
        raise ConfigurationError(
            f"{findings[0]} ({len(findings)} to mend: see `python -m evals lint`)"
        )
    corpus = data.load(directory, only=options.only)
    with _served(corpus, options) as changes:
        system = _system({**options.system, **changes}, options)
        system, recorder = system.recorded() if options.record else (system, None)
        out = options.out or RUNS / _run_name(system)
        outcome = finish(lambda: _asked(corpus, system, out, options))
    if recorder is not None and options.record is not None and outcome.complete:
        about = "; ".join(system.notes) or system.manifest(corpus, 1).name
        fake = options.loopback is not None
        recorder.recording(about=about, fake=fake, prompt=system.prompt or "").write(options.record)
    for reason in outcome.reasons:
        print(f"evals: {reason}", file=sys.stderr)
    answered = outcome.before + outcome.written
    print(f"{answered} of {outcome.expected} answers, {outcome.spent:.4f} USD", file=sys.stderr)
    print(os.path.relpath(out))
    return ExitCode.OK if outcome.complete else ExitCode.INCOMPLETE


def gate(directory: Path, baseline: Path, data_directory: Path | None) -> int:
    """Compare a run with the baseline, and decide."""
    stored = StoredRun.read(directory)
    corpus = stored.corpus(data_directory or data.DEFAULT_DATA)
    result = scored.score_all(corpus, stored.repeats(corpus), sensitivity=())
    judged = facts_of.judge(stored, corpus, result, baselines.read(baseline))
    if judged.verdict is None:
        raise ConfigurationError(judged.refusal or "the two cannot be compared")
    for line in gate_lines(judged, repeats=stored.manifest.repeats):
        print(tables.printable(line))
    return ExitCode.OK if judged.verdict.passed else ExitCode.REGRESSION


def bless(
    directory: Path, baseline: Path, data_directory: Path | None, *, lower: bool, replace_: bool
) -> int:
    """Make a run the baseline."""
    stored = StoredRun.read(directory)
    corpus = stored.corpus(data_directory or data.DEFAULT_DATA)
    result = scored.score_all(corpus, stored.repeats(corpus), sensitivity=())
    new = Baseline.of(stored.manifest, Digests.of(corpus), result.scores)
    new.check(stored.manifest, new.digests)
    if baseline.exists() and not replace_:
        old = baselines.read(baseline)
        old.check(stored.manifest, new.digests)
        lowered = old.lowered(new)
        if lowered and not lower:
            drops = ", ".join(
                f"{name} {tables.percent(old.floors[name])} → {tables.percent(new.floors[name])}"
                for name in lowered
            )
            raise ConfigurationError(f"this would lower {drops}; say --lower if it is meant")
    baselines.write(new, baseline)
    print(f"{os.path.relpath(baseline)}: mean F1 {tables.percent(result.numbers.strict)}")
    return ExitCode.OK


def compare(directories: Sequence[Path], data_directory: Path | None) -> int:
    """Print runs side by side, each against the first."""
    stored = [StoredRun.read(directory) for directory in directories]
    corpus = stored[0].corpus(data_directory or data.DEFAULT_DATA)
    results = [
        scored.score_all(corpus, each.repeats(corpus), sensitivity=()).scores for each in stored
    ]
    columns = [scored.f1_column(scores) for scores in results]
    others = [compared(results[0], scores) for scores in results[1:]]
    letters = [chr(ord("A") + number) for number in range(len(stored))]
    for letter, each in zip(letters, stored, strict=True):
        print(f"{letter}: {tables.printable(each.manifest.name)} ({each.manifest.repeats} repeats)")
    head = ["F1", *letters, *(part for each in letters[1:] for part in (f"{each}-A", "95 %"))]
    rows = []
    for name in (*FIELD_NAMES, None):
        row = [name or "mean", *(tables.percent(column.get(name)) for column in columns)]
        for other in others:
            difference = other.fields[name]
            row += [tables.points(difference.value), tables.span(difference.interval)]
        rows.append(row)
    print("\n" + tables.table(head, rows))
    for letter, other in zip(letters[1:], others, strict=True):
        _print_moved(f"gained by {letter}", other.gained)
        _print_moved(f"lost by {letter}", other.lost)
    return ExitCode.OK


@dataclass(frozen=True)
class ReportOptions:
    """What `report` was asked for."""

    run: Path
    directory: Path | None
    baseline: Path | None
    history: Path | None
    add: bool
    html: Path | None
    markdown: Path | None
    junit: Path | None


def report(options: ReportOptions) -> int:
    """Write the reports that were asked for."""
    if not (options.html or options.markdown or options.junit or options.add):
        raise ConfigurationError("say what to write: --html, --markdown, --junit or --add")
    if options.add and options.history is None:
        raise ConfigurationError("--add needs --history, the file to add to")
    from evals.reporting.html import html
    from evals.reporting.junit import junit
    from evals.reporting.markdown import markdown

    stored = StoredRun.read(options.run)
    corpus = stored.corpus(options.directory or data.DEFAULT_DATA)
    facts = Facts.of(stored, corpus, baseline=options.baseline)
    if options.history is not None:
        if options.add and stored.manifest.notes:
            print("evals: a fake's run is not added to the history", file=sys.stderr)
        elif options.add:
            point = histories.Point.of(stored, facts.scored, facts.service)
            histories.add(point, options.history)
        facts = replace(facts, history=tuple(histories.read(options.history)))
    makers: list[tuple[Path | None, Callable[[Facts], str]]] = [
        (options.html, html),
        (options.markdown, markdown),
        (options.junit, junit),
    ]
    for path, make in makers:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(make(facts), encoding="utf-8")
            print(os.path.relpath(path))
    return ExitCode.OK


def finish(work: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Run to the end; an error of ours comes out of its group as itself."""
    try:
        return anyio.run(work)
    except BaseExceptionGroup as group:
        for error in _leaves(group):
            if isinstance(error, EvalsError):
                raise error from group
        raise


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]


async def _asked(corpus: Corpus, system: System, out: Path, options: RunOptions) -> Outcome:
    async with system.summarizer:
        runner = Runner(
            corpus=corpus,
            manifest=system.manifest(corpus, options.repeats),
            directory=out,
            summarizer=system.summarizer,
            jobs=options.jobs,
            budget=system.budget(corpus, options.max_cost),
            cache=Cache(options.cache) if options.cache else None,
            progress=_progress if sys.stderr.isatty() else _silent,
        )
        return await runner.run()


def _system(settings: dict[str, Any], options: RunOptions) -> System:
    if settings["engine"] == "replay":
        return System.replayed(options.recording or RECORDING, prompt=settings["prompt"])
    system = System.build(**settings)
    if options.loopback is None:
        return system
    note = f"reader {options.loopback}'s record served by the loopback server: no model"
    return replace(system, notes=(note,))


def _served(corpus: Corpus, options: RunOptions) -> AbstractContextManager[dict[str, Any]]:
    """The settings that a fake endpoint brings, while it is up; none without one."""
    if options.loopback is None:
        return nullcontext({})
    from evals import loopback

    return loopback.serving(corpus, options.loopback)


def _run_name(system: System) -> str:
    engine = system.summarizer.engine
    name = "-".join(part for part in (engine.name, engine.model) if part)
    safe = "".join(each if each.isalnum() or each in "-._" else "_" for each in name)
    return f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{safe}"


def _progress(row: Row, outcome: Outcome) -> None:
    done = outcome.before + outcome.written
    line = f"{done}/{outcome.expected} {row.article} {row.seconds:.1f} s"
    print(f"\r\x1b[K{line}", end="" if done < outcome.expected else "\n", file=sys.stderr)


def _silent(_row: Row, _outcome: Outcome) -> None:
    """No progress where nobody watches."""


def _print_moved(title: str, items: dict[ItemName, tuple[float, float]]) -> None:
    if items:
        print(f"\n{title}:")
    for item, (before, after) in items.items():
        print(f"  {before:.0%} → {after:.0%}  {tables.printable(item_name(item))}")
