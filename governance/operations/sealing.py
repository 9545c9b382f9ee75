"""What every verb that writes does: documents, their envelopes, one entry each, in one transaction."""

from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import sha256
from governance.errors import NotThere
from governance.operations.in_force import in_force
from governance.policy.act import Act
from governance.policy.baseline import LoadedBaseline, load_baseline
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy, load_policy
from governance.signing import dsse
from governance.signing.keys import Signer, key_id
from governance.trail.entry import EntryType, Ref
from governance.verification import ACT, BASELINE, DECISION, POLICY, payload_type

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot, StoredEntry
    from governance.store.transaction import Transaction

ENVELOPE = "governance.envelope/v1"
# An entry has room for some causes; the newest say most, and each names its own.
_MOST_CAUSES = 16


class Place(NamedTuple):
    """Where a decision stands in the trail."""

    decision_sha256: str
    origin: str
    position: int
    entry_id: str


def put_signed(transaction: "Transaction", kind: str, data: bytes, signer: Signer) -> list[Ref]:
    """A document and its envelope."""
    envelope = dsse.seal(payload_type(kind), data, signer)
    return [transaction.put_document(kind, data), transaction.put_document(ENVELOPE, envelope.to_bytes())]


def seal_decision(
    transaction: "Transaction",
    decision: Decision,
    policies: tuple[LoadedPolicy, ...],
    baseline: LoadedBaseline | None,
    issuer: Signer,
    causes: list[str],
) -> Place:
    """Append a decision with all that it stands on; `causes` are ids of entries that led to it. Durable once the
    transaction is."""
    data = decision.to_bytes()
    refs = put_signed(transaction, DECISION, data, issuer)
    refs += [transaction.put_document(POLICY, policy.text) for policy in policies]
    refs += [transaction.put_document(BASELINE, baseline.text)] if baseline else []
    entry = transaction.compose(
        EntryType.DECISION_ISSUED,
        f"issuer|{key_id(issuer.public_key)}",
        subject=decision.subject,
        refs=refs,
        causes=[*causes, *in_force(transaction, policies)][-_MOST_CAUSES:],
    )
    return Place(sha256(data), transaction.origin, transaction.append(entry), entry.id)


def issuing(snapshot: "Snapshot", decision_sha256: str) -> "StoredEntry":
    """The entry that issued a decision, not one that merely stands on it. Raises NotThere."""
    for stored in snapshot.entries_referring(decision_sha256):
        if stored.entry.type is EntryType.DECISION_ISSUED:
            return stored
    raise NotThere("no entry of the trail issued this decision", got=decision_sha256)


def read_decision(snapshot: "Snapshot", digest: str) -> Decision:
    return Decision.from_bytes(snapshot.document(digest).data)


def read_policies(snapshot: "Snapshot", decision: Decision) -> tuple[LoadedPolicy, ...]:
    """The very policies a decision was made under."""
    return tuple(
        load_policy(snapshot.document(ref.sha256).data, f"policy {ref.id} {ref.version}") for ref in decision.policies
    )


def read_baseline(snapshot: "Snapshot", decision: Decision) -> LoadedBaseline | None:
    """The very baseline a decision was made with, if any."""
    if decision.baseline is None:
        return None
    return load_baseline(snapshot.document(decision.baseline).data, f"baseline {decision.baseline[:12]}")


def read_acts(snapshot: "Snapshot", digests: tuple[str, ...]) -> list[Recorded]:
    """Acts with the decisions their actors saw."""
    acts = []
    for digest in digests:
        act = Act.from_bytes(snapshot.document(digest).data)
        acts.append(Recorded(digest, act, read_decision(snapshot, act.decision)))
    return acts


def act_entries(snapshot: "Snapshot", digests: tuple[str, ...]) -> list[str]:
    """Ids of the entries that recorded these acts."""
    return [
        stored.entry.id
        for digest in digests
        for stored in snapshot.entries_referring(digest)
        if any(ref.type == ACT for ref in stored.entry.refs)
    ]
