"""What reviews do to a case: an approval lifts `needs review`, a rejection denies everything. Waivers: `waivers.py`."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from governance.canonical import Sha256, parse_instant
from governance.evidence.evidence import EvidenceSet
from governance.policy.act import APPROVER, Act
from governance.policy.finding import Finding
from governance.policy.outcome import Action
from governance.policy.waivers import independent

if TYPE_CHECKING:
    from governance.policy.decision import PolicyRef, Recorded


def apply_reviews(
    outcomes: dict[str, Action],
    findings: list[Finding],
    evidence: EvidenceSet,
    evidence_sha256: Sha256,
    policies: "tuple[PolicyRef, ...]",
    baseline: Sha256 | None,
    acts: "Sequence[Recorded]",
    submitter: str,
    too_old: datetime,
    notes: list[str],
) -> datetime | None:
    """The last valid review of exactly this case counts: approve lifts `needs review`, reject denies everything.

    Returns when the approval was given that lifted something: judging again does not make it any younger.
    """
    reviews = [item for item in acts if item.act.kind in ("approve", "reject")]
    for item in reversed(reviews):
        act, seen = item.act, item.seen
        if act.role != APPROVER:
            notes.append(f"{act.kind} by a {act.role} does not count: the role {APPROVER} is needed")
        elif _rejects(act):
            for environment in outcomes:
                outcomes[environment] = Action.DENY
            notes.append(f"rejected: {act.reason}")
            return None
        elif not independent(act.actor, submitter, evidence):
            notes.append("approve does not count: the approver is not known to be somebody other than the submitter")
        elif seen.evidence != (evidence_sha256,) or seen.policies != policies:
            notes.append("approve does not count: it was given for other evidence or another policy")
        elif seen.baseline != baseline:
            notes.append("approve does not count: it was given with another baseline of known failures, or with none")
        elif any(other.sha256 not in seen.acts for other in reviews if _rejects(other.act)):
            notes.append("approve does not count: it was given without sight of a rejection")
        elif parse_instant(act.at) <= too_old:
            notes.append(f"approve does not count any more: it was given on {act.at}")
        else:
            unseen = _to_review(findings) - _to_review(seen.findings)
            if unseen:
                notes.append(f"approve does not count: {', '.join(sorted(unseen))} was not in what the approver saw")
                continue
            lifted = [environment for environment, action in outcomes.items() if action is Action.NEEDS_REVIEW]
            outcomes.update(dict.fromkeys(lifted, Action.ALLOW))
            return parse_instant(act.at) if lifted else None
    return None


def _rejects(act: Act) -> bool:
    return act.kind == "reject" and act.role == APPROVER


def _to_review(findings: Sequence[Finding]) -> set[str]:
    """Findings that ask for a review, with outcome and environment: what an approver answers for."""
    return {
        f"{finding.key} ({finding.outcome.value}) in {environment}"
        for finding in findings
        for environment, action in finding.actions.items()
        if action is Action.NEEDS_REVIEW
    }
