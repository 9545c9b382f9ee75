"""One's own account: tokens for programs, and sessions."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from governance.canonical import instant
from governance.errors import BadInput, Refused
from governance.operations.caller import Caller
from governance.operations.sessions import sessions, sign_out
from governance.operations.tokens import create_token, revoke_token, tokens
from governance.permissions import Scope
from governance.web.portal import http, pages
from governance.web.portal.http import workspace_of

router = APIRouter(route_class=http.PageRoute, include_in_schema=False)
By = Annotated[Caller, Depends(http.caller)]
Form = Annotated[http.Fields, Depends(http.form)]


@router.get("/account")
def account(request: Request, by: By) -> Response:
    return http.html(_account(request, by))


@router.post("/account/tokens")
def make_token(request: Request, by: By, form: Form) -> Response:
    """The page that shows the token is the answer itself: no address leads to it again."""
    http.assert_csrf(form, by)
    workspace = workspace_of(request)
    days = http.text(form, "days")
    try:
        if not (days.isascii() and days.isdigit() and 0 < len(days) < 4):
            raise BadInput("Not a number of days.", got=days[:40], expected="1 to 365")
        asked = http.texts(form, "scopes")
        if not asked or set(asked) - set(Scope):
            raise BadInput("Say what the token may do.", expected=", ".join(Scope))
        scopes = [scope for scope in Scope if scope in asked]
        made = create_token(
            workspace, by, scopes, http.text(form, "label").strip(), workspace.clock() + timedelta(days=int(days))
        )
    except Refused:
        raise
    except BadInput as error:
        said = " ".join(part for part in (error.what, error.expected and f"Expected: {error.expected}.") if part)
        return http.html(_account(request, by)._replace(problem=said), http.status_of(error))
    return http.html(_account(request, by)._replace(made=made.secret), 201)


@router.post("/account/tokens/{identifier}/revoke")
def revoke(request: Request, identifier: str, by: By, form: Form) -> Response:
    http.assert_csrf(form, by)
    revoke_token(workspace_of(request), by, identifier)
    return http.see_other("/account#tokens")


@router.post("/account/sessions")
def end_others(request: Request, by: By, form: Form) -> Response:
    http.assert_csrf(form, by)
    workspace = workspace_of(request)
    for other in sessions(workspace, by):
        if other.hash != by.via:
            sign_out(workspace, by, other.hash)
    return http.see_other("/account")


def _account(request: Request, by: Caller) -> pages.AccountPage:
    workspace = workspace_of(request)
    now = instant(workspace.clock())
    return pages.AccountPage(
        frame=http.frame(request, "Account", by),
        principal=by.principal,
        tokens=tuple(
            pages.TokenRow(
                one.id,
                one.label,
                ", ".join(one.scopes),
                one.expires,
                one.used or "",
                "revoked" if one.revoked else "expired" if one.expires <= now else "live",
            )
            for one in tokens(workspace, by)
        ),
        sessions=tuple(
            pages.SessionRow(one.created, one.seen, one.expires, one.hash == by.via) for one in sessions(workspace, by)
        ),
        scopes=tuple(pages.ScopeChoice(scope.value, scope.means) for scope in Scope),
        made="",
        problem="",
    )
