"""Acts against a service: signed here, on what was seen here, and refused where the case has moved on."""

import json

import pytest

from governance.permissions import Scope
from governance.trail.trust import load_trust
from tests.cli.conftest import AS_BO
from tests.cli.service.conftest import sqlite
from tests.days import IN_TWO_MONTHS

pytestmark = sqlite
WAIVE = ("--finding", "small#floor", "--ticket", "RISK-7", "--expires", IN_TWO_MONTHS, "--reason", "pilot")
AS_FI = ("--as", "fi", "--password-file", "pw")


@pytest.fixture
def case(there):
    there(11, "check")
    there.speak("bo")
    return there


def digest(case):
    return json.loads(case(0, "show", case.model, "--format", "json").out)["decision_sha256"]


def test_a_decision_that_is_not_the_latest_any_more(case):
    seen = digest(case)
    case(0, "comment", case.model, *AS_BO, "--role", "approver", "--reason", "first")
    ran = case(2, "waive", case.model, *AS_BO, *WAIVE, "--decision", seen)
    assert ran.err.startswith("error: the case has changed since you looked at it\n")
    assert f"got: decision {seen}" in ran.err
    assert (
        f"expected: the latest decision, {digest(case)} of 20" in ran.err and "(prod: deny, staging: allow)" in ran.err
    )
    assert "nothing was recorded" in ran.err


def test_somebody_is_faster(case, monkeypatch):
    """Between the look at the case and the signature."""
    from governance.client import review

    real, again = review.open_person_key, []

    def meanwhile(*given):
        if not again:
            again.append(True)
            monkeypatch.setenv("GOVERNANCE_TOKEN", case.serving.token("fi", place="local"))
            case(0, "comment", case.model, *AS_FI, "--role", "approver", "--reason", "first")
        return real(*given)

    monkeypatch.setattr(review, "open_person_key", meanwhile)
    ran = case(2, "waive", case.model, *AS_BO, *WAIVE)
    assert ran.err.startswith("error: the case has changed since you looked at it\n")
    assert f"the latest decision, {digest(case)} of 20" in ran.err
    assert len(json.loads(case(0, "show", case.model, "--format", "json").out)["decision"]["acts"]) == 1


@pytest.mark.parametrize(
    "change, said",
    [
        (("--as", "fi"), "the token is not fi's"),
        (("--finding", "small#flor"), "did you mean 'small#floor'?"),
        (("--reason", ""), "reason"),
        (("--role", "auditor"), "auditor"),
        (("--expires", "2020-01-01"), "a waiver must expire after it begins"),
    ],
)
def test_what_is_refused(case, change, said):
    before = digest(case)
    ran = case(2, "waive", case.model, *AS_BO, *WAIVE, *change)
    assert said in ran.err
    assert digest(case) == before


def test_a_wrong_password(case):
    case.project.write("pw", "something else entirely\n")
    assert "password" in case(2, "approve", case.model, *AS_BO, "--reason", "fine").err


def test_who_submitted_approves_nothing(case):
    case.speak("cy")
    case(11, "check")
    ran = case(2, "waive", case.model, "--as", "cy", "--password-file", "pw", *WAIVE)
    assert "local|cy submitted this version; somebody else must waive" in ran.err


def test_a_token_for_reading_gives_no_key(case):
    case.speak("bo", (Scope.READ,))
    assert "scope act" in case(2, "approve", case.model, *AS_BO, "--reason", "fine").err


def test_nothing_is_signed_that_the_trust_file_would_not_accept(case):
    trust = load_trust(case.trust.read_bytes(), "trust")
    others = tuple(one for one in trust.people if one.principal != "local|bo")
    case.trust.write_bytes(trust.model_copy(update={"people": others}).to_json())
    before = digest(case)
    ran = case(2, "waive", case.model, *AS_BO, *WAIVE)
    assert "the trust file does not name the key of local|bo" in ran.err and "nothing was signed" in ran.err
    assert digest(case) == before


def test_an_approval_of_what_is_denied_says_so(case):
    assert "approved, and still denied in prod" in case(0, "approve", case.model, *AS_BO, "--reason", "fine").err


def test_a_rejection_stands_in_the_bundle(case):
    case(0, "reject", case.model, *AS_BO, "--reason", "biased", "--bundle", "b.json")
    ran = case(0, "verify", "b.json", "--trust", case.trust)
    assert "reject by local|bo" in ran.out
