"""Facts about a plan: which blocks there are, and what a later run makes of the same folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from summarizer.batch import OutputProblem
from summarizer.distributed import manifest
from summarizer.distributed.storage import Folder
from summarizer.errors import ConfigurationError, EngineTimeout, SourceNotFound
from summarizer.sources import Columns
from tests.distributed_support import ASKED, TEXT, Corpus, Engine, write


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def blocks(corpus: Corpus, **changes: Any) -> list[manifest.Block]:
    return [block for block, _ in corpus.plan(**changes).todo(retry_errors=False)]


def test_each_row_of_each_file_is_in_one_block(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(7))
    write(corpus.source / "deep" / "b.parquet", range(2))

    assert blocks(corpus) == [
        (1, "a.parquet", 0, 3),
        (4, "a.parquet", 3, 3),
        (7, "a.parquet", 6, 1),
        (8, "deep/b.parquet", 0, 2),
    ]


def test_hidden_files_and_those_of_another_kind_are_left_out(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(1))
    write(corpus.source / "_temporary" / "b.parquet", range(1))
    write(corpus.source / ".c.parquet", range(1))
    (corpus.source / "d.csv").write_text("text\nno")

    assert [block[1] for block in blocks(corpus)] == ["a.parquet"]


def test_one_file_is_a_source_too(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    corpus.source.rmdir()
    corpus.source = tmp_path / "in.parquet"
    write(corpus.source, range(2))

    corpus.run()

    assert corpus.sources == ["in.parquet#1", "in.parquet#2"]


def test_an_empty_file_has_nothing_to_ask(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(0))
    assert corpus.run() == []
    assert manifest.load(Folder(str(corpus.target))) is not None


def test_nothing_to_read_is_an_error(corpus: Corpus) -> None:
    with pytest.raises(SourceNotFound, match=r"holds no \.parquet file"):
        corpus.plan()
    corpus.source.rmdir()
    with pytest.raises(SourceNotFound, match="there is no"):
        corpus.plan()


def test_the_target_must_not_lie_within_the_source(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(1))
    corpus.target = corpus.source / "out"
    with pytest.raises(ConfigurationError, match="must not lie within"):
        corpus.plan()


def test_a_folder_of_something_else_is_left_as_it_is(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(1))
    write(corpus.target / "articles" / "mine.parquet", range(1))
    with pytest.raises(OutputProblem, match="holds something else"):
        corpus.plan()


def test_a_file_that_cannot_be_read_spares_the_others(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(1))
    (corpus.source / "b.parquet").write_bytes(b"no")
    parquet.write_table(pa.table({"body": ["no"]}), corpus.source / "c.parquet")
    parquet.write_table(pa.table({"text": [1]}), corpus.source / "d.parquet")

    made = corpus.plan()

    assert made.paths == ["a.parquet"]
    name = str(corpus.source)
    assert {path: str(error) for path, error in made.bad.items()} == {
        "b.parquet": f"'{name}/b.parquet' is no Parquet file, or is damaged",
        "c.parquet": f"'{name}/c.parquet' has no column 'text'",
        "d.parquet": f"'{name}/d.parquet' has no text in its column 'text', but int64",
    }


def test_a_new_file_adds_its_rows(corpus: Corpus) -> None:
    write(corpus.source / "b.parquet", range(2))
    corpus.run()
    write(corpus.source / "a.parquet", range(2, 4))
    engine = Engine()

    corpus.run(engine)

    assert engine.asked == [TEXT.format(2), TEXT.format(3)]
    assert [row["id"] for row in corpus.rows("articles")] == [1, 2, 3, 4]
    assert corpus.sources == ["b.parquet#1", "b.parquet#2", "a.parquet#1", "a.parquet#2"]


def test_a_file_that_changed_is_asked_anew_and_its_old_rows_go(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(2))
    write(corpus.source / "b.parquet", range(2))
    corpus.run()
    write(corpus.source / "a.parquet", range(5, 9))
    engine = Engine()

    corpus.run(engine)

    assert len(engine.asked) == 4
    assert [row["id"] for row in corpus.rows("articles")] == [3, 4, 5, 6, 7, 8]
    assert corpus.sources[2:] == [f"a.parquet#{n}" for n in range(1, 5)]
    assert [row["article"] for row in corpus.rows("items")] == [3, 4, 5, 6, 7, 8]


def test_old_rows_stay_until_all_new_ones_of_their_file_are_there(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(2))
    corpus.run()
    write(corpus.source / "a.parquet", range(5, 9))

    def fail(text: str) -> None:
        if text == TEXT.format(8):
            raise EngineTimeout("late")

    corpus.run(Engine(fail))
    assert [row["id"] for row in corpus.rows("articles")] == [1, 2, 3, 4, 5]
    corpus.run()
    assert [row["id"] for row in corpus.rows("articles")] == [3, 4, 5, 6]


def test_rows_of_a_file_that_is_gone_stay(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(2))
    corpus.run()
    (corpus.source / "a.parquet").unlink()
    write(corpus.source / "b.parquet", range(2))
    corpus.run()

    assert corpus.sources == ["a.parquet#1", "a.parquet#2", "b.parquet#1", "b.parquet#2"]


def test_another_question_needs_another_folder_or_all_anew(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(2))
    corpus.run()
    other = ASKED | {"models": ["better"]}

    with pytest.raises(ConfigurationError, match=r"another question \(it differs in: models\)"):
        corpus.plan(asked=other)
    engine = Engine()
    corpus.run(engine, asked=other, fresh=True)

    assert len(engine.asked) == 2
    assert [row["id"] for row in corpus.rows("articles")] == [3, 4]


def test_fresh_asks_all_anew_and_goes_on_with_that_where_it_broke_off(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(6))
    corpus.run()

    def fail(text: str) -> None:
        if text in (TEXT.format(4), TEXT.format(5)):
            raise EngineTimeout("late")

    corpus.run(Engine(fail), fresh=True)
    engine = Engine()
    corpus.run(engine, fresh=True)

    assert sorted(engine.asked) == [TEXT.format(4), TEXT.format(5)]
    assert [row["id"] for row in corpus.rows("articles")] == [7, 8, 9, 10, 11, 12]
    again = Engine()
    corpus.run(again, fresh=True)
    assert len(again.asked) == 6


def test_what_fresh_began_is_gone_on_with_without_it_too(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3))
    corpus.run()
    assert corpus.plan(fresh=True).manifest.fresh
    made = corpus.plan()

    assert made.manifest.fresh
    assert len(list(made.todo(retry_errors=False))) == 1


def test_blocks_stay_as_large_as_they_were_begun(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(4))
    assert blocks(corpus, block_rows=2) == [(1, "a.parquet", 0, 2), (3, "a.parquet", 2, 2)]
    assert len(blocks(corpus)) == 2
    with pytest.raises(ConfigurationError, match="--block-size 2"):
        corpus.plan(block_rows=3)


def test_a_manifest_of_another_version_is_left_alone(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(1))
    corpus.run()
    path = corpus.target / "_corpus" / "manifest.json"
    for content in (b"{}", b"no", path.read_bytes().replace(b'"version": 1', b'"version": 9')):
        path.write_bytes(content)
        with pytest.raises(OutputProblem, match=r"manifest\.json' is none of this version"):
            corpus.plan()
        assert path.read_bytes() == content


def test_a_damaged_marker_is_named(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(1))

    def fail(_: str) -> None:
        raise EngineTimeout("late")

    corpus.run(Engine(fail))
    (marker,) = (corpus.target / "_corpus" / "blocks").rglob("*.json")
    marker.write_bytes(b"")
    with pytest.raises(OutputProblem, match=marker.name):
        corpus.run()


def test_what_killed_workers_left_is_swept(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(1))
    left = [
        corpus.target / "items" / "000000000099-0.parquet",
        corpus.target / "articles" / ".000000000001-0.parquet.abc.part",
        corpus.target / "errors" / "000000000001-1.parquet",
        corpus.target / "_corpus" / "blocks" / "000000000001" / ".1.a1.f0.l0.json.abc.part",
    ]
    corpus.run()
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    foreign = corpus.target / "articles" / "README.md"
    foreign.write_text("mine")

    corpus.run()

    assert not [path for path in left if path.exists()]
    assert foreign.exists()


def test_columns_of_other_names_are_read(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    write(corpus.source / "a.parquet", range(2), body=["x"] * 2)
    found = corpus.plan(columns=Columns(text="body"))
    assert found.paths == ["a.parquet"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_target_that_cannot_be_written_is_one_error(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(1))
    corpus.target.mkdir()
    corpus.target.chmod(0o500)
    with pytest.raises(OutputProblem, match="cannot be written: permission denied"):
        corpus.plan()
