"""Bundles by forgers who hold keys: one, some, or all but the honest log's. Each is refused with the right word."""

import json
import os
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.canonical import dumps, instant, parse_instant
from governance.errors import Broken, VerificationFailed
from governance.keys import KeySigner
from governance.policy.rules import CATALOGUE
from governance.signing.keys import encode_public
from governance.trail.note import encode_vkey
from governance.trail.trust import Person, TrustedLog
from governance.verification import payload_type, verify
from tests.verification.forge import (
    ACT,
    DECISION,
    EVIDENCE,
    MANIFEST,
    POLICY,
    SIGNED,
    document,
    edited,
    envelope,
    find,
    forge,
    load,
    log,
    seen,
    store,
)


@pytest.fixture
def stranger():
    return KeySigner(Ed25519PrivateKey.from_private_bytes(os.urandom(32)))


@pytest.fixture
def full(case):
    return load(case.full)


def refused(case, data, *verdicts, trust=None):
    with pytest.raises(VerificationFailed) as caught:
        case.verify(data, trust)
    assert caught.value.verdict in verdicts, str(caught.value)
    return str(caught.value)


def put(*path, value):
    """An edit that sets one place of a document; a callable value gets what was there."""

    def edit(tree):
        inner = tree
        for key in path[:-1]:
            inner = inner[key]
        new = value(inner[path[-1]]) if callable(value) else value
        assert new != inner[path[-1]], "an edit that changes nothing"
        inner[path[-1]] = new
        return tree

    return edit


class TestKeys:
    @pytest.mark.parametrize("type", [EVIDENCE, DECISION, ACT])
    def test_a_stranger(self, case, stranger, type):
        hand = case.hand._replace(signers={**case.hand.signers, type: stranger})
        assert "key" in refused(case, forge(case.full, hand), Broken.UNTRUSTED_KEY)

    @pytest.mark.parametrize(
        "type, role",
        [
            *((EVIDENCE, role) for role in ("issuer", "log", "ann")),
            *((DECISION, role) for role in ("measurer", "log", "ann")),
            *((ACT, role) for role in ("measurer", "issuer", "log", "ann")),
        ],
    )
    def test_a_key_of_another_role(self, case, type, role):
        key = case.people["ann"] if role == "ann" else case.project.signer(role)
        hand = case.hand._replace(signers={**case.hand.signers, type: key})
        # ann is a person, and so may sign acts: but not those of bo.
        expected = Broken.TAMPERED if (type, role) == (ACT, "ann") else Broken.UNTRUSTED_KEY
        refused(case, forge(case.full, hand), expected)

    def test_another_log(self, case, stranger):
        refused(case, forge(case.full, case.hand._replace(log=stranger)), Broken.UNTRUSTED_KEY)
        refused(case, forge(case.full, case.hand._replace(log=case.project.signer("issuer"))), Broken.UNTRUSTED_KEY)

    def test_the_log_under_another_name(self, case):
        other = case.hand._replace(origin="governance-0123456789abcdef")
        refused(case, forge(case.full, other), Broken.UNTRUSTED_KEY)

    def test_a_trusted_log_that_signs_entries_of_another(self, case, stranger):
        logs = (*case.trust.logs, TrustedLog(origin="other", key=encode_vkey("other", stranger.public_key)))
        trust = case.trust.model_copy(update={"logs": logs})
        data = forge(case.full, case.hand._replace(origin="other", log=stranger))
        assert "another log" in refused(case, data, Broken.TAMPERED, trust=trust)

    def test_a_second_signature_on_the_checkpoint(self, case, stranger, full):
        """A line nobody vouches for could say anything."""
        for entry in full["entries"]:
            other = log([proven["text"].encode() for proven in full["entries"]], case.hand._replace(log=stranger))
            entry["proof"] += other[0]["proof"].rpartition("\n\n")[2]
        refused(case, store(full), Broken.UNTRUSTED_KEY)

    @pytest.mark.parametrize("role", ["logs", "issuers", "measurers", "people"])
    def test_a_trust_file_without_the_role(self, case, role):
        trust = case.trust.model_copy(update={role: ()})
        refused(case, case.full, Broken.UNTRUSTED_KEY, trust=trust)

    def test_keys_exchanged_in_the_trust_file(self, case):
        trust = case.trust.model_copy(update={"issuers": case.trust.measurers, "measurers": case.trust.issuers})
        refused(case, case.full, Broken.UNTRUSTED_KEY, trust=trust)


class TestActs:
    def act(self, full, kind="approve"):
        return find(full, ACT, kind=kind)

    def test_signed_by_somebody_else(self, case, full):
        data = forge(case.full, case.hand, signers={self.act(full): case.people["cy"]})
        assert "signed by somebody else" in refused(case, data, Broken.TAMPERED)

    def test_in_the_name_of_somebody_else(self, case, full):
        data = forge(case.full, case.hand, {self.act(full): put("actor", value="local|cy")})
        refused(case, data, Broken.TAMPERED)

    def test_by_the_submitter(self, case, full):
        edit = put("actor", value="local|ann")
        data = forge(case.full, case.hand, {self.act(full): edit}, signers={self.act(full): case.people["ann"]})
        assert "acted as approver" in refused(case, data, Broken.UNTRUSTED_KEY)

    @pytest.mark.parametrize("kind", ["approve", "waive"])
    def test_by_a_submitter_who_is_an_approver_too(self, case, full, kind):
        """cy holds both roles: the trust file alone would let it pass; judging again does not."""
        digest = self.act(full, kind)
        data = forge(
            case.full,
            case.hand,
            {digest: put("actor", value="local|cy"), full["decision"]: put("submitter", value="local|cy")},
            signers={digest: case.people["cy"]},
        )
        assert "something else" in refused(case, data, Broken.TAMPERED)

    def test_the_submitter_is_said_to_be_nobody(self, case, full):
        data = forge(case.full, case.hand, {full["decision"]: put("submitter", value="unverified")})
        refused(case, data, Broken.TAMPERED)

    def test_by_whoever_measured(self, case, full):
        """Another name submits evidence that cy measured; cy approves."""
        digest = self.act(full)
        data = forge(
            case.full,
            case.hand,
            {digest: put("actor", value="local|cy"), find(full, EVIDENCE): put("origin", "by", value="local|cy")},
            signers={digest: case.people["cy"]},
        )
        refused(case, data, Broken.TAMPERED)

    @pytest.mark.parametrize("role, verdict", [("approver", Broken.UNTRUSTED_KEY), ("auditor", Broken.TAMPERED)])
    def test_by_an_auditor(self, case, full, role, verdict):
        digest = self.act(full)
        edit = lambda act: act | {"actor": "local|di", "role": role}  # noqa: E731
        refused(case, forge(case.full, case.hand, {digest: edit}, signers={digest: case.people["di"]}), verdict)

    def test_the_role_was_taken_away(self, case):
        people = tuple(
            person.model_copy(update={"roles": ("auditor",)}) if person.principal == "local|bo" else person
            for person in case.trust.people
        )
        refused(case, case.full, Broken.UNTRUSTED_KEY, trust=case.trust.model_copy(update={"people": people}))

    def test_on_another_decision_in_the_bundle(self, case, full):
        """The approval is moved to the decision before the waiver, which it never saw."""
        data = forge(case.full, case.hand, {self.act(full): put("decision", value=seen(full, "waive"))})
        refused(case, data, Broken.TAMPERED, Broken.MALFORMED)

    def test_an_approval_made_of_a_rejection(self, case, full):
        refused(case, forge(case.full, case.hand, {self.act(full): put("kind", value="reject")}), Broken.TAMPERED)

    @pytest.mark.parametrize(
        "edit",
        [
            put("waiver", "expires", value="2027-01-01T09:01:30Z"),
            put("waiver", "not_before", value="2027-01-05T00:00:00Z"),
            put("waiver", "key", value="small#recorded"),
            put("waiver", "groups", value=[["f"]]),
            put("waiver", "no_worse_than", value="0.85"),
        ],
    )
    def test_a_waiver_that_does_not_cover_it(self, case, full, edit):
        assert "something else" in refused(
            case, forge(case.full, case.hand, {self.act(full, "waive"): edit}), Broken.TAMPERED
        )

    def test_left_out_or_twice_or_turned_round(self, case, full):
        for change in (lambda acts: acts[:1], lambda acts: acts[1:], lambda acts: acts[::-1], lambda acts: acts * 2):
            data = forge(case.full, case.hand, {full["decision"]: put("acts", value=change)})
            refused(case, data, Broken.TAMPERED, Broken.MALFORMED)


DECIDED = [
    put("outcomes", "prod", value="needs review"),
    put("outcomes", value=lambda outcomes: outcomes | {"edge": "allow"}),
    put("outcomes", value=lambda outcomes: {"prod": outcomes["prod"]}),
    put("valid_until", value="2030-01-01T00:00:00Z"),
    put("notes", value=["all is well"]),
    put("findings", value=lambda findings: findings[:1]),
    put("findings", value=lambda findings: findings[::-1]),
    put("findings", value=lambda findings: [*findings, findings[0]]),
    put("findings", value=[]),
    put("findings", 0, "why", value="it is fine"),
    put("findings", 0, "severity", value="low"),
    put("findings", 1, "waiver", value=None),
    put("findings", 0, "waiver", value="0" * 64),
    put("findings", 0, "title", value="Nothing"),
    put("findings", 0, "fix", value="nothing"),
    put("findings", 0, "actions", "prod", value="deny"),
    put("findings", 0, "origin", value=None),
    put("policies", 0, "version", value="9.9.9"),
    put("policies", 0, "id", value="strict"),
    put("policies", 0, "in_force", value=False),
    put("policies", value=[]),
    put("policies", value=lambda policies: policies * 2),
    put("subject", "version", value="1.11"),
    put("subject", "artifact", value="0" * 64),
    put("subject", "artifact", value=None),
    put("as_of", value="2020-01-01T00:00:00Z"),
    put("now", value="2029-01-01T00:00:00Z"),
    put("now", value="9999-12-31T23:59:59Z"),
    put("now", value="2027-01-01T09:02:01Z"),
    put("evidence", value=lambda digests: digests * 2),
    put("evidence", value=[]),
]


class TestDecision:
    """The issuer's own key, and an honest log that records what it is given."""

    @pytest.mark.parametrize("edit", DECIDED, ids=range(len(DECIDED)))
    def test_what_does_not_follow(self, case, full, edit):
        data = forge(case.full, case.hand, {full["decision"]: edit})
        refused(case, data, Broken.TAMPERED, Broken.MALFORMED, Broken.UNSUPPORTED, Broken.INCOMPLETE)

    @pytest.mark.parametrize("outcome", ["pass", "inconclusive", "not applicable", "error"])
    def test_another_finding(self, case, full, outcome):
        found = document(full, full["decision"])["findings"]
        for at, finding in enumerate(found):
            if finding["outcome"] != outcome:
                data = forge(case.full, case.hand, {full["decision"]: put("findings", at, "outcome", value=outcome)})
                assert "something else" in refused(case, data, Broken.TAMPERED)

    @pytest.mark.parametrize("field", ["value", "low", "high"])
    def test_another_number(self, case, full, field):
        decision = document(full, full["decision"])
        at = next(i for i, finding in enumerate(decision["findings"]) if finding["key"] == "small#floor")
        value = decision["findings"][at]["looked_at"][0][field]
        place = ("findings", at, "looked_at", 0, field)
        for other in (str(float(value) + 1e-6), "2", "NaN", "sNaN", "Infinity", "-Infinity", "", None):
            data = forge(case.full, case.hand, {full["decision"]: put(*place, value=other)})
            refused(case, data, Broken.TAMPERED, Broken.MALFORMED)

    def test_backdated(self, case, full):
        """Judged while the waiver was live, it would follow; but the log recorded it long after that."""
        late = lambda entry: entry | {"time": "2027-03-01T00:00:00Z"} if "decision" in entry["type"] else entry  # noqa: E731
        assert "time" in refused(case, forge(case.full, case.hand, entries=late), Broken.TAMPERED)

    def test_at_the_end_of_time(self, case, full):
        """No calendar holds the day until which it would be valid."""
        end = "9999-12-31T23:59:59Z"
        when = lambda entry: entry | {"time": end} if entry["id"] == full_entry(full)["id"] else entry  # noqa: E731
        data = forge(case.full, case.hand, {full["decision"]: put("now", value=end)}, entries=when)
        refused(case, data, Broken.MALFORMED, Broken.TAMPERED)

    def test_the_waiver_ran_out_before_it_was_judged(self, case, full):
        moment = parse_instant(document(full, find(full, ACT, kind="waive"))["waiver"]["expires"])
        late = instant(moment + timedelta(seconds=1))
        when = lambda entry: entry | {"time": late} if entry["id"] == full_entry(full)["id"] else entry  # noqa: E731
        data = forge(case.full, case.hand, {full["decision"]: put("now", value=late)}, entries=when)
        assert "something else" in refused(case, data, Broken.TAMPERED)

    def test_an_approver_who_was_shown_something_else(self, case, full):
        """The issuer shows the approver a milder decision than the evidence gives, logs it, then tells the truth."""
        for kind in ("waive", "approve"):
            for milder in (
                put("findings", 0, "why", value="it hardly matters"),
                put("findings", 0, "looked_at", 0, "value", value="0.99"),
                put("notes", value=["everybody else approved"]),
            ):
                data = forge(case.full, case.hand, {seen(full, kind): milder})
                assert "something else" in refused(case, data, Broken.TAMPERED)


def full_entry(bundle):
    """The entry of the bundle's own decision: the last."""
    return json.loads(bundle["entries"][-1]["text"])


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
        ],
    )
    def test_changed_and_signed_again(self, case, full, edit):
        """By the measurer, recorded by the log: the decision does not follow from it."""
        data = forge(case.full, case.hand, {find(full, EVIDENCE): edit})
        refused(case, data, Broken.TAMPERED, Broken.INCOMPLETE)

    def test_changed_in_nothing_that_is_judged(self, case, full):
        """Who measured with what is no rule's business, but the approval was for other evidence then."""
        edit = put("tools", value=lambda tools: tools | {"governance": "9.9.9"})
        edits = {find(full, EVIDENCE): edit}
        forged = load(forge(case.full, case.hand, edits))
        # Signed by everybody again it is sound; with the log's old entries it is not.
        case.verify(store(forged))
        refused(case, store(forged | {"entries": full["entries"]}), Broken.TAMPERED)

    def test_signed_again_but_not_recorded(self, case, full):
        changed = load(case.full)
        edited(changed, {find(full, EVIDENCE): put("started_at", value="2026-12-31T00:00:00Z")})
        changed["envelopes"] = load(forge(store(changed), case.hand))["envelopes"]
        assert "commits" in refused(case, store(changed), Broken.TAMPERED)

    def test_a_manifest_under_another_digest(self, case, full):
        """Everybody signed that the manifest has this digest, and it has not."""
        forged = load(forge(case.full, case.hand, {find(full, EVIDENCE): put("manifest", value="0" * 64)}))
        forged["documents"]["0" * 64] = forged["documents"].pop(find(forged, MANIFEST))
        assert "its digest names" in refused(case, store(forged), Broken.TAMPERED)

    def test_the_manifest_of_another_model(self, case, full):
        other = lambda text: text.replace("credit", "debits")  # noqa: E731
        refused(case, forge(case.full, case.hand, {find(full, MANIFEST): other}), Broken.TAMPERED)
        broken = lambda text: text + "more: {\n"  # noqa: E731
        refused(case, forge(case.full, case.hand, {find(full, MANIFEST): broken}), Broken.MALFORMED)


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
            refused(case, data, Broken.TAMPERED, Broken.MALFORMED)

    def test_of_another_model_version(self, case, full):
        """A second version's evidence stands in the same trail; its entry proves nothing for this one."""
        for entry in load(case.plain)["entries"]:
            changed = load(case.full)
            changed["entries"] = [entry]
            refused(case, store(changed), Broken.TAMPERED, Broken.INCOMPLETE)

    def test_that_has_nothing_to_do_with_it(self, case, full):
        extra = json.loads(full["entries"][0]["text"]) | {"id": "01950000-0000-7000-8000-000000000000", "refs": []}
        leaves = [proven["text"].encode() for proven in full["entries"]] + [dumps(extra)]
        full["entries"] = log(leaves, case.hand)
        assert "nothing to do" in refused(case, store(full), Broken.MALFORMED)


class TestPolicy:
    def test_a_milder_text(self, case, full):
        milder = lambda text: text.replace("at_least: 0.9", "at_least: 0.5")  # noqa: E731
        refused(case, forge(case.full, case.hand, {find(full, POLICY): milder}), Broken.TAMPERED)

    def test_not_pinned(self, case, full):
        trust = case.trust.model_copy(update={"policies": ("0" * 64,)})
        assert "small 1.0.0" in refused(case, case.full, Broken.UNTRUSTED_POLICY, trust=trust)

    def test_a_milder_policy_in_full_order(self, case, full, tmp_path):
        """Everything follows and everybody signed; only a pin says that this is not the policy."""
        pinned = case.trust.model_copy(update={"policies": (find(full, POLICY),)})
        case.verify(case.full, pinned)
        extra = lambda text: text.replace("valid_for: 30\n", "valid_for: 30\n# any\n")  # noqa: E731
        other = forge(case.full, case.hand, {find(full, POLICY): extra})
        case.verify(other)
        refused(case, other, Broken.UNTRUSTED_POLICY, trust=pinned)

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
        assert "neither valid nor tampered" in refused(case, data, Broken.NOT_REPERFORMABLE)

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
                refused(case, forge(case.full, case.hand, {digest: later}), Broken.UNSUPPORTED)

    @pytest.mark.parametrize("type", [EVIDENCE, DECISION, ACT])
    def test_a_document_that_is_called_so_too(self, case, full, type):
        for one in full["documents"].values():
            if one["type"] == type:
                one["type"] = type.replace("/v1", "/v2")
        refused(case, store(full), Broken.UNSUPPORTED)

    @pytest.mark.parametrize("type", [EVIDENCE, DECISION, ACT])
    def test_a_document_that_does_not_say_its_version(self, case, full, type):
        digest = next(digest for digest, one in full["documents"].items() if one["type"] == type)
        without = lambda value: {key: inner for key, inner in value.items() if key != "schema"}  # noqa: E731
        refused(case, forge(case.full, case.hand, {digest: without}), Broken.MALFORMED)

    def test_an_entry_of_the_future(self, case, full):
        leaves = [
            dumps(json.loads(proven["text"]) | {"schema": "governance.entry/v2", "more": 1})
            for proven in full["entries"]
        ]
        full["entries"] = log(leaves, case.hand)
        refused(case, store(full), Broken.UNSUPPORTED)

    def test_a_bundle_of_the_future(self, case, full):
        refused(case, store(full | {"schema": "governance.bundle/v2", "more": 1}), Broken.UNSUPPORTED)


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
            refused(case, store(changed), Broken.TAMPERED)


@pytest.mark.parametrize("type, other", [(EVIDENCE, DECISION), (DECISION, ACT), (ACT, EVIDENCE)])
def test_signed_under_another_type(case, full, type, other):
    """By the right key, but as something else: a signature is over the type too."""
    digest = next(digest for digest, one in full["documents"].items() if one["type"] == type)
    at = sorted(key for key, one in full["documents"].items() if one["type"] in SIGNED).index(digest)
    kind = payload_type(other)
    full["envelopes"][at] = envelope(type, full["documents"][digest]["text"], case.hand.signers[type], kind)
    assert "type" in refused(case, store(full), Broken.TAMPERED)


def test_a_principal_with_two_keys(case, full, stranger):
    """A person may have a new laptop: both keys are theirs, and each signs for them."""
    again = Person(key=encode_public(stranger.public_key), principal="local|bo", roles=("approver",))
    trust = case.trust.model_copy(update={"people": (*case.trust.people, again)})
    data = forge(case.full, case.hand, signers={find(full, ACT, kind="approve"): stranger})
    assert case.verify(data, trust).acts[1].act.actor == "local|bo"
