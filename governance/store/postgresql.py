"""PostgreSQL as the trail needs it: the same promises as the file's, in a schema of its own of somebody's database."""

import re
from contextlib import AbstractContextManager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from governance.errors import BadInput, Broken, GovernanceError, MachineFault, VerificationFailed
from governance.settings import DatabaseUrl
from governance.store.database import BUSY_SECONDS, explained, is_older, run_steps

NAMESPACE = "governance"
"""The schema that is ours; the rest of the database is not looked at."""
LOCK = 0x474F5654  # "GOVT"
"""The advisory lock of writers."""
STATEMENT_SECONDS = 2 * BUSY_SECONDS
"""Longer than the wait for a lock, or it would be this one that ends the wait, with the wrong message."""

# What the address does not say. A server that is gone must be noticed. No prepared statements, and settings for one
# transaction only: a pooler between us may hand each transaction to another session.
_CONNECTION = {
    "client_encoding": "UTF8",
    "application_name": "governance",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 1000 * BUSY_SECONDS,
    "prepare_threshold": None,
}
_SET = "SELECT " + ", ".join(
    f"pg_catalog.set_config('{name}', '{value}', true)"
    for name, value in {
        # Temporary tables, which are searched first where nothing is said, cannot pass for ours.
        "search_path": f"{NAMESPACE}, pg_temp",
        "lock_timeout": f"{BUSY_SECONDS}s",
        "statement_timeout": f"{STATEMENT_SECONDS}s",
    }.items()
)
# A writer that hangs must not hold the lock for ever. synchronous_commit: a session, role or database may have lowered
# it; remote_apply promises more than on, and stays.
_SET_WRITER = (
    f"{_SET}, pg_catalog.set_config('idle_in_transaction_session_timeout', '{STATEMENT_SECONDS}s', true),"
    " pg_catalog.set_config('synchronous_commit', CASE pg_catalog.current_setting('synchronous_commit')"
    " WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)"
)
_NEWEST, _ONE_STATE = psycopg.IsolationLevel.READ_COMMITTED, psycopg.IsolationLevel.REPEATABLE_READ
_DURABLE = ("on", "remote_apply")


class PostgreSQL:
    """One database of a server. Readers see one state; a writer holds an advisory lock from its beginning."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.where = str(url)
        try:
            self._parameters: dict[str, Any] = _CONNECTION | conninfo_to_dict(url.secret)
        except psycopg.Error as error:
            raise BadInput(  # not `from error`: libpq repeats the address, with its password
                "not the address of a PostgreSQL database",
                got=type(error).__name__,
                expected="postgresql://user@host:5432/database",
                where="GOVERNANCE_DATABASE_URL",
            ) from None

    def engine(self, *, create: bool = False) -> Engine:
        def connect() -> psycopg.Connection[Any]:
            return psycopg.connect(**self._parameters)

        # pool_pre_ping: a connection that did not survive the server's restart is replaced, not handed out.
        engine = create_engine(
            "postgresql+psycopg://", creator=connect, poolclass=QueuePool, pool_pre_ping=True, use_native_hstore=False
        )

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            writes = connection.get_execution_options().get("writes", False)
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            # How the driver will say BEGIN. A writer's statements each see what was committed before them, and so, once
            # the lock is had, the newest state. None: what the operator set for this database holds.
            driver.isolation_level = _NEWEST if writes else _ONE_STATE
            driver.read_only = None if writes else True
            connection.exec_driver_sql(_SET_WRITER if writes else _SET)
            if writes:
                connection.exec_driver_sql(f"SELECT pg_catalog.pg_advisory_xact_lock({LOCK})")

        return engine

    def is_blank(self, connection: Connection) -> bool:
        return not _tables(connection)

    def occupied(self) -> BadInput:
        return BadInput(
            f"there are tables in the schema {NAMESPACE} already",
            got=self.where,
            expected="a database where no trail is",
            fix="use the trail that is there, with the trust file that was made with it, or give another database;"
            " a trail is never replaced",
        )

    def is_outdated(self, connection: Connection) -> bool:
        tables = _tables(connection)
        if not tables:
            raise BadInput(
                "there is no trail here",
                got=self.where,
                fix="run `governance init`; if there was one, restore the database from a backup",
            )
        steps = (
            connection.exec_driver_sql("SELECT version_num FROM schema_step").scalars().all()
            if "schema_step" in tables
            else []
        )
        if len(steps) != 1 or not steps[0].isdecimal() or "head" not in tables:
            raise VerificationFailed(
                Broken.MALFORMED,
                f"the schema {NAMESPACE} holds tables, but not a trail's",
                got=", ".join(sorted(tables)[:10]),
                fix="give the address of a trail's database",
                where=self.where,
            )
        return is_older(int(steps[0]), self.where)

    def settle(self, connection: Connection) -> None:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise BadInput(
                "the database cannot hold every text",
                got=f"encoding {encoding}",
                expected="UTF8",
                fix="make one with `createdb --template=template0 --encoding=UTF8`",
                where=self.where,
            )

    def migrate(self, connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        # Not IF NOT EXISTS: that asks for the right to make one even where somebody made it for us.
        if connection.exec_driver_sql(f"SELECT pg_catalog.to_regnamespace('{NAMESPACE}')").scalar() is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {NAMESPACE}")
        run_steps(connection)

    def before_commit(self, connection: Connection) -> None:
        durable = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
        if durable not in _DURABLE:
            raise MachineFault(
                "the database would acknowledge a commit before it is on the disk",
                got=f"synchronous_commit = {durable}",
                expected=" or ".join(_DURABLE),
                fix="see to who changes it inside of our transaction: nothing was written",
                where=self.where,
            )

    def lost(self, error: Exception) -> bool:
        origin = error.orig if isinstance(error, DBAPIError) else error
        return isinstance(origin, psycopg.OperationalError) and _kind(origin.sqlstate) == _LOST

    def damage(self, connection: Connection) -> str:
        return ""  # there is no file that is ours to look at: `not_checked` says so

    def not_checked(self, connection: Connection) -> tuple[str, ...]:
        files = "the server's own files (`pg_amcheck` does)"
        if connection.exec_driver_sql("SHOW fsync").scalar() == "on":
            return (files,)
        return files, "that what is recorded survives a power cut: the server runs with fsync = off"

    def faults(self) -> AbstractContextManager[None]:
        return explained(psycopg.Error, lambda error: _explain(error, self.where), self.where)


def _tables(connection: Connection) -> set[str]:
    query = (
        "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = '{NAMESPACE}' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    )
    return set(connection.exec_driver_sql(query).scalars())


_RETRY = "nothing was written; mend it and try again"
_RIGHTS = "docs/how-to/postgresql.md lists the rights that are needed"
_LOST = ("the database is gone, or the connection to it", "see to the server and the network between, and try again")
# https://www.postgresql.org/docs/current/errcodes-appendix.html: by code, else by class, the first two characters.
_MACHINE = {
    "08": _LOST,
    "57P": _LOST,
    "25P03": ("this process held the trail too long without a word to the database", _RETRY),
    "25006": ("the database may only be read: a standby, or set to read-only", f"write to the primary: {_RETRY}"),
    "28": ("the database does not let us in", "check user and password of GOVERNANCE_DATABASE_URL, and ~/.pgpass"),
    "3D000": ("there is no such database", "make it with `createdb --encoding=UTF8`, or mend GOVERNANCE_DATABASE_URL"),
    "40": ("the database gave way to somebody else", "try again: nothing was written"),
    "42501": ("the database's user may not do that", f"{_RIGHTS}: {_RETRY}"),
    "53100": ("no space left for the trail", f"free some space on the server: {_RETRY}"),
    "53200": ("not enough memory for the trail", f"on the server: {_RETRY}"),
    "53300": ("the database has too many connections", "try again, or see to max_connections"),
    "55P03": (f"another process held the trail for more than {BUSY_SECONDS} seconds", "try again"),
    "57014": (f"the database took more than {STATEMENT_SECONDS} seconds", _RETRY),
    "XX000": ("the database failed inside", "its log says more"),
    "58": ("the disk under the database does not work, or is full", f"check the server's disk: {_RETRY}"),
}
# Before there is a connection libpq has no code for us, only the server's words. Where they are none of these, and in
# another language, the server's own sentence stands beside "is gone".
_WORDS = (
    (re.compile("too many (clients|connections)|connection slots"), "53300"),
    (re.compile('database ".*" does not exist'), "3D000"),
    (re.compile('authentication failed|pg_hba.conf|permission denied|role ".*" (does not exist|is not perm)'), "28"),
)
_RESTORE = "restore the database from a backup; receipts and bundles made before still verify"


def _kind(code: str | None) -> tuple[str, str] | None:
    """What to say of an SQLSTATE, and what to do. Without one there is no server that could have sent it."""
    if code is None:
        return _LOST
    return next((_MACHINE[code[:size]] for size in (5, 3, 2) if code[:size] in _MACHINE), None)


def _explain(error: BaseException | None, where: str) -> GovernanceError | None:
    if not isinstance(error, psycopg.Error):
        return None
    code, text = error.sqlstate, (error.diag.message_primary or str(error)).strip()
    if isinstance(error, psycopg.DataError) and code is None:  # the driver's own: a NUL in what was asked for
        return BadInput("not a text that the trail could hold", got=text, where=where)
    if code is None and "FATAL" in text:
        code = next((code for words, code in _WORDS if words.search(text)), None)
    kind = _kind(code) if code or isinstance(error, psycopg.OperationalError) else None
    if kind is not None:
        return MachineFault(kind[0], got=f"PostgreSQL says: {text}", fix=kind[1], where=where)
    if code is not None and code.startswith("XX"):
        return VerificationFailed(Broken.MALFORMED, "the database is damaged", got=text, fix=_RESTORE, where=where)
    if isinstance(error, psycopg.ProgrammingError) and code is not None:
        # Our statements are fixed, so what they cannot do is owed to the tables.
        what = "the trail's tables are not as they were made"
        return VerificationFailed(Broken.MALFORMED, what, got=text, fix=_RESTORE, where=where)
    return None
