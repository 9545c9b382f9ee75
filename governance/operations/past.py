"""Past decisions with all that they stand on, to be judged again: from a trail or from bundles, one at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from governance.canonical import Sha256
from governance.errors import BadInput, Broken, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.operations.files import read_whole
from governance.operations.sealing import read_acts
from governance.operations.workspace import Workspace
from governance.policy.baseline import LoadedBaseline, load_baseline
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy, load_policy
from governance.progress import Progress
from governance.trail.trust import Trust
from governance.verification import POLICY, verify

if TYPE_CHECKING:
    from pathlib import Path

    from governance.store.snapshot import Snapshot, StoredDocument

Kept = TypeVar("Kept", Decision, EvidenceSet)
_AT_ONCE = 16
"""Decisions that are fetched with one question to the database: the bytes of so many are in memory, however many there
are. Each is read for itself."""


class Judged(NamedTuple):
    """A recorded decision with all that it stands on. `manifest` is read where it is needed."""

    sha256: Sha256
    decision: Decision
    evidence: EvidenceSet
    policies: tuple[LoadedPolicy, ...]
    acts: Sequence[Recorded]
    baseline: LoadedBaseline | None
    manifest: Callable[[], bytes]


class Unread(NamedTuple):
    """A recorded decision that this release cannot read with all that it stands on. `name`: of the model, or of the
    bundle. `why`: in a sentence."""

    name: str
    version: str
    sha256: Sha256 | None
    why: str


def of_trail(
    workspace: Workspace, *, name: str | None, version: str | None, everything: bool, progress: Progress
) -> Iterator[Judged | Unread]:
    """The latest decision about each model version, or each decision, oldest first; one at a time. Raises MachineFault,
    VerificationFailed for what is not as it was stored."""
    from governance.store.browse import Wanted, decided

    policies, baselines = dict[str, LoadedPolicy](), dict[str, LoadedBaseline]()
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        size = snapshot.head().size
        wanted = decided(snapshot, Wanted(name=name, version=version, latest=not everything))
        while few := list(islice(wanted, _AT_ONCE)):
            stored = snapshot.documents([digest for _, digest in few])
            stored |= snapshot.documents([one for data in stored.values() for one in _evidence(data.data)])
            for index, digest in few:
                progress("judging again", index, size)
                found: Judged | Unread
                try:
                    found = _judged(snapshot, stored, digest, policies, baselines)
                except BadInput as error:
                    if (subject := snapshot.entry(index).entry.subject) is None:
                        raise
                    found = Unread(subject.name, subject.version, digest, str(error))
                yield found


def _judged(
    snapshot: "Snapshot",
    stored: "Mapping[str, StoredDocument]",
    digest: Sha256,
    policies: dict[str, LoadedPolicy],
    baselines: dict[str, LoadedBaseline],
) -> Judged:
    """Raises BadInput for a document that this release cannot read, or that is not there."""
    decision = _read((stored.get(digest) or snapshot.document(digest)).data, Decision)
    about = decision.evidence[0]
    evidence = _read((stored.get(about) or snapshot.document(about)).data, EvidenceSet)
    for ref in decision.policies:
        if ref.sha256 not in policies:
            data = snapshot.document(ref.sha256).data
            policies[ref.sha256] = load_policy(data, f"policy {ref.id} {ref.version}")
    if (known := decision.baseline) is not None and known not in baselines:
        baselines[known] = load_baseline(snapshot.document(known).data, f"baseline {known[:12]}")
    return Judged(
        digest,
        decision,
        evidence,
        tuple(policies[ref.sha256] for ref in decision.policies),
        read_acts(snapshot, decision.acts),
        baselines[known] if known else None,
        _manifest(snapshot, evidence.manifest),
    )


class _Points(BaseModel):
    """What a decision was judged on, read without the rest of it."""

    evidence: tuple[str, ...]


def _evidence(data: bytes) -> tuple[str, ...]:
    """To be fetched ahead; the decision itself is read in full later, and then counts."""
    try:
        return _Points.model_validate_json(data).evidence[:1]
    except ValidationError:
        return ()


def _read(data: bytes, kind: type[Kept]) -> Kept:
    """A document as its digest names it: that it is in canonical form was seen when it was sealed. Raises BadInput."""
    try:
        return kind.model_validate_json(data, strict=True, by_alias=True, by_name=False)
    except ValidationError:
        return kind.from_bytes(data)  # which says what is wrong with it


def _manifest(snapshot: "Snapshot", digest: str) -> Callable[[], bytes]:
    return lambda: snapshot.document(digest).data


def of_bundles(
    files: "Iterable[Path]", trust: Trust | None, now: datetime, progress: Progress
) -> Iterator[Judged | Unread]:
    """The decision of each bundle, which is verified first. Raises BadInput, VerificationFailed."""
    for file in files:
        progress(f"verifying {file}")
        try:
            found = verify(read_whole(file, "bundle"), trust, now=now)
        except VerificationFailed as error:
            if error.verdict not in (Broken.NOT_REPERFORMABLE, Broken.UNSUPPORTED):
                raise
            yield Unread(str(file), "", None, str(error))
            continue
        yield Judged(
            found.decision_sha256, found.decision, found.evidence, found.policies, found.acts, found.baseline,
            lambda data=found.manifest: data,  # type: ignore[misc]
        )  # fmt: skip


def ids_of_trail(workspace: Workspace) -> frozenset[str]:
    """The id of each policy by which anything in the trail was judged, of those that this release can read."""
    from governance.store.browse import documents_of_type

    found = set()
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        for digest in documents_of_type(snapshot, POLICY):
            try:
                found.add(load_policy(snapshot.document(digest).data, f"policy {digest[:12]}").document.id)
            except BadInput:
                continue
    return frozenset(found)
