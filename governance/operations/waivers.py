"""Every waiver of a trail, and what has become of it by now."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import Sha256, parse_instant
from governance.evidence.origin import Subject
from governance.operations.sealing import read_decision
from governance.operations.workspace import Workspace
from governance.policy.act import Act
from governance.policy.decision import Decision
from governance.policy.urgency import SOON
from governance.policy.waivers import has_ended
from governance.verification import ACT

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot


class Granted(NamedTuple):
    """A waiver. `subject`: what it was given for. `state`: in use, ending, unused or expired. `used_for`: the
    versions whose latest decision it excuses. `why`: why the latest decision about its own version does not use it,
    empty where it does. `days_left`: whole days, negative where it has ended."""

    act_sha256: Sha256
    act: Act
    subject: Subject
    state: str
    used_for: tuple[str, ...]
    why: str
    days_left: int


class Waived(NamedTuple):
    """`waivers`: those that end first come first, and those that have ended last. `now`: when this was asked."""

    waivers: tuple[Granted, ...]
    now: datetime


IN_USE, ENDING, UNUSED, EXPIRED = "in use", "ending", "unused", "expired"


def waivers(workspace: Workspace, name: str | None = None) -> Waived:
    """Those for one model, or all. Raises VerificationFailed where a document of one was changed."""
    from governance.store.browse import granted

    now, found = workspace.clock(), []
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        latest: dict[str, list[Decision]] = {}
        for stored in granted(snapshot, name):
            subject = stored.entry.subject
            if subject is None:
                continue
            if subject.name not in latest:
                latest[subject.name] = _latest(snapshot, subject.name)
            for document in snapshot.documents_of(stored.index):
                if document.type == ACT:
                    act = Act.from_bytes(document.data)
                    found.append(_granted(document.sha256, act, subject, latest[subject.name], now))
    found.sort(key=lambda one: (one.state == EXPIRED, one.act.waiver.expires if one.act.waiver else ""))
    return Waived(tuple(found), now)


def _latest(snapshot: "Snapshot", name: str) -> list[Decision]:
    """The latest decision about each version of a model."""
    newest = {(one.name, one.version): one for one in snapshot.decisions(name)}
    return [read_decision(snapshot, one.sha256) for one in newest.values()]


def _granted(digest: Sha256, act: Act, subject: Subject, latest: list[Decision], now: datetime) -> Granted:
    if act.waiver is None:
        raise RuntimeError(f"act {digest} is no waiver")
    used_for = tuple(one.subject.version for one in latest if any(f.waiver == digest for f in one.findings))
    ends = act.waiver.expires
    left = parse_instant(ends) - now
    state = ENDING if left <= SOON else IN_USE
    if has_ended(ends, now):
        state = EXPIRED
    elif not used_for:
        state = UNUSED
    own = next((one for one in latest if one.subject.version == subject.version), None)
    weighed = next((one for one in own.waivers if one.act == digest), None) if own else None
    why = weighed.words if weighed and not weighed.counts else ""
    if not why and own and not any(digest == one for one in own.acts):
        why = "is not taken along: evidence of another artifact came after it"
    return Granted(digest, act, subject, state, used_for, why, left.days)
