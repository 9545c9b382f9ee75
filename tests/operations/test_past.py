"""Past decisions are fetched many at a time and read one by one: what comes is what one would read alone."""

import pytest

from governance.evidence.evidence import EvidenceSet
from governance.operations import past
from governance.operations.replay import Asked, replay
from governance.policy.decision import Decision, decide
from governance.policy.document import load_policy
from governance.progress import silent
from tests.operations.project import MANIFEST, POLICY


@pytest.mark.parametrize("at_once", [1, 2, 16])
def test_of_a_trail_comes_each_as_it_was_stored_in_order(project, monkeypatch, at_once):
    for version, right in (("1.10", 80), ("1.11", 92), ("1.12", 100)):
        project.write("governance.yaml", MANIFEST.replace("version: 1.10", f"version: {version}"))
        project.table(right, 100)
        project.check()
    monkeypatch.setattr(past, "_AT_ONCE", at_once)
    found = list(past.of_trail(project.workspace, name=None, version=None, everything=True, progress=silent))
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        assert [one.sha256 for one in found] == [issued.sha256 for issued in snapshot.decisions()]
        for one in found:
            assert one.decision == Decision.from_bytes(snapshot.document(one.sha256).data)
            assert one.evidence == EvidenceSet.from_bytes(snapshot.document(one.decision.evidence[0]).data)
    draft = load_policy(POLICY.replace("at_least: 0.9", "at_least: 0.95").encode(), "draft.yaml")
    for one, case in zip(found, replay(found, Asked((draft,))), strict=True):
        now = decide(
            one.evidence, one.decision.evidence[0], [draft], one.acts, baseline=None, now=project.clock(),
            as_of=project.clock(), identifier=one.decision.id, submitter=one.decision.submitter,
            previous=one.decision.previous,
        )  # fmt: skip
        was = one.decision.outcomes
        assert {at.place: at.now for at in case.places} == {
            name: action for name, action in now.outcomes.items() if action is not was[name]
        }
        findings = {finding.key: finding for finding in now.findings}
        for told in case.findings:
            assert (told.now.outcome, told.now.why) == (findings[told.key].outcome, findings[told.key].why)


def test_of_a_trail_come_only_the_bytes_that_were_asked_for(project):
    project.check()
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        (issued,) = snapshot.decisions()
        found = snapshot.documents([issued.sha256, "0" * 64])
        assert {digest: one.data for digest, one in found.items()} == {
            issued.sha256: snapshot.document(issued.sha256).data
        }
        assert snapshot.documents([]) == {}
