"""Facts about a record as flat rows, and about which files belong to an output."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.batch import output, table
from summarizer.batch.rows import Known
from summarizer.cli.parser import ROWS, TABLES
from summarizer.schema import FIELD_NAMES, Attempt, Summary
from tests.invented import article, record

SUMMARY = record(article())


def article_row(summary: Summary, number: int = 1) -> dict[str, table.Value]:
    line = summary.model_dump_json()
    names = [name for name, _ in table.ARTICLES]
    return dict(zip(names, table.article(json.loads(line), line, number), strict=True))


def item_rows(summary: Summary, number: int = 1) -> list[dict[str, table.Value]]:
    names = [name for name, _ in table.ITEMS]
    rows = table.items(json.loads(summary.model_dump_json()), number)
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_an_articles_row_has_what_is_known_of_it_and_the_record_itself() -> None:
    row = article_row(SUMMARY, 7)
    made = SUMMARY.provenance
    assert Summary.model_validate_json(str(row["record"])) == SUMMARY
    assert (row["id"], row["source"], row["title"]) == (
        7, SUMMARY.article.location, SUMMARY.article.title,
    )  # fmt: skip
    assert (row["engine"], row["prompt"], row["sha256"], row["cost_usd"]) == (
        made.engine, made.prompt, made.article_sha256, made.cost_usd,
    )  # fmt: skip
    assert row["items"] == len(item_rows(SUMMARY))
    assert row["rejected"] == len(SUMMARY.rejected)


def test_an_articles_row_has_what_a_later_run_asks_it_by() -> None:
    row = article_row(SUMMARY)
    known = Known.of(json.loads(SUMMARY.model_dump_json()))
    assert {name: row[name] for name in Known._fields} == known._asdict()


@given(
    st.fixed_dictionaries(
        {
            name: st.lists(st.integers(0, max(0, len(SUMMARY.items(name)) - 1)), max_size=4)
            for name in FIELD_NAMES[1:]
            if SUMMARY.items(name)
        }
    )
)
def test_each_item_has_one_row_in_its_order_with_its_own_values(chosen: dict[str, Any]) -> None:
    picked = {
        name: tuple(SUMMARY.items(name)[index] for index in places)  # type: ignore[arg-type]
        for name, places in chosen.items()
    }
    summary = SUMMARY.model_copy(update=picked)
    rows = item_rows(summary)
    places = [(name, at, item) for name in FIELD_NAMES
              for at, item in enumerate(summary.items(name))]  # fmt: skip
    assert [(row["field"], row["position"]) for row in rows] == [one[:2] for one in places]
    for row, (_, _, item) in zip(rows, places, strict=True):
        values = item.model_dump(mode="json")
        for name in ("statement", "name", "kind", "role", "country", "text", "event", "date",
                     "speaker", "stance", "attribution"):  # fmt: skip
            assert row[name] == values.get(name)
        best = item.evidence[0]
        found = (row["evidence"], row["evidence_start"], row["evidence_end"], row["evidence_match"])
        assert found == (best.text, best.start, best.end, best.match)
        assert row["evidence_count"] == len(item.evidence)
        quote = values.get("quote") or dict.fromkeys(("text", "start", "end", "match"))
        assert (row["quote"], row["quote_start"]) == (quote["text"], quote["start"])


@pytest.mark.parametrize(
    ("date", "days"),
    [
        ("2031-03-14", ("2031-03-14", "2031-03-14")),
        ("2031-02", ("2031-02-01", "2031-02-28")),
        ("2031/2032", ("2031-01-01", "2032-12-31")),
        (None, (None, None)),
    ],
)
def test_a_date_has_its_first_and_last_day(date: str | None, days: tuple[str, str]) -> None:
    when = SUMMARY.when[0].model_copy(update={"date": date})
    (row,) = (
        row for row in item_rows(SUMMARY.model_copy(update={"when": (when,)}))
        if row["field"] == "when"
    )  # fmt: skip
    assert (row["earliest"], row["latest"]) == days
    assert days == tuple(day and day.isoformat() for day in (when.earliest, when.latest))


@given(st.lists(st.none() | st.integers(0, 10**6) | st.just(2**62), max_size=4))
def test_tokens_are_those_that_were_reported(tokens: list[int | None]) -> None:
    attempts = tuple(
        Attempt(purpose="draft", mode=None, outcome="ok", seconds=0.1, input_tokens=count)
        for count in tokens
    )
    made = SUMMARY.provenance.model_copy(update={"attempts": attempts})
    row = article_row(SUMMARY.model_copy(update={"provenance": made}))
    reported = [count for count in tokens if count is not None]
    assert row["input_tokens"] == (sum(reported) if reported and sum(reported) < 2**63 else None)
    assert row["requests"] == len(tokens)


# Which files belong to an output


def test_the_command_knows_the_endings() -> None:
    assert ROWS == output.LINES
    assert (*output.DATABASES, *output.TABLES) == TABLES


@pytest.mark.parametrize(
    "name", ["out.jsonl", "out.ndjson", "out.db", "out.sqlite3", "out.parquet"]
)
def test_what_goes_with_an_output_is_its_own(name: str) -> None:
    path = Path("news") / name
    for own in (
        name, f"out.fresh{path.suffix}", "out.errors.jsonl", "out.journal.jsonl",
        "out.fresh.journal.jsonl", f"out.saved-2{path.suffix}", "out.errors.saved-1.jsonl",
        f"out.items{path.suffix}",
    ):  # fmt: skip
        assert output.is_own(Path("news") / own, path) == (
            Path(own).suffix in {".jsonl", path.suffix}
        )
    others = ["news/out2.jsonl", "news/x.out.jsonl", "news/out.txt", "out.jsonl", "news/outxdb"]
    # A table of articles beside an output of another kind.
    others += ["news/out.jsonl"] if path.suffix != ".jsonl" else ["news/out.parquet"]
    for other in others:
        assert not output.is_own(Path(other), path)


def test_what_another_batch_has_written_is_seen_by_what_it_begins_with(tmp_path: Path) -> None:
    row = SUMMARY.model_dump_json()
    written = {
        "a.jsonl": f"{row}\n".encode(),
        "a.errors.ndjson": b'{"source":"x"}\n',
        "a.jsonl.gz": gzip.compress(f"{row}\n".encode()),
    }
    others = {
        "b.jsonl": b'{"text":"x"}\n',
        "empty.jsonl": b"",
        "b.csv": row.encode(),
        "b.parquet": b"damaged",
        "b.jsonl.gz": b"damaged",
        "b.txt": row.encode(),
    }
    for name, content in {**written, **others}.items():
        (tmp_path / name).write_bytes(content)
    found = {path.name for path in tmp_path.iterdir() if output.is_written(path)}
    assert found == set(written)
    assert not output.is_written(tmp_path / "gone.jsonl")
