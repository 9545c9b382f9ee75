"""Evidence, entries, policies and versions that are not what the decision stands on, properly signed or not."""

import json
from datetime import timedelta

import pytest

from governance.canonical import dumps, parse_instant
from governance.errors import Broken, VerificationFailed
from governance.policy.rules import CATALOGUE
from governance.signing.keys import encode_public
from governance.trail.trust import Person
from governance.verification import payload_type, verify
from tests.verification.forge import (
    ACT,
    DECISION,
    EVIDENCE,
    MANIFEST,
    POLICY,
    SIGNED,
    edited,
    envelope,
    find,
    forge,
    load,
    log,
    put,
    store,
)


class TestEvidence:
    @pytest.mark.parametrize(
        "edit",
        [
            put("facts", "performance", "counts", "tp", value=999),
            put("facts", "performance", value=None),
            put("facts", "artifact", "sha256", value="0" * 64),
            put("facts", "artifact", "recorded", value="0" * 64),
            put("origin", "kind", value="declared"),
            put("origin", "by", value="local|bo"),
            put("subject", "name", value="other"),
            put("subject", "artifact", value="0" * 64),
            put("inputs", value=lambda inputs: [one for one in inputs if one["role"] != "artifact"]),
            put("manifest", value="0" * 64),
            put("risk_tier", value="low"),
            put("model", value={"owner": "team:other", "purpose": None, "tags": None}),
        ],
    )
    def test_changed_and_signed_again(self, case, full, edit):
        """By the measurer, recorded by the log: the decision does not follow from it."""
        data = forge(case.full, case.hand, {find(full, EVIDENCE): edit})
        case.refused(data, Broken.TAMPERED, Broken.INCOMPLETE)

    def test_changed_in_nothing_that_is_judged(self, case, full):
        """Who measured with what is no rule's business, but the approval was for other evidence then."""
        edit = put("tools", value=lambda tools: tools | {"governance": "9.9.9"})
        edits = {find(full, EVIDENCE): edit}
        forged = load(forge(case.full, case.hand, edits))
        # Signed by everybody again it is sound; with the log's old entries it is not.
        case.verify(store(forged))
        case.refused(store(forged | {"entries": full["entries"]}), Broken.TAMPERED)

    def test_signed_again_but_not_recorded(self, case, full):
        changed = load(case.full)
        edited(changed, {find(full, EVIDENCE): put("started_at", value="2026-12-31T00:00:00Z")})
        changed["envelopes"] = load(forge(store(changed), case.hand))["envelopes"]
        assert "commits" in case.refused(store(changed), Broken.TAMPERED)

    def test_a_manifest_under_another_digest(self, case, full):
        """Everybody signed that the manifest has this digest, and it has not."""
        forged = load(forge(case.full, case.hand, {find(full, EVIDENCE): put("manifest", value="0" * 64)}))
        forged["documents"]["0" * 64] = forged["documents"].pop(find(forged, MANIFEST))
        assert "its digest names" in case.refused(store(forged), Broken.TAMPERED)

    def test_the_manifest_of_another_model(self, case, full):
        other = lambda text: text.replace("credit", "debits")  # noqa: E731
        case.refused(forge(case.full, case.hand, {find(full, MANIFEST): other}), Broken.TAMPERED)
        broken = lambda text: text + "more: {\n"  # noqa: E731
        case.refused(forge(case.full, case.hand, {find(full, MANIFEST): broken}), Broken.MALFORMED)


class TestEntries:
    @pytest.mark.parametrize(
        "change",
        [
            {"type": "trail:log:created"},
            {"type": "model_version:report:rendered"},
            {"type": "model_version:review:commented"},
            {"subject": None},
            {"subject": {"name": "credit", "version": "1.1", "artifact": "0" * 64}},
            {"origin": "governance-0123456789abcdef"},
            {"refs": []},
        ],
    )
    def test_an_entry_says_something_else(self, case, full, change):
        for at in range(len(full["entries"])):
            this = json.loads(full["entries"][at]["text"])["id"]
            data = forge(
                case.full, case.hand, entries=lambda entry, this=this: entry | change if entry["id"] == this else entry
            )
            case.refused(data, Broken.TAMPERED, Broken.MALFORMED)

    def test_of_another_model_version(self, case, full):
        """A second version's evidence stands in the same trail; its entry proves nothing for this one."""
        for entry in load(case.plain)["entries"]:
            changed = load(case.full)
            changed["entries"] = [entry]
            case.refused(store(changed), Broken.TAMPERED, Broken.INCOMPLETE)

    def test_that_has_nothing_to_do_with_it(self, case, full):
        extra = json.loads(full["entries"][0]["text"]) | {"id": "01950000-0000-7000-8000-000000000000", "refs": []}
        leaves = [proven["text"].encode() for proven in full["entries"]] + [dumps(extra)]
        full["entries"] = log(leaves, case.hand)
        assert "nothing to do" in case.refused(store(full), Broken.MALFORMED)


class TestPolicy:
    def test_a_milder_text(self, case, full):
        milder = lambda text: text.replace("at_least: 0.9", "at_least: 0.5")  # noqa: E731
        case.refused(forge(case.full, case.hand, {find(full, POLICY): milder}), Broken.TAMPERED)

    def test_not_pinned(self, case, full):
        trust = case.trust.model_copy(update={"policies": ("0" * 64,)})
        assert "small 1.0.0" in case.refused(case.full, Broken.UNTRUSTED_POLICY, trust=trust)

    def test_a_milder_policy_in_full_order(self, case, full, tmp_path):
        """Everything follows and everybody signed; only a pin says that this is not the policy."""
        pinned = case.trust.model_copy(update={"policies": (find(full, POLICY),)})
        case.verify(case.full, pinned)
        extra = lambda text: text.replace("valid_for: 30\n", "valid_for: 30\n# any\n")  # noqa: E731
        other = forge(case.full, case.hand, {find(full, POLICY): extra})
        case.verify(other)
        case.refused(other, Broken.UNTRUSTED_POLICY, trust=pinned)

    @pytest.mark.parametrize(
        "edit",
        [
            lambda text: text.replace("performance.floor@1", "performance.floor@2"),
            lambda text: text.replace("artifact.digest@1", "artifact.smell@1"),
            lambda text: text.replace("at_least: 0.9", "at_least: 0.9, and: more"),
        ],
    )
    def test_a_rule_this_release_does_not_have(self, case, full, edit):
        data = forge(case.full, case.hand, {find(full, POLICY): edit})
        assert "neither valid nor tampered" in case.refused(data, Broken.NOT_REPERFORMABLE)

    def test_a_release_that_lacks_the_rule(self, case):
        less = {name: rule for name, rule in CATALOGUE.items() if name != "performance.floor@1"}
        with pytest.raises(VerificationFailed) as caught:
            verify(case.full, case.trust, now=case.project.clock.now, catalogue=less)
        assert caught.value.verdict is Broken.NOT_REPERFORMABLE
        assert "governance" in caught.value.expected

    def test_a_strangers_condition_is_not_run(self, case, full):
        """Without a trust file nobody vouches for the policy: what it would compute is never computed."""
        loops = "".join(f"[1,2,3,4,5,6,7,8,9].all(x{i}, " for i in range(16)) + "true" + ")" * 16
        evil = (
            "schema: governance.policy/v1\nid: small\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
            "environments: [prod]\nrules:\n  - id: loops\n    requires: [performance]\n"
            f"    expr: '{loops}'\n    enforcement: {{default: deny}}\n"
        )
        data = forge(case.full, case.hand, {find(full, POLICY): lambda _: evil})
        with pytest.raises(VerificationFailed) as caught:
            verify(data, None, now=case.project.clock.now)
        assert caught.value.verdict is Broken.NO_TRUST


class TestVersions:
    @pytest.mark.parametrize("type", [EVIDENCE, DECISION, ACT])
    def test_a_document_of_the_future(self, case, full, type):
        for digest, one in full["documents"].items():
            if one["type"] == type:
                later = put("schema", value=type.replace("/v1", "/v2"))
                case.refused(forge(case.full, case.hand, {digest: later}), Broken.UNSUPPORTED)

    @pytest.mark.parametrize("type", [EVIDENCE, DECISION, ACT])
    def test_a_document_that_is_called_so_too(self, case, full, type):
        for one in full["documents"].values():
            if one["type"] == type:
                one["type"] = type.replace("/v1", "/v2")
        case.refused(store(full), Broken.UNSUPPORTED)

    @pytest.mark.parametrize("type", [EVIDENCE, DECISION, ACT])
    def test_a_document_that_does_not_say_its_version(self, case, full, type):
        digest = next(digest for digest, one in full["documents"].items() if one["type"] == type)
        without = lambda value: {key: inner for key, inner in value.items() if key != "schema"}  # noqa: E731
        case.refused(forge(case.full, case.hand, {digest: without}), Broken.MALFORMED)

    def test_an_entry_of_the_future(self, case, full):
        leaves = [
            dumps(json.loads(proven["text"]) | {"schema": "governance.entry/v2", "more": 1})
            for proven in full["entries"]
        ]
        full["entries"] = log(leaves, case.hand)
        case.refused(store(full), Broken.UNSUPPORTED)

    def test_a_bundle_of_the_future(self, case, full):
        case.refused(store(full | {"schema": "governance.bundle/v2", "more": 1}), Broken.UNSUPPORTED)


class TestFreshness:
    def test_max_age(self, case):
        trust = case.trust.model_copy(update={"max_age": 30})
        decided = parse_instant(case.verify(case.full).decision.now)
        verify(case.full, trust, now=decided + timedelta(days=30))
        with pytest.raises(VerificationFailed) as caught:
            verify(case.full, trust, now=decided + timedelta(days=30, seconds=1))
        assert caught.value.verdict is Broken.STALE

    def test_never(self, case):
        assert case.trust.max_age is None
        verify(case.full, case.trust, now=case.project.clock.now + timedelta(days=36500))


def test_envelopes_of_documents_of_other_types(case, full):
    """A manifest or a policy is signed by nobody: an envelope around one is no part of a bundle."""
    for unsigned in (MANIFEST, POLICY):
        one = full["documents"][find(full, unsigned)]
        for kind in (None, "application/vnd.governance.decision.v1+json"):
            changed = load(case.full)
            changed["envelopes"].append(envelope(unsigned, one["text"], case.hand.signers[DECISION], kind))
            case.refused(store(changed), Broken.TAMPERED)


@pytest.mark.parametrize("type, other", [(EVIDENCE, DECISION), (DECISION, ACT), (ACT, EVIDENCE)])
def test_signed_under_another_type(case, full, type, other):
    """By the right key, but as something else: a signature is over the type too."""
    digest = next(digest for digest, one in full["documents"].items() if one["type"] == type)
    at = sorted(key for key, one in full["documents"].items() if one["type"] in SIGNED).index(digest)
    kind = payload_type(other)
    full["envelopes"][at] = envelope(type, full["documents"][digest]["text"], case.hand.signers[type], kind)
    assert "type" in case.refused(store(full), Broken.TAMPERED)


def test_a_principal_with_two_keys(case, full, stranger):
    """A person may have a new laptop: both keys are theirs, and each signs for them."""
    again = Person(key=encode_public(stranger.public_key), principal="local|bo", roles=("approver",))
    trust = case.trust.model_copy(update={"people": (*case.trust.people, again)})
    data = forge(case.full, case.hand, signers={find(full, ACT, kind="approve"): stranger})
    assert case.verify(data, trust).acts[1].act.actor == "local|bo"
