"""A bundle that came from a service, opened: verified where somebody is trusted, else held against itself."""

from datetime import datetime
from typing import NamedTuple

from governance.canonical import Sha256
from governance.errors import Broken, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.operations.case import Case, case_of
from governance.policy.baseline import LoadedBaseline
from governance.policy.decision import Decision
from governance.policy.rules import CATALOGUE
from governance.render.sealed import Sealed
from governance.trail.bundle import parse_bundle
from governance.trail.trust import Trust
from governance.verification import DECISION, EVIDENCE, MANIFEST, verify
from governance.verification.documents import acts_of, document, enclosed
from governance.verification.inclusion import commitments, entries_of
from governance.verification.judgement import baseline_of, policy_of


class Opened(NamedTuple):
    """`data`: the bundle. `sealed`: the place in the log that its decision is proven to have."""

    case: Case
    baseline: LoadedBaseline | None
    sealed: Sealed
    data: bytes


def to_look_at(trust: Trust) -> Trust:
    """Whose keys count, without what only a gate asks: which policies count, and how old a decision may be."""
    return trust.model_copy(update={"policies": (), "max_age": None})


def open_bundle(data: bytes, trust: Trust | None, now: datetime) -> Opened:
    """Verified, and judged again, where there is a trust file. Without one only digests and proofs are checked. Raises
    VerificationFailed."""
    if trust is not None:
        verified = verify(data, to_look_at(trust), now=now)
        return Opened(case_of(verified), verified.baseline, _sealed(data, trust, verified.decision), data)
    try:
        verify(data, None, now=now)
    except VerificationFailed as error:
        if error.verdict is not Broken.NO_TRUST:
            raise
    bundle = parse_bundle(data)
    decision = document(bundle, bundle.decision, DECISION, Decision)
    evidence = document(bundle, decision.evidence[0], EVIDENCE, EvidenceSet)
    case = Case(
        decision,
        bundle.decision,
        evidence,
        tuple(policy_of(bundle, ref.sha256, evidence, CATALOGUE) for ref in decision.policies),
        acts_of(bundle, decision),
        enclosed(bundle, evidence.manifest, MANIFEST).text.encode(),
    )
    baseline = baseline_of(bundle, decision.baseline, evidence) if decision.baseline else None
    return Opened(case, baseline, _sealed(data, None, decision), data)


def assert_is(opened: Opened, digest: Sha256, name: str | None = None, version: str | None = None) -> None:
    """Raises VerificationFailed where a service gives another decision than it was asked for."""
    case = opened.case
    subject = case.decision.subject
    got = (case.decision_sha256, subject.name, subject.version)
    expected = (digest, name or subject.name, version or subject.version)
    if got != expected:
        raise VerificationFailed(
            Broken.TAMPERED,
            "the service gives another decision than was asked for",
            got=f"{got[0]}, about {got[1]} {got[2]}",
            expected=f"{expected[0]}, about {expected[1]} {expected[2]}",
        )


def _sealed(data: bytes, trust: Trust | None, decision: Decision) -> Sealed:
    bundle = parse_bundle(data)
    entries, seen = entries_of(bundle, trust)
    index, _ = commitments(bundle, entries, decision, acts_of(bundle, decision))[bundle.decision]
    return Sealed(trail=seen.checkpoint.origin, index=index, checkpoint=seen.note)
