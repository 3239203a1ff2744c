"""Reading a data directory."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from evals import data
from evals.errors import DataError
from tests.evals_builders import raw_record, write


def test_the_projects_own_data() -> None:
    corpus = data.load()
    assert len(corpus.cases) == 5
    assert corpus.readers == ("a", "b")
    assert [case.name for case in corpus.cases] == sorted(case.name for case in corpus.cases)


def test_an_engine_is_told_a_date_only_from_metadata() -> None:
    told = {case.name: case.given_date for case in data.load().cases}
    assert told.pop("newstrack-embassy-reacts") == dt.date(2024, 6, 17)
    assert set(told.values()) == {None}


def test_an_article_keeps_its_bytes(tmp_path: Path) -> None:
    text = "Bridge opens in Arrowby\r\n\u00a0x\r\n" + "".join(raw_record()["what"]["evidence"])
    write(tmp_path, raw_record(text), text)
    assert data.load(tmp_path).cases[0].text == text


def test_some_of_the_cases() -> None:
    assert [case.name for case in data.load(only=("undated-rare-visit",)).cases] == [
        "undated-rare-visit"
    ]
    with pytest.raises(DataError, match="no article nope"):
        data.load(only=("nope",))
    with pytest.raises(DataError, match="no article 'nope'"):
        data.load().case("nope")


def test_granularity() -> None:
    assert [data.granularity(d) for d in ("2024", "2024-05", "2024-05-04", "2024/2025", None)] == [
        "year", "month", "day", "interval", None,
    ]  # fmt: skip


def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no gold"):
        data.load(tmp_path)
    path = write(tmp_path, {**raw_record(), "draft": True})
    with pytest.raises(DataError, match="a draft"):
        data.load(tmp_path)
    path.write_text(json.dumps({**raw_record(), "sha256": "0" * 64}), encoding="utf-8")
    with pytest.raises(DataError, match="not the one that gold labelled"):
        data.load(tmp_path)
    path.write_text(json.dumps({**raw_record(), "who": 1}), encoding="utf-8")
    with pytest.raises(DataError, match="who: Input should be a valid"):
        data.load(tmp_path)
    path.write_text("{\n}}", encoding="utf-8")
    with pytest.raises(DataError, match="line 2: not JSON"):
        data.load(tmp_path)
    path.write_bytes(b"\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        data.load(tmp_path)
    path.write_text(json.dumps({**raw_record(), "article": "x.txt"}), encoding="utf-8")
    with pytest.raises(DataError, match="file name must say so"):
        data.load(tmp_path)
    path.write_text(json.dumps(raw_record()), encoding="utf-8")
    (tmp_path / "articles" / "bridge.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"bridge.txt: not UTF-8 \(byte 0\)"):
        data.load(tmp_path)


def test_a_reader_counts_when_every_article_is_labelled(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, raw_record(article="second.txt"))
    for reader, articles in (("a", ["bridge", "second"]), ("b", ["bridge"])):
        for article in articles:
            path = tmp_path / "readers" / reader / f"{article}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(raw_record(article=f"{article}.txt")), encoding="utf-8")
    assert data.load(tmp_path).readers == ("a",)
