"""The page around the sections."""

from __future__ import annotations

from pathlib import Path

from evals.reporting.facts import Facts
from evals.reporting.html import sections
from evals.reporting.html.markup import Markup, tag, text

_STYLE = Path(__file__).with_name("report.css")

#: The browser itself keeps the promise that nothing is loaded and nothing runs.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


def html(facts: Facts) -> str:
    """The whole report as one file."""
    manifest = facts.run.manifest
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        tag("title", text(f"Evals: {manifest.name}")),
        tag("style", Markup(_STYLE.read_text(encoding="utf-8"))),
    )
    parts = [
        _header(facts),
        tag(
            "main",
            sections.summary(facts),
            sections.decision(facts),
            sections.fields(facts),
            sections.repeats(facts),
            sections.past(facts),
            sections.articles(facts),
        ),
        _footer(facts),
    ]
    return f"<!doctype html>\n{tag('html', head, tag('body', parts), lang='en')}\n"


def _header(facts: Facts) -> Markup:
    manifest = facts.run.manifest
    details = [
        f"{manifest.created:%Y-%m-%d %H:%M} UTC",
        f"{len(facts.corpus.cases)} articles, {manifest.repeats} repeat(s)",
        f"package {manifest.package_version}",
    ]
    if manifest.git_commit:
        details.append(f"commit {manifest.git_commit[:12]}")
    return tag(
        "header",
        tag("h1", text(manifest.name)),
        [tag("p", text(note), class_="gate none") for note in manifest.notes],
        tag("p", text(" · ".join(details)), class_="note"),
    )


def _footer(facts: Facts) -> Markup:
    digests = facts.run.manifest.digests
    return tag(
        "footer",
        tag(
            "p",
            text(
                "How the numbers are made: docs/scoring.md. Gold "
                f"{digests.gold[:8]}, scorer {digests.scorer[:8]}, schema "
                f"{digests.output_schema[:8]} when the run was made."
            ),
            class_="note",
        ),
    )
