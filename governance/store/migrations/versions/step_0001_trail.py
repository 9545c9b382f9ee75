"""The trail's tables, and the triggers that keep them append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Not security: whoever can edit the file can drop a trigger, and verification would tell. They stop accidents.
APPEND_ONLY = ("checkpoint", "document", "entry", "outcome", "reference", "tile")

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "head",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("origin", WORDS, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name="head_is_one_row"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "entry",
        sa.Column("idx", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("type", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=True),
        sa.Column("version", WORDS, nullable=True),
        sa.Column("artifact", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("idx"),
        sa.UniqueConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("entry_by_type", "entry", ["type"])
    op.create_index("entry_by_subject", "entry", ["name", "version", "type"])
    op.create_index("entry_by_artifact", "entry", ["artifact", "type"])
    op.create_table(
        "document",
        sa.Column("sha256", WORDS, nullable=False),
        sa.Column("type", WORDS, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", WORDS, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
        sa.UniqueConstraint("commitment"),
        sqlite_strict=True,
    )
    op.create_table(
        "reference",
        sa.Column("idx", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("document", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["document"], ["document.sha256"]),
        sa.ForeignKeyConstraint(["idx"], ["entry.idx"]),
        sa.PrimaryKeyConstraint("idx", "position"),
        sqlite_strict=True,
    )
    op.create_index("reference_by_document", "reference", ["document"])
    op.create_table(
        "tile",
        sa.Column("level", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number"),
        sqlite_strict=True,
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", NUMBER, autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
        sqlite_strict=True,
    )
    op.create_table(
        "outcome",
        sa.Column("idx", NUMBER, nullable=False),
        sa.Column("environment", WORDS, nullable=False),
        sa.Column("outcome", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["idx"], ["entry.idx"]),
        sa.PrimaryKeyConstraint("idx", "environment"),
        sqlite_strict=True,
    )
    op.create_table(
        "pseudonym",
        sa.Column("principal", WORDS, nullable=False),
        sa.Column("pseudonym", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("principal"),
        sa.UniqueConstraint("pseudonym"),
        sqlite_strict=True,
    )
    refuse = _refuse_on_postgresql if op.get_bind().dialect.name == "postgresql" else _refuse_on_sqlite
    for table in APPEND_ONLY:
        refuse(table, "UPDATE", "DELETE")
    refuse("head", "DELETE")


def _refuse_on_sqlite(table: str, *acts: str) -> None:
    for act in acts:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the trail is append-only: no {act} on {table}'); END"
        )


def _refuse_on_postgresql(table: str, *acts: str) -> None:
    """TRUNCATE deletes as well, past the triggers of DELETE."""
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_what_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the trail is append-only: no % on %', TG_OP, TG_TABLE_NAME "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for act in (*acts, "TRUNCATE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_what_is_append_only()"
        )
