"""`governance init` with somebody at a terminal."""

import builtins
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.cli.__main__ import main
from governance.evidence.manifest import Labels
from governance.evidence.operations import OnCall
from tests.cli.folders import (
    manifest_of,
    parquet,
    vendor_folder,
    write,
)
from tests.cli.init.conftest import LOANS


def test_a_person_is_asked_for_what_cannot_be_seen(
    loans: Path, person: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    about = ("", "1.10", "team:credit", "decide about loans")
    columns = ("repayed", "repaid", "yes", "rescore", "sex, 1", "forty", "40,60")
    left = person(*about, *columns, "1.9", "#credit-oncall")
    assert main(["init", str(loans), "--no-trail"]) == 0
    assert left == []
    manifest = manifest_of(loans)
    assert manifest.model.purpose.objective == "decide about loans"
    assert manifest.operations.rollback == "1.9"
    assert manifest.operations.on_call == OnCall(owner="team:credit", contact="#credit-oncall")
    asked = capsys.readouterr().err
    assert "no column 'repayed'" in asked
    assert "perhaps age, sex" in asked
    evaluation = manifest_of(loans).data.evaluation
    assert evaluation is not None and evaluation.prediction == "rescore"
    assert evaluation.label.positive == ("yes",)
    assert evaluation.sensitive["age"].bins == (40.0, 60.0)


def test_a_person_is_not_asked_what_flags_say(loans: Path, person: Callable[..., list[str]]) -> None:
    left = person("another name", "never asked")
    assert main(["init", str(loans), "--no-trail", *LOANS]) == 0
    assert left == ["never asked"]
    assert manifest_of(loans).model.name == "another name"


def test_a_person_who_only_presses_enter_leaves_it_open(loans: Path, person: Callable[..., list[str]]) -> None:
    person(*[""] * 20)
    assert main(["init", str(loans), "--no-trail"]) == 0
    manifest = manifest_of(loans)
    assert (manifest.model.name, manifest.model.version, manifest.data.evaluation) == ("loans", "unversioned", None)


def test_a_person_chooses_between_tables_and_spellings(tmp_path: Path, person: Callable[..., list[str]]) -> None:
    folder = vendor_folder(tmp_path / "vendor")
    write(folder / "other.csv", "a,b\n1,2\n")
    person("v", "1", "", "", "2", "repaid", "yes", "decision", "1", "sex")
    assert main(["init", str(folder), "--no-trail"]) == 0
    evaluation = manifest_of(folder).data.evaluation
    assert evaluation is not None and evaluation.path == "scores.csv"
    assert isinstance(evaluation.prediction, Labels)
    assert (evaluation.prediction.positive, evaluation.prediction.negative) == (("1",), ("0",))


def test_a_person_names_the_features_that_a_file_does_not(tmp_path: Path, person: Callable[..., list[str]]) -> None:
    parquet(tmp_path / "eval.parquet", {"a": [1, 2], "b": [3, 4], "y": ["n", "p"]})
    write(tmp_path / "model.onnx", b"\x08\x08")
    person("m", "1", "", "", "y", "p", "rescore", "*", "")
    assert main(["init", str(tmp_path), "--no-trail"]) == 0
    manifest = manifest_of(tmp_path)
    assert manifest.features == ("a", "b")
    assert manifest.data.evaluation is not None and manifest.data.evaluation.prediction == "rescore"


def test_an_interrupted_person_leaves_nothing(
    loans: Path, person: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    person()

    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(builtins, "input", interrupt)
    assert main(["init", str(loans)]) == 1
    assert not (loans / "governance.yaml").exists() and not (loans / ".governance").exists()


def test_json_asks_nobody(loans: Path, person: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    left = person("never asked")
    assert main(["init", str(loans), "--no-trail", "--format", "json"]) == 0
    assert left == ["never asked"]
    body = json.loads(capsys.readouterr().out)
    assert (body["origin"], body["trail"], body["started"]) == (None, None, False)
    assert body["next"] == [f"governance check {loans / 'governance.yaml'} --dry-run"]
