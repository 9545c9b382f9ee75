"""Who may lift `needs review`, and what an approval speaks for. Written from the side of who would cheat."""

from datetime import timedelta

import pytest

from governance.canonical import instant
from governance.policy.act import UNVERIFIED, Act, Waiver, separate
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy
from governance.policy.outcome import Action
from governance.policy.rules.lineage.sources_approved import _sources as sources
from tests.policy.cases import (
    NOW,
    OFFICER,
    OTHER_OFFICER,
    SUBMITTER,
    act,
    evidence,
    judge,
    policy,
    right,
    section,
)

OPEN = [policy(section("open", "inconclusive"), section("fine"))]
FAILED = [policy(section("open", "fail"))]


def prod(policies: list[LoadedPolicy], *acts: Recorded, submitter: str = SUBMITTER, by: str = SUBMITTER) -> Action:
    return judge(evidence(by=by), policies, acts, submitter=submitter).outcomes["prod"]


def seen(policies: list[LoadedPolicy] = OPEN, submitter: str = SUBMITTER, by: str = SUBMITTER) -> Decision:
    return judge(evidence(by=by), policies, submitter=submitter)


def test_approve_by_somebody_else_lifts_needs_review() -> None:
    assert prod(OPEN) is Action.NEEDS_REVIEW
    assert prod(OPEN, act("approve", seen())) is Action.ALLOW


@pytest.mark.parametrize("outcome", ["fail", "error"])
def test_approve_never_lifts_deny(outcome: str) -> None:
    rules = [policy(section("a", outcome), section("b", "inconclusive"))]
    assert prod(rules, act("approve", seen(rules)), act("approve", seen(rules), actor=OTHER_OFFICER)) is Action.DENY


def test_approve_lifts_no_environment_that_is_denied() -> None:
    rules = [policy(section("a", "fail", "{default: deny, staging: review}"))]
    decision = judge(evidence(), rules, [act("approve", seen(rules))])
    assert decision.outcomes == {"prod": Action.DENY, "staging": Action.ALLOW}


def test_approve_does_not_turn_an_empty_policy_into_allow() -> None:
    rules = [policy()]
    assert prod(rules, act("approve", seen(rules))) is Action.DENY


@pytest.mark.parametrize(
    ("actor", "submitter"),
    [
        (SUBMITTER, SUBMITTER),
        (UNVERIFIED, SUBMITTER),
        (OFFICER, UNVERIFIED),
        (UNVERIFIED, UNVERIFIED),
    ],
)
def test_who_is_not_known_to_be_somebody_else_lifts_nothing(actor: str, submitter: str) -> None:
    assert not separate(actor, submitter)
    case = seen(submitter=submitter)
    decision = judge(evidence(), OPEN, [act("approve", case, actor=actor)], submitter=submitter)
    assert decision.outcomes["prod"] is Action.NEEDS_REVIEW
    assert any("approve does not count" in note for note in decision.notes)


def test_who_measured_cannot_approve_when_a_colleague_submits_the_same_evidence() -> None:
    """ann submits; a colleague runs the same check again, which uses ann's evidence again; now ann approves."""
    case = seen(submitter=OTHER_OFFICER, by=SUBMITTER)
    assert prod(OPEN, act("approve", case, actor=SUBMITTER), submitter=OTHER_OFFICER) is Action.NEEDS_REVIEW
    assert prod(OPEN, act("approve", case, actor=OFFICER), submitter=OTHER_OFFICER) is Action.ALLOW


@pytest.mark.parametrize("role", ["auditor", "Approver", "", "approver "])
def test_approve_in_another_role_does_not_count(role: str) -> None:
    assert prod(OPEN, act("approve", seen(), role=role)) is Action.NEEDS_REVIEW


def test_comments_and_waivers_approve_nothing() -> None:
    assert prod(OPEN, act("comment", seen()), act("waive", seen(), key="house#fine")) is Action.NEEDS_REVIEW


def test_approve_for_other_evidence_does_not_count() -> None:
    other = judge(evidence(performance=right(9, 10)), OPEN)
    decision = judge(evidence(), OPEN, [act("approve", other)])
    assert decision.outcomes["prod"] is Action.NEEDS_REVIEW
    assert any("other evidence" in note for note in decision.notes)


def test_approve_under_another_policy_does_not_count() -> None:
    laxer = [policy(section("open", "inconclusive"))]
    assert prod(OPEN, act("approve", seen(laxer))) is Action.NEEDS_REVIEW
    both = [*OPEN, policy(section("a"), name="second")]
    assert prod(both, act("approve", seen(OPEN))) is Action.NEEDS_REVIEW
    assert prod(OPEN, act("approve", seen(both))) is Action.NEEDS_REVIEW


def test_approve_on_a_day_when_another_policy_was_in_force_does_not_count() -> None:
    later = policy(section("more", "inconclusive"), name="later", in_force="{from: 2026-12-01T00:00:00Z}")
    both = [*OPEN, later]
    approved = act("approve", judge(evidence(), both))
    assert judge(evidence(), both, [approved]).outcomes["prod"] is Action.ALLOW
    december = NOW.replace(month=12)
    assert judge(evidence(), both, [approved], now=december).outcomes["prod"] is Action.NEEDS_REVIEW


def test_approve_does_not_speak_for_what_time_brings() -> None:
    """A licence that runs out between the approval and now is a new matter, though evidence and policy are the same."""
    text = "{id: sources, uses: lineage.sources_approved@1, enforcement: {default: review}}"
    rules, facts = (
        [policy(section("open", "inconclusive"), text)],
        evidence(lineage=sources(expires="2026-12-01T00:00:00Z")),
    )
    approved = act("approve", judge(facts, rules))
    assert judge(facts, rules, [approved]).outcomes["prod"] is Action.ALLOW
    assert judge(facts, rules, [approved], now=NOW.replace(month=12)).outcomes["prod"] is Action.NEEDS_REVIEW


def test_approve_does_not_speak_for_what_a_later_waiver_brings_up() -> None:
    text = "{id: floor, uses: performance.floor@1, with: {at_least: 0.8}, enforcement: {default: review}}"
    rules = [policy(section("open", "fail", more="waivable_to: needs review"), text)]
    facts = evidence(performance=right(81, 100))
    first = judge(facts, rules)
    approved = act("approve", first)
    waived = act("waive", first, key="house#open")
    decision = judge(facts, rules, [approved, waived])
    assert decision.outcomes["prod"] is Action.NEEDS_REVIEW
    assert any("house#open (fail) in prod" in note and "approver saw" in note for note in decision.notes)
    # With sight of the waived case the approval counts.
    assert judge(facts, rules, [waived, act("approve", judge(facts, rules, [waived]))]).outcomes["prod"] is Action.ALLOW


def test_approve_of_staging_does_not_open_prod_by_a_later_waiver() -> None:
    """Staging asked for a review and got one while prod was denied; then a waiver makes prod ask for its own."""
    rules = [policy(section("a", "fail", "{default: deny, staging: review}"))]
    first = judge(evidence(), rules)
    approved, waived = act("approve", first), act("waive", first, key="house#a", actor=OTHER_OFFICER)
    assert judge(evidence(), rules, [approved]).outcomes["prod"] is Action.DENY
    for acts in ([approved, waived], [waived, approved]):
        assert judge(evidence(), rules, acts).outcomes["prod"] is Action.NEEDS_REVIEW


# Rejections


def test_reject_denies_everything_even_what_was_allowed() -> None:
    rules = [policy(section("a"))]
    assert judge(evidence(), rules, [act("reject", seen(rules))]).outcomes == {
        "prod": Action.DENY,
        "staging": Action.DENY,
    }


def test_reject_after_approve_denies() -> None:
    approved = act("approve", seen())
    assert prod(OPEN, approved, act("reject", seen(), actor=OTHER_OFFICER)) is Action.DENY


def test_reject_in_another_role_is_noted_and_does_not_deny() -> None:
    decision = judge(evidence(), [policy(section("a"))], [act("reject", seen(), role="auditor")])
    assert decision.outcomes["prod"] is Action.ALLOW
    assert any("reject by a auditor does not count" in note for note in decision.notes)


def test_an_approval_that_did_not_see_a_rejection_does_not_undo_it() -> None:
    """Two acts on the same first decision: in whatever order they are handed over, the rejection stands."""
    rejected, approved = act("reject", seen()), act("approve", seen(), actor=OTHER_OFFICER)
    for acts in ([rejected, approved], [approved, rejected]):
        assert prod(OPEN, *acts) is Action.DENY


def test_an_approval_that_saw_the_rejection_undoes_it() -> None:
    """Undo is a new act, and there for all to see."""
    rejected = act("reject", seen())
    after = judge(evidence(), OPEN, [rejected])
    assert prod(OPEN, rejected, act("approve", after, actor=OTHER_OFFICER)) is Action.ALLOW
    assert prod(OPEN, rejected, act("approve", after, actor=SUBMITTER)) is Action.DENY


def test_the_submitter_cannot_approve_over_an_officers_rejection() -> None:
    assert prod(OPEN, act("reject", seen()), act("approve", seen(), actor=SUBMITTER)) is Action.DENY


# The documents themselves


def test_a_waiver_must_end_after_it_begins() -> None:
    for expires in (NOW, NOW - timedelta(seconds=1)):
        with pytest.raises(ValueError, match="must expire after it begins"):
            Waiver(key="a#b", ticket="T", not_before=instant(NOW), expires=instant(expires))


@pytest.mark.parametrize(("kind", "waiver"), [("waive", False), ("approve", True), ("reject", True), ("comment", True)])
def test_a_waiver_goes_with_waive_and_nothing_else(kind: str, waiver: bool) -> None:
    terms = Waiver(key="a#b", ticket="T", not_before=instant(NOW), expires=instant(NOW + timedelta(days=1)))
    with pytest.raises(ValueError, match="carries a waiver"):
        Act(
            kind=kind,  # type: ignore[arg-type]
            actor=OFFICER,
            role="approver",
            decision="0" * 64,
            reason="r",
            at=instant(NOW),
            waiver=terms if waiver else None,
        )


def test_judging_again_makes_an_approval_no_younger() -> None:
    """A policy that holds for 90 days: neither a second check nor a comment makes it 90 more."""
    given = act("approve", seen())
    for days, outcome in ((0, Action.ALLOW), (89, Action.ALLOW), (90, Action.NEEDS_REVIEW), (400, Action.NEEDS_REVIEW)):
        decision = judge(evidence(), OPEN, [given], now=NOW + timedelta(days=days))
        assert decision.outcomes["prod"] is outcome
        if outcome is Action.ALLOW:
            assert decision.valid_until == instant(NOW + timedelta(days=90))
        else:
            assert any("does not count any more" in note for note in decision.notes)


def test_an_approval_that_nothing_needs_does_not_shorten_a_decision() -> None:
    fine = [policy(section("fine"))]
    later = NOW + timedelta(days=30)
    decision = judge(evidence(), fine, [act("approve", seen(fine))], now=later)
    assert decision.valid_until == instant(later + timedelta(days=90))
