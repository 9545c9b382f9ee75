"""May this artifact run here, now? From the trail and from a bundle, with the same answer; anything unclear is a no."""

import contextlib
import sqlite3
from datetime import timedelta

import pytest

from governance.canonical import parse_instant, sha256
from governance.errors import Broken, VerificationFailed
from governance.operations.ask import ask_bundle, ask_trail
from governance.operations.initialise import add_person
from governance.policy.outcome import Action
from tests.operations.project import MANIFEST, PASSWORD


def ask(project, artifact=None, environment="prod", made=None):
    """The answer of the trail; of the bundle too, where `made` says of which decision: they must agree."""
    trust, digest = project.workspace.trust(), artifact or project.artifact()
    asked = ask_trail(project.workspace, trust, digest, environment)
    if made is not None:
        from_bundle = ask_bundle(project.bundle(made), trust, digest, environment, project.clock.now)
        assert from_bundle.answer == asked.answer
    return asked.answer


@pytest.fixture
def approved(project):
    project.check()
    project.waive(days=10)
    project.approval = project.act("approve")
    return project


def test_before_and_after(project):
    assert "never audited" in ask(project).why[0]
    checked = project.check()
    assert ask(project, made=checked).action is Action.DENY
    assert ask(project, environment="staging", made=checked).action is Action.ALLOW
    waived = project.waive()
    assert ask(project, made=waived).action is Action.NEEDS_REVIEW
    approved = project.act("approve")
    assert ask(project, made=approved).action is Action.ALLOW
    rejected = project.act("reject")
    assert ask(project, made=rejected).action is Action.DENY


def test_one_byte(approved):
    model = bytearray((approved.root / "model.onnx").read_bytes())
    for at in (0, len(model) // 2, -1):
        model[at] ^= 1
        other = sha256(bytes(model))
        assert ask(approved, other).action is Action.DENY
        bundle = approved.bundle(approved.approval)
        answer = ask_bundle(bundle, approved.workspace.trust(), other, "prod", approved.clock.now).answer
        assert (answer.action, "artifact" in answer.why[0]) == (Action.DENY, True)
        model[at] ^= 1
    assert ask(approved, sha256(bytes(model))).action is Action.ALLOW


@pytest.mark.parametrize("environment", ["production", "PROD", "", "prod ", "default"])
def test_an_environment_nobody_knows(approved, environment):
    answer = ask(approved, environment=environment, made=approved.approval)
    assert answer.action is Action.DENY
    assert "says nothing about" in answer.why[0]


def test_its_time_runs_out(approved):
    end = parse_instant(approved.approval.decision.valid_until)
    assert end == parse_instant(approved.approval.decision.now) + timedelta(
        days=10
    )  # the waiver's, before the policy's
    approved.clock.now = end - timedelta(seconds=1)
    assert ask(approved, made=approved.approval).action is Action.ALLOW
    approved.clock.now = end
    answer = ask(approved, made=approved.approval)
    assert answer.action is Action.DENY
    assert "ended on" in answer.why[0]
    assert "audit again" in answer.why[-1]


def test_a_decision_from_the_future(approved):
    approved.clock.now -= timedelta(days=1)
    answer = ask(approved, made=approved.approval)
    assert answer.action is Action.DENY
    assert "lies ahead" in answer.why[0]


def test_the_latest_decision_counts(approved):
    """A bundle from before is still what it was; the trail knows better."""
    old = approved.bundle(approved.approval)
    approved.table(60, 100)
    approved.clock.tick()
    approved.check()
    assert ask(approved).action is not Action.ALLOW
    assert (
        ask_bundle(old, approved.workspace.trust(), approved.artifact(), "prod", approved.clock.now).answer.action
        is Action.ALLOW
    )


def test_another_artifact_under_the_same_version_takes_nothing_away(approved):
    old = approved.artifact()
    approved.write("model.onnx", b"another model altogether")
    approved.clock.tick()
    approved.check()
    assert ask(approved).action is Action.DENY
    assert ask(approved, old).action is Action.ALLOW


def test_a_model_without_an_artifact(project):
    project.table(100, 100)
    project.write("governance.yaml", MANIFEST.replace("{path: model.onnx, format: onnx}", "{none: outputs only}"))
    checked = project.check()
    answer = ask_bundle(
        project.bundle(checked), project.workspace.trust(), "0" * 64, "staging", project.clock.now
    ).answer
    assert checked.decision.outcomes["staging"] is Action.ALLOW
    assert (answer.action, "without an artifact" in answer.why[0]) == (Action.DENY, True)


def test_whom_the_asker_does_not_trust(approved):
    """The project's people are its own affair: whoever asks has a list, too."""
    trust = approved.workspace.trust()
    for theirs in (
        trust.model_copy(update={"people": ()}),
        trust.model_copy(update={"issuers": ()}),
        trust.model_copy(update={"policies": ("0" * 64,)}),
    ):
        with pytest.raises(VerificationFailed):
            ask_trail(approved.workspace, theirs, approved.artifact(), "prod")
        with pytest.raises(VerificationFailed):
            ask_bundle(approved.bundle(approved.approval), theirs, approved.artifact(), "prod", approved.clock.now)
    with pytest.raises(VerificationFailed) as caught:
        ask_bundle(approved.bundle(approved.approval), None, approved.artifact(), "prod", approved.clock.now)
    assert caught.value.verdict is Broken.NO_TRUST


def test_a_second_identity_needs_the_askers_word(approved):
    """ann makes herself a second name that may approve. Her own project believes her; a trust file kept does not."""
    kept = approved.workspace.trust()
    approved.table(60, 100)
    approved.clock.tick()
    approved.check()
    add_person(approved.workspace, "anna", ("approver",), PASSWORD)
    approved.act("approve", "anna")
    with pytest.raises(VerificationFailed) as caught:
        ask_trail(approved.workspace, kept, approved.artifact(), "prod")
    assert caught.value.verdict is Broken.UNTRUSTED_KEY


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET artifact = NULL WHERE idx = 6",
        "UPDATE entry SET type = 'model_version:review:commented' WHERE idx = 6",
        "DELETE FROM reference WHERE idx = 6",
        "DELETE FROM entry WHERE idx = 6",
    ],
)
def test_a_denial_hidden_in_the_index(project, statement):
    """Somebody who may write the file, but holds no key, hides the rejection: the older approval must not come up."""
    project.check()
    project.waive()
    project.act("approve")
    rejected = project.act("reject")
    assert rejected.sealed.position == 8
    statement = statement.replace("6", "8")
    with contextlib.closing(sqlite3.connect(project.workspace.trail_path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        connection.commit()
    with pytest.raises(VerificationFailed):
        ask_trail(project.workspace, project.workspace.trust(), project.artifact(), "prod")
