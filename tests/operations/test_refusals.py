"""Each refusal is written down once, with who, what and why, and without what somebody typed."""

import logging
from datetime import timedelta

import pytest

from governance.errors import BadInput, Refused, TooMany
from governance.operations import accounts, sessions, tokens
from governance.operations.caller import Operator
from governance.operations.initialise import add_person
from governance.operations.refusals import request
from governance.operations.submit import evaluate_again, submit
from governance.permissions import ACCOUNT_ROLES, TABLE, Does, Scope
from governance.policy.attesting import Stating
from tests.operations.project import PASSWORD
from tests.operations.service import Service

TYPED = "what only bo knows"


@pytest.fixture
def service(bare):
    made = Service(bare)
    add_person(made.workspace, "ann", ("submitter",), PASSWORD)
    for role in ACCOUNT_ROLES[:-1]:
        made.join(role, role)
    return made


@pytest.fixture
def written(caplog):
    """What was written down since it was asked last."""
    caplog.set_level(logging.INFO, "governance.refusals")

    def read():
        lines = [dict(one.args) for one in caplog.records if one.name == "governance.refusals"]
        assert TYPED not in caplog.text and PASSWORD not in caplog.text
        caplog.clear()
        return lines

    return read


END = "2127-01-01T00:00:00Z"


def verbs(service, by):
    """What is called for each row of the table: by the caller, on somebody else."""
    there, case = service.workspace, {"name": "credit", "version": "1.10", "caller": by}
    act = {"name": by.principal.removeprefix("local|"), "people": service.people}
    return {
        Does.SUBMIT: lambda: submit(there, (), evidence=b"", manifest=b"", caller=by),
        Does.EVALUATE: lambda: evaluate_again(there, (), **case),
        Does.APPROVE: lambda: service.project.act("approve", **act),
        Does.REJECT: lambda: service.project.act("reject", **act),
        Does.WAIVE: lambda: service.project.waive(**act),
        Does.COMMENT: lambda: service.project.act("comment", **act),
        Does.ATTEST: lambda: service.project.act("attest", stating=Stating(("law#x",), True, END), **act),
        Does.MAKE_TOKEN: lambda: tokens.create_token(there, by, [Scope.READ], "x", there.clock() + timedelta(days=1)),
        Does.REVOKE_TOKEN: lambda: tokens.revoke_token(there, by, service.token("root").token.id),
        Does.LIST_ACCOUNTS: lambda: accounts.list_accounts(there, by),
        Does.INVITE: lambda: service.invite("new", "auditor", by=by),
        Does.GRANT: lambda: accounts.grant(there, "local|root", "auditor", by),
        Does.DISABLE: lambda: accounts.disable(there, "local|root", by),
        Does.READ: lambda: by.must(Does.READ),
        Does.PIN: lambda: by.must(Does.PIN),
        Does.TRY_POLICY: lambda: by.must(Does.TRY_POLICY),
    }


@pytest.mark.parametrize("does", Does)
def test_every_row_of_the_table(service, written, does):
    """Whoever holds another role than it takes is refused by the verb itself, and that is written down."""
    service.project.check()
    service.join("nobody", "auditor")
    accounts.revoke(service.workspace, "local|nobody", "auditor", Operator())
    for name in [*(role for role in ACCOUNT_ROLES[:-1] if role not in TABLE[does].roles), "nobody"]:
        by = service.caller(name)
        written()
        with pytest.raises(BadInput) as caught:
            verbs(service, by)[does]()
        assert isinstance(caught.value, Refused) or does is Does.REVOKE_TOKEN
        (line,) = written()
        assert (line["who"], line["kind"]) == (by.principal, "refused")
        assert line["refused"] == ("act" if TABLE[does].scope is Scope.ACT else does)
        assert "holds" in line["got"] and line["reason"]


def test_separation(service, written):
    """Somebody who submitted does not approve, whatever they hold."""
    service.project.check()
    accounts.redeem(service.workspace, service.invite("ann", "submitter", "approver"), PASSWORD)
    with pytest.raises(Refused):
        service.project.act("approve", name="ann", people=service.people)
    (line,) = written()
    assert (line["who"], line["refused"]) == ("local|ann", "act")
    assert "somebody else must approve" in line["got"]
    with pytest.raises(Refused):
        accounts.disable(service.workspace, "local|root", service.caller("root"))
    assert "one's own account" in written()[0]["got"]


def test_stale(service, written):
    service.project.check()
    with pytest.raises(Refused):
        service.project.act("reject", name="approver", people=service.people, seen="0" * 64)
    (line,) = written()
    assert (line["kind"], line["who"], line["refused"]) == ("stale", "local|approver", "act")


def test_at_the_door(service, written):
    """Wrong passwords and waits: a name is written down where somebody has it, never a password."""
    for name, who in (("auditor", "local|auditor"), (TYPED, None)):
        for _ in range(6):
            with pytest.raises(Refused):
                service.sign_in(name, TYPED)
            (line,) = written()
            assert (line["refused"], line.get("who"), line["kind"]) == ("sign in", who, "refused")
            assert line["got"] == "from 192.0.2.1"
        with pytest.raises(TooMany):
            service.sign_in(name, TYPED, "192.0.2.9")
        (line,) = written()
        assert (line.get("who"), line["kind"]) == (who, "throttled")


def test_the_password_of_a_signature(service, written):
    with pytest.raises(Refused):
        service.people.unwrap("local|approver", lambda: TYPED)
    (line,) = written()
    assert (line["refused"], line["who"]) == ("sign", "local|approver")
    with pytest.raises(Refused):
        sessions.change_password(service.workspace, service.caller("approver"), TYPED, "four other words here")
    assert written()[0]["refused"] == "change a password"


def test_tokens_that_let_nobody_in(service, written):
    made, revoked = service.token("auditor", days=1), service.token("auditor", days=2)
    tokens.revoke_token(service.workspace, Operator(), revoked.token.id)
    service.clock.tick(days=1)
    for secret, who, got in (
        (made.secret, "local|auditor", f"{made.token.id} expired"),
        (revoked.secret, "local|auditor", f"{revoked.token.id} revoked"),
        (tokens.PREFIX + "x" * 43, None, "unknown"),
        (TYPED, None, "not of the form"),
    ):
        assert tokens.token(service.workspace, secret) is None
        (line,) = written()
        assert (line["refused"], line.get("who")) == ("use a token", who)
        assert line["got"].startswith(got) and secret not in str(line)


def test_links(service, written):
    token = service.invite("new", "auditor")
    service.clock.tick(days=4)
    with pytest.raises(Refused):
        accounts.redeem(service.workspace, token, PASSWORD)
    (line,) = written()
    assert line["refused"] == "redeem" and token not in str(line)


def test_the_request_is_named(service, written):
    kept = request.set("req-7")
    try:
        with pytest.raises(Refused):
            accounts.list_accounts(service.workspace, service.caller("auditor"))
    finally:
        request.reset(kept)
    assert written()[0]["request"] == "req-7"


def test_what_is_no_refusal_is_not_written_down(service, written):
    with pytest.raises(BadInput):
        accounts.grant(service.workspace, "local|eve", "auditor", service.caller("root"))
    assert service.session("x" * 86) is None
    assert written() == []
