"""What is on record: models, one model, the trail."""

from fastapi import APIRouter, Request, Response

from governance.errors import BadInput, VerificationFailed
from governance.operations import desk, events, log
from governance.operations.caller import Caller
from governance.render.wording import plural
from governance.trail.entry import EntryType
from governance.web.openapi import TEXT
from governance.web.portal import addresses, compose, http, pages_records, records
from governance.web.portal.http import By, Form, Segment, workspace_of

router = APIRouter(route_class=http.PageRoute, include_in_schema=False)


@router.get("/models")
def models(request: Request, by: By) -> Response:
    found = desk.models(workspace_of(request), http.number(request, "start"))
    rows = tuple(
        pages_records.ModelRow(
            one.name,
            addresses.model_at(one.name),
            plural(one.versions, "version"),
            one.latest.issued.version,
            addresses.case_at(one.name, one.latest.issued.version),
            compose.verdicts(one.latest.outcomes),
        )
        for one in found.models
    )
    pager = compose.pager("/models", found.start, len(rows), found.total, "model")
    return http.html(pages_records.ModelsPage(http.frame(request, "Models", by), rows, pager))


@router.get("/models/{name}")
def model(request: Request, name: Segment, by: By) -> Response:
    found = desk.model(workspace_of(request), name, http.number(request, "start"))
    rows = tuple(compose.case_row(row, by.principal) for row in found.versions.rows)
    pager = compose.pager(addresses.model_at(name), found.versions.start, len(rows), found.versions.total, "version")
    page = pages_records.ModelPage(
        frame=http.frame(request, name, by),
        name=name,
        lanes=records.lane_rows(name, found.decisions, found.now),
        first=found.decisions[-1].now,
        now=found.now,
        waivers=records.waiver_rows(name, found.waivers, found.now),
        rows=rows,
        pager=pager,
        history=tuple(records.line(event) for event in found.history),
    )
    return http.html(page)


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
    return http.html(_trail(request, by)._replace(verified=records.checked(found), unverified=records.unchecked(found)))


@router.get("/trail/checkpoint")
def checkpoint(request: Request, by: By) -> Response:
    return Response(log.checkpoint(workspace_of(request)), media_type=TEXT)


def _trail(request: Request, by: Caller) -> pages_records.TrailPage:
    query = request.query_params
    kind = query.get("type", "")
    asked = events.Asked(
        type=kind if kind in {one.value for one in EntryType} else "",
        model=query.get("model", "").strip(),
        person=query.get("who", "").strip(),
        since=query.get("since", ""),
        until=query.get("until", ""),
    )
    problem = ""
    before = http.number(request, "before") or None
    try:
        found = events.entries(workspace_of(request), asked, before=before)
    except BadInput as error:
        problem = f"{error.what}: {error.got}; expected {error.expected}"
        asked = asked._replace(since="", until="")
        found = events.entries(workspace_of(request), asked, before=before)
    query_of = dict(zip(("type", "model", "who", "since", "until"), asked, strict=True))
    older = compose.address("/trail", **query_of, before=str(found.before)) if found.before else ""
    return pages_records.TrailPage(
        frame=http.frame(request, "Trail", by),
        origin=found.origin,
        size=f"{found.size:,}",
        root=found.root,
        kinds=records.options(asked),
        model=asked.model,
        who=asked.person,
        since=asked.since,
        until=asked.until,
        narrowed=asked != events.EVERY,
        problem=problem,
        lines=tuple(records.line(event) for event in found.events),
        through=f"{found.through:,}",
        older=older,
        verified=(),
        unverified=(),
        broken="",
    )
