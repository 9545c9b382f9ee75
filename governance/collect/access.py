"""Access grants, people and upstream approvals, from CSV files that somebody exported: always declared."""

from typing import Any, get_args

from governance.canonical import parse_instant
from governance.collect import tabular
from governance.errors import BadInput
from governance.evidence.access import AccessFacts, Approval, Grant, Person
from governance.evidence.manifest import Manifest
from governance.evidence.origin import FactOrigin

GRANTS = ("principal", "permission", "resource")
TIMES = ("granted_at", "last_used")
PEOPLE = ("principal", "status", "team")
APPROVALS = ("item", "principal", "role", "at")


def grants(data: bytes, name: str) -> tuple[Grant, ...]:
    """In the file's order, each with its line. The columns `granted_at` and `last_used` (UTC) may be missing, and their
    cells empty. Raises BadInput."""
    found = []
    for line, cells in tabular.rows(data, GRANTS, name, TIMES):
        known: dict[str, Any] = {column: cell for column, cell in cells.items() if cell}
        for column in TIMES:
            if column in known:
                _check_time(column, known[column], f"{name}:{line}")
        found.append(Grant(line=line, **known))
    return tuple(found)


def people(data: bytes, name: str) -> tuple[Person, ...]:
    """In the file's order, each person once, in whatever case. Raises BadInput."""
    found: dict[str, Person] = {}
    states = get_args(Person.model_fields["status"].annotation)
    for line, cells in tabular.rows(data, PEOPLE, name):
        where = f"{name}:{line}"
        if cells["status"] not in states:
            expected = " or ".join(states)
            raise BadInput("unknown status", got=ascii(cells["status"][:100]), expected=expected, where=where)
        word = cells["principal"].casefold()
        if (earlier := found.get(word)) is not None:
            got = f"{cells['principal'][:100]!r}, also on line {earlier.line}"
            raise BadInput("a person comes twice", got=got, expected="each person once", where=where)
        found[word] = Person(line=line, **cells)  # type: ignore[arg-type]
    return tuple(found.values())


def approvals(data: bytes, name: str) -> tuple[Approval, ...]:
    """In the file's order. `item` is `data:<source id>` or what else was approved; `at` is UTC. Raises BadInput."""
    found = []
    for line, cells in tabular.rows(data, APPROVALS, name):
        _check_time("at", cells["at"], f"{name}:{line}")
        found.append(Approval(**cells))
    return tuple(found)


def _check_time(column: str, text: str, where: str) -> None:
    try:
        parse_instant(text)
    except BadInput as error:
        raise BadInput(f"`{column}` is {error.what}", got=error.got, expected=error.expected, where=where) from error


def facts(
    manifest: Manifest, granted: tuple[Grant, ...], approved: tuple[Approval, ...], known: tuple[Person, ...] | None
) -> AccessFacts:
    """All of it, as declared facts, and what the manifest names that can be approved."""
    items = [f"data:{source.id}" for source in manifest.lineage.sources]
    if manifest.environment.commit is not None:
        items.append(f"code:{manifest.environment.commit}")
    return AccessFacts(
        origin=FactOrigin(kind="declared"), grants=granted, approvals=approved, people=known, items=tuple(items)
    )
