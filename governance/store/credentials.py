"""What lets somebody in for a time: sessions and tokens; what slows guessing down; what was answered before.

Times come in and go out as text, secrets as their hashes. What still counts is decided by who asks.
"""

from typing import NamedTuple, Self

from sqlmodel import Session, col, delete, func, select, update

from governance.store.account_tables import IdempotencyRow, InvitationRow, SessionRow, ThrottleRow, TokenRow
from governance.store.snapshot import Snapshot


class LoginSession(NamedTuple):
    hash: str
    principal: str
    created: str
    seen: str
    expires: str


class ApiToken(NamedTuple):
    id: str
    hash: str
    principal: str
    scopes: tuple[str, ...]
    place: str
    label: str
    created: str
    expires: str
    used: str | None
    revoked: str | None


class Answered(NamedTuple):
    """What was answered to a request; `request` is its digest."""

    request: str
    status: int
    body: bytes


class Credentials:
    """What the tables say in one state of the database, and how it is changed there. Made as `Accounts` is."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def within(cls, snapshot: Snapshot) -> Self:
        """Of the state that a snapshot reads, or a transaction writes."""
        return cls(snapshot._session)

    def add_session(self, made: LoginSession) -> None:
        self._session.add(SessionRow(**made._asdict()))
        self._session.flush()

    def session(self, hash: str) -> LoginSession | None:
        row = self._session.get(SessionRow, hash)
        return None if row is None else _session(row)

    def sessions(self, principal: str) -> list[LoginSession]:
        """Of one person, the newest first."""
        query = select(SessionRow).where(col(SessionRow.principal) == principal)
        return [_session(row) for row in self._session.exec(query.order_by(col(SessionRow.created).desc()))]

    def seen(self, hash: str, now: str) -> None:
        """A session that ended meanwhile stays ended."""
        self._session.exec(update(SessionRow).where(col(SessionRow.hash) == hash).values(seen=now))

    def end_session(self, hash: str) -> None:
        self._session.exec(delete(SessionRow).where(col(SessionRow.hash) == hash))

    def end_sessions(self, principal: str) -> None:
        """All of one person."""
        self._session.exec(delete(SessionRow).where(col(SessionRow.principal) == principal))

    def add_token(self, made: ApiToken) -> None:
        self._session.add(TokenRow(**(made._asdict() | {"scopes": " ".join(made.scopes)})))
        self._session.flush()

    def token(self, hash: str) -> ApiToken | None:
        row = self._session.exec(select(TokenRow).where(col(TokenRow.hash) == hash)).one_or_none()
        return None if row is None else _token(row)

    def token_by_id(self, id: str) -> ApiToken | None:
        row = self._session.get(TokenRow, id)
        return None if row is None else _token(row)

    def tokens(self, principal: str) -> list[ApiToken]:
        """Of one person, the newest first; revoked and expired ones too."""
        query = select(TokenRow).where(col(TokenRow.principal) == principal)
        newest = (col(TokenRow.created).desc(), col(TokenRow.id).desc())
        return [_token(row) for row in self._session.exec(query.order_by(*newest))]

    def usable_tokens(self, now: str) -> dict[str, int]:
        """How many there are of each person that are neither revoked nor over."""
        live = (col(TokenRow.revoked).is_(None), col(TokenRow.expires) > now)
        query = select(TokenRow.principal, func.count()).where(*live).group_by(col(TokenRow.principal))
        return dict(self._session.exec(query).all())

    def used(self, id: str, now: str) -> None:
        self._session.exec(update(TokenRow).where(col(TokenRow.id) == id).values(used=now))

    def revoke(self, id: str, now: str) -> None:
        """One that was revoked keeps its first time."""
        live = (col(TokenRow.id) == id, col(TokenRow.revoked).is_(None))
        self._session.exec(update(TokenRow).where(*live).values(revoked=now))

    def throttle(self, key: str) -> tuple[int, str]:
        """(failures, until when to wait); (0, "") where there were none."""
        row = self._session.get(ThrottleRow, key)
        return (0, "") if row is None else (row.failures, row.until)

    def set_throttle(self, key: str, failures: int, until: str) -> None:
        """No failures: nothing is kept."""
        row = self._session.get(ThrottleRow, key)
        if row is not None:
            self._session.delete(row)
            self._session.flush()
        if failures:
            self._session.add(ThrottleRow(key=key, failures=failures, until=until))
            self._session.flush()

    def answered(self, principal: str, key: str) -> Answered | None:
        row = self._session.get(IdempotencyRow, (principal, key))
        return None if row is None else Answered(row.request, row.status, row.body)

    def add_answer(self, principal: str, key: str, answer: Answered, now: str) -> None:
        self._session.add(IdempotencyRow(principal=principal, key=key, **answer._asdict(), created=now))
        self._session.flush()

    def forget(self, *, sessions: str, throttles: str, answers: str, invitations: str) -> None:
        """What ended before these times."""
        ended = (
            (SessionRow, col(SessionRow.expires), sessions),
            (ThrottleRow, col(ThrottleRow.until), throttles),
            (IdempotencyRow, col(IdempotencyRow.created), answers),
            (InvitationRow, col(InvitationRow.expires), invitations),
        )
        for table, column, before in ended:
            self._session.exec(delete(table).where(column < before))


def _session(row: SessionRow) -> LoginSession:
    return LoginSession(row.hash, row.principal, row.created, row.seen, row.expires)


def _token(row: TokenRow) -> ApiToken:
    return ApiToken(**(row.model_dump() | {"scopes": tuple(row.scopes.split())}))
