"""Small made-up evidence sets for the examples of rules that read a whole evidence set."""

from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.origin import Input, Origin, Subject
from governance.evidence.plan import Plan


def evidence(facts: Facts, inputs: tuple[Input, ...] = ()) -> EvidenceSet:
    """An evidence set about a model that does not exist."""
    return EvidenceSet(
        subject=Subject(name="specimen", version="1", artifact="0" * 64),
        risk_tier="high",
        manifest="1" * 64,
        plan=Plan(facts=(), fairness=(), explain_rows=0),
        origin=Origin(kind="measured", by="local|ann", where="local", predictions="supplied"),
        tools={},
        started_at="2026-01-01T00:00:00Z",
        inputs=inputs,
        facts=facts,
    )


def evidence_with_inputs(*inputs: tuple[str, str, str | None]) -> EvidenceSet:
    """Inputs as (role, digest found, digest recorded)."""
    return evidence(
        Facts(),
        tuple(
            Input(role=role, path=f"{role}.parquet", sha256=found, recorded=recorded, rows=10, size=100)
            for role, found, recorded in inputs
        ),
    )
