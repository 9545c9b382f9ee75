"""Signing in, staying so and no longer; tokens; guessing."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Semaphore
from zlib import crc32

import pytest

from governance import keys
from governance.errors import BadInput, Refused, TooMany, VerificationFailed
from governance.operations import accounts, sessions, throttle, tokens
from governance.operations.caller import Operator
from governance.permissions import ADMIN, Does, Scope
from governance.trail.entry import EntryType
from governance.trail.person import TokenRecord
from tests.operations.project import PASSWORD
from tests.operations.service import HOME, Service

WRONG, NEW_PASSWORD = "wrong horse battery", "other horse battery"


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request, bare):
    made = Service(bare, None if request.param == "sqlite" else request.getfixturevalue("database"))
    made.join("bo", "approver")
    return made


@pytest.fixture
def small(bare):
    made = Service(bare)
    made.join("bo", "approver")
    return made


def fail(service, name="bo", address=HOME, password=WRONG):
    with pytest.raises(Refused) as refused:
        service.sign_in(name, password, address)
    return refused.value


class TestSession:
    def test_is_who_signed_in(self, service):
        made = service.sign_in("bo")
        found = service.session(made.token)
        assert found == made.caller
        assert (found.principal, found.roles, found.scopes) == ("local|bo", ("approver",), None)
        assert found.may(Does.APPROVE).allowed and not found.may(Does.INVITE).allowed
        assert service.session(service.sign_in("root").token).principal == "local|root"

    def test_ends_when_nobody_comes(self, service):
        token = service.sign_in("bo").token
        service.clock.tick(minutes=29, seconds=59)
        assert service.session(token)
        service.clock.tick(minutes=29, seconds=59)
        assert service.session(token)
        service.clock.tick(minutes=30)
        assert service.session(token) is None
        assert service.session(token) is None

    def test_ends_after_eight_hours_however_busy(self, small):
        token = small.sign_in("bo").token
        for _ in range(8 * 4 - 1):
            small.clock.tick(minutes=15)
            assert small.session(token)
        small.clock.tick(minutes=14, seconds=59)
        assert small.session(token)
        small.clock.tick(seconds=1)
        assert small.session(token) is None

    def test_ends_when_one_leaves_and_only_that_one(self, service):
        first, second = service.sign_in("bo"), service.sign_in("bo")
        sessions.sign_out(service.workspace, first.caller)
        sessions.sign_out(service.workspace, first.caller)
        assert service.session(first.token) is None
        assert service.session(second.token)

    def test_another_of_ones_own_can_be_ended_nobody_elses(self, small):
        mine, other, theirs = small.sign_in("bo"), small.sign_in("bo"), small.sign_in("root")
        listed = [one.hash for one in sessions.sessions(small.workspace, mine.caller)]
        assert sorted(listed) == sorted([mine.caller.via, other.caller.via])
        sessions.sign_out(small.workspace, mine.caller, theirs.caller.via)
        sessions.sign_out(small.workspace, mine.caller, other.caller.via)
        assert [bool(small.session(one.token)) for one in (mine, other, theirs)] == [True, False, True]

    def test_roles_are_those_of_the_moment(self, small):
        token = small.sign_in("bo").token
        accounts.grant(small.workspace, "local|bo", "auditor", Operator())
        accounts.revoke(small.workspace, "local|bo", "approver", Operator())
        assert small.session(token).roles == ("auditor",)

    @pytest.mark.parametrize("token", ["", "x" * 43, "ö" * 43, "\0" * 43, "x" * 44, "x" * 43 + "\n", "a' OR 1=1 --"])
    def test_that_never_was(self, service, token):
        assert service.session(token) is None

    def test_neither_what_is_kept_nor_the_forms_token_opens_it(self, small):
        made = small.sign_in("bo")
        assert small.session(made.caller.via) is None
        assert small.session(made.caller.csrf) is None
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", made.caller.csrf)
        assert made.caller.csrf != small.sign_in("bo").caller.csrf

    def test_what_ended_is_swept_away(self, small):
        made = small.sign_in("bo")
        small.invite("cy", "auditor")
        small.clock.tick(days=4)
        small.sign_in("bo")
        kept = small.kept()
        assert made.caller.via.encode() not in kept
        assert b"local|cy" not in kept

    def test_signing_in_takes_no_session_from_who_asks(self, small):
        """Each time a new secret of 32 random bytes, which the server chose: none that somebody planted is kept."""
        made = [small.sign_in("bo").token for _ in range(3)]
        assert len({token[:43] for token in made} | {token[43:] for token in made}) == 6
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{86}", token) for token in made)
        assert [bool(small.session(token)) for token in made] == [True] * 3

    def test_half_of_it_opens_nothing(self, small):
        """Nor with the end of another session, of the same person or somebody else."""
        made, again, other = (small.sign_in(name).token for name in ("bo", "bo", "root"))
        assert small.session(made[:43]) is None and small.session(made[43:]) is None
        for end in (again[43:], other[43:], "A" * 43):
            with pytest.raises(VerificationFailed, match="not what was given out"):
                small.session(made[:43] + end)

    def test_is_of_the_log_whose_key_sealed_it(self, small):
        """What goes into the seal follows from the log's key and is not that key."""
        log = small.workspace.required_signer(small.project.origin, "log")
        assert log.derive("governance session") not in small.kept()


class TestSignIn:
    def test_says_and_does_the_same_whoever_it_is(self, service, monkeypatch):
        """Unknown name, wrong password, disabled account: one message, and one password stretched at one cost."""
        service.join("cy", "auditor")
        accounts.disable(service.workspace, "local|cy", Operator())
        costs = []
        stretch = keys._stretch
        monkeypatch.setattr(
            keys, "_stretch", lambda password, salt, *cost: costs.append(cost) or stretch(password, salt, *cost)
        )
        said = set()
        for name in ("bo", "eve", "cy", "", "BO", "bo\0", "\ud800", "x" * 10_000, "local|bo", "bo' --"):
            said.add(str(fail(service, name, address=name)))
            assert costs.pop() and not costs, name
        said.add(str(fail(service, "cy", password=PASSWORD)))
        assert len(said) == 1
        assert len(set(costs)) == 1

    @pytest.mark.parametrize("password", ["", "\ud800" * 20, "x" * 100_000, "\0", PASSWORD + " ", PASSWORD.upper()])
    def test_with_another_password(self, small, password):
        assert "name or the password" in str(fail(small, password=password))

    def test_with_a_password_that_changed_while_it_was_looked_at(self, small, monkeypatch):
        """Between reading the hash and opening the session, somebody takes a new link."""
        right = keys.open_person_key

        def slow(*args):
            monkeypatch.setattr(sessions, "open_person_key", right)
            accounts.redeem(small.workspace, small.invite("bo"), NEW_PASSWORD)
            return right(*args)

        monkeypatch.setattr(sessions, "open_person_key", slow)
        fail(small, password=PASSWORD)
        assert small.sign_in("bo", NEW_PASSWORD)


class TestGuessing:
    def test_one_account_is_slowed_down_and_more_so(self, service):
        for _ in range(6):
            assert not isinstance(fail(service), TooMany)
        waits = []
        for _ in range(8):
            refused = fail(service, password=PASSWORD)  # not even looked at
            assert isinstance(refused, TooMany)
            waits.append(refused.wait)
            service.clock.tick(seconds=refused.wait)
            assert not isinstance(fail(service, address=f"192.0.2.{len(waits)}"), TooMany)
        assert waits == [2, 3, 5, 9, 17, 33, 61, 61]
        service.clock.tick(seconds=61)
        assert service.sign_in("bo")
        assert not isinstance(fail(service), TooMany)
        assert service.sign_in("bo")

    def test_a_name_that_nobody_has_is_slowed_down_alike(self, small):
        for _ in range(6):
            fail(small, "eve")
        assert isinstance(fail(small, "eve"), TooMany)

    def test_others_are_not(self, small):
        for _ in range(7):
            fail(small, "bo", address="198.51.100.1")
        assert small.sign_in("root")

    @pytest.mark.parametrize(
        "addresses",
        [["192.0.2.7"], ["2001:db8::1", "2001:db8::ffff:1"], ["::ffff:192.0.2.7", "192.0.2.7"], ["a proxy"]],
    )
    def test_one_address_is_slowed_down(self, small, addresses):
        for number in range(21):
            assert not isinstance(fail(small, f"name{number}", addresses[0]), TooMany)
        assert isinstance(fail(small, "bo", addresses[-1]), TooMany)
        assert small.sign_in("bo", address="2001:db8:0:1::1")

    def test_signing_in_to_ones_own_account_gives_no_free_guesses(self, small):
        """The address is owed what others' names cost it."""
        address = "192.0.2.9"
        refused = None
        for number in range(40):
            refused = fail(small, f"name{number}", address)
            if isinstance(refused, TooMany):
                break
            try:
                small.sign_in("bo", address=address)
            except TooMany:
                break
        assert number < 25

    def test_failures_are_forgotten_after_a_day(self, small):
        for _ in range(6):
            fail(small)
        small.clock.tick(days=1, minutes=2)
        small.sign_in("root")
        for _ in range(6):
            assert not isinstance(fail(small), TooMany)

    def test_an_attempt_counts_before_it_is_made(self, small, monkeypatch):
        """A hundred at once, none of which has ended, are not a hundred free guesses."""
        tried = []

        def never_ends(wrapped, principal, password, where):
            tried.append(password)
            raise KeyboardInterrupt

        monkeypatch.setattr(sessions, "open_person_key", never_ends)
        for _ in range(20):
            with pytest.raises((KeyboardInterrupt, TooMany)):
                small.sign_in("bo")
        assert len(tried) == 6

    def test_a_crowd_at_the_door_leaves_the_threads_to_others(self, small, monkeypatch):
        """Before: eighty strangers from eighty addresses, and nobody was answered for three quarters of a minute."""
        came, go, door = Semaphore(0), Event(), sessions._DOOR

        def opening(*_):
            came.release()
            assert go.wait(30)
            raise Refused("wrong")

        monkeypatch.setattr(sessions, "_open", opening)
        with ThreadPoolExecutor(sessions.AT_ONCE) as crowd:
            for number in range(sessions.AT_ONCE):
                crowd.submit(small.sign_in, f"nobody{number}", WRONG, f"192.0.2.{number}")
            for _ in range(sessions.AT_ONCE):
                assert came.acquire(timeout=30)
            assert isinstance(turned_away := fail(small, password=PASSWORD), TooMany)
            go.set()
        assert turned_away.wait == 1
        assert door.acquire(blocking=False)  # they left
        door.release()
        monkeypatch.undo()
        assert small.sign_in("bo").caller.principal == "local|bo"

    def test_the_password_of_a_signature_too(self, service):
        for _ in range(6):
            with pytest.raises(Refused, match="wrong password"):
                service.people.unwrap("local|bo", lambda: WRONG)
        with pytest.raises(TooMany) as refused:
            service.people.unwrap("local|bo", lambda: PASSWORD)
        assert service.sign_in("bo"), "a stranger at the door and who is inside do not slow each other down"
        service.clock.tick(seconds=refused.value.wait)
        assert service.people.unwrap("local|bo", lambda: PASSWORD).public_key
        with pytest.raises(Refused, match="wrong password"):
            service.people.unwrap("local|bo", lambda: WRONG)

    def test_waits(self):
        slow = throttle.Slow("x", 5, 60)
        assert [slow.wait(failures) for failures in (0, 5, 6, 7, 8, 11, 12, 13, 10**9)] == [
            0,
            0,
            1,
            2,
            4,
            32,
            60,
            60,
            60,
        ]


class TestPassword:
    def test_the_new_one_opens_the_same_key(self, service):
        key = service.people.person("local|bo").key
        mine, other, token = service.sign_in("bo"), service.sign_in("bo"), service.token("bo")
        renewed = sessions.change_password(service.workspace, mine.caller, PASSWORD, NEW_PASSWORD)
        assert service.people.person("local|bo").key == key
        assert service.people.unwrap("local|bo", lambda: NEW_PASSWORD).public_key
        with pytest.raises(Refused, match="wrong password"):
            service.people.unwrap("local|bo", lambda: PASSWORD)
        assert [service.session(old.token) for old in (mine, other)] == [None, None]
        assert service.session(renewed.token) == renewed.caller
        assert tokens.token(service.workspace, token.secret)
        fail(service, password=PASSWORD)
        assert service.sign_in("bo", NEW_PASSWORD)

    @pytest.mark.parametrize("old, new, error", [(WRONG, NEW_PASSWORD, Refused), (PASSWORD, "short", BadInput)])
    def test_refused_changes_nothing(self, small, old, new, error):
        caller = small.caller("bo")
        with pytest.raises(error):
            sessions.change_password(small.workspace, caller, old, new)
        assert small.sign_in("bo")
        assert small.people.unwrap("local|bo", lambda: PASSWORD)

    def test_by_a_token_is_refused(self, small):
        caller = tokens.token(small.workspace, small.token("bo", list(Scope)).secret)
        with pytest.raises(Refused, match="no token"):
            sessions.change_password(small.workspace, caller, PASSWORD, NEW_PASSWORD)

    def test_two_changes_at_once(self, small, monkeypatch):
        """The later one finds another wrapping than the one it opened, and is refused whole."""
        caller, rewrap = small.caller("bo"), keys.rewrap_person_key

        def overtaken(*args):
            made = rewrap(*args)
            monkeypatch.setattr(sessions, "rewrap_person_key", rewrap)
            sessions.change_password(small.workspace, caller, PASSWORD, NEW_PASSWORD)
            return made

        monkeypatch.setattr(sessions, "rewrap_person_key", overtaken)
        with pytest.raises(Refused, match="meanwhile"):
            sessions.change_password(small.workspace, caller, PASSWORD, "third horse battery")
        assert small.sign_in("bo", NEW_PASSWORD)
        assert small.people.unwrap("local|bo", lambda: NEW_PASSWORD)


class TestToken:
    def test_is_its_owner_within_its_scopes(self, service):
        made = service.token("bo", [Scope.ACT, Scope.READ])
        assert re.fullmatch(r"gvt_[A-Za-z0-9_-]{43}", made.secret)
        found = tokens.token(service.workspace, made.secret)
        assert (found.principal, found.roles, found.place) == ("local|bo", ("approver",), "ci")
        assert found.scopes == {Scope.ACT, Scope.READ}
        assert found.may(Does.APPROVE).allowed and found.may(Does.READ).allowed
        refused = found.may(Does.EVALUATE)
        assert not refused.allowed and "scope submit; this one has: act, read" in refused.reason
        (listed,) = tokens.tokens(service.workspace, service.caller("bo"))
        assert (listed.id, listed.label, listed.used) == (found.via, "a pipeline", listed.created)

    def test_is_known_by_a_scanner_of_leaked_secrets(self, small):
        """By its beginning and a CRC-32 of its 28 random bytes, so that no guess of a scanner reaches the service."""
        made = {small.token("bo").secret for _ in range(20)}
        assert len(made) == 20
        for secret in made:
            raw = base64.urlsafe_b64decode(secret.removeprefix("gvt_") + "=")
            assert len(raw) == 32 and crc32(raw[:28]) == int.from_bytes(raw[28:], "big")

    def test_is_no_session_nor_the_other_way(self, small):
        made, session = small.token("bo").secret, small.sign_in("bo").token
        for text in (made, made[4:]):
            assert small.session(text) is None
        for text in (session, f"gvt_{session}", made[4:], f"gvt_{made}", made + "\n", made.upper(), ""):
            assert tokens.token(small.workspace, text) is None

    def test_ends(self, service):
        made = service.token("bo", days=1)
        service.clock.tick(days=1, seconds=-1)
        assert tokens.token(service.workspace, made.secret)
        service.clock.tick(seconds=1)
        assert tokens.token(service.workspace, made.secret) is None

    def test_does_less_when_its_owner_holds_less(self, small):
        made = small.token("bo", [Scope.ACT])
        accounts.revoke(small.workspace, "local|bo", "approver", Operator())
        assert not tokens.token(small.workspace, made.secret).may(Does.APPROVE).allowed

    def test_of_an_admin_does_nothing_that_takes_an_admin(self, small):
        found = tokens.token(small.workspace, small.token("root", list(Scope)).secret)
        assert found.roles == (ADMIN,)
        allowed = {does for does in Does if found.may(does).allowed}
        assert allowed == {Does.READ, Does.TRY_POLICY}

    def test_revoked_is_gone_for_good(self, service):
        made, other = service.token("bo"), service.token("bo")
        tokens.revoke_token(service.workspace, service.caller("bo"), made.token.id)
        first = tokens.tokens(service.workspace, service.caller("bo"))
        service.clock.tick()
        tokens.revoke_token(service.workspace, service.caller("bo"), made.token.id)
        assert tokens.tokens(service.workspace, service.caller("bo")) == first
        assert tokens.token(service.workspace, made.secret) is None
        assert tokens.token(service.workspace, other.secret)

    def test_revoked_by_its_owner_or_an_admin_only(self, small):
        small.join("cy", "approver")
        made = small.token("bo")
        itself = tokens.token(small.workspace, made.secret)
        said = set()
        for caller, identifier in ((small.caller("cy"), made.token.id), (itself, made.token.id)):
            with pytest.raises(BadInput) as refused:
                tokens.revoke_token(small.workspace, caller, identifier)
            said.add(str(refused.value))
        unknown = made.token.id[:-1] + ("0" if made.token.id[-1] != "0" else "1")
        for identifier in (unknown, "", "\0", "x" * 1000):
            with pytest.raises(BadInput, match="no such token"):
                tokens.revoke_token(small.workspace, small.caller("bo"), identifier)
        assert len(said) == 1
        assert tokens.token(small.workspace, made.secret)
        tokens.revoke_token(small.workspace, small.caller("root"), made.token.id)
        assert tokens.token(small.workspace, made.secret) is None

    @pytest.mark.parametrize("days", [0, -1, 365.001, 10_000])
    def test_expires_within_a_year(self, small, days):
        with pytest.raises(BadInput, match="must expire"):
            small.token("bo", days=days)
        assert small.token("bo", days=365)

    @pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "grant"], [""]])
    def test_scopes_that_are_none(self, small, scopes):
        with pytest.raises(BadInput, match="scopes"):
            small.token("bo", scopes)

    @pytest.mark.parametrize("label", ["", "  ", "x" * 101, "a\nb", "a\0", "a\u202eb", "\ud800"])
    def test_labels_that_are_none(self, small, label):
        expires = small.clock() + timedelta(days=1)
        with pytest.raises(BadInput, match="label"):
            tokens.create_token(small.workspace, small.caller("bo"), [Scope.READ], label, expires)

    def test_made_and_revoked_are_entries(self, service):
        made = service.token("bo", [Scope.READ, Scope.ACT])
        tokens.revoke_token(service.workspace, service.caller("root"), made.token.id, "it leaked")
        tokens.revoke_token(service.workspace, service.caller("root"), made.token.id, "again")
        with service.workspace.open_trail() as store, store.snapshot() as snapshot:
            last = [(one, snapshot.documents_of(one.index)[0]) for one in snapshot.entries(snapshot.head().size - 2)]
            who = [snapshot.principal(one.entry.actor) for one, _ in last]
        assert [one.entry.type for one, _ in last] == [EntryType.TOKEN_MADE, EntryType.TOKEN_REVOKED]
        assert who == ["local|bo", "local|root"]
        first, second = (TokenRecord.from_bytes(document.data) for _, document in last)
        assert (first.scopes, first.principal, first.reason) == (("read", "act"), "local|bo", "")
        assert second == first.model_copy(update={"reason": "it leaked"})
        assert all(made.secret.encode() not in document.data for _, document in last)

    def test_made_by_the_operator_for_somebody(self, small):
        expires = small.clock() + timedelta(days=1)
        arguments = (small.workspace, Operator(), [Scope.READ], "x", expires)
        made = tokens.create_token(*arguments, of="local|bo")
        assert tokens.token(small.workspace, made.secret).principal == "local|bo"
        assert [one.id for one in tokens.tokens(small.workspace, Operator(), "local|bo")] == [made.token.id]
        assert tokens.tokens(small.workspace, small.caller("root"), "local|bo")[0].id == made.token.id
        with pytest.raises(Refused, match="may not list_accounts"):
            tokens.tokens(small.workspace, small.caller("bo"), "local|root")
        with pytest.raises(BadInput, match="no account that is in use"):
            tokens.create_token(*arguments, of="local|eve")

    def test_makes_no_other(self, small):
        caller = tokens.token(small.workspace, small.token("bo", list(Scope)).secret)
        with pytest.raises(Refused, match="may not make_token") as refused:
            tokens.create_token(small.workspace, caller, [Scope.READ], "x", small.clock() + timedelta(days=1))
        assert "no token may" in refused.value.got
