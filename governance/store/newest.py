"""What a process knows of a log: the checkpoint it saw last, and where each decision is, without believing an index.

Columns to search by are not part of the log: whoever can write to the database but holds no key can change them so
that a later denial is not found. Therefore decisions are found in the leaves' own bytes, hashed up to the root that the
log signed. Each leaf is hashed once: what came since is hashed on from there. Whatever is answered from is proven again
by its receipts; that the leaves before are still there, untouched, is for `verify_trail` to say.
"""

import json
from bisect import bisect_left
from collections.abc import Sequence
from threading import Lock

from sqlmodel import col, select

from governance.canonical import loads, sha256
from governance.errors import Broken, VerificationFailed
from governance.store.snapshot import IssuedDecision, Snapshot
from governance.store.tables import DocumentRow, EntryRow
from governance.trail import checkpoint, merkle
from governance.trail.entry import EntryType, commitment
from governance.verification import DECISION

_MARK = f'"type":"{EntryType.DECISION_ISSUED}"'.encode()


class Known:
    """Of one log, as long as it is open. Threads may share one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: tuple[bytes, tuple[str, ...], checkpoint.Checkpoint] | None = None
        self._tree = merkle.Frontier()
        self._about: dict[str, list[int]] = {}
        self._of_artifact: dict[str, dict[tuple[str, str], list[int]]] = {}
        self._of_version: dict[tuple[str, str], list[int]] = {}
        self._followed: dict[tuple[str, str], tuple[int, str]] = {}

    def confirm(self, snapshot: Snapshot, vkeys: Sequence[str]) -> None:
        """Nobody may have read from this snapshot before: so of two that are confirmed the later sees no less.

        Raises VerificationFailed where the head is not what its newest checkpoint signs under one of these keys,
        ROLLED_BACK where the log was longer when it was confirmed before, FORKED where it does not begin with that log
        (RFC 9162, section 2.1.4.2, from the stored tiles).
        """
        with self._lock:
            head, note = snapshot.head(), snapshot.checkpoint()
            if self._seen and self._seen == (note, tuple(vkeys), head):
                return
            signed = checkpoint.open_checkpoint(note, vkeys)
            if signed != head:
                raise _broken(snapshot, Broken.TAMPERED, "the head is not what the newest checkpoint signs", str(head))
            if self._seen:
                _continues(snapshot, self._seen[2], signed)
            self._seen = note, tuple(vkeys), signed

    def newest_decision(self, snapshot: Snapshot, artifact: str) -> IssuedDecision | None:
        """The newest decision about an artifact in a state that was confirmed; None where there is none.

        Raises VerificationFailed TAMPERED where entries do not lead to the confirmed root, where the index hides a
        decision, or where one was hidden when the next was made: each names the one before it about its version.
        """
        size = snapshot.head().size
        with self._lock:
            self._read_on(snapshot)
            about = _before(self._about.get(artifact, []), size)
        found = snapshot.latest_decision(artifact=artifact)
        if (found.index if found else None) != (about[-1] if about else None):
            raise _broken(
                snapshot,
                Broken.TAMPERED,
                "the index does not lead to the newest decision about this artifact",
                artifact,
            )
        if found is not None:
            self._follow(snapshot, found)
        return found

    def other_decisions(self, snapshot: Snapshot, found: IssuedDecision) -> list[str]:
        """Of each other version that is of the same artifact as a decision that was found here, the newest decision
        about this artifact: its digest. What a version is called is up to who submits it. Raises VerificationFailed."""
        size, newest = snapshot.head().size, dict[tuple[str, str], int]()
        with self._lock:
            for version, about in self._of_artifact.get(found.artifact or "", {}).items():
                if before := _before(about, size):
                    newest[version] = before[-1]
        newest.pop((found.name, found.version), None)
        return [_document(snapshot, index)[0] for index in sorted(newest.values())]

    def _read_on(self, snapshot: Snapshot) -> None:
        """Hash the leaves that came since, and note where decisions are; nothing where they lead elsewhere."""
        head = snapshot.head()
        if self._tree.size >= head.size:  # another thread's snapshot is newer
            return
        tree, issued = self._tree.copy(), []
        query = select(EntryRow.idx, EntryRow.body).where(col(EntryRow.idx) >= tree.size).order_by(col(EntryRow.idx))
        for index, body in snapshot.rows(query):
            if index != tree.size:
                raise _broken(snapshot, Broken.TAMPERED, "an entry is missing", f"number {tree.size}")
            tree.add(merkle.leaf_hash(body))
            if _MARK in body:
                issued.append((index, body))
        if (tree.size, tree.root()) != (head.size, head.root):
            what = "the entries do not lead to the root of the trail's head"
            raise _broken(snapshot, Broken.TAMPERED, what, tree.root().hex())
        # The log's key vouches for these bytes from here on: they are an entry in canonical form.
        for index, body in issued:
            said = json.loads(body)
            if said["type"] == EntryType.DECISION_ISSUED and (subject := said["subject"]):
                version, artifact = (subject["name"], subject["version"]), subject["artifact"]
                self._of_version.setdefault(version, []).append(index)
                if artifact is not None:
                    self._about.setdefault(artifact, []).append(index)
                    self._of_artifact.setdefault(artifact, {}).setdefault(version, []).append(index)
        self._tree = tree

    def _follow(self, snapshot: Snapshot, found: IssuedDecision) -> None:
        """From each decision about this version to the next, up to the one that was found."""
        version = found.name, found.version
        with self._lock:
            same = _before(self._of_version[version], found.index + 1)
            at, previous = self._followed.get(version, (0, None))
        if at > len(same):
            at, previous = 0, None
        for index in same[at:]:
            digest, named = _document(snapshot, index)
            if named != previous:
                what = f"the decision of entry {index} passes over an earlier one"
                raise _broken(snapshot, Broken.TAMPERED, what, str(named))
            previous = digest
        if previous != found.sha256:
            raise _broken(snapshot, Broken.TAMPERED, "the index names another decision than its entry", found.sha256)
        with self._lock:
            self._followed[version] = len(same), found.sha256


def _before(indices: list[int], end: int) -> list[int]:
    """Those below `end`."""
    return indices[: bisect_left(indices, end)]


def _continues(snapshot: Snapshot, before: checkpoint.Checkpoint, signed: checkpoint.Checkpoint) -> None:
    if signed.size < before.size:
        what = "the log was longer when it was last looked at"
        raise _broken(snapshot, Broken.ROLLED_BACK, what, f"{signed.size} entries", f"at least {before.size} entries")
    try:
        merkle.verify_consistency(before.size, signed.size, snapshot.consistency(before.size), before.root, signed.root)
    except VerificationFailed as error:
        what = f"the log does not begin with the {before.size} entries that it had when it was last looked at"
        raise _broken(snapshot, Broken.FORKED, what, error.got, error.expected) from error


def _document(snapshot: Snapshot, index: int) -> tuple[str, str | None]:
    """(SHA-256 of the decision that an entry issued, the one it says it follows)."""
    entry = snapshot.entry(index).entry
    for ref in entry.refs:
        if ref.type == DECISION:
            query = select(DocumentRow).where(col(DocumentRow.commitment) == ref.commitment)
            row = next(snapshot.rows(query), None)
            if row is None or commitment(row.salt, row.data) != ref.commitment:
                break
            previous = loads(row.data)["previous"]
            return sha256(row.data), previous
    what = f"the decision of entry {index} is not the one that was stored"
    raise _broken(snapshot, Broken.TAMPERED, what, entry.id)


def _broken(snapshot: Snapshot, verdict: Broken, what: str, got: str, expected: str = "") -> VerificationFailed:
    fix = "`governance trail verify` says more; restore the trail from a backup"
    return VerificationFailed(verdict, what, got=got, expected=expected, fix=fix, where=snapshot.where)
