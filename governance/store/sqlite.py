"""SQLite as the trail needs it: an acknowledged commit survives a power cut, and every fault has one clear message."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from governance.errors import Broken, GovernanceError, MachineFault, VerificationFailed

APPLICATION_ID = 0x474F5654  # "GOVT"
SCHEMA = 1
"""`user_version` of a trail this code writes: the number of the last migration."""
BUSY_SECONDS = 30
# FULL: a commit is on the disk before it is acknowledged. fullfsync is its name on macOS and ignored elsewhere.
# trusted_schema, cell_size_check: the file may have been edited by an attacker.
_SETTINGS = {
    "page_size": 16384,
    "synchronous": "FULL",
    "fullfsync": "ON",
    "checkpoint_fullfsync": "ON",
    "foreign_keys": "ON",
    "trusted_schema": "OFF",
    "cell_size_check": "ON",
}


def engine_for(path: Path, *, create: bool = False) -> Engine:
    """Connections to one trail file. A transaction begins with `BEGIN`, or `BEGIN IMMEDIATE` with option `writes`."""
    mode = "rwc" if create else "rw"
    uri = f"{path.absolute().as_uri()}?mode={mode}"

    def connect() -> sqlite3.Connection:
        # isolation_level None: the driver begins no transaction by itself; the event below does.
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def _settings(connection: sqlite3.Connection, _record: object) -> None:
        try:
            for name, value in _SETTINGS.items():
                connection.execute(f"PRAGMA {name}={value}")
        except UnicodeDecodeError as error:  # the driver could not even read SQLite's complaint about a damaged schema
            raise sqlite3.DatabaseError("the schema holds text that is not UTF-8") from error

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def pragma(connection: Connection, name: str) -> object:
    """The value of one setting."""
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def is_blank(connection: Connection) -> bool:
    """Whether the file holds nothing yet: new, or its creation was interrupted."""
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar()
    return not (tables or pragma(connection, "application_id") or pragma(connection, "user_version"))


def check_version(connection: Connection, path: Path) -> bool:
    """Whether migrations must run. Raises VerificationFailed where the file is no trail, or one of a newer release."""
    if is_blank(connection):
        raise VerificationFailed(
            Broken.INCOMPLETE,
            "the file is empty: there is no trail in it",
            fix="restore it from a backup, or run `governance init` if it never held one",
            where=str(path),
        )
    application, version = pragma(connection, "application_id"), pragma(connection, "user_version")
    if application != APPLICATION_ID or not isinstance(version, int) or version < 1:
        raise VerificationFailed(
            Broken.MALFORMED,
            "a database, but not a trail",
            got=f"application id {application}, version {version}",
            expected=f"application id {APPLICATION_ID}",
            fix="give the path of a trail.db",
            where=str(path),
        )
    if version > SCHEMA:
        raise VerificationFailed(
            Broken.UNSUPPORTED,
            "the trail was written by a newer governance",
            got=f"tables of version {version}",
            expected=f"at most {SCHEMA}",
            fix="upgrade governance",
            where=str(path),
        )
    return version < SCHEMA


def migrate(connection: Connection) -> None:
    """Bring the tables to `SCHEMA`, inside the caller's transaction: all of it or nothing."""
    # Imported here: a quarter of a second that only a new or an outdated trail has to spend.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "governance.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours: the machine's faults into MachineFault, a broken file into VerificationFailed."""
    try:
        yield
    except PoolTimeout as error:
        raise MachineFault("too many threads want the trail at once", fix="try again", where=str(path)) from error
    except (DBAPIError, sqlite3.Error) as error:
        origin = error.orig if isinstance(error, DBAPIError) else error
        explained = _explain(origin, path)
        if explained is None:
            raise
        raise explained from error


_CALLERS_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError)
_RETRY = "nothing was written; mend it and try again"
_MACHINE = {
    sqlite3.SQLITE_FULL: ("no space left for the trail", f"free some space: {_RETRY}"),
    sqlite3.SQLITE_READONLY: ("the trail cannot be written", f"make the file and its folder writable: {_RETRY}"),
    sqlite3.SQLITE_CANTOPEN: ("the trail cannot be opened", "check that the folder exists and may be written"),
    sqlite3.SQLITE_PERM: ("the trail may not be opened", "check the permissions of the file and its folder"),
    sqlite3.SQLITE_BUSY: (f"another process held the trail for more than {BUSY_SECONDS} seconds", "try again"),
    sqlite3.SQLITE_LOCKED: ("the trail is locked", "try again"),
    sqlite3.SQLITE_PROTOCOL: ("the trail's lock could not be had", "try again"),
    sqlite3.SQLITE_IOERR: ("the disk under the trail does not work, or is full", f"check the disk: {_RETRY}"),
    sqlite3.SQLITE_NOMEM: ("not enough memory for the trail", _RETRY),
}


def _explain(error: BaseException | None, path: Path) -> GovernanceError | None:
    code = getattr(error, "sqlite_errorcode", None)
    code = code & 0xFF if isinstance(code, int) else None  # the low byte is the kind, the rest is detail
    text, where = str(error), str(path)
    if code in _MACHINE:
        what, fix = _MACHINE[code]
        return MachineFault(what, got=f"SQLite says: {text}", fix=fix, where=where)
    restore = "restore the trail from a backup; receipts and bundles made before still verify"
    if code == sqlite3.SQLITE_NOTADB:
        return VerificationFailed(Broken.MALFORMED, "the file is not a trail", got=text, fix=restore, where=where)
    if code == sqlite3.SQLITE_CORRUPT:
        verdict = Broken.INCOMPLETE if _is_cut_off(path) else Broken.MALFORMED
        what = "the trail's file is cut off" if verdict is Broken.INCOMPLETE else "the trail's file is damaged"
        return VerificationFailed(verdict, what, got=text, fix=restore, where=where)
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, _CALLERS_BUGS):
        # Our statements are fixed, so what they cannot do is owed to the file: missing tables, text that is not UTF-8.
        what = "the trail's tables are not as they were made"
        return VerificationFailed(Broken.MALFORMED, what, got=text, fix=restore, where=where)
    return None


def _is_cut_off(path: Path) -> bool:
    """Whether the file is shorter than its own header says (SQLite file format, section 1.3)."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
        pages = int.from_bytes(header[28:32], "big")
        page_size = int.from_bytes(header[16:18], "big")
        return path.stat().st_size < pages * (65536 if page_size == 1 else page_size)
    except OSError:
        return False
