"""`governance init` by flags: what fits is written, what does not is refused before anything is."""

import json
from pathlib import Path

import pytest

from governance import keys
from governance.cli.__main__ import main
from governance.evidence.manifest import Attribute, Labels
from tests.cli.folders import (
    manifest_of,
    parquet,
    people,
    vendor_folder,
    write,
    xgboost_folder,
)
from tests.cli.init.conftest import LOANS
from tests.operations.project import CHEAP_SCRYPT


def test_from_flags_alone_to_a_decision(loans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(loans), *LOANS]) == 0
    said = capsys.readouterr().out
    manifest = manifest_of(loans)
    assert (manifest.model.name, manifest.model.version, manifest.model.risk_tier) == ("loans", "1.10", "high")
    assert (manifest.artifact.path, manifest.artifact.format) == ("model.skops", "skops")
    assert manifest.features == ("age", "income")
    evaluation = manifest.data.evaluation
    assert evaluation is not None
    assert (evaluation.path, evaluation.prediction) == ("data/eval.parquet", "rescore")
    assert evaluation.label == Labels(column="repaid", positive=("yes",), negative=("no",))
    assert evaluation.sensitive == {"sex": Attribute(column="sex"), "age": Attribute(column="age", bins=(40.0, 60.0))}
    assert "sensitive" not in said
    assert main(["check", str(loans)]) in (10, 11)
    decided = capsys.readouterr().out
    assert "Selection rates within four fifths: age:" in decided
    assert "The artifact is the one that was recorded" in decided[decided.index("PASSED") :]


def test_what_sounds_sensitive_beside_what_was_named_keeps_nobody_from_going_on(
    loans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [flag for flag in LOANS if not flag.startswith("--bins")]
    flags = [flag for flag in flags if flag != "--sensitive=age"]
    assert main(["init", str(loans), "--no-trail", *flags]) == 0
    said = capsys.readouterr().out
    assert said.index("Open in comments there") < said.index("also sensitive")
    assert "To be filled in first" not in said


def test_the_next_commands_are_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
    folder = vendor_folder(tmp_path / "vendor")
    password = ["--password-file", str(write(tmp_path / "password", "correct horse battery"))]
    flags = ["--label=repaid", "--positive=yes", "--positive=1", "--prediction=decision", "--sensitive=sex"]
    assert main(["init", str(folder), *flags, "--format", "json"]) == 0
    key, pin, check = (step.replace("NAME", "ann").split()[1:] for step in json.loads(capsys.readouterr().out)["next"])
    assert main(key + password) == main(pin) == 0
    assert main(check + password) in (10, 11)
    assert "submitter local|ann" in capsys.readouterr().out


def test_a_positive_value_may_be_one_of_label_or_prediction(tmp_path: Path) -> None:
    folder = vendor_folder(tmp_path / "vendor")
    flags = ["--label=repaid", "--positive=yes", "--positive=1", "--prediction=decision"]
    assert main(["init", str(folder), "--no-trail", *flags]) == 0
    manifest = manifest_of(folder)
    assert manifest.data.evaluation is not None
    assert manifest.data.evaluation.label == Labels(column="repaid", positive=("yes",), negative=("no",))
    assert manifest.data.evaluation.prediction == Labels(column="decision", positive=("1",), negative=("0",))
    assert manifest.artifact.none == "no model file was found"
    assert (manifest.access.grants, manifest.access.approvals) == ("access/grants.csv", "access/approvals.csv")
    assert main(["check", str(folder)]) in (10, 11)


def test_paths_are_given_from_here_or_from_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, flag in enumerate(("data/train.parquet", "boosted/data/train.parquet", "{}/data/train.parquet")):
        monkeypatch.chdir(tmp_path)
        folder = xgboost_folder(tmp_path / str(number) / "boosted")
        monkeypatch.chdir(folder.parent)
        flags = [f"--evaluation={flag.format(folder)}", "--label=repaid", "--positive=yes", "--prediction=rescore"]
        assert main(["init", "boosted", "--no-trail", *flags]) == 0
        evaluation = manifest_of(folder).data.evaluation
        assert evaluation is not None and evaluation.path == "data/train.parquet"


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--label=repayed"], "'repaid'"),
        (["--label=income"], "a feature of the model"),
        (["--artifact=old.pkl", "--label=income"], "more than"),
        (["--artifact=old.pkl", "--label=repaid", "--feature=repaid"], "a feature of the model"),
        (["--label=repaid", "--positive=Yes"], "'yes'"),
        (["--label=repaid", "--positive=yes", "--positive=no"], "every value of 'repaid' is positive"),
        (["--positive=yes"], "--label"),
        (["--prediction=rescored"], "no column 'rescored'"),
        (["--label=repaid", "--prediction=repaid"], "cannot be the prediction"),
        (["--sensitive=gender"], "no column 'gender'"),
        (["--sensitive=SEX"], "'sex'"),
        (["--sensitive=age"], "--bins age:40,60"),
        (["--sensitive=age", "--bins=age:60,40"], "increas"),
        (["--sensitive=age", "--bins=age:forty"], "COLUMN:40,60"),
        (["--sensitive=sex", "--bins=sex:40"], "does not hold numbers"),
        (["--bins=age:40"], "--sensitive age"),
        (["--evaluation=data/evil.parquet"], "'data/eval.parquet'"),
        (["--evaluation=README.md"], ".parquet or .csv"),
        (["--evaluation=../outside.csv"], "leaves the project"),
        (["--artifact=model.skop"], "'model.skops'"),
        (["--artifact=README.md"], "not a model that we read"),
        (["--artifact=data"], "a folder"),
        (["--feature=incme"], "'income'"),
        (["--feature=age", "--feature=age"], "twice"),
        (["--name=a\nb"], "plain text"),
        (["--version="], "plain text"),
        (["--risk-tier=huge"], "high"),
        (["--objective=a\nb"], "plain text"),
        (["--contact=#x"], "name the owner"),
    ],
)
def test_a_flag_that_does_not_fit_is_refused_and_nothing_is_written(
    loans: Path, flags: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(loans.parent / "outside.csv", "a\n1\n")
    if "--artifact=old.pkl" in flags:
        write(loans / "old.pkl", b"\x80\x04.")
    assert main(["init", str(loans), *flags]) == 2
    assert says in capsys.readouterr().err
    assert not (loans / "governance.yaml").exists()
    assert not (loans / ".governance").exists()


def test_what_cannot_be_run_is_not_rescored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parquet(tmp_path / "eval.parquet", people(40))
    for model, says in (
        (None, "no model to run"),
        ((".pkl", b"\x80\x04."), "a pickle is never opened"),
        ((".onnx", b"\x08\x08"), "--feature COLUMN"),
    ):
        folder = tmp_path / str(model and model[0])
        parquet(folder / "eval.parquet", people(40))
        if model:
            write(folder / f"model{model[0]}", model[1])
        assert main(["init", str(folder), "--prediction=rescore", "--no-trail"]) == 2
        assert says in capsys.readouterr().err
    flags = ["--feature=age", "--feature=income", "--label=repaid", "--positive=yes", "--prediction=rescore"]
    assert main(["init", str(folder), "--no-trail", *flags]) == 0
    assert manifest_of(folder).features == ("age", "income")


def test_a_model_that_wants_other_columns_is_not_rescored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = xgboost_folder(tmp_path / "a")
    trained = {"learner": {"feature_names": ["age", "incomes"]}}
    write(folder / "models/booster.json", json.dumps(trained))
    assert main(["init", str(folder), "--prediction=rescore"]) == 2
    assert "'income'" in capsys.readouterr().err
    assert main(["init", str(folder), "--no-trail"]) == 0
    assert "no column for incomes" in capsys.readouterr().out
