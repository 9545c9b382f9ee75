"""What a baseline of known failures may do: turn a denial into a question, for a time, and nothing else."""

from datetime import timedelta

import pytest

from governance.canonical import instant
from governance.errors import BadInput
from governance.policy.gate import gate
from governance.policy.outcome import Action, Enforcement, Outcome, action_for
from tests.policy.baselines import (
    COLUMNS,
    DIFFERENCE,
    FLOOR,
    RATIO,
    SINCE,
    UNTIL,
    baseline,
    entry,
    grants,
    known,
    ratio,
    value,
    values,
)
from tests.policy.cases import NOW, act, cell, evidence, fairness, judge, policy, right, section, table

# What it does


def test_a_known_failure_needs_a_review_and_stays_a_failure() -> None:
    rules = [policy(section("one", "fail"), section("two", "pass"))]
    loaded = baseline(entry())
    decision = judge(evidence(), rules, baseline=loaded)
    finding = decision.findings[0]
    assert (finding.key, finding.outcome) == ("house#one", Outcome.FAIL)
    assert finding.known is not None
    assert (finding.known.since, finding.known.until) == (instant(SINCE), instant(UNTIL))
    assert set(decision.outcomes.values()) == {Action.NEEDS_REVIEW}
    assert decision.baseline == loaded.sha256
    assert decision.notes[0] == f"1 known failure is in a baseline until {instant(UNTIL)}: legacy"


def test_many_are_counted_until_the_first_expires() -> None:
    sooner = instant(UNTIL - timedelta(days=3))
    rules = [policy(*(section(name, "fail") for name in "abc"))]
    entries = (entry("house#a"), entry("house#b", expires=sooner), entry("house#c"))
    decision = judge(evidence(), rules, baseline=baseline(*entries))
    assert decision.notes[0].startswith(f"3 known failures are in a baseline until {sooner}")
    assert decision.valid_until == sooner


def test_a_new_failure_denies_beside_the_known_ones() -> None:
    rules = [policy(section("one", "fail"), section("new", "fail"))]
    decision = judge(evidence(), rules, baseline=baseline(entry()))
    assert set(decision.outcomes.values()) == {Action.DENY}
    assert [finding.known is None for finding in decision.findings] == [True, False]  # worst first


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.FAIL])
@pytest.mark.parametrize("enforcement", list(Enforcement))
def test_only_a_failure_can_be_known(outcome: Outcome, enforcement: Enforcement) -> None:
    with pytest.raises(RuntimeError, match=outcome.value):
        action_for(outcome, enforcement, waived=False, known=True, waivable_to=Action.ALLOW)


@pytest.mark.parametrize(
    ("enforcement", "expected"),
    [("deny", "needs review"), ("review", "needs review"), ("warn", "allow"), ("audit", "allow")],
)
@pytest.mark.parametrize("waivable_to", ["allow", "needs review"])
def test_known_under_each_enforcement(enforcement: str, expected: str, waivable_to: str) -> None:
    found = action_for(
        Outcome.FAIL, Enforcement(enforcement), waived=False, known=True, waivable_to=Action(waivable_to)
    )
    assert found == expected


def test_an_entry_is_used_only_where_something_denies() -> None:
    rules = [policy(section("one", "fail", "{default: review, staging: warn}"))]
    before, after = judge(evidence(), rules), judge(evidence(), rules, baseline=baseline(entry()))
    assert after.findings == before.findings
    assert (after.outcomes, after.valid_until, after.notes) == (before.outcomes, before.valid_until, before.notes)


def test_a_waiver_is_the_stronger_excuse() -> None:
    rules = [policy(section("one", "fail", more="waivable_to: allow"))]
    waived = act("waive", judge(evidence(), rules), key="house#one")
    decision = judge(evidence(), rules, [waived], baseline=baseline(entry()))
    assert decision.outcomes["prod"] is Action.ALLOW
    assert (decision.findings[0].waiver, decision.findings[0].known) == (waived.sha256, None)


def test_the_gate_says_what_is_known_even_where_it_allows() -> None:
    rules = [policy(section("one", "fail"))]
    seen = judge(evidence(), rules, baseline=baseline(entry()))
    decision = judge(evidence(), rules, [act("approve", seen)], baseline=baseline(entry()))
    answer = gate(decision, "0" * 64, "prod", NOW)
    assert answer.action is Action.ALLOW
    assert answer.why[-1] == f"1 known failure is in a baseline until {instant(UNTIL)}"
    assert gate(decision, "0" * 64, "prod", UNTIL).action is Action.DENY


# How long


@pytest.mark.parametrize(("seconds", "live"), [(-1, True), (0, False), (1, False)])
def test_until_before_the_instant_it_expires(seconds: int, live: bool) -> None:
    assert known(evidence(performance=right(700, 1000)), FLOOR, entry(), now=UNTIL + timedelta(seconds=seconds)) is live


def test_the_clock_counts_and_not_the_legal_date() -> None:
    assert not known(evidence(performance=right(700, 1000)), FLOOR, entry(), now=UNTIL, as_of=NOW)


# How bad, for whom, and what


@pytest.mark.parametrize(("bound", "covers"), [("0.69", True), ("0.7", True), ("0.700000001", False)])
def test_no_worse_than_it_was(bound: str, covers: bool) -> None:
    assert (
        known(evidence(performance=right(700, 1000)), FLOOR, entry(more=values(value(f"at_least: {bound}")))) is covers
    )


@pytest.mark.parametrize(("bound", "covers"), [("0.3", True), ("0.299999999", False)])
def test_no_worse_than_it_was_of_an_upper_limit(bound: str, covers: bool) -> None:
    facts = evidence(fairness=fairness(table(cell("a", 500, 1000), cell("b", 800, 1000))))
    one = value(f"at_most: {bound}", "fairness.sex.selection_rate.difference", "a")
    assert known(facts, DIFFERENCE, entry(more=values(one))) is covers


def test_a_note_says_how_much_worse() -> None:
    loaded = baseline(entry(more=values(value("at_least: 0.7"))))
    decision = judge(evidence(performance=right(600, 1000)), FLOOR, baseline=loaded)
    said = "the baseline does not cover house#one: performance.accuracy is 0.6, worse than 0.7"
    assert decision.notes == (said,)


@pytest.mark.parametrize(("groups", "covers"), [("a", False), ("b", False), ("ba", True), ("abx", True), ("", True)])
def test_for_these_groups_only(groups: str, covers: bool) -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 300, 1000), cell("c", 500, 1000))))
    assert known(facts, RATIO, entry(more=values(*map(ratio, groups)))) is covers


def test_a_note_names_the_new_group() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 300, 1000), cell("c", 500, 1000))))
    decision = judge(facts, RATIO, baseline=baseline(entry(more=values(ratio("a")))))
    said = "the baseline does not cover house#one: fairness.sex.selection_rate.ratio of b fails too"
    assert decision.notes == (said,)


def test_a_group_that_only_straddles_needs_no_excuse() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 42, 100), cell("c", 500, 1000))))
    assert known(facts, RATIO, entry(more=values(ratio("a"))))


def test_groups_of_what_has_none_cover_nothing() -> None:
    assert not known(evidence(performance=right(700, 1000)), FLOOR, entry(more=values(value(group="a"))))


def test_what_has_no_number_is_bounded_by_what_it_names() -> None:
    one = "grants line 7: a* may train on m"
    named = entry(more=f'faults: ["{one}", "grants line 7: c* may train on m"]')
    assert known(grants("a*"), COLUMNS, named)
    assert known(grants("a*", "c*"), COLUMNS, named)
    assert not known(grants("a*", "b*"), COLUMNS, named)
    said = judge(grants("a*", "b*"), COLUMNS, baseline=baseline(named)).notes[-1]
    assert said == "the baseline does not cover house#one: new is: grants line 7: b* may train on m"


def test_without_bounds_it_covers_any_failure_of_the_rule() -> None:
    assert known(evidence(performance=right(1, 1000)), FLOOR, entry())


# Reviews


def test_an_approval_counts_for_the_baseline_it_saw() -> None:
    rules = [policy(section("one", "fail"), section("open", "inconclusive"))]
    first, longer = baseline(entry()), baseline(entry(expires=instant(UNTIL + timedelta(days=1))))
    approved = act("approve", judge(evidence(), rules, baseline=first))
    assert judge(evidence(), rules, [approved], baseline=first).outcomes["prod"] is Action.ALLOW
    other = judge(evidence(), rules, [approved], baseline=longer)
    assert other.outcomes["prod"] is Action.NEEDS_REVIEW
    assert any("another baseline" in note for note in other.notes)
    assert judge(evidence(), rules, [approved]).outcomes["prod"] is Action.DENY


def test_an_approval_given_without_it_is_not_for_it() -> None:
    rules = [policy(section("open", "inconclusive"))]
    approved = act("approve", judge(evidence(), rules))
    assert judge(evidence(), rules, [approved]).outcomes["prod"] is Action.ALLOW
    assert judge(evidence(), rules, [approved], baseline=baseline(entry())).outcomes["prod"] is Action.NEEDS_REVIEW


def test_an_approval_does_not_outlive_the_entry() -> None:
    rules = [policy(section("one", "fail"))]
    approved = act("approve", judge(evidence(), rules, baseline=baseline(entry())))
    allowed = judge(evidence(), rules, [approved], baseline=baseline(entry()))
    assert (allowed.outcomes["prod"], allowed.valid_until) == (Action.ALLOW, instant(UNTIL))
    late = judge(evidence(), rules, [approved], baseline=baseline(entry()), now=UNTIL)
    assert late.outcomes["prod"] is Action.DENY
    assert f"expired on {instant(UNTIL)}" in late.notes[0]


def test_a_rejection_stands() -> None:
    rules = [policy(section("one", "fail"))]
    rejected = act("reject", judge(evidence(), rules, baseline=baseline(entry())))
    assert judge(evidence(), rules, [rejected], baseline=baseline(entry())).outcomes["prod"] is Action.DENY


# Notes


def test_a_rule_that_no_policy_has_is_named() -> None:
    rules = [policy(section("one", "fail"))]
    decision = judge(evidence(), rules, baseline=baseline(entry(), entry("house#typo"), entry("other#one")))
    (said,) = [note for note in decision.notes if "no policy here has" in note]
    assert "house#typo, other#one" in said and "house#one" not in said


def test_a_rule_of_a_policy_that_is_not_in_force_is_known_to_us() -> None:
    later = policy(section("a"), name="later", in_force="{from: 2027-01-01T00:00:00Z}")
    decision = judge(evidence(), [policy(section("b")), later], baseline=baseline(entry("later#a")))
    assert decision.notes == ()


def test_what_is_mended_is_named() -> None:
    decision = judge(evidence(), [policy(section("one"))], baseline=baseline(entry()))
    assert decision.notes == ("the baseline need not name house#one any more: it passes",)
    assert decision.outcomes["prod"] is Action.ALLOW


def test_another_models_baseline_is_refused() -> None:
    with pytest.raises(BadInput, match="another model") as caught:
        judge(evidence(), [policy(section("one"))], baseline=baseline(model="credit"))
    assert (caught.value.got, caught.value.expected, caught.value.where) == ("credit", "loans", "known.yaml:2:1")
