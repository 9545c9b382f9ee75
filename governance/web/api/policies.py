"""What is judged by, and whose keys count."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from governance.operations.browse import document, list_policies, policy_text
from governance.operations.caller import Caller
from governance.operations.try_policy import try_policy
from governance.permissions import Does
from governance.verification import EVIDENCE
from governance.web.api.parameters import HEX, Digest
from governance.web.openapi import YAML, answers, form
from governance.web.requests import BODY, IMMUTABLE, JSON, IfNoneMatch, answer, read_form
from governance.web.security import Given, Reader, needs

router = APIRouter(tags=["rules"], default_response_class=Response)


_POLICY, _CASES = "policy", "cases"
_FORM = form(
    {
        _POLICY: {"type": "string", "description": "The draft.", "contentMediaType": YAML},
        _CASES: {"type": "string", "description": "Its cases.", "contentMediaType": YAML},
    },
    required=[_POLICY],
)
Recorded = Annotated[
    str | None, Query(pattern=HEX, description="The SHA-256 of recorded evidence, to be judged by the draft as well.")
]


async def _form(request: Request) -> dict[str, bytes]:
    return await read_form(request, BODY, (_POLICY,), (_CASES,))


@router.post(
    "/policies/check",
    responses=answers(200, "What the draft does.", JSON, 400, 401, 403, 404, 413, 415, 422, 501, 503, of="Trial"),
    openapi_extra=_FORM,
)
def check_policy(
    given: Given,
    _: Annotated[Caller, Depends(needs(Does.TRY_POLICY))],
    form: Annotated[dict[str, bytes], Depends(_form)],
    evidence: Recorded = None,
) -> Response:
    """Try a draft of a policy: it is compiled, its cases are run, recorded evidence is judged by it. That happens in a
    process with little memory and time, and nothing is recorded. What is wrong with the draft comes as a problem whose
    `where` is its line and column."""
    trial = try_policy(
        form[_POLICY],
        now=given.workspace.clock(),
        cases=form.get(_CASES),
        evidence=None if evidence is None else document(given.workspace, evidence, EVIDENCE),
        given=given.policies,
    )
    return Response(trial.to_bytes(), 200, media_type=JSON)


@router.get("/policies", responses=answers(200, "The list.", JSON, 401, 403, 422, of="PolicyList", headers=("ETag",)))
def policies(request: Request, given: Given, _: Reader, if_none_match: IfNoneMatch = None) -> Response:
    """The policies that this service judges by: measure what they plan."""
    return answer(request, list_policies(given.policies, given.baselines).to_bytes(), JSON)


@router.get("/policies/{sha256}", responses=answers(200, "The policy.", YAML, 401, 403, 404, 422, headers=("ETag",)))
def policy(request: Request, given: Given, _: Reader, sha256: Digest, if_none_match: IfNoneMatch = None) -> Response:
    """A policy of today, or one that a decision was made under, byte for byte."""
    return answer(request, policy_text(given.workspace, given.policies, sha256), YAML, cache=IMMUTABLE)


@router.get("/trust", responses=answers(200, "The trust file.", JSON, 401, 403, 422, of="Trust", headers=("ETag",)))
def trust(request: Request, given: Given, _: Reader, if_none_match: IfNoneMatch = None) -> Response:
    """Whose keys count here, for whoever verifies. Whoever must not take the service's word gets it another way."""
    return answer(request, given.people.trust().to_bytes(), JSON)
