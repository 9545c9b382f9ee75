"""Reproducibility facts: what somebody else would need to build the same model again."""

from governance.canonical import Count, Document, Sha256
from governance.evidence.origin import FactOrigin

MOST_SHOWN = 20


class Parameter(Document):
    name: str
    value: str


class LockLine(Document):
    """A requirement of the lock file and the line that it begins on."""

    line: Count
    requirement: str


class ReproducibilityFacts(Document):
    """`pinned` and `hashed` count requirements of the lock file that name one exact version / carry a digest;
    `unpinned` and `unhashed` are the first MOST_SHOWN of those that do not. `parameters` of the training run are sorted
    by name; null in evidence that was made before they were read."""

    origin: FactOrigin | None = None
    lock: Sha256 | None
    requirements: Count
    pinned: Count
    hashed: Count
    commit: str | None
    seeds: tuple[int, ...]
    unpinned: tuple[LockLine, ...] = ()
    unhashed: tuple[LockLine, ...] = ()
    parameters: tuple[Parameter, ...] | None = None
