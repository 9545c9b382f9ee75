"""A person acts on a case: approve, reject, comment, waive. Act, decision and entries in one transaction."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from pydantic import ValidationError

from governance.canonical import instant, parse_instant, sha256
from governance.errors import BadInput, Refused
from governance.evidence.evidence import EvidenceSet
from governance.operations.sealing import (
    Place,
    act_entries,
    put_signed,
    read_acts,
    read_baseline,
    read_decision,
    read_policies,
    seal_decision,
)
from governance.operations.workspace import Workspace
from governance.permissions import acting_role, may_act
from governance.policy.act import Act, Waiver
from governance.policy.decision import Decision, Recorded, decide
from governance.trail.entry import UUID_RANDOM_SIZE, uuid7
from governance.verification import ACT, ACT_ENTRIES

Kind = Literal["approve", "reject", "comment", "waive"]


class Reviewed(NamedTuple):
    """The case before and after the act."""

    act: Act
    before: Decision
    decision: Decision
    evidence: EvidenceSet
    sealed: Place


def act(
    workspace: Workspace,
    kind: Kind,
    *,
    model: str,
    version: str,
    name: str,
    role: str | None,
    password: Callable[[], str],
    reason: str,
    seen: str | None = None,
    waiver: Waiver | None = None,
) -> Reviewed:
    """Sign an act on the latest decision about a model version and judge the case again.

    `seen` is the digest of the decision the person looked at; where it is no longer the latest, nothing is written.
    `role` may be left to `acting_role`.
    Raises BadInput, Refused, MachineFault, VerificationFailed.
    """
    origin = workspace.trust().logs[0].origin
    issuer, log = workspace.required_signer(origin, "issuer"), workspace.required_signer(origin, "log")
    person, signer = workspace.authenticate(name, password)
    role = acting_role(kind, person.roles) if role is None else role
    if role is None:
        raise BadInput(
            "say in which role", expected=f"--role and one of: {', '.join(person.roles)}", fix="nothing was signed"
        )
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        issued = transaction.latest_decision(name=model, version=version)
        if issued is None:
            raise BadInput(f"no decision about {model} {version} is in this trail", fix="`governance check` makes one")
        if seen is not None and seen != issued.sha256:
            raise Refused(
                "the case has changed since you looked at it",
                got=f"decision {seen}",
                expected=f"the latest decision, {issued.sha256}",
                fix="read it again (`governance show`), then act on what it says now; nothing was signed",
            )
        before = read_decision(transaction, issued.sha256)
        if waiver is not None and waiver.key not in {finding.key for finding in before.findings}:
            raise BadInput(
                "the decision has no such finding",
                got=waiver.key,
                expected=", ".join(finding.key for finding in before.findings),
            )
        try:
            signed = Act(
                kind=kind,
                actor=person.principal,
                role=role,
                decision=issued.sha256,
                reason=reason,
                at=instant(transaction.now),
                waiver=waiver,
            )
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise BadInput(
                str(first["msg"]).removeprefix("Value error, "),
                got=repr(first["input"])[:100],
                where=".".join(str(part) for part in first["loc"]),
            ) from error
        evidence_sha256 = before.evidence[0]
        evidence = EvidenceSet.from_bytes(transaction.document(evidence_sha256).data)
        permission = may_act(signed, person.roles, before, evidence.origin.by)
        if not permission.allowed:
            raise Refused(f"{name} may not {kind} this", got=permission.reason)
        data = signed.to_bytes()
        entry = transaction.compose(
            ACT_ENTRIES[kind],
            person.principal,
            subject=before.subject,
            refs=put_signed(transaction, ACT, data, signer),
            causes=[issued.entry_id],
        )
        transaction.append(entry)
        policies, baseline = read_policies(transaction, before), read_baseline(transaction, before)
        acts = [*read_acts(transaction, before.acts), Recorded(sha256(data), signed, before)]
        decision = decide(
            evidence,
            evidence_sha256,
            policies,
            acts,
            baseline=baseline,
            now=transaction.now,
            as_of=parse_instant(before.as_of),
            identifier=uuid7(transaction.now, workspace.entropy(UUID_RANDOM_SIZE)),
            submitter=before.submitter,
            previous=issued.sha256,
        )
        causes = [issued.entry_id, entry.id, *act_entries(transaction, before.acts)]
        sealed = seal_decision(transaction, decision, policies, baseline, issuer, causes)
    # COMMIT has returned: only now may anybody be told.
    return Reviewed(signed, before, decision, evidence, sealed)
