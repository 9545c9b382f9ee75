"""Who may do what, and why not: one row of the table each."""

import pytest

from governance.permissions import ACCOUNT_ROLES, TABLE, Does, Scope, may, may_act, may_submit
from governance.policy.act import UNVERIFIED, Act, Attestation, Statement, Waiver
from governance.policy.decision import Decision

ATTESTATION = Attestation(statements=(Statement(key="p#r", text="It is so."),), expires="2127-02-01T00:00:00Z")
WAIVER = Waiver(key="p#r", ticket="T-1", not_before="2027-01-01T00:00:00Z", expires="2027-02-01T00:00:00Z")


def case(submitter="local|ann"):
    return Decision.model_validate(
        {
            "schema": "governance.decision/v1", "id": "d", "subject": {"name": "m", "version": "1", "artifact": None},
            "evidence": ["a" * 64], "policies": [], "acts": [], "now": "2027-01-01T00:00:00Z",
            "as_of": "2027-01-01T00:00:00Z", "submitter": submitter, "baseline": None, "previous": None,
            "valid_until": "2027-01-01T00:00:00Z", "findings": [], "outcomes": {"prod": "needs review"}, "notes": [],
        }
    )  # fmt: skip


def asked(kind, actor="local|bo", role="approver", roles=("approver",), submitter="local|ann"):
    act = Act(
        kind=kind, actor=actor, role=role, decision="b" * 64, reason="because", at="2027-01-01T00:00:00Z",
        waiver=WAIVER if kind == "waive" else None,
        attestation=ATTESTATION if kind == "attest" else None,
    )  # fmt: skip
    return may_act(act, roles, case(submitter))


KINDS = ("approve", "reject", "comment", "waive")


@pytest.mark.parametrize("kind", KINDS)
def test_an_approver_who_is_somebody_else(kind):
    assert asked(kind).allowed
    assert asked(kind).reason


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_we_know(kind):
    answer = asked(kind, actor=UNVERIFIED)
    assert not answer.allowed
    assert "authenticated" in answer.reason


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("roles", [(), ("submitter",), ("auditor", "reviewer"), ("Approver",), ("approver ",)])
def test_a_role_that_is_not_held(kind, roles):
    answer = asked(kind, roles=roles)
    assert not answer.allowed
    assert "acts as approver" in answer.reason
    assert ", ".join(roles) in answer.reason


@pytest.mark.parametrize("kind", ["approve", "reject", "waive"])
@pytest.mark.parametrize("role", ["submitter", "reviewer", "auditor", ""])
def test_a_role_that_is_held_but_does_not_suffice(kind, role):
    answer = asked(kind, role=role, roles=(role,))
    assert not answer.allowed
    assert "takes the role approver" in answer.reason


@pytest.mark.parametrize("role", ["submitter", "reviewer", "auditor", "approver"])
def test_anybody_may_comment(role):
    assert asked("comment", role=role, roles=(role,)).allowed
    assert asked("comment", actor="local|ann", role=role, roles=(role,)).allowed


@pytest.mark.parametrize("kind, allowed", [("approve", False), ("waive", False), ("reject", True), ("comment", True)])
def test_the_submitter_with_both_roles(kind, allowed):
    """May take back, never let pass."""
    answer = asked(kind, actor="local|ann", roles=("submitter", "approver"))
    assert answer.allowed is allowed
    assert allowed or "somebody else" in answer.reason


@pytest.mark.parametrize("kind, allowed", [("approve", False), ("waive", False), ("reject", True), ("comment", True)])
def test_a_case_that_nobody_known_submitted(kind, allowed):
    answer = asked(kind, submitter=UNVERIFIED)
    assert answer.allowed is allowed
    assert allowed or "check again with `--as NAME`" in answer.reason


@pytest.mark.parametrize(
    "principal, roles, allowed",
    [
        ("local|ann", ("submitter",), True),
        ("local|ann", ("auditor", "submitter"), True),
        ("local|ann", ("approver",), False),
        ("local|ann", ("reviewer", "auditor"), False),
        ("local|ann", (), False),
        (UNVERIFIED, (), True),
    ],
)
def test_who_may_submit(principal, roles, allowed):
    """Nobody we know may try, too: no approval can follow."""
    answer = may_submit(principal, roles)
    assert answer.allowed is allowed
    assert principal in answer.reason


# One line each, in the order of ACCOUNT_ROLES: submitter, reviewer, approver, auditor, admin.
MATRIX = {
    Does.READ: "yyyyy", Does.SUBMIT: "ynnnn", Does.EVALUATE: "yyynn", Does.COMMENT: "yyyyn", Does.APPROVE: "nnynn",
    Does.REJECT: "nnynn", Does.WAIVE: "nnynn", Does.ATTEST: "nyyyn", Does.MAKE_TOKEN: "yyyyy",
    Does.REVOKE_TOKEN: "nnnny",
    Does.LIST_ACCOUNTS: "nnnny", Does.INVITE: "nnnny", Does.GRANT: "nnnny", Does.DISABLE: "nnnny", Does.PIN: "nnnny",
    Does.TRY_POLICY: "yyyyy",
}  # fmt: skip
SCOPES = {
    Scope.READ: {Does.READ, Does.TRY_POLICY},
    Scope.SUBMIT: {Does.SUBMIT, Does.EVALUATE},
    Scope.ACT: {Does.COMMENT, Does.APPROVE, Does.REJECT, Does.WAIVE, Does.ATTEST},
}


def test_the_table_is_whole():
    assert set(MATRIX) == set(TABLE) == set(Does)
    assert ACCOUNT_ROLES == ("submitter", "reviewer", "approver", "auditor", "admin")


@pytest.mark.parametrize("does", Does)
def test_who_may_do_what(does):
    for role, expected in zip(ACCOUNT_ROLES, MATRIX[does], strict=True):
        answer = may(does, "local|ann", (role,))
        assert answer.allowed is (expected == "y")
        assert "local|ann" in answer.reason and role in answer.reason and does in answer.reason
    everything = may(does, "local|ann", ACCOUNT_ROLES)
    assert everything.allowed
    for nothing in ((), ("Admin",), ("",)):
        assert not may(does, "local|ann", nothing).allowed


@pytest.mark.parametrize("does", Does)
def test_a_token_does_what_its_scopes_say_and_no_more(does):
    for count in range(1 << len(Scope)):
        scopes = [scope for number, scope in enumerate(Scope) if count >> number & 1]
        answer = may(does, "local|ann", ACCOUNT_ROLES, scopes)
        assert answer.allowed is any(does in SCOPES[scope] for scope in scopes)
        assert answer.allowed or "token" in answer.reason
    # A scope adds nothing to what its owner may.
    assert not may(does, "local|ann", (), list(Scope)).allowed


@pytest.mark.parametrize("does", Does)
def test_what_is_for_others_only(does):
    allowed = may(does, "local|ann", ACCOUNT_ROLES, to="local|ann").allowed
    assert allowed is (does not in (Does.GRANT, Does.INVITE, Does.DISABLE))
    assert may(does, "local|ann", ACCOUNT_ROLES, to="local|bo").allowed


def test_an_admin_alone_comments_on_nothing():
    answer = asked("comment", role="admin", roles=("admin",))
    assert not answer.allowed
    assert "local|bo holds: admin" in answer.reason
