"""Signing in, staying so and no longer."""

import re

import pytest

from governance import keys
from governance.errors import VerificationFailed
from governance.operations import accounts, sessions
from governance.operations.caller import Operator
from governance.permissions import Does
from tests.operations.project import PASSWORD
from tests.operations.sessions.passwords import NEW_PASSWORD, fail


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
