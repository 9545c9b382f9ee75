"""Reproducibility facts: what somebody else would need to build the same model again."""

from governance.canonical import Count, Document, Sha256
from governance.evidence.origin import FactOrigin


class Parameter(Document):
    name: str
    value: str


class ReproducibilityFacts(Document):
    """`pinned` and `hashed` count requirements of the lock file that name one exact version / carry a digest.
    `parameters` of the training run are sorted by name; null in evidence that was made before they were read."""

    origin: FactOrigin | None = None
    lock: Sha256 | None
    requirements: Count
    pinned: Count
    hashed: Count
    commit: str | None
    seeds: tuple[int, ...]
    parameters: tuple[Parameter, ...] | None = None
