"""Sources in, records out: one after the other, each that fails with a sentence."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from summarizer.cli import terminal
from summarizer.cli.messages import report, say
from summarizer.cli.options import Options
from summarizer.errors import AuthenticationFailed, BudgetExceeded, ConfigurationError, ExitCode

if TYPE_CHECKING:
    from summarizer.article import Article
    from summarizer.cli.events import Notices
    from summarizer.cli.output import Output
    from summarizer.cli.progress import Line, Progress
    from summarizer.pipeline import Verified
    from summarizer.schema import Summary
    from summarizer.settings import Settings
    from summarizer.sources.listing import Source

    OnItem = Callable[[Verified], None]


def run(
    options: Options, settings: Settings, output: Output, notices: Notices, *, cells: int
) -> ExitCode:
    """Summarize every source, in order. What fails is reported; the rest goes on."""
    import asyncio

    from summarizer import sources
    from summarizer.cli.progress import Progress
    from summarizer.pipeline import Summarizer

    codes: list[ExitCode] = []
    # One event loop for all; an interrupt cancels what is running on it.
    with asyncio.Runner() as runner:
        summarizer = Summarizer(settings, fresh=options.fresh)
        announce(options, settings)
        render = _renderer(options, cells)
        progress = Progress(terminal.progress_stream(options), cells=cells)
        waiting = sources.expand(options.sources, settings=settings)

        def make(article: Article, on_item: OnItem | None) -> str:
            return render(runner.run(summarizer.asummarize(article, on_item=on_item)), article)

        try:
            for done in _outcomes(waiting, options, settings, make, progress):
                notices.tell()
                if isinstance(done, _Record):
                    output.add(done.text, done.location)
                    continue
                report(done.error, done.location if options.several else "")
                codes.append(getattr(done.error, "exit_code", ExitCode.INTERNAL))
                if isinstance(done.error, AuthenticationFailed | BudgetExceeded):
                    # The next request would be refused as well.
                    _tell_undone(sum(1 for _ in waiting))
                    break
        finally:
            runner.run(summarizer.aclose())
    if not codes:
        return ExitCode.OK
    if codes[-1] is ExitCode.BUDGET:
        return ExitCode.BUDGET
    return ExitCode.SOME_FAILED if options.several else codes[0]


class _Record(NamedTuple):
    """The rendered record of one source."""

    location: str
    text: str


class _Failure(NamedTuple):
    """Why one source has no record."""

    location: str
    error: Exception


def _outcomes(
    waiting: Iterable[Source],
    options: Options,
    settings: Settings,
    make: Callable[[Article, OnItem | None], str],
    progress: Progress,
) -> Iterator[_Record | _Failure]:
    """What becomes of each source, in order, as it is done."""
    model = settings.model if settings.resolved_engine == "openai" else "extractive engine"
    for source in waiting:
        location = "standard input" if source.location == "-" else source.location
        name = location.rstrip("/").rpartition("/")[2]
        try:
            with progress.showing(f"{name} · {model}") as line:
                article = source.load()
                if options.published is not None:
                    article = dataclasses.replace(
                        article, published=options.published, published_from="caller"
                    )
                # An answer is streamed only for someone who watches.
                on_item = _counting(line) if progress.shown else None
                record = _Record(location, make(article, on_item))
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001  # a bug met by one article spares the others
            yield _Failure(location, error)
        else:
            yield record


def _counting(line: Line) -> OnItem:
    """Shows each item as soon as it is verified."""
    from summarizer.render import wording

    return lambda verified: line.add(verified.field, wording.name(verified.field, verified.item))


def announce(options: Options, settings: Settings) -> None:
    """Say so if there is no model and nobody asked for none."""
    if not options.quiet and settings.engine == "auto" and settings.resolved_engine == "extractive":
        say(
            "no OPENAI_API_KEY or OPENAI_BASE_URL is set: using the extractive engine, "
            "a baseline without a model."
        )


def _tell_undone(count: int) -> None:
    if count:
        say(f"stopped: {count} source{' is' if count == 1 else 's are'} left undone.")


def _renderer(options: Options, cells: int) -> Callable[[Summary, Article], str]:
    """Makes a record in the chosen format, without its last line end."""
    from summarizer import render

    colour = terminal.colour(options)

    def rendered(summary: Summary, article: Article) -> str:
        match options.format:
            case "json":
                return render.to_json(summary)
            case "jsonl":
                return render.to_json(summary, indent=None)
            case "html":
                return render.to_html(summary, article)
            case "markdown":
                return render.to_markdown(summary)
            case "text":
                text = render.to_text(summary, colour=colour, width=cells)
                if options.explain:
                    text += "\n" + render.to_explanation(summary, colour=colour, width=cells)
                return text

    return lambda summary, article: rendered(summary, article).removesuffix("\n")
