"""A bundle whose decision stands on statements that people signed: what a forger with keys can make of them."""

import pytest

from governance import keys
from governance.errors import Broken, VerificationFailed
from governance.policy.outcome import Action, Outcome
from governance.verification import verify
from tests.operations.project import CHEAP_SCRYPT, MANIFEST, Project
from tests.operations.test_attestations import ASSESSED, OVERSIGHT, POLICY, attest
from tests.verification.conftest import Case
from tests.verification.forge import ACT, DECISION, EVIDENCE, Hand, document, find, forge, last_entry, load, put, store
from tests.verification.forge import POLICY as POLICY_TYPE

OTHER = "A named person can stop the model on weekdays."


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """`plain`: `bo` attested both things; `full`: and then that one of them is not so any more."""
    folder = tmp_path_factory.mktemp("attested")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        project = Project(folder / "project", folder / "config").start("ann", "bo", "cy", "di")
        people = {name: project.person(name) for name in project.PEOPLE}
        project.write("policy.yaml", POLICY)
        project.check()
        project.clock.tick()
        plain = project.bundle(attest(project, OVERSIGHT, ASSESSED))
        project.clock.tick()
        full = project.bundle(attest(project, OVERSIGHT, holds=False, reason="nobody is on call at night"))
        project.clock.tick()
    signers = {EVIDENCE: project.signer("measurer"), DECISION: project.signer("issuer"), ACT: people["bo"]}
    hand = Hand(project.signer("log"), project.origin, signers)
    return Case(project, plain, full, project.workspace.trust(), hand, people)


@pytest.fixture
def plain(case):
    return load(case.plain)


def act(bundle):
    return find(bundle, ACT)


def test_it_verifies_and_says_who_answers(case):
    verified = case.verify(case.plain)
    assert verified.decision.outcomes == {"prod": Action.ALLOW}
    assert [one.act.kind for one in verified.acts] == ["attest"]
    later = case.verify(case.full)
    found = {one.key: one.outcome for one in later.decision.findings}
    assert found == {OVERSIGHT: Outcome.FAIL, ASSESSED: Outcome.PASS}


@pytest.mark.parametrize(
    "edit",
    [
        put("attestation", "statements", 0, "text", value=OTHER),
        put("attestation", "statements", 0, "key", value="law#overnight"),
        put("attestation", "statements", 0, "holds", value=False),
        put("attestation", "statements", value=lambda given: given[1:]),
        put("attestation", "expires", value="2027-01-01T09:01:01Z"),
        put("attestation", "expires", value="2028-06-01T00:00:00Z"),
        put("reason", value="I never looked"),
    ],
    ids=["words", "finding", "not so", "left out", "expired", "for too long", "basis"],
)
def test_another_statement_under_the_same_decision(case, plain, edit):
    """Signed again by `bo` themselves, logged and committed to: the decision does not follow from it."""
    digest = act(plain)
    assert "something else" in case.refused(forge(case.plain, case.hand, {digest: edit}), Broken.TAMPERED)


def test_words_that_were_flipped_after_the_signature(case, plain):
    """With everything around them made anew but what `bo` signed."""
    flipped = load(forge(case.plain, case.hand, {act(plain): put("attestation", "statements", 0, "text", value=OTHER)}))
    own = next(one for one in plain["envelopes"] if "governance.act" in one["payloadType"])
    others = [one for one in flipped["envelopes"] if "governance.act" not in one["payloadType"]]
    case.refused(store(flipped | {"envelopes": [*others, own]}), Broken.TAMPERED)
    for envelope in flipped["envelopes"]:
        if "governance.act" in envelope["payloadType"]:
            envelope["signatures"] = own["signatures"]
    case.refused(store(flipped), Broken.TAMPERED)


@pytest.mark.parametrize(
    ("name", "role", "verdict"),
    [
        ("di", "approver", Broken.UNTRUSTED_KEY),  # who is none
        ("di", "auditor", Broken.TAMPERED),  # who may not sign the one that takes an approver
        ("ann", "submitter", Broken.TAMPERED),  # who submitted it
        ("cy", "submitter", Broken.TAMPERED),  # in a role that signs nothing
    ],
)
def test_by_somebody_else(case, plain, name, role, verdict):
    digest = act(plain)
    edit = lambda one: one | {"actor": f"local|{name}", "role": role}  # noqa: E731
    case.refused(forge(case.plain, case.hand, {digest: edit}, signers={digest: case.people[name]}), verdict)


def test_in_the_name_of_somebody_else(case, plain):
    data = forge(case.plain, case.hand, signers={act(plain): case.people["cy"]})
    assert "signed by somebody else" in case.refused(data, Broken.TAMPERED)


def test_under_a_key_that_nobody_knows(case, plain, stranger):
    case.refused(forge(case.plain, case.hand, signers={act(plain): stranger}), Broken.UNTRUSTED_KEY)


def test_by_a_submitter_who_is_an_approver_too(case, plain):
    digest = act(plain)
    edits = {digest: put("actor", value="local|cy"), plain["decision"]: put("submitter", value="local|cy")}
    data = forge(case.plain, case.hand, edits, signers={digest: case.people["cy"]})
    assert "something else" in case.refused(data, Broken.TAMPERED)


def test_by_whoever_measured(case, plain):
    digest = act(plain)
    edits = {digest: put("actor", value="local|cy"), find(plain, EVIDENCE): put("origin", "by", value="local|cy")}
    case.refused(forge(case.plain, case.hand, edits, signers={digest: case.people["cy"]}), Broken.TAMPERED)


@pytest.mark.parametrize("roles", [("auditor",), (), None])
def test_the_trust_file_gives_them_another_role(case, roles):
    """Whoever verifies says who holds which role: the one in the act is only what its signer claims."""
    people = tuple(
        person.model_copy(update={"roles": roles}) if person.principal == "local|bo" else person
        for person in case.trust.people
        if roles is not None or person.principal != "local|bo"
    )
    case.refused(case.plain, Broken.UNTRUSTED_KEY, trust=case.trust.model_copy(update={"people": people}))


def test_that_they_lost_the_role_is_not_hidden(case, plain):
    """The issuer says who had lost it; to say so of somebody who counted does not follow either."""
    data = forge(case.plain, case.hand, {plain["decision"]: put("lapsed", value=[act(plain)])})
    assert "something else" in case.refused(data, Broken.TAMPERED)


def test_that_it_is_not_so_cannot_be_left_out(case):
    full = load(case.full)
    data = forge(case.full, case.hand, {full["decision"]: put("acts", value=lambda acts: acts[:1])})
    case.refused(data, Broken.TAMPERED, Broken.MALFORMED)
    data = forge(case.full, case.hand, {full["decision"]: put("acts", value=lambda acts: acts[::-1])})
    case.refused(data, Broken.TAMPERED, Broken.MALFORMED)


def test_recorded_as_a_comment(case):
    """Each kind of act has an entry of its own."""
    comment = lambda one: one | {"type": one["type"].replace("attestation:signed", "review:commented")}  # noqa: E731
    case.refused(forge(case.plain, case.hand, entries=comment), Broken.TAMPERED)


def test_judged_after_it_ended(case, plain):
    late = document(plain, act(plain))["attestation"]["expires"]
    when = lambda one: one | {"time": late} if one["id"] == last_entry(plain)["id"] else one  # noqa: E731
    data = forge(case.plain, case.hand, {plain["decision"]: put("now", value=late)}, entries=when)
    assert "something else" in case.refused(data, Broken.TAMPERED)


def test_a_policy_that_asks_for_other_words(case, plain):
    digest = find(plain, POLICY_TYPE)
    edit = lambda text: text.replace("can stop the model", "can stop the model within an hour")  # noqa: E731
    assert "something else" in case.refused(forge(case.plain, case.hand, {digest: edit}), Broken.TAMPERED)
    # And where the decision is pinned to its policy, the forged one is named.
    trust = case.trust.model_copy(update={"policies": (digest,)})
    case.verify(case.plain, trust)
    case.refused(forge(case.plain, case.hand, {digest: edit}), Broken.UNTRUSTED_POLICY, Broken.TAMPERED, trust=trust)


def test_of_another_version(case, tmp_path, monkeypatch):
    """What was signed for 1.10 alone is carried to 1.10.3, and the decision says that it counts there."""
    monkeypatch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
    project = Project(tmp_path / "project", tmp_path / "config").start("ann", "bo")
    project.write("policy.yaml", POLICY)
    project.check()
    project.clock.tick()
    attest(project, OVERSIGHT, covers="patch")
    project.clock.tick()
    attest(project, ASSESSED)
    project.write("governance.yaml", MANIFEST.replace("version: 1.10", "version: 1.10.3"))
    project.write("model.onnx", b"the next model")
    project.clock.tick()
    checked = project.check()
    sound, trust = project.bundle(checked), project.workspace.trust()
    bundle = load(sound)
    decision = verify(sound, trust, now=project.clock.now).decision
    assert decision.outcomes == {"prod": Action.NEEDS_REVIEW}
    people = {EVIDENCE: project.signer("measurer"), DECISION: project.signer("issuer"), ACT: project.person("bo")}
    hand = Hand(project.signer("log"), project.origin, people)
    for at, finding in enumerate(document(bundle, bundle["decision"])["findings"]):
        if finding["outcome"] != "inconclusive":
            continue
        edit = put("findings", at, "outcome", value="pass")
        with pytest.raises(VerificationFailed) as caught:
            verify(forge(sound, hand, {bundle["decision"]: edit}), trust, now=project.clock.now)
        assert caught.value.verdict is Broken.TAMPERED
    # Signed for later versions after all: that is another act than the one this decision names and follows from.
    wider = [
        digest
        for digest, one in bundle["documents"].items()
        if one["type"] == ACT and document(bundle, digest)["attestation"]["covers"] == "patch"
    ]
    assert len(wider) == 1
    with pytest.raises(VerificationFailed) as caught:
        verify(
            forge(sound, hand, {wider[0]: put("attestation", "covers", value="version")}), trust, now=project.clock.now
        )
    assert caught.value.verdict is Broken.TAMPERED
