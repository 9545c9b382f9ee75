"""Errors as problem details (RFC 9457): one table of what can go wrong, and each error with what to do about it."""

import json
import logging
from collections.abc import Mapping
from enum import StrEnum

from fastapi import Request, Response
from pydantic import Field

from governance.canonical import Document, Sha256
from governance.errors import (
    BadInput,
    Broken,
    GovernanceError,
    MachineFault,
    NotThere,
    Refused,
    Stale,
    TooMany,
    VerificationFailed,
)
from governance.operations.answers import KeyReused
from governance.operations.measure_here import Busy, NotMeasured
from governance.operations.uploads import TooLarge

LOG = logging.getLogger("governance.web")
MEDIA_TYPE = "application/problem+json"
PLACE = "/api/v1/problems"
"""Under which each kind is explained, to whoever opens its `type`."""


class Kind(StrEnum):
    """What went wrong. `status` is HTTP's, `means` says it to whoever reads it."""

    status: int
    heading: str
    means: str

    def __new__(cls, name: str, status: int, heading: str, means: str) -> "Kind":
        member = str.__new__(cls, name)
        member._value_, member.status, member.heading, member.means = name, status, heading, means
        return member

    BAD_REQUEST = "bad-request", 400, "The request is not well formed", "A header or a form is not as HTTP has it."
    UNAUTHENTICATED = (
        "unauthenticated", 401, "Nobody is known by this token",
        "No token came along, or one that is unknown, has expired or was revoked. Make one on the account page.",
    )  # fmt: skip
    FORBIDDEN = (
        "forbidden", 403, "You may not do this",
        "You are known, and a role or a scope is missing, or you are too close to the case. `got` says which it is.",
    )  # fmt: skip
    NOT_FOUND = "not-found", 404, "There is nothing here", "No such path, or nothing by that name in the trail."
    NO_SUCH_METHOD = "no-such-method", 405, "This method is not for this path", "`Allow` lists those that are."
    TOO_SLOW = "too-slow", 408, "The body did not come in time", "It was not read to its end, and nothing was written."
    STALE = (
        "stale", 412, "The case has changed since you looked at it",
        "Nothing was written. `latest` is the digest of the decision that counts now: read it, then act on that.",
    )  # fmt: skip
    TOO_LARGE = "too-large", 413, "The body is too large", "It was not read to its end, and nothing was written."
    WRONG_MEDIA_TYPE = "wrong-media-type", 415, "This kind of body is not taken here", "`expected` says which one is."
    BAD_INPUT = (
        "bad-input", 422, "The content cannot be used",
        "It was read and understood, and something in it is wrong. Nothing was written; `fix` says what to do.",
    )  # fmt: skip
    KEY_REUSED = (
        "key-reused", 422, "This idempotency key was used for another request",
        "A key stands for one request. Nothing was written; take a new key for a new request.",
    )  # fmt: skip
    NOT_SEEN = (
        "not-seen", 428, "Say which decision you saw",
        "An act takes `If-Match` with the digest of the decision, or somebody could act on what they never read.",
    )  # fmt: skip
    TOO_MANY = "too-many", 429, "Too many attempts", "`Retry-After` says in how many seconds the next one may be made."
    LARGE_HEADERS = "large-headers", 431, "The headers are too large", "Nothing else of the request was looked at."
    INTERNAL = (
        "internal", 500, "Something broke here",
        "A fault of ours. The service's log tells more under `request_id`.",
    )  # fmt: skip
    BROKEN_TRAIL = (
        "broken-trail", 500, "The trail does not verify",
        "What is stored is not what was recorded. `verdict` says how; tell whoever runs the service.",
    )  # fmt: skip
    NOT_INSTALLED = "not-installed", 501, "This service cannot do that", "A part of `governance` is not installed here."
    UNAVAILABLE = (
        "unavailable", 503, "The service cannot do it now",
        "The machine under it is at fault, or busy. Nothing was written, unless `detail` says that it is not known.",
    )  # fmt: skip

    @property
    def type(self) -> str:
        return f"{PLACE}/{self.value}"


class Problem(Document):
    """Problem details. `type` names the kind and is where it is explained. `detail`: what went wrong this time. `got`,
    `expected`, `fix` and `where` say what came, what was awaited, what to do and in which place it is. `latest` is the
    digest of the decision that counts now. `verdict`: how a proof failed. `request_id` stands in the log too."""

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    request_id: str
    got: str = ""
    expected: str = ""
    fix: str = ""
    where: str = ""
    latest: Sha256 | None = None
    verdict: Broken | None = None


class WebError(GovernanceError):
    """What only HTTP knows of."""

    def __init__(
        self, kind: Kind, what: str, *, got: str = "", expected: str = "", fix: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.kind, self.headers = kind, dict(headers or {})
        super().__init__(what, got=got, expected=expected, fix=fix)


def unauthenticated(what: str) -> WebError:
    """With the challenge that RFC 6750 asks for."""
    challenge = {"WWW-Authenticate": 'Bearer realm="governance"'}
    return WebError(Kind.UNAUTHENTICATED, what, expected="Authorization: Bearer gvt_...", headers=challenge)


# The first that fits.
_KINDS: tuple[tuple[type[GovernanceError], Kind], ...] = (
    (KeyReused, Kind.KEY_REUSED),
    (TooLarge, Kind.TOO_LARGE),
    (NotMeasured, Kind.NOT_INSTALLED),
    (Stale, Kind.STALE),
    (TooMany, Kind.TOO_MANY),
    (Refused, Kind.FORBIDDEN),
    (NotThere, Kind.NOT_FOUND),
    (BadInput, Kind.BAD_INPUT),
    (VerificationFailed, Kind.BROKEN_TRAIL),
    (MachineFault, Kind.UNAVAILABLE),
)


def kind_of(error: GovernanceError) -> Kind:
    if isinstance(error, WebError):
        return error.kind
    return next((kind for of, kind in _KINDS if isinstance(error, of)), Kind.INTERNAL)


def problem_of(error: GovernanceError, request_id: str) -> Problem:
    """What the caller is told. What failed on our side is told in few words: the rest is about our machine."""
    kind = kind_of(error)
    ours = kind.status >= 500
    return Problem(
        type=kind.type,
        title=kind.heading,
        status=kind.status,
        detail=error.what,
        request_id=request_id,
        got="" if ours else error.got,
        expected="" if ours else error.expected,
        fix="" if ours else error.fix,
        where="" if ours else error.where,
        latest=error.latest if isinstance(error, Stale) else None,
        verdict=error.verdict if isinstance(error, VerificationFailed) else None,
    )


def note(request: Request, error: GovernanceError) -> None:
    """For the log: what failed on our side, all of it; or why somebody was not let in, or not let do it."""
    kind = kind_of(error)
    if kind.status >= 500:
        LOG.error("request %s failed: %s", request.state.request_id, error)
    if kind in (Kind.UNAUTHENTICATED, Kind.FORBIDDEN, Kind.TOO_MANY):
        request.state.refused = " ".join(filter(None, (f"{kind}: {error.what}", error.got)))


def headers_of(error: GovernanceError) -> dict[str, str]:
    if isinstance(error, WebError):
        return error.headers
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.wait)}
    if isinstance(error, Stale):
        return {"ETag": f'"{error.latest}"'}
    if isinstance(error, Busy):
        return {"Retry-After": "30"}
    return {"Retry-After": "5"} if isinstance(error, MachineFault) else {}


def response_of(error: GovernanceError, request: Request) -> Response:
    problem = problem_of(error, request.state.request_id)
    said = {name: value for name, value in problem.model_dump(mode="json").items() if value not in ("", None)}
    # In ASCII: what came from a stranger turns no text around in whatever shows it.
    return Response(json.dumps(said), problem.status, headers_of(error), MEDIA_TYPE)
