"""What is told of a law: how each clause is covered, what changes when, and which of several decided."""

import pytest

from governance.policy.calendar import What, calendar
from governance.policy.clauses import Kind, coverage, kind_of
from governance.policy.document import load_policy
from governance.policy.outcome import Action
from tests.policy.cases import NOW, evidence, judge, policy, section
from tests.policy.test_law import TEXT, changed, load, on


class TestCoverage:
    def test_each_clause_is_accounted_for(self) -> None:
        found = load(TEXT)
        assert found.document.law is not None
        said = coverage(found, found.document.law, NOW)
        assert [(one.clause, one.kind.value, one.status.value) for one in said.clauses] == [
            ("sec-1", "checked", "in-force"),
            ("sec-2", "checked", "upcoming"),
            ("sec-3", "checked", "upcoming"),
            ("sec-4", "not covered", "in-force"),
        ]
        assert {kind.value: count for kind, count in said.counts.items()} == {
            "checked": 3, "checked in part": 0, "declared": 0, "attested": 0, "not covered": 1,
        }  # fmt: skip
        assert said.clauses[3].why == "a duty of the management"

    @pytest.mark.parametrize(
        ("second", "kind"),
        [
            ("uses: performance.metric_floor@1, with: {metric: f1, at_least: 0.5}", Kind.CHECKED),
            ("uses: purpose.stated@1, accept: {kind: [declared]}", Kind.IN_PART),
            ("uses: attestation.signed@1, with: {statement: It is as it should be.}", Kind.IN_PART),
        ],
    )
    def test_one_measured_rule_does_not_make_a_clause_checked(self, second: str, kind: Kind) -> None:
        rules = [
            f"  - {{id: rule-{number}, {rule}, controls: [house-law/sec-1], enforcement: {{default: deny}}}}\n"
            for number, rule in enumerate(["uses: performance.floor@1, with: {at_least: 0.8}", second])
        ]
        found = load_policy((TEXT[: TEXT.index("rules:")] + "rules:\n" + "".join(rules)).encode(), "policy.yaml")
        assert found.document.law is not None
        assert coverage(found, found.document.law, NOW).clauses[0].kind is kind

    @pytest.mark.parametrize(
        "rule, kind",
        [
            ("uses: performance.floor@1, with: {at_least: 0.8}", Kind.CHECKED),
            ("uses: performance.floor@1, with: {at_least: 0.8}, accept: {kind: [declared]}", Kind.DECLARED),
            ("uses: purpose.stated@1, accept: {kind: [declared]}", Kind.DECLARED),
            ("uses: purpose.stated@1, accept: {kind: [measured, declared]}", Kind.DECLARED),
            ("uses: lineage.digests_match@1", Kind.CHECKED),
            ("uses: attestation.signed@1, with: {statement: It is as it should be.}", Kind.ATTESTED),
            ("requires: [documents.documents], expr: size(documents.documents) > 0", Kind.DECLARED),
            ("requires: [performance.counts, documents.documents], expr: performance.counts.tp > 9,"
             " accept: {kind: [measured, declared]}", Kind.CHECKED),
        ],
    )  # fmt: skip
    def test_what_a_rule_rests_on(self, rule: str, kind: Kind) -> None:
        found = load_policy(
            TEXT[: TEXT.index("rules:")].encode()
            + f"rules:\n  - {{id: one, {rule}, enforcement: {{default: deny}}}}\n".encode(),
            "policy.yaml",
        )
        assert kind_of(found.rules[0]) is kind


class TestCalendar:
    def test_what_changes_when(self) -> None:
        stepped = changed(("staging: review}", "staging: {warn: now, deny: 2027-03-01T00:00:00Z}}"))
        found = calendar([load(stepped)], None, None).changes
        assert [(one.day[:10], one.subject, one.what) for one in found] == [
            ("2026-01-01", "house-law", What.BEGINS),
            ("2027-01-01", "house-law/sec-2", What.BEGINS),
            ("2027-03-01", "house#second", What.ENFORCED),
            ("2027-07-01", "house-law/sec-2", What.SUPERSEDED),
            ("2027-10-01", "house-law/sec-3", What.BEGINS),
            ("2028-01-01", "house-law", What.SUPERSEDED),
        ]
        assert found[2].says == "staging: warn becomes deny"
        assert found[3].says == "by house-law/sec-3"

    def test_from_counts_and_until_does_not(self) -> None:
        found = calendar([load(TEXT)], "2027-01-01T00:00:00Z", "2027-10-01T00:00:00Z").changes
        assert [one.day[:10] for one in found] == ["2027-01-01", "2027-07-01"]


class TestSeveralLaws:
    def test_the_decision_says_which_law_and_which_clause_decided(self) -> None:
        strict = load(changed(("id: house\n", "id: strict\n"), ("outcome: pass", "outcome: fail")))
        decision = judge(evidence(), [load(TEXT), strict])
        assert decision.outcomes["prod"] is Action.DENY
        assert "prod: deny by strict (house-law/sec-1); house alone says allow" in decision.notes

    def test_where_both_decide_both_are_named_and_bare_policies_say_nothing(self) -> None:
        later = on("2027-02-01")
        other = load(changed(("id: house\n", "id: other\n")))
        decision = judge(evidence(), [load(TEXT), other], as_of=later)
        both = "house-law/sec-2, house-law/sec-3"
        assert f"prod: deny by house ({both}); by other ({both})" in decision.notes
        bare = [policy(section("a", "fail"), name="one"), policy(section("a"), name="two")]
        assert not any(" alone says " in note for note in judge(evidence(), bare).notes)
        mixed = judge(evidence(), [bare[0], load(TEXT)])
        assert "prod: deny by one (one#a); house alone says allow" in mixed.notes
