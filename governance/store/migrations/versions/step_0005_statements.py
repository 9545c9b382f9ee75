"""How many statements a model version waits for, and who may sign them.

What stands in the columns until `governance.store.standing.rebuild`, after the last step, is nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.execute("DELETE FROM standing")
    op.add_column("standing", sa.Column("statements", NUMBER, nullable=False))
    op.add_column("standing", sa.Column("signers", WORDS, nullable=False))
