"""What the trail asks of a database, and which one a place names: a file of SQLite, or a server of PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from governance.errors import BadInput, Broken, GovernanceError, MachineFault, VerificationFailed
from governance.settings import DatabaseUrl

Place = Path | DatabaseUrl
"""Where a trail is. As text it may be shown to anybody."""

SCHEMA = 5
"""The version of the tables this code writes: the number of the last migration."""
BUSY_SECONDS = 30
"""How long a writer waits for the one before it."""


class Database(Protocol):
    """One of the two. What differs between them is here and in the migrations; all else is written once."""

    @property
    def where(self) -> str:
        """The place, for messages."""

    def engine(self, *, create: bool = False) -> Engine:
        """Connections to a trail, or to where one is to be made: each transaction reads one state of it, or, with the
        option `writes`, is the only one that writes from its beginning. Raises BadInput, MachineFault."""

    def is_blank(self, connection: Connection) -> bool:
        """Whether there is nothing yet: new, or the creation was interrupted."""

    def occupied(self) -> BadInput:
        """What to say to whoever wants to make a trail where something is."""

    def is_outdated(self, connection: Connection) -> bool:
        """Whether migrations must run. BadInput or VerificationFailed where it is no trail, or a newer release's."""

    def settle(self, connection: Connection) -> None:
        """See to what stays with the database, outside of a transaction."""

    def migrate(self, connection: Connection) -> None:
        """Bring the tables to `SCHEMA`, inside the caller's transaction: all of it or nothing."""

    def before_commit(self, connection: Connection) -> None:
        """Refuse to commit what would be acknowledged before it is durable. Raises MachineFault."""

    def lost(self, error: Exception) -> bool:
        """Of an error of COMMIT: whether it leaves open if the transaction is there."""

    def damage(self, connection: Connection) -> str:
        """What the database finds wrong with its own files, empty where it finds nothing or cannot look."""

    def not_checked(self, connection: Connection) -> tuple[str, ...]:
        """What nobody but the database's operator can check."""

    def faults(self) -> AbstractContextManager[None]:
        """Turn the driver's errors into ours: the machine's into MachineFault, a broken trail's into
        VerificationFailed."""


def database_at(place: Place) -> Database:
    """Raises BadInput where the driver is not installed."""
    if isinstance(place, Path):
        from governance.store.sqlite import Sqlite

        return Sqlite(place)
    try:
        from governance.store.postgresql import PostgreSQL
    except ImportError as error:
        raise BadInput(
            "PostgreSQL is not installed: the base install keeps the trail in a file",
            got=str(error),
            fix="pip install 'governance[server]', or unset GOVERNANCE_DATABASE_URL",
            where=str(place),
        ) from error
    return PostgreSQL(place)


def run_steps(connection: Connection) -> None:
    """The migrations, in the transaction that the connection is in. What follows from the documents is made anew."""
    # Imported here: a quarter of a second that only a new or an outdated trail has to spend.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "governance.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    from governance.store.standing import rebuild

    with Session(connection) as session:
        rebuild(session)


def is_older(version: int, where: str) -> bool:
    """Whether tables of this version must be migrated. VerificationFailed where a newer release made them."""
    if version > SCHEMA:
        raise VerificationFailed(
            Broken.UNSUPPORTED,
            "the trail was written by a newer governance",
            got=f"tables of version {version}",
            expected=f"at most {SCHEMA}",
            fix="upgrade governance",
            where=where,
        )
    return version < SCHEMA


@contextmanager
def explained(
    driver: type[Exception], explain: Callable[[BaseException | None], GovernanceError | None], where: str
) -> Iterator[None]:
    """Raises what `explain` says of the driver's error, and the error itself where it says nothing: a bug of ours.
    MachineFault where too many threads want the database."""
    try:
        yield
    except PoolTimeout as error:
        raise MachineFault("too many threads want the trail at once", fix="try again", where=where) from error
    except (DBAPIError, driver) as error:
        said = explain(error.orig if isinstance(error, DBAPIError) else error)
        if said is None:
            raise
        raise said from error
