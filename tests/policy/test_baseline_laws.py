"""What a baseline does to any case: each denial by a known failure becomes a question, and nothing else changes."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import instant
from governance.policy.baseline import load_baseline, written_down
from governance.policy.decision import Decision
from governance.policy.outcome import ACTIONS, Action, Enforcement, Outcome
from governance.render.baseline import baseline_yaml
from tests.policy.baselines import UNTIL, baseline, entry
from tests.policy.cases import NOW, evidence, judge, policy, section


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
