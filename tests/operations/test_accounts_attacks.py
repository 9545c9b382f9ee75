"""Somebody who can write every table, and holds no key of the log, becomes nobody and lets nobody in."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import text

from governance.canonical import instant, sha256
from governance.errors import Broken, GovernanceError, Refused, VerificationFailed
from governance.keys import make_person_key
from governance.operations import accounts, tokens
from governance.operations.caller import Operator
from governance.operations.people import AccountPeople
from governance.operations.workspace import Workspace
from governance.permissions import ADMIN, Scope
from governance.signing.keys import encode_public
from tests.operations.project import PASSWORD
from tests.operations.service import Service

THEIRS = "mallory knows this one"
SECRET = "x" * 43


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request, bare):
    """di is an auditor, bo an approver, cy was disabled; root is the admin."""
    made = Service(bare, None if request.param == "sqlite" else request.getfixturevalue("database"))
    made.join("bo", "approver")
    made.join("di", "auditor")
    made.join("cy", "admin")
    accounts.disable(made.workspace, "local|cy", Operator())
    return made


def write(service, statement, **values):
    """What is done to the tables behind everybody's back; whoever looks then is a process that starts now."""
    with service.workspace.open_trail() as store, store._writing() as session:
        connection = session.connection()
        if store._engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))  # as its operator may: no trigger fires
        else:
            for (name,) in connection.execute(text("SELECT name FROM sqlite_schema WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        assert connection.execute(text(statement), values).rowcount > 0
        connection.commit()
    service.workspace = Workspace(service.workspace.root, service.workspace.settings, service.clock, os.urandom)


def tampered(match, do, *args):
    with pytest.raises(VerificationFailed, match=match) as caught:
        do(*args)
    assert caught.value.verdict is Broken.TAMPERED
    return caught.value


ROLES = {
    "another role": "UPDATE account_role SET role = 'admin' WHERE principal = 'local|di'",
    "one more role": "INSERT INTO account_role SELECT entry, 'submitter', principal, since, until FROM account_role"
    " WHERE principal = 'local|di'",
    "a role of the past": "UPDATE account_role SET until = NULL, principal = 'local|di' WHERE principal = 'local|cy'",
    "somebody else's role": "UPDATE account_role SET principal = 'local|di' WHERE principal = 'local|root'",
}


@pytest.mark.parametrize("statement", ROLES.values(), ids=ROLES)
def test_a_role_in_the_table(service, statement):
    """Neither who is signed in, nor a token, nor whoever comes now has it; and the operator can still shut it."""
    signed, token = service.sign_in("di"), service.token("di", list(Scope))
    write(service, statement)
    told = tampered("the account of local|di is not what the trail says of it", service.session, signed.token)
    assert "roles: auditor" in told.expected and told.got != told.expected
    tampered("local|di", tokens.token, service.workspace, token.secret)
    tampered("local|di", service.sign_in, "di")
    tampered("local|di", service.people.person, "local|di")
    size = service.verified().size
    for attempt in (
        lambda: accounts.grant(service.workspace, "local|bo", "auditor", signed.caller),
        lambda: service.invite("ed", ADMIN, by=signed.caller),
        lambda: accounts.list_accounts(service.workspace, signed.caller),
        lambda: tokens.create_token(
            service.workspace, signed.caller, [Scope.SUBMIT], "x", service.clock() + timedelta(days=1)
        ),
    ):
        tampered("local|di", attempt)
    assert service.verified().size == size
    accounts.disable(service.workspace, "local|di", Operator())
    assert service.session(signed.token) is None


def test_an_account_that_was_put_in(service):
    now = instant(service.clock())
    write(service, "INSERT INTO account (principal, created) VALUES ('local|eve', :now)", now=now)
    told = tampered("the account of local|eve", service.sign_in, "eve", THEIRS)
    assert told.expected == "no account"


def test_an_account_that_is_disabled_no_more(service):
    write(service, "UPDATE account SET disabled = NULL WHERE principal = 'local|cy'")
    tampered("the account of local|cy", service.sign_in, "cy")
    write(service, "UPDATE account_key SET retired = NULL WHERE principal = 'local|cy'")
    told = tampered("the account of local|cy", service.sign_in, "cy")
    assert told.got.startswith("in use, key M") and told.expected == "disabled, key none, roles: none"


def test_a_key_in_place_of_another(service):
    """Under their own password, with all that wraps it; and with the old key's name on it."""
    wrapped, signer = make_person_key("local|root", THEIRS, os.urandom)
    mine = {"key": encode_public(signer.public_key), "wrapped": wrapped}
    write(service, "UPDATE account_key SET wrapped = :wrapped WHERE principal = 'local|root'", wrapped=wrapped)
    tampered("the key that is kept for local|root is another one", service.sign_in, "root", THEIRS)
    tampered("another one", service.people.unwrap, "local|root", lambda: THEIRS)
    with pytest.raises(Refused):
        service.sign_in("root", PASSWORD, "192.0.2.2")
    write(service, "UPDATE account_key SET key = :key, wrapped = :wrapped WHERE principal = 'local|root'", **mine)
    tampered("the account of local|root", service.sign_in, "root", THEIRS)


def test_a_session_that_was_put_in(service):
    now, later = service.clock(), service.clock() + timedelta(hours=8)
    row = {"hash": sha256(SECRET.encode()), "now": instant(now), "later": instant(later)}
    write(service, "INSERT INTO login_session VALUES (:hash, 'local|root', :now, :now, :later)", **row)
    assert service.session(SECRET) is None
    tampered("a session is not what was given out", service.session, SECRET + SECRET)


@pytest.mark.parametrize("change", ["principal = 'local|root'", "expires = '2999-01-01T00:00:00Z'"])
def test_ones_own_session_made_more_of(service, change):
    signed = service.sign_in("di")
    write(service, f"UPDATE login_session SET {change} WHERE hash = :hash", hash=signed.caller.via)
    tampered("a session is not what was given out", service.session, signed.token)


TOKENS = {
    "until later": "UPDATE api_token SET expires = '2999-01-01T00:00:00Z'",
    "for more": "UPDATE api_token SET scopes = 'submit read act'",
    "of somebody else": "UPDATE api_token SET principal = 'local|root'",
    "from elsewhere": "UPDATE api_token SET place = 'local'",
    "with another secret": f"UPDATE api_token SET hash = '{sha256(SECRET.encode())}'",
}


@pytest.mark.parametrize("statement", TOKENS.values(), ids=TOKENS)
def test_a_token_made_more_of(service, statement):
    made = service.token("di", days=1)
    write(service, statement)
    secret = tokens.PREFIX + SECRET if "hash" in statement else made.secret
    told = tampered(f"token {made.token.id} is not what the trail says of it", tokens.token, service.workspace, secret)
    assert told.expected.startswith("of local|di, scopes: read, for ci, until") and told.got != told.expected


def test_a_token_that_is_revoked_no_more(service):
    one, other = service.token("di"), service.token("bo")
    tokens.revoke_token(service.workspace, Operator(), one.token.id)
    accounts.disable(service.workspace, "local|bo", Operator())
    write(service, "UPDATE api_token SET revoked = NULL")
    for made in (one, other):
        told = tampered("is not what the trail says", tokens.token, service.workspace, made.secret)
        assert told.expected == "no such token, or it was revoked"


def test_a_token_that_was_put_in(service):
    service.token("di")
    statement = (
        "INSERT INTO api_token SELECT 'mine', :hash, 'local|root', 'submit read act', 'ci', 'x', created, expires,"
        " NULL, NULL FROM api_token"
    )
    write(service, statement, hash=sha256(SECRET.encode()))
    tampered("token mine", tokens.token, service.workspace, tokens.PREFIX + SECRET)


def test_a_link_that_was_put_in_or_made_more_of(service):
    link = service.invite("ed", "auditor")
    write(service, "UPDATE invitation SET roles = 'admin' WHERE principal = 'local|ed' AND used IS NULL")
    for use in (accounts.invited, lambda workspace, token: accounts.redeem(workspace, token, PASSWORD)):
        told = tampered("the link for local|ed is not what the trail says", use, service.workspace, link)
        assert (told.got.split(",")[0], told.expected.split(",")[0]) == ("roles: admin", "roles: auditor")
    statement = "UPDATE invitation SET hash = :hash WHERE principal = 'local|ed' AND used IS NULL"
    write(service, statement, hash=sha256(SECRET.encode()))
    tampered("the link for local|ed", accounts.redeem, service.workspace, SECRET, PASSWORD)


def test_a_link_that_is_used_no_more(service):
    used = service.invite("ed", "auditor")
    accounts.redeem(service.workspace, used, PASSWORD)
    accounts.disable(service.workspace, "local|ed", Operator())
    write(service, "UPDATE invitation SET used = NULL WHERE principal = 'local|ed'")
    told = tampered("the link for local|ed", accounts.redeem, service.workspace, used, PASSWORD)
    assert told.expected == "no such link, or it was used or withdrawn"


ENTRIES = {
    "a document": "UPDATE document SET data = :data WHERE type = 'governance.person/v1'",
    "a document that is gone": "DELETE FROM document WHERE type = 'governance.person/v1'",
    "a leaf and its hash": "UPDATE entry SET body = :data, leaf = :leaf WHERE type = 'person:account:disabled'",
    "an entry that is gone": "DELETE FROM entry WHERE type = 'person:account:disabled'",
    "an earlier end": "UPDATE head SET size = size - 1",
}


@pytest.mark.parametrize("statement", ENTRIES.values(), ids=ENTRIES)
def test_what_the_trail_itself_says(service, statement):
    """cy's disabling, hidden: whoever asks then is told that the log is not whole."""
    if "DELETE" in statement:
        write(service, "DELETE FROM reference WHERE idx > 0")
    values = {"data": b"{}"} if ":data" in statement else {}
    values |= {"leaf": b"x" * 32} if ":leaf" in statement else {}
    signed = service.sign_in("di")
    write(service, statement, **values)
    for ask in (
        lambda: service.session(signed.token),
        lambda: service.sign_in("root"),
        lambda: AccountPeople(service.workspace).person("local|bo"),
        lambda: AccountPeople(service.workspace).trust(),
    ):
        with pytest.raises(GovernanceError) as caught:
            ask()
        assert isinstance(caught.value, VerificationFailed)


def test_columns_to_search_by_are_not_believed(service):
    """Entries called something else in the index are read as what they are."""
    write(service, "UPDATE entry SET type = 'trail:log:created' WHERE type LIKE 'person:%'")
    write(service, "UPDATE reference SET document = (SELECT MIN(document) FROM reference)")
    assert service.sign_in("root").caller.roles == (ADMIN,)
    with pytest.raises(Refused):
        service.sign_in("cy")


def test_what_a_running_service_has_read_it_does_not_read_again(service):
    """Documents changed under it make nobody anything, and new entries are read on from where it was."""
    running = service.workspace
    assert service.session(service.sign_in("di").token).roles == ("auditor",)
    accounts.grant(running, "local|di", "reviewer", Operator())
    assert AccountPeople(running).person("local|di").roles == ("reviewer", "auditor")
    with running.open_trail() as store, store.snapshot() as snapshot:
        assert running.register(snapshot) is running.register(snapshot)


def test_of_an_admin_made_in_the_tables_no_link_is_used(service):
    link = service.invite("ed", "approver", by=service.caller("root"))
    write(service, "UPDATE account_role SET role = 'auditor' WHERE principal = 'local|root'")
    tampered("the account of local|root", accounts.redeem, service.workspace, link, PASSWORD)
