"""Enforcement by day and by place: announced before it bites, and one answer for each place that is asked about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import instant, parse_instant
from governance.errors import BadInput
from governance.policy.enforcement import DEFAULT, Enforcements, Steps, enforced, in_words, looser
from governance.policy.finding import Announced
from governance.policy.gate import gate
from governance.policy.outcome import Action, Enforcement
from tests.policy.cases import NOW, OFFICER, act, evidence, judge, policy, section

LATER = "2026-12-01T00:00:00Z"
STEPS = f"{{default: deny, prod: {{warn: now, deny: {LATER}}}}}"
DAY = timedelta(days=1)


def announced(outcome: str = "fail") -> Any:
    return policy(section("a", outcome, STEPS), section("b"))


def test_what_is_announced_is_said_and_does_not_bite_before_its_day() -> None:
    decision = judge(evidence(), [announced()])
    assert decision.outcomes == {"prod": Action.ALLOW, "staging": Action.DENY}
    found = next(one for one in decision.findings if one.key == "house#a")
    assert found.announced == (Announced(place="prod", action=Action.DENY, from_=LATER),)
    assert decision.valid_until == LATER, "it would come out otherwise from then on"
    bites = judge(evidence(), [announced()], now=parse_instant(LATER))
    assert bites.outcomes["prod"] is Action.DENY and not bites.findings[0].announced
    just_before = judge(evidence(), [announced()], now=parse_instant(LATER) - timedelta(seconds=1))
    assert just_before.outcomes["prod"] is Action.ALLOW


@pytest.mark.parametrize("outcome", ["pass", "not applicable"])
def test_nothing_is_announced_where_nothing_will_change(outcome: str) -> None:
    decision = judge(evidence(), [announced(outcome)])
    assert not any(finding.announced for finding in decision.findings)
    assert decision.valid_until == instant(NOW + 90 * DAY)


def test_a_doubt_is_announced_as_what_it_will_ask_for() -> None:
    decision = judge(evidence(), [announced("inconclusive")])
    found = next(one for one in decision.findings if one.key == "house#a")
    assert found.announced == (Announced(place="prod", action=Action.NEEDS_REVIEW, from_=LATER),)


def test_the_law_of_a_day_on_which_it_is_enforced_otherwise_opens_no_gate() -> None:
    now = parse_instant(LATER) + DAY
    back = judge(evidence(), [announced()], now=now, as_of=NOW)
    assert back.outcomes["prod"] is Action.ALLOW and back.valid_until == back.now
    assert any("rules are enforced otherwise" in note for note in back.notes)
    assert gate(back, "0" * 64, "prod", now).action is Action.DENY
    same = judge(evidence(), [announced("pass")], now=NOW, as_of=NOW - DAY)
    assert same.valid_until == instant(NOW + 90 * DAY)


def test_an_approval_before_the_day_does_not_reach_past_it() -> None:
    rules = policy(section("a", "fail", f"{{default: {{review: now, deny: {LATER}}}}}"))
    first = judge(evidence(), [rules])
    approved = judge(evidence(), [rules], [act("approve", first, actor=OFFICER)])
    assert approved.outcomes["prod"] is Action.ALLOW and approved.valid_until == LATER


def test_steps_that_are_waived_announce_what_the_waiver_leads_to() -> None:
    first = judge(evidence(), [announced()])
    waived = judge(evidence(), [announced()], [act("waive", first, key="house#a")])
    found = next(one for one in waived.findings if one.key == "house#a")
    assert found.waiver and found.announced == (Announced(place="prod", action=Action.NEEDS_REVIEW, from_=LATER),)


@pytest.mark.parametrize(
    ("enforcement", "fragment"),
    [
        ("{default: {warn: now, deny: soon}}", "UTC time"),
        ("{default: {warn: 2026-12-01T00:00:00Z}}", "counts from `now`"),
        ("{default: {warn: now, deny: now}}", "counts from `now`"),
        ("{default: {warn: now, deny: 2026-12-01T00:00:00Z, review: 2026-12-01T00:00:00Z}}", "same day"),
        ("{default: {wran: now}}", "did you mean 'warn'"),
        ("{default: dney}", "did you mean 'deny'"),
        ("{default: [deny]}", "deny"),
        ("{default: deny, prod@ci: warn}", "not under `environments`"),
    ],
)
def test_wrong_enforcement_is_refused_where_it_stands(enforcement: str, fragment: str) -> None:
    with pytest.raises(BadInput) as caught:
        policy(f"id: a\n    uses: test.says@1\n    with: {{outcome: pass}}\n    enforcement: {enforcement}")
    assert caught.value.where.startswith("house.yaml:11:"), str(caught.value)
    assert fragment in str(caught.value), str(caught.value)


POINTS = "[prod, prod@ci, staging]"


def test_a_point_has_an_outcome_of_its_own_and_else_that_of_its_environment() -> None:
    rules = policy(
        section("a", "fail", "{default: deny, prod@ci: warn}"), section("b", "pass", "{default: deny}"),
        environments=POINTS,
    )  # fmt: skip
    decision = judge(evidence(), [rules])
    assert decision.outcomes == {"prod": Action.DENY, "prod@ci": Action.ALLOW, "staging": Action.DENY}
    lenient = policy(section("a", "fail", "{default: deny, prod: warn}"), environments=POINTS)
    assert judge(evidence(), [lenient]).outcomes["prod@ci"] is Action.ALLOW, "what it says of prod"


def test_every_policy_for_an_environment_counts_at_each_of_its_points() -> None:
    pointed = policy(section("a", "fail", "{default: warn}"), environments=POINTS)
    strict = policy(section("a", "fail"), name="strict", environments="[prod]")
    assert judge(evidence(), [pointed, strict]).outcomes == {
        "prod": Action.DENY, "prod@ci": Action.DENY, "staging": Action.ALLOW,
    }  # fmt: skip


def test_a_gate_that_is_asked_at_a_point_nobody_speaks_of_answers_as_for_the_environment() -> None:
    decision = judge(evidence(), [policy(section("a"))])
    assert gate(decision, "0" * 64, "prod@admission", NOW).action is Action.ALLOW
    assert gate(decision, "0" * 64, "edge@admission", NOW).action is Action.DENY
    denied = judge(evidence(), [policy(section("a", "fail", "{default: warn, prod@ci: deny}"), environments=POINTS)])
    assert gate(denied, "0" * 64, "prod@ci", NOW).action is Action.DENY
    assert gate(denied, "0" * 64, "prod", NOW).action is Action.ALLOW


@pytest.mark.parametrize(
    "environments", ["[prod@ci]", "[staging, prod@ci]", "[prod, prod@]", "[prod, '@ci']", "[a@b@c]"]
)
def test_a_point_belongs_to_an_environment(environments: str) -> None:
    with pytest.raises(BadInput) as caught:
        policy(section("a"), environments=environments)
    assert caught.value.where.startswith("house.yaml:5:")


_WORD = st.sampled_from(Enforcement)
_DAYS = [f"2026-12-{day:02}T00:00:00Z" for day in range(1, 6)]


@st.composite
def steps(draw: st.DrawFn) -> Enforcement | Steps:
    words = draw(st.lists(_WORD, min_size=1, max_size=4, unique=True))
    if len(words) == 1:
        return words[0]
    days = [
        "now",
        *draw(st.lists(st.sampled_from(_DAYS), min_size=len(words) - 1, max_size=len(words) - 1, unique=True)),
    ]
    return Steps(**{word.value: day for word, day in zip(words, days, strict=True)})


@given(child=steps(), parent=steps(), here=st.none() | steps())
def test_looser_means_that_some_day_is_milder(
    child: Enforcement | Steps, parent: Enforcement | Steps, here: Enforcement | Steps | None
) -> None:
    ours: Enforcements = {DEFAULT: child} | ({"prod": here} if here else {})
    theirs: Enforcements = {DEFAULT: parent}
    order = list(Enforcement)
    days = [datetime(2020, 1, 1, tzinfo=UTC), *map(parse_instant, _DAYS)]
    milder = any(order.index(enforced(ours, "prod", day)) > order.index(enforced(theirs, "prod", day)) for day in days)
    assert (looser(ours, theirs, "prod") is not None) is milder
    assert looser(ours, ours, "prod") is None


def test_steps_are_read_in_the_order_of_their_days() -> None:
    assert in_words(Steps(deny=LATER, review="2026-11-30T00:00:00Z", warn="now")) == (
        "warn, review from 2026-11-30T00:00:00Z, deny from 2026-12-01T00:00:00Z"
    )
