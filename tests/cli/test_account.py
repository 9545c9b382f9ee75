"""governance account: what whoever is at the service's machine does without an account."""

import json
import re
from datetime import timedelta

import pytest

from governance.canonical import instant, sha256
from governance.operations import accounts
from governance.operations.tokens import token
from tests.cli.conftest import now
from tests.operations.project import PASSWORD

LINK = r"/invitation/([A-Za-z0-9_-]{43})\n"


@pytest.fixture
def join(project, run):
    """Somebody who was invited on the command line and came."""

    def come(name, *roles):
        made = run("account", "invite", name, *(option for role in roles for option in ("--role", role)))
        token = re.fullmatch(LINK, made.out)[1]
        return accounts.redeem(project.workspace, token, PASSWORD)

    return come


def test_the_first_admin(project, run, join):
    empty = run("account", "list")
    assert (empty.code, empty.out.count("\n")) == (0, 1)
    assert "nobody has an account" in empty.out
    person = join("root", "admin", "auditor")
    assert person.roles == ("auditor", "admin")
    listed = run("account", "list").out
    assert re.fullmatch(rf"{'root':<20} auditor, admin; never signed in; key [0-9a-f]{{16}}\n", listed)
    everybody = json.loads(run("account", "list", "--format", "json").out)
    assert everybody["accounts"] == [
        {"principal": "local|root", "roles": ["auditor", "admin"], "key": person.key, "disabled": None}
        | {"created": everybody["accounts"][0]["created"], "signed_in": None, "invited": None, "tokens": 0}
    ]


@pytest.mark.parametrize(
    "address", ["https://x.example", "https://x.example/", "http://[::1]:8000", "https://x.example/g/"]
)
def test_the_link_begins_with_the_address_of_the_service(project, run, monkeypatch, address):
    expected = address.rstrip("/") + "/invitation/"
    given = run("account", "invite", "root", "--role", "admin", "--url", address)
    assert given.out.startswith(expected) and "GOVERNANCE_PUBLIC_URL" not in given.err
    monkeypatch.setenv("GOVERNANCE_PUBLIC_URL", address)
    read = run("account", "invite", "root", "--role", "admin", "--format", "json")
    body = json.loads(read.out)
    assert body["link"].startswith(expected)
    assert (body["principal"], body["roles"]) == ("local|root", ["admin"])
    assert read.err == ""


def test_without_an_address_it_says_what_is_missing(project, run):
    made = run("account", "invite", "root", "--role", "admin")
    assert re.fullmatch(LINK, made.out)
    assert "GOVERNANCE_PUBLIC_URL" in made.err
    assert run("account", "invite", "root", "--role", "admin", "--quiet").err == ""


@pytest.mark.parametrize(
    "address", ["x.example", "javascript:alert(1)", "https://", "https://x.example/?q", "https://a b"]
)
def test_what_is_no_address(project, run, monkeypatch, address):
    for made in (
        lambda: run("account", "invite", "root", "--role", "admin", "--url", address),
        lambda: (monkeypatch.setenv("GOVERNANCE_PUBLIC_URL", address), run("account", "list"))[1],
    ):
        ran = made()
        assert (ran.code, ran.out) == (2, "")
        assert "not the address of a service" in ran.err


def test_disable(project, run, join):
    join("bo", "approver")
    ran = run("account", "disable", "bo")
    assert (ran.code, ran.out.startswith("bo is out")) == (0, True)
    assert "disabled since" in run("account", "list").out
    again = run("account", "disable", "bo")
    assert (again.code, "no account that is in use" in again.err) == (2, True)
    assert run("trail", "show").out.count("person:account:disabled") == 1


@pytest.mark.parametrize(
    "argv, message",
    [
        (("invite",), "whose account?"),
        (("disable",), "whose account?"),
        (("invite", "Bo", "--role", "admin"), "not a name for a person"),
        (("invite", "bo"), "to no role"),
        (("invite", "bo", "--role", "god"), "unknown role"),
        (("disable", "eve"), "no account"),
        (("grant", "eve", "--role", "approver"), "no account"),
        (("grant", "eve"), "which role?"),
        (("grant", "eve", "--role", "admin", "--role", "auditor"), "which role?"),
        (("revoke", "--role", "admin"), "whose account?"),
        (("token", "eve", "--scope", "submit"), "no account"),
        (("token", "eve"), "not scopes"),
        (("token", "eve", "--scope", "grant"), "unknown scope"),
        (("token", "eve", "--scope", "read", "--where", "service"), "unknown place"),
        (("token", "eve", "--scope", "read", "--expires", "soon"), "not a date"),
        (("token", "eve", "--scope", "read", "--expires", "2020-01-01"), "must expire"),
        (("revoke-token",), "which token?"),
        (("revoke-token", "x"), "no such token"),
        (("list", "--role", "admin"), "`--role` goes with"),
        (("token", "eve", "--reason", "x"), "`--reason` goes with"),
        (("enable", "eve"), "unknown action"),
    ],
)
def test_refused(project, run, argv, message):
    ran = run("account", *argv)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_the_trail_keeps_who_and_what(project, run, join):
    """Both entries of a link that was used: the person adds the key, whoever invited grants the role."""
    join("bo", "approver")
    shown = run("trail", "show").out.splitlines()
    assert re.search(r"person:key:added +bo +bo is without a role$", shown[-2])
    assert re.search(r"person:role:granted +log +bo is approver$", shown[-1])
    assert run("trail", "verify").code == 0


def test_roles_come_and_go_with_a_reason(project, run, join):
    join("bo", "approver")
    granted = run("account", "grant", "bo", "--role", "auditor", "--reason", "stands in for cy")
    assert (granted.code, granted.out) == (0, "bo holds now: approver, auditor\n")
    assert json.loads(run("account", "revoke", "bo", "--role", "approver", "--format", "json").out)["roles"] == [
        "auditor"
    ]
    assert run("account", "list").out.startswith(f"{'bo':<20} auditor;")
    shown = run("trail", "show").out.splitlines()
    assert re.search(r"person:role:granted +log +bo is approver, auditor: stands in for cy$", shown[-2])
    assert re.search(r"person:role:revoked +log +bo is auditor$", shown[-1])


def test_a_token_is_shown_once_and_listed_without_its_secret(project, run, join):
    join("bo", "submitter")
    expires = instant(now() + timedelta(days=30))
    made = run("account", "token", "bo", "--scope", "submit", "--scope", "read", "--expires", expires)
    secret = made.out.strip()
    assert re.fullmatch(r"gvt_[A-Za-z0-9_-]{43}", secret)
    caller = token(project.workspace, secret)
    assert (caller.principal, caller.scopes, caller.place) == ("local|bo", {"submit", "read"}, "ci")
    again = run(
        "account", "token", "bo", "--scope", "read", "--where", "local", "--label", "bo's desk", "--format", "json"
    )
    other = json.loads(again.out)
    assert token(project.workspace, other["secret"]).place == "local"
    listed = run("account", "tokens", "bo")
    assert (listed.code, listed.out.count("\n")) == (0, 2)
    assert f"submit, read (ci); until {expires}; last used" in listed.out and "bo's desk" in listed.out
    for shown in (listed.out, run("account", "tokens", "--format", "json").out, run("trail", "show").out):
        assert not any(text in shown for text in (secret, other["secret"], sha256(secret.encode())))
    assert "2 tokens" in run("account", "list").out
    ended = run("account", "revoke-token", other["id"], "--reason", "the desk is gone")
    assert (ended.code, token(project.workspace, other["secret"])) == (0, None)
    assert f"{other['id']}" in run("account", "tokens").out and "; revoked " in run("account", "tokens").out
    assert re.search(r"person:token:revoked +log +.*the desk is gone", run("trail", "show").out)
    assert token(project.workspace, secret) and run("trail", "verify").code == 0


def test_open_invitations_are_listed(project, run, join):
    join("bo", "approver")
    run("account", "invite", "bo")
    run("account", "invite", "cy", "--role", "auditor", "--reason", "the yearly audit")
    assert re.search(r"^bo .*a new link until", run("account", "list").out, re.M)
    assert re.search(r"^cy +invited as auditor, until", run("account", "list").out, re.M)
    assert re.search(r"invitation:made +log +cy, as auditor: the yearly audit$", run("trail", "show").out, re.M)
