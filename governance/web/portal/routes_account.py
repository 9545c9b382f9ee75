"""One's own account: what one may do, key and password, sessions, tokens for programs."""

from datetime import timedelta
from typing import get_args

from fastapi import APIRouter, Request, Response

from governance.canonical import instant
from governance.errors import BadInput, GovernanceError
from governance.operations.caller import Caller
from governance.operations.own import own
from governance.operations.sessions import change_password, sessions, sign_out
from governance.operations.tokens import LONGEST, Place, create_token, revoke_token, tokens
from governance.permissions import TABLE, Scope
from governance.web.portal import compose_people, http
from governance.web.portal import pages_people as pages
from governance.web.portal.http import By, Form, workspace_of

router = APIRouter(route_class=http.PageRoute, include_in_schema=False)

_DONE = {
    "password": "The password is changed. Your key is the same, locked anew; every other session has ended.",
    "session": "The session has ended.",
    "sessions": "Every other session has ended.",
    "token": "The token is revoked.",
}


@router.get("/account")
def account(request: Request, by: By) -> Response:
    done = request.query_params.get("done", "")
    return http.html(_account(request, by)._replace(done=_DONE.get(done, ""), about=done.rstrip("s")))


@router.post("/account/password")
def new_password(request: Request, by: By, form: Form) -> Response:
    http.assert_csrf(form, by)
    new = http.text(form, "new")
    try:
        if new != http.text(form, "again"):
            raise BadInput("The two new passwords are not the same.")
        if new == http.text(form, "old"):
            raise BadInput("The new password is the old one.")
        signed = change_password(workspace_of(request), by, http.text(form, "old"), new)
    except BadInput as error:
        return _again(request, by, "password", error)
    response = http.see_other("/account?done=password#password")
    http.begin_session(request, response, signed.token)
    return response


@router.post("/account/tokens")
def make_token(request: Request, by: By, form: Form) -> Response:
    """The page that shows the token is the answer itself: no address leads to it again."""
    http.assert_csrf(form, by)
    workspace = workspace_of(request)
    days, asked = http.text(form, "days"), http.texts(form, "scopes")
    try:
        if not (days.isascii() and days.isdigit() and 0 < len(days) < 4):
            raise BadInput("Not a number of days.", got=days[:40], expected=f"1 to {LONGEST.days}")
        if not asked or set(asked) - set(Scope):
            raise BadInput("Say what the token may do.", expected=", ".join(Scope))
        place: Place | None = next((one for one in get_args(Place) if one == http.text(form, "place")), None)
        if place is None:
            raise BadInput("Say where it is used.", expected=" or ".join(get_args(Place)))
        expires = workspace.clock() + timedelta(days=int(days))
        scopes = [scope for scope in Scope if scope in asked]
        made = create_token(workspace, by, scopes, http.text(form, "label").strip(), expires, place)
    except BadInput as error:
        return _again(request, by, "token", error)
    return http.html(_account(request, by)._replace(made=made.secret, about="token"), 201)


@router.post("/account/tokens/{identifier}/revoke")
def revoke(request: Request, identifier: str, by: By, form: Form) -> Response:
    http.assert_csrf(form, by)
    revoke_token(workspace_of(request), by, identifier)
    return http.see_other("/account?done=token#tokens")


@router.post("/account/sessions/{identifier}/end")
def end_session(request: Request, identifier: str, by: By, form: Form) -> Response:
    """One that has ended already is as well."""
    http.assert_csrf(form, by)
    sign_out(workspace_of(request), by, identifier)
    if identifier != by.via:
        return http.see_other("/account?done=session#sessions")
    response = http.see_other("/login")
    http.end_session(request, response)
    return response


@router.post("/account/sessions")
def end_others(request: Request, by: By, form: Form) -> Response:
    http.assert_csrf(form, by)
    workspace = workspace_of(request)
    for other in sessions(workspace, by):
        if other.hash != by.via:
            sign_out(workspace, by, other.hash)
    return http.see_other("/account?done=sessions#sessions")


def _again(request: Request, by: Caller, about: str, error: GovernanceError) -> Response:
    """The page once more, with why nothing was done."""
    page = _account(request, by)._replace(problem=compose_people.said(error), about=about)
    return http.refused(request, page, error)


def _account(request: Request, by: Caller) -> pages.AccountPage:
    workspace = workspace_of(request)
    now, mine = instant(workspace.clock()), own(workspace, by)
    return pages.AccountPage(
        frame=http.frame(request, "Account", by),
        principal=by.principal,
        created=mine.created,
        key=mine.key,
        key_since=mine.key_since,
        rights=tuple(pages.Right(row.means, *by.may(does)) for does, row in TABLE.items()),
        rule=compose_people.PASSWORD_RULE,
        tokens=tuple(compose_people.token_row(one, now) for one in tokens(workspace, by)),
        sessions=tuple(
            pages.SessionRow(one.hash, one.created, one.seen, one.expires, one.hash == by.via)
            for one in sessions(workspace, by)
        ),
        scopes=tuple(pages.Named(scope.value, scope.means) for scope in Scope),
        places=tuple(pages.Named(place, compose_people.PLACES[place]) for place in get_args(Place)),
        longest=LONGEST.days,
        made="",
        done="",
        problem="",
        about="",
    )
