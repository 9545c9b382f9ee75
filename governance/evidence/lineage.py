"""Lineage facts: the sources that data comes from, and which source columns reach which features."""

from typing import Literal

from governance.canonical import Document, Instant, Sha256
from governance.evidence.origin import FactOrigin


class Source(Document):
    """A data source as the manifest and the approvals describe it."""

    id: str
    sha256: Sha256 | None
    owner: str | None
    licence: str | None
    expires: Instant | None
    forbidden: tuple[str, ...]
    approved_by: tuple[str, ...]


class Ancestor(Document):
    """A source column that reaches a feature. `path` runs from the source column to the feature, as dataset.column;
    `influence` is indirect where a step only filters, joins, groups or sorts by it (OpenLineage ColumnLineage)."""

    dataset: str
    column: str
    influence: Literal["direct", "indirect"]
    path: tuple[str, ...]
    jobs: tuple[str, ...]


class FeatureAncestry(Document):
    """`gap` says where the trail of one feature ends without reaching a source; null when it is complete."""

    feature: str
    ancestors: tuple[Ancestor, ...]
    gap: str | None


class LineageFacts(Document):
    origin: FactOrigin | None = None
    sources: tuple[Source, ...]
    features: tuple[FeatureAncestry, ...]
