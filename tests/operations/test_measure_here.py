"""A whole version of the demo, with a model that is run and explained: measured for somebody as it would be at home."""

import os
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance.collect.named_files import named_files
from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.operations.caller import Caller
from governance.operations.evaluate import check, load_policies
from governance.operations.measure_here import Abandoned, _measured
from governance.operations.uploads import FILES, WORK, Incoming, Limits, Upload, fresh_folder
from governance.operations.workspace import Workspace
from governance.policy.plan import plan
from governance.settings import Measuring, Settings
from governance.strictyaml import load
from tests.demonstration import shared_demo

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc"),
]
ANN = Caller("local|ann", ("submitter",), None, "a test")
NOW = datetime(2027, 1, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "v2"
    shutil.copytree(shared_demo(tmp_path_factory)[0] / "v2", folder, ignore=shutil.ignore_patterns(".governance"))
    return folder


@pytest.fixture
def upload(project: Path, tmp_path: Path):
    with fresh_folder(tmp_path) as folder:
        incoming = Incoming(folder, Limits(1 << 30, 1 << 30))
        incoming.begin("manifest", "governance.yaml")
        incoming.write((project / "governance.yaml").read_bytes())
        incoming.end()
        manifest = load((project / "governance.yaml").read_bytes(), Manifest, "governance.yaml")
        for path in dict.fromkeys(file.path for file in named_files(manifest)):
            incoming.begin("file", path)
            incoming.write((project / path).read_bytes())
            incoming.end()
        yield incoming.whole()


def test_every_number_is_the_same(project: Path, upload: Upload) -> None:
    policies = load_policies(["baseline"])
    wanted = plan(policies, upload.manifest)
    evidence = _measured(Measuring(), upload, wanted, ANN, NOW, lambda: False)
    workspace = Workspace(project, Settings(project, False, False, None), lambda: NOW, os.urandom)
    home = check(workspace, project, policies, submitter=ANN.principal, dry_run=True).evidence
    assert {"fairness", "explainability", "performance", "lineage", "access"} <= {
        name for name, facts in evidence.facts if facts and name != "absent"
    }
    assert evidence.origin.where == "service"
    assert evidence.model_copy(update={"origin": home.origin}).to_bytes() == home.to_bytes()
    assert evidence.origin.predictions == home.origin.predictions == "rescored"


def test_too_little_memory_is_told(upload: Upload) -> None:
    wanted = plan(load_policies(["baseline"]), upload.manifest)
    with pytest.raises(BadInput, match=r"memory|what one measurement may take"):
        _measured(Measuring(memory=200 << 20), upload, wanted, ANN, NOW, lambda: False)


def test_whoever_left_ends_it(upload: Upload) -> None:
    """Also the process that opens the model, one further down."""
    wanted = plan(load_policies(["baseline"]), upload.manifest)
    seen: set[int] = set()
    before = {*_below(os.getpid())}  # whoever runs the tests may keep a database, too

    def gone() -> bool:
        below = {*_below(os.getpid())} - before
        seen.update(below)
        return len(below) > 1  # the one that measures, and the one that it started

    with pytest.raises(Abandoned):
        _measured(Measuring(), upload, wanted, ANN, NOW, gone)
    assert len(seen) > 1
    while any(_runs(pid) for pid in seen):
        time.sleep(0.01)
    assert not (upload.folder / WORK / "evidence.json").exists()
    assert (upload.folder / FILES).is_dir()


def _below(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            children = [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_below(child)] if Path(f"/proc/{child}").exists() else []
    return found


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
