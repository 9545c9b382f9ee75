"""Accounts: who may come, what they hold, what of it is in the trail, and what is left when somebody goes."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from governance import keys
from governance.errors import BadInput, Refused
from governance.keys import open_person_key
from governance.operations import accounts, sessions, tokens
from governance.operations.caller import Operator
from governance.operations.initialise import add_person
from governance.permissions import ACCOUNT_ROLES, ADMIN, Does, Scope
from governance.policy.outcome import Action
from governance.signing.keys import encode_public
from governance.store.accounts import Accounts
from governance.trail.entry import EntryType
from governance.verification import verify
from tests.operations.project import PASSWORD
from tests.operations.service import Service

NEW_PASSWORD = "wrong horse battery"


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request, bare):
    return Service(bare, None if request.param == "sqlite" else request.getfixturevalue("database"))


@pytest.fixture
def small(bare):
    """On a file only: for what does not depend on the database."""
    return Service(bare)


class TestInvitation:
    def test_makes_an_account_a_key_and_the_entries_that_say_so(self, service):
        assert service.join("bo", "approver", "submitter") == "local|bo"
        person = service.people.person("local|bo")
        assert person.roles == ("submitter", "approver")
        log = f"log|{service.project.origin}"
        told = [(what, who, record.roles) for what, who, record in service.told() if record.principal == "local|bo"]
        assert told == [
            (EntryType.KEY_ADDED, "local|bo", ()),
            (EntryType.ROLE_GRANTED, log, ("submitter", "approver")),
        ]
        assert {record.key for _, _, record in service.told()[-2:]} == {person.key}
        added, granted = service.entries()[-2:]
        assert granted.causes == (added.id,)
        assert b"bo" not in added.to_bytes() + granted.to_bytes()
        service.verified()

    def test_the_key_opens_with_the_password(self, small):
        small.join("bo", "approver")
        wrapped = accounts.wrapped_key(small.workspace, small.caller("bo"))
        signer = open_person_key(wrapped, "local|bo", PASSWORD, "here")
        assert encode_public(signer.public_key) == small.people.person("local|bo").key

    def test_is_for_once(self, service):
        token = service.invite("bo", "approver")
        accounts.redeem(service.workspace, token, PASSWORD)
        size = service.verified().size
        with pytest.raises(Refused, match="not valid"):
            accounts.redeem(service.workspace, token, NEW_PASSWORD)
        assert service.verified().size == size
        assert service.sign_in("bo")

    def test_of_two_at_once_one_gets_it(self, service):
        token = service.invite("bo", "approver")

        def redeem(password):
            try:
                return accounts.redeem(service.workspace, token, password)
            except Refused as refused:
                return refused

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(redeem, [f"{PASSWORD} {number}" for number in range(4)]))
        won = [number for number, answer in enumerate(answers) if not isinstance(answer, Refused)]
        assert len(won) == 1
        assert answers[won[0]].key == service.people.person("local|bo").key
        assert service.sign_in("bo", f"{PASSWORD} {won[0]}")
        assert len([1 for _, _, record in service.told() if record.principal == "local|bo"]) == 2

    def test_ends(self, small):
        token = small.invite("bo", "approver")
        small.clock.tick(days=3, seconds=-1)
        assert accounts.invited(small.workspace, token).roles == ("approver",)
        small.clock.tick(seconds=1)
        for use in (accounts.invited, lambda workspace, token: accounts.redeem(workspace, token, PASSWORD)):
            with pytest.raises(Refused, match="not valid"):
                use(small.workspace, token)

    @pytest.mark.parametrize("token", ["", "x" * 43, "x" * 42, "ö" * 43, "x" * 43 + "\n", "\0" * 43, "x" * 100_000])
    def test_that_never_was(self, service, token):
        with pytest.raises(Refused, match="not valid"):
            accounts.redeem(service.workspace, token, PASSWORD)

    def test_the_newest_counts(self, small):
        first, second = small.invite("bo", "approver"), small.invite("bo", "auditor")
        with pytest.raises(Refused):
            accounts.redeem(small.workspace, first, PASSWORD)
        assert accounts.redeem(small.workspace, second, PASSWORD).roles == ("auditor",)

    def test_a_short_password_leaves_the_link(self, small):
        token = small.invite("bo", "approver")
        with pytest.raises(BadInput, match="too short"):
            accounts.redeem(small.workspace, token, "short")
        assert accounts.redeem(small.workspace, token, PASSWORD)

    def test_by_an_admin_who_is_none_any_more(self, small):
        """A link is worth what whoever gave it may do when it is used."""
        small.join("ed", ADMIN)
        gone, revoked = (small.invite(name, ADMIN, by=small.caller("ed")) for name in ("bo", "cy"))
        accounts.revoke(small.workspace, "local|ed", ADMIN, small.caller("root"))
        with pytest.raises(Refused, match="not valid"):
            accounts.redeem(small.workspace, revoked, PASSWORD)
        accounts.disable(small.workspace, "local|ed", small.caller("root"))
        with pytest.raises(Refused, match="not valid"):
            accounts.redeem(small.workspace, gone, PASSWORD)

    @pytest.mark.parametrize("name", ["", "Bo", "bo|root", "../bo", "bo\n", "b" * 64, "bö", "local|bo", "bo\0"])
    def test_for_what_is_no_name(self, small, name):
        with pytest.raises(BadInput, match="not a name"):
            small.invite(name, "approver")

    def test_to_no_role_or_an_unknown_one(self, small):
        with pytest.raises(BadInput, match="no role"):
            small.invite("bo")
        with pytest.raises(BadInput, match="unknown role"):
            small.invite("bo", "approver", "Approver")


class TestALostPassword:
    def test_takes_a_new_link_and_keeps_the_roles(self, service):
        service.join("bo", "approver", "auditor")
        before, session, token = service.people.person("local|bo"), service.sign_in("bo"), service.token("bo")
        accounts.redeem(service.workspace, service.invite("bo"), NEW_PASSWORD)
        after = service.people.person("local|bo")
        assert after.roles == before.roles and after.key != before.key
        assert service.session(session.token) is None
        assert service_token(service, token.secret) is None
        with pytest.raises(Refused, match="wrong"):
            service.sign_in("bo")
        assert service.sign_in("bo", NEW_PASSWORD)
        assert {person.key for person in service.people.trust().people} >= {before.key, after.key}

    def test_gives_no_roles_by_the_way(self, small):
        small.join("bo", "auditor")
        with pytest.raises(BadInput, match="has an account already"):
            small.invite("bo", "approver")

    def test_is_not_renewed_once_disabled(self, small):
        small.join("bo", "auditor")
        token = small.invite("bo")
        accounts.disable(small.workspace, "local|bo", Operator())
        with pytest.raises(Refused, match="not valid"):
            accounts.redeem(small.workspace, token, PASSWORD)


class TestRoles:
    def test_granted_and_revoked(self, service):
        service.join("bo", "auditor")
        root = service.caller("root")
        accounts.grant(service.workspace, "local|bo", "approver", root)
        assert service.roles("bo") == ("approver", "auditor")
        accounts.revoke(service.workspace, "local|bo", "auditor", root)
        assert service.roles("bo") == ("approver",)
        accounts.grant(service.workspace, "local|bo", "auditor", root)
        assert [(what, who, record.roles) for what, who, record in service.told()[-3:]] == [
            (EntryType.ROLE_GRANTED, "local|root", ("approver", "auditor")),
            (EntryType.ROLE_REVOKED, "local|root", ("approver",)),
            (EntryType.ROLE_GRANTED, "local|root", ("approver", "auditor")),
        ]
        service.verified()

    def test_what_makes_no_sense(self, small):
        small.join("bo", "auditor")
        root, size = small.caller("root"), small.verified().size
        for verb, name, role, match in (
            (accounts.grant, "bo", "auditor", "already"),
            (accounts.revoke, "bo", "approver", "is no approver"),
            (accounts.grant, "eve", "approver", "no account"),
            (accounts.grant, "bo", "god", "unknown role"),
            (accounts.revoke, "bo", "god", "unknown role"),
        ):
            with pytest.raises(BadInput, match=match):
                verb(small.workspace, f"local|{name}", role, root)
        assert small.verified().size == size

    @pytest.mark.parametrize("role", [role for role in ACCOUNT_ROLES if role != ADMIN])
    def test_only_an_admin(self, small, role):
        small.join("bo", role)
        small.join("cy", "auditor")
        caller, size = small.caller("bo"), small.verified().size
        # What the session says of roles is not asked, but what they hold.
        for by in (caller, caller._replace(roles=(ADMIN,))):
            for attempt in (
                lambda by=by: small.invite("di", "approver", by=by),
                lambda by=by: accounts.grant(small.workspace, "local|cy", "approver", by),
                lambda by=by: accounts.revoke(small.workspace, "local|cy", "auditor", by),
                lambda by=by: accounts.disable(small.workspace, "local|cy", by),
                lambda by=by: accounts.list_accounts(small.workspace, by),
            ):
                with pytest.raises(Refused, match="may not") as refused:
                    attempt()
                assert refused.value.got.endswith(f"takes the role admin; local|bo holds: {role}")
        assert small.verified().size == size

    def test_no_token_does_what_an_admin_does(self, small):
        by = small.caller("root")._replace(scopes=frozenset(Scope))
        with pytest.raises(Refused, match="may not invite") as refused:
            small.invite("di", "approver", by=by)
        assert "no token may invite" in refused.value.got

    def test_nobody_does_it_to_themselves(self, small):
        root = small.caller("root")
        for attempt in (
            lambda: accounts.grant(small.workspace, "local|root", "approver", root),
            lambda: accounts.revoke(small.workspace, "local|root", ADMIN, root),
            lambda: accounts.disable(small.workspace, "local|root", root),
            lambda: small.invite("root", by=root),
        ):
            with pytest.raises(Refused) as refused:
                attempt()
            assert "one's own account" in refused.value.got


class TestDisabled:
    def test_is_out_at_once(self, service):
        service.join("bo", "approver")
        session, token, open_ = service.sign_in("bo"), service.token("bo"), service.invite("bo")
        accounts.disable(service.workspace, "local|bo", service.caller("root"))
        assert service.session(session.token) is None
        assert service_token(service, token.secret) is None
        assert service.people.person("local|bo") is None
        with pytest.raises(Refused, match="name or the password"):
            service.sign_in("bo")
        with pytest.raises(Refused):
            accounts.redeem(service.workspace, open_, PASSWORD)
        with pytest.raises(Refused, match="has no key"):
            service.people.unwrap("local|bo", lambda: PASSWORD)
        assert service.told()[-1][:2] == (EntryType.ACCOUNT_DISABLED, "local|root")
        assert service.told()[-1][2].roles == ()
        with pytest.raises(BadInput, match="no account"):
            accounts.disable(service.workspace, "local|bo", Operator())

    def test_comes_back_by_invitation_with_what_that_says(self, small):
        small.join("bo", "approver", "submitter")
        old = small.people.person("local|bo").key
        secret = small.token("bo").secret
        accounts.disable(small.workspace, "local|bo", Operator())
        small.clock.tick()
        small.join("bo", "auditor", password=NEW_PASSWORD)
        assert small.roles("bo") == ("auditor",)
        assert service_token(small, secret) is None
        by_key = {person.key: person.roles for person in small.people.trust().people}
        assert by_key[old] == ("submitter", "approver")
        assert by_key[small.people.person("local|bo").key] == ("auditor",)

    def test_a_session_signed_in_meanwhile_changes_no_password(self, small):
        small.join("bo", "approver")
        caller = small.caller("bo")
        accounts.disable(small.workspace, "local|bo", Operator())
        with pytest.raises(Refused, match="no key"):
            sessions.change_password(small.workspace, caller, PASSWORD, NEW_PASSWORD)


class TestActs:
    @pytest.fixture
    def case(self, small):
        add_person(small.workspace, "ann", ("submitter",), PASSWORD)
        small.join("bo", "approver")
        small.project.check()
        small.project.waive(people=small.people)
        return small

    def test_are_signed_with_the_accounts_key(self, case):
        reviewed = case.project.act("approve", people=case.people)
        assert reviewed.decision.outcomes["prod"] is Action.ALLOW
        bundle = case.project.bundle(reviewed)
        assert verify(bundle, case.people.trust(), now=case.clock()).decision == reviewed.decision

    def test_stay_valid_when_their_signer_goes(self, case):
        """Role revoked, account disabled, new key after coming back: the bundle of before verifies."""
        bundle = case.project.bundle(case.project.act("approve", people=case.people))
        for change in (
            lambda: accounts.revoke(case.workspace, "local|bo", "approver", Operator()),
            lambda: accounts.disable(case.workspace, "local|bo", Operator()),
            lambda: case.join("bo", "auditor", password=NEW_PASSWORD),
        ):
            case.clock.tick()
            change()
            assert verify(bundle, case.people.trust(), now=case.clock()).level == 0

    def test_take_a_role_that_is_held_now(self, case):
        accounts.revoke(case.workspace, "local|bo", "approver", Operator())
        with pytest.raises(Refused, match="bo may not approve"):
            case.project.act("approve", people=case.people)

    def test_a_role_that_went_between_password_and_lock(self, case):
        """The roles are read under the writer's lock."""
        people = case.people
        signer = people.unwrap("local|bo", lambda: PASSWORD)

        class Late:
            trust = people.trust

            def unwrap(self, principal, password):
                return signer

            def person(self, principal, at=None):
                """Held when the password was asked for, gone when the lock was had."""
                found = people.person(principal, at)
                if at is None:
                    accounts.revoke(case.workspace, principal, "approver", Operator())
                return found

        with pytest.raises(Refused, match="bo may not approve"):
            case.project.act("approve", people=Late())

    def test_a_wrong_password_signs_nothing(self, case):
        size = case.verified().size
        with pytest.raises(Refused, match="wrong password"):
            case.project.act("approve", people=case.people, password=lambda: NEW_PASSWORD)
        assert case.verified().size == size

    def test_nobody_without_an_account(self, case):
        for name in ("ann", "eve"):
            with pytest.raises(Refused, match="has no key"):
                case.project.act("comment", name=name, role="submitter", people=case.people)


def test_nothing_secret_is_kept(service):
    service.join("bo", "approver")
    secrets = [service.invite("cy", "auditor"), service.sign_in("bo").token, service.token("bo").secret[4:], PASSWORD]
    kept = service.kept()
    for secret in secrets:
        assert secret.encode() not in kept
    assert b"local|bo" in kept


def test_a_password_is_kept_as_what_wraps_the_key_and_nowhere_else(small):
    small.join("bo", "approver")
    with small.workspace.open_trail() as store, store.snapshot() as snapshot:
        wrapped = json.loads(Accounts.within(snapshot).key("local|bo").wrapped)
    assert wrapped["n"] == keys._SCRYPT_N
    assert b"scrypt" not in small.kept()


def test_everybody_is_listed(service):
    service.join("bo", "approver")
    accounts.disable(service.workspace, "local|bo", Operator())
    bo, root = accounts.list_accounts(service.workspace, service.caller("root"))
    assert (bo.principal, bo.roles, bo.key, bo.disabled) == ("local|bo", (), None, bo.created)
    assert (root.principal, root.roles, root.disabled) == ("local|root", (ADMIN,), None)
    assert root.key == service.people.person("local|root").key


def test_an_admin_alone_acts_on_no_case(small):
    assert small.roles("root") == ()
    answer = small.caller("root").may(Does.COMMENT)
    assert not answer.allowed and "local|root holds: admin" in answer.reason


def service_token(service, secret):
    return tokens.token(service.workspace, secret)
