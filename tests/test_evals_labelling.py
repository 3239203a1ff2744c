"""Starting a record: a draft that only a reader can make gold."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from evals import cli, data, labelling
from evals.data import Record
from evals.errors import ConfigurationError, DataError, ExitCode
from evals.lint import lint
from summarizer import Article
from tests.evals_builders import TEXT, raw_record, summary, write


def draft(published: dt.date | None = None) -> Record:
    article = Article.from_text(TEXT, published=published, origin="metadata")
    return labelling.draft(article, "bridge.txt", summary())


def test_a_draft_holds_what_the_answer_says() -> None:
    record = draft()
    assert record.draft
    assert [who.name for who in record.who] == ["Ana Lopes", "Jon Field"]
    assert record.reactions[0].quote == "a waste of money"
    assert record.when[0].granularity == "day"
    assert {item.importance for name in ("who", "reactions") for item in record.items(name)} == {
        "okay"
    }


def test_a_given_date_is_metadata() -> None:
    assert draft(dt.date(2024, 5, 5)).source.published_from == "metadata"
    assert draft().source.published_from in (None, "text")


def test_the_linter_and_the_loader_refuse_a_draft_until_it_is_settled(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.unlink()
    labelling.write(draft(), path)
    told = [str(each) for each in lint(tmp_path)]
    assert any("draft: a reader must settle" in each for each in told)
    assert any("reactions[0]: anchors are missing" in each for each in told)
    with pytest.raises(DataError, match="a draft"):
        data.load(tmp_path)
    path.write_text(json.dumps(raw_record()), encoding="utf-8")
    assert lint(tmp_path) == []


def test_an_answer_without_a_main_event_leaves_it_to_the_reader() -> None:
    article = Article.from_text(TEXT)
    record = labelling.draft(article, "bridge.txt", None)
    assert record.what.statement == "Bridge opens in Arrowby"
    assert record.what.nuggets == ()


def test_an_article_is_copied_byte_for_byte_and_never_over_another(tmp_path: Path) -> None:
    article = tmp_path / "new.txt"
    article.write_bytes(b"One\r\n\xc2\xa0two.")
    placed = labelling.place(article, tmp_path / "data")
    assert placed.read_bytes() == article.read_bytes()
    assert labelling.place(placed, tmp_path / "data") == placed
    article.write_bytes(b"Other.")
    with pytest.raises(ConfigurationError, match="another article"):
        labelling.place(article, tmp_path / "data")
    page = tmp_path / "page.html"
    page.write_bytes(b"<p>")
    with pytest.raises(ConfigurationError, match=r"a \.txt file"):
        labelling.place(page, tmp_path / "data")


def test_the_command_makes_a_draft_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    article = tmp_path / "bridge.txt"
    article.write_bytes(TEXT.encode())
    command = ["label", str(article), "--engine", "extractive", "--data", str(tmp_path / "data")]
    assert cli.main(command) == ExitCode.OK
    assert "not gold" in capsys.readouterr().err
    record = data.read_record(tmp_path / "data" / "gold" / "bridge.json")
    assert record.draft
    assert cli.main(command) == ExitCode.CONFIGURATION
    assert "a record already" in capsys.readouterr().err
