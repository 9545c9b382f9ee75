import contextlib
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlmodel import SQLModel

from governance.errors import BadInput, Broken, VerificationFailed
from governance.store import database, sqlite
from governance.store.trail import TrailStore
from governance.store.verify import verify_trail
from tests.store.attacker import edit, rows
from tests.store.conftest import on_a_file, on_a_server

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
APPEND_ONLY = ("checkpoint", "document", "entry", "outcome", "reference", "tile")


def test_the_migrations_make_the_tables_that_the_models_describe(store, place):
    with store._reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "schema_step", "compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        made = set(inspect(connection).get_table_names())
    ours = {table.name for table in SQLModel.metadata.sorted_tables}
    assert ours == made - {"schema_step"}
    if isinstance(place, Path):
        for name in ours:
            (sql,) = rows(place, "SELECT sql FROM sqlite_schema WHERE name = ?", name)[0]
            assert sql.rstrip().endswith("STRICT"), name


@on_a_server
def test_numbers_have_64_bits_and_texts_are_compared_by_their_bytes(store, place):
    found = rows(
        place,
        "SELECT data_type, collation_name FROM information_schema.columns"
        " WHERE table_schema = 'governance' AND table_name <> 'schema_step'",
    )
    assert set(found) == {("bigint", None), ("bytea", None), ("text", "C")}


def test_the_version_is_the_last_migrations_number():
    config = Config()
    config.set_main_option("script_location", "governance.store:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == f"{database.SCHEMA:04d}"


@pytest.mark.parametrize("place, acts", [
    ("sqlite", ("UPDATE {0} SET {1} = {1}", "DELETE FROM {0}")),
    ("postgresql", ("UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE")),
], indirect=["place"])  # fmt: skip
def test_append_only(store, decide, place, acts):
    a_file = isinstance(place, Path)
    decide(store, range(300 if a_file else 3))  # a trigger of a file speaks for a row, a server's for a statement
    store.close()
    columns = {table.name: next(iter(table.columns)).name for table in SQLModel.metadata.sorted_tables}
    statements = [(table, act.format(table, columns[table])) for table in APPEND_ONLY for act in acts]
    statements += [("head", act.format("head", "id")) for act in acts[1:]]
    for table, statement in statements:
        assert not a_file or rows(place, f"SELECT count(*) FROM {table}") > [(0,)], table
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match="append-only"):
            rows(place, statement)


@on_a_file
def test_settings(store):
    expected = {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "busy_timeout": 30_000,
        "page_size": 16384, "application_id": sqlite.APPLICATION_ID, "user_version": database.SCHEMA,
    }  # fmt: skip
    with store._engine.connect() as connection:
        assert {name: sqlite.pragma(connection, name) for name in expected} == expected


@on_a_file
@pytest.mark.parametrize(
    "statement, verdict",
    [
        (f"PRAGMA user_version={database.SCHEMA + 1}", Broken.UNSUPPORTED),
        ("PRAGMA application_id=7", Broken.MALFORMED),
        ("PRAGMA user_version=0", Broken.MALFORMED),
    ],
)
def test_a_file_of_another_release_or_application_is_refused(store, path, statement, verdict):
    store.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    with pytest.raises(VerificationFailed) as caught:
        TrailStore.open(path)
    assert caught.value.verdict is verdict


@on_a_server
@pytest.mark.parametrize(
    "statement, verdict",
    [
        (f"UPDATE schema_step SET version_num = '{database.SCHEMA + 1:04d}'", Broken.UNSUPPORTED),
        ("UPDATE schema_step SET version_num = 'theirs'", Broken.MALFORMED),
        ("DELETE FROM schema_step", Broken.MALFORMED),
        ("DROP TABLE schema_step", Broken.MALFORMED),
        ("DROP TABLE head", Broken.MALFORMED),
    ],
)
def test_a_database_of_another_release_or_application_is_refused(store, place, signer, statement, verdict):
    store.close()
    edit(place, statement)
    with pytest.raises(VerificationFailed) as caught:
        TrailStore.open(place)
    assert caught.value.verdict is verdict
    with pytest.raises(BadInput, match="already"):
        TrailStore.create(place, "log.example/store", signer, START)


def test_opening_and_appending_does_not_load_the_migration_tool(store, place):
    store.close()
    where = f"Path({str(place)!r})" if isinstance(place, Path) else f"DatabaseUrl({place.secret!r})"
    code = (
        "import sys; from pathlib import Path; from governance.settings import DatabaseUrl\n"
        "from governance.store.trail import TrailStore\n"
        f"with TrailStore.open({where}).snapshot() as trail: trail.head()\n"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@on_a_file
def test_a_copy_made_by_vacuum_into_opens_and_verifies(store, path, decide, vkey, tmp_path):
    decide(store, range(5))
    copy = tmp_path / "copy.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    with TrailStore.open(copy) as opened:
        assert verify_trail(opened, vkey) == verify_trail(store, vkey)
        decide(opened, range(5, 6))
        assert verify_trail(opened, vkey).size == 7


def test_an_interrupted_creation_can_be_done_again(place, signer, monkeypatch):
    def interrupted(self, connection):
        migrate(self, connection)
        raise KeyboardInterrupt

    backend = type(database.database_at(place))
    migrate = backend.migrate
    with monkeypatch.context() as patch:
        patch.setattr(backend, "migrate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            TrailStore.create(place, "log.example/store", signer, START)
    with pytest.raises((VerificationFailed, BadInput), match="no trail"):
        TrailStore.open(place)
    TrailStore.create(place, "log.example/store", signer, START).close()
    TrailStore.open(place).close()


def test_a_trail_of_an_older_release_is_brought_up_to_date(store, place, decide, vkey):
    """As the first release left it: the log alone."""
    decide(store, range(3))
    store.close()
    log = {*APPEND_ONLY, "head", "pseudonym"}
    later = [table.name for table in reversed(SQLModel.metadata.sorted_tables) if table.name not in log]
    assert later
    edit(
        place,
        *(f"DROP TABLE {name}" for name in later),
        "UPDATE schema_step SET version_num = '0001'",
        *(["PRAGMA user_version=1"] if isinstance(place, Path) else []),
    )
    with TrailStore.open(place) as opened:
        assert verify_trail(opened, vkey).size == 4
    with TrailStore.open(place) as again, again._reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "schema_step", "compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
