"""What a decision makes of findings, and that it is the same each time."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import instant
from governance.evidence.evidence import Absent
from governance.evidence.origin import FactOrigin
from governance.policy.decision import Decision, _each_judged_once
from governance.policy.outcome import Action, Outcome
from governance.policy.rules.lineage.forbidden_columns import _reached as lineage
from tests.policy.cases import NOW, act, evidence, judge, policy, right, section

OUTCOMES = [one.value for one in Outcome]
FLOOR = "{id: floor, uses: performance.floor@1, with: {at_least: 0.8}, enforcement: {default: deny}%s}"


def finding(decision: Decision, key: str) -> Any:
    return next(one for one in decision.findings if one.key == key)


def test_of_several_policies_the_strictest_counts() -> None:
    lax = policy(section("a", "fail", "{default: warn}"), name="lax")
    middle = policy(section("a", "fail", "{default: review}"), name="middle")
    strict = policy(section("a", "fail"), name="strict")
    assert judge(evidence(), [lax]).outcomes["prod"] is Action.ALLOW
    assert judge(evidence(), [lax, middle]).outcomes["prod"] is Action.NEEDS_REVIEW
    for order in ([lax, middle, strict], [strict, middle, lax]):
        decision = judge(evidence(), order)
        assert decision.outcomes == {"prod": Action.DENY, "staging": Action.DENY}
        assert len(decision.findings) == 3


def test_each_environment_is_judged_by_the_policies_that_name_it() -> None:
    one = policy(section("a"), name="one", environments="[staging]")
    other = policy(section("a", "fail"), name="other", environments="[prod]")
    assert judge(evidence(), [one, other]).outcomes == {"prod": Action.DENY, "staging": Action.ALLOW}


def test_a_policy_that_is_not_in_force_is_shown_and_not_judged() -> None:
    later = policy(section("a", "fail"), name="later", in_force="{from: 2027-01-01T00:00:00Z}")
    decision = judge(evidence(), [policy(section("a")), later])
    assert [ref.in_force for ref in decision.policies] == [True, False]
    assert [one.key for one in decision.findings] == ["house#a"]
    assert decision.outcomes["prod"] is Action.ALLOW
    assert (
        judge(evidence(), [policy(section("a")), later], as_of=NOW.replace(year=2027)).outcomes["prod"] is Action.DENY
    )


def test_an_environment_that_only_a_later_policy_names_is_denied() -> None:
    later = policy(section("a"), name="later", environments="[edge]", in_force="{from: 2027-01-01T00:00:00Z}")
    decision = judge(evidence(), [policy(section("a")), later])
    assert decision.outcomes["edge"] is Action.DENY
    assert any(note.startswith("edge: no rule is selected") for note in decision.notes)


@pytest.mark.parametrize("broken", ["test.raises", "test.forgets"])
@pytest.mark.parametrize(
    ("enforcement", "action"), [("deny", "deny"), ("review", "deny"), ("warn", "deny"), ("audit", "allow")]
)
def test_a_rule_that_breaks_is_an_error_finding(broken: str, enforcement: str, action: str) -> None:
    text = f"{{id: a, uses: {broken}@1, enforcement: {{default: {enforcement}}}}}"
    decision = judge(evidence(), [policy(text)])
    assert decision.findings[0].outcome is Outcome.ERROR
    assert "judging failed" in decision.findings[0].why
    assert decision.outcomes["prod"] == action


def test_every_selected_rule_has_one_finding() -> None:
    rules = policy(*(section(f"r{i}", OUTCOMES[i % 5]) for i in range(20)))
    assert sorted(one.key for one in judge(evidence(), [rules]).findings) == sorted(one.key for one in rules.rules)


def test_a_lost_or_doubled_finding_is_a_bug_of_ours() -> None:
    rules = policy(section("a"), section("b"))
    findings = list(judge(evidence(), [rules]).findings)
    for wrong in (findings[:1], [*findings, findings[0]], []):
        with pytest.raises(RuntimeError, match="selected rules and findings differ"):
            _each_judged_once([rules], wrong)


def test_findings_are_read_worst_first() -> None:
    rules = policy(
        section("a"),
        section("b", "inconclusive"),
        section("c", "fail", more="severity: low"),
        section("d", "fail", more="severity: critical"),
        section("e", "fail", "{default: warn}", more="severity: critical"),
        section("f", "error", "{default: warn}"),
    )
    keys = [one.key for one in judge(evidence(), [rules]).findings]
    assert keys == ["house#d", "house#c", "house#f", "house#b", "house#e", "house#a"]


# What counts as evidence


def test_evidence_that_is_not_there_is_inconclusive_and_says_why() -> None:
    rules = [policy(FLOOR % "")]
    assert finding(judge(evidence(), rules), "house#floor").outcome is Outcome.INCONCLUSIVE
    missing = Absent(facts="performance", kind="missing", why="no table")
    one = finding(judge(evidence(absent=(missing,)), rules), "house#floor")
    assert (one.outcome, "no table" in one.why) == (Outcome.INCONCLUSIVE, True)


def test_evidence_whose_collection_broke_is_an_error() -> None:
    failed = Absent(facts="performance", kind="failed", why="the child crashed")
    decision = judge(evidence(absent=(failed,)), [policy(FLOOR % "")])
    assert finding(decision, "house#floor").outcome is Outcome.ERROR
    assert decision.outcomes["prod"] is Action.DENY


@pytest.mark.parametrize(
    ("accept", "origin", "outcome"),
    [
        ("", FactOrigin(kind="measured", predictions="rescored"), "pass"),
        ("", FactOrigin(kind="declared"), "inconclusive"),
        (", accept: {kind: [declared]}", FactOrigin(kind="declared"), "pass"),
        (", accept: {kind: [declared]}", FactOrigin(kind="measured", predictions="rescored"), "inconclusive"),
        (", accept: {predictions: [rescored]}", FactOrigin(kind="measured", predictions="supplied"), "inconclusive"),
        (", accept: {predictions: [rescored]}", FactOrigin(kind="measured", predictions="rescored"), "pass"),
    ],
)
def test_only_accepted_evidence_counts(accept: str, origin: FactOrigin, outcome: str) -> None:
    facts = evidence(performance=right(900, 1000).model_copy(update={"origin": origin}))
    assert finding(judge(facts, [policy(FLOOR % accept)]), "house#floor").outcome == outcome


def test_declared_lineage_does_not_count_unless_the_policy_says_so() -> None:
    text = "{id: a, uses: lineage.forbidden_columns@1, enforcement: {default: deny}}"
    facts = evidence(lineage=lineage("income").model_copy(update={"origin": FactOrigin(kind="declared")}))
    assert judge(facts, [policy(text)]).outcomes["prod"] is Action.NEEDS_REVIEW


def test_a_whole_set_that_is_declared_does_not_count_either() -> None:
    assert judge(evidence(kind="declared"), [policy(section("a"))]).findings[0].outcome is Outcome.INCONCLUSIVE


def test_what_is_not_there_comes_from_nobody() -> None:
    rules = [policy(FLOOR % "")]
    assert finding(judge(evidence(), rules), "house#floor").origin is None
    facts = evidence(performance=right(900, 1000))
    assert finding(judge(facts, rules), "house#floor").origin == facts.origin


def test_a_finding_carries_the_policys_words_before_the_rules() -> None:
    facts = evidence(performance=right(700, 1000))
    own = finding(judge(facts, [policy(FLOOR % "")]), "house#floor")
    assert own.title == "A performance metric is at least the floor"
    assert own.controls == ("eu-ai-act/art-15.1", "us-sr-26-2/mrm.val.outcomes")
    assert "look at which errors dominate" in own.fix
    said = ", title: Good enough, controls: [house-rule/1], fix: Ask the team, severity: low"
    told = finding(judge(facts, [policy(FLOOR % said)]), "house#floor")
    assert (told.title, told.controls, told.fix, told.severity) == (
        "Good enough",
        ("house-rule/1",),
        "Ask the team",
        "low",
    )


# Time


def test_valid_until_is_the_shortest_of_the_policies_in_force() -> None:
    short = policy(section("a"), name="short", valid_for=7)
    long = policy(section("a"), name="long", valid_for=365)
    later = policy(section("a"), name="later", valid_for=1, in_force="{from: 2027-01-01T00:00:00Z}")
    assert judge(evidence(), [long, short, later]).valid_until == instant(NOW + timedelta(days=7))


@pytest.mark.parametrize("day", ["from", "until"])
def test_valid_until_ends_where_the_policies_change(day: str) -> None:
    """A strict policy of tomorrow is not outrun by a decision of today, nor does one outlive its own policy."""
    tomorrow = instant(NOW + timedelta(days=1))
    period = "{from: " + tomorrow + "}" if day == "from" else "{from: 2026-01-01T00:00:00Z, until: " + tomorrow + "}"
    changing = policy(section("a"), name="changing", in_force=period)
    assert judge(evidence(), [policy(section("b")), changing]).valid_until == tomorrow


def test_valid_until_ends_with_a_waiver_that_was_used_and_only_with_that() -> None:
    rules = [policy(section("a", "fail", more="waivable_to: allow"), section("b"))]
    seen = judge(evidence(), rules)
    assert seen.valid_until == instant(NOW + timedelta(days=90))
    used = act("waive", seen, key="house#a", expires=instant(NOW + timedelta(days=3)))
    idle = act("waive", seen, key="house#b", expires=instant(NOW + timedelta(days=1)))
    decision = judge(evidence(), rules, [used, idle])
    assert decision.outcomes["prod"] is Action.ALLOW
    assert decision.valid_until == instant(NOW + timedelta(days=3))


def test_with_nothing_in_force_it_is_valid_for_no_time() -> None:
    assert judge(evidence(), []).valid_until == instant(NOW)


# The same inputs give the same bytes


@given(
    outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=6),
    enforcement=st.sampled_from(["deny", "review", "warn", "audit"]),
    microseconds=st.integers(0, 999_999),
    waived=st.booleans(),
)
def test_same_inputs_same_bytes(outcomes: list[str], enforcement: str, microseconds: int, waived: bool) -> None:
    rules = [policy(*(section(f"r{i}", o, f"{{default: {enforcement}}}") for i, o in enumerate(outcomes)))]
    seen = judge(evidence(), rules)
    acts = [act("waive", seen, key="house#r0"), act("approve", seen)] if waived else []
    first = judge(evidence(), rules, acts)
    # A verifier knows the recorded time only, which has whole seconds.
    again = judge(evidence(), rules, acts, now=NOW + timedelta(microseconds=microseconds))
    assert again.to_bytes() == first.to_bytes()
    assert Decision.from_bytes(first.to_bytes()) == first


def test_the_order_of_policies_changes_no_outcome_and_no_finding() -> None:
    one, other = policy(section("a", "fail", "{default: review}"), name="one"), policy(section("a"), name="other")
    forth, back = judge(evidence(), [one, other]), judge(evidence(), [other, one])
    assert (forth.outcomes, forth.findings) == (back.outcomes, back.findings)


@given(outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=5), data=st.data())
def test_a_worse_finding_never_helps(outcomes: list[str], data: st.DataObject) -> None:
    """Turning any one outcome into a failure or an error never makes an environment better."""
    order = list(Action)
    place = data.draw(st.integers(0, len(outcomes) - 1))
    worse = [*outcomes]
    worse[place] = data.draw(st.sampled_from(["fail", "error"]))
    before, after = (
        judge(evidence(), [policy(*(section(f"r{i}", o) for i, o in enumerate(x)))]) for x in (outcomes, worse)
    )
    assert order.index(after.outcomes["prod"]) >= order.index(before.outcomes["prod"])
