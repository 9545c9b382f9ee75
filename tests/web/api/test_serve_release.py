"""`governance serve --policy release.json`: what it judges by counts by digest or by key, and what is no release is no
service."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from governance.cli.__main__ import main
from governance.errors import Broken, VerificationFailed
from governance.operations import events
from governance.operations.accounts import invite, redeem
from governance.operations.ask import ask_trail
from governance.operations.caller import Caller, Operator
from governance.operations.pin import pin, pin_key
from governance.operations.release import Signed, approve, author, write
from governance.operations.tokens import create_token
from governance.permissions import SUBMITTER, Scope
from governance.policy.act import APPROVER
from governance.signing.keys import encode_public
from governance.web.portal import records
from tests.operations.project import PASSWORD, POLICY, Project
from tests.web.api.serving import submission
from tests.web.api.test_serve import PLACE

HIGHER = POLICY.replace("version: 1.0.0", "version: 1.1.0").replace("at_least: 0.9", "at_least: 0.95")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project", tmp_path / "config", clock=now).start("ann", "bo")


def signed(project: Project, text: str, name: str, effective: datetime | None = None) -> Signed:
    project.write("draft.yaml", text)
    made = author(
        project.workspace, str(project.root / "draft.yaml"), person="ann", password=lambda: PASSWORD,
        reason="Nurses asked", effective=effective,
    )  # fmt: skip
    write(made.file, project.root / name)
    return made


def released(project: Project, text: str, name: str, effective: datetime | None = None) -> Signed:
    made = signed(project, text, name, effective)
    whole = approve(project.workspace, made.file, person="bo", password=lambda: PASSWORD, reason="Read it")
    write(whole.file, project.root / name)
    return whole


@pytest.fixture
def served(project: Project) -> Iterator[tuple[Signed, str, str]]:
    """The second release of a policy, where it is served, and a token of somebody who submits."""
    released(project, POLICY, "first.json")
    release = released(project, HIGHER, "release.json")
    redeem(project.workspace, invite(project.workspace, "cy", (SUBMITTER,), Operator()).token, PASSWORD)
    caller = Caller("local|cy", (SUBMITTER,), None, "a test")
    scopes = (Scope.READ, Scope.SUBMIT)
    token = create_token(project.workspace, caller, scopes, "a test", now() + timedelta(days=1), "ci").secret
    process = subprocess.Popen(
        [sys.executable, "-m", "governance", "serve", "--port", "0", "--quiet", "--policy", "release.json"],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "GOVERNANCE_CONFIG_DIR": str(project.settings.config)},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = PLACE.match(line)
    try:
        assert found, line + process.communicate()[1]
        yield release, found[2], token
    finally:
        process.kill()
        process.communicate()


def asked(project: Project, artifact: str, **trust: Any) -> Broken | None:
    """What the gate says under a trust file: None where the decision counts, whatever it is."""
    try:
        ask_trail(project.workspace, project.workspace.trust().model_copy(update=trust), artifact, "prod")
    except VerificationFailed as error:
        return error.verdict
    return None


def test_what_is_judged_by_it_counts_by_its_digest_and_by_its_approvers_key(
    project: Project, served: tuple[Signed, str, str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    release, place, token = served
    case = submission(project.check(dry_run=True).evidence, "cy", "ci", "1.0")
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, base_url=f"{place}/api/v1", timeout=60) as client:
        (line,) = client.get("/policies").json()["policies"]
        assert (line["version"], line["sha256"]) == ("1.1.0", release.release.sha256)
        answer = client.post("/evidence", files=case.files)
        assert answer.status_code == 201, answer.text
        (judged_by,) = answer.json()["policies"]
    assert judged_by["sha256"] == release.release.sha256
    bo = next(one.key for one in project.workspace.trust().people if one.principal == "local|bo")
    artifact, stranger = project.artifact(), encode_public(b"\1" * 32)
    assert asked(project, artifact, policies=(release.release.sha256,), policy_keys=()) is None
    assert asked(project, artifact, policies=(), policy_keys=(bo,)) is None
    assert asked(project, artifact, policies=(), policy_keys=(stranger,)) is Broken.UNTRUSTED_POLICY
    assert asked(project, artifact, policies=("0" * 64,), policy_keys=()) is Broken.UNTRUSTED_POLICY
    # The verbs that pin write the same.
    pin(project.workspace, [str(project.root / "release.json")], None)
    pin_key(project.workspace, "bo", None)
    trust = project.workspace.trust()
    assert (trust.policies, trust.policy_keys) == ((release.release.sha256,), (bo,))


def test_the_trail_tells_who_wrote_it_who_approved_it_and_what_changes(
    project: Project, served: tuple[Signed, str, str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GOVERNANCE_CONFIG_DIR", str(project.settings.config))
    assert main(["trail", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    first, second = (line for line in lines if "trail:policies:released" in line)
    (serves,) = (line for line in lines if "trail:policies:served" in line)
    assert "small 1.0.0 by ann, the first: Nurses asked" in first
    assert "  bo  " in second and "small 1.1.0 by ann, tightened: Nurses asked" in second
    assert "floor: with.at_least: 0.9 -> 0.95" in second
    assert lines.index(second) < lines.index(serves) and "small 1.1.0" in serves
    assert project.trail().size > 3
    # The same on the portal's page of the trail.
    shown = [records.line(event) for event in events.entries(project.workspace).events]
    (newest,) = (one for one in shown if "small 1.1.0 by ann" in one.said)
    assert (newest.what, newest.who) == ("A policy was released", "local|bo")
    assert newest.said.endswith("tightened: Nurses asked [floor: with.at_least: 0.9 -> 0.95]")


def changed(project: Project) -> None:
    released(project, POLICY, "release.json")
    whole = json.loads((project.root / "release.json").read_text())
    payload = whole["release"]["payload"]
    whole["release"]["payload"] = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    project.write("release.json", json.dumps(whole, sort_keys=True, separators=(",", ":")))


def strangers_key(project: Project) -> None:
    """The trust file knows another bo."""
    released(project, POLICY, "release.json")
    path = project.root / ".governance" / "trust.json"
    trust = project.workspace.trust()
    people = tuple(
        one.model_copy(update={"key": encode_public(b"\2" * 32)})
        if APPROVER in one.roles and "bo" in one.principal
        else one
        for one in trust.people
    )
    path.write_bytes(trust.model_copy(update={"people": people}).to_json())


@pytest.mark.parametrize(
    "spoil, code, said",
    [
        (
            lambda project: signed(project, POLICY, "release.json"),
            12,
            "UNTRUSTED_POLICY: release.json: nobody has approved",
        ),
        (
            lambda project: released(project, POLICY, "release.json", now() + timedelta(days=2)),
            12,
            "UNTRUSTED_POLICY: ",
        ),
        (
            lambda project: (released(project, POLICY, "release.json"), released(project, HIGHER, "newer.json")),
            12,
            "ROLLED_BACK: release.json: the release of small 1.0.0 is not the newest",
        ),
        (changed, 12, "TAMPERED: "),
        (strangers_key, 12, "UNTRUSTED_KEY: "),
        (lambda project: project.write("release.json", "{}"), 2, "not a release"),
    ],
    ids=["unapproved", "not-yet", "older", "changed-byte", "wrong-key", "no-release"],
)
def test_what_does_not_count_is_not_served(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Any, spoil: Any, code: int, said: str
) -> None:
    spoil(project)
    before = project.trail().size
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GOVERNANCE_CONFIG_DIR", str(project.settings.config))
    assert main(["serve", "--port", "0", "--policy", "release.json"]) == code
    out, err = capsys.readouterr()
    assert out == "" and said in err and "release.json: " in err and "Traceback" not in err
    # One message: what is wrong, then what was got and expected, and what to do.
    assert [line for line in err.splitlines() if line and not line.startswith("  ")] == [err.splitlines()[0]], err
    assert project.trail().size == before
