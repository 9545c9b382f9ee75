"""The bundle of a decision: everything a stranger needs, from one state of the trail."""

from typing import TYPE_CHECKING

from governance.canonical import sha256
from governance.errors import NotThere
from governance.evidence.evidence import EvidenceSet
from governance.operations.releases import releases_of
from governance.operations.sealing import ENVELOPE, issuing, read_acts, read_decision
from governance.operations.workspace import Workspace
from governance.signing.dsse import Envelope, unpack
from governance.trail.bundle import Bundle, Enclosed, Proven

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot, StoredDocument, StoredEntry


def latest(workspace: Workspace, *, model: str, version: str) -> str:
    """The digest of the latest decision about a model version. Raises NotThere."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        issued = snapshot.latest_decision(name=model, version=version)
        if issued is None:
            known = ", ".join(sorted({f"{item.name}@{item.version}" for item in snapshot.decisions()})[:10])
            raise NotThere(
                f"no decision about {model} {version} is in this trail",
                expected=known or "an audited model version",
                fix="`governance check` makes one",
            )
        return issued.sha256


def export_bundle(workspace: Workspace, decision_sha256: str) -> bytes:
    """The bundle in canonical form. Raises BadInput where the trail has no such decision."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        return bundle_of(snapshot, decision_sha256).to_bytes()


def bundle_of(snapshot: "Snapshot", decision_sha256: str) -> Bundle:
    decision = read_decision(snapshot, decision_sha256)
    evidence = EvidenceSet.from_bytes(snapshot.document(decision.evidence[0]).data)
    seen = {recorded.act.decision for recorded in read_acts(snapshot, decision.acts)}
    decisions = {decision_sha256, *seen}
    issued = issuing(snapshot, decision_sha256)
    released = releases_of(snapshot, {ref.sha256 for ref in decision.policies}, issued.index)
    entries: dict[int, StoredEntry] = {}
    for digest in (*decisions, *decision.evidence, *decision.acts):
        speaks = issuing(snapshot, digest) if digest in decisions else _first(snapshot, digest)
        entries[speaks.index] = speaks
    entries |= {one.stored.index: one.stored for one in released}
    wanted = {*decisions, *decision.evidence, *decision.acts, evidence.manifest} | decision.ruled_by
    wanted |= {digest for one in released for digest in (one.release_sha256, one.approval_sha256)}
    there: dict[str, StoredDocument] = {}
    envelopes: dict[str, Envelope] = {}
    for index in sorted(entries):
        for stored in snapshot.documents_of(index):
            if stored.type == ENVELOPE:
                envelope = Envelope.from_bytes(stored.data)
                digest = sha256(unpack(envelope).payload)
                if digest in wanted:
                    envelopes.setdefault(digest, envelope)
            else:
                there[stored.sha256] = stored
    documents = {}
    for digest in wanted:
        stored = there.get(digest) or snapshot.document(digest)
        documents[digest] = Enclosed(type=stored.type, salt=stored.salt.hex(), text=stored.data.decode())
    return Bundle(
        decision=decision_sha256,
        documents=documents,
        envelopes=tuple(envelopes[digest] for digest in sorted(envelopes)),
        entries=tuple(
            Proven(text=entries[index].data.decode(), proof=snapshot.receipt(index)) for index in sorted(entries)
        ),
        anchors=(),
    )


def _first(snapshot: "Snapshot", digest: str) -> "StoredEntry":
    """The entry that recorded evidence or an act; later ones merely stand on it."""
    for stored in snapshot.entries_referring(digest):
        return stored
    raise NotThere("no entry of the trail records this document", got=digest)
