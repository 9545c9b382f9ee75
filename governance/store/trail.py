"""The trail in one SQLite file that many processes may write: a lock, one transaction, one signed checkpoint each."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlmodel import Session

from governance.errors import BadInput, MachineFault
from governance.signing.keys import Signer
from governance.store import sqlite
from governance.store.snapshot import Snapshot
from governance.store.tables import HeadRow
from governance.store.transaction import Transaction
from governance.trail.entry import EntryType
from governance.trail.merkle import EMPTY_ROOT

RandomBytes = Callable[[int], bytes]


class TrailStore:
    """A trail file. Threads may share one; after a fork, open it again."""

    def __init__(self, path: Path, engine: Engine, random_bytes: RandomBytes) -> None:
        self.path = path
        self._engine = engine
        self._random = random_bytes

    @classmethod
    def create(
        cls, path: Path, origin: str, signer: Signer, now: datetime, random_bytes: RandomBytes = os.urandom
    ) -> Self:
        """Make a trail whose entry 0 says that the log was created. All of it appears, or nothing.

        Raises BadInput where a file is there already, MachineFault where the place cannot be written.
        """
        store = cls(path, cls._new_file(path), random_bytes)
        try:
            with sqlite.faults(path), store._engine.connect() as connection:
                if not sqlite.is_blank(connection):
                    raise _exists(path)
                connection.rollback()
                _set_wal(connection)
            with sqlite.faults(path), store._writing() as session:
                connection = session.connection()
                if not sqlite.is_blank(connection):  # another process was faster
                    raise _exists(path)
                sqlite.migrate(connection)
                session.add(HeadRow(id=1, origin=origin, size=0, root=EMPTY_ROOT))
                session.flush()
                transaction = Transaction(session, str(path), signer, now, random_bytes)
                transaction.append(transaction.compose(EntryType.LOG_CREATED, f"log|{origin}"))
                transaction.seal()
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open(cls, path: Path, random_bytes: RandomBytes = os.urandom) -> Self:
        """Open a trail; tables of an older release are migrated first.

        Raises BadInput where there is no file; VerificationFailed where it is no trail, damaged, or a newer release's.
        """
        if not path.is_file():
            raise BadInput(
                "there is no trail here", got=str(path), fix="run `governance init`, or give the trail's path"
            )
        store = cls(path, sqlite.engine_for(path), random_bytes)
        try:
            with sqlite.faults(path):
                with store._engine.connect() as connection:
                    outdated = sqlite.check_version(connection, path)
                    wal = sqlite.pragma(connection, "journal_mode") == "wal"
                    connection.rollback()
                    if not wal:  # a copy made by VACUUM INTO
                        _set_wal(connection)
                if outdated:
                    with store._writing() as session:
                        if sqlite.check_version(session.connection(), path):
                            sqlite.migrate(session.connection())
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Let go of the file. The last one to do so leaves a single file, without `-wal` and `-shm` beside it."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read one consistent state; writers are not held up."""
        with sqlite.faults(self.path), Session(self._engine, expire_on_commit=False) as session:
            yield Snapshot(session, str(self.path))

    @contextmanager
    def transaction(self, signer: Signer, now: datetime) -> Iterator[Transaction]:
        """Add to the trail. The block reads the newest state under the writer's lock, puts documents, appends entries.

        When it ends, everything is on the disk, under a new signed checkpoint; when it raises, nothing is. A crash at
        any moment leaves the one or the other. Raises VerificationFailed where the log is not as its key left it,
        MachineFault for a full disk, a read-only file, a clock that went backwards, a lock not had within 30 seconds.
        """
        with sqlite.faults(self.path), self._writing() as session:
            transaction = Transaction(session, str(self.path), signer, now, self._random)
            yield transaction
            transaction.seal()
            # Still nothing is durable: leaving _writing commits, and COMMIT returns once the WAL is synced.

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with (
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session
            session.flush()

    @staticmethod
    def _new_file(path: Path) -> Engine:
        try:
            # Before SQLite does: the file holds salts and names, so only its owner may read it (-wal, -shm follow).
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise MachineFault(
                "the trail's file cannot be made",
                got=str(error),
                fix="check that the folder exists and may be written",
                where=str(path),
            ) from error
        return sqlite.engine_for(path, create=True)


def _set_wal(connection: object) -> None:
    raw = connection.connection.driver_connection  # type: ignore[attr-defined]
    raw.execute("PRAGMA journal_mode=WAL")  # not inside a transaction; stays with the file


def _exists(path: Path) -> BadInput:
    return BadInput(
        "there is a file here already",
        got=str(path),
        expected="a path where no trail is",
        fix="use the trail that is there, or give another path; a trail is never replaced",
    )
