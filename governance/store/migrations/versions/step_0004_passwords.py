"""No hash of a password is kept any more: whoever knows it opens their key, and the trail says which key that is."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("account", "password")
