"""The linter's way through a data directory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import ValidationError

from evals import positions
from evals.data import Record, article_text
from evals.errors import DataError
from evals.lint.finding import Finding, Findings
from evals.lint.gold import check_keys
from evals.lint.record import check_record


def lint(directory: Path) -> list[Finding]:
    """Everything to mend in a data directory, in order of file and line."""
    found: list[Finding] = []
    articles = {path.name for path in (directory / "articles").glob("*.txt")}
    gold = sorted((directory / "gold").glob("*.json"))
    labelled = {f"{path.stem}.txt" for path in gold}
    if not gold:
        found.append(Finding(directory / "gold", 1, "there is no record"))
    found.extend(
        Finding(directory / "articles" / name, 1, "has no gold record")
        for name in sorted(articles - labelled)
    )
    for path in gold:
        found.extend(_lint_file(path, directory, settled=True))
    for path in sorted((directory / "readers").glob("*/*.json")):
        found.extend(_lint_file(path, directory, settled=False))
    return sorted(found)


def _lint_file(path: Path, directory: Path, *, settled: bool) -> Findings:
    findings = Findings(path)
    try:
        findings.document = positions.parse(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        findings.add((), f"not UTF-8 (byte {error.start})")
        return findings
    except json.JSONDecodeError as error:
        findings.found.append(Finding(path, error.lineno, f"not JSON: {error.msg}"))
        return findings
    for repeated in findings.document.repeated:
        findings.add(repeated, "the key is given twice")
    try:
        record = Record.model_validate(findings.document.value)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            findings.add(each["loc"], each["msg"])
        return findings
    text = _check_article(record, directory, findings)
    if text is not None:
        check_record(record, text, findings)
        if settled:
            check_keys(record, text, findings)
    return findings


def _check_article(record: Record, directory: Path, findings: Findings) -> str | None:
    """The article's text, if it can be read at all."""
    if record.article != f"{findings.path.stem}.txt":
        findings.add(("article",), f"the record of {findings.path.stem}.txt must name it")
    if Path(record.article).name != record.article:
        findings.add(("article",), "give a file name, not a path")
        return None
    try:
        text = article_text(directory / "articles" / record.article)
    except DataError as error:
        findings.add(("article",), str(error))
        return None
    digest = hashlib.sha256(text.encode()).hexdigest()
    if record.sha256 != digest:
        findings.add(("sha256",), f"the article's is {digest}")
    return text
