"""A case as somebody looks at it: the decision and everything that it stands on, from the trail or from a bundle."""

from typing import NamedTuple

from governance.evidence.evidence import EvidenceSet
from governance.operations.sealing import read_acts, read_decision, read_policies
from governance.operations.workspace import Workspace
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy
from governance.verification import Verified


class Case(NamedTuple):
    """`manifest` holds the bytes that the evidence was measured by."""

    decision: Decision
    decision_sha256: str
    evidence: EvidenceSet
    policies: tuple[LoadedPolicy, ...]
    acts: tuple[Recorded, ...]
    manifest: bytes


def read_case(workspace: Workspace, decision_sha256: str) -> Case:
    """Raises BadInput where the trail has no such decision, VerificationFailed where a document of it was changed."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        decision = read_decision(snapshot, decision_sha256)
        evidence = EvidenceSet.from_bytes(snapshot.document(decision.evidence[0]).data)
        return Case(
            decision,
            decision_sha256,
            evidence,
            read_policies(snapshot, decision),
            tuple(read_acts(snapshot, decision.acts)),
            snapshot.document(evidence.manifest).data,
        )


def newest(workspace: Workspace) -> str | None:
    """The digest of the last decision in the trail, whatever it is about; None where there is none."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        issued = snapshot.decisions()
        return issued[-1].sha256 if issued else None


def case_of(verified: Verified) -> Case:
    """A bundle that was verified."""
    return Case(
        verified.decision,
        verified.decision_sha256,
        verified.evidence,
        verified.policies,
        verified.acts,
        verified.manifest,
    )
