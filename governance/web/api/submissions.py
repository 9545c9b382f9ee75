"""Evidence goes in: judged under the service's policies, sealed with its keys, answered with the decision."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from governance.operations.answers import once
from governance.operations.browse import document
from governance.operations.caller import Caller
from governance.operations.submit import evaluate_again, submit
from governance.permissions import Does
from governance.verification import EVIDENCE
from governance.web.api.decisions import decided
from governance.web.api.parameters import Digest, IfMatch, ModelName, Version
from governance.web.examples import MANIFEST
from governance.web.openapi import YAML, answers, form, schema
from governance.web.requests import (
    EVIDENCE_BODY,
    IMMUTABLE,
    JSON,
    IdempotencyKey,
    IfNoneMatch,
    answer,
    fingerprint,
    read_form,
    seen,
)
from governance.web.security import Given, Reader, needs

router = APIRouter(tags=["evidence"], default_response_class=Response)

_PARTS = ("evidence", "manifest")
_FORM = form(
    {
        "evidence": {
            "type": "string",
            "description": "A `governance.evidence/v1` document in canonical form.",
            "contentMediaType": JSON,
            "contentSchema": schema("EvidenceSet"),
        },
        "manifest": {
            "type": "string",
            "description": "The manifest that it was measured by, byte for byte.",
            "contentMediaType": YAML,
            "example": MANIFEST.decode(),
        },
    },
    required=_PARTS,
)


async def _form(request: Request) -> dict[str, bytes]:
    return await read_form(request, EVIDENCE_BODY, _PARTS)


_DECIDED = ("ETag", "Location", "Idempotency-Replayed")


@router.post(
    "/evidence",
    status_code=201,
    responses=answers(201, "The decision.", JSON, 400, 401, 403, 413, 415, 422, 503, of="Decision", headers=_DECIDED),
    openapi_extra=_FORM,
)
def submit_evidence(
    request: Request,
    given: Given,
    caller: Annotated[Caller, Depends(needs(Does.SUBMIT))],
    form: Annotated[dict[str, bytes], Depends(_form)],
    key: IdempotencyKey = None,
) -> Response:
    """Hand in what you measured. It must be what the service's policies plan for that manifest, and say that it is
    yours (`origin.by`) and from where your token is used (`origin.where`)."""
    done = once(
        given.workspace,
        caller.principal,
        key,
        fingerprint(request, *(form[name] for name in _PARTS)),
        201,
        lambda also: submit(
            given.workspace,
            given.policies,
            evidence=form["evidence"],
            manifest=form["manifest"],
            caller=caller,
            baselines=given.baselines,
            also=also,
        ),
    )
    return decided(request, given, done)


@router.get(
    "/evidence/{sha256}",
    responses=answers(200, "The evidence.", JSON, 401, 403, 404, 422, of="EvidenceSet", headers=("ETag",)),
)
def evidence(request: Request, given: Given, _: Reader, sha256: Digest, if_none_match: IfNoneMatch = None) -> Response:
    """Evidence, byte for byte as it was handed in and signed."""
    return answer(request, document(given.workspace, sha256, EVIDENCE), JSON, cache=IMMUTABLE)


@router.post(
    "/models/{name}/versions/{version}/evaluations",
    status_code=201,
    responses=answers(201, "The decision.", JSON, 400, 401, 403, 404, 412, 422, 503, of="Decision", headers=_DECIDED),
)
def judge_again(
    request: Request,
    given: Given,
    caller: Annotated[Caller, Depends(needs(Does.EVALUATE))],
    name: ModelName,
    version: Version,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Judge the evidence that is recorded for a model version again: under the policies of today, at this moment. It
    takes no body."""
    done = once(
        given.workspace,
        caller.principal,
        key,
        fingerprint(request),
        201,
        lambda also: evaluate_again(
            given.workspace,
            given.policies,
            name=name,
            version=version,
            caller=caller,
            baselines=given.baselines,
            seen=seen(if_match),
            also=also,
        ),
    )
    return decided(request, given, done)
