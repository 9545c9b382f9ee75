"""What an officer finds on the desk: what waits, one case with everything it is read beside, a model, the trail.

Everything of one answer comes from one state of the trail.
"""

from typing import TYPE_CHECKING, NamedTuple, cast

from governance import strictyaml
from governance.errors import BadInput, NotThere
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Subject
from governance.operations.review import Kind
from governance.operations.sealing import read_acts, read_baseline, read_decision, read_policies
from governance.operations.workspace import Workspace
from governance.permissions import ROLES, Does, Permission, acting_role, may, may_act
from governance.policy.act import Act, Waiver
from governance.policy.decision import Decision
from governance.policy.outcome import Action
from governance.render.pipeline import CheckPage, Precedent
from governance.trail.entry import EntryType
from governance.verification import ACT, DECISION, EVIDENCE

if TYPE_CHECKING:
    from governance.store.listing import Listed, ListedModel
    from governance.store.snapshot import Snapshot, StoredEntry
    from governance.store.verify import VerifiedTrail

MOST = 25
"""Rows of a page."""
_SCANNED = 500
KINDS = (Does.APPROVE, Does.REJECT, Does.COMMENT, Does.WAIVE)


class Event(NamedTuple):
    """An entry with who made it, and the documents that tell more: an act, a decision, evidence. `who` is a principal,
    or None where the link between a pseudonym and a person was deleted."""

    number: int
    id: str
    type: EntryType
    time: str
    who: str | None
    subject: Subject | None
    act: Act | None
    decision: tuple[str, Decision] | None
    evidence: EvidenceSet | None


class CaseFile(NamedTuple):
    """A model version as its latest decision has it. `entry` is the number of its entry; `history` is newest
    first."""

    page: CheckPage
    decision_sha256: str
    entry: int
    history: tuple[Event, ...]


class Row(NamedTuple):
    """One line of what waits. `since`: when it was decided."""

    listed: "Listed"
    decision: Decision


class Listing(NamedTuple):
    """`start` is the number of the first row, `total` how many there are."""

    rows: tuple[Row, ...]
    start: int
    total: int


class Models(NamedTuple):
    models: tuple["ListedModel", ...]
    start: int
    total: int


class Model(NamedTuple):
    name: str
    versions: Listing
    history: tuple[Event, ...]


class Entries(NamedTuple):
    """Newest first. `before`: where the next page begins, None where this is the last."""

    events: tuple[Event, ...]
    size: int
    origin: str
    root: str
    before: int | None


def waiting(workspace: Workspace, action: Action, start: int = 0, most: int = MOST) -> Listing:
    """As `store.listing.waiting`, with the decisions."""
    from governance.store.listing import waiting as listed

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        found, total = listed(snapshot, action, start, most)
        return Listing(tuple(Row(one, read_decision(snapshot, one.issued.sha256)) for one in found), start, total)


def counts(workspace: Workspace) -> tuple[int, int]:
    """How many model versions need a review, and how many are denied."""
    from governance.store.listing import waiting as listed

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        return listed(snapshot, Action.NEEDS_REVIEW, 0, 0)[1], listed(snapshot, Action.DENY, 0, 0)[1]


def next_case(workspace: Workspace, principal: str, roles: tuple[str, ...]) -> Subject | None:
    """The first that waits for a review which this person may give; None where there is none near the front."""
    for row in waiting(workspace, Action.NEEDS_REVIEW, most=_SCANNED).rows:
        measured_by = _evidence(workspace, row.decision).origin.by
        if _may(Does.APPROVE, principal, roles, row.decision, row.listed.issued.sha256, measured_by).allowed:
            return row.decision.subject
    return None


def case_file(workspace: Workspace, name: str, version: str) -> CaseFile:
    """Raises NotThere where no decision is about it, VerificationFailed where a document of it was changed."""
    from governance.store.listing import history

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        # No name has a NUL, and PostgreSQL would not be asked about one.
        issued = None if "\0" in name + version else snapshot.latest_decision(name=name, version=version)
        if issued is None:
            raise NotThere("no decision about this model version is in this trail", got=f"{name} {version}")
        decision = read_decision(snapshot, issued.sha256)
        evidence = EvidenceSet.from_bytes(snapshot.document(decision.evidence[0]).data)
        page = CheckPage(
            decision=decision,
            evidence=evidence,
            policies=read_policies(snapshot, decision),
            baseline=read_baseline(snapshot, decision),
            acts=tuple(read_acts(snapshot, decision.acts)),
            precedents=_precedents(snapshot, decision, issued.index),
            source=strictyaml.parse(snapshot.document(evidence.manifest).data, "manifest"),
            uri="",
            environment=None,
            sealed=None,
        )
        entries, _ = history(snapshot, name, version, 0, 2 * MOST)
        return CaseFile(page, issued.sha256, issued.index, tuple(_event(snapshot, one) for one in entries))


def _precedents(snapshot: "Snapshot", decision: Decision, before: int) -> dict[str, Precedent]:
    """The decision that last allowed a version of this model in each environment, before this one."""
    found = {}
    for environment in decision.outcomes:
        issued = snapshot.latest_allowed(decision.subject.name, environment, before=before)
        if issued is not None:
            earlier = read_decision(snapshot, issued.sha256)
            evidence = EvidenceSet.from_bytes(snapshot.document(earlier.evidence[0]).data)
            found[environment] = Precedent(earlier, evidence)
    return found


def permissions(workspace: Workspace, file: CaseFile, principal: str, roles: tuple[str, ...]) -> dict[str, Permission]:
    """What this person may do to the case, each with its reason."""
    decision, measured_by = file.page.decision, file.page.evidence.origin.by
    return {kind.value: _may(kind, principal, roles, decision, file.decision_sha256, measured_by) for kind in KINDS}


def role_for(kind: str, roles: tuple[str, ...]) -> str:
    """The role that a person of the portal acts in: where `acting_role` would ask, the first they hold."""
    held = tuple(role for role in ROLES if role in roles)
    return acting_role(kind, held) or (held[0] if held else "")


def _may(
    kind: Does, principal: str, roles: tuple[str, ...], seen: Decision, sha256: str, measured_by: str
) -> Permission:
    """Asked before anything is written: of an act that says nothing yet."""
    by_role = may(kind, principal, roles)
    if not by_role.allowed:
        return by_role
    waiver = None
    if kind is Does.WAIVE:
        waiver = Waiver(key="", ticket="", not_before=seen.now, expires=seen.valid_until)
    act = Act(
        kind=cast(Kind, kind.value),
        actor=principal,
        role=role_for(kind.value, roles),
        decision=sha256,
        reason="not said yet",
        at=seen.now,
        waiver=waiver,
    )
    return may_act(act, roles, seen, measured_by)


def _evidence(workspace: Workspace, decision: Decision) -> EvidenceSet:
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        return EvidenceSet.from_bytes(snapshot.document(decision.evidence[0]).data)


def models(workspace: Workspace, start: int = 0, most: int = MOST) -> Models:
    """Every model that was ever judged, by name."""
    from governance.store.listing import models as listed

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        found, total = listed(snapshot, start, most)
        return Models(tuple(found), start, total)


def model(workspace: Workspace, name: str, start: int = 0, most: int = MOST) -> Model:
    """Raises NotThere where no decision is about it."""
    from governance.store.listing import history, versions

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        found, total = ([], 0) if "\0" in name else versions(snapshot, name, start, most)
        if not total:
            raise NotThere("no decision about this model is in this trail", got=name)
        rows = tuple(Row(one, read_decision(snapshot, one.issued.sha256)) for one in found)
        entries, _ = history(snapshot, name, None, 0, MOST)
        return Model(name, Listing(rows, start, total), tuple(_event(snapshot, one) for one in entries))


def entries(workspace: Workspace, before: int | None = None, most: int = MOST) -> Entries:
    """A page of the trail, ending before entry number `before`."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        head = snapshot.head()
        end = head.size if before is None else max(0, min(before, head.size))
        start = max(0, end - most)
        found = [_event(snapshot, one) for one in snapshot.entries(start, end)]
        return Entries(tuple(reversed(found)), head.size, head.origin, head.root.hex(), start or None)


def sealed(workspace: Workspace, decision_sha256: str) -> Event | None:
    """The entry that issued a decision; None where none did."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        for stored in snapshot.entries_referring(decision_sha256):
            if stored.entry.type is EntryType.DECISION_ISSUED:
                return _event(snapshot, stored)
    return None


def _event(snapshot: "Snapshot", stored: "StoredEntry") -> Event:
    entry, act, decision, evidence = stored.entry, None, None, None
    for document in snapshot.documents_of(stored.index):
        if document.type == ACT:
            act = Act.from_bytes(document.data)
        elif document.type == DECISION and entry.type is EntryType.DECISION_ISSUED:
            decision = (document.sha256, Decision.from_bytes(document.data))
        elif document.type == EVIDENCE and entry.type is EntryType.EVIDENCE_SUBMITTED:
            evidence = EvidenceSet.from_bytes(document.data)
    who = snapshot.principal(entry.actor)
    return Event(stored.index, entry.id, entry.type, entry.time, who, entry.subject, act, decision, evidence)


def verify(workspace: Workspace) -> "VerifiedTrail":
    """The whole trail, entry by entry. Raises VerificationFailed."""
    from governance.store.verify import verify_trail

    with workspace.open_trail() as store:
        return verify_trail(store, workspace.trust().logs[0].key)


def acted_on(workspace: Workspace, name: str, version: str, decision_sha256: str) -> Precedent | None:
    """The decision somebody saw, where it is an older one about this model version."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        try:
            seen = read_decision(snapshot, decision_sha256)
        except BadInput:
            return None
        if (seen.subject.name, seen.subject.version) != (name, version):
            return None
        return Precedent(seen, EvidenceSet.from_bytes(snapshot.document(seen.evidence[0]).data))


def done_already(file: CaseFile, principal: str, kind: str, reason: str, seen: str) -> bool:
    """Whether the latest decision follows from this very act: a form that was sent twice was signed once."""
    last = file.page.acts[-1].act if file.page.acts else None
    if last is None or file.page.decision.previous != seen:
        return False
    return (last.actor, last.kind, last.reason, last.decision) == (principal, kind, reason, seen)
