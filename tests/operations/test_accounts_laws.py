"""Whatever people do, in whatever order: no secret that ended answers, and the trail says who holds what."""

import contextlib
import hashlib
import itertools
from datetime import datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run

from governance import keys
from governance.errors import BadInput, Refused, TooMany
from governance.operations import accounts, sessions, tokens
from governance.operations.caller import Operator
from governance.operations.workspace import local
from governance.permissions import ROLES, Scope
from governance.trail.entry import EntryType
from tests.operations.project import Project
from tests.operations.service import Service

NAMES = ("bo", "cy")
PASSWORDS = ("correct horse battery", "another horse battery")


class Person:
    """What the model knows of one: what they sign in with, and what they hold."""

    def __init__(self, password: str, roles: set[str]) -> None:
        self.password, self.roles, self.disabled = password, roles, False


class Held:
    """A secret: whose, when it ends whatever happens, when it was last used, and whether somebody ended it."""

    def __init__(self, secret: str, name: str, roles: tuple[str, ...], ends: datetime, seen: datetime, id: str) -> None:
        self.secret, self.name, self.roles, self.ends, self.seen, self.id = secret, name, roles, ends, seen, id
        self.over = False


class Laws(RuleBasedStateMachine):
    links, sessions_, tokens_ = Bundle("links"), Bundle("sessions"), Bundle("tokens")

    def __init__(self, make) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.make = make

    @initialize()
    def start(self):
        self.service: Service = self.stack.enter_context(self.make())
        self.workspace = self.service.workspace
        self.held: list[Held] = []
        self.failed = dict.fromkeys(NAMES, 0)
        self.addresses = (f"10.{number // 250}.{number % 250}.1" for number in itertools.count())
        self.people: dict[str, Person] = {}
        for name in NAMES:
            self.service.join(name, *ROLES[:2], password=PASSWORDS[0])
            self.people[name] = Person(PASSWORDS[0], set(ROLES[:2]))

    @property
    def now(self):
        return self.service.clock()

    def there(self, name):
        person = self.people.get(name)
        return person if person and not person.disabled else None

    def end(self, name, but=None):
        for one in self.held:
            if one.name == name and one is not but:
                one.over = True

    @rule(target=links, name=st.sampled_from(NAMES), roles=st.sets(st.sampled_from(ROLES)))
    def invite(self, name, roles):
        try:
            made = accounts.invite(self.workspace, name, sorted(roles), Operator())
        except BadInput:
            assert bool(self.there(name)) is bool(roles)
            return multiple()
        assert bool(self.there(name)) is not bool(roles)
        for one in self.held:
            one.over |= one.name == name and one.id == "link"
        link = Held(made.token, name, made.roles, self.now + accounts.INVITATION, self.now, "link")
        self.held.append(link)
        return link

    @rule(link=links, password=st.sampled_from(PASSWORDS))
    def redeem(self, link, password):
        good = not link.over and self.now < link.ends
        try:
            accounts.redeem(self.workspace, link.secret, password)
        except Refused:
            assert not good
            return
        assert good
        before = self.there(link.name)
        self.end(link.name)
        self.people[link.name] = Person(password, before.roles if before else set(link.roles))

    @rule(target=sessions_, name=st.sampled_from(NAMES), knows=st.sampled_from([True, True, True, False]))
    def sign_in(self, name, knows):
        """Somebody who knows the password, or takes the other one for it."""
        person = self.there(name)
        known = person.password if person else PASSWORDS[0]
        password = known if knows else next(other for other in PASSWORDS if other != known)
        right = bool(person and person.password == password)
        try:
            made = self.service.sign_in(name, password, next(self.addresses))
        except TooMany:
            assert self.failed[name] > 5
            return multiple()
        except Refused:
            assert not right
            self.failed[name] += 1
            return multiple()
        assert right
        self.failed[name] = 0
        ends = self.now + sessions.LONGEST
        one = Held(made.token, name, (), ends, self.now, made.caller.via)
        self.held.append(one)
        return one

    @rule(step=st.sampled_from([1, 45, 60, 600, 1740, 1800, 86_400]))
    def time_goes_by(self, step):
        self.service.clock.tick(seconds=step)

    @rule(one=sessions_)
    def come_back(self, one):
        caller = self.service.session(one.secret)
        idle = self.now - one.seen
        if caller is None:
            # "To the minute": what is noted of a visit may be up to a minute old.
            assert one.over or self.now >= one.ends or idle >= sessions.IDLE - timedelta(minutes=1)
            one.over = True
            return
        assert not one.over and self.now < one.ends and idle < sessions.IDLE
        assert caller.principal == local(one.name) and set(caller.roles) == self.people[one.name].roles
        one.seen = self.now

    @rule(one=sessions_)
    def sign_out(self, one):
        if caller := self.service.session(one.secret):
            sessions.sign_out(self.workspace, caller)
        one.over = True

    @rule(target=sessions_, one=sessions_, old=st.sampled_from(PASSWORDS), new=st.sampled_from(PASSWORDS))
    def change_password(self, one, old, new):
        if not (caller := self.service.session(one.secret)):
            return multiple()
        try:
            made = sessions.change_password(self.workspace, caller, old, new)
        except TooMany:
            return multiple()
        except Refused:
            assert old != self.people[one.name].password
            return multiple()
        assert old == self.people[one.name].password
        self.people[one.name].password = new
        for other in self.held:
            other.over |= other.name == one.name and len(other.id) == 64
        renewed = Held(made.token, one.name, (), self.now + sessions.LONGEST, self.now, made.caller.via)
        self.held.append(renewed)
        return renewed

    @rule(target=tokens_, one=sessions_, days=st.sampled_from([1, 365]))
    def create_token(self, one, days):
        if not (caller := self.service.session(one.secret)):
            return multiple()
        ends = self.now + timedelta(days=days)
        try:
            made = tokens.create_token(self.workspace, caller, [Scope.READ], "x", ends)
        except Refused:
            assert not self.people[one.name].roles
            return multiple()
        token = Held(made.secret, one.name, (), ends, self.now, made.token.id)
        self.held.append(token)
        return token

    @rule(one=tokens_)
    def use_token(self, one):
        caller = tokens.token(self.workspace, one.secret)
        assert (caller is not None) is (not one.over and self.now < one.ends)
        if caller:
            assert set(caller.roles) == self.people[one.name].roles and caller.scopes == {Scope.READ}

    @rule(one=consumes(tokens_), by=sessions_)
    def revoke_token(self, one, by):
        caller = self.service.session(by.secret)
        if caller is None:
            return
        try:
            tokens.revoke_token(self.workspace, caller, one.id)
        except BadInput:
            assert by.name != one.name
            return
        assert by.name == one.name
        one.over = True
        assert tokens.token(self.workspace, one.secret) is None

    @rule(name=st.sampled_from(NAMES), role=st.sampled_from(ROLES))
    def change_a_role(self, name, role):
        person = self.there(name)
        if person is None:
            return
        verb = accounts.revoke if role in person.roles else accounts.grant
        verb(self.workspace, local(name), role, Operator())
        person.roles ^= {role}

    @rule(name=st.sampled_from(NAMES))
    def disable(self, name):
        person = self.there(name)
        if person is None:
            return
        accounts.disable(self.workspace, local(name), Operator())
        person.disabled, person.roles = True, set()
        self.end(name)

    def teardown(self):
        if not hasattr(self, "service"):
            return
        with self.stack:
            for one in self.held:
                if one.over or self.now >= one.ends:
                    assert self.service.session(one.secret) is None
                    assert tokens.token(self.workspace, one.secret) is None
                    with pytest.raises(Refused):
                        accounts.invited(self.workspace, one.secret)
            said = {record.principal: record for _, _, record in self.service.told()}
            for name, person in self.people.items():
                assert set(said[local(name)].roles) == person.roles
                now = self.service.people.person(local(name))
                assert (now is None) is person.disabled
                if now:
                    assert now.key == said[local(name)].key
            added = [record.key for what, _, record in self.service.told() if what is EntryType.KEY_ADDED]
            assert sorted(added) == sorted(person.key for person in self.service.people.trust().people)
            self.service.verified()


def quick(password, salt, n, r, p):
    """The cost of a password is tested elsewhere; here thousands are typed."""
    return hashlib.sha256(password.encode() + salt).digest()


@pytest.mark.parametrize("on, examples", [("sqlite", 15), ("postgresql", 5)])
def test_laws(on, examples, request, tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "_stretch", quick)
    numbers = itertools.count()

    @contextlib.contextmanager
    def make():
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        with contextlib.ExitStack() as stack:
            database = None
            if on == "postgresql":
                server = request.getfixturevalue("postgresql")
                name = server.new()
                stack.callback(server.drop, name)
                database = server.url(name)
            service = Service(Project(folder / "project", folder / "config"), database)
            stack.enter_context(service.workspace.keeping_trail())
            yield service

    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=40,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=True,
    )
    run(lambda: Laws(make), settings=settings)
