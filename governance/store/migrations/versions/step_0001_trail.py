"""The trail's tables, and the triggers that keep them append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Not security: whoever can edit the file can drop a trigger, and verification would tell. They stop accidents.
APPEND_ONLY = ("checkpoint", "document", "entry", "outcome", "reference", "tile")


def upgrade() -> None:
    op.create_table(
        "head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name="head_is_one_row"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "entry",
        sa.Column("idx", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("artifact", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("idx"),
        sa.UniqueConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("entry_by_type", "entry", ["type"])
    op.create_index("entry_by_subject", "entry", ["name", "version", "type"])
    op.create_index("entry_by_artifact", "entry", ["artifact", "type"])
    op.create_table(
        "document",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
        sa.UniqueConstraint("commitment"),
        sqlite_strict=True,
    )
    op.create_table(
        "reference",
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["document.sha256"]),
        sa.ForeignKeyConstraint(["idx"], ["entry.idx"]),
        sa.PrimaryKeyConstraint("idx", "position"),
        sqlite_strict=True,
    )
    op.create_index("reference_by_document", "reference", ["document"])
    op.create_table(
        "tile",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number"),
        sqlite_strict=True,
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
        sqlite_strict=True,
    )
    op.create_table(
        "outcome",
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["idx"], ["entry.idx"]),
        sa.PrimaryKeyConstraint("idx", "environment"),
        sqlite_strict=True,
    )
    op.create_table(
        "pseudonym",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("principal"),
        sa.UniqueConstraint("pseudonym"),
        sqlite_strict=True,
    )
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the trail is append-only: no {act} on {table}'); END"
            )
    op.execute(
        "CREATE TRIGGER head_refuses_delete BEFORE DELETE ON head "
        "BEGIN SELECT RAISE(ABORT, 'the trail is append-only: no DELETE on head'); END"
    )
