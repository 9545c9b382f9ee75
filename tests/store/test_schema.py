import contextlib
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from governance.errors import Broken, VerificationFailed
from governance.store import database, sqlite
from governance.store.trail import TrailStore
from governance.store.verify import verify_trail

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
APPEND_ONLY = ("checkpoint", "document", "entry", "outcome", "reference", "tile")


def test_the_migrations_make_the_tables_that_the_models_describe(store):
    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "schema_step", "compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        made = dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").all())
    ours = {table.name for table in SQLModel.metadata.sorted_tables}
    assert ours == made.keys() - {"schema_step"}
    for name in ours:
        assert made[name].rstrip().endswith("STRICT"), name


def test_the_version_is_the_last_migrations_number():
    config = Config()
    config.set_main_option("script_location", "governance.store:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == f"{database.SCHEMA:04d}"


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only(store, decide, path, table):
    decide(store, range(300))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (column, *_), *_ = connection.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchall()
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM head")


def test_settings(store):
    expected = {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "busy_timeout": 30_000,
        "page_size": 16384, "application_id": sqlite.APPLICATION_ID, "user_version": database.SCHEMA,
    }  # fmt: skip
    with store._engine.connect() as connection:
        assert {name: sqlite.pragma(connection, name) for name in expected} == expected


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


def test_opening_and_appending_does_not_load_the_migration_tool(store, path):
    store.close()
    code = (
        "import sys; from pathlib import Path; from governance.store.trail import TrailStore\n"
        f"with TrailStore.open(Path({str(path)!r})).snapshot() as trail: trail.head()\n"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_copy_made_by_vacuum_into_opens_and_verifies(store, path, decide, vkey, tmp_path):
    decide(store, range(5))
    copy = tmp_path / "copy.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    with TrailStore.open(copy) as opened:
        assert verify_trail(opened, vkey) == verify_trail(store, vkey)
        decide(opened, range(5, 6))
        assert verify_trail(opened, vkey).size == 7


def test_an_interrupted_creation_can_be_done_again(path, signer, monkeypatch):
    def interrupted(self, connection):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sqlite.Sqlite, "migrate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            TrailStore.create(path, "log.example/store", signer, START)
    with pytest.raises(VerificationFailed, match=re.escape("no trail in it")) as caught:
        TrailStore.open(path)
    assert caught.value.verdict is Broken.INCOMPLETE
    TrailStore.create(path, "log.example/store", signer, START).close()
    TrailStore.open(path).close()
