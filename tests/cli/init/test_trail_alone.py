"""`governance init --no-manifest`: where a service will keep its trail there is no model to describe."""

import json
from pathlib import Path

import pytest

from governance.cli.__main__ import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_trail_is_started_and_nothing_is_written_about_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--no-manifest"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Started the trail governance-")
    assert "governance account invite NAME --role admin\n  governance serve --policy baseline" in said
    assert "data.evaluation" not in said and "key new" not in said
    assert [path.name for path in tmp_path.iterdir() if path.name != "user-config"] == [".governance"]
    assert main(["trail", "verify"]) == 0


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--no-manifest", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["manifest"], said["written"], said["started"]) == (None, False, True)


@pytest.mark.parametrize("also", [["--no-trail"], ["--name", "credit"], ["--bins", "age:40"]])
def test_what_is_about_a_model_is_refused_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], also: list[str]
) -> None:
    assert main(["init", "--no-manifest", *also]) == 2
    assert also[0] in capsys.readouterr().err
    assert not (tmp_path / ".governance").exists()


def test_a_second_time_it_says_that_there_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--no-manifest"]) == 0
    assert main(["init", "--no-manifest"]) == 2
    assert "there is a trail already" in capsys.readouterr().err
