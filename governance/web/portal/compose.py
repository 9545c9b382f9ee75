"""From what lies on the desk to what a page shows. Words about findings, numbers and changes are those of
`governance.render`; here they are only put in order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from governance.canonical import parse_instant
from governance.operations.desk import KINDS, MOST, CaseFile, Row, Waits
from governance.operations.events import Event
from governance.permissions import Does, Permission
from governance.policy.act import UNVERIFIED
from governance.policy.finding import Finding
from governance.policy.outcome import ACTIONS, Action
from governance.policy.rules.attestation.signed import somebody
from governance.policy.urgency import Asks, due, when, why
from governance.policy.waiving import REACH
from governance.render import wording
from governance.render.changes import Changes, changes
from governance.render.matrix import matrix
from governance.render.pipeline import Precedent
from governance.render.wording import ACTION_WORDS, SETTLED, state_of
from governance.web.portal.addresses import case_at, model_at
from governance.web.portal.findings import drawing, folds, signed
from governance.web.portal.pages_case import CasePage, Choice, Draft
from governance.web.portal.pages_frame import CaseRow, Frame, Notice, Pager, Verdict
from governance.web.portal.pages_waiting import WaitingRow
from governance.web.portal.records import line
from governance.web.portal.statements import signing, unsigned

if TYPE_CHECKING:
    from governance.store.standing import Waiting

_MEANS = {
    Does.APPROVE: ("Approve", "You answer for what needs a review. A denial stays denied."),
    Does.REJECT: ("Reject", "It runs nowhere until a new evaluation."),
    Does.COMMENT: ("Comment", "It is recorded; no outcome changes."),
    Does.WAIVE: ("Waive", "You excuse one finding, for a time."),
    Does.ATTEST: ("Sign statements", "You answer for what no machine can check, for a time."),
    Does.EVALUATE: ("Judge again", "The recorded evidence, by today's policies. Nothing is measured anew."),
}
_SHOWN_GISTS = 3
_STYLES = {Action.ALLOW: "allow", Action.NEEDS_REVIEW: "review", Action.DENY: "deny"}


def verdicts(outcomes: Mapping[str, Action]) -> tuple[Verdict, ...]:
    """By environment, strictest first; where there is none, what then holds."""
    if not outcomes:
        return (Verdict("", ACTION_WORDS[Action.DENY], _STYLES[Action.DENY]),)
    ordered = sorted(outcomes, key=lambda name: (-ACTIONS.index(outcomes[name]), name))
    return tuple(Verdict(name, ACTION_WORDS[outcomes[name]], _STYLES[outcomes[name]]) for name in ordered)


def address(path: str, **query: str) -> str:
    """With what there is to say, in its order."""
    said = {name: text for name, text in query.items() if text}
    return f"{path}?{urlencode(said)}" if said else path


def pager(path: str, start: int, shown: int, total: int, noun: str, **query: str) -> Pager:
    if not total:
        return Pager("", "", "")
    said = f"{start + 1} to {start + shown} of {wording.plural(total, noun)}" if shown < total else ""
    newer = address(path, **query, start=str(max(0, start - MOST))) if start else ""
    older = address(path, **query, start=str(start + MOST)) if start + shown < total else ""
    return Pager(said, newer, older)


def case_row(row: Row, principal: str) -> CaseRow:
    """A line of what waits, or of a model's versions."""
    decision = row.decision
    asking = [f for f in decision.findings if state_of(f) not in SETTLED and _asks(f)]
    gists = tuple(wording.gist(finding) for finding in asking[:_SHOWN_GISTS])
    if len(asking) > _SHOWN_GISTS:
        gists += (f"and {len(asking) - _SHOWN_GISTS} more",)
    subject = decision.subject
    return CaseRow(
        subject.name,
        subject.version,
        case_at(subject.name, subject.version),
        verdicts(decision.outcomes),
        wording.tally(decision.findings),
        gists,
        decision.now,
        wording.principal(decision.submitter),
        decision.submitter == principal,
    )


def waiting_row(row: Waits, principal: str, now: datetime) -> WaitingRow:
    waiting = row.waiting
    moment = parse_instant(due(waiting.standing))
    return WaitingRow(
        case=case_row(Row(waiting.listed, row.decision), principal),
        why=_sentence(why(waiting.standing, now, overtaken=waiting.overtaken)),
        due=when(waiting.standing, now),
        late=moment < now,
        whom=_whom(waiting, principal),
    )


def _whom(waiting: "Waiting", principal: str) -> str:
    """For whom a case waits, where it is not for whoever looks."""
    if waiting.mine:
        return ""
    if waiting.standing.asks is Asks.REVIEW and waiting.submitter == UNVERIFIED:
        return "nobody can answer: the submitter is unverified; check it again with `--as NAME`"
    if waiting.standing.only_statements:
        mine = "yours: somebody else must sign" if principal in (waiting.submitter, waiting.measured_by) else ""
        signers = somebody(waiting.standing.signers)
        return mine or f"waits for {signers} who neither submitted nor measured it, to sign"
    if waiting.standing.asks is not Asks.DENIED or waiting.standing.fell:
        mine = "yours: somebody else must answer" if principal in (waiting.submitter, waiting.measured_by) else ""
        return mine or "waits for an approver who neither submitted nor measured it"
    return f"waits for {wording.principal(waiting.submitter)}: another version, or a waiver by an approver"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _asks(finding: Finding) -> bool:
    return any(action is not Action.ALLOW for action in finding.actions.values())


def asked(file: CaseFile, choices: Sequence[Choice]) -> tuple[str, ...]:
    """What is asked of whoever looks at the case, in sentences."""
    outcomes = file.page.decision.outcomes
    by = {action: [name for name in sorted(outcomes) if outcomes[name] is action] for action in Action}
    said = []
    if by[Action.NEEDS_REVIEW]:
        where = wording.listed(by[Action.NEEDS_REVIEW])
        asking = [one for one in file.page.decision.findings if _asks(one)]
        count, whose = unsigned(file.page, asking)
        if count == len(asking) > 0:
            said.append(f"In {where}, {wording.plural(count, 'statement')} must be signed, {whose}.")
        else:
            said.append(f"In {where}, an approver must answer for what is listed here.")
    if by[Action.DENY] or not outcomes:
        where = wording.listed(by[Action.DENY]) if outcomes else "every environment"
        said.append(f"In {where}, it is denied: an approval does not lift that, it takes a waiver or another version.")
    if not said:
        said.append("Nothing is asked: " + wording.allowed(file.page.decision, next(iter(outcomes))) + ".")
    refusal = next((choice.reason for choice in choices if choice.kind == "approve" and not choice.allowed), "")
    return (*said, *([f"Not yours to approve: {refusal}."] if refusal and by[Action.NEEDS_REVIEW] else []))


def choices(permissions: Mapping[Does, Permission]) -> tuple[Choice, ...]:
    """The acts on a case as a whole, and a waiver; statements have a form of their own."""
    return tuple(_choice(kind, permissions) for kind in KINDS if kind is not Does.ATTEST)


def _choice(kind: Does, permissions: Mapping[Does, Permission]) -> Choice:
    return Choice(kind.value, *_MEANS[kind], *permissions[kind])


def since(file: CaseFile, before: Precedent | None = None) -> tuple[Changes, ...]:
    """What changed since a version was last allowed; with `before`, since that decision."""
    page = file.page
    if before is not None:
        page = page._replace(precedents=dict.fromkeys(page.decision.outcomes, before))
    return tuple(changes(page))


def _meanwhile(file: CaseFile, before: Precedent | None) -> tuple[str, ...]:
    """What people signed since that decision."""
    if before is None:
        return ()
    return tuple(wording.act_of(one.act) for one in file.page.acts if one.sha256 not in before.decision.acts)


def notice(event: Event | None) -> Notice | None:
    """The confirmation of a decision that an act led to."""
    if event is None or event.decision is None or event.subject is None:
        return None
    digest, document = event.decision
    subject = event.subject
    return Notice(
        f"{subject.name} {subject.version}",
        case_at(subject.name, subject.version),
        verdicts(document.outcomes),
        event.number,
        digest,
    )


def _covers(file: CaseFile, key: str) -> tuple[tuple[str, str], ...]:
    """How far a waiver of this finding may reach under its policy, each as the form sends it and in words."""
    widest = next(
        policy.document.waivers.covers for policy in file.page.policies for one in policy.rules if one.key == key
    )
    return tuple((reach, wording.COVERS[reach]) for reach in REACH[: REACH.index(widest) + 1])


def case_page(
    frame: Frame,
    file: CaseFile,
    permissions: Mapping[Does, Permission],
    *,
    site: str,
    roles: tuple[str, ...],
    now: datetime,
    draft: Draft,
    problem: str = "",
    notice: Notice | None = None,
    acted_on: Precedent | None = None,
) -> CasePage:
    """`site` is where the portal is, without a slash at its end; `roles` are those of whoever looks; `acted_on` is the
    older decision that somebody acted on, where they did."""
    page = file.page
    decision, evidence, subject = page.decision, page.evidence, page.decision.subject
    open_, settled, pictures = folds(file)
    options = choices(permissions)
    waiving = next((fold for fold in open_ if fold.finding.key == draft.waive and fold.waivable), None)
    return CasePage(
        frame=frame,
        name=subject.name,
        version=subject.version,
        artifact=subject.artifact or "",
        case_at=case_at(subject.name, subject.version),
        model_at=model_at(subject.name),
        verdicts=verdicts(decision.outcomes),
        tally=wording.tally(decision.findings),
        asked=asked(file, options),
        notes=decision.notes,
        open_=open_,
        settled=settled,
        pictures=pictures,
        drawing=drawing(),
        signed=signed(file.history),
        since=since(file),
        conflict=None if acted_on is None else since(file, acted_on),
        meanwhile=_meanwhile(file, acted_on),
        choices=options,
        again=_choice(Does.EVALUATE, permissions),
        draft=draft,
        waiving=waiving,
        covers=_covers(file, waiving.finding.key) if waiving else (),
        signing=signing(page, permissions[Does.ATTEST], roles, now),
        problem=problem,
        notice=notice,
        decision=file.decision_sha256,
        bundle_at=f"{site}/decisions/{file.decision_sha256}/bundle",
        entry=file.entry,
        decided=decision.now,
        as_of=decision.as_of,
        valid_until=decision.valid_until,
        submitter=wording.principal(decision.submitter),
        evidence=decision.evidence[0],
        measured=f"{evidence.origin.kind} ({evidence.origin.where}, by {wording.principal(evidence.origin.by)})",
        manifest=evidence.manifest,
        declared=tuple(wording.declared(evidence)),
        policies=tuple((one.id, one.version, one.sha256, wording.whom_for(one)) for one in decision.policies),
        inputs=tuple(
            (one.role, one.path, one.sha256, "" if one.rows is None else wording.plural(one.rows, "row"))
            for one in evidence.inputs
        ),
        laws=matrix(decision, page.policies),
        history=tuple(line(event) for event in file.history),
    )
