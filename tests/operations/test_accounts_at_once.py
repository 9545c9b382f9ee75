"""Several at once, in threads, on both databases: an admin is left, a link makes one account, nothing is lost."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from governance.errors import BadInput, Refused
from governance.operations import accounts, sessions, tokens
from governance.operations.caller import Operator
from governance.permissions import ADMIN, Scope
from tests.operations.project import PASSWORD
from tests.operations.service import Service


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request, bare):
    made = Service(bare, None if request.param == "sqlite" else request.getfixturevalue("database"))
    with made.workspace.keeping_trail():
        yield made


def at_once(*verbs):
    """What each came to: an answer, or why it was refused. All begin at one moment."""
    ready = Barrier(len(verbs))

    def run(verb):
        ready.wait()
        try:
            return verb()
        except BadInput as refused:
            return refused

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def admins(service):
    return {one.principal for one in accounts.list_accounts(service.workspace, Operator()) if ADMIN in one.roles}


def test_two_admins_who_disable_each_other(service):
    """One is faster; the other is no admin any more when the lock is theirs."""
    service.join("ed", ADMIN)
    root, ed = service.caller("root"), service.caller("ed")
    answers = at_once(
        lambda: accounts.disable(service.workspace, "local|ed", root),
        lambda: accounts.disable(service.workspace, "local|root", ed),
    )
    assert sorted(isinstance(one, Refused) for one in answers) == [False, True]
    assert len(admins(service)) == 1
    service.verified()


def test_three_admins_who_revoke_and_disable_in_a_ring(service):
    """However it ends, an admin is left, and one of those who were admins before."""
    names = ("root", "ed", "fe")
    for name in names[1:]:
        service.join(name, ADMIN)
    by = {name: service.caller(name) for name in names}
    ring = zip(names, (*names[1:], names[0]), strict=True)
    verbs = []
    for who, whom in ring:
        verbs.append(lambda who=who, whom=whom: accounts.revoke(service.workspace, f"local|{whom}", ADMIN, by[who]))
        verbs.append(lambda who=who, whom=whom: accounts.disable(service.workspace, f"local|{whom}", by[who]))
    random.Random(7).shuffle(verbs)
    at_once(*verbs)
    assert admins(service) and admins(service) <= {f"local|{name}" for name in names}
    service.verified()


@pytest.mark.parametrize("verb", ["disable", "revoke", "invite"])
def test_no_admin_takes_themselves_away(service, verb):
    """So that of admins one is left whatever they do to each other: whoever did it last."""
    root = service.caller("root")
    with pytest.raises(Refused):
        {
            "disable": lambda: accounts.disable(service.workspace, "local|root", root),
            "revoke": lambda: accounts.revoke(service.workspace, "local|root", ADMIN, root),
            "invite": lambda: service.invite("root", by=root),
        }[verb]()
    assert admins(service) == {"local|root"}


def test_whoever_is_at_the_machine_may_begin_anew(service):
    """The operator may take away the last admin, such as one whose password was stolen, and invites the next."""
    accounts.disable(service.workspace, "local|root", Operator())
    assert admins(service) == set()
    service.join("ed", ADMIN)
    assert admins(service) == {"local|ed"}


def test_one_link_and_four_who_use_it(service):
    link = service.invite("bo", "approver")
    passwords = [f"{PASSWORD} {number}" for number in range(4)]
    answers = at_once(*(lambda word=word: accounts.redeem(service.workspace, link, word) for word in passwords))
    (won,) = [number for number, one in enumerate(answers) if not isinstance(one, Refused)]
    assert service.sign_in("bo", passwords[won]).caller.roles == ("approver",)
    assert [what for what, *_ in service.told()].count("person:key:added") == 2
    service.verified()


def test_two_links_to_one_person_at_once(service):
    """The newer voids the older, whichever that is; one of them makes the account."""
    links = at_once(*[lambda: service.invite("bo", "auditor")] * 2)
    answers = at_once(*(lambda link=link: accounts.redeem(service.workspace, link, PASSWORD) for link in links))
    assert sorted(isinstance(one, Refused) for one in answers) == [False, True]


def test_one_role_granted_twice_at_once(service):
    service.join("bo", "auditor")
    root = service.caller("root")
    answers = at_once(*[lambda: accounts.grant(service.workspace, "local|bo", "approver", root)] * 3)
    assert sum(one == ("approver", "auditor") for one in answers) == 1
    assert sum(isinstance(one, BadInput) for one in answers) == 2
    assert service.roles("bo") == ("approver", "auditor")


def test_two_roles_granted_at_once_are_both_held(service):
    service.join("bo", "auditor")
    root = service.caller("root")
    at_once(
        *(
            lambda role=role: accounts.grant(service.workspace, "local|bo", role, root)
            for role in ("approver", "reviewer", "submitter")
        )
    )
    assert service.roles("bo") == ("submitter", "reviewer", "approver", "auditor")
    assert set(service.session(service.sign_in("bo").token).roles) == set(service.roles("bo"))


def test_disabled_while_tokens_are_made_and_used(service):
    """None of them is left that lets anybody in."""
    service.join("bo", "submitter")
    made, by = service.token("bo"), service.caller("bo")
    expires = service.clock().replace(year=service.clock().year + 1)

    def make():
        return tokens.create_token(service.workspace, by, [Scope.READ], "x", expires)

    answers = at_once(
        make, make, lambda: accounts.disable(service.workspace, "local|bo", service.caller("root")),
        lambda: tokens.token(service.workspace, made.secret), make,
    )  # fmt: skip
    for one in (made, *(one for one in answers if isinstance(one, tokens.MadeToken))):
        assert tokens.token(service.workspace, one.secret) is None
    service.verified()


def test_a_token_revoked_by_two_at_once_is_one_entry(service):
    made = service.token("root")
    at_once(*[lambda: tokens.revoke_token(service.workspace, Operator(), made.token.id)] * 3)
    assert [one.type for one in service.entries()].count("person:token:revoked") == 1


def test_two_new_passwords_at_once(service):
    service.join("bo", "auditor")
    by = service.caller("bo")
    words = ["first new horse battery", "second new horse battery"]
    answers = at_once(
        *(lambda word=word: sessions.change_password(service.workspace, by, PASSWORD, word) for word in words)
    )
    (won,) = [number for number, one in enumerate(answers) if isinstance(one, sessions.SignedIn)]
    assert service.session(answers[won].token) and service.sign_in("bo", words[won])
