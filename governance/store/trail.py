"""The trail in one database that many processes may write: a lock, one transaction, one signed checkpoint each."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from governance.errors import MachineFault
from governance.signing.keys import Signer
from governance.store.database import Database, Place, database_at
from governance.store.newest import Known
from governance.store.snapshot import Snapshot
from governance.store.tables import HeadRow
from governance.store.transaction import Transaction
from governance.trail.entry import EntryType
from governance.trail.merkle import EMPTY_ROOT

RandomBytes = Callable[[int], bytes]


class TrailStore:
    """A trail: a file of SQLite, or a database of PostgreSQL. Threads may share one; after a fork, open it again."""

    def __init__(self, database: Database, engine: Engine, random_bytes: RandomBytes) -> None:
        self.where = database.where
        self._database = database
        self._engine = engine
        self._random = random_bytes
        self.known = Known()
        """What was seen of the log since it was opened."""

    @classmethod
    def create(
        cls, place: Place, origin: str, signer: Signer, now: datetime, random_bytes: RandomBytes = os.urandom
    ) -> Self:
        """Make a trail whose entry 0 says that the log was created. All of it appears, or nothing.

        Raises BadInput where something is there already, MachineFault where the place cannot be written.
        """
        database = database_at(place)
        store = cls(database, database.engine(create=True), random_bytes)
        try:
            with database.faults(), store._reading() as connection:
                if not database.is_blank(connection):
                    raise database.occupied()
                database.settle(connection)
            with database.faults(), store._writing() as session:
                connection = session.connection()
                if not database.is_blank(connection):  # another process was faster
                    raise database.occupied()
                database.migrate(connection)
                session.add(HeadRow(id=1, origin=origin, size=0, root=EMPTY_ROOT))
                session.flush()
                transaction = Transaction(session, database, signer, now, random_bytes)
                transaction.append(transaction.compose(EntryType.LOG_CREATED, f"log|{origin}"))
                transaction.seal()
                store._commit(session, transaction)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open(cls, place: Place, random_bytes: RandomBytes = os.urandom) -> Self:
        """Open a trail; tables of an older release are migrated first.

        Raises BadInput where there is none; VerificationFailed where it is no trail, damaged, or a newer release's.
        """
        database = database_at(place)
        store = cls(database, database.engine(), random_bytes)
        try:
            with database.faults():
                with store._reading() as connection:
                    outdated = database.is_outdated(connection)
                    database.settle(connection)
                if outdated:
                    with store._writing() as session:
                        if database.is_outdated(session.connection()):
                            database.migrate(session.connection())
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
        with (
            self._database.faults(),
            self._reading() as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield Snapshot(session, self._database)

    @contextmanager
    def confirmed(self, vkeys: Sequence[str]) -> Iterator[Snapshot]:
        """Read one consistent state, which the log signed and which continues those that were confirmed before. Raises
        VerificationFailed, as `Known.confirm`."""
        with self.snapshot() as snapshot:
            self.known.confirm(snapshot, vkeys)
            yield snapshot

    @contextmanager
    def transaction(self, signer: Signer, now: datetime) -> Iterator[Transaction]:
        """Add to the trail. The block reads the newest state under the writer's lock, puts documents, appends entries.

        When it ends, everything is on the disk, under a new signed checkpoint; when it raises, nothing is. A crash at
        any moment leaves the one or the other. Raises VerificationFailed where the log is not as its key left it,
        MachineFault for a full disk, a read-only place, a clock that went backwards, a lock not had within 30 seconds,
        and for a connection lost while it was committing: that one alone cannot say which of the two it is.
        """
        with self._database.faults(), self._writing() as session:
            transaction = Transaction(session, self._database, signer, now, self._random)
            yield transaction
            transaction.seal()
            # Still nothing is durable: COMMIT returns once it is.
            self._commit(session, transaction)

    def _reading(self) -> Connection:
        return self._engine.connect()

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with (
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session
            session.flush()

    def _commit(self, session: Session, transaction: Transaction) -> None:
        session.flush()
        connection = session.connection()
        self._database.before_commit(connection)
        try:
            connection.commit()
        except DBAPIError as error:
            added = transaction.added
            if not (added and self._database.lost(error)):
                raise
            raise MachineFault(
                "the connection was lost during COMMIT: whether this was recorded is not known",
                got=str(error.orig).strip(),
                expected=f"all or nothing of {len(added)} entries, the last with the id {added[-1]}",
                fix="look for that id in `governance trail show --format json`; where it is not, do it again: an entry"
                " that is appended again under its id stays one entry",
                where=self.where,
            ) from error


def origin_at(place: Place) -> str | None:
    """The name of the log that is there, None where nothing is. Raises VerificationFailed where something else is."""
    database = database_at(place)
    engine = database.engine()
    try:
        with database.faults(), engine.connect() as connection:
            if database.is_blank(connection):
                return None
            database.is_outdated(connection)
            with Session(connection) as session:
                return Snapshot(session, database).head().origin
    finally:
        engine.dispose()
