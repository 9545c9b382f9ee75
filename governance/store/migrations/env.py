"""Runs the steps on the connection it is given, inside the transaction that connection is in."""

from alembic import context
from sqlmodel import SQLModel

from governance.store import account_tables, tables

assert tables and account_tables  # imported for the metadata they fill
connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=SQLModel.metadata, version_table="schema_step", render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
