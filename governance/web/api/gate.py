"""The gate: may this artifact run in this environment, now?"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from governance.canonical import instant
from governance.operations.ask import ask_trail
from governance.render.json import gate_answer
from governance.web.api.parameters import Artifact
from governance.web.openapi import answers
from governance.web.requests import JSON
from governance.web.security import Given, Reader

router = APIRouter(tags=["models"], default_response_class=Response)


@router.get("/gate", responses=answers(200, "The answer.", JSON, 401, 403, 422, 503, of="GateAnswer"))
def gate(
    request: Request,
    given: Given,
    _: Reader,
    artifact: Artifact,
    environment: Annotated[str, Query(min_length=1, max_length=200, description="Where it is to run.")],
) -> Response:
    """Whether an artifact may run in an environment, as the latest decision about it says, which is verified first. 200
    whatever the answer is: `answer` holds it. Ask at each deployment; it is good for the moment only."""
    now = given.workspace.clock()
    answered, verified = ask_trail(given.workspace, given.people.trust(), artifact, environment)
    decision, level = (verified.decision, verified.level) if verified else (None, None)
    said = gate_answer(answered, decision, level, artifact=artifact, environment=environment, now=instant(now))
    return Response(said.to_bytes(), media_type=JSON)
