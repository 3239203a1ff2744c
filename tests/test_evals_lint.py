"""The linter: the project's own data is clean, and each rule sees its own mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.data import DEFAULT_DATA
from evals.lint import lint
from tests.evals_builders import raw_record, write

ROOT = Path(__file__).parent.parent
Change = Callable[[dict[str, Any]], object]


def test_the_five_articles_gold_and_readers_are_clean() -> None:
    assert lint(DEFAULT_DATA) == []


def test_a_clean_record_is_clean(tmp_path: Path) -> None:
    write(tmp_path)
    assert lint(tmp_path) == []


def put(path: str, value: object) -> Change:
    """A change that sets the value at a dotted path."""

    def change(record: dict[str, Any]) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = record
        for part in parents:
            place = place[part]
        place[last] = value

    return change


def drop(path: str) -> Change:
    def change(record: dict[str, Any]) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = record
        for part in parents:
            place = place[part]
        del place[last]

    return change


MISTAKES: list[tuple[Change, str, str]] = [
    (put("article", "other.txt"), "article", "must name it"),
    (put("article", "../bridge.txt"), "article", "not a path"),
    (put("sha256", "0" * 64), "sha256", "the article's is"),
    (put("draft", value=True), "draft", "must settle"),
    (put("note", "x"), "note", "not permitted"),
    (drop("where"), "where", "required"),
    (put("source.published", "4 May"), "source.published", "YYYY-MM-DD"),
    (put("source.published", "2024-05-04"), "source", "both null"),
    (drop("source.published_from"), "source", "missing"),
    (put("source.title", "Another"), "source.title", "not in the article"),
    (put("source.url", "https://example.test"), "source.url", "not in the article"),
    (put("what.statement", "Lopes opened it on 4 May " + "x " * 30), "what.statement", "30 words"),
    (put("what.statement", "Lopes opened it on 9 May, 4 May."), "what.statement", "number '9'"),
    (put("what.nuggets", []), "what", "one to four"),
    (put("what.nuggets.0.anchors", []), "what.nuggets[0]", "anchors are missing"),
    (put("what.nuggets.1.anchors", [["march"]]), "what.nuggets[1].anchors[0]", "none of these"),
    (put("what.evidence", []), "what.evidence", "at least 1"),
    (put("who.0.evidence.0", "Mayor  Ana"), "who[0].evidence[0]", "character for character"),
    (put("who.0.evidence.0", "Mayor Ana "), "who[0].evidence[0]", "space"),
    (put("where.0.evidence.1", "."), "where[0].evidence[1]", "no word"),
    (put("who.0.name", "Ana Berg"), "who[0].name", "not in the article"),
    (put("who.0.aliases", ["Lopes", "Lopes"]), "who[0].aliases[1]", "given twice"),
    (put("who.1.aliases", ["Lopes"]), "who[1].aliases[0]", "belongs to item 0"),
    (put("who.0.kind", "place"), "who[0].kind", "Input should be"),
    (put("who.0.kind", "country"), "who[0].role", "of a country is null"),
    (put("who.0.role", "governor"), "who[0].role", "'governor'"),
    (put("who.0.importance", "high"), "who[0].importance", "Input should be"),
    (put("where.0.country", "XX"), "where[0].country", "ISO 3166-1"),
    (put("where.0.within", ["Arrowby"]), "where[0].within[0]", "the place itself"),
    (drop("where.0.within"), "where[0]", "within is missing"),
    (put("when.0.text", "5 May"), "when[0].text", "not in the article"),
    (put("when.0.date", "2024-13"), "when[0].date", "not a day of the calendar"),
    (put("when.0.granularity", "month"), "when[0].granularity", "is day"),
    (put("reactions.0.quote", "a waste"), "", ""),
    (put("reactions.0.quote", "waste of time"), "reactions[0].quote", "not in the article"),
    (put("reactions.0.quote", "the view"), "reactions[0].quote", "none of the item's evidence"),
    (put("reactions.0.stance", "angry"), "reactions[0].stance", "Input should be"),
    (put("reactions.0.anchors.0", ["Waste", "waste"]), "reactions[0].anchors[0][0]", "'waste'"),
    (put("reactions.0.anchors.0", ["waste", "waste"]), "reactions[0].anchors[0][1]", "twice"),
    (put("reactions.0.anchors.0", []), "reactions[0].anchors[0]", "none of these"),
    (put("reactions.0.forbidden", ["waste"]), "reactions[0].forbidden[0]", "says this"),
    (put("reactions.0.forbidden", ["!"]), "reactions[0].forbidden[0]", "no word"),
    (put("reactions.1.speaker_aliases", ["Eva Holm"]), "reactions[1].speaker_aliases[0]", "item 0"),
    (put("background.0.anchors", []), "background[0]", "anchors are missing"),
    (
        put("background.1.anchors", [["bridge", "ferry"]]),
        "background[0].statement",
        "anchors of background[1] too",
    ),
    (put("background.0.statement", "The bridge took 3 years."), "", ""),
    (put("background.0.statement", "It took three years in 1999."), "background[0]", "'1999'"),
]


@pytest.mark.parametrize(("change", "place", "message"), MISTAKES)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, change: Change, place: str, message: str
) -> None:
    record = raw_record()
    change(record)
    write(tmp_path, record)  # under the article's own name, so that it is found
    found = lint(tmp_path) if record["article"] == "bridge.txt" else renamed(tmp_path, record)
    if not message:
        assert found == []
        return
    told = [str(each) for each in found]
    assert any(f": {place}: " in each and message in each for each in told), told


def renamed(directory: Path, record: dict[str, Any]) -> list[Any]:
    """Findings for a record that stands in another article's file."""
    clean = directory / "clean"
    path = write(clean)
    path.write_text(json.dumps(record), encoding="utf-8")
    return lint(clean)


def test_the_line_is_that_of_the_value(tmp_path: Path) -> None:
    record = raw_record()
    record["who"][1]["name"] = "Nobody"
    path = write(tmp_path, record)
    lines = path.read_text(encoding="utf-8").split("\n")
    (found,) = lint(tmp_path)
    assert '"Nobody"' in lines[found.line - 1]
    assert str(found).startswith(f"{path}:{found.line}: who[1].name: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "not JSON"), (b"\xff", "not UTF-8"), (b"[]", "valid dictionary"), (b"null", "valid")],
)
def test_a_file_that_is_no_record(tmp_path: Path, content: bytes, message: str) -> None:
    write(tmp_path).write_bytes(content)
    assert any(message in str(each) for each in lint(tmp_path))


def test_a_key_given_twice(tmp_path: Path) -> None:
    path = write(tmp_path)
    text = path.read_text(encoding="utf-8").replace('"who":', '"who": [],\n"who":', 1)
    path.write_text(text, encoding="utf-8")
    assert any("given twice" in str(each) for each in lint(tmp_path))


def test_an_article_without_gold_and_gold_without_article(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "articles" / "lonely.txt").write_text("words", encoding="utf-8")
    (tmp_path / "articles" / "bridge.txt").unlink()
    told = [str(each) for each in lint(tmp_path)]
    assert any("lonely.txt" in each and "no gold record" in each for each in told)
    assert any("bridge.txt: No such file" in each for each in told)


def test_an_empty_directory(tmp_path: Path) -> None:
    assert [each.message for each in lint(tmp_path)] == ["there is no record"]


def test_readers_records_need_no_scoring_keys_but_true_spans(tmp_path: Path) -> None:
    write(tmp_path)
    record = raw_record()
    del record["source"]["published_from"]
    del record["what"]["nuggets"]
    for item in (*record["reactions"], *record["background"]):
        del item["anchors"], item["forbidden"]
    del record["where"][0]["within"], record["when"][0]["granularity"]
    path = tmp_path / "readers" / "a" / "bridge.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(record), encoding="utf-8")
    assert lint(tmp_path) == []
    record["who"][0]["evidence"] = ["invented by the reader"]
    path.write_text(json.dumps(record), encoding="utf-8")
    assert [each.path for each in lint(tmp_path)] == [path]
