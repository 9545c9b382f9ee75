"""The gate says yes to one artifact, in one environment, for a time. Everything else is a no with its reason."""

from datetime import timedelta

import pytest

from governance.policy.gate import gate
from governance.policy.outcome import Action
from tests.policy.cases import NOW, evidence, judge, policy, section

ARTIFACT = "0" * 64
ALLOWED = judge(evidence(), [policy(section("a", "fail", "{default: review, staging: warn}"), section("b"))])
FINE = judge(evidence(), [policy(section("a"))])


def test_allow() -> None:
    answer = gate(FINE, ARTIFACT, "prod", NOW)
    assert answer.action is Action.ALLOW
    assert FINE.valid_until in answer.why[0]


@pytest.mark.parametrize("artifact", ["f" * 64, "", ARTIFACT[:-1], ARTIFACT + "0", "0" * 63 + "O"])
def test_another_artifact(artifact: str) -> None:
    assert gate(FINE, artifact, "prod", NOW).action is Action.DENY


@pytest.mark.parametrize("environment", ["", "Prod", "prod ", "edge", "default", "*"])
def test_another_environment(environment: str) -> None:
    answer = gate(FINE, ARTIFACT, environment, NOW)
    assert answer.action is Action.DENY
    assert "prod, staging" in answer.why[0]


def test_a_model_without_an_artifact_is_never_allowed_by_digest() -> None:
    decision = judge(evidence(artifact=None), [policy(section("a"))])
    assert decision.outcomes["prod"] is Action.ALLOW
    for artifact in (ARTIFACT, "", "None"):
        assert gate(decision, artifact, "prod", NOW).action is Action.DENY


@pytest.mark.parametrize(
    ("when", "action"),
    [
        (timedelta(days=90) - timedelta(seconds=1), Action.ALLOW),
        (timedelta(days=90), Action.DENY),
        (timedelta(days=9000), Action.DENY),
        (timedelta(seconds=-1), Action.DENY),
        (timedelta(0), Action.ALLOW),
    ],
)
def test_only_from_when_it_was_decided_until_before_it_runs_out(when: timedelta, action: Action) -> None:
    assert gate(FINE, ARTIFACT, "prod", NOW + when).action is action


def test_what_denies_comes_before_what_asks_for_a_review() -> None:
    rules = [section("asks", "fail", "{default: review}"), section("denies", "fail", "{default: deny}")]
    why = gate(judge(evidence(), [policy(*rules)]), ARTIFACT, "prod", NOW).why
    assert [reason.startswith("to be reviewed: ") for reason in why] == [False, True]


def test_time_never_makes_it_better() -> None:
    for when in (timedelta(days=-1), timedelta(0), timedelta(days=100)):
        assert gate(ALLOWED, ARTIFACT, "prod", NOW + when).action is not Action.ALLOW


def test_the_law_of_another_day_opens_no_gate() -> None:
    """Before a strict policy comes into force the case would be allowed; looking back to that day is no release."""
    lax = policy(section("a"), name="lax")
    strict = policy(section("a", "fail"), name="strict", in_force="{from: 2026-11-01T00:00:00Z}")
    back = judge(evidence(), [lax, strict], as_of=NOW.replace(month=10))
    assert back.outcomes["prod"] is Action.ALLOW
    assert gate(back, ARTIFACT, "prod", NOW).action is Action.DENY
    assert any("opens no gate" in note for note in back.notes)
    # Another day of the same law is no matter.
    same = judge(evidence(), [lax], as_of=NOW.replace(month=10))
    assert gate(same, ARTIFACT, "prod", NOW).action is Action.ALLOW


def test_needs_review_names_the_finding() -> None:
    answer = gate(ALLOWED, ARTIFACT, "prod", NOW)
    assert answer.action is Action.NEEDS_REVIEW
    assert answer.why == ("Says what it is told: told to say fail",)
    assert gate(ALLOWED, ARTIFACT, "staging", NOW).action is Action.ALLOW
