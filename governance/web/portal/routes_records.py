"""What is on record: models, one model, the trail."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from governance.errors import VerificationFailed
from governance.operations import desk, log
from governance.operations.caller import Caller
from governance.render.wording import plural
from governance.web.portal import compose, http, pages
from governance.web.portal.http import Segment, workspace_of

router = APIRouter(route_class=http.PageRoute, include_in_schema=False)
By = Annotated[Caller, Depends(http.caller)]
Form = Annotated[http.Fields, Depends(http.form)]


@router.get("/models")
def models(request: Request, by: By) -> Response:
    found = desk.models(workspace_of(request), http.number(request, "start"))
    rows = tuple(
        pages.ModelRow(
            one.name,
            compose.model_at(one.name),
            plural(one.versions, "version"),
            one.latest.issued.version,
            compose.case_at(one.name, one.latest.issued.version),
            compose.verdicts(one.latest.outcomes),
        )
        for one in found.models
    )
    pager = compose.pager("/models", found.start, len(rows), found.total, "model")
    return http.html(pages.ModelsPage(http.frame(request, "Models", by), rows, pager))


@router.get("/models/{name}")
def model(request: Request, name: Segment, by: By) -> Response:
    found = desk.model(workspace_of(request), name, http.number(request, "start"))
    rows = tuple(compose.case_row(row, by.principal) for row in found.versions.rows)
    pager = compose.pager(compose.model_at(name), found.versions.start, len(rows), found.versions.total, "version")
    history = tuple(compose.line(event) for event in found.history)
    return http.html(pages.ModelPage(http.frame(request, name, by), name, rows, pager, history))


@router.get("/trail")
def trail(request: Request, by: By) -> Response:
    return http.html(_trail(request, by))


@router.post("/trail")
def verified(request: Request, by: By, form: Form) -> Response:
    """Every entry, receipt and document looked at again; it takes a while where there are many."""
    http.assert_csrf(form, by)
    try:
        found = desk.verify(workspace_of(request))
    except VerificationFailed as error:
        return http.html(_trail(request, by)._replace(broken=str(error)), http.status_of(error))
    said = (f"Every entry holds: {found.size:,} of them lead to the root above, under the log's own key.",)
    not_checked = tuple(f"Not checked: {one}" for one in found.not_checked)
    return http.html(_trail(request, by)._replace(verified=said + not_checked))


@router.get("/trail/checkpoint")
def checkpoint(request: Request, by: By) -> Response:
    return Response(log.checkpoint(workspace_of(request)), media_type="text/plain; charset=utf-8")


def _trail(request: Request, by: Caller) -> pages.TrailPage:
    found = desk.entries(workspace_of(request), http.number(request, "before") or None)
    return pages.TrailPage(
        frame=http.frame(request, "Trail", by),
        origin=found.origin,
        size=f"{found.size:,}",
        root=found.root,
        lines=tuple(compose.line(event) for event in found.events),
        older=f"/trail?before={found.before}" if found.before else "",
        verified=(),
        broken="",
    )
