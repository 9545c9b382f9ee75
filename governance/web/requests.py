"""Reading what came, no further than its limit, and answering with what clients may keep."""

import re
from collections.abc import AsyncGenerator, Iterable
from typing import Annotated, NamedTuple

from fastapi import Header, Request, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from governance.canonical import sha256
from governance.web.problems import Kind, WebError

BODY = 1 << 20
"""Bytes that a body may have."""
EVIDENCE_BODY = 32 << 20
"""Bytes that a body with evidence may have."""
JSON, MULTIPART = "application/json", "multipart/form-data"
# Answers depend on who asks, so that no shared cache may keep them.
IMMUTABLE = "private, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_TAGS = re.compile(rf"\s*{_TAG.pattern}\s*(?:,\s*{_TAG.pattern}\s*)*")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="Makes it safe to send the same request again: it is done once, and answered alike for a day.",
    ),
]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The `ETag` of what you have: 304 where it is the same.")
]


def only_known(request: Request) -> None:
    """Raises WebError for a query that the route does not know, or that comes twice: a filter that is spelled wrong
    would find everything."""
    known = {str(field.alias) for field in request.scope["route"].dependant.query_params}
    given = [name for name, _ in request.query_params.multi_items()]
    wrong = sorted({name for name in given if name not in known or given.count(name) > 1})
    if wrong:
        raise WebError(
            Kind.BAD_INPUT,
            "a query that is not known here, or comes twice",
            got=ascii(", ".join(wrong))[:100],
            expected=", ".join(sorted(known)) or "none",
        )


async def read_body(request: Request, limit: int, media_type: str) -> bytes:
    """The body. Raises WebError for one of another type, or of more than `limit` bytes, which is then left unread."""
    assert_type(request, media_type)
    return b"".join([chunk async for chunk in limited(request, limit)])


class Part(NamedTuple):
    """What one field of a form held."""

    name: str
    data: bytes


async def read_form(
    request: Request, limit: int, names: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, bytes]:
    """These fields of a multipart form, each once; those that are `optional` at most once. Raises WebError; also where
    the form breaks off."""
    assert_type(request, MULTIPART)
    needed, optional = sorted(names), sorted(optional)
    wanted = [*needed, *optional]
    try:
        parser = MultiPartParser(
            request.headers,
            limited(request, limit),
            max_files=len(wanted),
            max_fields=len(wanted),
            max_part_size=limit,
        )
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        said = error.message if isinstance(error, MultiPartException) else "no boundary, or not text"
        raise WebError(Kind.BAD_REQUEST, "the form cannot be read", got=said, expected=MULTIPART) from error
    try:
        found = [Part(name, await _content(value)) for name, value in form.multi_items()]
    finally:
        await form.close()
    came = [part.name for part in found]
    if len(set(came)) < len(came) or not set(needed) <= set(came) <= set(wanted):
        raise WebError(
            Kind.BAD_REQUEST,
            "the form has other fields, or breaks off",
            got=ascii(", ".join(came))[:200],
            expected=f"each once: {', '.join(needed)}{''.join(f'; perhaps {name}' for name in optional)}",
        )
    return dict(found)


async def _content(value: UploadFile | str) -> bytes:
    return value.encode() if isinstance(value, str) else await value.read()


async def limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes. Raises WebError where it is longer than `limit` bytes, as soon as that is known."""
    length = request.headers.get("content-length", "")
    too_large = WebError(Kind.TOO_LARGE, "the body is too large", expected=f"at most {limit} bytes")
    if length.isdecimal() and int(length[:20]) > limit:
        raise too_large
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > limit:
            raise too_large
        yield chunk


def assert_type(request: Request, media_type: str) -> None:
    """Raises WebError for a body of another type."""
    got = request.headers.get("content-type", "")
    if got.partition(";")[0].strip().lower() != media_type:
        raise WebError(
            Kind.WRONG_MEDIA_TYPE, "this kind of body is not taken here", got=ascii(got)[:100], expected=media_type
        )


def fingerprint(request: Request, *bodies: bytes) -> str:
    """The digest of what a request asks for."""
    parts = [request.method.encode(), request.scope["path"].encode(), request.headers.get("if-match", "").encode()]
    return sha256(b"".join(len(part).to_bytes(8, "big") + part for part in (*parts, *bodies)))


def seen(header: str | None) -> str | None:
    """The digest in an `If-Match` header, None where there is none. Raises WebError for any other form."""
    if header is None:
        return None
    found = re.fullmatch(r'"([0-9a-f]{64})"', header.strip())
    if found is None:
        raise WebError(
            Kind.BAD_REQUEST, "not the `If-Match` of a decision", got=ascii(header)[:100], expected='"<SHA-256>"'
        )
    return found[1]


def answer(
    request: Request, data: bytes, media_type: str, *, cache: str = REVALIDATE, status: int = 200, **headers: str
) -> Response:
    """These bytes under an ETag, which is their SHA-256; 304 without them where the caller has them. A header's name is
    written with underscores."""
    tag = sha256(data)
    kept = {
        "ETag": f'"{tag}"',
        "Cache-Control": cache,
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    if request.method == "GET" and _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=kept)
    return Response(data, status, kept, media_type)


def _has(header: str, tag: str) -> bool:
    if header.strip() == "*":
        return True
    return bool(_TAGS.fullmatch(header)) and tag in _TAG.findall(header)
