"""Lists for programs, page by page from a place on: a page stays what it is while the trail grows.

The index is believed here, as in `listing`: nothing is decided by a list.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from governance.evidence.origin import Subject
from governance.store.listing import Listed, ListedModel, listed
from governance.store.snapshot import Snapshot, StoredEntry
from governance.store.tables import DocumentRow, EntryRow, OutcomeRow, ReferenceRow
from governance.trail.entry import EntryType
from governance.verification import DECISION


class Issued(NamedTuple):
    """A decision as it is listed. `latest`: none about the same model version came after it."""

    listed: Listed
    time: str
    latest: bool


class Wanted(NamedTuple):
    """Decisions that are all of this. `outcome` is that of `environment`, of any where none is named; `latest`: only
    the newest about each model version."""

    name: str | None = None
    version: str | None = None
    artifact: str | None = None
    outcome: str | None = None
    environment: str | None = None
    latest: bool = False


def decisions(snapshot: Snapshot, wanted: Wanted, *, before: int | None, limit: int) -> list[Issued]:
    """Newest first, from the first before entry `before` on."""
    query = select(EntryRow.idx).where(col(EntryRow.type) == str(EntryType.DECISION_ISSUED), *_conditions(wanted))
    if before is not None:
        query = query.where(col(EntryRow.idx) < before)
    indices = list(snapshot.rows(query.order_by(col(EntryRow.idx).desc()).limit(limit)))
    overtaken = set(snapshot.rows(select(EntryRow.idx).where(col(EntryRow.idx).in_(indices), _overtaken())))
    return [
        Issued(one, snapshot.entry(one.issued.index).entry.time, one.issued.index not in overtaken)
        for one in listed(snapshot, indices)
    ]


def decided(snapshot: Snapshot, wanted: Wanted) -> Iterator[tuple[int, str]]:
    """The entry's index and the document's digest of decisions, oldest first, a few at a time: for whoever reads them
    all, which then are checked one by one."""
    query = (
        select(EntryRow.idx, DocumentRow.sha256)
        .join(ReferenceRow, col(ReferenceRow.idx) == col(EntryRow.idx))
        .join(DocumentRow, col(DocumentRow.sha256) == col(ReferenceRow.document))
        .where(col(EntryRow.type) == str(EntryType.DECISION_ISSUED), col(DocumentRow.type) == DECISION)
        .where(*_conditions(wanted))
        .order_by(col(EntryRow.idx))
    )
    yield from snapshot.rows(query)


def models(snapshot: Snapshot, *, after: str, limit: int) -> list[ListedModel]:
    """Models by name, from the first after `after` on."""
    query = (
        select(EntryRow.name, func.count(func.distinct(EntryRow.version)), func.max(EntryRow.idx))
        .where(col(EntryRow.type) == str(EntryType.DECISION_ISSUED), col(EntryRow.name) > after)
        .group_by(col(EntryRow.name))
        .order_by(col(EntryRow.name))
        .limit(limit)
    )
    rows = list(snapshot.rows(query))
    newest = {one.issued.index: one for one in listed(snapshot, [index for _, _, index in rows])}
    return [ListedModel(name, count, newest[index]) for name, count, index in rows]


def about(snapshot: Snapshot, type: EntryType, subject: Subject) -> list[StoredEntry]:
    """The entries of a type about a model version, in order."""
    same = (col(EntryRow.name) == subject.name, col(EntryRow.version) == subject.version)
    query = select(EntryRow.idx).where(col(EntryRow.type) == str(type), *same).order_by(col(EntryRow.idx))
    return [snapshot.entry(index) for index in list(snapshot.rows(query))]


def granted(
    snapshot: Snapshot, name: str | None = None, types: Sequence[EntryType] = (EntryType.WAIVER_GRANTED,)
) -> list[StoredEntry]:
    """The entries of all waivers, or of acts of other types, or of those for one model, in order."""
    query = select(EntryRow.idx).where(col(EntryRow.type).in_([str(one) for one in types]))
    if name is not None:
        query = query.where(col(EntryRow.name) == name)
    return [snapshot.entry(index) for index in list(snapshot.rows(query.order_by(col(EntryRow.idx))))]


def _conditions(wanted: Wanted) -> list[Any]:
    conditions: list[Any] = []
    for column, value in (
        (EntryRow.name, wanted.name),
        (EntryRow.version, wanted.version),
        (EntryRow.artifact, wanted.artifact),
    ):
        if value is not None:
            conditions.append(col(column) == value)
    said = [(OutcomeRow.outcome, wanted.outcome), (OutcomeRow.environment, wanted.environment)]
    if any(value is not None for _, value in said):
        has = select(OutcomeRow.idx).where(*(col(column) == value for column, value in said if value is not None))
        conditions.append(col(EntryRow.idx).in_(has))
    if wanted.latest:
        conditions.append(~_overtaken())
    return conditions


def _overtaken() -> ColumnElement[bool]:
    """That a later decision is about the same model version."""
    later = aliased(EntryRow)
    same = (col(getattr(later, name)) == col(getattr(EntryRow, name)) for name in ("type", "name", "version"))
    return select(later.idx).where(*same, col(later.idx) > col(EntryRow.idx)).exists()


def of_type(snapshot: Snapshot, type: EntryType) -> list[StoredEntry]:
    """The entries of a type of which there are few, newest first."""
    query = select(EntryRow.idx).where(col(EntryRow.type) == str(type)).order_by(col(EntryRow.idx).desc())
    return [snapshot.entry(index) for index in list(snapshot.rows(query))]


def documents_of_type(snapshot: Snapshot, type: str) -> list[str]:
    """The digests of all documents of a type of which there are few."""
    query = select(DocumentRow.sha256).where(col(DocumentRow.type) == type).order_by(col(DocumentRow.sha256))
    return list(snapshot.rows(query))


def newest(snapshot: Snapshot, types: Sequence[EntryType]) -> StoredEntry | None:
    """The newest entry of these types, by the index."""
    query = select(func.max(EntryRow.idx)).where(col(EntryRow.type).in_([str(one) for one in types]))
    index = next(snapshot.rows(query))
    return None if index is None else snapshot.entry(index)
