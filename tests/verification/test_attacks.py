"""Bundles by forgers who hold keys: whose signature, whose act, what does not follow. Each refused with its word."""

from datetime import timedelta

import pytest

from governance.canonical import instant, parse_instant
from governance.errors import Broken
from governance.trail.note import encode_vkey
from governance.trail.trust import TrustedLog
from tests.verification.forge import (
    ACT,
    DECISION,
    EVIDENCE,
    document,
    find,
    forge,
    last_entry,
    log,
    put,
    seen,
    store,
)


class TestKeys:
    @pytest.mark.parametrize("type", [EVIDENCE, DECISION, ACT])
    def test_a_stranger(self, case, stranger, type):
        hand = case.hand._replace(signers={**case.hand.signers, type: stranger})
        assert "key" in case.refused(forge(case.full, hand), Broken.UNTRUSTED_KEY)

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
        case.refused(forge(case.full, hand), expected)

    def test_another_log(self, case, stranger):
        case.refused(forge(case.full, case.hand._replace(log=stranger)), Broken.UNTRUSTED_KEY)
        case.refused(forge(case.full, case.hand._replace(log=case.project.signer("issuer"))), Broken.UNTRUSTED_KEY)

    def test_the_log_under_another_name(self, case):
        other = case.hand._replace(origin="governance-0123456789abcdef")
        case.refused(forge(case.full, other), Broken.UNTRUSTED_KEY)

    def test_a_trusted_log_that_signs_entries_of_another(self, case, stranger):
        logs = (*case.trust.logs, TrustedLog(origin="other", key=encode_vkey("other", stranger.public_key)))
        trust = case.trust.model_copy(update={"logs": logs})
        data = forge(case.full, case.hand._replace(origin="other", log=stranger))
        assert "another log" in case.refused(data, Broken.TAMPERED, trust=trust)

    def test_a_second_signature_on_the_checkpoint(self, case, stranger, full):
        """A line nobody vouches for could say anything."""
        for entry in full["entries"]:
            other = log([proven["text"].encode() for proven in full["entries"]], case.hand._replace(log=stranger))
            entry["proof"] += other[0]["proof"].rpartition("\n\n")[2]
        case.refused(store(full), Broken.UNTRUSTED_KEY)

    @pytest.mark.parametrize("role", ["logs", "issuers", "measurers", "people"])
    def test_a_trust_file_without_the_role(self, case, role):
        trust = case.trust.model_copy(update={role: ()})
        case.refused(case.full, Broken.UNTRUSTED_KEY, trust=trust)

    def test_keys_exchanged_in_the_trust_file(self, case):
        trust = case.trust.model_copy(update={"issuers": case.trust.measurers, "measurers": case.trust.issuers})
        case.refused(case.full, Broken.UNTRUSTED_KEY, trust=trust)


class TestActs:
    def act(self, full, kind="approve"):
        return find(full, ACT, kind=kind)

    def test_signed_by_somebody_else(self, case, full):
        data = forge(case.full, case.hand, signers={self.act(full): case.people["cy"]})
        assert "signed by somebody else" in case.refused(data, Broken.TAMPERED)

    def test_in_the_name_of_somebody_else(self, case, full):
        data = forge(case.full, case.hand, {self.act(full): put("actor", value="local|cy")})
        case.refused(data, Broken.TAMPERED)

    def test_by_the_submitter(self, case, full):
        edit = put("actor", value="local|ann")
        data = forge(case.full, case.hand, {self.act(full): edit}, signers={self.act(full): case.people["ann"]})
        assert "acted as approver" in case.refused(data, Broken.UNTRUSTED_KEY)

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
        assert "something else" in case.refused(data, Broken.TAMPERED)

    def test_the_submitter_is_said_to_be_nobody(self, case, full):
        data = forge(case.full, case.hand, {full["decision"]: put("submitter", value="unverified")})
        case.refused(data, Broken.TAMPERED)

    def test_by_whoever_measured(self, case, full):
        """Another name submits evidence that cy measured; cy approves."""
        digest = self.act(full)
        data = forge(
            case.full,
            case.hand,
            {digest: put("actor", value="local|cy"), find(full, EVIDENCE): put("origin", "by", value="local|cy")},
            signers={digest: case.people["cy"]},
        )
        case.refused(data, Broken.TAMPERED)

    @pytest.mark.parametrize("role, verdict", [("approver", Broken.UNTRUSTED_KEY), ("auditor", Broken.TAMPERED)])
    def test_by_an_auditor(self, case, full, role, verdict):
        digest = self.act(full)
        edit = lambda act: act | {"actor": "local|di", "role": role}  # noqa: E731
        case.refused(forge(case.full, case.hand, {digest: edit}, signers={digest: case.people["di"]}), verdict)

    def test_the_role_was_taken_away(self, case):
        people = tuple(
            person.model_copy(update={"roles": ("auditor",)}) if person.principal == "local|bo" else person
            for person in case.trust.people
        )
        case.refused(case.full, Broken.UNTRUSTED_KEY, trust=case.trust.model_copy(update={"people": people}))

    def test_on_another_decision_in_the_bundle(self, case, full):
        """The approval is moved to the decision before the waiver, which it never saw."""
        data = forge(case.full, case.hand, {self.act(full): put("decision", value=seen(full, "waive"))})
        case.refused(data, Broken.TAMPERED, Broken.MALFORMED)

    def test_an_approval_made_of_a_rejection(self, case, full):
        case.refused(forge(case.full, case.hand, {self.act(full): put("kind", value="reject")}), Broken.TAMPERED)

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
        assert "something else" in case.refused(
            forge(case.full, case.hand, {self.act(full, "waive"): edit}), Broken.TAMPERED
        )

    def test_left_out_or_twice_or_turned_round(self, case, full):
        for change in (lambda acts: acts[:1], lambda acts: acts[1:], lambda acts: acts[::-1], lambda acts: acts * 2):
            data = forge(case.full, case.hand, {full["decision"]: put("acts", value=change)})
            case.refused(data, Broken.TAMPERED, Broken.MALFORMED)


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
    put("policies", 0, "applies", value=False),
    put("policies", 0, "because", value="it is for everybody"),
    put("findings", 0, "owner", value="nobody"),
    put("findings", 0, "announced", value=[{"place": "prod", "action": "allow", "from": "2027-06-01T00:00:00Z"}]),
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
        case.refused(data, Broken.TAMPERED, Broken.MALFORMED, Broken.UNSUPPORTED, Broken.INCOMPLETE)

    @pytest.mark.parametrize("outcome", ["pass", "inconclusive", "not applicable", "error"])
    def test_another_finding(self, case, full, outcome):
        found = document(full, full["decision"])["findings"]
        for at, finding in enumerate(found):
            if finding["outcome"] != outcome:
                data = forge(case.full, case.hand, {full["decision"]: put("findings", at, "outcome", value=outcome)})
                assert "something else" in case.refused(data, Broken.TAMPERED)

    @pytest.mark.parametrize("field", ["value", "low", "high"])
    def test_another_number(self, case, full, field):
        decision = document(full, full["decision"])
        at = next(i for i, finding in enumerate(decision["findings"]) if finding["key"] == "small#floor")
        value = decision["findings"][at]["looked_at"][0][field]
        place = ("findings", at, "looked_at", 0, field)
        for other in (str(float(value) + 1e-6), "2", "NaN", "sNaN", "Infinity", "-Infinity", "", None):
            data = forge(case.full, case.hand, {full["decision"]: put(*place, value=other)})
            case.refused(data, Broken.TAMPERED, Broken.MALFORMED)

    def test_backdated(self, case, full):
        """Judged while the waiver was live, it would follow; but the log recorded it long after that."""
        late = lambda entry: entry | {"time": "2027-03-01T00:00:00Z"} if "decision" in entry["type"] else entry  # noqa: E731
        assert "time" in case.refused(forge(case.full, case.hand, entries=late), Broken.TAMPERED)

    def test_at_the_end_of_time(self, case, full):
        """No calendar holds the day until which it would be valid."""
        end = "9999-12-31T23:59:59Z"
        when = lambda entry: entry | {"time": end} if entry["id"] == last_entry(full)["id"] else entry  # noqa: E731
        data = forge(case.full, case.hand, {full["decision"]: put("now", value=end)}, entries=when)
        case.refused(data, Broken.MALFORMED, Broken.TAMPERED)

    def test_the_waiver_ran_out_before_it_was_judged(self, case, full):
        moment = parse_instant(document(full, find(full, ACT, kind="waive"))["waiver"]["expires"])
        late = instant(moment + timedelta(seconds=1))
        when = lambda entry: entry | {"time": late} if entry["id"] == last_entry(full)["id"] else entry  # noqa: E731
        data = forge(case.full, case.hand, {full["decision"]: put("now", value=late)}, entries=when)
        assert "something else" in case.refused(data, Broken.TAMPERED)

    def test_an_approver_who_was_shown_something_else(self, case, full):
        """The issuer shows the approver a milder decision than the evidence gives, logs it, then tells the truth."""
        for kind in ("waive", "approve"):
            for milder in (
                put("findings", 0, "why", value="it hardly matters"),
                put("findings", 0, "looked_at", 0, "value", value="0.99"),
                put("notes", value=["everybody else approved"]),
            ):
                data = forge(case.full, case.hand, {seen(full, kind): milder})
                assert "something else" in case.refused(data, Broken.TAMPERED)
