"""A project with accounts: who is invited, signs in and gets a token, on a clock that a test holds."""

import os
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from governance.canonical import schema_of
from governance.operations import accounts, sessions, tokens
from governance.operations.caller import Caller, Operator
from governance.operations.people import AccountPeople
from governance.operations.workspace import Workspace, local
from governance.permissions import Scope
from governance.store.trail import TrailStore
from governance.store.verify import VerifiedTrail, verify_trail
from governance.trail.entry import Entry, EntryType
from governance.trail.person import PersonRecord
from tests.operations.project import PASSWORD, Project

HOME = "192.0.2.1"


class Service:
    """`root` is the first admin; everybody's password is the same until they change it."""

    def __init__(self, project: Project, database: Any = None) -> None:
        self.project, self.clock = project, project.clock
        project.settings = project.settings._replace(database=database)
        project.workspace = self.workspace = Workspace(project.root, project.settings, project.clock, os.urandom)
        project.start()
        self.join("root", "admin")

    @property
    def people(self) -> AccountPeople:
        return AccountPeople(self.workspace)

    def invite(self, name: str, *roles: str, by: Any = None) -> str:
        return accounts.invite(self.workspace, name, roles, by or Operator()).token

    def join(self, name: str, *roles: str, password: str = PASSWORD) -> str:
        """The principal of somebody who was invited and came."""
        return accounts.redeem(self.workspace, self.invite(name, *roles), password).principal

    def sign_in(self, name: str, password: str = PASSWORD, address: str = HOME) -> sessions.SignedIn:
        return sessions.sign_in(self.workspace, name, password, address)

    def session(self, token: str) -> Caller | None:
        return sessions.session(self.workspace, token)

    def caller(self, name: str) -> Caller:
        return self.sign_in(name).caller

    def token(self, name: str, scopes: Collection[Scope] = (Scope.READ,), days: float = 30) -> tokens.MadeToken:
        expires = self.clock() + timedelta(days=days)
        return tokens.create_token(self.workspace, self.caller(name), scopes, "a pipeline", expires)

    def told(self) -> list[tuple[EntryType, str | None, PersonRecord]]:
        """What the entries about people say, and who made each."""
        said = []
        with self.workspace.open_trail() as store, store.snapshot() as snapshot:
            for stored in snapshot.entries():
                if not stored.entry.type.startswith("person:"):
                    continue
                (document,) = snapshot.documents_of(stored.index)
                if document.type == schema_of(PersonRecord):
                    record = PersonRecord.from_bytes(document.data)
                    said.append((stored.entry.type, snapshot.principal(stored.entry.actor), record))
        return said

    def entries(self) -> list[Entry]:
        with self.workspace.open_trail() as store, store.snapshot() as snapshot:
            return [stored.entry for stored in snapshot.entries()]

    def verified(self) -> VerifiedTrail:
        with TrailStore.open(self.workspace.place) as store:
            return verify_trail(store, self.workspace.trust().logs[0].key)

    def roles(self, name: str) -> tuple[str, ...]:
        person = self.people.person(local(name))
        return person.roles if person else ()

    def kept(self) -> bytes:
        """Every byte of every table of accounts."""
        from sqlalchemy import text

        from governance.store import account_tables

        names = [row.__tablename__ for row in vars(account_tables).values() if hasattr(row, "__table__")]
        with self.workspace.open_trail() as store, store._engine.connect() as connection:
            return repr([connection.execute(text(f"SELECT * FROM {name}")).all() for name in names]).encode()
