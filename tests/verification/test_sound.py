"""A sound bundle is accepted, and what it says is what was recorded."""

import json

import pytest

from governance.errors import Broken, ExitCode, VerificationFailed
from governance.policy.outcome import Action
from governance.verification import verify
from tests.verification.forge import ACT, DECISION, EVIDENCE, forge, load


def test_accepted_and_said(case):
    verified = case.verify(case.full)
    assert verified.decision.outcomes == {"prod": Action.ALLOW, "staging": Action.ALLOW}
    assert [recorded.act.kind for recorded in verified.acts] == ["waive", "approve"]
    assert {(one.role, one.principal) for one in verified.signed} == {
        ("measurer", ""), ("issuer", ""), ("person", "local|bo"),
    }  # fmt: skip
    assert len(verified.signed) == 1 + 3 + 2
    assert verified.origin == case.project.origin
    assert verified.level == 0
    assert any("no witness" in text for text in verified.not_checked)
    assert verified.manifest == (case.project.root / "governance.yaml").read_bytes()


def test_what_people_did_not_do_is_not_in_it(case):
    verified = case.verify(case.plain)
    assert verified.acts == ()
    assert verified.decision.outcomes["prod"] is Action.DENY


def test_the_forger_can_make_sound_bundles_too(case):
    """Or else every forged bundle below would be refused for the forger's own clumsiness."""
    assert case.verify(forge(case.full, case.hand)).decision == case.verify(case.full).decision


def test_a_trust_file_that_pins_the_policy(case):
    (policy,) = case.verify(case.full).policies
    verified = case.verify(case.full, case.trust.model_copy(update={"policies": (policy.sha256,)}))
    assert "policies pinned by the trust file" in verified.checked


@pytest.mark.parametrize("bundle", ["plain", "full"])
def test_without_trust_only_integrity_is_checked(case, bundle):
    with pytest.raises(VerificationFailed) as caught:
        verify(getattr(case, bundle), None, now=case.project.clock.now)
    assert caught.value.verdict is Broken.NO_TRUST
    assert caught.value.exit_code is ExitCode.VERIFICATION == 12
    assert "trust file" in caught.value.fix


def test_no_document_names_who_it_should_not(case):
    """The leaves hold pseudonyms and commitments: nothing in them tells a name."""
    for proven in load(case.full)["entries"]:
        assert "local|" not in proven["text"]
        assert not {"ann", "bo"} & set(json.dumps(proven["text"]).split('"'))


def test_each_signature_is_by_another_key_per_role(case):
    signed = case.verify(case.full).signed
    keys = {kind: {one.keyid for one in signed if one.type == kind} for kind in (EVIDENCE, DECISION, ACT)}
    assert all(len(found) == 1 for found in keys.values())
    assert len(set.union(*keys.values())) == 3
