"""The command line: what it prints and how it exits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.cli import main
from evals.data import DEFAULT_DATA
from evals.errors import ExitCode
from tests.evals_builders import raw_record, summary, write


def test_lint_of_the_projects_own_data_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint"]) == ExitCode.OK
    assert capsys.readouterr() == ("", "nothing to mend\n")


def test_lint_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = raw_record()
    record["who"][0]["name"] = "Nobody"
    path = write(tmp_path, record)
    assert main(["lint", "--data", str(tmp_path)]) == ExitCode.REGRESSION
    out, err = capsys.readouterr()
    assert out.startswith(f"{path}:")
    assert err == "1 to mend\n"


def test_score_of_a_perfect_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    answers = tmp_path / "answers.jsonl"
    answers.write_text(summary().model_dump_json() + "\n", encoding="utf-8")
    assert main(["score", str(answers), "--data", str(tmp_path)]) == ExitCode.OK
    out = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:4] for line in out.splitlines() if line.strip()}
    assert rows["reactions"] == ["100.0", "100.0", "100.0"]
    assert "1 articles prove little" in out


def test_score_as_json_holds_every_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(DEFAULT_DATA / "readers" / "a"), "--json"]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found["numbers"]["articles"] == 5
    assert found["numbers"]["fields"]["what"]["strict"] == {
        "precision": 1.0, "recall": 1.0, "f1": 1.0,
    }  # fmt: skip
    assert len(found["vital"]) == 61
    assert set(found["sensitivity"]) == {"0.4", "0.5", "0.6"}
    assert set(found["beside"]) == {"lead-3", "names", "other gold", "readers"}


def test_score_explains_each_miss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    answers = tmp_path / "answers.json"
    poor = summary().model_copy(update={"reactions": ()})
    answers.write_text(poor.model_dump_json(), encoding="utf-8")
    assert main(["score", str(answers), "--data", str(tmp_path), "--explain"]) == ExitCode.OK
    out = capsys.readouterr().out
    assert "reactions: vital, not found: Eva Holm: Eva Holm called" in out
    assert "Of 7 vital items 6 were found in every one of 1 repeats (pass^1 85.7)" in out
    assert "0 of 1: bridge / reactions / 0: Eva Holm" in out


def test_a_missing_answer_is_incomplete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    write(tmp_path, raw_record(article="second.txt") | {"sha256": raw_record("z")["sha256"]}, "z")
    answers = tmp_path / "answers.json"
    answers.write_text(summary().model_dump_json(), encoding="utf-8")
    assert main(["score", str(answers), "--data", str(tmp_path)]) == ExitCode.INCOMPLETE
    assert "no answer to second" in capsys.readouterr().err


def test_wrong_data_is_a_configuration_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", "x.json", "--data", str(tmp_path)]) == ExitCode.CONFIGURATION
    assert "no gold" in capsys.readouterr().err


def test_floors_and_readers_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["floors"]) == ExitCode.OK
    head = capsys.readouterr().out.splitlines()[0]
    assert head.split() == ["F1", "lead-3", "names", "other", "gold", "readers"]


def test_an_answers_words_never_reach_the_terminal_as_escapes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    poor = json.loads(summary().model_dump_json())
    poor["background"][0]["statement"] = "\x1b[31mred\x07 bridge\nnew line"
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(poor), encoding="utf-8")
    assert main(["score", str(answers), "--data", str(tmp_path), "--explain"]) == ExitCode.OK
    out = capsys.readouterr().out
    assert "[31mred bridge new line" in out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from evals.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pydantic', 'openai', 'instructor', 'trafilatura'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=DEFAULT_DATA.parent)


def test_nothing_is_asked_about_articles_that_the_linter_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {**raw_record(), "draft": True})
    command = ["run", "--engine", "extractive", "--data", str(tmp_path)]
    assert main([*command, "--out", str(tmp_path / "run")]) == ExitCode.CONFIGURATION
    assert "a reader must settle" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_quick_asks_and_scores_in_one_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    command = ["quick", "--engine", "extractive", "--data", str(tmp_path), "--json"]
    assert main(command) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found["service"]["checks"]["answers"] == 1
    assert found["service"]["checks"]["grounded"] == found["service"]["checks"]["items"] > 0


def test_a_run_is_scored_as_a_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    run = str(tmp_path / "run")
    base = ["--data", str(tmp_path)]
    assert main(["run", "--engine", "extractive", "--out", run, "--repeats", "2", *base]) == 0
    capsys.readouterr()
    assert main(["score", run, "--json", *base]) == ExitCode.OK
    scored = json.loads(capsys.readouterr().out)
    assert main(["quick", "--engine", "extractive", "--json", *base]) == ExitCode.OK
    quick = json.loads(capsys.readouterr().out)
    assert scored["numbers"]["strict"] == quick["numbers"]["strict"]
    assert scored["numbers"]["repeats"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--repeats", "0"], "a whole number above 0"),
        (["run", "--jobs", "x"], "a whole number above 0"),
        (["run", "--max-cost", "-1"], "a number of dollars above 0"),
        (["run", "--max-cost", "nan"], "a number of dollars above 0"),
    ],
)
def test_a_wrong_option_is_told(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == ExitCode.CONFIGURATION
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"), [([], "say what to write"), (["--add"], "--add needs --history")]
)
def test_a_report_of_nothing_is_told(
    capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["report", "nowhere", *options]) == ExitCode.CONFIGURATION
    assert message in capsys.readouterr().err


def test_a_reader_that_leaves_is_no_reason_to_complain() -> None:
    command = [sys.executable, "-m", "evals", "floors"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == ExitCode.BROKEN_PIPE
