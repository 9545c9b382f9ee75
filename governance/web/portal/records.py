"""Entries of the trail and the decisions of a model, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from governance.canonical import parse_instant
from governance.operations.desk import Granted
from governance.operations.events import Asked, Event
from governance.policy.decision import Decision
from governance.render import wording
from governance.render.svg.timeline import lanes
from governance.trail.entry import EntryType
from governance.web.portal.addresses import case_at
from governance.web.portal.findings import effects
from governance.web.portal.pages_frame import Line
from governance.web.portal.pages_records import LaneRow, Option, WaiverRow

if TYPE_CHECKING:
    from governance.store.verify import VerifiedTrail

_SOON = 14
"""Days before its end from which a waiver is said to be ending."""
_SAID: Final[Mapping[EntryType, str]] = {
    EntryType.LOG_CREATED: "The log was started",
    EntryType.EVIDENCE_SUBMITTED: "Evidence was handed in",
    EntryType.DECISION_ISSUED: "Decided",
    EntryType.REVIEW_APPROVED: "Approved",
    EntryType.REVIEW_REJECTED: "Rejected",
    EntryType.REVIEW_COMMENTED: "Commented",
    EntryType.WAIVER_GRANTED: "A finding was waived",
    EntryType.ATTESTATION_SIGNED: "Statements were signed",
    EntryType.REPORT_RENDERED: "A PDF report was made",
    EntryType.KEY_ADDED: "A person's key was added",
    EntryType.ROLE_GRANTED: "A role was granted",
    EntryType.ROLE_REVOKED: "A role was revoked",
    EntryType.ACCOUNT_DISABLED: "An account was disabled",
    EntryType.INVITATION_MADE: "Somebody was invited",
    EntryType.TOKEN_MADE: "A token was made",
    EntryType.TOKEN_REVOKED: "A token was revoked",
    EntryType.POLICIES_SERVED: "The service began to judge by these policies",
    EntryType.POLICIES_PINNED: "Policies were pinned",
    EntryType.POLICIES_RELEASED: "A policy was released",
    EntryType.PASSWORD_CHANGED: "A password was changed",
}


def options(asked: Asked) -> tuple[Option, ...]:
    """The kinds of entries there are to pick from."""
    return tuple(Option(kind.value, _said(kind), kind.value == asked.type) for kind in EntryType)


def _said(kind: EntryType) -> str:
    """In words; of a kind that has none yet, as its name has it."""
    _, about, act = kind.split(":")
    return _SAID.get(kind, f"{about} {act}".capitalize())


def line(event: Event) -> Line:
    """An entry in words. Whoever was forgotten stays forgotten."""
    subject, said, decision, bounds = event.subject, event.words, "", ""
    if event.act is not None:
        act = event.act[1]
        said = act.reason
        if (waiver := act.waiver) is not None:
            bounds = f"{waiver.key}, ticket {waiver.ticket}, until {waiver.expires}"
        elif (given := act.attestation) is not None:
            bounds = f"{'; '.join(wording.stated(given))}; until {given.expires}"
    elif event.decision is not None:
        decision, document = event.decision
        said = f"{effects(document.outcomes)} ({wording.tally(document.findings)})"
    elif event.evidence is not None:
        said = f"{event.evidence.origin.kind}, {event.evidence.origin.where}"
    return Line(
        number=event.number,
        id=event.id,
        time=event.time,
        kind=event.type.split(":")[1],
        what=_said(event.type),
        who=_who(event.who),
        subject=f"{subject.name} {subject.version}" if subject else "",
        case_at=case_at(subject.name, subject.version) if subject and event.type.startswith("model_version:") else "",
        said=said,
        bounds=bounds,
        key=event.key,
        decision=decision,
    )


def _who(principal: str | None) -> str:
    """A person by their principal, a machine by the first of its key."""
    if principal is None:
        return "no longer known"
    role, _, key = principal.partition("|")
    if role == "log":
        return "the service"
    return f"the service's key {wording.number(key)}" if role == "issuer" else wording.principal(principal)


def lane_rows(name: str, decisions: Sequence[Decision], now: str) -> tuple[LaneRow, ...]:
    return tuple(
        LaneRow(
            one.version,
            case_at(name, one.version),
            one.environment,
            wording.ACTION_WORDS[one.now] if one.now else "lapsed",
            one.svg,
            one.words,
        )
        for one in lanes(decisions, now)
    )


def waiver_rows(name: str, waivers: Sequence[Granted], now: str) -> tuple[WaiverRow, ...]:
    """Those that end first come first; those that have ended are last."""
    rows = sorted(_waivers(name, waivers, now), key=lambda one: (one.style == "ended", one.expires))
    return tuple(rows)


def _waivers(name: str, waivers: Sequence[Granted], now: str) -> Iterator[WaiverRow]:
    for one in waivers:
        waiver = one.act.waiver
        if waiver is None:
            continue
        finding = next((found for found in one.decision.findings if found.key == waiver.key), None)
        days = (parse_instant(waiver.expires) - parse_instant(now)).days
        used = finding is not None and finding.waiver == one.sha256
        if waiver.expires <= now:
            style, state = "ended", "ended"
        elif not used:
            style, state = "unused", "not in use"
        else:
            style = "expiring" if days < _SOON else "live"
            state = f"{'ends in' if days < _SOON else 'live,'} {wording.plural(days, 'day')}"
        title = finding.title if finding else waiver.key
        actor = wording.principal(one.act.actor)
        at = case_at(name, one.version)
        yield WaiverRow(one.version, at, title, state, style, waiver.expires, waiver.ticket, actor, one.act.reason)


def checked(found: "VerifiedTrail") -> tuple[str, ...]:
    """What holds, of a trail that was verified."""
    return (
        f"Every entry holds: {found.size:,} of them lead to the root above, under the log's own key.",
        f"{wording.plural(found.documents, 'document')} are what their entries committed to, byte for byte.",
        f"{wording.plural(found.checkpoints, 'signed checkpoint')} lead from one to the next.",
    )


def unchecked(found: "VerifiedTrail") -> tuple[str, ...]:
    """What this does not show, and what would."""
    return (
        f"Whether anybody else has seen this log. Level {found.level}, {wording.LEVELS[found.level]}.",
        "Whether its end was cut off: keep the signed checkpoint elsewhere, and compare.",
        "Whether a decision follows from its evidence: download its bundle and run `governance verify`.",
        *found.not_checked,
    )
