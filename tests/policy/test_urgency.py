"""By when somebody should have answered, and in words why."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import instant, parse_instant
from governance.evidence.origin import Subject
from governance.policy.attested import Attested
from governance.policy.outcome import Action, Severity
from governance.policy.rules.attestation.signed import SignedParams, signed, signers
from governance.policy.urgency import DAYS, TIERS, Asks, Standing, due, explained, tier_of, when, why

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
REVIEW, DENIED, ALLOWED = (
    {"prod": action, "staging": Action.ALLOW} for action in (Action.NEEDS_REVIEW, Action.DENY, Action.ALLOW)
)


FELL = "denied in prod, where it was allowed, high risk, denied by 1 finding, new today"


def at(**span):
    return instant(NOW + timedelta(**span))


def case(outcomes=REVIEW, **told):
    given = {
        "fell": (),
        "tier": "high",
        "severity": Severity.HIGH,
        "findings": 2,
        "since": at(),
        "valid_until": at(days=30),
    }
    return Standing(outcomes, **(given | told))


def days(one):
    return (parse_instant(due(one)) - parse_instant(one.since)) / timedelta(days=1)


@pytest.mark.parametrize("one, expected", [
    (case(), 2),
    (case(severity=Severity.CRITICAL), 1),
    (case(severity=Severity.MEDIUM), 5),
    (case(severity=Severity.LOW), 10),
    (case(severity=None), 5),
    (case(tier="medium"), 4),
    (case(tier="low"), 8),
    (case({"staging": Action.NEEDS_REVIEW, "prod": Action.ALLOW}), 4),
    (case({"production": Action.NEEDS_REVIEW}), 2),
    (case(DENIED), 8),
    (case({}), 16),
    (case(DENIED, fell=("prod",)), 0),
    (case(REVIEW, fell=("prod",)), 0),
    (case(ALLOWED), 30),
], ids=str)  # fmt: skip
def test_when_an_answer_is_due(one, expected):
    assert days(one) == expected


@pytest.mark.parametrize("outcomes, asks", [
    (REVIEW, Asks.REVIEW),
    (DENIED, Asks.DENIED),
    (ALLOWED, Asks.ALLOWED),
    ({"prod": Action.DENY, "staging": Action.NEEDS_REVIEW}, Asks.REVIEW),
    ({}, Asks.DENIED),
])  # fmt: skip
def test_what_is_asked(outcomes, asks):
    assert case(outcomes).asks is asks


@pytest.mark.parametrize("text", [None, "", "HIGH", "extreme", "high"])
def test_an_unknown_tier_counts_as_high(text):
    assert tier_of(text) == "high"


@pytest.mark.parametrize("one, said", [
    (case(since=at(days=-5)), "high risk, 2 findings to review, the worst high, in prod, waiting 5 days"),
    (case(findings=1, tier="low"), "low risk, 1 finding to review, in prod, new today"),
    (case(DENIED, since=at(days=-1)), "high risk, denied by 2 findings, the worst high, in prod, waiting 1 day"),
    (case(DENIED, fell=("prod",), findings=1), FELL),
    (case(ALLOWED, waiver="four fifths", valid_until=at(days=3)), "waiver for four fifths ends in 3 days"),
    (case(ALLOWED, waiver="four fifths", valid_until=at(days=-2)), "waiver for four fifths ended 2 days ago"),
    (case(ALLOWED, valid_until=at(hours=5)), "what allows it lapses in 5 hours"),
    (case(ALLOWED, valid_until=at()), "what allows it lapsed less than an hour ago"),
], ids=str)  # fmt: skip
def test_why_in_words(one, said):
    said += ", high risk, in prod and staging" * (one.asks is Asks.ALLOWED)
    assert why(one, NOW) == said
    assert why(one, NOW, overtaken=True) == f"a later version was decided since, {said}"


@pytest.mark.parametrize("since, said", [
    (at(), "due in 2 days"),
    (at(hours=-25), "due today"),
    (at(days=-2), "due today"),
    (at(days=-2, hours=-1), "1 hour overdue"),
    (at(days=-4), "2 days overdue"),
])  # fmt: skip
def test_how_the_time_stands(since, said):
    assert when(case(since=since), NOW) == said


standings = st.builds(
    case,
    st.dictionaries(st.sampled_from(["prod", "staging", "dev"]), st.sampled_from(Action)),
    tier=st.sampled_from(list(TIERS)),
    severity=st.sampled_from([None, *Severity]),
    fell=st.sampled_from([(), ("prod",)]),
    since=st.integers(-400, 0).map(lambda count: at(days=count)),
)


@given(standings, st.integers(1, 300))
def test_who_began_to_wait_earlier_is_due_earlier(one, earlier):
    before = one._replace(since=instant(parse_instant(one.since) - timedelta(days=earlier)))
    assert (due(before) < due(one)) is (one.asks is not Asks.ALLOWED)


@given(standings)
def test_more_risk_and_worse_findings_are_never_due_later(one):
    for name, worst_first in (("tier", TIERS), ("severity", DAYS)):
        dues = [due(one._replace(**{name: value})) for value in worst_first]
        assert all(worse <= better for worse, better in pairwise(dues))


@given(standings)
def test_production_never_waits_longer_than_staging(one):
    for action in (Action.NEEDS_REVIEW, Action.DENY):
        there, elsewhere = (one._replace(outcomes={name: action}) for name in ("prod", "staging"))
        assert due(there) <= due(elsewhere)


def test_the_order_is_explained_with_the_numbers_that_make_it():
    text = " ".join(explained())
    for number in (*DAYS.values(), *(times for times in TIERS.values() if times > 1), 14, 30):
        assert str(number) in text


def test_statements_are_told_apart_from_what_is_to_review():
    only = case(statements=2, signers=("auditor",))
    assert only.only_statements and "high risk, 2 statements to sign, the worst high, in prod" in why(only, NOW)
    some = case(findings=3, statements=1, signers=("auditor",))
    assert not some.only_statements and "3 findings to review, of which 1 statement to sign" in why(some, NOW)
    # Where it is denied, or asks nothing, no signature is all that it takes.
    assert not case(DENIED, statements=2).only_statements and not case(ALLOWED, findings=0).only_statements


@pytest.mark.parametrize("roles", [("auditor",), ("reviewer", "auditor"), ("approver", "auditor", "reviewer")])
def test_who_may_sign_is_read_from_the_finding(roles):
    given = Attested(Subject(name="m", version="1.0.0", artifact=None))
    limit = signed.judge(given, SignedParams(statement="Somebody can stop it.", roles=roles), NOW).limit
    assert set(signers(limit.value)) == set(roles)
    assert signers("at least 0.8") == signers("") == ()
