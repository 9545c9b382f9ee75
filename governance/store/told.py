"""What the entries about people say, read from the leaves themselves: no index, no table beside the log is believed.

Whoever can write to the database but holds no key can change columns to search by, references and rows of accounts. The
leaves are hashed up to the root that the log signed, so none of them was put in, left out or changed; documents are
found by the commitment that stands in the leaf.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import col, select

from governance.errors import Broken, VerificationFailed
from governance.store.snapshot import Snapshot, parse_entry
from governance.store.tables import DocumentRow, EntryRow
from governance.trail import checkpoint, merkle
from governance.trail.entry import Entry, commitment

_FIX = "`governance trail verify` says more; restore the trail from a backup"
# In no leaf does this stand for anything else: quotes inside of a name are escaped, and no type of a document has ":".
_MARK = b'"type":"person:'


class Told(NamedTuple):
    """An entry about somebody, with the documents that it refers to."""

    number: int
    entry: Entry
    documents: tuple[bytes, ...]


def signed_head(snapshot: Snapshot, vkeys: Sequence[str]) -> checkpoint.Checkpoint:
    """The head, which the newest checkpoint signs under one of these keys. Raises VerificationFailed."""
    signed, head = checkpoint.open_checkpoint(snapshot.checkpoint(), vkeys), snapshot.head()
    if signed != head:
        raise _broken(snapshot, Broken.TAMPERED, "the head is not what the newest checkpoint signs", str(head))
    return signed


def told_since(
    snapshot: Snapshot, before: merkle.Frontier, head: checkpoint.Checkpoint
) -> tuple[merkle.Frontier, list[Told]]:
    """The tree up to `head`, and what its leaves behind those of `before` say about people.

    Raises VerificationFailed where the leaves do not lead to the root of `head`, or a document is missing or another.
    """
    tree, found = before.copy(), []
    query = select(EntryRow.idx, EntryRow.body).where(col(EntryRow.idx) >= tree.size, col(EntryRow.idx) < head.size)
    for index, body in snapshot.rows(query.order_by(col(EntryRow.idx))):
        if index != tree.size:
            raise _broken(snapshot, Broken.INCOMPLETE, f"entry {tree.size} is missing", f"entry {index}")
        tree.add(merkle.leaf_hash(body))
        if _MARK in body:
            found.append((index, body))
    if (tree.size, tree.root()) != (head.size, head.root):
        what = "the entries do not lead to the root that the log signed"
        raise _broken(snapshot, Broken.TAMPERED, what, f"{tree.size} entries, root {tree.root().hex()}")
    return tree, [_told(snapshot, index, body) for index, body in found]


def _told(snapshot: Snapshot, index: int, body: bytes) -> Told:
    entry, documents = parse_entry(index, body, snapshot.where), []
    for ref in entry.refs:
        query = select(DocumentRow).where(col(DocumentRow.commitment) == ref.commitment)
        row = next(snapshot.rows(query), None)
        if row is None:
            raise _broken(snapshot, Broken.INCOMPLETE, f"entry {index}: its document is missing", ref.type)
        if row.type != ref.type or commitment(row.salt, row.data) != ref.commitment:
            raise _broken(snapshot, Broken.TAMPERED, f"entry {index}: its document is another", row.type)
        documents.append(row.data)
    return Told(index, entry, tuple(documents))


def _broken(snapshot: Snapshot, verdict: Broken, what: str, got: str) -> VerificationFailed:
    return VerificationFailed(verdict, what, got=got, fix=_FIX, where=snapshot.where)
