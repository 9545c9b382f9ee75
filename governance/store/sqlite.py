"""SQLite as the trail needs it: an acknowledged commit survives a power cut, and every fault has one clear message."""

import os
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from governance.errors import BadInput, Broken, GovernanceError, MachineFault, VerificationFailed
from governance.store.database import BUSY_SECONDS, SCHEMA, explained, is_older, run_steps

APPLICATION_ID = 0x474F5654  # "GOVT"
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


class Sqlite:
    """One file. A transaction begins with `BEGIN`, or `BEGIN IMMEDIATE` where it writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = str(path)

    def engine(self, *, create: bool = False) -> Engine:
        if create:
            self._make_file()
        elif not self.path.is_file():
            raise BadInput(
                "there is no trail here", got=self.where, fix="run `governance init`, or give the trail's path"
            )
        uri = f"{self.path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"

        def connect() -> sqlite3.Connection:
            # isolation_level None: the driver begins no transaction by itself; the event below does.
            return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

        engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

        @event.listens_for(engine, "connect")
        def _settings(connection: sqlite3.Connection, _record: object) -> None:
            try:
                for name, value in _SETTINGS.items():
                    connection.execute(f"PRAGMA {name}={value}")
            except UnicodeDecodeError as error:  # the driver could not even read SQLite's complaint about the schema
                raise sqlite3.DatabaseError("the schema holds text that is not UTF-8") from error

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            writes = connection.get_execution_options().get("writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def _make_file(self) -> None:
        try:
            # Before SQLite does: the file holds salts and names, so only its owner may read it (-wal, -shm follow).
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise MachineFault(
                "the trail's file cannot be made",
                got=str(error),
                fix="check that the folder exists and may be written",
                where=self.where,
            ) from error

    def is_blank(self, connection: Connection) -> bool:
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar()
        return not (tables or pragma(connection, "application_id") or pragma(connection, "user_version"))

    def occupied(self) -> BadInput:
        return BadInput(
            "there is a file here already",
            got=self.where,
            expected="a path where no trail is",
            fix="use the trail that is there, or give another path; a trail is never replaced",
        )

    def is_outdated(self, connection: Connection) -> bool:
        if self.is_blank(connection):
            raise VerificationFailed(
                Broken.INCOMPLETE,
                "the file is empty: there is no trail in it",
                fix="restore it from a backup, or run `governance init` if it never held one",
                where=self.where,
            )
        application, version = pragma(connection, "application_id"), pragma(connection, "user_version")
        if application != APPLICATION_ID or not isinstance(version, int) or version < 1:
            raise VerificationFailed(
                Broken.MALFORMED,
                "a database, but not a trail",
                got=f"application id {application}, version {version}",
                expected=f"application id {APPLICATION_ID}",
                fix="give the path of a trail.db",
                where=self.where,
            )
        return is_older(version, self.where)

    def settle(self, connection: Connection) -> None:
        if pragma(connection, "journal_mode") == "wal":  # it is not in a copy made by VACUUM INTO
            return
        connection.rollback()
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("PRAGMA journal_mode=WAL")  # not inside a transaction; stays with the file

    def migrate(self, connection: Connection) -> None:
        run_steps(connection)
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")

    def before_commit(self, connection: Connection) -> None:
        pass  # COMMIT returns once the WAL is synced: see _SETTINGS

    def lost(self, error: Exception) -> bool:
        return False

    def damage(self, connection: Connection) -> str:
        answer = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar())
        return "" if answer == "ok" else answer

    def not_checked(self, connection: Connection) -> tuple[str, ...]:
        return ()

    def faults(self) -> AbstractContextManager[None]:
        return explained(sqlite3.Error, lambda error: _explain(error, self.path), self.where)


def pragma(connection: Connection, name: str) -> object:
    """The value of one setting."""
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


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
