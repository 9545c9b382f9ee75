"""A trail of many model versions: each judged, signed and appended as ever, only hundreds in one transaction."""

import itertools
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from governance.canonical import sha256
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Origin
from governance.operations.judging import judge_submitted
from governance.operations.workspace import Workspace
from governance.policy.document import LoadedPolicy
from governance.settings import DatabaseUrl
from governance.store.account_tables import AccountRow
from governance.store.postgresql import NAMESPACE
from governance.store.tables import HeadRow
from governance.store.trail import TrailStore
from tests.operations.project import MANIFEST, NAME, VERSION, Project

AT_ONCE = 250
VERSIONS_EACH = 20
TABLES = AccountRow.metadata
assert TABLES is HeadRow.metadata, "the log's tables and those of accounts are of one database"


class Maker:
    """New versions of made-up models, each with an artifact of its own; some are denied, some need a review."""

    def __init__(self, project: Project, workspace: Workspace, by: str, where: str) -> None:
        self._measured = []
        for right in (80, 94, 98):
            project.table(right, 100)
            self._measured.append(project.check(dry_run=True, workspace=workspace).evidence)
        self._origin = Origin(kind="measured", by=by, where=where, predictions="supplied")  # type: ignore[arg-type]
        self._random, self._numbers = random.Random(0), itertools.count()

    def make(self) -> tuple[EvidenceSet, bytes]:
        """Evidence and its manifest."""
        number = next(self._numbers)
        name, version = f"model-{number // VERSIONS_EACH:04d}", f"1.{number % VERSIONS_EACH}"
        manifest = MANIFEST.replace(f"name: {NAME}", f"name: {name}").replace(
            f"version: {VERSION}", f"version: {version}"
        )
        measured = self._random.choice(self._measured)
        assert measured.subject.artifact is not None
        artifact = self._random.randbytes(32).hex()
        other = EvidenceSet.from_bytes(
            measured.to_bytes().replace(measured.subject.artifact.encode(), artifact.encode())
        )
        subject = other.subject.model_copy(update={"name": name, "version": version})
        change = {"manifest": sha256(manifest.encode()), "subject": subject, "origin": self._origin}
        return other.model_copy(update=change), manifest.encode()


class _Batched:
    """A store whose transactions are all one."""

    def __init__(self, transaction: Any) -> None:
        self._transaction = transaction

    @contextmanager
    def transaction(self, *_: object) -> Iterator[Any]:
        yield self._transaction


def populate(workspace: Workspace, policies: tuple[LoadedPolicy, ...], maker: Maker, count: int) -> list[str]:
    """The digests of the artifacts."""
    log = workspace.required_signer(workspace.trust().logs[0].origin, "log")
    artifacts = []
    for start in range(0, count, AT_ONCE):
        with TrailStore.open(workspace.place) as store, store.transaction(log, workspace.clock()) as transaction:
            batched = Workspace(workspace.root, workspace.settings, workspace.clock, workspace.entropy)
            batched._kept = _Batched(transaction)  # type: ignore[assignment]
            for _ in range(min(AT_ONCE, count - start)):
                evidence, manifest = maker.make()
                judge_submitted(batched, manifest, evidence, policies, submitter=evidence.origin.by, baseline=None)
                artifacts.append(str(evidence.subject.artifact))
    return artifacts


def copied(file: Path, url: DatabaseUrl) -> None:
    """The same trail in PostgreSQL: every row of every table, into tables that are there and empty."""
    with (
        closing(sqlite3.connect(file)) as source,
        psycopg.connect(url.secret, options=f"-c search_path={NAMESPACE}") as target,
    ):
        target.execute("SET session_replication_role = replica")  # no order among the tables, no triggers
        for table in TABLES.sorted_tables:
            names = [column.name for column in table.columns]
            listed = ", ".join(f'"{name}"' for name in names)
            target.execute(f'DELETE FROM "{table.name}"')
            with target.cursor().copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
                for row in source.execute(f'SELECT {listed} FROM "{table.name}"'):
                    copy.write_row(row)
        target.execute("ANALYZE")
