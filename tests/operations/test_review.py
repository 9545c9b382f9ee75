"""People act: who may, on what they saw, with their own key; and what is refused leaves nothing behind."""

import pytest

from governance.canonical import sha256
from governance.errors import BadInput, Refused
from governance.operations.initialise import add_person
from governance.policy.act import UNVERIFIED
from governance.policy.outcome import Action
from governance.verification import verify
from tests.operations.project import FLOOR, MANIFEST, PASSWORD, RECORDED, Project


@pytest.fixture
def checked(project):
    """The project, with its first decision."""
    project.first = project.check()
    project.clock.tick()
    return project


def refused(project, kind="approve", error=Refused, match=".", **options):
    """The act is refused, and the trail is what it was."""
    before = project.trail()
    with pytest.raises(error, match=match) as caught:
        (project.waive if kind == "waive" else lambda **o: project.act(kind, **o))(**options)
    assert caught.value.exit_code == 2
    assert project.trail() == before
    return str(caught.value)


def test_from_denied_to_allowed(checked):
    waived = checked.waive()
    assert (waived.before, waived.decision.outcomes["prod"]) == (checked.first.decision, Action.NEEDS_REVIEW)
    approved = checked.act("approve")
    assert approved.decision.outcomes == {"prod": Action.ALLOW, "staging": Action.ALLOW}
    assert approved.before == waived.decision
    assert approved.act.decision == sha256(waived.decision.to_bytes())
    verify(checked.bundle(approved), checked.workspace.trust(), now=checked.clock.now)
    checked.trail()


def test_nothing_but_a_waiver_turns_deny_round(checked):
    assert checked.act("approve").decision.outcomes["prod"] is Action.DENY


def test_rejected(checked):
    checked.waive()
    checked.act("approve")
    rejected = checked.act("reject", reason="the pilot hurt people")
    assert set(rejected.decision.outcomes.values()) == {Action.DENY}
    assert "rejected: the pilot hurt people" in rejected.decision.notes


def test_an_approval_counts_once_nothing_denies_any_more(checked):
    """What bo approved is the missing digest, which he saw; the floor he then excuses himself."""
    checked.act("approve")
    waived = checked.waive()
    assert waived.decision.outcomes["prod"] is Action.ALLOW
    verify(checked.bundle(waived), checked.workspace.trust(), now=checked.clock.now)


def test_a_comment_decides_nothing(checked):
    for name, role in (("ann", "submitter"), ("bo", "approver")):
        commented = checked.act("comment", name, role, reason="see RISK-7")
        assert commented.decision.outcomes == checked.first.decision.outcomes


class TestSeen:
    def test_what_is_no_longer_the_latest(self, checked):
        stale = checked.first.sealed.decision_sha256
        checked.waive(seen=stale)
        assert "has changed since" in refused(checked, seen=stale)
        assert "has changed since" in refused(checked, "waive", seen=stale)
        assert "has changed since" in refused(checked, "comment", seen="0" * 64)

    def test_the_latest(self, checked):
        seen = checked.waive().sealed.decision_sha256
        assert checked.act("approve", seen=seen).act.decision == seen

    def test_checked_again_meanwhile(self, checked):
        checked.table(60, 100)
        checked.check()
        refused(checked, seen=checked.first.sealed.decision_sha256, match="has changed")


class TestWho:
    @pytest.fixture
    def many(self, checked):
        add_person(checked.workspace, "cy", ("submitter", "approver"), PASSWORD)
        return checked

    def test_the_submitter(self, many):
        many.table(82, 100)
        many.check("local|cy")
        assert "submitted this version" in refused(many, name="cy")
        assert "submitted this version" in refused(many, "waive", name="cy")
        many.act("reject", "cy")

    def test_whoever_measured_cannot_approve_through_a_friend(self, many):
        """cy measures; ann submits the very same; cy approves: the evidence still says that cy measured it."""
        many.table(82, 100)
        many.check("local|cy")
        many.clock.tick()
        assert many.check("local|ann").evidence.origin.by == "local|cy"
        many.waive()
        before = many.trail()
        with pytest.raises(Refused, match="cy measured the evidence"):
            many.act("approve", "cy")
        assert many.trail() == before
        assert many.act("approve", "bo").decision.outcomes["prod"] is Action.ALLOW

    def test_an_unverified_submitter(self, project):
        project.check(UNVERIFIED)
        assert "nobody is known to be somebody else" in refused(project)
        refused(project, "waive")

    def test_submitted_by_name_after_an_unverified_check(self, project):
        """The way out that the message names leads out."""
        project.check(UNVERIFIED)
        project.clock.tick()
        project.check("local|ann")
        project.waive()
        assert project.act("approve").decision.outcomes["prod"] is Action.ALLOW

    def test_a_role_that_is_not_held(self, checked):
        refused(checked, name="ann", match="may not approve")
        refused(checked, name="bo", role="auditor", match="may not approve")
        refused(checked, "comment", name="ann", role="approver", match="may not comment")

    def test_a_role_that_does_not_suffice(self, checked):
        refused(checked, name="ann", role="submitter", match="may not approve")

    def test_a_wrong_password(self, checked):
        text = refused(checked, password=lambda: "wrong horse battery", match="wrong password")
        assert "wrong horse" not in text

    def test_nobody_we_know(self, checked):
        refused(checked, name="eve", error=BadInput, match="nobody this project knows")
        refused(checked, name="../people/bo", error=BadInput, match="nobody this project knows")

    def test_a_slip_of_the_pen(self, checked):
        """What was meant is named, where something in the trail is like it; else what is there."""
        with pytest.raises(BadInput) as near:
            checked.act("approve", "bo", model="credti")
        assert "did you mean 'credit@1.10'?" in str(near.value)
        with pytest.raises(BadInput) as far:
            checked.act("approve", "bo", model="turbine")
        assert "credit@1.10" in str(far.value) and "did you mean" not in str(far.value)

    def test_a_key_that_this_project_does_not_trust(self, checked, tmp_path):
        """bo of another machine: same name, other key."""
        other = Project(tmp_path / "elsewhere", tmp_path / "other-config").start("bo")
        path = checked.workspace.person_key("bo")
        path.write_bytes(other.workspace.person_key("bo").read_bytes())
        refused(checked, error=BadInput, match="not the one that this project trusts")

    def test_a_person_taken_off_the_trust_file(self, checked):
        trust = checked.workspace.trust()
        checked.workspace.write_trust(trust.model_copy(update={"people": trust.people[:1]}))
        refused(checked, error=BadInput, match="nobody this project knows")

    @pytest.mark.parametrize("missing", ["log", "issuer"])
    def test_a_machine_without_keys(self, checked, missing):
        (checked.workspace.machine_keys(checked.origin) / f"{missing}.pem").unlink()
        refused(checked, error=BadInput, match=f"does not hold the {missing} key")

    def test_on_a_ci_machine(self, checked, monkeypatch):
        """The person's key is not there; where it is, it is the person's to use."""
        checked.workspace.person_key("bo").unlink()
        refused(checked, error=BadInput, match="has no key on this machine")


class TestWhat:
    def test_a_finding_that_is_none(self, checked):
        refused(checked, "waive", key="small#other", error=BadInput, match="no such finding")

    def test_an_unknown_model_version(self, checked):
        refused(checked, version="1.1", error=BadInput, match="no decision about credit 1.1")
        refused(checked, model="debit", error=BadInput, match="no decision about debit")

    @pytest.mark.parametrize("reason", ["", "x" * 10_001, "half a pair: \ud800", "e\u0301"])
    def test_a_reason_that_is_none(self, checked, reason):
        refused(checked, reason=reason, error=BadInput)

    def test_a_waiver_for_another_finding(self, checked):
        waived = checked.waive(RECORDED)
        assert waived.decision.outcomes["prod"] is Action.DENY

    def test_no_worse_than(self, checked):
        assert checked.waive(waiver={"no_worse_than": "0.85"}).decision.outcomes["prod"] is Action.DENY
        assert checked.waive(waiver={"no_worse_than": "0.75"}).decision.outcomes["prod"] is Action.NEEDS_REVIEW
        checked.table(70, 100)
        checked.clock.tick()
        assert checked.check().decision.outcomes["prod"] is Action.DENY

    def test_about_one_version_only(self, checked):
        """A waiver and an approval for 1.10 say nothing about 1.11 with the same artifact."""
        checked.waive()
        checked.act("approve")
        checked.write("governance.yaml", MANIFEST.replace("1.10", "1.11"))
        assert checked.check().decision.outcomes["prod"] is Action.DENY


def test_what_a_finding_says_when_waived(checked):
    waived = checked.waive()
    found = next(finding for finding in waived.decision.findings if finding.key == FLOOR)
    assert found.outcome.value == "fail"
    assert found.waiver == waived.decision.acts[0]
    assert waived.decision.valid_until == waived.act.waiver.expires
