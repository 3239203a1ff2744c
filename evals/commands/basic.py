"""`lint`, `score`, `quick` and `floors`."""

from __future__ import annotations

import sys
from pathlib import Path

from evals import data, prediction, printing, scored
from evals.data import Corpus
from evals.errors import ConfigurationError, ExitCode, Incomplete
from evals.lint import lint as find
from evals.prediction import Prediction


def lint(directory: Path | None) -> int:
    """Print what is to mend."""
    findings = find(directory or data.DEFAULT_DATA)
    for finding in findings:
        print(finding)
    print(f"{len(findings)} to mend" if findings else "nothing to mend", file=sys.stderr)
    return ExitCode.REGRESSION if findings else ExitCode.OK


def score(answers: Path, directory: Path | None, *, as_json: bool, explain: bool) -> int:
    """Score a run, or a file or directory of answers."""
    from evals.reporting import facts
    from evals.running.stored import StoredRun, is_run

    if not is_run(answers):
        corpus = data.load(directory or data.DEFAULT_DATA)
        found = prediction.read(answers, corpus)
        return _show(corpus, [found], as_json=as_json, explain=explain)
    run = StoredRun.read(answers)
    corpus = run.corpus(directory or data.DEFAULT_DATA)
    service = facts.service(run, corpus)
    return _show(corpus, run.repeats(corpus), service, as_json=as_json, explain=explain)


def quick(engine: str, directory: Path | None, *, as_json: bool, explain: bool) -> int:
    """Answer every article with an engine, in this process, and score the answers."""
    import anyio

    from evals import answering
    from summarizer import Settings, Summarizer
    from summarizer.errors import SummarizerError

    corpus = data.load(directory or data.DEFAULT_DATA)

    async def ask() -> dict[str, answering.Answer]:
        async with Summarizer(Settings.load(engine=engine)) as summarizer:
            return await answering.ask_all(corpus, summarizer)

    try:
        answers = anyio.run(ask)
    except answering.NoAnswer as error:
        raise Incomplete(str(error)) from error
    except SummarizerError as error:
        raise ConfigurationError(str(error)) from error
    service = scored.Service.of(
        [(answer, corpus.case(name).text) for name, answer in answers.items()]
    )
    predictions = {name: answer.prediction for name, answer in answers.items()}
    return _show(corpus, [predictions], service, as_json=as_json, explain=explain)


def floors(directory: Path | None) -> int:
    """Print what no thought scores, and how far the readers agree."""
    corpus = data.load(directory or data.DEFAULT_DATA)
    print(printing.columns(scored.beside(corpus)))
    return ExitCode.OK


def _show(
    corpus: Corpus,
    repeats: list[dict[str, Prediction]],
    service: scored.Service | None = None,
    *,
    as_json: bool,
    explain: bool,
) -> int:
    missing = [case.name for case in corpus.cases if any(case.name not in one for one in repeats)]
    if missing:
        raise Incomplete(f"no answer to {', '.join(missing)}: nothing is scored")
    result = scored.score_all(corpus, repeats)
    beside = scored.beside(corpus)
    if as_json:
        print(printing.as_json(result, beside, service))
    else:
        print(printing.text(result, beside, service, explain=explain))
    return ExitCode.OK
