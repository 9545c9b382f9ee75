"""Evidence is judged and the decision sealed: evidence, manifest, decision and entries in one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import parse_instant, sha256
from governance.errors import NotThere, Stale
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Subject
from governance.operations.people import lapsed
from governance.operations.sealing import Place, act_entries, put_signed, read_acts, read_decision, seal_decision
from governance.operations.workspace import Workspace
from governance.policy.baseline import LoadedBaseline
from governance.policy.decision import Decision, Recorded, decide
from governance.policy.document import LoadedPolicy
from governance.policy.waiving import reaches
from governance.trail.entry import UUID_RANDOM_SIZE, EntryType, uuid7
from governance.verification import ACT, EVIDENCE, MANIFEST

if TYPE_CHECKING:
    from governance.store.transaction import Transaction


class Judged(NamedTuple):
    """A decision, and where it was sealed."""

    decision: Decision
    evidence: EvidenceSet
    sealed: Place


Also = Callable[["Transaction", Judged], None]
"""What else goes into the transaction of a decision, such as the answer to the request that asked for it."""


def judge_submitted(
    workspace: Workspace,
    manifest: bytes,
    evidence: EvidenceSet,
    policies: tuple[LoadedPolicy, ...],
    *,
    submitter: str,
    baseline: LoadedBaseline | None,
    as_of: datetime | None = None,
    also: Also | None = None,
) -> Judged:
    """Judge evidence that `submitter` puts up, under this machine's keys. Raises BadInput, MachineFault,
    VerificationFailed."""
    origin = workspace.trust().logs[0].origin
    measurer, issuer, log = (workspace.required_signer(origin, role) for role in ("measurer", "issuer", "log"))
    data, subject = evidence.to_bytes(), evidence.subject
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        issued = transaction.latest_decision(name=subject.name, version=subject.version)
        before = read_decision(transaction, issued.sha256) if issued else None
        causes = [issued.entry_id] if issued else []
        if before is None or before.evidence != (sha256(data),):
            entry = transaction.compose(
                EntryType.EVIDENCE_SUBMITTED,
                submitter,
                subject=subject,
                refs=[
                    *put_signed(transaction, EVIDENCE, data, measurer),
                    transaction.put_document(MANIFEST, manifest),
                ],
                causes=causes,
            )
            transaction.append(entry)
            causes = [*causes, entry.id]
        acts = _in_order(
            transaction, [*_still_meant(transaction, before, evidence, sha256(data)), *_inherited(transaction, subject)]
        )
        decision = decide(
            evidence,
            sha256(data),
            policies,
            acts,
            baseline=baseline,
            now=transaction.now,
            as_of=as_of or transaction.now,
            identifier=uuid7(transaction.now, workspace.entropy(UUID_RANDOM_SIZE)),
            submitter=submitter,
            previous=issued.sha256 if issued else None,
            lapsed=lapsed(workspace, acts, transaction),
        )
        causes += act_entries(transaction, decision.acts)
        sealed = seal_decision(transaction, decision, policies, baseline, issuer, causes)
        judged = Judged(decision, evidence, sealed)
        if also is not None:
            also(transaction, judged)
    # COMMIT has returned: only now may anybody be told.
    return judged


def judge_recorded(
    workspace: Workspace,
    policies: tuple[LoadedPolicy, ...],
    *,
    name: str,
    version: str,
    baseline: LoadedBaseline | None,
    seen: str | None = None,
    also: Also | None = None,
) -> Judged:
    """Judge the evidence of the latest decision about a model version again, with all its acts; its submitter stays.

    `seen` is the decision that whoever asks has seen, if they say so. Raises NotThere, Stale, MachineFault,
    VerificationFailed.
    """
    origin = workspace.trust().logs[0].origin
    issuer, log = (workspace.required_signer(origin, role) for role in ("issuer", "log"))
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        issued = transaction.latest_decision(name=name, version=version)
        if issued is None:
            raise NotThere(f"no decision about {name} {version} is in this trail", fix="submit evidence first")
        if seen is not None and seen != issued.sha256:
            raise Stale("there is a later decision", latest=issued.sha256, got=seen, expected=issued.sha256)
        before = read_decision(transaction, issued.sha256)
        evidence = EvidenceSet.from_bytes(transaction.document(before.evidence[0]).data)
        acts = _in_order(
            transaction, [*read_acts(transaction, before.acts), *_inherited(transaction, evidence.subject)]
        )
        decision = decide(
            evidence,
            before.evidence[0],
            policies,
            acts,
            baseline=baseline,
            now=transaction.now,
            as_of=transaction.now,
            identifier=uuid7(transaction.now, workspace.entropy(UUID_RANDOM_SIZE)),
            submitter=before.submitter,
            previous=issued.sha256,
            lapsed=lapsed(workspace, acts, transaction),
        )
        causes = [issued.entry_id, *act_entries(transaction, decision.acts)]
        judged = Judged(decision, evidence, seal_decision(transaction, decision, policies, baseline, issuer, causes))
        if also is not None:
            also(transaction, judged)
    # COMMIT has returned: only now may anybody be told.
    return judged


def _still_meant(
    transaction: "Transaction", before: Decision | None, evidence: EvidenceSet, evidence_sha256: str
) -> list[Recorded]:
    """Acts of the previous decision that can speak to this one: all where the evidence is the same, else what was said
    about the same artifact and is no approval: what lasts for a time and has not ended (waivers, statements), and
    rejections, which measuring again does not undo."""
    if before is None:
        return []
    acts = read_acts(transaction, before.acts)
    if before.evidence == (evidence_sha256,):
        return acts
    return [
        recorded
        for recorded in acts
        if recorded.seen.subject == evidence.subject
        and (
            transaction.now < parse_instant(recorded.act.expires)
            if recorded.act.expires
            else recorded.act.kind == "reject"
        )
    ]


def _inherited(transaction: "Transaction", subject: Subject) -> list[Recorded]:
    """Live waivers and statements that were given for an earlier version of this model and say that they reach this
    one. Whether the policy lets them is judged with everything else."""
    from governance.store.browse import granted

    entries = granted(transaction, subject.name, (EntryType.WAIVER_GRANTED, EntryType.ATTESTATION_SIGNED))
    digests = (one.sha256 for stored in entries for one in transaction.documents_of(stored.index) if one.type == ACT)
    return [
        recorded
        for recorded in read_acts(transaction, tuple(digests))
        if (lasting := recorded.act.waiver or recorded.act.attestation) is not None
        and transaction.now < parse_instant(lasting.expires)
        and recorded.seen.subject != subject
        and reaches(lasting.covers, recorded.seen.subject, subject)
    ]


def _in_order(transaction: "Transaction", acts: list[Recorded]) -> list[Recorded]:
    """Each once, in the order in which the trail recorded them."""
    by = {recorded.sha256: recorded for recorded in acts}
    return sorted(by.values(), key=lambda one: transaction.entries_referring(one.sha256)[0].index)
