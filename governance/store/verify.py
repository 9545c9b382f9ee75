"""Check a whole trail: every entry, tile, checkpoint, document and index row, against one trusted key."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select

from governance.canonical import sha256
from governance.errors import BadInput, Broken, VerificationFailed
from governance.progress import Progress, silent
from governance.store.snapshot import Snapshot, parse_entry
from governance.store.standing import differing
from governance.store.tables import CheckpointRow, DocumentRow, EntryRow, OutcomeRow, ReferenceRow, TileRow
from governance.store.trail import TrailStore
from governance.store.transaction import outcomes_of
from governance.trail import checkpoint, merkle, tiles
from governance.trail.entry import SALT_SIZE, Entry, EntryType, commitment
from governance.verification import DECISION


@dataclass(frozen=True, slots=True)
class VerifiedTrail:
    """What was found to hold. Level 0: only the log signs; no time stamp or witness says that nothing was cut off.
    `not_checked`: what nobody but the database's operator can check."""

    origin: str
    size: int
    root: bytes
    documents: int
    checkpoints: int
    level: int = 0
    not_checked: tuple[str, ...] = ()


def verify_trail(
    store: TrailStore, vkey: str, seen: Sequence[bytes] = (), progress: Progress = silent
) -> VerifiedTrail:
    """Check everything in the trail against the log's verifier key, and that it continues the checkpoints in `seen`.

    Raises VerificationFailed naming the entry, tile, checkpoint or document: TAMPERED, INCOMPLETE, MALFORMED,
    UNSUPPORTED, UNTRUSTED_KEY; ROLLED_BACK or FORKED where the log is not the one that signed a checkpoint in `seen`.
    Without a checkpoint kept elsewhere nobody can see that the end of a log was cut off together with its checkpoints.
    """
    with store.snapshot() as snapshot:
        return _Check(snapshot, vkey, seen, progress).run()


class _Check:
    def __init__(self, snapshot: Snapshot, vkey: str, seen: Sequence[bytes], progress: Progress) -> None:
        self._snapshot, self._progress = snapshot, progress
        self._where = snapshot.where
        self._vkey = vkey
        self._seen = [self._open(note, "a checkpoint kept elsewhere") for note in seen]
        self._levels: list[list[bytes]] = []
        self._ids: set[str] = set()
        self._documents: dict[str, tuple[str, str, int]] = {}
        self._said: dict[str, dict[str, str] | None] = {}
        self._full_tiles = 0

    def run(self) -> VerifiedTrail:
        self._file()
        head = self._snapshot.head()
        signed = self._open(self._snapshot.checkpoint(), "the newest checkpoint")
        if signed != head:
            raise self._broken(
                Broken.TAMPERED, "the head is not what the newest checkpoint signs", str(head), str(signed)
            )
        for kept in self._seen:
            if kept.size > signed.size:
                raise self._broken(
                    Broken.ROLLED_BACK,
                    "the log was longer once",
                    f"{signed.size} entries",
                    f"at least {kept.size} entries",
                )
        self._read_documents()
        checkpoints = self._entries(signed)
        for kept in self._seen:
            self._continues(kept, signed)
        if wrong := differing(self._snapshot):
            what = "the standing of a model version is not what its decisions say"
            raise self._broken(Broken.TAMPERED, what, ", ".join(wrong[:5]))
        if self._count(TileRow) != self._full_tiles:
            raise self._broken(
                Broken.TAMPERED,
                "there are tiles that the tree does not have",
                str(self._count(TileRow)),
                str(self._full_tiles),
            )
        return VerifiedTrail(
            *(signed.origin, signed.size, signed.root, len(self._documents), checkpoints),
            not_checked=self._snapshot.not_checked(),
        )

    def _continues(self, kept: checkpoint.Checkpoint, signed: checkpoint.Checkpoint) -> None:
        """Proved from the tiles, which were checked before. Every log continues the empty one."""
        if not kept.size:
            return
        hashes = self._snapshot.consistency(kept.size)
        try:
            merkle.verify_consistency(kept.size, signed.size, hashes, kept.root, signed.root)
        except VerificationFailed as error:
            what = f"the log signed two different roots at size {kept.size}"
            raise self._broken(Broken.FORKED, what, error.got, error.expected) from error

    def _file(self) -> None:
        if damage := self._snapshot.damage():
            raise self._broken(Broken.MALFORMED, "the trail's file is damaged", damage, "ok")

    def _open(self, note: bytes, what: str) -> checkpoint.Checkpoint:
        try:
            return checkpoint.open_checkpoint(note, [self._vkey])
        except VerificationFailed as error:
            raise VerificationFailed(
                error.verdict, f"{what}: {error.what}", got=error.got, expected=error.expected, where=self._where
            ) from error

    def _read_documents(self) -> None:
        stored = self._count(DocumentRow)
        for number, row in enumerate(self._snapshot.rows(select(DocumentRow).execution_options(yield_per=16))):
            self._progress("hashing every document again", number, stored)
            if sha256(row.data) != row.sha256:
                what = f"document {row.sha256} is not the one that was stored"
                raise self._broken(Broken.TAMPERED, what, sha256(row.data), row.sha256)
            if len(row.salt) != SALT_SIZE or commitment(row.salt, row.data) != row.commitment:
                raise self._broken(Broken.TAMPERED, f"document {row.sha256}: its salt does not open its commitment")
            self._documents[row.commitment] = (row.sha256, row.type, len(row.data))
            if row.type == DECISION:
                self._said[row.sha256] = self._outcomes_said(row.data)

    def _entries(self, signed: checkpoint.Checkpoint) -> int:
        """Walk entries, tiles and checkpoints together, in the order they were written."""
        notes = {row.size: row.note for row in self._snapshot.rows(select(CheckpointRow))}
        tree, referenced = merkle.Frontier(), set[str]()
        references = self._references()
        outcomes = self._outcomes()
        checked = 0
        rows = self._snapshot.rows(select(EntryRow).order_by(col(EntryRow.idx)))
        for row in rows:
            if row.idx != tree.size:
                raise self._broken(
                    Broken.INCOMPLETE, f"entry {tree.size} is missing", f"entry {row.idx}", f"entry {tree.size}"
                )
            self._progress("hashing every entry again", tree.size, signed.size)
            entry = self._entry(row, signed.origin)
            referenced.update(ref.commitment for ref in entry.refs)
            self._same_index(row, entry, references.pop(row.idx, []), outcomes.pop(row.idx, {}))
            tree.add(row.leaf)
            self._add_to_tiles(0, row.leaf)
            if tree.size in notes:
                self._checkpoint(notes[tree.size], checkpoint.Checkpoint(signed.origin, tree.size, tree.root()))
                checked += 1
        if tree.size < signed.size:
            raise self._broken(
                Broken.INCOMPLETE, f"entry {tree.size} is missing", f"{tree.size} entries", f"{signed.size} entries"
            )
        if tree.size > signed.size or checked != len(notes):
            raise self._broken(
                Broken.TAMPERED,
                "there is more than the newest checkpoint counts",
                f"{tree.size} entries",
                f"{signed.size} entries",
            )
        if references or outcomes:
            raise self._broken(
                Broken.TAMPERED, f"index rows of entries that say otherwise: {sorted({*references, *outcomes})}"
            )
        for committed in self._documents.keys() - referenced:
            raise self._broken(Broken.INCOMPLETE, f"no entry refers to document {self._documents[committed][0]}")
        return checked

    def _entry(self, row: EntryRow, origin: str) -> Entry:
        where = f"entry {row.idx}"
        if merkle.leaf_hash(row.body) != row.leaf:
            raise self._broken(
                Broken.TAMPERED, f"{where} does not hash to its leaf", merkle.leaf_hash(row.body).hex(), row.leaf.hex()
            )
        entry = parse_entry(row.idx, row.body, self._where)
        if entry.origin != origin:
            raise self._broken(Broken.TAMPERED, f"{where} is another log's", entry.origin, origin)
        for ref in entry.refs:
            if ref.commitment not in self._documents:
                raise self._broken(
                    Broken.INCOMPLETE, f"{where}: its document is missing", "none", f"a {ref.type} of {ref.size} bytes"
                )
            if self._documents[ref.commitment][1:] != (ref.type, ref.size):
                raise self._broken(
                    Broken.TAMPERED, f"{where}: its document is another", str(self._documents[ref.commitment]), str(ref)
                )
        for cause in entry.causes:
            if cause not in self._ids:
                raise self._broken(Broken.INCOMPLETE, f"{where}: its cause {cause} does not come before it")
        self._ids.add(entry.id)
        return entry

    def _same_index(self, row: EntryRow, entry: Entry, references: list[str], outcomes: dict[str, str]) -> None:
        """The columns and rows beside the bytes say what the bytes say."""
        subject = entry.subject
        said = (
            entry.id,
            str(entry.type),
            *((subject.name, subject.version, subject.artifact) if subject else (None,) * 3),
        )
        if said != (row.id, row.type, row.name, row.version, row.artifact):
            raise self._broken(Broken.TAMPERED, f"the index of entry {row.idx} does not say what the entry says")
        digests = [self._documents[ref.commitment][0] for ref in entry.refs]
        if digests != references:
            raise self._broken(Broken.TAMPERED, f"the references of entry {row.idx} are not the entry's")
        expected: dict[str, str] = {}
        if entry.type is EntryType.DECISION_ISSUED:
            for ref, digest in zip(entry.refs, digests, strict=True):
                if ref.type == DECISION:
                    said_outcomes = self._said[digest]
                    if said_outcomes is None:
                        raise self._broken(Broken.MALFORMED, f"the decision of entry {row.idx} has no outcomes")
                    expected |= said_outcomes
        if outcomes != expected:
            raise self._broken(
                Broken.TAMPERED, f"the outcomes of entry {row.idx} are not the decision's", str(outcomes), str(expected)
            )

    @staticmethod
    def _outcomes_said(data: bytes) -> dict[str, str] | None:
        try:
            return outcomes_of(data)
        except BadInput:
            return None  # an error where an entry issues it, which `_same_index` finds

    def _checkpoint(self, note: bytes, expected: checkpoint.Checkpoint) -> None:
        got = self._open(note, f"checkpoint {expected.size}")
        if got != expected:
            raise self._broken(
                Broken.TAMPERED,
                f"the entries and tiles do not lead to the root that checkpoint {expected.size} signs",
                f"size {expected.size}, root {expected.root.hex()}",
                f"size {got.size}, root {got.root.hex()}",
            )

    def _add_to_tiles(self, level: int, item: bytes) -> None:
        if level == len(self._levels):
            self._levels.append([])
        hashes = self._levels[level]
        hashes.append(item)
        if len(hashes) < tiles.WIDTH:
            return
        number = self._tiles_at(level)
        path = tiles.path(level, number)
        query = select(TileRow).where(col(TileRow.level) == level, col(TileRow.number) == number)
        row = next(self._snapshot.rows(query), None)
        if row is None:
            raise self._broken(Broken.INCOMPLETE, f"{path} is missing")
        tiles.split(row.hashes, tiles.WIDTH, where=path)
        if row.hashes != b"".join(hashes) or row.root != merkle.root(hashes):
            raise self._broken(Broken.TAMPERED, f"{path} is not the tile of its entries")
        self._full_tiles += 1
        hashes.clear()
        self._add_to_tiles(level + 1, row.root)

    def _tiles_at(self, level: int) -> int:
        """How many tiles of a level are complete before the one just filled: it is the next one's number."""
        above = self._levels[level + 1 :]
        return sum(len(hashes) * tiles.WIDTH**power for power, hashes in enumerate(above))

    def _references(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        query = select(ReferenceRow.idx, ReferenceRow.document).order_by(
            col(ReferenceRow.idx), col(ReferenceRow.position)
        )
        for index, digest in self._snapshot.rows(query):
            found.setdefault(index, []).append(digest)
        return found

    def _outcomes(self) -> dict[int, dict[str, str]]:
        found: dict[int, dict[str, str]] = {}
        for index, environment, outcome in self._snapshot.rows(
            select(OutcomeRow.idx, OutcomeRow.environment, OutcomeRow.outcome)
        ):
            found.setdefault(index, {})[environment] = outcome
        return found

    def _count(self, table: type[TileRow | DocumentRow]) -> int:
        return int(next(self._snapshot.rows(select(func.count()).select_from(table))))

    def _broken(self, verdict: Broken, what: str, got: str = "", expected: str = "") -> VerificationFailed:
        return VerificationFailed(verdict, what, got=got, expected=expected, where=self._where)
