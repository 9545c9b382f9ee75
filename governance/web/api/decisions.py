"""Decisions are looked up, with what they rest on."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from governance.canonical import Document
from governance.operations.answers import Done
from governance.operations.browse import document, list_decisions
from governance.operations.export import export_bundle
from governance.operations.report import issue_report
from governance.policy.outcome import Action
from governance.verification import DECISION
from governance.web.api.parameters import HEX, Cursor, Digest, Limit, text
from governance.web.openapi import PDF, PREFIX, answers
from governance.web.problems import Kind, WebError
from governance.web.requests import IMMUTABLE, JSON, IfNoneMatch, answer
from governance.web.security import Given, Reader
from governance.web.served import Served

router = APIRouter(tags=["decisions"], default_response_class=Response)


def decided(request: Request, given: Served, done: Done) -> Response:
    """The decision that a request led to."""
    data = document(given.workspace, done.decision_sha256, DECISION)
    headers = {"Location": f"{PREFIX}/decisions/{done.decision_sha256}"}
    return answer(
        request, data, JSON, status=201, **headers, **({"Idempotency_Replayed": "true"} if done.again else {})
    )


def paged(request: Request, page: Document, following: str | None) -> Response:
    """A page, with a link to the one after it."""
    if following is None:
        return answer(request, page.to_bytes(), JSON)
    # The path as it came: a slash in a name must stay what it is.
    query = urlencode({**request.query_params, "cursor": following})
    link = f"{request.scope['raw_path'].decode('ascii')}?{query}"
    return answer(request, page.to_bytes(), JSON, Link=f'<{link}>; rel="next"')


_PAGE = answers(200, "A page.", JSON, 401, 403, 422, of="DecisionPage", headers=("ETag", "Link"))


@router.get("/decisions", responses=_PAGE)
def decisions(
    request: Request,
    given: Given,
    _: Reader,
    name: Annotated[str | None, text("About versions of this model.")] = None,
    version: Annotated[str | None, text("About this version.")] = None,
    artifact: Annotated[str | None, Query(pattern=HEX, description="About the artifact with this SHA-256.")] = None,
    outcome: Annotated[Action | None, Query(description="Of `environment`; of any where none is named.")] = None,
    environment: Annotated[str | None, text("That speak of this environment.")] = None,
    latest: Annotated[bool, Query(description="Only the newest about each model version.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Decisions that are all of this, newest first."""
    from governance.store.browse import Wanted

    wanted = Wanted(name, version, artifact, outcome, environment, latest)
    page = list_decisions(given.workspace, wanted, cursor, limit)
    return paged(request, page, page.next)


@router.get(
    "/decisions/{sha256}",
    responses=answers(200, "The decision.", JSON, 401, 403, 404, 422, of="Decision", headers=("ETag",)),
)
def decision(request: Request, given: Given, _: Reader, sha256: Digest, if_none_match: IfNoneMatch = None) -> Response:
    """A decision, byte for byte as it was signed. Its `ETag` is what acts take in `If-Match`."""
    return answer(request, document(given.workspace, sha256, DECISION), JSON, cache=IMMUTABLE)


@router.get(
    "/decisions/{sha256}/bundle",
    responses=answers(200, "The bundle.", JSON, 401, 403, 404, 422, of="Bundle", headers=("ETag",)),
)
def bundle(request: Request, given: Given, _: Reader, sha256: Digest, if_none_match: IfNoneMatch = None) -> Response:
    """Everything that a stranger needs to verify the decision offline, with `governance verify`. Its receipts are under
    the newest checkpoint, so that it changes while the log grows."""
    data = export_bundle(given.workspace, sha256)
    return answer(request, data, JSON, Content_Disposition=f'attachment; filename="{sha256[:12]}.bundle.json"')


@router.get(
    "/decisions/{sha256}/report",
    responses=answers(200, "The report.", PDF, 401, 403, 404, 422, 501, 503, headers=("ETag",)),
)
def report(
    request: Request, given: Given, caller: Reader, sha256: Digest, if_none_match: IfNoneMatch = None
) -> Response:
    """The PDF of a decision. It is drawn, and recorded in the trail, when it is first asked for; from then on this very
    file is answered."""
    try:
        pdf = issue_report(given.workspace, sha256, caller.principal, people=given.people)
    except ModuleNotFoundError as error:
        raise WebError(
            Kind.NOT_INSTALLED, "this service draws no PDF", fix="`governance report --bundle` draws one elsewhere"
        ) from error
    return answer(request, pdf, PDF, Content_Disposition=f'attachment; filename="{sha256[:12]}.pdf"')
