"""What is judged by, and whose keys count."""

from fastapi import APIRouter, Request, Response

from governance.operations.browse import list_policies, policy_text
from governance.web.api.parameters import Digest
from governance.web.openapi import YAML, answers
from governance.web.requests import IMMUTABLE, JSON, IfNoneMatch, answer
from governance.web.security import Given, Reader

router = APIRouter(tags=["rules"], default_response_class=Response)


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
