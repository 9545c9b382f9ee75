"""Reading the trail: one consistent state of it, found by key, checked against the hashes it was stored under."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from governance.canonical import other_version, sha256
from governance.errors import BadInput, Broken, NotThere, VerificationFailed
from governance.policy.outcome import Action
from governance.store.database import Database
from governance.store.tables import (
    CheckpointRow,
    DocumentRow,
    EntryRow,
    HeadRow,
    OutcomeRow,
    PseudonymRow,
    ReferenceRow,
    TileRow,
)
from governance.trail import merkle, proof, tiles
from governance.trail.checkpoint import Checkpoint
from governance.trail.entry import Entry, EntryType, Ref, commitment
from governance.verification import DECISION, ENTRY


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """Entry number `index`; `data` is the leaf's bytes, verbatim."""

    index: int
    data: bytes
    entry: Entry


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document with what opens its commitment."""

    sha256: str
    type: str
    salt: bytes
    commitment: str
    data: bytes


@dataclass(frozen=True, slots=True)
class IssuedDecision:
    """Where a decision is: its entry's index and id, its document's digest, and the model version it is about."""

    index: int
    entry_id: str
    sha256: str
    name: str
    version: str
    artifact: str | None


class Snapshot:
    """One state of the trail. Made by `TrailStore.snapshot()`; use it inside that block only."""

    def __init__(self, session: Session, database: Database) -> None:
        self._session = session
        self._database = database
        self._where = database.where
        self._head_read: Checkpoint | None = None
        self._note: bytes | None = None
        self._hashes: tuple[int, merkle.SubtreeReader] | None = None

    @property
    def where(self) -> str:
        """The trail's place, for messages."""
        return self._where

    def rows(self, query: Any) -> Iterator[Any]:
        """What a query over the store's tables finds in this state, a few at a time. Nothing is checked: this is for
        those who check."""
        few = {"yield_per": 1000, **query.get_execution_options()}
        return iter(self._session.exec(query.execution_options(**few)))

    def damage(self) -> str:
        """What the database finds wrong with its own files, empty where it finds nothing or cannot look."""
        return self._database.damage(self._session.connection())

    def not_checked(self) -> tuple[str, ...]:
        """What nobody but the database's operator can check."""
        return self._database.not_checked(self._session.connection())

    def head(self) -> Checkpoint:
        """Origin, size and root as the log's writer recorded them; `checkpoint()` is the signed form."""
        if self._head_read is None:
            self._head_read = self._read_head()
        return self._head_read

    def _read_head(self, *, lock: bool = False) -> Checkpoint:
        row = self._session.get(HeadRow, 1, with_for_update=lock or None)
        if row is None:
            raise self._broken(Broken.INCOMPLETE, "the trail's head is missing")
        return Checkpoint(row.origin, row.size, row.root)

    def checkpoint(self, size: int | None = None) -> bytes:
        """The signed checkpoint note of this size, or the newest. Raises NotThere where no commit ended there."""
        query = select(CheckpointRow.note)
        if size is None:
            if self._note is None:
                newest = query.order_by(col(CheckpointRow.size).desc()).limit(1)
                self._note = self._session.exec(newest).one_or_none()
            if self._note is None:
                raise self._broken(Broken.INCOMPLETE, "the trail has no checkpoint")
            return self._note
        note = self._session.exec(query.where(col(CheckpointRow.size) == size)).one_or_none()
        if note is None:
            raise NotThere("no checkpoint of that size", got=str(size), expected="a size at which a commit ended")
        return note

    def entry(self, key: int | str) -> StoredEntry:
        """An entry by index or id. Raises NotThere, and VerificationFailed where it is not as hashed."""
        column = col(EntryRow.idx) if isinstance(key, int) else col(EntryRow.id)
        row = self._session.exec(select(EntryRow).where(column == key)).one_or_none()
        if row is None:
            raise NotThere(
                "no such entry in the trail", got=str(key), expected=f"an index below {self.head().size} or an id"
            )
        return self._stored(row)

    def find(self, entry_id: str) -> int | None:
        """The index of an entry's id, if it is in the trail."""
        return self._session.exec(select(EntryRow.idx).where(col(EntryRow.id) == entry_id)).one_or_none()

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[StoredEntry]:
        """Entries `start` up to but not including `end` (default: all), in order."""
        query = select(EntryRow).where(col(EntryRow.idx) >= start).order_by(col(EntryRow.idx))
        if end is not None:
            query = query.where(col(EntryRow.idx) < end)
        for row in self.rows(query):
            yield self._stored(row)

    def document(self, digest: str) -> StoredDocument:
        """A document by its SHA-256. Raises NotThere, and VerificationFailed where its bytes changed."""
        row = self._session.get(DocumentRow, digest)
        if row is None:
            raise NotThere("no such document in the trail", got=digest, expected="the SHA-256 of a stored document")
        return self._document(row)

    def documents(self, digests: Collection[str]) -> dict[str, StoredDocument]:
        """Those of these few that there are, by SHA-256, with one question to the database. VerificationFailed where
        the bytes of one changed."""
        query = select(DocumentRow).where(col(DocumentRow.sha256).in_(digests))
        return {row.sha256: self._document(row) for row in self._session.exec(query)}

    def _document(self, row: DocumentRow) -> StoredDocument:
        if (found := sha256(row.data)) != row.sha256:
            raise self._broken(
                Broken.TAMPERED, f"document {row.sha256} is not the one that was stored", found, row.sha256
            )
        return StoredDocument(row.sha256, row.type, row.salt, row.commitment, row.data)

    def recorded(self, digest: str, kind: str) -> tuple[StoredEntry, bytes]:
        """A document, with the first entry that refers to it, which is in this log and commits to these very bytes as
        one of this kind: not only the tables say so. To be asked of a state that is confirmed.

        Raises NotThere where there is none of this kind, VerificationFailed where the log does not vouch for it.
        """
        stored = self.document(digest)
        if stored.type != kind:
            raise NotThere("the document is of another kind", got=stored.type, expected=kind)
        query = select(func.min(ReferenceRow.idx)).where(col(ReferenceRow.document) == digest)
        first = self._session.exec(query).one()
        if first is None:
            raise self._broken(Broken.TAMPERED, "no entry of the trail refers to a document", digest)
        found = self.entry(first)
        said = Ref(type=kind, commitment=commitment(stored.salt, stored.data), size=len(stored.data))
        if said not in found.entry.refs:
            raise self._broken(Broken.TAMPERED, f"entry {first} does not commit to the document", digest)
        self.receipt(first)
        return found, stored.data

    def documents_of(self, index: int) -> list[StoredDocument]:
        """The documents an entry stands on, in the order of its references."""
        query = (
            select(DocumentRow)
            .join(ReferenceRow, col(ReferenceRow.document) == col(DocumentRow.sha256))
            .where(col(ReferenceRow.idx) == index)
            .order_by(col(ReferenceRow.position))
        )
        return [self._document(row) for row in self._session.exec(query)]

    def entries_referring(self, digest: str) -> list[StoredEntry]:
        """The entries that stand on a document, in order."""
        query = (
            select(EntryRow)
            .where(col(EntryRow.idx).in_(select(ReferenceRow.idx).where(col(ReferenceRow.document) == digest)))
            .order_by(col(EntryRow.idx))
        )
        return [self._stored(row) for row in self._session.exec(query)]

    def decisions(self, name: str | None = None) -> list[IssuedDecision]:
        """All decisions, or those about one model, oldest first."""
        conditions = [] if name is None else [col(EntryRow.name) == name]
        return self._decisions(*conditions)

    def latest_decision(
        self, *, artifact: str | None = None, name: str | None = None, version: str | None = None
    ) -> IssuedDecision | None:
        """The newest decision about an artifact digest, or about a name and version."""
        if artifact is not None and name is None and version is None:
            return self._newest(col(EntryRow.artifact) == artifact)
        if artifact is None and name is not None and version is not None:
            return self._newest(col(EntryRow.name) == name, col(EntryRow.version) == version)
        raise RuntimeError("ask for a decision by artifact, or by name and version")

    def latest_allowed(self, name: str, environment: str, *, before: int | None = None) -> IssuedDecision | None:
        """The newest decision (before entry `before`) that allows a version of this model in the environment."""
        allowed = select(OutcomeRow.idx).where(
            col(OutcomeRow.environment) == environment, col(OutcomeRow.outcome) == Action.ALLOW.value
        )
        conditions = [col(EntryRow.name) == name, col(EntryRow.idx).in_(allowed)]
        if before is not None:
            conditions.append(col(EntryRow.idx) < before)
        return self._newest(*conditions)

    def principal(self, pseudonym: str) -> str | None:
        """Who acts under a pseudonym, unless the link was deleted."""
        query = select(PseudonymRow.principal).where(col(PseudonymRow.pseudonym) == pseudonym)
        return self._session.exec(query).one_or_none()

    def known_pseudonym(self, principal: str) -> str | None:
        """The pseudonym of a principal who has acted before."""
        query = select(PseudonymRow.pseudonym).where(col(PseudonymRow.principal) == principal)
        return self._session.exec(query).one_or_none()

    def receipt(self, index: int) -> str:
        """The tlog-proof of an entry under the newest checkpoint. Raises NotThere.

        Raises VerificationFailed where the receipt would not hold, because the trail is not as it was written.
        """
        head = self.head()
        if not 0 <= index < head.size:
            raise NotThere("no such entry in the trail", got=str(index), expected=f"an index below {head.size}")
        body = self._session.exec(select(EntryRow.body).where(col(EntryRow.idx) == index)).one_or_none()
        if body is None:
            raise self._broken(Broken.INCOMPLETE, f"entry {index} is missing")
        leaf = merkle.leaf_hash(body)
        hashes = merkle.inclusion_proof(index, head.size, self._subtrees(head.size))
        merkle.verify_inclusion(leaf, index, head.size, hashes, head.root)
        return proof.to_text(index, hashes, self.checkpoint())

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the log now begins with the log of size `old` (1 or more)."""
        size = self.head().size
        return merkle.consistency_proof(old, size, self._subtrees(size))

    def _subtrees(self, size: int) -> merkle.SubtreeReader:
        """One reader for all proofs about a size: a bundle has several, which share most of their tiles."""
        if self._hashes is None or self._hashes[0] != size:
            self._hashes = size, tiles.subtree_reader(self.tile, size)
        return self._hashes[1]

    def tile(self, level: int, number: int, width: int) -> bytes:
        """A tile's bytes. Full tiles are stored; partial ones follow from entries (level 0) or from the tiles below.

        Raises VerificationFailed INCOMPLETE where something it is made of is missing.
        """
        path = tiles.path(level, number, width)
        if width < tiles.WIDTH:
            return self._tile_from_below(level, number, width)
        row = self._session.get(TileRow, (level, number))
        if row is None:
            raise self._broken(Broken.INCOMPLETE, f"{path} is missing")
        tiles.split(row.hashes, width, where=f"{self._where} {path}")
        return row.hashes

    def _tile_from_below(self, level: int, number: int, width: int) -> bytes:
        """A tile's bytes from what it stands on: leaf hashes at level 0, else the roots of full tiles."""
        first = number * tiles.WIDTH
        if level == 0:
            place = col(EntryRow.idx)
            query = select(EntryRow.leaf)
        else:
            place = col(TileRow.number)
            query = select(TileRow.root).where(col(TileRow.level) == level - 1)
        hashes: list[bytes] = list(
            self._session.exec(query.where(place >= first, place < first + width).order_by(place))
        )
        data = b"".join(hashes)
        tiles.split(data, width, where=f"{self._where} {tiles.path(level, number, width)}")
        return data

    def _stored(self, row: EntryRow) -> StoredEntry:
        if merkle.leaf_hash(row.body) != row.leaf:
            raise self._broken(
                Broken.TAMPERED,
                f"entry {row.idx} does not hash to its leaf",
                merkle.leaf_hash(row.body).hex(),
                row.leaf.hex(),
            )
        return StoredEntry(row.idx, row.body, parse_entry(row.idx, row.body, self._where))

    def _decisions(self, *conditions: object, newest: bool = False) -> list[IssuedDecision]:
        query = (
            select(EntryRow, DocumentRow.sha256)
            .join(ReferenceRow, col(ReferenceRow.idx) == col(EntryRow.idx))
            .join(DocumentRow, col(DocumentRow.sha256) == col(ReferenceRow.document))
            .where(col(EntryRow.type) == str(EntryType.DECISION_ISSUED), col(DocumentRow.type) == DECISION, *conditions)  # type: ignore[arg-type]
            .order_by(col(EntryRow.idx).desc() if newest else col(EntryRow.idx))
        )
        if newest:
            query = query.limit(1)
        found = []
        for row, digest in self._session.exec(query):
            subject = self._stored(row).entry.subject
            if subject is None or (subject.name, subject.version, subject.artifact) != (
                row.name,
                row.version,
                row.artifact,
            ):
                raise self._broken(Broken.TAMPERED, f"the index of entry {row.idx} does not say what the entry says")
            found.append(IssuedDecision(row.idx, row.id, digest, subject.name, subject.version, subject.artifact))
        return found

    def _newest(self, *conditions: object) -> IssuedDecision | None:
        found = self._decisions(*conditions, newest=True)
        return found[0] if found else None

    def _broken(self, verdict: Broken, what: str, got: str = "", expected: str = "") -> VerificationFailed:
        return VerificationFailed(verdict, what, got=got, expected=expected, where=self._where)


def parse_entry(index: int, body: bytes, where: str) -> Entry:
    """A leaf's bytes as an entry. Raises VerificationFailed: UNSUPPORTED for another version, else MALFORMED."""
    try:
        return Entry.from_bytes(body)
    except BadInput as error:
        verdict = Broken.UNSUPPORTED if other_version(body, ENTRY) else Broken.MALFORMED
        raise VerificationFailed(
            verdict, f"entry {index} cannot be read: {error.what}", got=error.got, where=where
        ) from error
