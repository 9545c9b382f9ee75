"""`governance init`: from a folder to a manifest that loads, with flags, with a person, and with neither."""

import builtins
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance import keys, strictyaml
from governance.cli.__main__ import main
from governance.collect.manifest import load
from governance.errors import BadInput
from governance.evidence.manifest import Attribute, Labels, Manifest
from governance.operations import look
from tests.cli.folders import COMMIT, parquet, people, sklearn_folder, vendor_folder, write, xgboost_folder
from tests.operations.project import CHEAP_SCRYPT

_LOANS = (
    "--version=1.10", "--owner=team:credit", "--label=repaid", "--positive=yes", "--prediction=rescore",
    "--sensitive=sex", "--sensitive=age", "--bins=age:40,60", "--risk-tier=high",
)  # fmt: skip
_COMMENTED_KEY = re.compile(r"^(\s*)# ((?:  |# )*[a-z_]+: ?.*)$")


@pytest.fixture(scope="session")
def _sklearn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sklearn_folder(tmp_path_factory.mktemp("made") / "loans")


@pytest.fixture
def loans(_sklearn: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_sklearn, tmp_path / "loans"))


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Somebody at a terminal, who gives these answers; the list that comes back holds those not given yet."""

    def sit_down(*answers: str) -> list[str]:
        left = list(answers)

        def read(*_: object) -> str:
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setattr(builtins, "input", read)
        return left

    return sit_down


def manifest_of(folder: Path) -> Manifest:
    return load(folder).manifest


def uncommented(text: str) -> str:
    """As an editor does it: the first mark of each line goes, where a key follows."""
    lines = (_COMMENTED_KEY.sub(r"\1\2", line) for line in text.splitlines())
    return "\n".join(lines) + "\n"


# Flags


def test_from_flags_alone_to_a_decision(loans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(loans), *_LOANS]) == 0
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


def test_the_next_commands_are_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
    folder = vendor_folder(tmp_path / "vendor")
    password = ["--password-file", str(write(tmp_path / "password", "correct horse battery"))]
    flags = ["--label=repaid", "--positive=yes", "--positive=1", "--prediction=decision", "--sensitive=sex"]
    assert main(["init", str(folder), *flags, "--format", "json"]) == 0
    key, check = (step.replace("NAME", "ann").split()[1:] for step in json.loads(capsys.readouterr().out)["next"])
    assert main(key + password) == 0
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


# Nobody there


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
    flags = [flag for flag in _LOANS if not flag.startswith(("--sensitive", "--bins"))]
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
    ):
        text = text.replace(blank, filled)
    once = uncommented(text)
    manifest = strictyaml.load(once.encode(), Manifest, "once")
    assert manifest.data.evaluation is not None and manifest.data.evaluation.sensitive == {}
    manifest = strictyaml.load(uncommented(once).encode(), Manifest, "twice")
    assert manifest.data.evaluation is not None and set(manifest.data.evaluation.sensitive) == {"age", "sex"}
    assert manifest.lineage.sources and manifest.environment.seeds and manifest.documents["model_card"]
    assert manifest.access.grants and manifest.model.owner and manifest.model.purpose.objective


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
    assert re.search(rf'# environment: .*commit: "{COMMIT}"', (folder / "governance.yaml").read_text())


def test_several_models_are_not_chosen_between(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = xgboost_folder(tmp_path / "a")
    write(folder / "old.pkl", b"\x80\x04.")
    assert main(["init", str(folder), "--no-trail"]) == 0
    assert "2 model files were found" in capsys.readouterr().out
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


# Somebody at a terminal


def test_a_person_is_asked_for_what_cannot_be_seen(
    loans: Path, person: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    left = person("", "1.10", "team:credit", "repayed", "repaid", "yes", "rescore", "sex, 1", "forty", "40,60")
    assert main(["init", str(loans), "--no-trail"]) == 0
    assert left == []
    asked = capsys.readouterr().err
    assert "no column 'repayed'" in asked
    assert "perhaps age, sex" in asked
    evaluation = manifest_of(loans).data.evaluation
    assert evaluation is not None and evaluation.prediction == "rescore"
    assert evaluation.label.positive == ("yes",)
    assert evaluation.sensitive["age"].bins == (40.0, 60.0)


def test_a_person_is_not_asked_what_flags_say(loans: Path, person: Callable[..., list[str]]) -> None:
    left = person("another name", "never asked")
    assert main(["init", str(loans), "--no-trail", *_LOANS]) == 0
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
    person("v", "1", "", "2", "repaid", "yes", "decision", "1", "sex")
    assert main(["init", str(folder), "--no-trail"]) == 0
    evaluation = manifest_of(folder).data.evaluation
    assert evaluation is not None and evaluation.path == "scores.csv"
    assert isinstance(evaluation.prediction, Labels)
    assert (evaluation.prediction.positive, evaluation.prediction.negative) == (("1",), ("0",))


def test_a_person_names_the_features_that_a_file_does_not(tmp_path: Path, person: Callable[..., list[str]]) -> None:
    parquet(tmp_path / "eval.parquet", {"a": [1, 2], "b": [3, 4], "y": ["n", "p"]})
    write(tmp_path / "model.onnx", b"\x08\x08")
    person("m", "1", "", "y", "p", "rescore", "*", "")
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


# What is there already


def test_a_trail_is_kept(loans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(loans / "governance.yaml", "not ours\n")
    assert main(["init", str(loans)]) == 0
    said = capsys.readouterr().out
    assert "Kept" in said and "Started the trail" in said
    trust = (loans / ".governance/trust.json").read_bytes()
    (loans / "governance.yaml").unlink()
    assert main(["init", str(loans)]) == 0
    assert "Kept the trail governance-" in capsys.readouterr().out
    assert (loans / ".governance/trust.json").read_bytes() == trust
    assert manifest_of(loans).model.name == "loans"


@pytest.mark.parametrize("flags", [["--no-trail"], ["--name=x"], ["--sensitive=sex"]])
def test_a_manifest_is_never_overwritten(loans: Path, flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    write(loans / "governance.yaml", "not ours\n")
    assert main(["init", str(loans), *flags]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert (loans / "governance.yaml").read_text() == "not ours\n"
    assert not (loans / ".governance").exists()


def test_with_manifest_and_trail_there_is_nothing_to_do(loans: Path) -> None:
    assert main(["init", str(loans)]) == 0
    text = (loans / "governance.yaml").read_bytes()
    assert main(["init", str(loans)]) == 2
    assert (loans / "governance.yaml").read_bytes() == text


def test_a_link_that_leads_nowhere_is_not_written_through(loans: Path) -> None:
    (loans / "governance.yaml").symlink_to(loans.parent / "elsewhere")
    assert main(["init", str(loans), "--no-trail"]) == 2
    assert not (loans.parent / "elsewhere").exists()


def test_a_manifest_that_appears_meanwhile_is_kept(loans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.operations import draft

    def too_late(*arguments: Any) -> draft.Draft:
        made = original(*arguments)
        write(loans / "governance.yaml", "theirs\n")
        return made

    original = draft.draft
    monkeypatch.setattr(draft, "draft", too_late)
    assert main(["init", str(loans), "--no-trail"]) == 2
    assert (loans / "governance.yaml").read_text() == "theirs\n"


def test_on_a_ci_machine_no_key_is_made(
    loans: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CI", "true")
    assert main(["init", str(loans)]) == 2
    assert "--no-trail" in capsys.readouterr().err
    assert not (loans / "governance.yaml").exists()
    assert main(["init", str(loans), "--no-trail"]) == 0
    assert (loans / "governance.yaml").exists()
    assert not (loans / ".governance").exists() and not (tmp_path / "user-config").exists()


def test_no_such_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err


# Names meant to do harm

_NAMES = (
    "x: [", "# no", "- a", '"quoted"', "'", "{", "%YAML", "&a", "*a", "!t", "yes", "1.10", "\u202eevil", "\ufeffbom",
    "née", " padded ", "a, b", "a\\n", "\u2028", "...", "---", "rescore",
)  # fmt: skip
_UNHOLDABLE = ("a\nb", "e\u0301", "x" * 300)


def test_hostile_columns_and_values_come_through_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns: dict[str, list[Any]] = {name: list(_NAMES) for name in (*_NAMES, *_UNHOLDABLE)}
    columns |= {"sex\n: x": ["a"] * len(_NAMES), "race # ]": ["b: c"] * len(_NAMES)}
    folder = tmp_path / "model: # {x"
    parquet(folder / "eval.parquet", columns)
    flags = ["--label=x: [", "--positive=yes", "--positive=# no", "--prediction=# no"]
    flags += [f"--sensitive={name}" for name in _NAMES[2:]] + [f"--feature={name}" for name in _NAMES[1:]]
    assert main(["init", str(folder), "--no-trail", *flags]) == 0
    manifest = manifest_of(folder)
    assert manifest.model.name == "model: # {x"
    assert manifest.features == _NAMES[1:]
    evaluation = manifest.data.evaluation
    assert evaluation is not None
    assert tuple(each.column for each in evaluation.sensitive.values()) == _NAMES[2:]
    assert tuple(evaluation.sensitive) == tuple(name.replace("*", "_") for name in _NAMES[2:])
    assert evaluation.label.positive == tuple(sorted(("yes", "# no")))
    assert set(evaluation.label.negative) == set(_NAMES) - {"yes", "# no"}
    said = capsys.readouterr().out
    assert '"race # ]" ("b: c") looks sensitive' in said
    assert all(character.isprintable() or character == "\n" for character in said)


def test_hostile_names_of_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a"
    for name in ("eval: \n# [.csv", "\x1b[2Jtrain.csv", "card \u202e.md", "g[1]*.parquet"):
        write(folder / name, "y,p\na,a\nb,b\n")
    (folder / "away.csv").symlink_to("/etc/passwd")
    flags = ["--evaluation=eval: \n# [.csv", "--label=y", "--positive=a", "--prediction=p"]
    assert main(["init", str(folder), "--no-trail", *flags]) == 0
    manifest = manifest_of(folder)
    assert manifest.data.evaluation is not None and manifest.data.evaluation.path == "eval: \n# [.csv"
    assert manifest.documents == {"model_card": "card \u202e.md"}
    said = capsys.readouterr().out
    assert all(character.isprintable() or character == "\n" for character in said)
    assert "'away.csv' is a link" in said


def test_a_folder_whose_name_no_manifest_can_hold(tmp_path: Path) -> None:
    for name in (os.fsdecode(b"\xff"), "a\nb"):
        folder = tmp_path / name
        folder.mkdir()
        assert main(["init", str(folder), "--no-trail"]) == 0
        assert manifest_of(folder).model.name == "model"
