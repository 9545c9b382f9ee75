"""What waits, one case, and the acts on it."""

import json
from datetime import UTC, datetime
from typing import cast

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from governance.canonical import instant
from governance.errors import BadInput, GovernanceError, Refused, Stale, TooMany
from governance.operations import desk
from governance.operations.answers import once
from governance.operations.caller import Caller
from governance.operations.export import export_bundle
from governance.operations.review import Kind, act
from governance.operations.submit import evaluate_again
from governance.operations.workspace import Workspace, local
from governance.permissions import Does
from governance.policy.act import Named, Part, Values, Waiver
from governance.policy.attesting import Stating
from governance.policy.outcome import Action
from governance.policy.waiving import REACH, Covers
from governance.render.pipeline import Precedent
from governance.web.openapi import PDF
from governance.web.portal import addresses, compose, http, pages_case, pages_frame
from governance.web.portal.http import By, Form, Segment, workspace_of
from governance.web.requests import JSON, fingerprint
from governance.web.security import served

router = APIRouter(route_class=http.PageRoute, include_in_schema=False)
_NOT_DONE_WITH = ("comment", "waive", "attest")
"""Acts after which somebody still has to answer, where not everything is allowed."""


@router.get("/cases/{name}/{version}")
def case(request: Request, name: Segment, version: Segment, by: By) -> Response:
    draft = pages_case.Draft(waive=request.query_params.get("waive", ""))
    return http.html(_case(request, name, version, by, draft))


@router.post("/cases/{name}/{version}/acts")
def acted(request: Request, name: Segment, version: Segment, by: By, form: Form) -> Response:
    """Sign an act; then the next case that waits for this person, where they are done with this one."""
    http.assert_csrf(form, by)
    draft = _draft(form)
    request.state.typed = draft.reason
    workspace, seen, password = workspace_of(request), http.text(form, "seen"), http.text(form, "password")
    try:
        if draft.kind not in {kind.value for kind in desk.KINDS}:
            raise BadInput("Say what you do.", expected=", ".join(kind.value for kind in desk.KINDS))
        by.must(Does(draft.kind))
        _assert_said(seen)
        reviewed = act(
            workspace,
            cast(Kind, draft.kind),
            model=name,
            version=version,
            principal=by.principal,
            role=draft.role or desk.role_for(draft.kind, by.roles) or None,
            password=lambda: password,
            reason=draft.reason,
            seen=seen,
            waiver=_waiver(request, draft) if draft.kind == "waive" else None,
            stating=_stating(workspace_of(request), draft) if draft.kind == "attest" else None,
            people=served(request).people,
        )
        sealed, decided = reviewed.sealed.decision_sha256, reviewed.decision
    except Stale as error:
        file = desk.case_file(workspace, name, version)
        if not desk.done_already(file, by.principal, draft.kind, draft.reason, seen):
            return _again(request, name, version, by, draft, error, seen)
        # The same form came twice: it was signed once, and this is the answer to it.
        sealed, decided = file.decision_sha256, file.page.decision
    except (BadInput, TooMany) as error:
        return _again(request, name, version, by, draft, error, seen)
    if draft.kind in _NOT_DONE_WITH and any(one is not Action.ALLOW for one in decided.outcomes.values()):
        return http.see_other(addresses.case_at(name, version, sealed=sealed))
    following = desk.next_case(workspace, by.principal, by.roles, decided.subject)
    if following is None:
        return http.see_other(f"/?sealed={sealed}")
    return http.see_other(addresses.case_at(following.name, following.version, sealed=sealed))


@router.post("/cases/{name}/{version}/evaluations")
def judged_again(request: Request, name: Segment, version: Segment, by: By, form: Form) -> Response:
    """The recorded evidence judged now. It takes no password: nobody signs but the service. The decision that was seen
    is what tells a form that came twice."""
    http.assert_csrf(form, by)
    seen, given = http.text(form, "seen"), served(request)
    _assert_said(seen)
    try:
        done = once(
            given.workspace,
            by.principal,
            f"portal {seen}",
            fingerprint(request),
            303,
            lambda also: evaluate_again(
                given.workspace,
                given.policies,
                name=name,
                version=version,
                caller=by,
                baselines=given.baselines,
                seen=seen,
                also=also,
            ),
        )
    except Stale as error:
        return _again(request, name, version, by, pages_case.Draft(), error, seen)
    return http.see_other(addresses.case_at(name, version, sealed=done.decision_sha256))


@router.get("/decisions/{sha256}/bundle")
def bundle(request: Request, sha256: str, by: By) -> Response:
    data = export_bundle(workspace_of(request), sha256)
    name = f"decision-{sha256[:16]}.bundle.json"
    return Response(data, media_type=JSON, headers=_attached(name))


@router.post("/decisions/{sha256}/report")
def report(request: Request, sha256: str, by: By, form: Form) -> Response:
    """The PDF; that it was made is an entry of the trail, so this is no link."""
    from governance.operations.report import issue_report

    http.assert_csrf(form, by)
    workspace = workspace_of(request)
    try:
        pdf = issue_report(workspace, sha256, by.principal, people=served(request).people)
    except ModuleNotFoundError as error:
        raise BadInput("this service makes no PDF", fix="install it with 'governance[pdf]'") from error
    return Response(pdf, media_type=PDF, headers=_attached(f"decision-{sha256[:16]}.pdf"))


def _assert_said(seen: str) -> None:
    """Raises BadInput for a form that names no decision."""
    if len(seen) != 64:
        raise BadInput("The form does not say which decision you saw.", fix="open the case again")


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _case(request: Request, name: str, version: str, by: Caller, draft: pages_case.Draft) -> pages_case.CasePage:
    file = desk.case_file(workspace_of(request), name, version)
    return _page(request, file, by, draft, notice=notice(request))


def _page(
    request: Request,
    file: desk.CaseFile,
    by: Caller,
    draft: pages_case.Draft,
    *,
    problem: str = "",
    notice: pages_frame.Notice | None = None,
    acted_on: Precedent | None = None,
) -> pages_case.CasePage:
    workspace, subject = workspace_of(request), file.page.decision.subject
    return compose.case_page(
        http.frame(request, f"{subject.name} {subject.version}", by),
        file,
        desk.permissions(workspace, file, by.principal, by.roles),
        site=workspace.settings.public_url or str(request.base_url).rstrip("/"),
        roles=by.roles,
        now=workspace.clock(),
        draft=draft,
        problem=problem,
        notice=notice,
        acted_on=acted_on,
    )


def _again(
    request: Request, name: str, version: str, by: Caller, draft: pages_case.Draft, error: GovernanceError, seen: str
) -> Response:
    """The case as it is now, with what was typed and why nothing was signed."""
    workspace = workspace_of(request)
    file = desk.case_file(workspace, name, version)
    stale = isinstance(error, Stale)
    before = desk.acted_on(workspace, name, version, seen) if stale else None
    page = _page(request, file, by, draft, problem="" if stale else _said(error), acted_on=before)
    return http.refused(request, page, error)


def _said(error: GovernanceError) -> str:
    """An error in one paragraph, for above a form."""
    said = [error.what if error.what.endswith((".", "!")) else f"{error.what}."]
    if isinstance(error, Refused):
        said += [f"{error.got}."] if error.got else []
    else:
        said += [f"Got {error.got}."] if error.got else []
    said += [f"Expected: {error.expected}."] if error.expected else []
    said += ["Nothing was signed."]
    whole = " ".join(said)
    return whole[:1].upper() + whole[1:]


def _draft(form: http.Fields) -> pages_case.Draft:
    return pages_case.Draft(
        kind=http.text(form, "kind"),
        reason=http.text(form, "reason").strip(),
        waive=http.text(form, "waive"),
        ticket=http.text(form, "ticket").strip(),
        expires=http.text(form, "expires"),
        groups=http.texts(form, "groups"),
        no_worse_than=http.text(form, "no_worse_than").strip(),
        compensating=http.text(form, "compensating").strip(),
        requester=http.text(form, "requester").strip(),
        condition=http.text(form, "condition").strip(),
        covers=http.text(form, "covers"),
        statements=http.texts(form, "statements"),
        holds=http.text(form, "holds"),
        role=http.text(form, "role"),
    )


def _day(text: str) -> datetime:
    """Its first moment. Raises BadInput."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInput("The date on which it ends cannot be read.", got=text[:40], expected="2027-01-31") from error


_HOLDS = {"so": True, "not so": False}


def _stating(workspace: Workspace, draft: pages_case.Draft) -> Stating:
    """What the form of statements says. Raises BadInput."""
    if not draft.statements:
        raise BadInput("Tick the statements that you answer for.")
    if draft.holds not in _HOLDS:
        raise BadInput("Say whether it is so, or is not so.")
    expires = _day(draft.expires)
    if expires <= workspace.clock():
        raise BadInput("A statement must expire after it is signed.", got=draft.expires)
    covers: Covers = next((one for one in REACH if one == draft.covers), "version")
    return Stating(draft.statements, _HOLDS[draft.holds], instant(expires), covers)


def _waiver(request: Request, draft: pages_case.Draft) -> Waiver:
    """What the form of a waiver says. Raises BadInput."""
    expires = _day(draft.expires)
    try:
        groups = tuple(_group(group) for group in draft.groups)
    except ValueError as error:
        raise BadInput("A group cannot be read.", got=", ".join(draft.groups)[:40]) from error
    if not draft.ticket:
        raise BadInput("Say under which ticket it is followed up.")
    try:
        return Waiver(
            key=draft.waive,
            groups=groups,
            no_worse_than=draft.no_worse_than or None,
            ticket=draft.ticket,
            not_before=instant(workspace_of(request).clock()),
            expires=instant(expires),
            compensating=draft.compensating or None,
            requester=(draft.requester if "|" in draft.requester else local(draft.requester))
            if draft.requester
            else None,
            compensating_condition=draft.condition or None,
            covers=cast(Covers, draft.covers or "version"),
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            str(first["msg"]).removeprefix("Value error, "), got=str(first["input"])[:100], where=where
        ) from error


def _group(text: str) -> Named | Values:
    """Each attribute with its value, null for unknown; or the values alone. Raises ValueError."""
    found = json.loads(text)
    if isinstance(found, list) and found and all(isinstance(part, list) for part in found):
        return tuple(Part(attribute=name, value=value) for name, value in found)
    if not (isinstance(found, list) and all(part is None or isinstance(part, str) for part in found)):
        raise ValueError("a list of texts is a group")
    return tuple(found)


def notice(request: Request) -> pages_frame.Notice | None:
    """The confirmation of what the address names, if the trail has it."""
    digest = request.query_params.get("sealed", "")
    return compose.notice(desk.sealed(workspace_of(request), digest)) if len(digest) == 64 else None
