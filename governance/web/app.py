"""The application: the API, and the portal where one is mounted."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from governance import __version__
from governance.errors import GovernanceError
from governance.web.api import acts, decisions, gate, me, measurements, models, policies, submissions, trail, waivers
from governance.web.frame import Frame
from governance.web.limits import LIMITS, Limits
from governance.web.openapi import PREFIX, describe
from governance.web.probes import router as probes
from governance.web.problems import Kind, WebError, note, response_of
from governance.web.served import Served


def create_app(served: Served, add_portal: Callable[[FastAPI], None] | None = None, limits: Limits = LIMITS) -> FastAPI:
    """`add_portal` adds its pages after the API, which answers first. The trail stays open as long as the application
    runs."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with served.workspace.keeping_trail(), measurements.room(served.workspace) as app.state.room:
            yield

    app = FastAPI(
        title="governance",
        version=__version__,
        lifespan=lifespan,
        # Our own: a test holds its schemas against those of `governance schema`. No page that loads foreign scripts.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.served = served
    api = APIRouter(prefix=PREFIX)
    for part in (submissions, measurements, decisions, acts, waivers, models, gate, policies, trail, me):
        api.include_router(part.router)
    app.include_router(api)
    app.include_router(probes)
    describe(app)
    if add_portal is not None:
        add_portal(app)

    def failed(request: Request, error: Exception) -> Response:
        said = _said(error)
        note(request, said)
        return response_of(said, request)

    for kind in (GovernanceError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, failed)
    app.add_middleware(Frame, entropy=served.workspace.entropy, limits=limits)
    return app


_HTTP = {404: Kind.NOT_FOUND, 405: Kind.NO_SUCH_METHOD, 413: Kind.TOO_LARGE}


def _said(error: Exception) -> GovernanceError:
    """An error of the framework in our words."""
    if isinstance(error, GovernanceError):
        return error
    if isinstance(error, HTTPException):
        kind = _HTTP.get(error.status_code, Kind.BAD_REQUEST)
        return WebError(kind, kind.heading, headers=error.headers)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return WebError(Kind.BAD_INPUT, f"{where}: {first['msg']}", got=ascii(first.get("input"))[:200])
    raise RuntimeError("no handler is registered for this") from error
