"""Access grants and upstream approvals, from CSV files that somebody exported: always declared."""

from governance.canonical import parse_instant
from governance.collect import tabular
from governance.errors import BadInput
from governance.evidence.access import AccessFacts, Approval, Grant
from governance.evidence.origin import FactOrigin

GRANTS = ("principal", "permission", "resource")
APPROVALS = ("item", "principal", "role", "at")


def grants(data: bytes, name: str) -> tuple[Grant, ...]:
    """In the file's order, each with its line. Raises BadInput."""
    return tuple(Grant(line=line, **cells) for line, cells in tabular.rows(data, GRANTS, name))


def approvals(data: bytes, name: str) -> tuple[Approval, ...]:
    """In the file's order. `item` is `data:<source id>` or what else was approved; `at` is UTC. Raises BadInput."""
    found = []
    for line, cells in tabular.rows(data, APPROVALS, name):
        try:
            parse_instant(cells["at"])
        except BadInput as error:
            where = f"{name}:{line}"
            raise BadInput(f"`at` is {error.what}", got=error.got, expected=error.expected, where=where) from error
        found.append(Approval(**cells))
    return tuple(found)


def facts(granted: tuple[Grant, ...], approved: tuple[Approval, ...]) -> AccessFacts:
    """Both, as declared facts."""
    return AccessFacts(origin=FactOrigin(kind="declared"), grants=granted, approvals=approved)
