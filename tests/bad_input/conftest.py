"""A sound project with one decision in its trail, made once for each worker, and copies of it to break."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.operations.evaluate import check, load_policies
from governance.operations.export import export_bundle
from governance.operations.initialise import start_trail
from governance.operations.workspace import Workspace
from governance.settings import Settings
from tests.bad_input.place import Place
from tests.bad_input.table import SOUND
from tests.cli.conftest import now


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(the project's folder, the user's configuration folder). The decision allows."""
    folder = tmp_path_factory.mktemp("bad-input")
    root, config = folder / "project", folder / "config"
    shutil.copytree(SOUND, root)
    settings = Settings(config=config, ci=False, colour=False, policy=None)
    workspace = Workspace(root, settings, now, os.urandom)
    start_trail(workspace)
    policies = load_policies([str(root / "policy.yaml")])
    checked = check(workspace, root / "governance.yaml", policies, submitter="unverified")
    assert checked.sealed is not None
    assert {finding.outcome for finding in checked.decision.findings} == {"pass"}
    (root / "b.json").write_bytes(export_bundle(workspace, checked.sealed.decision_sha256))
    return root, config


@pytest.fixture
def place(template: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Place]:
    """A fresh copy as the current folder."""
    root, config = template
    monkeypatch.setenv("GOVERNANCE_CONFIG_DIR", str(config))

    def fresh() -> Place:
        copy = tmp_path / "project"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(root, copy)
        monkeypatch.chdir(copy)
        return Place(copy, config)

    return fresh


@pytest.fixture
def here(place: Callable[[], Place]) -> Place:
    """One place for all examples of a law; each begins from what is sound."""
    return place()
