"""Waivers are looked up: what excuses, until when, and what excuses no more."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from governance.operations.waivers import State
from governance.operations.waivers import waivers as listed
from governance.web.api.parameters import text
from governance.web.openapi import answers
from governance.web.requests import JSON, IfNoneMatch, answer
from governance.web.security import Given, Reader

router = APIRouter(tags=["decisions"], default_response_class=Response)


@router.get("/waivers", responses=answers(200, "All of them.", JSON, 401, 403, 422, of="WaiverList", headers=("ETag",)))
def waivers(
    request: Request,
    given: Given,
    _: Reader,
    name: Annotated[str | None, text("For versions of this model.")] = None,
    version: Annotated[str | None, text("For this version.")] = None,
    state: Annotated[State | None, Query(description="Of which this has become.")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Waivers that are all of this, and what has become of each by now: in use, ending soon, unused, refused (with the
    reason) or expired. Those that end first come first, and those that have ended last."""
    return answer(request, listed(given.workspace, name, version, state).to_bytes(), JSON)
