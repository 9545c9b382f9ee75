"""Coming in and going out: log in, log out, an invitation, light and dark."""

from fastapi import APIRouter, Request, Response

from governance.errors import BadInput, Refused, TooMany
from governance.operations.accounts import invited, redeem
from governance.operations.sessions import sign_in, sign_out
from governance.web.portal import compose_people, http
from governance.web.portal.compose_people import PASSWORD_RULE
from governance.web.portal.http import Form, workspace_of
from governance.web.portal.pages import InvitationPage, LoginPage

router = APIRouter(route_class=http.PageRoute, include_in_schema=False)
_YEAR = 365 * 24 * 3600


@router.get("/login")
def login(request: Request) -> Response:
    to = http.within(request.query_params.get("to", "/"))
    if http.visitor(request) is not None:
        return http.see_other(to)
    asked = request.query_params
    done = "Your password is set. Log in with it." if "set" in asked else ""
    return http.html(LoginPage(http.frame(request, "Log in", None), to, asked.get("name", ""), done, ""))


@router.post("/login")
def logged_in(request: Request, form: Form) -> Response:
    to, name = http.within(http.text(form, "to") or "/"), http.text(form, "name").strip()
    address = request.client.host if request.client else "unknown"
    try:
        signed = sign_in(workspace_of(request), name, http.text(form, "password"), address)
    except Refused as error:
        said = (
            f"{error.what}; {error.expected}"
            if isinstance(error, TooMany)
            else f"{error.what[:1].upper()}{error.what[1:]}."
        )
        return http.refused(request, LoginPage(http.frame(request, "Log in", None), to, name, "", said), error)
    response = http.see_other(to)
    http.begin_session(request, response, signed.token)
    return response


@router.post("/logout")
def logout(request: Request, form: Form) -> Response:
    by = http.visitor(request)
    if by is not None:
        http.assert_csrf(form, by)
        sign_out(workspace_of(request), by)
    response = http.see_other("/login")
    http.end_session(request, response)
    return response


@router.get("/invitation/{token}")
def invitation(request: Request, token: str) -> Response:
    return http.html(_invitation(request, token, ""))


@router.post("/invitation/{token}")
def accepted(request: Request, token: str, form: Form) -> Response:
    page = _invitation(request, token, "")
    password = http.text(form, "password")
    try:
        if password != http.text(form, "again"):
            raise BadInput("The two passwords are not the same.")
        person = redeem(workspace_of(request), token, password)
    except Refused:
        raise
    except BadInput as error:
        return http.html(page._replace(problem=compose_people.said(error)), http.status_of(error))
    return http.see_other(f"/login?set&name={person.principal.rpartition('|')[2]}")


def _invitation(request: Request, token: str, problem: str) -> InvitationPage:
    link = invited(workspace_of(request), token)
    name = link.principal.rpartition("|")[2]
    frame = http.frame(request, "Invitation", None)
    return InvitationPage(frame, token, name, link.roles, link.expires, PASSWORD_RULE, problem)


@router.post("/theme")
def theme(request: Request, form: Form) -> Response:
    wanted = http.text(form, "theme")
    response = http.see_other(http.within(http.text(form, "to")))
    http.set_cookie(request, response, "theme", wanted if wanted in http.THEMES else "auto", _YEAR)
    return response
