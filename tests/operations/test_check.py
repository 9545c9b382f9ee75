"""Checking seals, or says why not; the same inputs are the same evidence, and other inputs are not."""

from datetime import timedelta

import pytest

from governance.canonical import sha256
from governance.errors import BadInput, Refused
from governance.evidence.evidence import Absent
from governance.operations.ask import ask_trail
from governance.operations.evaluate import check, load_policies
from governance.operations.export import latest
from governance.policy.act import UNVERIFIED
from governance.policy.outcome import Action, Outcome
from governance.trail.entry import EntryType
from governance.verification import verify
from tests.operations.project import FLOOR, MANIFEST, NAME, POLICY, RECORDED, VERSION


def types(project):
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        return [stored.entry.type for stored in snapshot.entries(1)]


def finding(decision, key):
    return next(finding for finding in decision.findings if finding.key == key)


class TestSeals:
    def test_the_decision_is_what_the_trail_holds(self, project):
        checked = project.check()
        assert checked.sealed is not None and checked.unsealed_because == ""
        assert latest(project.workspace, model=NAME, version=VERSION) == sha256(checked.decision.to_bytes())
        assert types(project) == [EntryType.EVIDENCE_SUBMITTED, EntryType.DECISION_ISSUED]
        assert checked.decision.outcomes == {"prod": Action.DENY, "staging": Action.ALLOW}
        assert finding(checked.decision, FLOOR).outcome is Outcome.FAIL
        assert finding(checked.decision, RECORDED).outcome is Outcome.INCONCLUSIVE
        assert checked.decision.submitter == checked.evidence.origin.by == "local|ann"
        assert checked.decision.evidence == (sha256(checked.evidence.to_bytes()),)
        project.trail()

    def test_what_comes_out_verifies(self, project):
        checked = project.check()
        verified = verify(project.bundle(checked), project.workspace.trust(), now=project.clock.now)
        assert verified.decision == checked.decision
        assert verified.evidence == checked.evidence

    def test_a_good_model(self, project):
        project.table(100, 100)
        project.write(
            "governance.yaml", MANIFEST.replace("format: onnx", f"format: onnx, sha256: {project.artifact()}")
        )
        assert project.check().decision.outcomes["prod"] is Action.ALLOW

    def test_previous_is_the_decision_before(self, project):
        first = project.check()
        project.clock.tick()
        second = project.check()
        assert first.decision.previous is None
        assert second.decision.previous == first.sealed.decision_sha256
        assert second.decision.id != first.decision.id


class TestSameInputs:
    def test_evidence_is_used_again_and_the_approval_holds(self, project):
        project.check()
        project.waive()
        approved = project.act("approve")
        assert approved.decision.outcomes["prod"] is Action.ALLOW
        project.clock.tick(hours=1)
        again = project.check()
        assert again.decision.evidence == approved.decision.evidence
        assert again.decision.acts == approved.decision.acts
        assert again.decision.outcomes["prod"] is Action.ALLOW
        assert types(project).count(EntryType.EVIDENCE_SUBMITTED) == 1
        verify(project.bundle(again), project.workspace.trust(), now=project.clock.now)

    def test_measured_anew_on_demand_and_then_the_approval_is_gone(self, project):
        project.check()
        project.waive()
        approved = project.act("approve")
        project.clock.tick()
        fresh = project.check(fresh=True)
        assert fresh.decision.evidence != approved.decision.evidence
        assert fresh.decision.acts == approved.decision.acts[:1]
        assert fresh.decision.outcomes["prod"] is Action.NEEDS_REVIEW
        verified = verify(project.bundle(fresh), project.workspace.trust(), now=project.clock.now)
        assert any("what 1 acts saw" in text for text in verified.not_checked)

    def test_another_release_measures_again(self, project, monkeypatch):
        before = project.check()
        project.clock.tick()
        monkeypatch.setattr("governance.operations.measuring.__version__", "99.0")
        assert project.check().decision.evidence != before.decision.evidence

    def test_what_failed_is_tried_again(self, project, monkeypatch):
        """A child that died is no reason to stay with what it did not find out."""
        from governance.measure import run

        measure = run.measure
        died = (Absent(facts="performance", kind="failed", why="the child died"),)
        with monkeypatch.context() as patch:
            patch.setattr(run, "measure", lambda *a: measure(*a)._replace(performance=None, absent=died))
            before = project.check()
        assert finding(before.decision, FLOOR).outcome is Outcome.ERROR
        project.clock.tick()
        assert finding(project.check().decision, FLOOR).outcome is Outcome.FAIL

    def test_another_plan_measures_again(self, project):
        before = project.check()
        rule = "{id: parity, uses: fairness.disparity@1, with: {at_least: 0.8}, enforcement: {default: warn}}"
        project.write("policy.yaml", f"{POLICY}  - {rule}\n")
        after = project.check()
        assert before.evidence.facts.fairness is None
        assert after.evidence.facts.fairness is not None


CHANGES = {
    "table": lambda project: project.table(81, 100),
    "artifact": lambda project: project.write("model.onnx", bytes(range(1, 65))),
    "manifest": lambda project: project.write("governance.yaml", MANIFEST + "\n"),
}


class TestOtherInputs:
    @pytest.mark.parametrize("change", CHANGES)
    def test_no_approval_is_kept(self, project, change):
        project.check()
        project.waive()
        approved = project.act("approve")
        CHANGES[change](project)
        project.clock.tick()
        after = project.check()
        assert after.decision.evidence != approved.decision.evidence
        assert approved.decision.acts[1] not in after.decision.acts
        assert after.decision.outcomes["prod"] is not Action.ALLOW

    @pytest.mark.parametrize("change, kept", [("table", True), ("manifest", True), ("artifact", False)])
    def test_a_waiver_is_for_one_artifact(self, project, change, kept):
        project.check()
        waived = project.waive()
        CHANGES[change](project)
        project.clock.tick()
        after = project.check()
        assert (waived.decision.acts == after.decision.acts) is kept
        assert (finding(after.decision, FLOOR).waiver is not None) is kept
        assert after.decision.outcomes["prod"] is (Action.NEEDS_REVIEW if kept else Action.DENY)
        verify(project.bundle(after), project.workspace.trust(), now=project.clock.now)

    def test_a_waiver_does_not_outlive_its_time(self, project):
        project.check()
        project.waive(days=10)
        project.clock.tick(days=10, seconds=-1)
        assert finding(project.check().decision, FLOOR).waiver
        project.clock.tick(seconds=1)
        assert finding(project.check().decision, FLOOR).waiver is None
        project.table(81, 100)
        assert project.check().decision.acts == ()

    @pytest.mark.parametrize("change, rejected", [("table", True), ("manifest", True), ("artifact", False)])
    def test_a_rejection_is_not_undone_by_measuring_again(self, project, change, rejected):
        project.check()
        project.waive()
        project.act("reject", reason="not for people under 18")
        CHANGES[change](project)
        project.clock.tick()
        after = project.check()
        assert any("rejected" in note for note in after.decision.notes) is rejected
        assert after.decision.outcomes["staging"] is (Action.DENY if rejected else Action.ALLOW)

    def test_nor_by_fresh(self, project):
        project.check()
        project.act("reject")
        project.clock.tick()
        fresh = project.check(fresh=True)
        assert set(fresh.decision.outcomes.values()) == {Action.DENY}
        # An approver who has seen the rejection may think otherwise.
        project.waive()
        assert project.act("approve").decision.outcomes["prod"] is Action.ALLOW

    def test_another_policy_does_not_inherit_the_approval(self, project):
        project.check()
        project.waive()
        project.act("approve")
        project.write("policy.yaml", POLICY.replace("valid_for: 30", "valid_for: 300"))
        project.clock.tick()
        after = project.check()
        assert after.decision.outcomes["prod"] is Action.NEEDS_REVIEW
        assert any("another policy" in note for note in after.decision.notes)
        verify(project.bundle(after), project.workspace.trust(), now=project.clock.now)


class TestNotSealed:
    def test_dry_run_writes_nothing(self, project):
        before = project.trail()
        files = sorted(project.root.rglob("*"))
        checked = project.check(dry_run=True)
        assert checked.sealed is None
        assert "dry run" in checked.unsealed_because
        assert checked.decision.outcomes["prod"] is Action.DENY
        assert project.trail() == before
        assert sorted(project.root.rglob("*")) == files

    def test_no_trail(self, bare):
        checked = bare.check(UNVERIFIED)
        assert checked.sealed is None
        assert "governance init" in checked.unsealed_because
        assert not bare.workspace.home.exists()

    @pytest.mark.parametrize("missing", ["log", "issuer", "measurer"])
    def test_a_machine_without_a_key(self, project, missing):
        (project.workspace.machine_keys(project.origin) / f"{missing}.pem").unlink()
        before = project.trail()
        checked = project.check()
        assert checked.sealed is None
        assert missing in checked.unsealed_because
        assert project.trail() == before

    def test_ci_without_keys_is_unsealed_and_makes_none(self, project, tmp_path):
        ci = project.at(ci=True, config=tmp_path / "ci")
        checked = project.check(UNVERIFIED, workspace=ci)
        assert checked.sealed is None
        assert "key" in checked.unsealed_because
        assert checked.evidence.origin.where == "ci"
        assert not (tmp_path / "ci").exists()

    def test_ci_with_the_keys_as_secrets_seals(self, project):
        checked = project.check(workspace=project.at(ci=True))
        assert checked.sealed is not None
        assert checked.evidence.origin.where == "ci"


class TestRefused:
    @pytest.mark.parametrize("submitter", ["local|bo", "local|nobody"])
    def test_whoever_may_not_submit(self, project, submitter):
        before = project.trail()
        with pytest.raises(Refused, match="may not submit"):
            project.check(submitter)
        assert project.trail() == before

    def test_a_file_that_changes_meanwhile(self, project):
        before = project.trail()

        def change(what, *_):
            if what.startswith("reading"):
                return
            project.write("model.onnx", b"another model")

        with pytest.raises(BadInput, match="changed while"):
            project.check(progress=change)
        assert project.trail() == before

    def test_two_policies_of_one_id(self, project):
        path = str(project.root / "policy.yaml")
        with pytest.raises(BadInput, match="same id"):
            load_policies([path, path])


def test_the_law_of_another_day_opens_no_gate(project):
    """Lax until 2027, strict from then: judged as of last year it passes, and is good for nothing."""
    lax = POLICY.replace("id: small", "id: lax").replace("0.9", "0.1").replace("{default: review", "{default: warn")
    lax = lax.replace(
        "in_force: {from: 2026-01-01T00:00:00Z}", "in_force: {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}"
    )
    strict = POLICY.replace("2026-01-01", "2027-01-01")
    paths = [str(project.write("lax.yaml", lax)), str(project.write("strict.yaml", strict))]
    for as_of, outcome in ((None, Action.DENY), (project.clock.now - timedelta(days=30), Action.ALLOW)):
        checked = check(
            project.workspace,
            project.root / "governance.yaml",
            load_policies(paths),
            submitter="local|ann",
            as_of=as_of,
        )
        assert checked.decision.outcomes["prod"] is outcome
        asked = ask_trail(project.workspace, project.workspace.trust(), project.artifact(), "prod")
        assert asked.answer.action is Action.DENY
        project.clock.tick()
    assert any("opens no gate" in note for note in checked.decision.notes)
