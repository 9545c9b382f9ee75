"""What `check --format json` prints: the documents as they are, with where they were sealed."""

import json
from typing import Literal

from pydantic import Field

from governance.canonical import Document, Sha256, sha256
from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Decision
from governance.render.sealed import Sealed


class Check(Document):
    """`sealed` is null after a dry run; `exit_code` is what the command answers."""

    schema_: Literal["governance.check/v1"] = Field("governance.check/v1", alias="schema")
    decision_sha256: Sha256
    decision: Decision
    evidence: EvidenceSet
    sealed: Sealed | None
    exit_code: int | None = None


def decision_json(
    decision: Decision, evidence: EvidenceSet, sealed: Sealed | None, exit_code: int | None = None
) -> str:
    """A `Check`, indented, in ASCII: reals stay the strings they are in the documents, and no terminal is misled."""
    check = Check(
        decision_sha256=sha256(decision.to_bytes()),
        decision=decision,
        evidence=evidence,
        sealed=sealed,
        exit_code=exit_code,
    )
    return json.dumps(check.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=True) + "\n"
