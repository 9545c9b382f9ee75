"""Writing the trail: documents, entries, tiles and the signed checkpoint, all in one database transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select, update

from governance.canonical import instant, loads, parse_instant, sha256
from governance.errors import BadInput, Broken, MachineFault
from governance.evidence.origin import Subject
from governance.signing.keys import Signer
from governance.store.database import Database
from governance.store.snapshot import Snapshot
from governance.store.standing import stand
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
from governance.trail import checkpoint, merkle, note, tiles
from governance.trail.entry import (
    SALT_SIZE,
    UUID_RANDOM_SIZE,
    Entry,
    EntryType,
    Ref,
    commitment,
    uuid7,
)
from governance.verification import DECISION

MAX_DOCUMENT = 64 * 1024 * 1024
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a writer's clock may lie behind the last entry: it may have waited for the lock, or run elsewhere."""
_PSEUDONYM_SIZE = 16


class Transaction(Snapshot):
    """The state of the trail under the writer's lock, and what is about to be added to it.

    Made by `TrailStore.transaction()`. Nothing is durable, and nothing may be told, before that block has ended.
    """

    def __init__(
        self, session: Session, database: Database, signer: Signer, now: datetime, random_bytes: Callable[[int], bytes]
    ) -> None:
        super().__init__(session, database)
        self._signer = signer
        self._random = random_bytes
        self._old = self._read_head(lock=True)
        self._size = self._old.size
        self._unreferenced: set[str] = set()
        self.added: list[str] = []
        """The ids of the entries appended here, in order."""
        if self._size:
            self._check_edge()
        self.now = self._not_before_last_entry(now)

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._old.origin

    def pseudonym(self, principal: str) -> str:
        """The pseudonym a principal acts under: 16 random bytes in hex, made when first asked for."""
        storable("principal", principal)
        known = self.known_pseudonym(principal)
        if known is None:
            known = self._random(_PSEUDONYM_SIZE).hex()
            self._session.add(PseudonymRow(principal=principal, pseudonym=known))
        return known

    def put_document(self, type: str, data: bytes) -> Ref:
        """Store a document, once, and return what an entry must hold to refer to it. BadInput if it is too large."""
        if len(data) > MAX_DOCUMENT:
            raise BadInput(
                "the document is too large", got=f"{len(data)} bytes", expected=f"at most {MAX_DOCUMENT}", where=type
            )
        digest = sha256(data)
        row = self._session.get(DocumentRow, digest)
        if row is None:
            salt = self._random(SALT_SIZE)
            row = DocumentRow(sha256=digest, type=type, salt=salt, commitment=commitment(salt, data), data=data)
            self._session.add(row)
            self._unreferenced.add(digest)
        elif row.type != type:
            raise RuntimeError(f"document {digest} is stored as {row.type}, not as {type}")
        return Ref(type=type, commitment=row.commitment, size=len(data))

    def compose(
        self,
        type: EntryType,
        principal: str,
        *,
        subject: Subject | None = None,
        refs: Sequence[Ref] = (),
        causes: Sequence[str] = (),
        entry_id: str | None = None,
    ) -> Entry:
        """An entry of this log, now, by this principal. Give `entry_id` where a retry must not make a second entry."""
        return Entry(
            id=entry_id or uuid7(self.now, self._random(UUID_RANDOM_SIZE)),
            origin=self.origin,
            type=type,
            time=instant(self.now),
            actor=self.pseudonym(principal),
            subject=subject,
            refs=tuple(refs),
            causes=tuple(causes),
        )

    def append(self, entry: Entry) -> int:
        """Put an entry at the end of the log and return its index, which holds once the transaction's block has ended.

        An entry that is in the log already keeps its index: appending it again, even at another time, changes nothing.
        Raises BadInput for an id that stands for something else, an unknown cause, an entry over 4,096 bytes.
        """
        present = self.find(entry.id)
        if present is not None:
            old = self.entry(present).entry
            if old.model_copy(update={"time": entry.time}) == entry:
                return present
            raise BadInput("the entry's id stands for another entry", got=entry.id, fix="make a new id for a new event")
        self._check(entry)
        body = entry.to_bytes()
        index, subject = self._size, entry.subject
        self._session.add(
            EntryRow(
                idx=index,
                id=entry.id,
                leaf=merkle.leaf_hash(body),
                body=body,
                type=str(entry.type),
                name=subject.name if subject else None,
                version=subject.version if subject else None,
                artifact=subject.artifact if subject else None,
            )
        )
        self._session.flush()
        self._refer(index, entry)
        self._size += 1
        self.added.append(entry.id)
        return index

    def _check(self, entry: Entry) -> None:
        if entry.origin != self.origin:
            raise RuntimeError(f"an entry of {entry.origin} does not belong into {self.origin}")
        if entry.subject is not None:
            storable("name", entry.subject.name)
            storable("version", entry.subject.version)
        if parse_instant(entry.time) < self.now - CLOCK_TOLERANCE:
            raise RuntimeError(f"the entry's time {entry.time} lies before the transaction's ({instant(self.now)})")
        for cause in entry.causes:
            if self.find(cause) is None:
                raise BadInput("an entry's cause is not in the trail", got=cause, expected="the id of an earlier entry")

    def _refer(self, index: int, entry: Entry) -> None:
        for position, ref in enumerate(entry.refs):
            query = select(DocumentRow).where(col(DocumentRow.commitment) == ref.commitment)
            row = self._session.exec(query).one_or_none()
            if row is None or (row.type, len(row.data)) != (ref.type, ref.size):
                raise RuntimeError(f"{ref} is not what put_document returned")
            self._session.add(ReferenceRow(idx=index, position=position, document=row.sha256))
            self._unreferenced.discard(row.sha256)
            if entry.type is EntryType.DECISION_ISSUED and ref.type == DECISION:
                for environment, outcome in outcomes_of(row.data).items():
                    storable("environment", environment)
                    storable("outcome", outcome)
                    self._session.add(OutcomeRow(idx=index, environment=environment, outcome=outcome))
                if entry.subject is not None:
                    stand(self._session, index, entry.subject, row.data)

    def _check_edge(self) -> None:
        """Refuse to build on a log that is not as it was left: head, checkpoint, right edge and last entries agree.

        Cheap (at most 255 entries are hashed again); `verify_trail` checks the rest. Raises VerificationFailed.
        """
        vkey = note.encode_vkey(self._old.origin, self._signer.public_key)
        signed = checkpoint.open_checkpoint(self.checkpoint(), [vkey])
        if signed != self._old:
            raise self._broken(
                Broken.TAMPERED,
                "the trail's head is not what its newest checkpoint signs",
                f"size {self._old.size}, root {self._old.root.hex()}",
                f"size {signed.size}, root {signed.root.hex()}",
            )
        last = self._session.exec(select(func.max(EntryRow.idx))).one()
        if last != signed.size - 1:
            raise self._broken(
                Broken.INCOMPLETE if last is None or last < signed.size else Broken.TAMPERED,
                "the trail does not hold the entries its checkpoint counts",
                f"the last entry is number {last}",
                f"number {signed.size - 1}",
            )
        self._rehash(signed.size - signed.size % tiles.WIDTH)
        root = merkle.root_at(signed.size, tiles.subtree_reader(self.tile, signed.size))
        if root != signed.root:
            raise self._broken(
                Broken.TAMPERED, "the trail's tiles do not lead to the signed root", root.hex(), signed.root.hex()
            )

    def _rehash(self, start: int) -> None:
        """Hash the entries from `start` on again, as they are in the database."""
        query = select(EntryRow.idx, EntryRow.leaf, EntryRow.body).where(col(EntryRow.idx) >= start)
        for index, leaf, body in self._session.exec(query):
            if merkle.leaf_hash(body) != leaf:
                raise self._broken(Broken.TAMPERED, f"entry {index} does not hash to its leaf")

    def seal(self) -> None:
        """Store the tiles that became full, sign the new root, move the head. Nothing appended: nothing to do.
        Raises MachineFault where another writer was faster, VerificationFailed where what is there is not as hashed."""
        if self._unreferenced:
            raise RuntimeError(f"no entry refers to the documents {sorted(self._unreferenced)}")
        if self._size == self._old.size:
            return
        self._session.flush()
        self._rehash(self._old.size)  # a bit that flipped on the way must not be signed
        for level, number in tiles.completed(self._old.size, self._size):
            hashes = self._tile_from_below(level, number, tiles.WIDTH)
            root = merkle.root(tiles.split(hashes, tiles.WIDTH))
            self._session.add(TileRow(level=level, number=number, root=root, hashes=hashes))
            self._session.flush()
        root = merkle.root_at(self._size, tiles.subtree_reader(self.tile, self._size))
        signed = checkpoint.sign(checkpoint.Checkpoint(self.origin, self._size, root), self._signer)
        self._session.add(CheckpointRow(size=self._size, note=signed))
        self._session.flush()
        swapped = self._session.exec(
            update(HeadRow)
            .where(col(HeadRow.id) == 1, col(HeadRow.size) == self._old.size, col(HeadRow.root) == self._old.root)
            .values(size=self._size, root=root)
        )
        if swapped.rowcount != 1:
            raise MachineFault("another writer moved the trail's head", fix="try again", where=self._where)

    def _not_before_last_entry(self, now: datetime) -> datetime:
        """The transaction's time: `now`, or the last entry's time where that is a little later."""
        if not self._old.size:
            return now
        last = parse_instant(self.entry(self._old.size - 1).entry.time)
        if now < last - CLOCK_TOLERANCE:
            raise MachineFault(
                "the clock went backwards",
                got=f"now is {instant(now)}, the trail's last entry is of {instant(last)}",
                expected=f"at most {CLOCK_TOLERANCE} behind it",
                fix="set this machine's clock: nothing was written",
                where=self._where,
            )
        return max(now, last)


def storable(what: str, text: str) -> None:
    """BadInput for a NUL character: one of the two databases cannot hold it, so neither may."""
    if "\0" in text:
        raise BadInput(f"there is a NUL character in the {what}", got=ascii(text), where="the trail")


def outcomes_of(data: bytes) -> dict[str, str]:
    """{environment: outcome} of a decision document. Raises BadInput where it says nothing of the kind."""
    value = loads(data)
    outcomes = value.get("outcomes") if isinstance(value, dict) else None
    if not isinstance(outcomes, dict) or not all(isinstance(item, str) for item in outcomes.values()):
        raise BadInput("not a decision: it has no outcomes", expected='"outcomes": {"prod": "allow"}', where=DECISION)
    return outcomes
