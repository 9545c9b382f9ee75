"""Releases of policies that a trail knows: found, compared, and recorded once each."""

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import Sha256, sha256
from governance.errors import Broken, VerificationFailed
from governance.operations.sealing import ENVELOPE
from governance.policy.release import APPROVAL, RELEASE, Release, ReleasedPolicy, numbers
from governance.signing.dsse import unpack
from governance.trail.entry import EntryType
from governance.verification.releases import Released

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot, StoredEntry
    from governance.store.transaction import Transaction


class Known(NamedTuple):
    """A release in the trail, and its entry."""

    stored: "StoredEntry"
    release: Release
    release_sha256: Sha256
    approval_sha256: Sha256


def releases(snapshot: "Snapshot") -> list[Known]:
    """All, newest first. Raises VerificationFailed where a document of one was changed."""
    from governance.store.browse import of_type

    found = []
    for stored in of_type(snapshot, EntryType.POLICIES_RELEASED):
        documents = {document.type: document for document in snapshot.documents_of(stored.index)}
        release, approval = documents[RELEASE], documents[APPROVAL]
        found.append(Known(stored, Release.from_bytes(release.data), release.sha256, approval.sha256))
    return found


def releases_of(snapshot: "Snapshot", policies: Collection[Sha256], before: int) -> list[Known]:
    """The release of each of these policies, where it was the newest of its id when an entry was made: an older text
    does not count again because it once did."""
    newest: dict[str, Known] = {}
    for known in releases(snapshot):
        if known.stored.index < before:
            newest.setdefault(known.release.id, known)
    return [known for known in newest.values() if known.release.sha256 in policies]


def last_release(snapshot: "Snapshot", policy: str) -> Known | None:
    """The newest of a policy, by its id."""
    return next((known for known in releases(snapshot) if known.release.id == policy), None)


def assert_newest(snapshot: "Snapshot", release: Release) -> Known | None:
    """The newest release of the policy, which this is, or follows. Raises VerificationFailed (ROLLED_BACK) where the
    trail knows a newer one, or another text of the same version."""
    last = last_release(snapshot, release.id)
    if last is None or last.release == release or numbers(release.version) > numbers(last.release.version):
        return last
    raise VerificationFailed(
        Broken.ROLLED_BACK,
        f"the release of {release.id} {release.version} is not the newest that this trail knows",
        got=f"{release.id} {release.version}, sha256 {release.sha256[:16]}",
        expected=f"{last.release.version}, sha256 {last.release.sha256[:16]}, or a higher version",
        fix="take the newest release; to go back, release the old text under a new version",
    )


def record(transaction: "Transaction", file: ReleasedPolicy, released: Released) -> str:
    """The id of the entry that tells of a release, which is made where there is none yet. Raises VerificationFailed."""
    last = assert_newest(transaction, released.release)
    if last is not None and last.release == released.release:
        return last.stored.entry.id
    if file.approval is None:
        raise RuntimeError("a release that nobody approved is none")
    refs = []
    for kind, envelope in ((RELEASE, file.release), (APPROVAL, file.approval)):
        refs.append(transaction.put_document(kind, unpack(envelope).payload))
        refs.append(transaction.put_document(ENVELOPE, envelope.to_bytes()))
    causes = [last.stored.entry.id] if last else []
    entry = transaction.compose(EntryType.POLICIES_RELEASED, released.approval.approver, refs=refs, causes=causes)
    transaction.append(entry)
    return entry.id


def digest_of(release: Release) -> Sha256:
    """By which its approval and the next release name it."""
    return sha256(release.to_bytes())
