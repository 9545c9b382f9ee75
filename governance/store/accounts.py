"""People of the service: accounts, their keys and roles, invitations. Beside the log, in the same transactions.

Times come in and go out as text, secrets as their hashes. What is proven or permitted is not decided here.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Self

from sqlmodel import Session, col, delete, select, update

from governance.store.account_tables import AccountRow, InvitationRow, KeyRow, RoleRow, SessionRow, TokenRow
from governance.store.snapshot import Snapshot
from governance.store.trail import TrailStore


class Account(NamedTuple):
    """`disabled` since when, `roles` what they hold now, sorted; `signed_in` when they last did."""

    principal: str
    created: str
    disabled: str | None
    roles: tuple[str, ...]
    signed_in: str | None


class AccountKey(NamedTuple):
    """`wrapped` is a WrappedKey document; a key that is `retired` counts for what was signed before."""

    key: str
    principal: str
    wrapped: bytes
    added: str
    retired: str | None


class Invitation(NamedTuple):
    hash: str
    principal: str
    roles: tuple[str, ...]
    by: str
    created: str
    expires: str
    used: str | None


class Accounts:
    """What the tables say in one state of the database, and how it is changed there.

    Made from a snapshot to read, from a transaction of the trail where an entry goes with the change, and by `changing`
    where none does.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def within(cls, snapshot: Snapshot) -> Self:
        """Of the state that a snapshot reads, or a transaction writes."""
        return cls(snapshot._session)

    def account(self, principal: str) -> Account | None:
        row = self._session.get(AccountRow, principal)
        return None if row is None else self._account(row)

    def accounts(self) -> list[Account]:
        """All, by principal."""
        rows = self._session.exec(select(AccountRow).order_by(col(AccountRow.principal)))
        return [self._account(row) for row in rows]

    def add_account(self, principal: str, now: str) -> None:
        self._session.add(AccountRow(principal=principal, created=now, disabled=None))
        self._session.flush()  # before the rows that refer to it

    def signed_in(self, principal: str, now: str) -> None:
        self._session.exec(update(AccountRow).where(col(AccountRow.principal) == principal).values(signed_in=now))

    def enable(self, principal: str) -> None:
        """Somebody who was disabled, if they were."""
        self._session.exec(update(AccountRow).where(col(AccountRow.principal) == principal).values(disabled=None))

    def disable(self, principal: str, now: str) -> None:
        """The account, its key and all that it holds; sessions end and tokens and invitations are void."""
        self._session.exec(update(AccountRow).where(col(AccountRow.principal) == principal).values(disabled=now))
        self._retire(principal, now)
        live = (col(RoleRow.principal) == principal, col(RoleRow.until).is_(None))
        self._session.exec(update(RoleRow).where(*live).values(until=now))
        self.shut_out(principal, now)

    def shut_out(self, principal: str, now: str) -> None:
        """End every session, revoke every token, and withdraw the invitations to and by this person."""
        self._session.exec(delete(SessionRow).where(col(SessionRow.principal) == principal))
        live = (col(TokenRow.principal) == principal, col(TokenRow.revoked).is_(None))
        self._session.exec(update(TokenRow).where(*live).values(revoked=now))
        open_ = (col(InvitationRow.used).is_(None),)
        for column in (col(InvitationRow.principal), col(InvitationRow.by)):
            self._session.exec(delete(InvitationRow).where(column == principal, *open_))

    def key(self, principal: str) -> AccountKey | None:
        """The one that is theirs now."""
        query = select(KeyRow).where(col(KeyRow.principal) == principal, col(KeyRow.retired).is_(None))
        row = self._session.exec(query).one_or_none()
        return None if row is None else _key(row)

    def every_key(self) -> list[AccountKey]:
        """All, retired ones too, in the order they were added."""
        rows = self._session.exec(select(KeyRow).order_by(col(KeyRow.added), col(KeyRow.key)))
        return [_key(row) for row in rows]

    def add_key(self, principal: str, key: str, wrapped: bytes, now: str) -> None:
        """From now on this one is theirs, and the one before is retired."""
        self._retire(principal, now)
        self._session.add(KeyRow(key=key, principal=principal, wrapped=wrapped, added=now, retired=None))
        self._session.flush()

    def rewrap(self, key: str, old: bytes, new: bytes) -> bool:
        """The same key under another password; False where it is not wrapped as in `old` any more."""
        same = (col(KeyRow.key) == key, col(KeyRow.wrapped) == old, col(KeyRow.retired).is_(None))
        return self._session.exec(update(KeyRow).where(*same).values(wrapped=new)).rowcount == 1

    def grant(self, principal: str, roles: Collection[str], entry: str, now: str) -> None:
        """`entry` is the id of the entry that says so."""
        self._session.add_all(
            RoleRow(entry=entry, role=role, principal=principal, since=now, until=None) for role in roles
        )
        self._session.flush()

    def end_role(self, principal: str, role: str, now: str) -> None:
        live = (col(RoleRow.principal) == principal, col(RoleRow.role) == role, col(RoleRow.until).is_(None))
        self._session.exec(update(RoleRow).where(*live).values(until=now))

    def add_invitation(self, invitation: Invitation) -> None:
        fields = invitation._asdict() | {"roles": " ".join(invitation.roles)}
        self._session.add(InvitationRow(**fields))
        self._session.flush()

    def withdraw(self, principal: str) -> None:
        """The invitations to somebody that nobody used yet."""
        open_ = (col(InvitationRow.principal) == principal, col(InvitationRow.used).is_(None))
        self._session.exec(delete(InvitationRow).where(*open_))

    def invitation(self, hash: str) -> Invitation | None:
        row = self._session.get(InvitationRow, hash)
        return None if row is None else _invitation(row)

    def open_invitations(self, now: str) -> list[Invitation]:
        """Those that may still be used at `now`, by whom they are for."""
        live = (col(InvitationRow.used).is_(None), col(InvitationRow.expires) > now)
        rows = self._session.exec(select(InvitationRow).where(*live).order_by(col(InvitationRow.principal)))
        return [_invitation(row) for row in rows]

    def use_invitation(self, hash: str, now: str) -> bool:
        """Whether it was there to be used at `now`. It is not any more: of several who ask, one is told so."""
        live = (col(InvitationRow.hash) == hash, col(InvitationRow.used).is_(None), col(InvitationRow.expires) > now)
        return self._session.exec(update(InvitationRow).where(*live).values(used=now)).rowcount == 1

    def _retire(self, principal: str, now: str) -> None:
        theirs = (col(KeyRow.principal) == principal, col(KeyRow.retired).is_(None))
        self._session.exec(update(KeyRow).where(*theirs).values(retired=now))

    def _account(self, row: AccountRow) -> Account:
        query = select(RoleRow.role).where(col(RoleRow.principal) == row.principal, col(RoleRow.until).is_(None))
        roles = tuple(sorted(self._session.exec(query)))
        return Account(row.principal, row.created, row.disabled, roles, row.signed_in)


def _invitation(row: InvitationRow) -> Invitation:
    roles = tuple(row.roles.split())
    return Invitation(row.hash, row.principal, roles, row.by, row.created, row.expires, row.used)


def _key(row: KeyRow) -> AccountKey:
    return AccountKey(row.key, row.principal, row.wrapped, row.added, row.retired)


@contextmanager
def changing(store: TrailStore) -> Iterator[Session]:
    """Change what no entry speaks of: sessions, tokens, invitations. All of the block is on the disk when it ends, or,
    where it raises, nothing. Writers come one after the other. Raises MachineFault, VerificationFailed."""
    with store._database.faults(), store._writing() as session:
        yield session
        session.flush()
        store._database.before_commit(session.connection())
