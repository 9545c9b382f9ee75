"""Entries of a bundle: each included in the log, and each document committed to by one that may speak for it."""

from collections.abc import Mapping
from typing import NamedTuple

from governance.canonical import Sha256, other_version
from governance.errors import BadInput, Broken, VerificationFailed
from governance.policy.decision import Decision, Recorded
from governance.policy.release import APPROVAL, RELEASE
from governance.trail import checkpoint, merkle, proof
from governance.trail.bundle import Bundle
from governance.trail.entry import Entry, EntryType, commitment
from governance.trail.trust import Trust
from governance.verification.documents import ACT, BASELINE, DECISION, ENTRY, EVIDENCE, MANIFEST, POLICY

ACT_ENTRIES: Mapping[str, EntryType] = {
    "approve": EntryType.REVIEW_APPROVED,
    "reject": EntryType.REVIEW_REJECTED,
    "comment": EntryType.REVIEW_COMMENTED,
    "waive": EntryType.WAIVER_GRANTED,
    "attest": EntryType.ATTESTATION_SIGNED,
}
"""Which entry records which kind of act."""
# Which entry speaks for which type of document.
_ENTRY_TYPES: dict[str, frozenset[EntryType]] = {
    EVIDENCE: frozenset({EntryType.EVIDENCE_SUBMITTED}),
    MANIFEST: frozenset({EntryType.EVIDENCE_SUBMITTED}),
    DECISION: frozenset({EntryType.DECISION_ISSUED}),
    POLICY: frozenset({EntryType.DECISION_ISSUED}),
    BASELINE: frozenset({EntryType.DECISION_ISSUED}),
    ACT: frozenset(ACT_ENTRIES.values()),
    **dict.fromkeys((RELEASE, APPROVAL), frozenset({EntryType.POLICIES_RELEASED})),
}


class Seen(NamedTuple):
    checkpoint: checkpoint.Checkpoint
    note: str


Spoken = Mapping[Sha256, tuple[int, Entry]]
"""The entry, with its index, that speaks for a document."""


def entries_of(bundle: Bundle, trust: Trust | None) -> tuple[tuple[tuple[int, Entry], ...], Seen]:
    """Every entry proven under one and the same checkpoint. Without trust its signature is not checked. Raises
    VerificationFailed."""
    if not bundle.entries:
        raise VerificationFailed(Broken.INCOMPLETE, "the bundle proves no entry of a trail")
    entries: dict[int, Entry] = {}
    notes = set()
    last = -1
    signed: checkpoint.Checkpoint | None = None
    for proven in bundle.entries:
        raw = proven.text.encode()
        try:
            entry = Entry.from_bytes(raw)
        except BadInput as error:
            verdict = Broken.UNSUPPORTED if other_version(raw, ENTRY) else Broken.MALFORMED
            raise VerificationFailed(verdict, f"an entry cannot be read: {error.what}", got=error.got) from error
        parsed = proof.parse(proven.proof)
        notes.add(parsed.note)
        if trust:
            receipt = proof.verify(proven.proof, raw, trust.vkeys())
            signed = receipt.checkpoint
        else:
            signed = checkpoint.parse(parsed.note.decode().partition("\n\n")[0] + "\n")
            merkle.verify_inclusion(merkle.leaf_hash(raw), parsed.index, signed.size, parsed.hashes, signed.root)
        if entry.origin != signed.origin:
            raise VerificationFailed(
                Broken.TAMPERED, "an entry is of another log", got=entry.origin, expected=signed.origin
            )
        if parsed.index <= last:
            raise VerificationFailed(
                Broken.MALFORMED, "entries are not in the log's order, each once", got=str(parsed.index)
            )
        last = parsed.index
        entries[last] = entry
    if len(notes) != 1 or signed is None:
        raise VerificationFailed(
            Broken.MALFORMED, "entries are proven under different checkpoints", got=f"{len(notes)}"
        )
    return tuple(entries.items()), Seen(signed, notes.pop().decode())


def commitments(
    bundle: Bundle, entries: tuple[tuple[int, Entry], ...], decision: Decision, acts: tuple[Recorded, ...]
) -> Spoken:
    """Every document is referred to by an entry that may speak for it, about this model; and every entry is used.
    Raises VerificationFailed."""
    # A waiver may have been given for an earlier version of the same model: then its entry is about that one.
    about = {digest: item.seen.subject for item in acts for digest in (item.sha256, item.act.decision)}
    about |= {bundle.decision: decision.subject}
    if others := {subject.name for subject in about.values()} - {decision.subject.name}:
        raise VerificationFailed(Broken.TAMPERED, "an act is about another model", got=min(others))
    open_ = {(ref.type, ref.commitment): (place, ref.size) for place in entries for ref in place[1].refs}
    spoken = {}
    for digest, enclosed in bundle.documents.items():
        data = enclosed.text.encode()
        found = open_.get((enclosed.type, commitment(bytes.fromhex(enclosed.salt), data)))
        if found is None or found[1] != len(data):
            raise VerificationFailed(
                Broken.TAMPERED, f"no entry of the trail commits to a {enclosed.type}", got=digest[:16]
            )
        entry = found[0][1]
        if entry.type not in _ENTRY_TYPES.get(enclosed.type, frozenset()):
            raise VerificationFailed(
                Broken.TAMPERED, f"a {enclosed.type} hangs on an entry of another kind", got=entry.type.value
            )
        if entry.subject != about.get(digest, decision.subject) and enclosed.type not in (POLICY, RELEASE, APPROVAL):
            raise VerificationFailed(Broken.TAMPERED, "an entry is about another model version", got=str(entry.subject))
        spoken[digest] = found[0]
    used = {index for index, _ in spoken.values()}
    if idle := [entry.id for index, entry in entries if index not in used]:
        raise VerificationFailed(
            Broken.MALFORMED, "an entry in the bundle has nothing to do with the decision", got=idle[0]
        )
    return spoken


def recorded_as_said(spoken: Spoken, decisions: Mapping[Sha256, Decision], acts: tuple[Recorded, ...]) -> None:
    """The log tells of decisions and acts what they tell of themselves: so an issuer alone cannot date one back.
    Raises VerificationFailed (TAMPERED)."""
    for digest, decision in decisions.items():
        time = spoken[digest][1].time
        if time != decision.now:
            raise VerificationFailed(
                Broken.TAMPERED, "a decision is not of the time it was recorded", got=decision.now, expected=time
            )
    for item in acts:
        if spoken[item.sha256][1].type is not ACT_ENTRIES[item.act.kind]:
            raise VerificationFailed(Broken.TAMPERED, "an act was recorded as one of another kind", got=item.act.kind)
    places = [spoken[item.sha256][0] for item in acts]
    if places != sorted(set(places)):
        raise VerificationFailed(
            Broken.TAMPERED, "acts are not in the order they were recorded, each once", got=str(places)
        )
