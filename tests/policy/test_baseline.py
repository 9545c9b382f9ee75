"""What a baseline of known failures may do: turn a denial into a question, for a time, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import instant
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.policy.baseline import KnownFailure, KnownValue, LoadedBaseline, load_baseline, written_down
from governance.policy.decision import Decision
from governance.policy.document import LoadedPolicy
from governance.policy.gate import gate
from governance.policy.outcome import ACTIONS, Action, Enforcement, Outcome, action_for
from governance.render.baseline import baseline_yaml
from tests.policy.cases import (
    NOW,
    act,
    cell,
    evidence,
    fairness,
    judge,
    policy,
    right,
    section,
    table,
)

SINCE, UNTIL = NOW - timedelta(days=1), NOW + timedelta(days=30)
DIFFERENCE = [
    policy(
        "{id: one, uses: fairness.disparity@1, with: {measure: difference, at_most: 0.1}, enforcement: {default: deny}}"
    )
]
FLOOR = [policy("{id: one, uses: performance.floor@1, with: {at_least: 0.8}, enforcement: {default: deny}}")]
RATIO = [policy("{id: one, uses: fairness.disparity@1, with: {at_least: 0.8}, enforcement: {default: deny}}")]
COLUMNS = [policy("{id: one, uses: access.wildcards@1, accept: {kind: [declared]}, enforcement: {default: deny}}")]


def text(*known: str, model: str = "loans", reason: str = "legacy", since: str = instant(SINCE)) -> bytes:
    lines = "".join(f"\n  - {{{one}}}" for one in known) or " []"
    head = f"schema: governance.baseline/v1\nmodel: {model}\nreason: {reason}\nsince: {since}\n"
    return f"{head}known:{lines}\n".encode()


def entry(finding: str = "house#one", more: str = "", expires: str = instant(UNTIL)) -> str:
    return f'finding: "{finding}", expires: {expires}{", " if more else ""}{more}'


def value(bound: str = "", path: str = "performance.accuracy", group: str = "") -> str:
    """A number that an entry knows of."""
    of = f", group: [{group}]" if group else ""
    return f"{{path: {path}{of}{', ' if bound else ''}{bound}}}"


def ratio(group: str, bound: str = "", attribute: str = "sex") -> str:
    return value(bound, f"fairness.{attribute}.selection_rate.ratio", group)


def values(*known: str) -> str:
    return f"values: [{', '.join(known)}]"


def baseline(*known: str, **head: str) -> LoadedBaseline:
    return load_baseline(text(*known, **head), "known.yaml")


def known(facts: EvidenceSet, rules: list[LoadedPolicy], one: str, **options: Any) -> bool:
    """Whether the entry covers the only finding; then it needs a review, and else a note says why not."""
    decision = judge(facts, rules, baseline=baseline(one), **options)
    finding = decision.findings[0]
    assert finding.outcome is Outcome.FAIL
    assert decision.outcomes["prod"] is (Action.NEEDS_REVIEW if finding.known else Action.DENY)
    assert any("does not cover house#one" in note for note in decision.notes) is (finding.known is None)
    return finding.known is not None


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


def grants(*lines: str) -> EvidenceSet:
    from governance.evidence.access import AccessFacts, Grant
    from governance.evidence.origin import FactOrigin

    made = tuple(Grant(principal=one, permission="train", resource="m", line=7) for one in lines)
    return evidence(access=AccessFacts(grants=made, approvals=(), origin=FactOrigin(kind="declared")))


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


# Laws


@pytest.mark.parametrize("outcome", [one.value for one in Outcome])
@pytest.mark.parametrize("enforcement", [one.value for one in Enforcement])
def test_one_cell_of_the_decision_table_changes_and_no_other(outcome: str, enforcement: str) -> None:
    rules = [policy(section("one", outcome, f"{{default: {enforcement}}}"), section("two"))]
    without, with_it = judge(evidence(), rules), judge(evidence(), rules, baseline=baseline(entry()))
    if (outcome, enforcement) == ("fail", "deny"):
        assert (without.outcomes["prod"], with_it.outcomes["prod"]) == (Action.DENY, Action.NEEDS_REVIEW)
    else:
        assert (with_it.outcomes, with_it.findings) == (without.outcomes, without.findings)
        assert with_it.valid_until == without.valid_until


_RULES = st.lists(
    st.tuples(
        st.sampled_from([one.value for one in Outcome]),
        st.sampled_from([one.value for one in Enforcement]),
        st.sampled_from([one.value for one in Enforcement]),
        st.sampled_from(["allow", "needs review"]),
    ),
    min_size=1,
    max_size=5,
)
# Mostly live and without bounds, for each rule and for two that are not there.
_ENTRIES = st.lists(
    st.sampled_from(
        [None, (-1, ""), (0, ""), (1, "faults: [x]"), (1, "values: [{path: x}]"), (1, ""), (2, ""), (40, "")]
    ),
    min_size=7,
    max_size=7,
).map(lambda found: {number: one for number, one in enumerate(found) if one})


def _case(rules: list[tuple[str, str, str, str]], entries: dict[int, tuple[int, str]]) -> tuple[Decision, Decision]:
    """The same case without and with a baseline of these entries: days until they expire, and their bounds."""
    policies = [policy(*_sections(rules))]
    made = [entry(f"house#r{i}", more, instant(NOW + timedelta(days=days))) for i, (days, more) in entries.items()]
    loaded = baseline(*made, since=instant(NOW - timedelta(days=2)))
    return judge(evidence(), policies), judge(evidence(), policies, baseline=loaded)


@given(_RULES, _ENTRIES)
def test_it_turns_deny_into_needs_review_and_does_nothing_else(rules: Any, entries: Any) -> None:
    without, with_it = _case(rules, entries)
    for name, before in without.outcomes.items():
        after = with_it.outcomes[name]
        assert after is before or (before, after) == (Action.DENY, Action.NEEDS_REVIEW)
    old = {finding.key: finding for finding in without.findings}
    for finding in with_it.findings:
        was = old[finding.key]
        assert was.model_copy(update={"actions": {}}) == finding.model_copy(update={"actions": {}, "known": None})
        if finding.outcome is not Outcome.FAIL:
            assert finding == was
        for name, action in finding.actions.items():
            moved = (was.actions[name], action) == (Action.DENY, Action.NEEDS_REVIEW)
            assert action is was.actions[name] or (moved and finding.known)
    used = [finding.known.until for finding in with_it.findings if finding.known]
    assert all(until > instant(NOW) for until in used)
    assert with_it.valid_until == min([without.valid_until, *used])


@given(_RULES, st.sets(st.integers(0, 6)))
def test_empty_or_expired_it_changes_nothing(rules: Any, numbers: set[int]) -> None:
    without, with_it = _case(rules, dict.fromkeys(numbers, (0, "")))
    fresh = {"baseline": None, "notes": ()}
    assert without.model_copy(update=fresh) == with_it.model_copy(update=fresh)
    if not numbers:
        assert without.notes == with_it.notes


@given(_RULES)
def test_what_is_written_down_turns_each_denial_by_failure_into_a_review(rules: Any) -> None:
    without, _ = _case(rules, {})
    policies = [policy(*_sections(rules))]
    written = written_down(without.findings, model="loans", reason="legacy", since=NOW, expires=UNTIL)
    assert list(written.known) == sorted(written.known, key=lambda one: one.finding)
    loaded = load_baseline(baseline_yaml(written).encode(), "known.yaml")
    assert loaded.document == written
    decision = judge(evidence(), policies, baseline=loaded)
    assert {one.key for one in decision.findings if one.known} == {one.finding for one in written.known}
    denied = {one.key for one in decision.findings if Action.DENY in one.actions.values()}
    assert denied == {one.key for one in decision.findings if one.outcome is Outcome.ERROR and _denies(one)}
    # Written again, with the first one in use, it is the same.
    again = written_down(decision.findings, model="loans", reason="legacy", since=NOW, expires=UNTIL)
    assert again == written


def _sections(rules: list[tuple[str, str, str, str]]) -> list[str]:
    return [
        section(f"r{i}", outcome, f"{{default: {prod}, staging: {staging}}}", f'waivable_to: "{to}"')
        for i, (outcome, prod, staging, to) in enumerate(rules)
    ]


def _denies(finding: Any) -> bool:
    return max(finding.actions.values(), key=ACTIONS.index) is Action.DENY


# Writing it


def written(facts: EvidenceSet, rules: list[LoadedPolicy]) -> tuple[KnownFailure, ...]:
    found = judge(facts, rules).findings
    return written_down(found, model="loans", reason="legacy", since=NOW, expires=UNTIL).known


def test_a_number_is_bounded_by_itself() -> None:
    (one,) = written(evidence(performance=right(700, 1000)), FLOOR)
    assert one == KnownFailure(
        finding="house#one",
        values=(KnownValue(path="performance.accuracy", at_least="0.7"),),
        expires=instant(UNTIL),
    )


def test_an_upper_limit_is_bounded_from_above() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 500, 1000), cell("b", 800, 1000))))
    (one,) = written(facts, DIFFERENCE)
    path = "fairness.sex.selection_rate.difference"
    assert one.values == (KnownValue(path=path, group=("a",), at_most="0.3"),)


def test_each_group_is_bounded_by_its_own_number() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 300, 1000), cell("c", 500, 1000))))
    (one,) = written(facts, RATIO)
    assert {(one.group, one.at_least) for one in one.values} == {(("a",), "0.5"), (("b",), "0.6")}
    assert one.faults == ()


def test_what_has_no_number_denies_nothing_and_is_not_written() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 500, 1000), cell("z", 0, 1000))))
    (one,) = written(facts, RATIO)
    assert [one.group for one in one.values] == [("a",)]


def test_a_wildcard_is_bounded_by_its_words() -> None:
    (one,) = written(grants("a*", "b*"), COLUMNS)
    assert one.faults == ("grants line 7: a* may train on m", "grants line 7: b* may train on m")
    assert one.values == ()


# Reading it


@pytest.mark.parametrize(
    ("data", "where", "said"),
    [
        (text(entry(), entry("house#two"), entry()), "8:15", "a second entry for house#one"),
        (text(entry("house")), "6:15", "POLICY#RULE"),
        (text(entry("House#one")), "6:15", "POLICY#RULE"),
        (text(entry("house#one#two")), "6:15", "POLICY#RULE"),
        (text(entry("house#")), "6:15", "POLICY#RULE"),
        (text(entry(expires="2027-03-01")), "6:37", "UTC time"),
        (text(entry(expires="never")), "6:37", "UTC time"),
        (text(entry(expires=instant(SINCE))), "6:37", "expires before it was written down"),
        (text(entry(more=values(value("at_least: many")))), "", "decimal"),
        (text(entry(more=values(value("at_least: 1, at_most: 2")))), "", "one side"),
        (text(entry(more="values: a")), "", "values"),
        (text(entry(more="value: [{path: a}]")), "", "did you mean 'values'"),
        (text('finding: "house#one"'), "6:5", "'expires' is missing"),
        (text(reason='""'), "3:9", "at least 1"),
        (text(reason="x" * 2001), "3:9", "at most 2000"),
        (text(model='""'), "2:8", "at least 1"),
        (text().replace(b"/v1", b"/v2"), "1:9", "governance.baseline/v1"),
        (text().replace(b"since", b"sense"), "", "did you mean 'since'"),
        (b"", "", "empty"),
        (b"[]", "", ""),
        (b"\xff", "", "UTF-8"),
    ],
)
def test_a_fault_is_named_at_its_place(data: bytes, where: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_baseline(data, "known.yaml")
    assert caught.value.where.startswith("known.yaml")
    assert caught.value.where == f"known.yaml:{where}" or not where
    assert said in str(caught.value)
