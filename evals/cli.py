"""`python -m evals`: the command line. Each command imports what it needs when it runs."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evals.errors import EvalsError, ExitCode

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - its only name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code that `evals.errors.ExitCode` names."""
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        code = command(options)
        sys.stdout.flush()
    except EvalsError as error:
        print(f"evals: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        from summarizer.cli.output import give_up

        give_up(sys.stdout)
        return ExitCode.BROKEN_PIPE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(
        prog="python -m evals", description="Score, gate and report article summaries."
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    lint = _command(commands, "lint", _lint, "check gold and readers' records")
    _data(lint)

    score = _command(commands, "score", _score, "score a run, or a file of answers")
    score.add_argument(
        "answers",
        type=Path,
        help="a run, JSON or JSON Lines of summaries or records, or a directory",
    )
    score.add_argument("--json", action="store_true", help="print JSON instead of tables")
    score.add_argument("--explain", action="store_true", help="print every miss with its reason")
    _data(score)

    quick = _command(commands, "quick", _quick, "answer with an engine and score, in one step")
    quick.add_argument("--engine", default="extractive", help="extractive (default) or openai")
    quick.add_argument("--json", action="store_true", help="print JSON instead of tables")
    quick.add_argument("--explain", action="store_true", help="print every miss with its reason")
    _data(quick)

    floors = _command(commands, "floors", _floors, "print the floors and the readers' agreement")
    _data(floors)

    label = _command(commands, "label", _label, "start a record from a system's answer")
    label.add_argument("article", type=Path, metavar="ARTICLE", help="a text file")
    label.add_argument("--engine", default="auto", help="auto (default), extractive or openai")
    label.add_argument(
        "--published", type=dt.date.fromisoformat, metavar="DATE", help="if the text does not say"
    )
    _data(label)
    _add_running(commands)
    return top


def _add_running(commands: Commands) -> None:
    run = _command(commands, "run", _run, "ask for every answer, and keep each as it comes")
    run.add_argument(
        "--engine", default="auto", help="auto (default), extractive, openai or replay"
    )
    run.add_argument("--model", help="the model's name")
    run.add_argument("--base-url", metavar="URL", help="an OpenAI-compatible endpoint")
    run.add_argument("--prompt", type=Path, metavar="DIR", help="a folder of prompt files")
    run.add_argument("--repeats", type=_count, default=1, metavar="K", help="answers per article")
    run.add_argument("--jobs", type=_count, default=1, metavar="N", help="answers at a time")
    run.add_argument(
        "--max-cost", type=_dollars, metavar="USD", help="stop before the call that might pass it"
    )
    run.add_argument(
        "--out", type=Path, metavar="DIR", help="the run's directory; one that exists goes on"
    )
    run.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="an article; may be repeated"
    )
    run.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep answers here, and take those that are"
    )
    run.add_argument("--record", type=Path, metavar="FILE", help="record the answers for replay")
    run.add_argument("--recording", type=Path, metavar="FILE", help="what --engine replay replays")
    run.add_argument(
        "--loopback", metavar="READER", help="a fake: the loopback server with a reader's records"
    )
    _data(run)

    gate = _command(commands, "gate", _gate, "decide whether a run is worse than a baseline")
    _run_directory(gate)
    _baseline(gate)
    _data(gate)

    bless = _command(commands, "bless", _bless, "make a run the baseline")
    _run_directory(bless)
    _baseline(bless)
    bless.add_argument("--lower", action="store_true", help="allow a field's F1 to be lower")
    bless.add_argument(
        "--replace",
        action="store_true",
        help="compare with no old baseline",
    )
    _data(bless)

    compare = _command(commands, "compare", _compare, "set runs side by side")
    compare.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    _data(compare)

    report = _command(commands, "report", _report, "write a run's reports")
    _run_directory(report)
    report.add_argument("--html", type=Path, metavar="FILE", help="one self-contained page")
    report.add_argument("--markdown", type=Path, metavar="FILE", help="for a CI job's summary")
    report.add_argument("--junit", type=Path, metavar="FILE", help="a test case per vital item")
    report.add_argument("--baseline", type=Path, metavar="FILE", help="report the gate as well")
    report.add_argument("--history", type=Path, metavar="FILE", help="chart the runs in this file")
    report.add_argument("--add", action="store_true", help="add this run to the history")
    _data(report)


def _command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
    command.set_defaults(command=run)
    return command


def _data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="directory with articles/, gold/ and perhaps readers/ (default: the project's own)",
    )


def _run_directory(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", type=Path, metavar="RUN", help="a run's directory")


def _baseline(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        default=Path(__file__).parent / "baseline.json",
        help="the baseline's file (default: the project's own)",
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number above 0")
    return int(text)


def _dollars(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be a number of dollars above 0")
    return value


def _lint(options: argparse.Namespace) -> int:
    from evals.commands import basic

    return basic.lint(options.data)


def _score(options: argparse.Namespace) -> int:
    from evals.commands import basic

    return basic.score(options.answers, options.data, as_json=options.json, explain=options.explain)


def _quick(options: argparse.Namespace) -> int:
    from evals.commands import basic

    return basic.quick(options.engine, options.data, as_json=options.json, explain=options.explain)


def _floors(options: argparse.Namespace) -> int:
    from evals.commands import basic

    return basic.floors(options.data)


def _label(options: argparse.Namespace) -> int:
    from evals.commands import labelling

    return labelling.label(
        options.article, options.data, engine=options.engine, published=options.published
    )


def _run(options: argparse.Namespace) -> int:
    from evals.commands import running

    return running.run(
        running.RunOptions(
            directory=options.data,
            out=options.out,
            only=tuple(options.only),
            repeats=options.repeats,
            jobs=options.jobs,
            max_cost=options.max_cost,
            cache=options.cache,
            record=options.record,
            recording=options.recording,
            loopback=options.loopback,
            system={
                "engine": options.engine,
                "model": options.model,
                "base_url": options.base_url,
                "prompt": options.prompt,
            },
        )
    )


def _gate(options: argparse.Namespace) -> int:
    from evals.commands import running

    return running.gate(options.run, options.baseline, options.data)


def _bless(options: argparse.Namespace) -> int:
    from evals.commands import running

    return running.bless(
        options.run,
        options.baseline,
        options.data,
        lower=options.lower,
        replace_=options.replace,
    )


def _compare(options: argparse.Namespace) -> int:
    from evals.commands import running

    return running.compare(options.runs, options.data)


def _report(options: argparse.Namespace) -> int:
    from evals.commands import running

    return running.report(
        running.ReportOptions(
            run=options.run,
            directory=options.data,
            baseline=options.baseline,
            history=options.history,
            add=options.add,
            html=options.html,
            markdown=options.markdown,
            junit=options.junit,
        )
    )
