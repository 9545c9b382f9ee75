"""What is listed for people: model versions by what their latest decision says, and what happened to one.

The index is believed here: nothing is decided by a list. Each decision that is opened is checked against its entry.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Subquery
from sqlmodel import col, func, select

from governance.policy.outcome import Action
from governance.store.snapshot import IssuedDecision, Snapshot, StoredEntry
from governance.store.tables import EntryRow, OutcomeRow
from governance.trail.entry import EntryType


class Listed(NamedTuple):
    """One model version, its latest decision and what that says by environment."""

    issued: IssuedDecision
    outcomes: dict[str, Action]


class ListedModel(NamedTuple):
    """A model, how many versions of it were judged, and the latest decision about any."""

    name: str
    versions: int
    latest: Listed


def models(snapshot: Snapshot, start: int, most: int) -> tuple[list[ListedModel], int]:
    """Models by name, and how many there are in all."""
    latest = _latest()
    grouped = select(latest.c.name, func.count(), func.max(latest.c.idx)).group_by(latest.c.name)
    total = next(snapshot.rows(select(func.count()).select_from(grouped.subquery())))
    rows = list(snapshot.rows(grouped.order_by(latest.c.name).offset(start).limit(most)))
    shown = {one.issued.index: one for one in listed(snapshot, [idx for _, _, idx in rows])}
    return [ListedModel(name, count, shown[idx]) for name, count, idx in rows], total


def versions(snapshot: Snapshot, name: str, start: int, most: int) -> tuple[list[Listed], int]:
    """Versions of one model, the one decided last first, and how many there are in all."""
    latest = _latest()
    about = select(latest.c.idx).where(latest.c.name == name)
    total = next(snapshot.rows(select(func.count()).select_from(about.subquery())))
    rows = list(snapshot.rows(about.order_by(latest.c.idx.desc()).offset(start).limit(most)))
    return listed(snapshot, rows), total


def history(snapshot: Snapshot, name: str, version: str | None, start: int, most: int) -> tuple[list[StoredEntry], int]:
    """Entries about a model, or one version of it, newest first, and how many there are in all."""
    about = [col(EntryRow.name) == name]
    about += [] if version is None else [col(EntryRow.version) == version]
    total = next(snapshot.rows(select(func.count()).select_from(EntryRow).where(*about)))
    found = select(EntryRow.idx).where(*about).order_by(col(EntryRow.idx).desc()).offset(start).limit(most)
    return [snapshot.entry(index) for index in list(snapshot.rows(found))], total


def _latest() -> Subquery:
    """The latest decision about each model version, by the index of its entry."""
    return (
        select(func.max(col(EntryRow.idx)).label("idx"), col(EntryRow.name).label("name"))
        .where(col(EntryRow.type) == str(EntryType.DECISION_ISSUED))
        .group_by(col(EntryRow.name), col(EntryRow.version))
        .subquery()
    )


def listed(snapshot: Snapshot, indices: list[int]) -> list[Listed]:
    """In the order of `indices`."""
    issued = {one.index: one for one in snapshot._decisions(col(EntryRow.idx).in_(indices))}
    outcomes: dict[int, dict[str, Action]] = {index: {} for index in indices}
    for index, environment, outcome in _outcomes(snapshot, indices):
        outcomes[index][environment] = Action(outcome)
    return [Listed(issued[index], outcomes[index]) for index in indices]


def _outcomes(snapshot: Snapshot, indices: list[int]) -> Iterator[tuple[int, str, str]]:
    query = select(OutcomeRow.idx, OutcomeRow.environment, OutcomeRow.outcome)
    return snapshot.rows(query.where(col(OutcomeRow.idx).in_(indices)).order_by(col(OutcomeRow.environment)))
