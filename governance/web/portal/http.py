"""What every request of the portal goes through: who asks, where the form comes from, what the answer must say."""

import hmac
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qs, quote, urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from pydantic import AfterValidator

from governance.errors import GovernanceError, Refused, Stale
from governance.operations.caller import Caller
from governance.operations.sessions import LONGEST, session
from governance.operations.workspace import Workspace
from governance.permissions import Does
from governance.web.frame import API, SLASH
from governance.web.portal.pages import ErrorPage
from governance.web.portal.pages_frame import Frame
from governance.web.portal.rendering import render
from governance.web.problems import Kind, WebError, headers_of, kind_of, note, problem_of
from governance.web.requests import BODY, read_body
from governance.web.security import served

Fields = Mapping[str, Sequence[str]]
THEMES = ("auto", "light", "dark")
MOST_FIELDS = 200
"""Of a form."""


class LogInFirst(Refused):
    """Nobody has signed in, or the session ended."""


class Foreign(Refused):
    """A form that was not sent from a page of ours."""


def cookie(request: Request) -> str:
    """The session cookie's name. Over https a browser takes one of this name only from this very host."""
    return "__Host-governance" if request.url.scheme == "https" else "governance"


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def begin_session(request: Request, response: Response, token: str) -> None:
    set_cookie(request, response, cookie(request), token, int(LONGEST.total_seconds()))


def end_session(request: Request, response: Response) -> None:
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie(request), path="/", secure=secure, httponly=True, samesite="lax")


def workspace_of(request: Request) -> Workspace:
    return served(request).workspace


def visitor(request: Request) -> Caller | None:
    """Whoever signed in, or nobody."""
    return session(workspace_of(request), request.cookies.get(cookie(request), ""))


def caller(request: Request) -> Caller:
    """Whoever signed in and may read. Raises LogInFirst, Refused."""
    found = visitor(request)
    if found is None:
        raise LogInFirst("nobody has signed in")
    request.state.caller, request.state.principal = found, found.principal
    found.must(Does.READ)
    return found


async def form(request: Request) -> Fields:
    """The fields of a form that a page of ours sent. Raises Foreign, WebError."""
    assert_own(request)
    data = await read_body(request, BODY, "application/x-www-form-urlencoded")
    try:
        fields = parse_qs(data.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise WebError(Kind.BAD_REQUEST, "the form cannot be read", got=str(error)[:100]) from error
    return fields


By = Annotated[Caller, Depends(caller)]
Form = Annotated[Fields, Depends(form)]


def assert_own(request: Request) -> None:
    """A browser says where a form was sent from; whoever says nothing has no cookie that a browser would add. Raises
    Foreign. (Fetch Metadata, W3C; Origin, RFC 6454.)"""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        raise Foreign("this form was sent from another site", got=site, fix="open the page here and send it again")
    own = f"{request.url.scheme}://{request.url.netloc}"
    if site is None and origin is not None and origin != own:
        raise Foreign("this form was sent from another site", got=origin, expected=own)


def assert_csrf(sent: Fields, by: Caller) -> None:
    """Raises Foreign where the form does not carry what pages of this session carry."""
    if not hmac.compare_digest(text(sent, "csrf").encode(), by.csrf.encode()):
        raise Foreign("this form is not of your session", fix="open the page again: you may have logged in anew")


def text(sent: Fields, name: str) -> str:
    """One field, empty where it is missing."""
    return next(iter(texts(sent, name)), "")


def texts(sent: Fields, name: str) -> tuple[str, ...]:
    """All of a name. Line ends are as they are written here, whatever a browser sends."""
    return tuple(value.replace("\r\n", "\n") for value in sent.get(name, ()))


def number(request: Request, name: str) -> int:
    """A whole number of the query that is not negative; 0 for anything else."""
    value = request.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0


def within(path: str) -> str:
    """A path of this very site, else the first page: nobody is sent elsewhere because a link says so."""
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if fine else "/"


def frame(request: Request, title: str, by: Caller | None) -> Frame:
    theme = request.cookies.get("theme", "")
    return Frame(
        title=title,
        person=by.principal.rpartition("|")[2] if by else "",
        roles=by.roles if by else (),
        csrf=by.csrf if by else "",
        theme=theme if theme in THEMES else "auto",
        here=quote(restored(request.scope["path"])),
    )


def html(page: Any, status: int = 200) -> HTMLResponse:
    return HTMLResponse(render(page), status)


def refused(request: Request, page: Any, error: GovernanceError) -> HTMLResponse:
    """The page of a form once more, which says why nothing was done; so does the log, where somebody may not."""
    note(request, error)
    response = html(page, status_of(error))
    response.headers.update(headers_of(error))
    return response


def see_other(to: str) -> RedirectResponse:
    return RedirectResponse(to, 303)


def status_of(error: GovernanceError) -> int:
    """As the API has it, but for a case that changed: a form carries no `If-Match`, so nothing of it was a precondition
    of HTTP's own (RFC 9110 section 15.5.10)."""
    return 409 if isinstance(error, Stale) else kind_of(error).status


def failed(request: Request, error: GovernanceError) -> Response:
    """An error as a page. What was typed is kept."""
    if isinstance(error, LogInFirst):
        note(request, error)
        return _to_login(request)
    problem = problem_of(error, request.state.request_id)
    details = (
        ("got", problem.got),
        ("expected", problem.expected),
        ("what to do", problem.fix),
        ("where", problem.where),
    )
    page = ErrorPage(
        frame(request, problem.title, getattr(request.state, "caller", None)),
        status_of(error),
        problem.detail,
        tuple((label, said) for label, said in details if said),
        getattr(request.state, "typed", ""),
        problem.request_id,
    )
    return refused(request, page, error)


class PageRoute(APIRoute):
    """A route whose errors are pages too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except GovernanceError as error:
                if request.scope["path"].startswith(API):
                    raise
                return failed(request, error)

        return answer


def restored(segment: str) -> str:
    """A segment of the path with the slashes that its name has; `Frame` tells them from those that end it."""
    return segment.replace(SLASH, "/")


Segment = Annotated[str, AfterValidator(restored)]


def _to_login(request: Request) -> Response:
    here = request.scope["raw_path"].decode("ascii", "replace") + (f"?{request.url.query}" if request.url.query else "")
    query = f"?{urlencode({'to': here})}" if request.method == "GET" and here != "/" else ""
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": f"/login{query}"})
    return see_other(f"/login{query}")
