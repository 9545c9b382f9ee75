"""The demonstration's two projects: their faults are in their files, and what mends a file mends its finding."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

import pandas
import pytest

from governance.canonical import sha256
from governance.cli.demo import events, texts, training
from governance.cli.demo.material import build, pinned
from governance.collect.collected import collect
from governance.collect.manifest import load
from governance.errors import BadInput
from governance.operations.evaluate import Checked, check, load_policies
from governance.operations.workspace import Workspace
from governance.policy.outcome import Action, Outcome
from governance.settings import load_settings

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FAULTS = {
    "data-as-recorded", "sources-approved", "no-forbidden-column", "selection-four-fifths", "no-single-feature",
    "separate-duties", "no-wildcard-grants", "artifact-as-recorded", "accuracy-floor", "can-be-rebuilt", "model-card",
}  # fmt: skip


def audit(manifest: Path) -> Checked:
    workspace = Workspace(manifest.parent, load_settings(), lambda: NOW, bytes)
    return check(workspace, manifest, load_policies(["baseline"]), submitter="local|ann", dry_run=True)


def by_outcome(checked: Checked, outcome: Outcome) -> dict[str, str]:
    """Rule id of the policy -> why."""
    return {f.key.split("#")[1]: f.why for f in checked.decision.findings if f.outcome is outcome}


def files(folder: Path) -> dict[str, str]:
    """Digests of all files but git's own, whose index notes times."""
    found = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(folder)): sha256(path.read_bytes()) for path in found}


@pytest.fixture(scope="module")
def lock() -> str:
    return (Path(__file__).resolve().parents[2] / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("v1"), "1")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, lock: str) -> Path:
    return build(tmp_path_factory.mktemp("v2"), "2", lock)


def test_version_1_is_denied_for_a_fault_of_each_kind(first: Path) -> None:
    checked = audit(first)
    failed = by_outcome(checked, Outcome.FAIL)
    assert set(failed) == FAULTS
    assert set(by_outcome(checked, Outcome.PASS)) == {"artifact-safe-format", "explanations-add-up"}
    assert not checked.evidence.facts.absent
    assert checked.decision.outcomes == {"prod": Action.DENY, "staging": Action.DENY}
    assert "data.training" in failed["data-as-recorded"]
    assert "data.evaluation" not in failed["data-as-recorded"]
    assert "diabetes.source.sex -> diabetes.prepared.bp_by_sex" in failed["no-forbidden-column"]
    assert "no licence" in failed["sources-approved"]
    assert "no approval" in failed["sources-approved"]
    assert "age has a share" in failed["no-single-feature"]


def test_version_2_waits_for_a_person_only_because_the_rows_are_few(
    second: Path, require_tool: Callable[[str], str]
) -> None:
    require_tool("git")
    checked = audit(second)
    assert not by_outcome(checked, Outcome.FAIL)
    open_ = by_outcome(checked, Outcome.INCONCLUSIVE)
    assert set(open_) == {"selection-four-fifths"}
    assert "age_band" in open_["selection-four-fifths"]
    assert "sex" in open_["selection-four-fifths"]
    assert len(by_outcome(checked, Outcome.PASS)) == 12
    assert checked.decision.outcomes == {"prod": Action.NEEDS_REVIEW, "staging": Action.ALLOW}


def test_mending_a_file_mends_its_finding_and_no_other(first: Path, tmp_path: Path) -> None:
    shutil.copytree(first.parent, tmp_path / "mended")
    folder = tmp_path / "mended"
    manifest = folder / "governance.yaml"
    text = manifest.read_text()
    for path in (training.MODEL, training.TRAIN):
        before, name, after = text.partition(f"path: {path}\n")
        text = before + name + re.sub(r"[0-9a-f]{64}", sha256((folder / path).read_bytes()), after, count=1)
    manifest.write_text(text.replace("forbidden: [sex]", "licence: CC0-1.0\n      forbidden: [s6]"))
    for name, mended in (("grants", texts.GRANTS["2"]), ("approvals", texts.APPROVALS["2"])):
        (folder / "access" / f"{name}.csv").write_text(mended)
    (folder / "docs" / "card.md").write_text(texts.CARDS["2"])
    measured = {"selection-four-fifths", "no-single-feature", "accuracy-floor", "can-be-rebuilt"}
    assert set(by_outcome(audit(manifest), Outcome.FAIL)) == measured


def test_without_known_digests_version_2_says_so(tmp_path: Path) -> None:
    facts = collect(load(build(tmp_path / "v2", "2")), frozenset({"reproducibility"})).reproducibility
    assert facts is not None
    assert facts.hashed == 0
    assert facts.pinned == facts.requirements > 4


@pytest.mark.parametrize("version", ["1", "2"])
def test_built_again_it_is_the_same(
    version: Literal["1", "2"], first: Path, second: Path, tmp_path: Path, lock: str
) -> None:
    once = first if version == "1" else second
    assert files(build(tmp_path / "again", version, lock).parent) == files(once.parent)


def test_the_project_trains_its_own_model_again(second: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(second.parent / "code", folder / "code")
    subprocess.run([sys.executable, "-P", "code/train.py"], cwd=folder, check=True)
    made = {name: digest for name, digest in files(folder).items() if not name.startswith("code/")}
    assert len(made) == 5
    assert made.items() <= files(second.parent).items()


def test_the_commit_holds_the_code_that_ran(second: Path, require_tool: Callable[[str], str]) -> None:
    code = second.parent / "code"

    def git(*arguments: str) -> bytes:
        return subprocess.run([require_tool("git"), *arguments], cwd=code, check=True, capture_output=True).stdout

    commit = re.search(r"commit: ([0-9a-f]{40})\n", second.read_text())
    assert commit is not None
    assert git("show", f"{commit[1]}:train.py") == Path(training.__file__).read_bytes()
    assert json.loads(git("show", f"{commit[1]}:recipe.json"))["features"] == ["bmi", "s5"]
    assert git("status", "--porcelain") == b""


@pytest.mark.parametrize("version", ["1", "2"])
def test_lineage_names_the_columns_that_the_tables_have(version: str, first: Path, second: Path) -> None:
    folder = (first if version == "1" else second).parent
    tables = {
        events.SOURCE: training.SOURCE, events.PREPARED: training.PREPARED,
        events.TRAIN: training.TRAIN, events.EVALUATION: training.EVALUATION,
    }  # fmt: skip
    columns = {name: set(pandas.read_parquet(folder / path).columns) for name, path in tables.items()}
    written = set()
    for path in (folder / "lineage").iterdir():
        for output in json.loads(path.read_bytes())["outputs"]:
            fields = output["facets"]["columnLineage"]["fields"]
            assert set(fields) == columns[output["name"]]
            written.add(output["name"])
            assert all(of["field"] in columns[of["name"]] for field in fields.values() for of in field["inputFields"])
    assert written == set(tables) - {events.SOURCE}


def test_rows_are_split_and_none_is_lost(second: Path) -> None:
    train, evaluation = (pandas.read_parquet(second.parent / name) for name in (training.TRAIN, training.EVALUATION))
    assert (len(train), len(evaluation)) == (265, 177)
    assert set(evaluation["sex"]) == {"1", "2"}
    labels = pandas.concat([train["progression"], evaluation["progression"]])
    assert labels.value_counts().to_dict() == {"low": 221, "high": 221}


def test_digests_come_only_from_a_lock_of_the_installed_version() -> None:
    version = metadata.version("wcwidth")
    digest = f"--hash=sha256:{'a' * 64}"
    known = pinned(("wcwidth",), f"wcwidth=={version} ; python_version > '3' \\\n    {digest}\nother==1\n")
    assert known == f"wcwidth=={version} \\\n    {digest}\n"
    assert digest not in pinned(("wcwidth",), f"wcwidth=={version}.1 \\\n    {digest}\n")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(BadInput, match="not empty"):
        build(tmp_path, "1")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
