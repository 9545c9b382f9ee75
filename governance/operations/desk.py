"""What an officer finds on the desk: what waits, one case with everything it is read beside, a model, the trail.

Everything of one answer comes from one state of the trail.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, cast

from governance import strictyaml
from governance.canonical import instant, parse_instant
from governance.errors import BadInput, NotThere
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Subject
from governance.operations.events import Event, event
from governance.operations.review import Kind
from governance.operations.sealing import read_acts, read_baseline, read_decision, read_policies
from governance.operations.workspace import Workspace
from governance.permissions import TABLE, Does, Permission, acting_role, may, may_act
from governance.policy.act import Act, Attestation, Statement, Waiver
from governance.policy.decision import Decision
from governance.policy.urgency import Asks
from governance.render.pipeline import CheckPage, Precedent
from governance.trail.entry import EntryType

if TYPE_CHECKING:
    from governance.store.listing import Listed, ListedModel
    from governance.store.snapshot import Snapshot
    from governance.store.standing import Sought, Waiting, Whose
    from governance.store.verify import VerifiedTrail

MOST = 25
"""Rows of a page."""
_MOST_EARLIER, _MOST_DECISIONS = 12, 60
KINDS = (Does.APPROVE, Does.REJECT, Does.COMMENT, Does.WAIVE, Does.ATTEST)


class Shown(StrEnum):
    """The lists of what waits."""

    MINE = "mine"
    OTHERS = "others"
    DENIED = "denied"
    ALL = "all"


class CaseFile(NamedTuple):
    """A model version as its latest decision has it. `entry` is the number of its entry; `history` is newest first;
    `earlier` are the decisions before it about any version of this model, newest first."""

    page: CheckPage
    decision_sha256: str
    entry: int
    history: tuple[Event, ...]
    earlier: tuple[Decision, ...]


class Row(NamedTuple):
    """One line of a model's versions."""

    listed: "Listed"
    decision: Decision


class Listing(NamedTuple):
    """`start` is the number of the first row, `total` how many there are."""

    rows: tuple[Row, ...]
    start: int
    total: int


class Wanted(NamedTuple):
    """Which of the cases that wait. `words`: a part of a model's name and version."""

    tier: str | None = None
    environment: str | None = None
    words: str = ""


class Waits(NamedTuple):
    """A case that waits, with its decision."""

    waiting: "Waiting"
    decision: Decision


class Desk(NamedTuple):
    """A page of what waits, the most urgent first. `counts`: by list; `environments`: those there are to pick from;
    `judged`: whether anything was ever judged here."""

    rows: tuple[Waits, ...]
    start: int
    counts: dict["Shown", int]
    environments: tuple[str, ...]
    judged: bool
    now: datetime


class Models(NamedTuple):
    models: tuple["ListedModel", ...]
    start: int
    total: int


class Granted(NamedTuple):
    """A waiver that the latest decision about a version stands on."""

    version: str
    sha256: str
    act: Act
    decision: Decision


class Model(NamedTuple):
    """`history` and `decisions` are newest first. `now`: when this was asked."""

    name: str
    versions: Listing
    history: tuple[Event, ...]
    decisions: tuple[Decision, ...]
    waivers: tuple[Granted, ...]
    now: str


def waiting(
    workspace: Workspace,
    principal: str,
    roles: tuple[str, ...],
    shown: Shown,
    wanted: Wanted,
    start: int = 0,
    most: int = MOST,
) -> Desk:
    """What waits for this person, for others, or for anybody. Only the decisions of one page are opened."""
    from governance.store import standing

    now, sought = workspace.clock(), _sought(shown, _whose(principal, roles), wanted)
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        found = standing.waiting(snapshot, sought, now, start, most)
        counted = standing.count(snapshot, sought, now)
        environments = tuple(standing.environments(snapshot))
        return Desk(
            rows=tuple(Waits(one, read_decision(snapshot, one.listed.issued.sha256)) for one in found),
            start=start,
            counts={
                Shown.MINE: counted.mine,
                Shown.OTHERS: counted.all - counted.mine,
                Shown.DENIED: counted.denied,
                Shown.ALL: counted.all,
            },
            environments=environments,
            judged=bool(environments),
            now=now,
        )


def next_case(workspace: Workspace, principal: str, roles: tuple[str, ...], done: Subject) -> Subject | None:
    """The most urgent that waits for this person, other than the one they have just done; None where there is none."""
    from governance.store import standing

    sought = _sought(Shown.MINE, _whose(principal, roles), Wanted())
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        for one in standing.waiting(snapshot, sought, workspace.clock(), 0, 2):
            subject = read_decision(snapshot, one.listed.issued.sha256).subject
            if (subject.name, subject.version) != (done.name, done.version):
                return subject
    return None


def _whose(principal: str, roles: tuple[str, ...]) -> "Whose":
    from governance.store.standing import Whose

    answers, submits = (may(does, principal, roles).allowed for does in (Does.APPROVE, Does.SUBMIT))
    return Whose(principal, answers, submits, signing_roles(roles))


def _sought(shown: Shown, whose: "Whose", wanted: Wanted) -> "Sought":
    from governance.store.standing import Sought

    mine = {Shown.MINE: True, Shown.OTHERS: False}.get(shown)
    return Sought(whose, mine, Asks.DENIED if shown is Shown.DENIED else None, *wanted)


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
        happened = tuple(event(snapshot, one) for one in entries)
        return CaseFile(
            page, issued.sha256, issued.index, happened, _earlier(snapshot, name, issued.index, _MOST_EARLIER)
        )


def _earlier(snapshot: "Snapshot", name: str, before: int | None, most: int) -> tuple[Decision, ...]:
    from governance.store.browse import Wanted, decisions

    found = decisions(snapshot, Wanted(name=name), before=before, limit=most)
    return tuple(read_decision(snapshot, one.listed.issued.sha256) for one in found)


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


def permissions(workspace: Workspace, file: CaseFile, principal: str, roles: tuple[str, ...]) -> dict[Does, Permission]:
    """What this person may do to the case, each with its reason: sign an act, or have it judged again."""
    decision, measured_by = file.page.decision, file.page.evidence.origin.by
    acts = {kind: _may(kind, principal, roles, decision, file.decision_sha256, measured_by) for kind in KINDS}
    return {**acts, Does.EVALUATE: may(Does.EVALUATE, principal, roles)}


def role_for(kind: str, roles: tuple[str, ...]) -> str:
    """The role that a person of the portal acts in: where `acting_role` would ask, the first they hold that may."""
    held = [role for role in TABLE[Does(kind)].roles if role in roles]
    return acting_role(kind, roles) or (held[0] if held else "")


def signing_roles(roles: tuple[str, ...]) -> tuple[str, ...]:
    """Those of them in which statements may be signed."""
    return tuple(role for role in TABLE[Does.ATTEST].roles if role in roles)


def _may(
    kind: Does, principal: str, roles: tuple[str, ...], seen: Decision, sha256: str, measured_by: str
) -> Permission:
    """Asked before anything is written: of an act that says nothing yet."""
    by_role = may(kind, principal, roles)
    if not by_role.allowed:
        return by_role
    waiver, attestation = None, None
    tomorrow = instant(parse_instant(seen.now) + timedelta(days=1))
    if kind is Does.WAIVE:
        waiver = Waiver(key="", ticket="", not_before=seen.now, expires=tomorrow)
    elif kind is Does.ATTEST:
        attestation = Attestation(statements=(Statement(key="", text="not said yet"),), expires=tomorrow)
    act = Act(
        kind=cast(Kind, kind.value),
        actor=principal,
        role=role_for(kind.value, roles),
        decision=sha256,
        reason="not said yet",
        at=seen.now,
        waiver=waiver,
        attestation=attestation,
    )
    return may_act(act, roles, seen, measured_by)


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
        waivers = tuple(
            Granted(row.decision.subject.version, recorded.sha256, recorded.act, row.decision)
            for row in rows
            for recorded in read_acts(snapshot, row.decision.acts)
            if recorded.act.waiver is not None
        )
        return Model(
            name,
            Listing(rows, start, total),
            tuple(event(snapshot, one) for one in entries),
            _earlier(snapshot, name, None, _MOST_DECISIONS),
            waivers,
            instant(workspace.clock()),
        )


def sealed(workspace: Workspace, decision_sha256: str) -> Event | None:
    """The entry that issued a decision; None where none did."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        for stored in snapshot.entries_referring(decision_sha256):
            if stored.entry.type is EntryType.DECISION_ISSUED:
                return event(snapshot, stored)
    return None


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
