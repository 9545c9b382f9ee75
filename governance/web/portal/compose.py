"""From what lies on the desk to what a page shows. Words about findings, numbers and changes are those of
`governance.render`; here they are only put in order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from governance.canonical import parse_instant
from governance.operations.desk import MOST, CaseFile, Row, Waits
from governance.operations.events import Event
from governance.permissions import Permission
from governance.policy.act import UNVERIFIED
from governance.policy.finding import Finding
from governance.policy.outcome import ACTIONS, Action
from governance.policy.urgency import Asks, due, when, why
from governance.render import wording
from governance.render.changes import Changes, changes
from governance.render.explain import Case, explain_finding
from governance.render.pipeline import Precedent, known, waived
from governance.render.svg.strips import strips
from governance.render.wording import ACTION_WORDS, SETTLED, state_of
from governance.web.portal.pages import (
    CasePage,
    CaseRow,
    Choice,
    Draft,
    Fold,
    Frame,
    Line,
    Notice,
    Pager,
    Verdict,
    WaitingRow,
)

if TYPE_CHECKING:
    from governance.store.standing import Waiting

_MEANS = {
    "approve": ("Approve", "You answer for what needs a review. A denial stays denied."),
    "reject": ("Reject", "It runs nowhere until a new evaluation."),
    "comment": ("Comment", "It is recorded; no outcome changes."),
    "waive": ("Waive", "You excuse one finding, for a time."),
}
_SHOWN_STRIPS = 4
_SHOWN_GISTS = 3
_STYLES = {Action.ALLOW: "allow", Action.NEEDS_REVIEW: "review", Action.DENY: "deny"}


def case_at(name: str, version: str, **query: str) -> str:
    """The address of a case. Whatever a name holds, it is one step of the path."""
    asked = f"?{urlencode(query)}" if query else ""
    return f"/cases/{quote(name, safe='')}/{quote(version, safe='')}{asked}"


def model_at(name: str) -> str:
    return f"/models/{quote(name, safe='')}"


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
    if waiting.standing.asks is not Asks.DENIED or waiting.standing.fell:
        mine = "yours: somebody else must answer" if principal in (waiting.submitter, waiting.measured_by) else ""
        return mine or "waits for an approver who neither submitted nor measured it"
    return f"waits for {wording.principal(waiting.submitter)}: another version, or a waiver by an approver"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _asks(finding: Finding) -> bool:
    return any(action is not Action.ALLOW for action in finding.actions.values())


def folds(file: CaseFile) -> tuple[tuple[Fold, ...], tuple[Fold, ...]]:
    """The findings somebody has to look at, worst first, and the others."""
    found = [_fold(file, finding) for finding in file.page.decision.findings]
    return (
        tuple(fold for fold in found if state_of(fold.finding) not in SETTLED),
        tuple(fold for fold in found if state_of(fold.finding) in SETTLED),
    )


def _fold(file: CaseFile, finding: Finding) -> Fold:
    page = file.page
    drawn = strips(finding)
    shown = tuple(strip for strip in drawn if strip.svg)[:_SHOWN_STRIPS]
    explanation = explain_finding(Case(page, file.decision_sha256, None), finding, ())
    found = explanation.found
    subject = page.decision.subject
    return Fold(
        anchor=finding.key.replace("#", "-"),
        finding=finding,
        state=state_of(finding).value,
        style=state_of(finding).name.lower().replace("_", "-"),
        effect=wording.effect(finding.actions),
        limit=wording.limit_of(finding.limit) if finding.limit else "",
        first=shown,
        rest=tuple(strip for strip in drawn if strip not in shown),
        origin=wording.origin_of(finding),
        declared=wording.kind_of(finding) == "declared",
        waived=waived(page, finding),
        known=known(page, finding),
        explanation=explanation,
        waivable=bool(found and found.if_waived) and state_of(finding) not in SETTLED,
        waive_at=f"{case_at(subject.name, subject.version, waive=finding.key)}#act",
    )


def asked(file: CaseFile, choices: Sequence[Choice]) -> tuple[str, ...]:
    """What is asked of whoever looks at the case, in sentences."""
    outcomes = file.page.decision.outcomes
    by = {action: [name for name in sorted(outcomes) if outcomes[name] is action] for action in Action}
    said = []
    if by[Action.NEEDS_REVIEW]:
        said.append(f"In {_in(by[Action.NEEDS_REVIEW])}, an approver must answer for what is listed here.")
    if by[Action.DENY] or not outcomes:
        where = _in(by[Action.DENY]) if outcomes else "every environment"
        said.append(f"In {where}, it is denied: an approval does not lift that, it takes a waiver or another version.")
    if not said:
        said.append("Nothing is asked: " + wording.allowed(file.page.decision, next(iter(outcomes))) + ".")
    refusal = next((choice.reason for choice in choices if choice.kind == "approve" and not choice.allowed), "")
    return (*said, *([f"Not yours to approve: {refusal}."] if refusal and by[Action.NEEDS_REVIEW] else []))


def _in(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def choices(permissions: Mapping[str, Permission]) -> tuple[Choice, ...]:
    return tuple(Choice(kind, *_MEANS[kind], *permission) for kind, permission in permissions.items())


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


def line(event: Event) -> Line:
    """An entry in words. Whoever was forgotten stays forgotten."""
    subject, said, decision = event.subject, "", ""
    if event.act is not None:
        said = wording.act_of(event.act[1])
    elif event.decision is not None:
        decision, document = event.decision
        said = f"{wording.effect(document.outcomes)} ({wording.tally(document.findings)})"
    elif event.evidence is not None:
        said = f"by {wording.principal(event.evidence.origin.by)}, {event.evidence.origin.where}"
    return Line(
        number=event.number,
        id=event.id,
        time=event.time,
        what=" ".join(event.type.split(":")[1:]),
        who=_who(event.who),
        subject=f"{subject.name} {subject.version}" if subject else "",
        case_at=case_at(subject.name, subject.version) if subject and _is_case(event) else "",
        said=said,
        decision=decision,
    )


def _who(principal: str | None) -> str:
    """A person by their principal, a machine by the first of its key."""
    if principal is None:
        return "no longer known"
    role, _, key = principal.partition("|")
    return (
        f"the service's {role} key {wording.number(key)}" if role in ("issuer", "log") else wording.principal(principal)
    )


def _is_case(event: Event) -> bool:
    return event.type.startswith("model_version:")


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


def case_page(
    frame: Frame,
    file: CaseFile,
    permissions: Mapping[str, Permission],
    *,
    draft: Draft,
    problem: str = "",
    notice: Notice | None = None,
    acted_on: Precedent | None = None,
) -> CasePage:
    """`acted_on` is the older decision that somebody acted on, where they did."""
    page = file.page
    decision, evidence, subject = page.decision, page.evidence, page.decision.subject
    open_, settled = folds(file)
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
        since=since(file),
        conflict=None if acted_on is None else since(file, acted_on),
        meanwhile=_meanwhile(file, acted_on),
        choices=options,
        draft=draft,
        waiving=waiving,
        problem=problem,
        notice=notice,
        decision=file.decision_sha256,
        decided=decision.now,
        valid_until=decision.valid_until,
        submitter=wording.principal(decision.submitter),
        evidence=decision.evidence[0],
        measured=f"{evidence.origin.kind} ({evidence.origin.where}, by {wording.principal(evidence.origin.by)})",
        manifest=evidence.manifest,
        declared=tuple(wording.declared(evidence)),
        policies=tuple((one.id, one.version, one.sha256) for one in decision.policies),
        inputs=tuple(
            (one.role, one.path, one.sha256, "" if one.rows is None else wording.plural(one.rows, "row"))
            for one in evidence.inputs
        ),
        history=tuple(line(event) for event in file.history),
    )
