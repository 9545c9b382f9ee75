"""A person acts on a case: approve, reject, comment, waive, attest. Act, decision and entries in one transaction."""

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import ValidationError

from governance.canonical import Instant, Sha256, instant, parse_instant, sha256
from governance.errors import BadInput, Refused, Stale, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.operations.people import FilePeople, People, known, lapsed
from governance.operations.refusals import refusable
from governance.operations.sealing import (
    ENVELOPE,
    Place,
    act_entries,
    read_acts,
    read_baseline,
    read_decision,
    read_policies,
    seal_decision,
)
from governance.operations.workspace import Workspace
from governance.permissions import TABLE, Does, Permission, acting_role, may_act, may_act_as
from governance.policy import attesting
from governance.policy.act import Act, Attestation, Waiver
from governance.policy.attesting import Stating
from governance.policy.decision import Decision, Recorded, decide
from governance.policy.document import LoadedPolicy
from governance.policy.granting import assert_signable, drawn_up
from governance.signing import dsse
from governance.signing.keys import Signer, decode_public, encode_public, key_id
from governance.trail.entry import UUID_RANDOM_SIZE, uuid7
from governance.verification import ACT, ACT_ENTRIES, payload_type

if TYPE_CHECKING:
    from governance.store.snapshot import IssuedDecision
    from governance.store.transaction import Transaction

Kind = Literal["approve", "reject", "comment", "waive", "attest"]


class Reviewed(NamedTuple):
    """The case before and after the act."""

    act: Act
    before: Decision
    decision: Decision
    evidence: EvidenceSet
    sealed: Place


Also = Callable[["Transaction", Reviewed], None]
"""What else goes into the transaction of an act, such as the answer to the request that brought it."""


@refusable("act")
def act(
    workspace: Workspace,
    kind: Kind,
    *,
    model: str,
    version: str,
    principal: str,
    role: str | None,
    password: Callable[[], str],
    reason: str,
    seen: str | None = None,
    waiver: Waiver | None = None,
    stating: Stating | None = None,
    people: People | None = None,
    also: Also | None = None,
) -> Reviewed:
    """Sign an act on the latest decision about a model version and judge the case again.

    `seen` is the digest of the decision the person looked at; where it is no longer the latest, nothing is written.
    `role` may be left to `acting_role`, `people` to the project's files.
    Raises BadInput, Refused (Stale, TooMany), MachineFault, VerificationFailed.
    """
    people = people or FilePeople(workspace)
    issuer, log = _machines(workspace)
    signer = people.unwrap(principal, password)
    roles = known(people, principal).roles
    role = acting_role(kind, roles) if role is None else role
    if role is None:
        raise BadInput("say in which role", expected=f"--role and one of: {', '.join(roles)}", fix="nothing was signed")
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        issued, before = _latest(transaction, model, version, seen)
        _assert_allowed(kind, principal, may_act_as(kind, principal, role, known(people, principal, transaction).roles))
        waiver = drawn_up(waiver, before) if waiver else None
        attestation = attesting.drawn_up(stating, read_policies(transaction, before)) if stating else None
        at = instant(transaction.now)
        signed = compose_act(kind, principal, role, issued.sha256, reason, at, waiver, attestation)
        case = _permitted(transaction, people, signed, signer.public_key, issued, before)
        data = signed.to_bytes()
        envelope = dsse.seal(payload_type(ACT), data, signer)
        reviewed = _judge_again(workspace, transaction, issuer, case, signed, data, envelope)
        if also is not None:
            also(transaction, reviewed)
    # COMMIT has returned: only now may anybody be told.
    return reviewed


@refusable("act")
def record_act(
    workspace: Workspace,
    envelope: dsse.Envelope,
    *,
    principal: str,
    people: People,
    seen: str | None = None,
    also: Also | None = None,
) -> Reviewed:
    """Record an act that `principal` signed elsewhere, by the key they have now, and judge its case again.

    `seen` is the decision that they say it is about, if they say so beside it.

    Raises Refused where it is not signed with their key, or not just now, and Stale where the decision it names is no
    longer the latest; BadInput, MachineFault; VerificationFailed where the trail does not hold.
    """
    from governance.store.transaction import CLOCK_TOLERANCE

    issuer, log = _machines(workspace)
    key = decode_public(known(people, principal).key)
    try:
        opened = dsse.open_envelope(envelope, {key_id(key): key})
    except VerificationFailed as error:
        raise Refused(
            f"the act is not signed with the key of {principal}",
            got=f"{error.verdict.value}: {error.what}",
            expected=f"key {key_id(key)[:16]}",
            fix="sign it with the key that the service has for you now",
        ) from error
    if opened.payload_type != payload_type(ACT):
        raise BadInput("the envelope holds no act", got=opened.payload_type, expected=payload_type(ACT))
    signed = Act.from_bytes(opened.payload)
    if signed.actor != principal:
        raise Refused("the act is somebody else's", got=signed.actor, expected=principal)
    if seen is not None and seen != signed.decision:
        raise BadInput("the act is about another decision", got=signed.decision, expected=seen)
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        if abs(parse_instant(signed.at) - transaction.now) > CLOCK_TOLERANCE:
            raise Refused(
                "the act was not signed just now",
                got=f"signed at {signed.at}, and it is {instant(transaction.now)}",
                expected=f"at most {CLOCK_TOLERANCE} between them",
                fix="set the clock of the machine that signs, and sign again",
            )
        subject = read_decision(transaction, signed.decision).subject
        issued, before = _latest(transaction, subject.name, subject.version, signed.decision)
        case = _permitted(transaction, people, signed, key, issued, before)
        # The very bytes that were signed, also where they leave out what we would have written.
        reviewed = _judge_again(workspace, transaction, issuer, case, signed, opened.payload, envelope)
        if also is not None:
            also(transaction, reviewed)
    return reviewed


def _machines(workspace: Workspace) -> tuple[Signer, Signer]:
    origin = workspace.trust().logs[0].origin
    return workspace.required_signer(origin, "issuer"), workspace.required_signer(origin, "log")


def _latest(
    transaction: "Transaction", model: str, version: str, seen: str | None
) -> tuple["IssuedDecision", Decision]:
    issued = transaction.latest_decision(name=model, version=version)
    if issued is None:
        audited = sorted({f"{item.name}@{item.version}" for item in transaction.decisions()})
        raise BadInput(
            f"no decision about {model} {version} is in this trail",
            expected=", ".join(audited[:10]) or "an audited model version",
            fix=_nearest(f"{model}@{version}", audited) or "`governance check` makes one",
        )
    if seen is not None and seen != issued.sha256:
        raise Stale(
            "the case has changed since you looked at it",
            latest=issued.sha256,
            got=f"decision {seen}",
            expected=f"the latest decision, {issued.sha256}",
            fix="read it again (`governance show`), then act on what it says now; nothing was signed",
        )
    return issued, read_decision(transaction, issued.sha256)


def compose_act(
    kind: Kind,
    actor: str,
    role: str,
    decision: Sha256,
    reason: str,
    at: Instant,
    waiver: Waiver | None,
    attestation: Attestation | None = None,
) -> Act:
    """The act, to be signed. Raises BadInput, naming the field."""
    try:
        return Act(
            kind=kind,
            actor=actor,
            role=role,
            decision=decision,
            reason=reason,
            at=at,
            waiver=waiver,
            attestation=attestation,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadInput(
            str(first["msg"]).removeprefix("Value error, "),
            got=repr(first["input"])[:100],
            where=".".join(str(part) for part in first["loc"]),
        ) from error


def _nearest(text: str, names: list[str]) -> str:
    """What was probably meant, as a question; nothing where nothing is like it."""
    near = difflib.get_close_matches(text, names, n=1, cutoff=0.7)
    return f"did you mean {near[0]!r}?" if near else ""


class _Case(NamedTuple):
    """What is acted on."""

    issued: "IssuedDecision"
    before: Decision
    evidence: EvidenceSet
    policies: tuple[LoadedPolicy, ...]


def _permitted(
    transaction: "Transaction", people: People, signed: Act, key: bytes, issued: "IssuedDecision", before: Decision
) -> _Case:
    """The case, where this may be done to it. Roles and key are those of this moment, under the writer's lock: one may
    have been revoked meanwhile, and the other replaced because somebody stole it."""
    evidence = EvidenceSet.from_bytes(transaction.document(before.evidence[0]).data)
    person = known(people, signed.actor, transaction)
    if person.key != encode_public(key):
        raise Refused(
            f"{signed.actor} has another key by now",
            got=f"key {key_id(key)[:16]}",
            expected=f"key {key_id(decode_public(person.key))[:16]}",
            fix="sign with the key that counts now; nothing was signed",
        )
    _assert_allowed(signed.kind, signed.actor, may_act(signed, person.roles, before, evidence.origin.by))
    policies = read_policies(transaction, before)
    assert_signable(signed, before, policies, evidence)
    return _Case(issued, before, evidence, policies)


def _assert_allowed(kind: str, actor: str, permission: Permission) -> None:
    if not permission.allowed:
        row = TABLE[Does(kind)]
        raise Refused(
            f"{actor.rpartition('|')[2]} may not {kind} this",
            got=permission.reason,
            expected=f"{' or '.join(row.roles)}, to {row.means}",
            fix="leave it to somebody who may; nothing was signed",
        )


def _judge_again(
    workspace: Workspace,
    transaction: "Transaction",
    issuer: Signer,
    case: _Case,
    signed: Act,
    data: bytes,
    envelope: dsse.Envelope,
) -> Reviewed:
    """`data`: the act as it was signed."""
    issued, before, evidence, policies = case
    entry = transaction.compose(
        ACT_ENTRIES[signed.kind],
        signed.actor,
        subject=before.subject,
        refs=[transaction.put_document(ACT, data), transaction.put_document(ENVELOPE, envelope.to_bytes())],
        causes=[issued.entry_id],
    )
    transaction.append(entry)
    baseline = read_baseline(transaction, before)
    acts = [*read_acts(transaction, before.acts), Recorded(sha256(data), signed, before)]
    decision = decide(
        evidence,
        before.evidence[0],
        policies,
        acts,
        baseline=baseline,
        now=transaction.now,
        as_of=parse_instant(before.as_of),
        identifier=uuid7(transaction.now, workspace.entropy(UUID_RANDOM_SIZE)),
        submitter=before.submitter,
        previous=issued.sha256,
        lapsed=lapsed(workspace, acts, transaction),
    )
    causes = [issued.entry_id, entry.id, *act_entries(transaction, before.acts)]
    sealed = seal_decision(transaction, decision, policies, baseline, issuer, causes)
    return Reviewed(signed, before, decision, evidence, sealed)
