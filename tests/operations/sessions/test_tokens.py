"""Tokens: what they may do, until when, and what the trail tells of them."""

import base64
import re
from datetime import timedelta
from zlib import crc32

import pytest

from governance.errors import BadInput, Refused
from governance.operations import accounts, tokens
from governance.operations.caller import Operator
from governance.permissions import ADMIN, Does, Scope
from governance.trail.entry import EntryType
from governance.trail.person import TokenRecord


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
