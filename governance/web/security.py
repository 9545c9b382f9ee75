"""Who calls, and the headers that keep browsers from doing what nobody meant."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from governance.operations.caller import Caller
from governance.operations.tokens import token
from governance.permissions import TABLE, Does
from governance.web.problems import unauthenticated
from governance.web.requests import only_known
from governance.web.served import Served

# Nothing but our own files, in no frame; images may stand in the style sheet.
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # An answer that says nothing about it is for the caller alone, and now.
    "Cache-Control": "no-store",
}
_HTTPS = "max-age=31536000"

_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="A token from the account page, as `gvt_...`.")


def security_headers(content_type: str, scheme: str) -> dict[str, str]:
    """What an answer carries unless it says otherwise itself."""
    page = content_type.partition(";")[0].strip().lower() == "text/html"
    headers = _ALWAYS | {"Content-Security-Policy": _PAGE if page else _NO_PAGE}
    return headers | ({"Strict-Transport-Security": _HTTPS} if scheme == "https" else {})


def served(request: Request) -> Served:
    """What the application was made with."""
    made: Served = request.app.state.served
    return made


Given = Annotated[Served, Depends(served)]


def by_token(
    request: Request, given: Given, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Caller:
    """Raises WebError. What is wrong with the rest of the request, a stranger is not told."""
    if bearer is None:
        raise unauthenticated("this takes a token")
    caller = token(given.workspace, bearer.credentials)
    if caller is None:
        raise unauthenticated("the token is unknown, has expired or was revoked")
    request.state.principal = caller.principal
    only_known(request)
    return caller


def needs(does: Does) -> Callable[..., Caller]:
    """For `Depends`: a caller who may do this. What they may do to the case at hand, the verb says."""

    scope = TABLE[does].scope
    named = [] if scope is None else [str(scope)]

    def permitted(caller: Annotated[Caller, Security(by_token, scopes=named)]) -> Caller:
        caller.must(does)
        return caller

    return permitted


Reader = Annotated[Caller, Depends(needs(Does.READ))]
