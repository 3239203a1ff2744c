"""What the command does besides summarizing: print a schema, examine, look after the cache."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from summarizer.cli.messages import OutputError
from summarizer.cli.options import Options
from summarizer.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from summarizer.cli.output import Target
    from summarizer.engines.openai.findings import Finding, Status
    from summarizer.settings import Settings

#: Outcomes of a request that the same one may not have later.
_PASSING = frozenset(
    {"broken_response", "client_error", "rate_limited", "server_error", "timeout", "unreachable"}
)
_LABEL_CELLS = 14


def act(options: Options, settings: Settings, *, cells: int, colour: bool) -> ExitCode:
    """Do what `options.action` names."""
    from summarizer.cli.output import open_target

    target = open_target(options, sys.stdout)
    done = False
    try:
        match options.action:
            case "doctor":
                code = _examine(settings, target, options, cells=cells, colour=colour)
            case "cache_clear":
                code = _clear_cache(settings, target)
            case _:
                code = _print_cache_info(settings, target, as_json=options.format == "json")
        done = True
    finally:
        target.close(keep=done)
    return code


def print_schema(options: Options) -> ExitCode:
    """Write the JSON Schema of a record."""
    from summarizer.cli.output import open_target
    from summarizer.schema import json_schema

    target = open_target(options, sys.stdout)
    done = False
    try:
        target.write(_json(json_schema()))
        done = True
    finally:
        target.close(keep=done)
    return ExitCode.OK


def _print_cache_info(settings: Settings, target: Target, *, as_json: bool) -> ExitCode:
    from summarizer.cache import AnswerCache

    info = AnswerCache.of(settings).info()
    if as_json:
        told = info._asdict() | {"path": str(info.path), "used": settings.cache}
        target.write(_json(told))
        return ExitCode.OK
    from summarizer.render.characters import line

    rows = [
        ("path", line(str(info.path))),
        ("answers", f"{info.entries:,}"),
        ("size", _size(info.bytes)),
        ("limit", f"{_size(info.max_bytes)}; what was used longest ago goes first"),
    ]
    if not settings.cache:
        rows.append(("used", "no: SUMMARIZER_CACHE is 0"))
    if info.problem is not None:
        rows.append(("problem", info.problem))
    target.write("".join(f"{name:<9}{value}\n" for name, value in rows))
    return ExitCode.OK


def _clear_cache(settings: Settings, target: Target) -> ExitCode:
    from summarizer.cache import AnswerCache, CacheError

    cache = AnswerCache.of(settings)
    try:
        count = cache.clear()
    except CacheError as error:
        raise OutputError(f"the answer cache '{cache.path}' cannot be cleared: {error}") from error
    target.write(f"{count:,} answer{'' if count == 1 else 's'} dropped\n")
    return ExitCode.OK


def _examine(
    settings: Settings, target: Target, options: Options, *, cells: int, colour: bool
) -> ExitCode:
    """Write each finding as soon as there is one, or all of them as JSON."""
    if options.format == "text":
        return _verdict(list(_shown(_findings(settings), target, cells=cells, colour=colour)))
    found = list(_findings(settings))
    code = _verdict(found)
    told = [
        {"name": one.name, "status": one.status, "detail": one.detail, "data": dict(one.data)}
        for one in found
    ]
    target.write(_json({"works": code is ExitCode.OK, "findings": told}))
    return code


def _shown(
    findings: Iterable[Finding], target: Target, *, cells: int, colour: bool
) -> Iterator[Finding]:
    """The findings, each written when it comes; what was skipped for one reason, together."""
    skipped: dict[str, list[str]] = {}
    for finding in findings:
        if finding.status == "skipped":
            skipped.setdefault(finding.detail, []).append(finding.name.replace("_", " "))
        else:
            page = _page(finding.name, finding.status, finding.detail, cells=cells, colour=colour)
            target.write(page)
        yield finding
    for detail, names in skipped.items():
        told = f"{detail}: {', '.join(names)}"
        target.write(_page("others", "skipped", told, cells=cells, colour=colour))


def _findings(settings: Settings) -> Iterator[Finding]:
    """What the examination finds, one after the other."""
    import asyncio

    from summarizer.engines.openai.doctor import diagnose

    with asyncio.Runner() as runner:
        examination = diagnose(settings)

        async def following() -> Finding | None:
            return await anext(examination, None)

        while (finding := runner.run(following())) is not None:
            yield finding


def _verdict(found: Sequence[Finding]) -> ExitCode:
    """By what failed first: something that may pass, or something that will not."""
    for finding in found:
        if finding.status == "failed":
            passing = finding.name == "endpoint" or finding.data.get("outcome") in _PASSING
            return ExitCode.ENGINE_PASSING if passing else ExitCode.ENGINE_FINAL
    return ExitCode.OK


def _page(name: str, status: Status, detail: str, *, cells: int, colour: bool) -> str:
    from summarizer.render.terminal import Page, Style

    styles = {"ok": Style.GOOD, "failed": Style.BAD, "warning": Style.STRONG}
    page = Page(cells=cells, label_cells=_LABEL_CELLS, colour=colour)
    page.item(
        (f"{status}: ", styles.get(status, Style.QUIET)),
        (f"{detail}.", Style.PLAIN),
        label=name.replace("_", " ").capitalize(),
    )
    return str(page)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def _size(count: int) -> str:
    return f"{count / 1_000:,.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:,.1f} MB"
