"""A person acts on a decision: the act comes signed, from where their key was unwrapped."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from governance.operations.answers import once
from governance.operations.caller import Caller
from governance.operations.review import record_act
from governance.permissions import Does
from governance.signing.dsse import Envelope
from governance.web.api.decisions import decided
from governance.web.api.parameters import Digest, IfMatch
from governance.web.openapi import answers, body
from governance.web.problems import Kind, WebError
from governance.web.requests import BODY, JSON, IdempotencyKey, fingerprint, read_body, seen
from governance.web.security import Given, needs

router = APIRouter(tags=["decisions"], default_response_class=Response)

_ENVELOPE: dict[str, Any] = {"requestBody": {"required": True, "content": body(JSON, "Envelope")}}


async def _envelope(request: Request) -> bytes:
    return await read_body(request, BODY, JSON)


@router.post(
    "/decisions/{sha256}/acts",
    status_code=201,
    responses=answers(
        201, "The decision that follows.", JSON, 400, 401, 403, 404, 412, 413, 415, 422, 428, 503,
        of="Decision", headers=("ETag", "Location", "Idempotency-Replayed"),
    ),
    openapi_extra=_ENVELOPE,
)  # fmt: skip
def act(
    request: Request,
    given: Given,
    caller: Annotated[Caller, Depends(needs(Does.COMMENT))],
    sha256: Digest,
    data: Annotated[bytes, Depends(_envelope)],
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Hand in an act on the decision that you saw: a DSSE envelope in canonical JSON around a `governance.act/v1`
    document, signed with your key just now. The case is judged again with it, in the same transaction."""
    if if_match is None:
        raise WebError(Kind.NOT_SEEN, "say which decision you saw", expected=f'If-Match: "{sha256}"')
    if seen(if_match) != sha256:
        raise WebError(
            Kind.BAD_INPUT, "`If-Match` names another decision than the path", got=if_match, expected=f'"{sha256}"'
        )
    envelope = Envelope.from_bytes(data)
    done = once(
        given.workspace,
        caller.principal,
        key,
        fingerprint(request, data),
        201,
        lambda also: record_act(
            given.workspace, envelope, principal=caller.principal, people=given.people, seen=sha256, also=also
        ),
    )
    return decided(request, given, done)
