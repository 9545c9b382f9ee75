"""A decision is valid no longer than its findings stay what they are."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import instant, parse_instant
from governance.evidence.evidence import EvidenceSet
from governance.evidence.lineage import LineageFacts, Source
from governance.policy.decision import Decision
from governance.policy.finding import Verdict
from governance.policy.outcome import Action, Outcome
from governance.policy.rule import Params, rule
from tests.policy.cases import NOW, TEST_CATALOGUE, act, evidence, judge, policy, section

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
FULL = instant(NOW + 90 * DAY)


class AskedParams(Params):
    at: str
    before: Outcome
    after: Outcome


@rule("test.turns")
def turns(evidence: EvidenceSet, params: AskedParams, now: datetime) -> Verdict:
    """Says one thing before a moment, and another from then on.

    What it checks: the clock. Why it matters: tests of how long a decision holds. How to fix: wind the clock back.
    """
    turned = now >= parse_instant(params.at)
    return Verdict(outcome=params.after if turned else params.before, why="turned" if turned else "not yet")


TEST_CATALOGUE[turns.name] = turns


def turning(
    at: datetime, before: str = "pass", after: str = "fail", enforced: str = "deny", name: str = "turns"
) -> str:
    params = f"{{at: {instant(at)}, before: {before}, after: {after}}}"
    return f"{{id: {name}, uses: test.turns@1, with: {params}, enforcement: {{default: {enforced}}}}}"


def licence(expires: datetime | None = None, collected: datetime | None = None) -> LineageFacts:
    source = Source(
        id="bank", sha256=None, owner="team:bank", licence="CC-BY-4.0", expires=expires and instant(expires),
        forbidden=(), approved_by=("local|cy",), collected_until=collected and instant(collected),
    )  # fmt: skip
    return LineageFacts(sources=(source,), features=())


def until(*rules: str, facts: EvidenceSet | None = None, now: datetime = NOW) -> str:
    return judge(facts or evidence(), [policy(*rules)], now=now).valid_until


def test_a_licence_that_ends_ends_it() -> None:
    ends = NOW + DAY
    sources = (
        "{id: sources, uses: lineage.sources_approved@1, with: {require: [licence]}, enforcement: {default: deny}}"
    )
    decision = judge(evidence(lineage=licence(expires=ends)), [policy(sources)])
    assert decision.outcomes["prod"] is Action.ALLOW and decision.valid_until == instant(ends)
    said = f"valid until {instant(ends)}: house#sources fails from then on (bank expired on {instant(ends)})"
    assert said in decision.notes
    assert judge(evidence(lineage=licence(expires=NOW + 91 * DAY)), [policy(sources)]).valid_until == FULL


def test_data_that_becomes_too_old_ends_it() -> None:
    fresh = (
        "{id: fresh, uses: lineage.freshness@1, with: {days: 30, of: [sources]}, accept: {kind: [measured, declared]},"
        " enforcement: {default: review}}"
    )
    facts = evidence(lineage=licence(collected=NOW - 20 * DAY))
    # Thirty days to the second are not too old yet.
    assert until(fresh, facts=facts) == instant(NOW + 10 * DAY + SECOND)


def test_a_condition_over_now_ends_it() -> None:
    ends = NOW + timedelta(days=3, seconds=7)
    facts = evidence(lineage=licence(expires=ends))
    for text in (
        "lineage.sources.all(s, timestamp(now) < timestamp(s.expires))",
        # As text, which has the order of time.
        "lineage.sources.all(s, now < s.expires)",
    ):
        condition = f"{{id: a, requires: [lineage.sources], expr: '{text}', enforcement: {{default: deny}}}}"
        assert until(condition, facts=facts) == instant(ends)


def test_a_condition_that_only_speaks_of_now_does_not() -> None:
    text = 'lineage.sources.all(s, s.owner != "now") // now'
    condition = f"{{id: a, requires: [lineage.sources], expr: '{text}', enforcement: {{default: deny}}}}"
    assert until(condition, facts=evidence(lineage=licence(expires=NOW + DAY))) == FULL


@pytest.mark.parametrize(
    ("before", "after", "enforced", "shorter"),
    [
        ("pass", "fail", "deny", True),
        ("pass", "inconclusive", "deny", True),
        ("pass", "fail", "review", True),
        ("inconclusive", "fail", "deny", True),
        ("inconclusive", "fail", "review", True),
        ("pass", "fail", "warn", False),
        ("pass", "error", "warn", True),
        ("pass", "error", "audit", False),
        ("fail", "pass", "deny", False),
        ("pass", "not applicable", "deny", True),
        ("not applicable", "pass", "deny", False),
    ],
)
def test_it_is_what_would_follow_that_counts(before: str, after: str, enforced: str, shorter: bool) -> None:
    """What only shows opens and closes no gate, an approver answers for one outcome, and where nothing applies any more
    nothing is checked."""
    at = NOW + 5 * DAY
    assert until(turning(at, before, after, enforced)) == (instant(at) if shorter else FULL)


def test_a_rule_that_breaks_later_ends_it() -> None:
    broken = "{id: a, requires: [lineage], expr: 'now < \"2026-12-01\" || dyn(lineage).nothing > 1', enforcement: %s}"
    assert until(broken % "{default: warn}", facts=evidence(lineage=licence())) == "2026-12-01T00:00:00Z"


def test_where_it_holds_at_one_place_only_that_place_counts() -> None:
    at = NOW + DAY
    assert until(turning(at, enforced="warn, prod: deny")) == instant(at)


def test_what_ends_first_counts_whatever_stands_first() -> None:
    first, later = turning(NOW + DAY, name="a"), turning(NOW + 2 * DAY, name="b")
    for rules in ((first, later), (later, first)):
        assert until(*rules, section("c")) == instant(NOW + DAY)


def test_a_waiver_whose_condition_ends_ends_it() -> None:
    ends = NOW + timedelta(days=2, seconds=5)
    ruled = [policy(section("a", "fail", more="waivable_to: allow"))]
    facts = evidence(lineage=licence(expires=ends))
    condition = "lineage.sources.all(s, now < s.expires)"
    excuse = act("waive", judge(facts, ruled), key="house#a", compensating_condition=condition)
    decision = judge(facts, ruled, [excuse])
    assert decision.outcomes["prod"] is Action.ALLOW and decision.valid_until == instant(ends)
    assert judge(facts, ruled, [excuse], now=ends).outcomes["prod"] is Action.DENY


def test_what_was_approved_ends_when_it_turns() -> None:
    """Also where it was approved some time ago, and so ends earlier."""
    ruled = [policy(turning(NOW + 40 * DAY, "inconclusive", "fail", "review"))]
    seen = judge(evidence(), ruled)
    approved = judge(evidence(), ruled, [act("approve", seen)], now=NOW + 7 * DAY)
    assert approved.outcomes["prod"] is Action.ALLOW and approved.valid_until == instant(NOW + 40 * DAY)
    again = judge(evidence(), ruled, [act("approve", seen)], now=NOW + 40 * DAY)
    assert again.outcomes["prod"] is Action.NEEDS_REVIEW


def test_a_decision_that_opens_no_gate_stays_so() -> None:
    asked = judge(evidence(), [policy(turning(NOW + DAY))], as_of=NOW.replace(year=2025))
    assert asked.valid_until == asked.now


moments = st.integers(min_value=1, max_value=100 * 24 * 3600).map(lambda seconds: NOW + timedelta(seconds=seconds))


@given(st.lists(moments, min_size=1, max_size=4))
def test_until_then_it_comes_out_alike_and_from_then_on_worse(days: list[datetime]) -> None:
    ruled = [policy(*(turning(at, name=f"r{number}") for number, at in enumerate(days)))]

    def at(moment: datetime) -> Decision:
        return judge(evidence(), ruled, now=moment)

    ends = parse_instant(at(NOW).valid_until)
    assert at(ends - SECOND).outcomes == at(NOW).outcomes
    if ends < NOW + 90 * DAY:
        assert at(ends).outcomes["prod"] is Action.DENY
    # Whoever judges a moment before finds the same end.
    assert at(ends - SECOND).valid_until == instant(min(ends - SECOND + 90 * DAY, *days))
