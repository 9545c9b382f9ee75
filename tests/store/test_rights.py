"""Three users with the rights that docs/how-to/postgresql.md gives them can do what they are for, and no more."""

from datetime import UTC, datetime

import psycopg
import pytest
from sqlmodel import SQLModel

from governance.errors import MachineFault
from governance.store.trail import TrailStore
from governance.store.verify import verify_trail
from tests.docs import page

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOG = {"checkpoint", "document", "entry", "outcome", "reference", "tile"}
USERS = ("test_owner", "test_writer", "test_reader")


@pytest.fixture
def users(root, postgresql, signer):
    """The address of the trail for each of them."""
    (rights,) = (one for one in page.read(root / "docs/how-to/postgresql.md").blocks if one.title == "rights.sql")
    name = postgresql.new()
    for user in USERS:
        if not postgresql.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", user):
            postgresql.execute(f"CREATE ROLE {user} LOGIN")
    postgresql.execute(f"ALTER DATABASE {name} OWNER TO test_owner")
    urls = {user.removeprefix("test_"): postgresql.url(name, user) for user in USERS}
    TrailStore.create(urls["owner"], "log.example/store", signer, START).close()
    with psycopg.connect(urls["owner"].secret, autocommit=True) as connection:
        connection.execute(rights.text.replace("trail_", "test_"))
    yield urls
    postgresql.drop(name)


def test_each_does_its_work(users, decide, vkey):
    with TrailStore.open(users["writer"]) as store:
        decide(store, range(300))
        assert verify_trail(store, vkey).size == 301
    with TrailStore.open(users["reader"]) as store:
        assert verify_trail(store, vkey).size == 301
        with pytest.raises(MachineFault, match="may not do that"):
            decide(store, range(1))


def test_the_writer_changes_nothing_of_the_log_but_its_head(users):
    tables = {table.name for table in SQLModel.metadata.sorted_tables}
    with psycopg.connect(users["writer"].secret, autocommit=True, options="-c search_path=governance") as writer:
        for table in LOG:
            for statement in (f"UPDATE {table} SET {{}} = {{}}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
                column = next(iter(SQLModel.metadata.tables[table].columns)).name
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    writer.execute(statement.format(column, column))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writer.execute(f"DROP TRIGGER {table}_refuses_update ON {table}")
        for statement in (
            "DELETE FROM head",
            "UPDATE head SET origin = 'x'",
            "UPDATE schema_step SET version_num = '9'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writer.execute(statement)
        # Everything else is the service's to change: nothing that a release adds is forgotten here.
        for table in tables - LOG - {"head"}:
            writer.execute(f"DELETE FROM {table}")


def test_the_reader_sees_the_log_and_nobodys_account(users):
    with psycopg.connect(users["reader"].secret, autocommit=True, options="-c search_path=governance") as reader:
        for table in {*LOG, "head", "pseudonym"}:
            reader.execute(f"SELECT * FROM {table}")
        for table in ("account", "account_key", "api_token", "login_session"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"SELECT * FROM {table}")


def test_only_the_owner_brings_the_tables_up_to_date(users, monkeypatch):
    with psycopg.connect(users["owner"].secret, autocommit=True) as owner:
        owner.execute("UPDATE governance.schema_step SET version_num = '0001'; DROP TABLE governance.account CASCADE")
    with pytest.raises(MachineFault, match="may not do that"):
        TrailStore.open(users["writer"])
