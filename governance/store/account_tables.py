"""The tables of accounts: they stand beside the log and may change. Of a secret they hold a hash, never the secret.

Times are text as in documents, so that they compare as they are written. What a table says about a key or a role, an
entry of the log says too.
"""

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlmodel import Field, SQLModel

from governance.store.tables import STRICT, Number, Words


def _whose() -> ForeignKey:
    return ForeignKey("account.principal")


class AccountRow(SQLModel, table=True):
    """Somebody who may sign in, unless disabled; `signed_in` is when they last did. No password is kept: who knows it
    opens the key."""

    __tablename__ = "account"
    __table_args__ = STRICT

    principal: str = Field(primary_key=True, sa_type=Words)
    created: str = Field(sa_type=Words)
    disabled: str | None = Field(sa_type=Words)
    signed_in: str | None = Field(default=None, sa_type=Words)


class KeyRow(SQLModel, table=True):
    """A person's key, wrapped with their password. The one that is not retired is theirs now."""

    __tablename__ = "account_key"
    __table_args__ = (Index("account_key_by_principal", "principal"), STRICT)

    key: str = Field(primary_key=True, sa_type=Words)
    principal: str = Field(sa_type=Words, sa_column_args=(_whose(),))
    wrapped: bytes = Field(sa_type=LargeBinary)
    added: str = Field(sa_type=Words)
    retired: str | None = Field(sa_type=Words)


class RoleRow(SQLModel, table=True):
    """A role that a person holds, or held until a time. `entry` is the id of the entry that grants it."""

    __tablename__ = "account_role"
    __table_args__ = (Index("account_role_by_principal", "principal"), STRICT)

    entry: str = Field(primary_key=True, sa_type=Words)
    role: str = Field(primary_key=True, sa_type=Words)
    principal: str = Field(sa_type=Words, sa_column_args=(_whose(),))
    since: str = Field(sa_type=Words)
    until: str | None = Field(sa_type=Words)


class SessionRow(SQLModel, table=True):
    """Somebody who is signed in."""

    __tablename__ = "login_session"
    __table_args__ = (Index("login_session_by_principal", "principal"), STRICT)

    hash: str = Field(primary_key=True, sa_type=Words)
    principal: str = Field(sa_type=Words, sa_column_args=(_whose(),))
    created: str = Field(sa_type=Words)
    seen: str = Field(sa_type=Words)
    expires: str = Field(sa_type=Words)


class TokenRow(SQLModel, table=True):
    """A token for programs. `scopes` are separated by spaces; `place` is where evidence that it hands in comes from."""

    __tablename__ = "api_token"
    __table_args__ = (Index("api_token_by_principal", "principal"), STRICT)

    id: str = Field(primary_key=True, sa_type=Words)
    hash: str = Field(sa_type=Words, unique=True)
    principal: str = Field(sa_type=Words, sa_column_args=(_whose(),))
    scopes: str = Field(sa_type=Words)
    place: str = Field(sa_type=Words)
    label: str = Field(sa_type=Words)
    created: str = Field(sa_type=Words)
    expires: str = Field(sa_type=Words)
    used: str | None = Field(sa_type=Words)
    revoked: str | None = Field(sa_type=Words)


class InvitationRow(SQLModel, table=True):
    """A link that makes an account, or a new key for one, once. `roles` are separated by spaces, `by` gave it."""

    __tablename__ = "invitation"
    __table_args__ = STRICT

    hash: str = Field(primary_key=True, sa_type=Words)
    principal: str = Field(sa_type=Words)
    roles: str = Field(sa_type=Words)
    by: str = Field(sa_type=Words)
    created: str = Field(sa_type=Words)
    expires: str = Field(sa_type=Words)
    used: str | None = Field(sa_type=Words)


class ThrottleRow(SQLModel, table=True):
    """Attempts that failed, by what they were made on or from, and until when the next one must wait."""

    __tablename__ = "throttle"
    __table_args__ = STRICT

    key: str = Field(primary_key=True, sa_type=Words)
    failures: int = Field(sa_type=Number)
    until: str = Field(sa_type=Words)


class IdempotencyRow(SQLModel, table=True):
    """What was answered to a request, so that the same one again is answered alike and does nothing."""

    __tablename__ = "idempotency"
    __table_args__ = STRICT

    principal: str = Field(primary_key=True, sa_type=Words)
    key: str = Field(primary_key=True, sa_type=Words)
    request: str = Field(sa_type=Words)
    status: int = Field(sa_type=Number)
    body: bytes = Field(sa_type=LargeBinary)
    created: str = Field(sa_type=Words)
