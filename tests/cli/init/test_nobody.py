"""`governance init` where nobody is asked: nothing is guessed, and all that is open can be filled in."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance import strictyaml
from governance.cli.__main__ import main
from governance.errors import BadInput
from governance.evidence.manifest import Labels, Manifest
from governance.operations import look
from tests.cli.folders import (
    COMMIT,
    manifest_of,
    parquet,
    sklearn_folder,
    uncommented,
    vendor_folder,
    write,
    xgboost_folder,
)
from tests.cli.init.conftest import LOANS


def test_without_a_terminal_nothing_is_guessed(loans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(loans)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    manifest, text = manifest_of(loans), (loans / "governance.yaml").read_text()
    assert manifest.data.evaluation is None
    assert manifest.model.version == "unversioned"
    assert manifest.data.training is not None
    for open_ in ("age (numbers: wants bins), sex (Female, Male) look sensitive", "--label; perhaps repaid"):
        assert open_ in said
        assert open_ in " ".join(text.replace("#", "").split())
    assert main(["check", str(loans)]) in (10, 11)


def test_a_sensitive_column_that_nobody_named_is_a_comment_that_can_be_uncommented(loans: Path) -> None:
    flags = [flag for flag in LOANS if not flag.startswith(("--sensitive", "--bins"))]
    assert main(["init", str(loans), "--no-trail", *flags]) == 0
    evaluation = manifest_of(loans).data.evaluation
    assert evaluation is not None and evaluation.sensitive == {}
    text = (loans / "governance.yaml").read_text()
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("    # sensitive:"))
    lines[start : start + 3] = uncommented("\n".join(lines[start : start + 3])).splitlines()
    evaluation = strictyaml.load("\n".join(lines).encode(), Manifest, "x").data.evaluation
    assert evaluation is not None
    assert {name: each.column for name, each in evaluation.sensitive.items()} == {"age": "age", "sex": "sex"}


@pytest.mark.parametrize("make", [sklearn_folder, vendor_folder, xgboost_folder])
def test_all_that_is_commented_out_is_right_once_it_is_filled_in(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    folder = make(tmp_path / "a")
    assert main(["init", str(folder), "--no-trail"]) == 0
    text = (folder / "governance.yaml").read_text()
    for blank, filled in (
        ('label: {column: "...", positive: ["..."]', "label: {column: repaid, positive: [one]"),
        ('prediction: {column: "...", positive: ["..."]', "prediction: {column: p, positive: [one]"),
        ('commit: "..."', f'commit: "{COMMIT}"'),
        ('trained_at: "..."', "trained_at: 2026-01-31T12:00:00Z"),
    ):
        text = text.replace(blank, filled)
    once = uncommented(text)
    manifest = strictyaml.load(once.encode(), Manifest, "once")
    assert manifest.data.evaluation is not None and manifest.data.evaluation.sensitive == {}
    manifest = strictyaml.load(uncommented(once).encode(), Manifest, "twice")
    assert manifest.data.evaluation is not None and set(manifest.data.evaluation.sensitive) == {"age", "sex"}
    assert manifest.lineage.sources and manifest.environment.seeds and manifest.documents["model_card"]
    assert manifest.access.grants and manifest.model.owner and manifest.model.purpose.objective
    assert manifest.operations.rollback and manifest.operations.monitoring and manifest.operations.on_call
    assert manifest.access.people and (manifest.licences.components or manifest.artifact.none)


def test_an_unfilled_blank_is_refused(loans: Path) -> None:
    assert main(["init", str(loans), "--no-trail"]) == 0
    text = (loans / "governance.yaml").read_text()
    with pytest.raises(BadInput):
        strictyaml.load(uncommented(text).encode(), Manifest, "x")


def test_an_xgboost_folder_with_several_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = xgboost_folder(tmp_path / "boosted")
    assert main(["init", str(folder), "--format", "json"]) == 0
    body = json.loads(capsys.readouterr().out)
    manifest = manifest_of(folder)
    assert manifest.environment.commit == COMMIT
    assert manifest.artifact.format == "xgboost-json"
    assert manifest.lineage.events == ("lineage/prepare.json",)
    found = {each["what"]: each["how"] for each in body["found"]}
    assert found["evaluation"] == "data/test.parquet, 100 rows, 4 columns; taken for its name"
    assert found["other tables"] == "data/customers.parquet"
    open_ = {each["key"]: each["why"] for each in body["open"]}
    assert "data/customers.parquet has gender" in open_["join"]
    assert "bank.people" in open_["lineage.sources"]
    assert (body["written"], body["started"]) == (True, True)


def test_a_commit_of_a_repository_above_is_only_a_comment(tmp_path: Path) -> None:
    write(tmp_path / ".git/HEAD", f"{COMMIT}\n")
    folder = vendor_folder(tmp_path / "vendor")
    assert main(["init", str(folder), "--no-trail"]) == 0
    assert manifest_of(folder).environment.commit is None
    assert re.search(rf'#   commit: "{COMMIT}"', (folder / "governance.yaml").read_text())


def test_several_models_are_not_chosen_between(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = xgboost_folder(tmp_path / "a")
    write(folder / "old.pkl", b"\x80\x04.")
    assert main(["init", str(folder), "--no-trail"]) == 0
    assert "which of models/booster.json, old.pkl is the model" in capsys.readouterr().out
    assert manifest_of(folder).artifact.none == "open: 2 model files were found"
    (folder / "governance.yaml").unlink()
    assert main(["init", str(folder), "--no-trail", "--artifact=old.pkl"]) == 0
    assert "runs code" in capsys.readouterr().out
    assert manifest_of(folder).artifact.format == "pickle"


def test_an_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert main(["init", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "Looked at 0 files" in said
    assert "no Parquet or CSV table was found" in said
    assert main(["check", str(folder)]) in (10, 11)


def test_parquet_without_the_measure_extra(
    loans: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert main(["init", str(loans), "--no-trail"]) == 0
    assert "governance[measure]" in capsys.readouterr().out
    assert manifest_of(loans).artifact.path == "model.skops"
    (loans / "governance.yaml").unlink()
    assert main(["init", str(loans), "--no-trail", "--label=repaid"]) == 2


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_all_rows_of_a_large_table_say_what_its_classes_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(look, "SAMPLE", 5)
    monkeypatch.setattr("governance.collect.columns.MAX_HEAD", 40)
    columns: dict[str, list[Any]] = {"y": ["a", "b"] * 20 + ["c"], "p": ["a"] * 41}
    if suffix == "parquet":
        parquet(tmp_path / "eval.parquet", columns)
    else:
        write(tmp_path / "eval.csv", "y,p\n" + "".join(f"{y},{p}\n" for y, p in zip(*columns.values(), strict=True)))
    assert main(["init", str(tmp_path), "--no-trail", "--label=y", "--positive=a", "--prediction=p"]) == 0
    evaluation = manifest_of(tmp_path).data.evaluation
    assert evaluation is not None
    assert evaluation.label == Labels(column="y", positive=("a",), negative=("b", "c"))
