"""A person changes their password."""

import pytest

from governance import keys
from governance.errors import BadInput, Refused
from governance.operations import sessions, tokens
from governance.permissions import Scope
from tests.operations.project import PASSWORD
from tests.operations.sessions.passwords import NEW_PASSWORD, WRONG, fail


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
