"""What `check --format json` and `gate --format json` print: the documents as they are, with where they were sealed."""

import json
from typing import Literal

from pydantic import Field

from governance.canonical import Count, Document, Instant, Sha256, sha256
from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Decision
from governance.policy.gate import Answer
from governance.policy.outcome import Action
from governance.render.sealed import Sealed


class Check(Document):
    """`sealed` is null after a dry run; `exit_code` is what the command answers."""

    schema_: Literal["governance.check/v1"] = Field("governance.check/v1", alias="schema")
    decision_sha256: Sha256
    decision: Decision
    evidence: EvidenceSet
    sealed: Sealed | None
    exit_code: int | None = None


class GateAnswer(Document):
    """What the gate said. `answer`: whether the artifact may run there. `why`: in words, most important first.
    `asked_at`: when it was asked. `decision`: the digest of the one that it was answered from, null where there is
    none. `as_of`: when that was decided. `level`: how far its log was vouched for."""

    schema_: Literal["governance.gate/v1"] = Field("governance.gate/v1", alias="schema")
    answer: Action
    why: tuple[str, ...]
    artifact: Sha256
    environment: str
    asked_at: Instant
    decision: Sha256 | None
    as_of: Instant | None
    level: Count | None


def gate_answer(
    answer: Answer, decision: Decision | None, level: int | None, *, artifact: str, environment: str, now: Instant
) -> GateAnswer:
    """`decision` and its `level` are None where no decision about the artifact was found."""
    return GateAnswer(
        answer=answer.action,
        why=answer.why,
        artifact=artifact,
        environment=environment,
        asked_at=now,
        decision=sha256(decision.to_bytes()) if decision else None,
        as_of=decision.now if decision else None,
        level=level,
    )


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
