"""governance account: what whoever is at the service's machine does without an account."""

import json
import re

import pytest

from governance.operations import accounts
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
    assert run("account", "list").out == f"{'root':<20} auditor, admin\n"
    everybody = json.loads(run("account", "list", "--format", "json").out)
    assert everybody["accounts"] == [
        {"principal": "local|root", "roles": ["auditor", "admin"], "key": person.key, "disabled": None}
        | {"created": everybody["accounts"][0]["created"]}
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
    assert re.search(r"person:key:added +bo ", shown[-2])
    assert re.search(r"person:role:granted +log ", shown[-1])
    assert run("trail", "verify").code == 0
