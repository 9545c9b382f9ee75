"""Lineage facts: the sources that data comes from, the tables made of it, and which source columns reach which
features."""

from typing import Literal

from governance.canonical import Count, Document, Instant, Sha256
from governance.evidence.origin import FactOrigin

Consent = Literal["given", "not-needed", "withdrawn"]


class Source(Document):
    """A data source as the manifest and the approvals describe it. `purposes` are ids of what it may be used for;
    `collected_until` is when the last of its rows was collected; `version` is the version that the manifest names,
    `seen_versions` those that lineage events recorded (OpenLineage DatasetVersion), sorted."""

    id: str
    sha256: Sha256 | None
    owner: str | None
    licence: str | None
    expires: Instant | None
    forbidden: tuple[str, ...]
    approved_by: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    consent: Consent | None = None
    region: str | None = None
    collected_until: Instant | None = None
    version: str | None = None
    seen_versions: tuple[str, ...] = ()


class Table(Document):
    """A table of the manifest's data section. The fields mean what they mean in `Source`."""

    role: Literal["data.evaluation", "data.training"]
    sha256: Sha256 | None
    collected_until: Instant | None
    version: str | None
    seen_versions: tuple[str, ...]


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
    """`events` counts the lineage events that were read; `purpose` is the id of what the model is for
    (`model.purpose.category`)."""

    origin: FactOrigin | None = None
    sources: tuple[Source, ...]
    features: tuple[FeatureAncestry, ...]
    tables: tuple[Table, ...] = ()
    events: Count = 0
    purpose: str | None = None
