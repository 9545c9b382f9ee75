"""A bundle whose decision stands on a baseline of known failures: judged again with it, and with no other."""

import json
from typing import NamedTuple

import pytest

from governance import keys
from governance.canonical import sha256
from governance.errors import Broken
from governance.operations.adopt import adoption, read_baseline, write_baseline
from governance.operations.ask import ask_bundle
from governance.policy.baseline import LoadedBaseline
from governance.policy.outcome import Action
from governance.trail.trust import Trust
from governance.verification import BASELINE, verify
from tests.operations.project import CHEAP_SCRYPT, FLOOR, Project
from tests.verification.conftest import Case
from tests.verification.forge import (
    DECISION,
    EVIDENCE,
    MANIFEST,
    POLICY,
    document,
    find,
    forge,
    last_entry,
    load,
    put,
    store,
)
from tests.verification.test_flips import accepted


class Known(NamedTuple):
    """`case.plain` is judged with the baseline, `case.full` is approved with it too."""

    case: Case
    baseline: LoadedBaseline


@pytest.fixture(scope="module")
def known(case, tmp_path_factory):
    folder = tmp_path_factory.mktemp("known")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        project = Project(folder / "project", folder / "config").start("ann", "bo")
        now = project.clock.now
        path = project.root / "known.yaml"
        assert write_baseline(adoption(path, "from before", now.replace(month=3), now), project.check().decision) == 1
        baseline = read_baseline(path)
        project.clock.tick()
        plain = project.bundle(project.check(baseline=baseline))
        project.clock.tick()
        full = project.bundle(project.act("approve"))
        people = {name: project.person(name) for name in ("ann", "bo")}
    signers = {
        EVIDENCE: project.signer("measurer"),
        DECISION: project.signer("issuer"),
        "governance.act/v1": people["bo"],
    }
    hand = case.hand._replace(log=project.signer("log"), origin=project.origin, signers=signers)
    return Known(Case(project, plain, full, project.workspace.trust(), hand, people), baseline)


def pinning(case, *digests) -> Trust:
    policy = find(load(case.plain), POLICY)
    return case.trust.model_copy(update={"policies": (policy, *digests)})


def test_sound(known):
    for data in (known.case.plain, known.case.full):
        verified = known.case.verify(data)
        assert verified.baseline is not None and verified.baseline.document == known.baseline.document
        assert verified.decision.baseline == known.baseline.sha256
        (finding,) = [one for one in verified.decision.findings if one.key == FLOOR]
        assert finding.known is not None and finding.known.until == "2027-03-01T09:00:00Z"
        assert "policies and the baseline of known failures shown, not pinned by the trust file" in verified.checked
    assert verified.decision.outcomes["prod"] is Action.ALLOW
    assert verified.decision.valid_until <= "2027-03-01T09:00:00Z"
    assert "what 1 of 1 acts saw, re-performed too: equal" in verified.checked


def test_without_one_nothing_is_said_of_it(case):
    verified = case.verify(case.plain)
    assert verified.baseline is None
    assert not any("baseline" in said for said in (*verified.checked, *verified.not_checked))


def test_every_byte_of_it(known):
    """And a sample of all the others."""
    data = known.case.plain
    text = json.dumps(known.baseline.text.decode())[1:-1].encode()
    start = data.index(text)
    assert accepted(known.case, data, [(at, 1) for at in range(start, start + len(text), 2)]) == []
    assert accepted(known.case, data, [(at, 1) for at in range(0, len(data), 29)]) == []


def test_a_bundle_that_lacks_it(known):
    bundle = load(known.case.plain)
    del bundle["documents"][known.baseline.sha256]
    assert "lacks a governance.baseline/v1" in known.case.refused(store(bundle), Broken.INCOMPLETE)


def test_a_baseline_that_nothing_refers_to(known, case):
    """One is put beside a decision that was made without."""
    bundle = load(case.plain)
    bundle["documents"][known.baseline.sha256] = load(known.case.plain)["documents"][known.baseline.sha256]
    assert "does not refer to" in case.refused(store(bundle), Broken.MALFORMED)


@pytest.mark.parametrize(
    "was, now",
    [("0.8", "0.800000001"), ("2027-03-01", "2027-04-01"), ("from before", "all is well"), ("#floor", "#other"),
     ("2027-01-01", "2026-01-01")],
    ids=["bound", "expiry", "reason", "finding", "since"],
)  # fmt: skip
def test_another_one_by_whoever_holds_the_keys(known, was, now):
    """From another baseline another decision follows."""
    edit = {known.baseline.sha256: lambda text: text.replace(was, now)}
    assert "something else" in known.case.refused(forge(known.case.plain, known.case.hand, edit), Broken.TAMPERED)


def test_another_one_with_the_same_effect_is_another_decision(known):
    edit = {known.baseline.sha256: lambda text: text.replace('"0.8"', '"0.7"')}
    verified = known.case.verify(forge(known.case.plain, known.case.hand, edit))
    assert verified.decision.baseline not in (known.baseline.sha256, None)
    assert verified.decision_sha256 != load(known.case.plain)["decision"]


def test_a_decision_that_keeps_quiet_about_it(known):
    """The issuer drops the baseline from the decision and the bundle: the failure then denies."""
    bundle = load(known.case.plain)
    digest = bundle["decision"]
    data = load(forge(known.case.plain, known.case.hand, {digest: put("baseline", value=None)}))
    del data["documents"][known.baseline.sha256]
    assert "something else" in known.case.refused(store(data), Broken.TAMPERED)


def test_marks_of_known_failures_follow_from_it(known):
    bundle = load(known.case.plain)
    index = next(i for i, one in enumerate(document(bundle, bundle["decision"])["findings"]) if one["known"])
    for edit in (
        put("findings", index, "known", "until", value="2027-12-01T00:00:00Z"),
        put("findings", index, "known", value=None),
        put("valid_until", value="2027-06-01T00:00:00Z"),
        put("notes", value=[]),
    ):
        known.case.refused(forge(known.case.plain, known.case.hand, {bundle["decision"]: edit}), Broken.TAMPERED)


@pytest.mark.parametrize(
    "edit, said",
    [
        (lambda text: text.replace("model: credit", "model: loans"), "another model"),
        (lambda text: text.replace("known:", "unknown:"), "unknown key"),
    ],
)
def test_what_is_no_baseline_for_this_model(known, edit, said):
    data = forge(known.case.plain, known.case.hand, {known.baseline.sha256: edit})
    assert said in known.case.refused(data, Broken.MALFORMED)


def test_a_document_of_another_type_in_its_place(known):
    """The manifest is named as the baseline."""
    bundle = load(known.case.plain)
    edit = put("baseline", value=find(bundle, MANIFEST))
    data = load(forge(known.case.plain, known.case.hand, {bundle["decision"]: edit}))
    del data["documents"][known.baseline.sha256]
    assert "another type" in known.case.refused(store(data), Broken.TAMPERED)


def test_it_hangs_on_the_entry_of_its_decision(known):
    types = {ref["type"] for ref in last_entry(load(known.case.plain))["refs"]}
    assert {BASELINE, POLICY, DECISION} <= types


class TestPinned:
    def test_a_trust_file_that_pins_policies_but_not_the_baseline(self, known):
        said = known.case.refused(known.case.plain, Broken.UNTRUSTED_POLICY, trust=pinning(known.case))
        assert "baseline of known failures" in said

    def test_and_so_does_the_gate(self, known):
        case, now = known.case, known.case.project.clock.now
        with pytest.raises(Exception, match="UNTRUSTED_POLICY"):
            ask_bundle(case.full, pinning(case), case.project.artifact(), "prod", now)

    def test_a_baseline_that_is_pinned(self, known):
        verified = known.case.verify(known.case.plain, pinning(known.case, known.baseline.sha256))
        assert "policies and the baseline of known failures pinned by the trust file" in verified.checked

    def test_a_pinned_baseline_pins_no_policy(self, known):
        trust = known.case.trust.model_copy(update={"policies": (known.baseline.sha256,)})
        assert "under a policy" in known.case.refused(known.case.plain, Broken.UNTRUSTED_POLICY, trust=trust)

    @pytest.mark.parametrize("pinned", [True, False])
    def test_a_gate_that_allows_says_so(self, known, pinned):
        case, now = known.case, known.case.project.clock.now
        trust = pinning(case, known.baseline.sha256) if pinned else case.trust
        answer, _ = ask_bundle(case.full, trust, case.project.artifact(), "prod", now)
        assert answer.action is Action.ALLOW
        said = "pinned by the trust file" if pinned else "which the trust file does not pin"
        assert answer.why[1:] == (
            "1 known failure is in a baseline until 2027-03-01T09:00:00Z",
            f"under small 1.0.0, a baseline of known failures, {said}",
        )


class TestActs:
    def test_what_was_seen_with_another_baseline_is_not_judged_again_and_counts_for_nothing(self, known, tmp_path):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
            project = Project(tmp_path / "project", tmp_path / "config").start("ann", "bo")
            project.check(baseline=known.baseline)
            assert project.act("approve").decision.outcomes["prod"] is Action.ALLOW
            project.clock.tick()
            again = project.check(baseline=known.baseline)
            assert again.decision.outcomes["prod"] is Action.ALLOW
            project.clock.tick()
            path = project.write("longer.yaml", known.baseline.text.replace(b"2027-03-01", b"2027-04-01"))
            changed = project.check(baseline=read_baseline(path))
            assert changed.decision.outcomes["prod"] is Action.NEEDS_REVIEW
            assert any("another baseline" in note for note in changed.decision.notes)
            verified = verify(project.bundle(changed), project.workspace.trust(), now=project.clock.now)
            assert any("what 1 acts saw" in said and "baseline" in said for said in verified.not_checked)
            project.clock.tick()
            # Whoever acts, acts under the baseline on record.
            commented = project.act("comment", reason="longer, then")
            assert commented.decision.baseline == sha256(path.read_bytes())
            project.clock.tick()
            assert project.check().decision.outcomes["prod"] is Action.DENY
