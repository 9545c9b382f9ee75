"""The officer's portal: pages that a server renders, and that work without JavaScript."""

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.staticfiles import StaticFiles

from governance.errors import NotThere
from governance.web.frame import API
from governance.web.portal import (
    http,
    routes_account,
    routes_admin,
    routes_cases,
    routes_entry,
    routes_records,
    routes_waiting,
)

STATIC = Path(__file__).parent / "static"
_last = APIRouter(route_class=http.PageRoute, include_in_schema=False)


@_last.get("/{path:path}")
def nothing_here(request: Request, path: str) -> Response:
    """For whoever has signed in; a stranger is not told what is here."""
    if not f"/{path}".startswith(API):
        http.caller(request)
    raise NotThere("there is no such page", got=http.restored(f"/{path}"))


def add_portal(app: FastAPI) -> None:
    """The pages. They come last: what else the application answers must be there before."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in (
        routes_entry.router,
        routes_waiting.router,
        routes_cases.router,
        routes_records.router,
        routes_account.router,
        routes_admin.router,
        _last,
    ):
        app.include_router(router)
