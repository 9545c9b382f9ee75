"""Who is asking."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from governance.operations import browse
from governance.operations.accounts import wrapped_key
from governance.operations.caller import Caller
from governance.permissions import Does
from governance.web.openapi import answers
from governance.web.requests import JSON
from governance.web.security import Given, by_token, needs

router = APIRouter(tags=["service"], default_response_class=Response)


@router.get("/me", responses=answers(200, "You.", JSON, 401, 422, of="Me"))
def me(caller: Annotated[Caller, Depends(by_token)]) -> Response:
    """Whom the token speaks for, and what for."""
    return Response(browse.me(caller).to_bytes(), media_type=JSON)


@router.get("/me/key", responses=answers(200, "The key.", JSON, 401, 403, 422, of="WrappedKey"))
def key(given: Given, caller: Annotated[Caller, Depends(needs(Does.COMMENT))]) -> Response:
    """Your own key, wrapped with your password: open it on your machine, sign an act, and forget it."""
    return Response(wrapped_key(given.workspace, caller), media_type=JSON)
