"""The evidence set: everything a decision is judged on."""

from typing import Literal

from pydantic import Field

from governance.canonical import Document, Instant, Sha256
from governance.evidence.access import AccessFacts
from governance.evidence.artifact import ArtifactFacts
from governance.evidence.bias_audit import BiasAuditFacts
from governance.evidence.documentation import DocumentationFacts
from governance.evidence.explainability import ExplainabilityFacts
from governance.evidence.fairness import FairnessFacts
from governance.evidence.licences import LicenceFacts
from governance.evidence.lineage import LineageFacts
from governance.evidence.operations import OperationsFacts
from governance.evidence.origin import FactOrigin, Input, Origin, Predictions, Subject
from governance.evidence.overlap import OverlapFacts
from governance.evidence.performance import PerformanceFacts
from governance.evidence.plan import Plan
from governance.evidence.purpose import PurposeFacts
from governance.evidence.reasons import ReasonFacts
from governance.evidence.reproducibility import ReproducibilityFacts
from governance.evidence.stated import Stated

# Only these say something about predictions; the rest is measured without any.
PREDICTED = frozenset({"fairness", "performance"})


class Absent(Document):
    """Why a planned group of facts is not there. `failed`: collecting broke; `missing`: there was nothing to read."""

    facts: str
    kind: Literal["missing", "failed"]
    why: str


class Facts(Document):
    """A group is null where it was not planned or could not be had; `absent` then says why."""

    fairness: FairnessFacts | None = None
    explainability: ExplainabilityFacts | None = None
    lineage: LineageFacts | None = None
    access: AccessFacts | None = None
    performance: PerformanceFacts | None = None
    reproducibility: ReproducibilityFacts | None = None
    artifact: ArtifactFacts | None = None
    documents: DocumentationFacts | None = None
    purpose: PurposeFacts | None = None
    operations: OperationsFacts | None = None
    overlap: OverlapFacts | None = None
    licences: LicenceFacts | None = None
    bias_audit: BiasAuditFacts | None = None
    reasons: ReasonFacts | None = None
    absent: tuple[Absent, ...] = ()


class EvidenceSet(Document):
    """`manifest` is the digest of the manifest's bytes; `risk_tier`, `tools` (name -> version) and `model`, what the
    manifest says of it, as of measuring."""

    schema_: Literal["governance.evidence/v1"] = Field("governance.evidence/v1", alias="schema")
    subject: Subject
    risk_tier: str
    model: Stated | None = None
    manifest: Sha256
    plan: Plan
    origin: Origin
    tools: dict[str, str]
    started_at: Instant
    inputs: tuple[Input, ...]
    facts: Facts

    def origin_of(self, *groups: str) -> Origin:
        """The origin of groups of facts, of the whole set where none is named: a group's own override, else that of the
        set. Of several the weakest: declared where one is, supplied where one rests on supplied predictions."""
        origins = [self._origin(group) for group in groups] or [self.origin]
        if len(origins) == 1:
            return origins[0]
        kinds, predictions = ({getattr(origin, name) for origin in origins} for name in ("kind", "predictions"))
        said: Predictions | None = None
        if predictions != {None}:
            said = "supplied" if "supplied" in predictions else "rescored"
        return self.origin.but("declared" if "declared" in kinds else "measured", said)

    def _origin(self, group: str) -> Origin:
        override: FactOrigin | None = getattr(getattr(self.facts, group, None), "origin", None)
        stated = override or self.origin
        return self.origin.but(stated.kind, stated.predictions if group in PREDICTED else None)
