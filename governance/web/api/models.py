"""Models and their versions."""

from fastapi import APIRouter, Request, Response

from governance.errors import NotThere
from governance.operations.browse import list_decisions, list_models
from governance.web.api.decisions import paged
from governance.web.api.parameters import Cursor, Limit, ModelName
from governance.web.openapi import answers
from governance.web.requests import JSON, IfNoneMatch
from governance.web.security import Given, Reader

router = APIRouter(tags=["models"], default_response_class=Response)


@router.get("/models", responses=answers(200, "A page.", JSON, 401, 403, 422, of="ModelPage", headers=("ETag", "Link")))
def models(
    request: Request,
    given: Given,
    _: Reader,
    cursor: Cursor = None,
    limit: Limit = 50,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The models that were judged, by name, each with its newest decision."""
    page = list_models(given.workspace, cursor, limit)
    return paged(request, page, page.next)


@router.get(
    "/models/{name}",
    responses=answers(200, "A page.", JSON, 401, 403, 404, 422, of="DecisionPage", headers=("ETag", "Link")),
)
def versions(
    request: Request,
    given: Given,
    _: Reader,
    name: ModelName,
    cursor: Cursor = None,
    limit: Limit = 50,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The versions of a model, each by its latest decision, newest first. A slash in a name is written `%2F`."""
    from governance.store.browse import Wanted

    page = list_decisions(given.workspace, Wanted(name=name, latest=True), cursor, limit)
    if not page.decisions and cursor is None:
        raise NotThere("no version of this model was judged here", got=name)
    return paged(request, page, page.next)
