"""The newest decision about an artifact, found without believing the database's index.

Columns to search by are not part of the log: whoever can write to the file but holds no key can change them so that a
later denial is not found. Therefore every leaf is hashed again, up to the root that the head names (and whoever
verifies the decision's receipt compares with the signed checkpoint), and decisions are found in the leaves' own bytes.
"""

from sqlmodel import col, select

from governance.canonical import loads, sha256
from governance.errors import Broken, VerificationFailed
from governance.evidence.origin import Subject
from governance.store.snapshot import IssuedDecision, Snapshot, parse_entry
from governance.store.tables import DocumentRow, EntryRow
from governance.trail import merkle
from governance.trail.entry import Entry, EntryType, commitment
from governance.verification import DECISION

_MARK = f'"type":"{EntryType.DECISION_ISSUED}"'.encode()


def newest_decision(snapshot: Snapshot, artifact: str) -> IssuedDecision | None:
    """None where no decision is about this artifact. Time grows with the trail.

    Raises VerificationFailed TAMPERED where entries do not lead to the head's root, where the index hides a decision,
    or where one was hidden when the next was made: each names the decision before it about the same model version.
    """
    issued = _decisions(snapshot)
    about = [place for place in issued if place[1].artifact == artifact]
    found = snapshot.latest_decision(artifact=artifact)
    if (found.index if found else None) != (about[-1][0] if about else None):
        raise _tampered(snapshot, "the index does not lead to the newest decision about this artifact", artifact)
    if found is None:
        return None
    same = [place for place in issued if (place[1].name, place[1].version) == (found.name, found.version)]
    previous: str | None = None
    for index, _, entry in same[: [place[0] for place in same].index(found.index) + 1]:
        digest, named = _document(snapshot, index, entry)
        if named != previous:
            raise _tampered(snapshot, f"the decision of entry {index} passes over an earlier one", str(named))
        previous = digest
    if previous != found.sha256:
        raise _tampered(snapshot, "the index names another decision than its entry", found.sha256)
    return found


def _decisions(snapshot: Snapshot) -> list[tuple[int, Subject, Entry]]:
    tree, issued = merkle.Frontier(), []
    for index, body in snapshot.rows(select(EntryRow.idx, EntryRow.body).order_by(col(EntryRow.idx))):
        if index != tree.size:
            raise _tampered(snapshot, "an entry is missing", f"number {tree.size}")
        tree.add(merkle.leaf_hash(body))
        if _MARK in body:
            entry = parse_entry(index, body, snapshot.where)
            if entry.type is EntryType.DECISION_ISSUED and entry.subject is not None:
                issued.append((index, entry.subject, entry))
    head = snapshot.head()
    if (tree.size, tree.root()) != (head.size, head.root):
        raise _tampered(snapshot, "the entries do not lead to the root of the trail's head", tree.root().hex())
    return issued


def _document(snapshot: Snapshot, index: int, entry: Entry) -> tuple[str, str | None]:
    """(SHA-256 of the decision that an entry issued, the one it says it follows)."""
    for ref in entry.refs:
        if ref.type == DECISION:
            query = select(DocumentRow).where(col(DocumentRow.commitment) == ref.commitment)
            row = next(snapshot.rows(query), None)
            if row is None or commitment(row.salt, row.data) != ref.commitment:
                break
            previous = loads(row.data)["previous"]
            return sha256(row.data), previous
    raise _tampered(snapshot, f"the decision of entry {index} is not the one that was stored", entry.id)


def _tampered(snapshot: Snapshot, what: str, got: str) -> VerificationFailed:
    fix = "`governance trail verify` says more; restore the trail from a backup"
    return VerificationFailed(Broken.TAMPERED, what, got=got, fix=fix, where=snapshot.where)
