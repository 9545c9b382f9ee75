"""Somebody with the database, but without the key: triggers and foreign keys are no hindrance to them."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from governance.store.database import Place

Statement = str | tuple[str, tuple[object, ...]]


def rows(place: Place, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What a query finds in the trail's tables."""
    with _connected(place) as connection:
        return connection.execute(_spoken(place, statement), parameters).fetchall()


def edit(place: Place, *statements: Statement) -> None:
    """Change a closed trail. SQLite's `?` and zeroblob(n) are understood on both databases."""
    with _connected(place) as connection:
        with _unhindered(place, connection):
            for one in statements:
                statement, parameters = one if isinstance(one, tuple) else (one, ())
                connection.execute(_spoken(place, statement), parameters)
        connection.commit()


def _connected(place: Place) -> Any:
    if isinstance(place, Path):
        return contextlib.closing(sqlite3.connect(place))
    return psycopg.connect(place.secret, options="-c search_path=governance")


@contextlib.contextmanager
def _unhindered(place: Place, connection: Any) -> Iterator[None]:
    if isinstance(place, Path):
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            if re.search(r" ON (\w+) ", sql)[1] in _tables(connection):
                connection.execute(sql)
        return
    connection.execute("SET session_replication_role = replica")
    yield


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def _spoken(place: Place, statement: str) -> str:
    if isinstance(place, Path):
        return statement
    return re.sub(r"zeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')", statement).replace("?", "%s")
