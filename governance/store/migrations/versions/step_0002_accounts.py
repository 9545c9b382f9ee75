"""The tables of accounts, sessions, tokens and what goes with them. They stand beside the log and may change."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("principal", WORDS, nullable=False),
        sa.Column("password", WORDS, nullable=False),
        sa.Column("created", WORDS, nullable=False),
        sa.Column("disabled", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("principal"),
        sqlite_strict=True,
    )
    op.create_table(
        "account_key",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("principal", WORDS, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("added", WORDS, nullable=False),
        sa.Column("retired", WORDS, nullable=True),
        sa.ForeignKeyConstraint(["principal"], ["account.principal"]),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_index("account_key_by_principal", "account_key", ["principal"])
    op.create_table(
        "account_role",
        sa.Column("entry", WORDS, nullable=False),
        sa.Column("role", WORDS, nullable=False),
        sa.Column("principal", WORDS, nullable=False),
        sa.Column("since", WORDS, nullable=False),
        sa.Column("until", WORDS, nullable=True),
        sa.ForeignKeyConstraint(["principal"], ["account.principal"]),
        sa.PrimaryKeyConstraint("entry", "role"),
        sqlite_strict=True,
    )
    op.create_index("account_role_by_principal", "account_role", ["principal"])
    op.create_table(
        "login_session",
        sa.Column("hash", WORDS, nullable=False),
        sa.Column("principal", WORDS, nullable=False),
        sa.Column("created", WORDS, nullable=False),
        sa.Column("seen", WORDS, nullable=False),
        sa.Column("expires", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["principal"], ["account.principal"]),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_strict=True,
    )
    op.create_index("login_session_by_principal", "login_session", ["principal"])
    op.create_table(
        "api_token",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("hash", WORDS, nullable=False),
        sa.Column("principal", WORDS, nullable=False),
        sa.Column("scopes", WORDS, nullable=False),
        sa.Column("place", WORDS, nullable=False),
        sa.Column("label", WORDS, nullable=False),
        sa.Column("created", WORDS, nullable=False),
        sa.Column("expires", WORDS, nullable=False),
        sa.Column("used", WORDS, nullable=True),
        sa.Column("revoked", WORDS, nullable=True),
        sa.ForeignKeyConstraint(["principal"], ["account.principal"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
        sqlite_strict=True,
    )
    op.create_index("api_token_by_principal", "api_token", ["principal"])
    op.create_table(
        "invitation",
        sa.Column("hash", WORDS, nullable=False),
        sa.Column("principal", WORDS, nullable=False),
        sa.Column("roles", WORDS, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("created", WORDS, nullable=False),
        sa.Column("expires", WORDS, nullable=False),
        sa.Column("used", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "throttle",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("failures", NUMBER, nullable=False),
        sa.Column("until", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_table(
        "idempotency",
        sa.Column("principal", WORDS, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("request", WORDS, nullable=False),
        sa.Column("status", NUMBER, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("principal", "key"),
        sqlite_strict=True,
    )
