"""Several processes act on one project at once: each act is recorded, each decision stands on the one before."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from governance.operations.export import export_bundle
from governance.operations.sealing import read_decision
from governance.policy.act import Act
from governance.trail.entry import EntryType
from governance.verification import verify
from tests.operations.project import Project


def now():
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project", tmp_path / "config", clock=now).start("ann", "bo", "cy")


def race(root, project, *runs):
    """What each process printed, line by line."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.operations.worker", str(project.root), str(project.settings.config), *run],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for run in runs
    ]
    for process in started:
        line = process.stdout.readline()
        assert line == "ready\n", process.communicate()[1]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    told = []
    for process in started:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        told.append(out.split())
    return told


def test_checks_and_acts_at_once(root, project):
    project.check()
    told = race(root, project, ("check", "ann", "5"), ("approve", "bo", "5"), ("comment", "cy", "5"))
    verified = project.trail()
    trust = project.workspace.trust()
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        issued = snapshot.decisions()
        chain = [read_decision(snapshot, one.sha256) for one in issued]
        recorded = [
            Act.from_bytes(document.data)
            for stored in snapshot.entries()
            if stored.entry.type in (EntryType.REVIEW_APPROVED, EntryType.REVIEW_COMMENTED)
            for document in snapshot.documents_of(stored.index)
            if document.type == "governance.act/v1"
        ]
    # Nothing told is lost, and nobody was told of a decision that is not there.
    assert {digest for lines in told for digest in lines} == {one.sha256 for one in issued[1:]}
    assert len(issued) == 16
    assert verified.size > 16 + 10
    # Each decision follows the one before it: nobody wrote over anybody.
    assert [decision.previous for decision in chain[1:]] == [one.sha256 for one in issued[:-1]]
    # Each act was on the very decision it was followed by.
    assert len(recorded) == 10
    known = {one.sha256 for one in issued}
    assert all(act.decision in known for act in recorded)
    for one in issued[-3:]:
        verify(export_bundle(project.workspace, one.sha256), trust, now=now())


def test_people_added_at_once(root, project):
    """The trust file is one file: who writes it second must not forget whom the first one named."""
    race(root, project, *(("key", name, "6") for name in ("dora", "emil", "fay")))
    names = {person.principal for person in project.workspace.trust().people}
    assert names >= {f"local|{name}{number}" for name in ("dora", "emil", "fay") for number in range(6)}
    assert len(names) == 3 + 18
