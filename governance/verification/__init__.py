"""Bundle bytes and the verifier's own trust file in, the verified case out. No network, no database, no key of ours.

The steps are numbered as `docs/how-to/verify-offline.md` names them; each raises VerificationFailed with a precise
verdict.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from governance.canonical import Sha256, parse_instant
from governance.errors import Broken, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.policy.baseline import LoadedBaseline
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy
from governance.policy.rule import Rule
from governance.policy.rules import CATALOGUE
from governance.trail.bundle import parse_bundle
from governance.trail.entry import Entry
from governance.trail.trust import Trust
from governance.verification.documents import (
    ACT,
    BASELINE,
    DECISION,
    ENTRY,
    EVIDENCE,
    MANIFEST,
    POLICY,
    acts_of,
    check_digests,
    check_subject,
    document,
    enclosed,
    nothing_else,
    payload_type,
)
from governance.verification.inclusion import ACT_ENTRIES, commitments, entries_of, recorded_as_said
from governance.verification.judgement import baseline_of, check_pins, judged_again, policy_of, seen_judged_again
from governance.verification.releases import accepted, by_key, pair
from governance.verification.signatures import Signed, check_actors, signatures

__all__ = [
    "ACT", "ACT_ENTRIES", "BASELINE", "DECISION", "ENTRY", "EVIDENCE", "MANIFEST", "POLICY", "Signed", "Verified",
    "payload_type", "verify",
]  # fmt: skip


class Verified(NamedTuple):
    """A decision that was verified and re-performed. `level` 0: the log vouches for itself."""

    decision: Decision
    decision_sha256: Sha256
    evidence: EvidenceSet
    evidence_sha256: Sha256
    policies: tuple[LoadedPolicy, ...]
    baseline: LoadedBaseline | None
    acts: tuple[Recorded, ...]
    manifest: bytes
    signed: tuple[Signed, ...]
    entries: tuple[tuple[int, Entry], ...]
    origin: str
    size: int
    root: str
    checkpoint_note: str
    level: int
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]


def verify(data: bytes, trust: Trust | None, *, now: datetime, catalogue: Mapping[str, Rule] = CATALOGUE) -> Verified:
    """Verify a bundle and re-perform its decision.

    Raises VerificationFailed. Without `trust` digests and proofs are checked, and then NO_TRUST is raised: a bundle
    whose signers nobody vouches for proves nothing about who decided, and a stranger's policy is not run.
    """
    # 1. Canonical form and digests.
    bundle = parse_bundle(data)
    check_digests(bundle)
    decision = document(bundle, bundle.decision, DECISION, Decision)
    if len(decision.evidence) != 1:
        raise VerificationFailed(Broken.UNSUPPORTED, f"a decision over {len(decision.evidence)} evidence sets")
    evidence = document(bundle, decision.evidence[0], EVIDENCE, EvidenceSet)
    manifest = enclosed(bundle, evidence.manifest, MANIFEST).text.encode()
    acts = acts_of(bundle, decision)
    pairs = pair(bundle, decision)
    nothing_else(bundle, decision, evidence, acts, {digest for both in pairs.values() for digest in both})
    # 2. Signatures, each by a key that the trust file names for that role.
    signed = signatures(bundle, trust) if trust else ()
    # 3. and 4. Inclusion of every entry under one signed checkpoint; every document committed to by an entry.
    entries, seen = entries_of(bundle, trust)
    spoken = commitments(bundle, entries, decision, acts)
    recorded_as_said(spoken, {bundle.decision: decision, **{item.act.decision: item.seen for item in acts}}, acts)
    check_subject(evidence, manifest)
    if trust is None:
        raise VerificationFailed(
            Broken.NO_TRUST,
            "digests and inclusion hold together, but no signature was checked and nothing was judged again",
            expected="a trust file that names the keys you trust",
            fix="ask the log's operator for the trust file on a way of your own, then add `--trust trust.json`",
        )
    # 5. Acts: the signer is the actor and holds the role. Separation and liveness are judged again in step 7.
    check_actors(acts, trust, signed)
    # 6. Policies, and the baseline of known failures: pinned by the trust file, by digest or by a key, or shown.
    releases = accepted(bundle, decision, pairs, signed, spoken, trust)
    check_pins(decision, trust, [policy for policy, one in releases.items() if by_key(one, trust)])
    if trust.witnesses:
        raise VerificationFailed(
            Broken.UNSUPPORTED,
            "the trust file demands witnesses, and this release cannot check their signatures",
            got=f"{len(trust.witnesses)} witness(es)",
            fix="take them out of the trust file to be content with level 0",
        )
    # 7. Re-perform the decision with its recorded time. 8. Compare.
    policies = tuple(policy_of(bundle, ref.sha256, evidence, catalogue) for ref in decision.policies)
    baseline = baseline_of(bundle, decision.baseline, evidence) if decision.baseline else None
    judged_again(decision, evidence, policies, baseline, acts)
    unseen = [item for item in acts if not seen_judged_again(item.seen, decision, evidence, policies, baseline, acts)]
    # 9. Freshness, then say what was and what was not checked.
    if trust.max_age is not None and now - parse_instant(decision.now) > timedelta(days=trust.max_age):
        raise VerificationFailed(Broken.STALE, f"decided on {decision.now}, more than {trust.max_age} days ago")
    ruling, recorded = "policies", "policies"
    if baseline:
        ruling, recorded = "policies and the baseline of known failures", "policies, baseline"
    return Verified(
        decision=decision,
        decision_sha256=bundle.decision,
        evidence=evidence,
        evidence_sha256=decision.evidence[0],
        policies=policies,
        baseline=baseline,
        acts=acts,
        manifest=manifest,
        signed=signed,
        entries=entries,
        origin=seen.checkpoint.origin,
        size=seen.checkpoint.size,
        root=seen.checkpoint.root.hex(),
        checkpoint_note=seen.note,
        level=0,
        checked=(
            "canonical form and every digest",
            f"{len(signed)} signatures against the trust file",
            f"{len(entries)} entries included under the log's signed checkpoint",
            "every document committed to by an entry",
            "acts signed by their actors, in roles they hold",
            *(
                f"{one.named} released by {one.release.author}, approved by {one.approval.approver}"
                for one in releases.values()
            ),
            f"{ruling} pinned by the trust file" if trust.pins else f"{ruling} shown, not pinned by the trust file",
            f"the decision re-performed with the recorded {recorded}, evidence and time: equal",
            *([f"what {len(acts) - len(unseen)} of {len(acts)} acts saw, re-performed too: equal"] if acts else []),
        ),
        not_checked=(
            *(
                [f"what {len(unseen)} acts saw: it stood on other evidence, policies, baseline or acts"]
                if unseen
                else []
            ),
            "that the measured numbers follow from the data: the data is not in the bundle",
            "that the log shows everybody the same history: no witness and no time stamp (level 0)",
            *(
                f"that no release of {one.release.id} above {one.release.version} was in the log by then: ask the log"
                for one in releases.values()
            ),
            "whether a later decision exists: ask the service or the log",
        ),
    )
