"""Every waiver of a trail, and what has become of it by now."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from governance.canonical import Document, Instant, Sha256, instant, parse_instant
from governance.evidence.origin import Subject
from governance.operations.sealing import read_decision
from governance.operations.workspace import Workspace
from governance.policy.act import Act
from governance.policy.decision import Decision
from governance.policy.urgency import SOON
from governance.policy.waivers import Reason, has_ended
from governance.verification import ACT

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot

State = Literal["in use", "ending", "unused", "refused", "expired"]
MEANS: dict[State, str] = {
    "in use": "it excuses a finding of the latest decision about a version",
    "ending": "it is in use, and ends within 14 days",
    "unused": "no latest decision needs it, or another took its place",
    "refused": "the latest decision names it, and it does not count; `why` says why",
    "expired": "it has ended",
}
"""What may have become of a waiver."""
_NOTHING_WRONG = frozenset(
    {Reason.NO_FINDING, Reason.NOT_NEEDED, Reason.NOT_YET, Reason.EXPIRED, Reason.REPLACED, Reason.SPARE}
)
"""Reasons for not being used that find no fault with the waiver."""


class WaiverLine(Document):
    """A waiver in a list. `sha256`: of the `act`. `subject`: what it was given for. `state`: what has become of it.
    `used_for`: the versions whose latest decision it excuses. `why`: why the latest decision about its own version does
    not use it, empty where it does. `days_left`: whole days, negative where it has ended."""

    sha256: Sha256
    subject: Subject
    state: State
    used_for: tuple[str, ...]
    why: str
    days_left: int
    act: Act


class WaiverList(Document):
    """`schema`: the type of this document. `now`: when this was asked. `waivers`: those that end first come first, and
    those that have ended last."""

    schema_: Literal["governance.waivers/v1"] = Field("governance.waivers/v1", alias="schema")
    now: Instant
    waivers: tuple[WaiverLine, ...]


def waivers(
    workspace: Workspace, name: str | None = None, version: str | None = None, state: State | None = None
) -> WaiverList:
    """Those that are all of this, or all. Raises VerificationFailed where a document of one was changed."""
    from governance.store.browse import granted

    now, found = workspace.clock(), list[WaiverLine]()
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        latest: dict[str, list[Decision]] = {}
        for stored in granted(snapshot, name):
            subject = stored.entry.subject
            if subject is None or version not in (None, subject.version):
                continue
            if subject.name not in latest:
                latest[subject.name] = _latest(snapshot, subject.name)
            for document in snapshot.documents_of(stored.index):
                if document.type == ACT:
                    act = Act.from_bytes(document.data)
                    found.append(_granted(document.sha256, act, subject, latest[subject.name], now))
    found.sort(key=lambda one: (one.state == "expired", one.act.waiver.expires if one.act.waiver else ""))
    return WaiverList(now=instant(now), waivers=tuple(one for one in found if state in (None, one.state)))


def _latest(snapshot: "Snapshot", name: str) -> list[Decision]:
    """The latest decision about each version of a model."""
    newest = {(one.name, one.version): one for one in snapshot.decisions(name)}
    return [read_decision(snapshot, one.sha256) for one in newest.values()]


def _granted(digest: Sha256, act: Act, subject: Subject, latest: list[Decision], now: datetime) -> WaiverLine:
    if act.waiver is None:
        raise RuntimeError(f"act {digest} is no waiver")
    used_for = tuple(one.subject.version for one in latest if any(f.waiver == digest for f in one.findings))
    ends = act.waiver.expires
    left = parse_instant(ends) - now
    own = next((one for one in latest if one.subject.version == subject.version), None)
    weighed = next((one for one in own.waivers if one.act == digest), None) if own else None
    why = weighed.words if weighed and not weighed.counts else ""
    if not why and own and not any(digest == one for one in own.acts):
        why = "is not taken along: evidence of another artifact came after it"
    state: State = "ending" if left <= SOON else "in use"
    if has_ended(ends, now):
        state = "expired"
    elif not used_for:
        state = "refused" if weighed and weighed.reason and weighed.reason not in _NOTHING_WRONG else "unused"
    return WaiverLine(
        sha256=digest, subject=subject, state=state, used_for=used_for, why=why, days_left=left.days, act=act
    )
