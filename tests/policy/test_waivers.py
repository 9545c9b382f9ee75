"""What a waiver covers, dimension by dimension, and what a hostile submitter would try with one."""

from datetime import timedelta
from typing import Any

import pytest

from governance.canonical import instant
from governance.evidence.evidence import EvidenceSet
from governance.policy.act import UNVERIFIED
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy
from governance.policy.outcome import Action, Outcome
from tests.policy.cases import (
    NOW,
    OFFICER,
    OTHER_OFFICER,
    SUBMITTER,
    act,
    cell,
    critical,
    evidence,
    fairness,
    judge,
    policy,
    right,
    section,
    table,
)

EXCUSABLE = [policy(section("a", "fail", more="waivable_to: allow"))]


def excusable(rule: str, params: str) -> list[LoadedPolicy]:
    """One rule that denies, and that a waiver turns into allow."""
    terms = f"id: one, uses: {rule}@1, with: {{{params}}}, waivable_to: allow, enforcement: {{default: deny}}"
    return [policy(f"{{{terms}}}")]


FLOOR = excusable("performance.floor", "at_least: 0.8")
RATIO = excusable("fairness.disparity", "at_least: 0.8")
POINT = excusable("fairness.disparity", "at_least: 0.8, decide_on: point")
DIFFERENCE = excusable("fairness.disparity", "measure: difference, at_most: 0.1")


def waived(
    rules: list[LoadedPolicy],
    facts: EvidenceSet,
    *,
    now: Any = NOW,
    seen: Decision | None = None,
    submitter: str = SUBMITTER,
    key: str = "",
    **terms: Any,
) -> Decision:
    """The case judged with one waiver for its only finding, given by an officer who saw it without the waiver."""
    first = seen or judge(facts, rules, submitter=submitter)
    recorded: Recorded = act("waive", first, key=key or rules[0].rules[0].key, **terms)
    return judge(facts, rules, [recorded], now=now, submitter=submitter)


def covered(decision: Decision) -> bool:
    one = decision.findings[0]
    assert (one.waiver is not None) == (decision.outcomes["prod"] is Action.ALLOW)
    left = [weighed.note for weighed in decision.waivers if not weighed.counts]
    assert (one.waiver is None) == bool(left), "a waiver that covers nothing is named with the reason"
    assert set(left) <= set(decision.notes)
    return one.waiver is not None


def test_a_waiver_covers_its_finding_and_the_finding_stays_visible() -> None:
    decision = waived(EXCUSABLE, evidence())
    assert covered(decision)
    assert decision.findings[0].outcome is Outcome.FAIL


def test_by_default_a_waived_failure_still_needs_review() -> None:
    rules = [policy(section("a", "fail"))]
    decision = waived(rules, evidence())
    assert decision.outcomes["prod"] is Action.NEEDS_REVIEW


@pytest.mark.parametrize("key", ["house#b", "other#a", "house#A", "house#a ", "house", "a", "", "*"])
def test_another_key_is_another_finding(key: str) -> None:
    decision = judge(evidence(), EXCUSABLE, [act("waive", judge(evidence(), EXCUSABLE), key=key)])
    assert decision.outcomes["prod"] is Action.DENY


@pytest.mark.parametrize("outcome", ["pass", "not applicable", "error"])
def test_only_failures_and_doubts_can_be_waived(outcome: str) -> None:
    rules = [policy(section("a", outcome, more="waivable_to: allow"), section("b"))]
    before = judge(evidence(), rules)
    after = judge(evidence(), rules, [act("waive", before, key="house#a")])
    assert after.outcomes == before.outcomes
    assert not any(one.waiver for one in after.findings)


# Time


@pytest.mark.parametrize(
    ("begins", "ends", "live"),
    [
        (0, 1, True),  # begins now: included
        (1, 2, False),  # begins in a second
        (-1, 0, False),  # ends now: excluded
        (-1, 1, True),
        (-2, -1, False),
    ],
)
def test_live_from_its_first_instant_until_before_its_last(begins: int, ends: int, live: bool) -> None:
    terms = {
        "not_before": instant(NOW + timedelta(seconds=begins)),
        "expires": instant(NOW + timedelta(seconds=ends)),
    }
    assert covered(waived(EXCUSABLE, evidence(), **terms)) is live


def test_a_waiver_is_judged_by_the_clock_and_not_by_the_legal_date() -> None:
    first = judge(evidence(), EXCUSABLE)
    recorded = act("waive", first, key="house#a")
    late = judge(evidence(), EXCUSABLE, [recorded], now=NOW + timedelta(days=30), as_of=NOW)
    assert late.outcomes["prod"] is Action.DENY


# Who


@pytest.mark.parametrize(
    ("actor", "role", "submitter"),
    [
        (SUBMITTER, "approver", SUBMITTER),
        (UNVERIFIED, "approver", SUBMITTER),
        (OFFICER, "approver", UNVERIFIED),
        (OFFICER, "auditor", SUBMITTER),
        (OFFICER, "", SUBMITTER),
    ],
)
def test_only_an_approver_who_is_somebody_else_can_waive(actor: str, role: str, submitter: str) -> None:
    assert not covered(waived(EXCUSABLE, evidence(), actor=actor, role=role, submitter=submitter))


def test_who_measured_cannot_waive_when_a_colleague_submits() -> None:
    assert not covered(waived(EXCUSABLE, evidence(by=SUBMITTER), actor=SUBMITTER, submitter=OTHER_OFFICER))
    assert covered(waived(EXCUSABLE, evidence(by=SUBMITTER), actor=OFFICER, submitter=OTHER_OFFICER))


# For what


@pytest.mark.parametrize("artifact", ["f" * 64, None])
def test_a_waiver_for_another_artifact_does_not_count(artifact: str | None) -> None:
    other = judge(evidence(artifact=artifact), EXCUSABLE)
    assert not covered(waived(EXCUSABLE, evidence(), seen=other))


def test_a_waiver_stays_for_new_evidence_about_the_same_model_version() -> None:
    first = judge(evidence(performance=right(700, 1000)), FLOOR)
    assert covered(waived(FLOOR, evidence(performance=right(710, 1000)), seen=first))


def test_a_waiver_for_thin_data_excuses_no_failure() -> None:
    """Submit 20 rows, have the doubt waived, then submit the 1,000 rows on which the model fails."""
    first = judge(evidence(performance=right(15, 20)), FLOOR)
    assert first.findings[0].outcome is Outcome.INCONCLUSIVE
    assert not covered(waived(FLOOR, evidence(performance=right(500, 1000)), seen=first))
    assert covered(waived(FLOOR, evidence(performance=right(18, 20)), seen=first))


def test_a_waiver_for_a_doubt_that_names_a_bound_excuses_failures_within_it() -> None:
    first = judge(evidence(performance=right(78, 100)), FLOOR)
    assert first.findings[0].outcome is Outcome.INCONCLUSIVE
    assert covered(waived(FLOOR, evidence(performance=right(750, 1000)), seen=first, no_worse_than="0.74"))
    assert not covered(waived(FLOOR, evidence(performance=right(730, 1000)), seen=first, no_worse_than="0.74"))


@pytest.mark.parametrize("outcome", ["pass", "error", "not applicable"])
def test_a_waiver_given_before_there_was_anything_to_excuse_does_not_count(outcome: str) -> None:
    before = judge(evidence(), [policy(section("a", outcome), section("b", "fail"))])
    assert not covered(waived(EXCUSABLE, evidence(), seen=before))


def test_a_waiver_for_a_finding_its_giver_never_saw_does_not_count() -> None:
    before = judge(evidence(), [policy(section("b", "fail"))])
    assert not covered(waived(EXCUSABLE, evidence(), seen=before))


# How bad: both directions, at the bound and beside it


@pytest.mark.parametrize(("bound", "covers"), [("0.69", True), ("0.7", True), ("0.700000001", False), ("0.8", False)])
def test_no_worse_than_for_a_lower_limit(bound: str, covers: bool) -> None:
    assert covered(waived(FLOOR, evidence(performance=right(700, 1000)), no_worse_than=bound)) is covers


@pytest.mark.parametrize(("bound", "covers"), [("0.21", True), ("0.2", True), ("0.199999999", False), ("0.1", False)])
def test_no_worse_than_for_an_upper_limit(bound: str, covers: bool) -> None:
    facts = evidence(fairness=fairness(table(cell("f", 300, 1000), cell("m", 500, 1000))))
    assert judge(facts, DIFFERENCE).findings[0].outcome is Outcome.FAIL
    assert covered(waived(DIFFERENCE, facts, no_worse_than=bound)) is covers


def test_no_worse_than_never_covers_what_has_no_number() -> None:
    assert not covered(waived(EXCUSABLE, evidence(), no_worse_than="0"))
    assert not covered(waived(FLOOR, evidence(performance=right(15, 20)), no_worse_than="0"))


def test_no_worse_than_looks_at_every_group() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 350, 1000), cell("b", 300, 1000), cell("c", 500, 1000))))
    assert covered(waived(RATIO, facts, no_worse_than="0.6"))
    assert not covered(waived(RATIO, facts, no_worse_than="0.65"))


# For whom


def groups(*names: str | None) -> tuple[tuple[str | None, ...], ...]:
    return tuple((name,) for name in names)


def test_a_waiver_for_a_group_covers_that_group() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 480, 1000), cell("c", 500, 1000))))
    assert covered(waived(RATIO, facts, groups=groups("a")))
    assert not covered(waived(RATIO, facts, groups=groups("b", "c")))
    assert not covered(waived(RATIO, facts, groups=((),)))


@pytest.mark.parametrize("rules", [RATIO, DIFFERENCE])
def test_a_waiver_for_one_group_does_not_cover_its_neighbours(rules: list[LoadedPolicy]) -> None:
    """Four groups fail against the fifth; whoever is excused, the others are not excused with them."""
    names = ["a", "b", "c", "d"]
    cells = [cell(name, 100 + 20 * i, 1000) for i, name in enumerate(names)]
    facts = evidence(fairness=fairness(table(*cells, cell("e", 600, 1000))))
    assert judge(facts, rules).findings[0].outcome is Outcome.FAIL
    for left_out in names:
        assert not covered(waived(rules, facts, groups=groups(*(n for n in names if n != left_out))))
    assert covered(waived(rules, facts, groups=groups(*names)))


def test_a_waiver_for_one_group_does_not_cover_a_straddling_neighbour() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 390, 1000), cell("c", 480, 1000))))
    assert not covered(waived(RATIO, facts, groups=groups("a")))
    assert covered(waived(RATIO, facts, groups=groups("a", "b")))


@pytest.mark.parametrize(
    "hidden",
    [cell("z", 0, 1000), cell("z", 1, 3)],
    ids=["nobody of a thousand selected", "three people"],
)
def test_a_waiver_for_one_group_does_not_cover_a_group_without_a_value(hidden: Any) -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 500, 1000), hidden)))
    assert judge(facts, RATIO).findings[0].outcome is Outcome.FAIL
    assert not covered(waived(RATIO, facts, groups=groups("a")))
    assert not covered(waived(RATIO, facts, groups=groups("a"), no_worse_than="0.1"))
    assert covered(waived(RATIO, facts, groups=groups("a", "z")))


def test_a_waiver_for_one_group_does_not_cover_an_attribute_about_which_nothing_is_known() -> None:
    sex = table(cell("f", 250, 1000), cell("m", 500, 1000))
    unknown = table(cell("x", 100, 200), cell("y", 100, 200), attribute="race", unknown=1600)
    unmeasured = table(cell("x", 1000, 2000), cell("y", 1000, 2000), attribute="race", criticals=())
    alone = table(cell("x", 1000, 2000), attribute="race")
    for other in (unknown, unmeasured, alone):
        facts = evidence(fairness=fairness(sex, other))
        assert not covered(waived(RATIO, facts, groups=groups("f", "x", "y")))
        assert covered(waived(RATIO, facts))


def test_a_waiver_for_one_group_need_not_name_the_groups_that_pass() -> None:
    race = table(cell("a", 250, 1000), cell("b", 500, 1000), attribute="race")
    facts = evidence(fairness=fairness(table(cell("f", 5000, 10000), cell("m", 5000, 10000)), race))
    assert covered(waived(RATIO, facts, groups=groups("a")))


@pytest.mark.parametrize(("measure", "op"), [("ratio", "at_least"), ("difference", "at_most")])
def test_a_group_that_clears_the_limit_exactly_is_not_concerned(measure: str, op: str) -> None:
    """The limit is set to the very end of the second attribute's only interval: within the limit, so not at stake."""
    sex, race = (
        table(cell("f", 480, 1000), cell("m", 500, 1000)),
        table(cell("x", 100, 1000), cell("y", 500, 1000), attribute="race"),
    )
    loose = excusable("fairness.disparity", f"measure: {measure}, {op}: 0.5, attributes: [sex]")
    looked = judge(evidence(fairness=fairness(sex)), loose).findings[0].looked_at[0]
    end = looked.low if op == "at_least" else looked.high
    exact = excusable("fairness.disparity", f"measure: {measure}, {op}: {end}")
    assert covered(waived(exact, evidence(fairness=fairness(sex, race)), groups=groups("x")))


def test_groups_cover_nothing_where_no_group_was_compared() -> None:
    assert not covered(waived(EXCUSABLE, evidence(), groups=groups("a")))
    assert not covered(waived(FLOOR, evidence(performance=right(700, 1000)), groups=groups("a")))


def test_decided_on_the_point_the_groups_below_it_are_concerned() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 30, 100), cell("b", 35, 100), cell("c", 50, 100), criticals=[])))
    assert not covered(waived(POINT, facts, groups=groups("a")))
    assert covered(waived(POINT, facts, groups=groups("a", "b")))


# Several waivers


def test_the_last_waiver_that_covers_is_the_one_used() -> None:
    first = judge(evidence(), EXCUSABLE)
    acts = [
        act("waive", first, key="house#a", ticket="OLD", expires=instant(NOW + timedelta(days=1))),
        act("waive", first, key="house#a", ticket="NEW", expires=instant(NOW + timedelta(days=9))),
        act("waive", first, key="house#a", ticket="MINE", actor=SUBMITTER),
    ]
    decision = judge(evidence(), EXCUSABLE, acts)
    assert decision.findings[0].waiver == acts[1].sha256
    assert any("MINE" in note for note in decision.notes)


def test_two_waivers_that_each_cover_half_cover_nothing() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 260, 1000), cell("c", 500, 1000))))
    first = judge(facts, RATIO)
    acts = [act("waive", first, key="house#one", groups=groups(name)) for name in ("a", "b")]
    assert judge(facts, RATIO, acts).outcomes["prod"] is Action.DENY


def test_a_waiver_for_one_policy_leaves_the_other_alone() -> None:
    strict = policy(section("a", "fail"), name="strict")
    both = [*EXCUSABLE, strict]
    decision = judge(evidence(), both, [act("waive", judge(evidence(), both), key="house#a")])
    assert decision.outcomes["prod"] is Action.DENY


def test_an_evaluation_without_critical_values_is_not_waived_by_group() -> None:
    bare = table(cell("a", 250, 1000), cell("b", 500, 1000), criticals=[critical(measure="difference")])
    facts = evidence(fairness=fairness(bare))
    assert judge(facts, RATIO).findings[0].outcome is Outcome.INCONCLUSIVE
    assert not covered(waived(RATIO, facts, groups=groups("a")))
