"""Examples for the OpenAPI document: one small case, judged as any other, so that they are always what would come."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from governance.canonical import Document, instant, sha256
from governance.evidence.artifact import ArtifactFacts
from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.manifest import Manifest
from governance.evidence.origin import Input, Origin, Subject
from governance.operations.browse import DecisionLine, DecisionPage, ModelLine, ModelPage, list_policies
from governance.operations.waivers import WaiverLine, WaiverList
from governance.policy.act import APPROVER, Act, Waiver
from governance.policy.decision import decide
from governance.policy.document import load_policy
from governance.policy.gate import gate
from governance.policy.plan import plan
from governance.render.json import gate_answer
from governance.signing.dsse import Envelope, Signature
from governance.strictyaml import load
from governance.verification import ACT, payload_type

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MANIFEST = b"""\
schema: governance.manifest/v1
model: {name: adult-income, version: 1.10, risk_tier: high}
artifact: {path: model.skops, format: skops}
"""
_POLICY = b"""\
schema: governance.policy/v1
id: release
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod, staging]
rules:
  - id: recorded
    uses: artifact.digest@1
    enforcement: {default: review, staging: warn}
"""
_ARTIFACT = sha256(b"an artifact")
_WAIVER = Waiver(
    key="release#recorded",
    groups=(),
    no_worse_than=None,
    ticket="RISK-7",
    not_before=instant(NOW),
    expires=instant(NOW + timedelta(days=30)),
    compensating="The registry refuses what it does not know.",
)
_ID = "019cae0c-0f40-7000-8000-000000000000"


@cache
def examples() -> dict[str, Any]:
    """By the name of the schema that each meets."""
    policy, manifest = load_policy(_POLICY, "policy.yaml"), load(MANIFEST, Manifest, "governance.yaml")
    model = manifest.model
    evidence = EvidenceSet(
        subject=Subject(name=model.name, version=model.version, artifact=_ARTIFACT),
        risk_tier="high",
        manifest=sha256(MANIFEST),
        plan=plan([policy], manifest),
        origin=Origin(kind="measured", by="local|ann", where="ci"),
        tools={"governance": "1.0.0"},
        started_at=instant(NOW),
        inputs=(Input(role="artifact", path="model.skops", sha256=_ARTIFACT, size=11),),
        facts=Facts(
            artifact=ArtifactFacts(
                path="model.skops",
                format="skops",
                found_format="skops",
                recorded=None,
                sha256=_ARTIFACT,
                size=11,
                opened=True,
                problem=None,
                untrusted_types=(),
            )
        ),
    )
    decision = decide(
        evidence, sha256(evidence.to_bytes()), [policy], [], baseline=None, now=NOW, as_of=NOW, identifier=_ID,
        submitter="local|ann", previous=None,
    )  # fmt: skip
    digest = sha256(decision.to_bytes())
    act = Act(
        kind="approve", actor="local|bo", role=APPROVER, decision=digest, reason="The registry holds its digest.",
        at=instant(NOW),
    )  # fmt: skip
    excuse = act.model_copy(update={"kind": "waive", "waiver": _WAIVER})
    waived = WaiverLine(
        sha256=sha256(excuse.to_bytes()), subject=evidence.subject, state="in use", used_for=(model.version,), why="",
        days_left=30, act=excuse,
    )  # fmt: skip
    line = DecisionLine(
        decision=digest, entry=2, name=model.name, version=model.version, artifact=_ARTIFACT,
        outcomes=decision.outcomes, issued_at=instant(NOW), latest=True,
    )  # fmt: skip
    about = ModelLine(name=model.name, versions=1, decision=digest, version=model.version, outcomes=decision.outcomes)
    asked = {"artifact": _ARTIFACT, "environment": "prod", "now": instant(NOW)}
    made: dict[str, Document] = {
        "EvidenceSet": evidence,
        "Decision": decision,
        "Act": act,
        # Signed by nobody: an example needs no key.
        "Envelope": Envelope(
            payloadType=payload_type(ACT),
            payload=base64.b64encode(act.to_bytes()).decode(),
            signatures=(Signature(keyid="0" * 64, sig=base64.b64encode(bytes(64)).decode()),),
        ),
        "DecisionPage": DecisionPage(decisions=(line,), next=None),
        "ModelPage": ModelPage(models=(about,), next=None),
        "WaiverList": WaiverList(now=instant(NOW), waivers=(waived,)),
        "PolicyList": list_policies((policy,), {}),
        "GateAnswer": gate_answer(gate(decision, _ARTIFACT, "prod", NOW), decision, 0, **asked),
    }
    return {name: one.model_dump(mode="json", by_alias=True) for name, one in made.items()}
