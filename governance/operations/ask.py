"""The gate's question, answered from a bundle or from the project's trail; either way the proof is checked first."""

from datetime import datetime
from typing import NamedTuple

from governance.canonical import instant, parse_instant
from governance.operations.export import bundle_of
from governance.operations.sealing import read_decision
from governance.operations.workspace import Workspace
from governance.policy.gate import Answer, gate
from governance.policy.outcome import Action
from governance.trail.trust import Trust
from governance.verification import Verified, verify

_REJECTED = "rejected: "
"""With what judging notes that a rejection counts (`policy.acts.apply_reviews`)."""


class Asked(NamedTuple):
    """`verified` is None where no decision about the artifact was found."""

    answer: Answer
    verified: Verified | None


def ask_bundle(data: bytes, trust: Trust | None, artifact: str, environment: str, now: datetime) -> Asked:
    """Offline: only what the bundle says. Raises VerificationFailed."""
    verified = verify(data, trust, now=now)
    answer = gate(verified.decision, artifact, environment, now)
    if answer.action is Action.ALLOW:
        # Whoever submits may have picked a milder policy: only a pin says which ones count.
        names = [f"{policy.id} {policy.version}" for policy in verified.decision.policies]
        under = ", ".join([*names, *["a baseline of known failures"] * (verified.baseline is not None)])
        pinned = "pinned by the trust file" if trust and trust.pins else "which the trust file does not pin"
        answer = answer._replace(why=(*answer.why, f"under {under}, {pinned}"))
    return Asked(answer, verified)


def ask_trail(workspace: Workspace, trust: Trust, artifact: str, environment: str) -> Asked:
    """The latest decision about the artifact in this trail; but nothing is allowed that an approver rejected under
    another name or version. Raises VerificationFailed, BadInput."""
    from governance.store.transaction import CLOCK_TOLERANCE

    now = workspace.clock()
    with workspace.open_trail() as store, store.confirmed(trust.vkeys()) as snapshot:
        issued = store.known.newest_decision(snapshot, artifact)
        if issued is None:
            why = f"no decision about artifact {artifact[:16]} is in this trail: it was never audited"
            return Asked(Answer(Action.DENY, (why,)), None)
        data = bundle_of(snapshot, issued.sha256).to_bytes()
        others = [read_decision(snapshot, digest) for digest in store.known.other_decisions(snapshot, issued)]
        last = snapshot.entry(snapshot.head().size - 1).entry.time
    asked = ask_bundle(data, trust, artifact, environment, now)
    if asked.answer.action is Action.ALLOW and now < parse_instant(last) - CLOCK_TOLERANCE:
        # By a clock that was set back, what has run out would seem to be in time.
        why = f"the trail's last entry is from {last}, which lies ahead of {instant(now)}: set this machine's clock"
        return Asked(Answer(Action.DENY, (why,)), asked.verified)
    # Whoever submits could else call the same bytes something new, and so undo the word of an officer.
    rejected = [
        f"the same artifact is {decision.subject.name} {decision.subject.version}, which stands rejected:"
        f" {note.removeprefix(_REJECTED)}"
        for decision in others
        for note in decision.notes
        if note.startswith(_REJECTED)
    ]
    if asked.answer.action is Action.ALLOW and rejected:
        return Asked(Answer(Action.DENY, (*rejected, "an approver takes it back in that case")), asked.verified)
    return asked
