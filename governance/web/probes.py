"""Whether the process lives and can work, and what each kind of problem means. For anybody: it holds no data."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from governance.errors import MachineFault
from governance.keys import MACHINE_ROLES
from governance.operations.log import confirm
from governance.web.frame import HEALTH
from governance.web.openapi import TEXT, answers
from governance.web.problems import PLACE, Kind, WebError
from governance.web.security import Given

router = APIRouter(tags=["service"], default_response_class=Response)


@router.get(HEALTH, responses=answers(200, "The process runs.", TEXT))
async def health() -> Response:
    """Whether the process runs. It looks at nothing, and waits for no thread: use it to restart what hangs."""
    return Response("ok\n", media_type=TEXT)


@router.get("/readyz", responses=answers(200, "The trail can be read, and the keys are here.", TEXT, 503))
def ready(given: Given) -> Response:
    """Whether the service can do its work: the trail is open and continues what it was when this was last asked, and
    this machine holds its keys."""
    confirm(given.workspace)
    origin = given.workspace.trust().logs[0].origin
    missing = [role for role in MACHINE_ROLES if given.workspace.signer(origin, role) is None]
    if missing:
        raise MachineFault(f"this machine does not hold the {', '.join(missing)} key of the log")
    return Response("ready\n", media_type=TEXT)


@router.get(f"{PLACE}/{{kind}}", responses=answers(200, "What it means.", TEXT, 404, 422))
def explain(kind: Annotated[str, Path(description="The last part of a problem's `type`.")]) -> Response:
    """What a kind of problem means. Each problem's `type` leads here."""
    known = {one.value: one for one in Kind}.get(kind)
    if known is None:
        raise WebError(Kind.NOT_FOUND, "there is no such kind of problem", expected=", ".join(Kind))
    return Response(f"{known.status} {known.heading}\n\n{known.means}\n", media_type=TEXT)
