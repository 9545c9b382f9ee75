"""The decision of a bundle judged again: under pinned policies, from what is recorded, with the same outcome."""

from collections.abc import Collection, Mapping
from decimal import Decimal as Number
from typing import Any

from governance.canonical import Sha256, parse_instant
from governance.errors import BadInput, Broken, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.policy.baseline import LoadedBaseline, load_baseline
from governance.policy.decision import Decision, Recorded, decide
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.rule import Rule
from governance.trail.bundle import Bundle
from governance.trail.trust import Trust
from governance.verification.documents import BASELINE, POLICY, enclosed


def check_pins(decision: Decision, trust: Trust, released: Collection[Sha256]) -> None:
    """Where the trust file pins, it pins each policy of the decision, and its baseline. `released`: policies that came
    by a release which a key of the trust file has signed. Raises VerificationFailed (UNTRUSTED_POLICY)."""
    counting = {*trust.policies, *released}
    foreign = [f"{ref.id} {ref.version} ({ref.sha256[:16]})" for ref in decision.policies if ref.sha256 not in counting]
    if trust.pins and foreign:
        what = "judged under a policy that the trust file does not pin"
        raise VerificationFailed(
            Broken.UNTRUSTED_POLICY,
            what,
            got=", ".join(foreign),
            expected="its digest among `policies`, or a release signed by one of `policy_keys`"
            if trust.policy_keys
            else "",
            fix="read the policy; only if you accept it, add its SHA-256 to `policies` of your trust file",
        )
    if trust.pins and decision.baseline and decision.baseline not in trust.policies:
        raise VerificationFailed(
            Broken.UNTRUSTED_POLICY,
            "judged with a baseline of known failures that the trust file does not pin",
            got=decision.baseline[:16],
            expected="its digest among `policies` of the trust file",
        )


def policy_of(bundle: Bundle, digest: Sha256, evidence: EvidenceSet, catalogue: Mapping[str, Rule]) -> LoadedPolicy:
    """A recorded policy, compiled. Raises VerificationFailed: NOT_REPERFORMABLE where this release cannot read it, for
    then the bundle is neither valid nor tampered."""
    text = enclosed(bundle, digest, POLICY).text.encode()
    try:
        return load_policy(text, f"policy {digest[:12]}", catalogue)
    except BadInput as error:
        made_by = evidence.tools.get("governance", "another version")
        raise VerificationFailed(
            Broken.NOT_REPERFORMABLE,
            "this installation cannot judge the recorded policy again, so the bundle is neither valid nor tampered",
            got=f"{error.what.splitlines()[0]} ({error.where})",
            expected=f"governance {made_by}, which recorded it",
        ) from error


def baseline_of(bundle: Bundle, digest: Sha256, evidence: EvidenceSet) -> LoadedBaseline:
    """The recorded baseline, about this very model. Raises VerificationFailed (MALFORMED)."""
    text = enclosed(bundle, digest, BASELINE).text.encode()
    try:
        loaded = load_baseline(text, f"baseline {digest[:12]}")
        loaded.assert_about(evidence.subject.name)
    except BadInput as error:
        what = f"nothing can be judged with this baseline: {error.what.splitlines()[0]}"
        raise VerificationFailed(Broken.MALFORMED, what, got=error.got, expected=error.expected) from error
    return loaded


def judged_again(
    decision: Decision,
    evidence: EvidenceSet,
    policies: tuple[LoadedPolicy, ...],
    baseline: LoadedBaseline | None,
    acts: tuple[Recorded, ...],
) -> None:
    """Steps 7 and 8: decide with the recorded time, and compare field by field. Raises VerificationFailed."""
    try:
        again = decide(
            evidence,
            decision.evidence[0],
            policies,
            acts,
            baseline=baseline,
            now=parse_instant(decision.now),
            as_of=parse_instant(decision.as_of),
            identifier=decision.id,
            submitter=decision.submitter,
            previous=decision.previous,
            lapsed=decision.lapsed,
        )
    except OverflowError as error:
        raise VerificationFailed(
            Broken.MALFORMED, "a decision lies beyond the end of the calendar", got=decision.now
        ) from error
    _equal(decision.model_dump(mode="json"), again.model_dump(mode="json"), "decision")


def seen_judged_again(
    seen: Decision,
    decision: Decision,
    evidence: EvidenceSet,
    policies: tuple[LoadedPolicy, ...],
    baseline: LoadedBaseline | None,
    acts: tuple[Recorded, ...],
) -> bool:
    """Whether the bundle holds what `seen` stands on; then it must follow, or a person was shown something else."""
    before = tuple(item for item in acts if item.sha256 in seen.acts)
    same_policies = [policy.sha256 for policy in seen.policies] == [policy.sha256 for policy in policies]
    same_rules = same_policies and seen.baseline == decision.baseline
    if seen.evidence != decision.evidence or not same_rules or tuple(item.sha256 for item in before) != seen.acts:
        return False
    judged_again(seen, evidence, policies, baseline, before)
    return True


def _equal(recorded: Any, again: Any, path: str) -> None:
    """Equal in everything; reals to 9 significant digits, whose last may differ by one between machines."""
    if isinstance(recorded, dict) and isinstance(again, dict) and recorded.keys() == again.keys():
        for key in recorded:
            _equal(recorded[key], again[key], f"{path}.{key}")
    elif isinstance(recorded, list) and isinstance(again, list) and len(recorded) == len(again):
        for index, pair in enumerate(zip(recorded, again, strict=True)):
            _equal(*pair, f"{path}[{index}]")
    elif recorded != again and not (path.endswith((".value", ".low", ".high")) and _close(recorded, again)):
        raise VerificationFailed(
            Broken.TAMPERED,
            "re-performing the decision gives something else",
            got=f"{path} recorded as {recorded!r}"[:300],
            expected=f"{again!r}"[:300],
        )


def _close(one: Any, other: Any) -> bool:
    try:
        a, b = Number(one), Number(other)
    except (ArithmeticError, TypeError, ValueError):
        return False
    if not (a.is_finite() and b.is_finite()):  # infinity would be close to everything
        return False
    return abs(a - b) <= Number("2e-9") * max(abs(a), abs(b))
