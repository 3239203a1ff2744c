"""Rules for every record, gold or reader's: spans, names, dates, lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals import positions
from evals.data import GoldReaction, GoldWho, Record
from evals.lint.finding import Findings
from evals.text import name, tokens
from summarizer.schema import FIELD_NAMES, FieldName

_WHAT_WORDS = 30
#: ISO 3166-1 alpha-2.
_COUNTRIES = frozenset({
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX",
    "AZ", "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ",
    "BR", "BS", "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK",
    "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM",
    "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR",
    "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS",
    "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN",
    "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN",
    "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV",
    "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ",
    "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI",
    "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM",
    "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC",
    "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV",
    "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR",
    "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI",
    "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW",
})  # fmt: skip


def check_record(record: Record, text: str, findings: Findings) -> None:
    """Report what the guidelines do not allow in any record of the article `text`."""
    _check_source(record, text, findings)
    if len(record.what.statement.split()) > _WHAT_WORDS:
        findings.add(("what", "statement"), f"has more than {_WHAT_WORDS} words")
    _check_evidence(record.what.evidence, text, findings, ("what", "evidence"))
    for field in FIELD_NAMES[1:]:
        for index, entry in enumerate(record.items(field)):
            _check_evidence(entry.evidence, text, findings, (field, index, "evidence"))
    _check_names("who", record.who, text, findings)
    _check_names("where", record.where, text, findings)
    _check_speakers(record.reactions, text, findings)
    _check_values(record, text, findings)
    for field in ("when", "reactions", "background"):
        _check_distinct(field, getattr(record, field), findings)


def _check_values(record: Record, text: str, findings: Findings) -> None:
    for index, who in enumerate(record.who):
        _check_role(who, text, findings, index)
    for index, where in enumerate(record.where):
        if where.country is not None and where.country not in _COUNTRIES:
            findings.add(("where", index, "country"), "is no ISO 3166-1 alpha-2 code")
    for index, when in enumerate(record.when):
        if when.text not in text:
            findings.add(("when", index, "text"), "is not in the article")
    for index, reaction in enumerate(record.reactions):
        _check_quote(reaction, text, findings, index)


def _check_source(record: Record, text: str, findings: Findings) -> None:
    source = record.source
    if source.title is not None and source.title not in text:
        findings.add(("source", "title"), "is not in the article; null if it has none")
    if source.url is not None and source.url not in text:
        findings.add(("source", "url"), "is not in the article; null if it has none")
    if source.published is not None and source.published_from == "text":
        words = set(tokens(text))
        day = source.published
        if not ({str(day.day), f"{day.day:02}"} & words and str(day.year) in words):
            findings.add(("source", "published_from"), "the article's text has no such date")


def _check_evidence(
    spans: Sequence[str], text: str, findings: Findings, at: positions.Path
) -> None:
    for index, span in enumerate(spans):
        if span not in text:
            findings.add((*at, index), "is not in the article, character for character")
        elif not tokens(span):
            findings.add((*at, index), "holds no word")
        elif span != span.strip():
            findings.add((*at, index), "begins or ends with a space")
        elif span in spans[:index]:
            findings.add((*at, index), "is given twice")


def _check_names(field: FieldName, entries: Sequence[Any], text: str, findings: Findings) -> None:
    owners: dict[str, int] = {}
    for index, entry in enumerate(entries):
        named: list[tuple[str, positions.Path]] = [(entry.name, (field, index, "name"))]
        named += [
            (alias, (field, index, "aliases", number)) for number, alias in enumerate(entry.aliases)
        ]
        _check_owned(named, owners, text, findings, index)


def _check_speakers(reactions: Sequence[GoldReaction], text: str, findings: Findings) -> None:
    """A speaker may react twice, so a name belongs to one speaker rather than one item."""
    first: dict[str, int] = {}
    owners: dict[str, int] = {}
    for index, reaction in enumerate(reactions):
        owner = first.setdefault(name(reaction.speaker), index)
        named: list[tuple[str, positions.Path]] = [
            (reaction.speaker, ("reactions", index, "speaker"))
        ]
        named += [
            (alias, ("reactions", index, "speaker_aliases", number))
            for number, alias in enumerate(reaction.speaker_aliases)
        ]
        _check_owned(named, owners, text, findings, owner)


def _check_owned(
    named: Sequence[tuple[str, positions.Path]],
    owners: dict[str, int],
    text: str,
    findings: Findings,
    owner: int,
) -> None:
    unwrapped = " ".join(text.split())
    for number, (each, at) in enumerate(named):
        if " ".join(each.split()) not in unwrapped:
            findings.add(at, "is not in the article")
        elif each in [other for other, _ in named[:number]]:
            findings.add(at, "is given twice")
        elif owners.setdefault(name(each), owner) != owner:
            findings.add(at, f"belongs to item {owners[name(each)]} already")


def _check_role(who: GoldWho, text: str, findings: Findings, index: int) -> None:
    if who.role is None:
        return
    missing = set(tokens(who.role)) - set(tokens(text))
    if missing:
        findings.add(("who", index, "role"), f"the article does not say {min(missing)!r}")


def _check_quote(reaction: GoldReaction, text: str, findings: Findings, index: int) -> None:
    quote = reaction.quote
    if quote is None:
        return
    at = ("reactions", index, "quote")
    if quote not in text:
        findings.add(at, "is not in the article, character for character")
    elif not any(quote in span for span in reaction.evidence):
        findings.add(at, "is in none of the item's evidence")


def _check_distinct(field: str, entries: Sequence[Any], findings: Findings) -> None:
    seen: dict[Any, int] = {}
    for index, entry in enumerate(entries):
        words = entry.text if field == "when" else entry.statement
        key = (tokens(words), getattr(entry, "date", None), getattr(entry, "speaker", None))
        if seen.setdefault(key, index) != index:
            findings.add((field, index), f"is the same as item {seen[key]}")
