"""How each model version stands, to be found by urgency; when somebody last signed in.

The table of standings is left empty: after the last step `governance.store.standing.rebuild` fills it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("account", sa.Column("signed_in", WORDS, nullable=True))
    op.create_table(
        "standing",
        sa.Column("name", WORDS, nullable=False),
        sa.Column("version", WORDS, nullable=False),
        sa.Column("idx", NUMBER, nullable=False),
        sa.Column("first", NUMBER, nullable=False),
        sa.Column("asks", WORDS, nullable=False),
        sa.Column("due", WORDS, nullable=False),
        sa.Column("since", WORDS, nullable=False),
        sa.Column("valid_until", WORDS, nullable=False),
        sa.Column("tier", WORDS, nullable=False),
        sa.Column("severity", WORDS, nullable=False),
        sa.Column("findings", NUMBER, nullable=False),
        sa.Column("waiver", WORDS, nullable=False),
        sa.Column("fell", WORDS, nullable=False),
        sa.Column("submitted_by", WORDS, nullable=False),
        sa.Column("measured_by", WORDS, nullable=False),
        sa.Column("sought", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["idx"], ["entry.idx"]),
        sa.PrimaryKeyConstraint("name", "version"),
        sqlite_strict=True,
    )
    op.create_index("standing_by_due", "standing", ["asks", "due"])
    op.create_index("standing_by_first", "standing", ["name", "first"])
    op.create_index("standing_by_entry", "standing", ["idx"])
