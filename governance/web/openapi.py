"""The OpenAPI document: its schemas are the published ones, not the framework's reading of them."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from governance import __version__
from governance.canonical import dumps
from governance.keys import WrappedKey
from governance.operations.browse import DecisionPage, Me, ModelPage, PolicyList
from governance.operations.trial_child import Trial
from governance.operations.waivers import WaiverList
from governance.render.schema import published
from governance.web.examples import examples
from governance.web.problems import MEDIA_TYPE, Kind, Problem
from governance.web.requests import JSON, MULTIPART, IfNoneMatch, answer

PREFIX = "/api/v1"
DOCUMENT = f"{PREFIX}/openapi.json"
TEXT, BINARY, YAML, PDF = "text/plain; charset=utf-8", "application/octet-stream", "application/yaml", "application/pdf"
TAGS = {
    "evidence": "Hand in evidence, or have recorded evidence judged again.",
    "decisions": "Look decisions up, with their bundles and reports, and act on them.",
    "models": "What was audited, and the gate's question.",
    "rules": "What is judged by, and whose keys count.",
    "trail": "The log in C2SP formats, so that other people's clients can read it too.",
    "service": "Who is asking, and how the service is.",
}
PUBLISHED = ("evidence", "decision", "act", "bundle", "trust", "entry", "gate")
"""Documents of `governance schema` that are bodies here."""
_PAGES: tuple[type[BaseModel], ...] = (DecisionPage, ModelPage, PolicyList, WaiverList, Me, WrappedKey, Trial)
_ABOUT = """\
Evidence goes in, a signed decision comes out, people act on it, and gates ask.

Bodies are the published documents, byte for byte: what is answered is what was signed and stored. Whoever calls shows a
token, `Authorization: Bearer gvt_...`. Errors are problem details (RFC 9457). Each answer carries an `X-Request-Id`; a
request may bring its own. What never changes may be kept for a year; all else is asked for again with its `ETag`."""
_HEADERS = {
    "X-Request-Id": {"description": "Stands in the service's log too.", "schema": {"type": "string"}},
    "ETag": {"description": "Names these very bytes.", "schema": {"type": "string"}},
    "Location": {"description": "Where it is found from now on.", "schema": {"type": "string"}},
    "Link": {"description": "The next page, `rel=next` (RFC 8288).", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "`true`: this was done at an earlier request under the same key.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {"description": "In how many seconds to try again.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "What to show instead.", "schema": {"type": "string"}},
}


def header(*names: str) -> dict[str, Any]:
    return {name: _HEADERS[name] for name in ("X-Request-Id", *names)}


def schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def body(media_type: str, of: str | None = None) -> dict[str, Any]:
    """The content of a body: a document by the name of its schema, or text or bytes."""
    if of is None:
        binary = media_type in (BINARY, PDF)
        return {media_type: {"schema": {"type": "string", **({"format": "binary"} if binary else {})}}}
    shown = {"examples": {"one": {"$ref": f"#/components/examples/{of}"}}} if of in examples() else {}
    return {media_type: {"schema": schema(of), **shown}}


def form(parts: Mapping[str, dict[str, Any]], required: Sequence[str]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes a multipart body. Each part is the schema of its content, which says in
    `contentMediaType` as what it is sent (a list: in that of its items)."""
    types = {name: {"contentType": part.get("items", part)["contentMediaType"]} for name, part in parts.items()}
    whole = {"type": "object", "required": list(required), "additionalProperties": False, "properties": dict(parts)}
    return {"requestBody": {"required": True, "content": {MULTIPART: {"schema": whole, "encoding": types}}}}


def answers(
    status: int, description: str, media_type: str, *problems: int, of: str | None = None, headers: tuple[str, ...] = ()
) -> dict[int | str, dict[str, Any]]:
    """What a route may answer: the good case, 304 where that carries an ETag, and these problems."""
    good = {"description": description, "content": body(media_type, of), "headers": header(*headers)}
    said: dict[int | str, dict[str, Any]] = {status: good}
    if status == 200 and "ETag" in headers:
        said[304] = {"description": "You have it.", "headers": header("ETag")}
    extra = {401: ("WWW-Authenticate",), 412: ("ETag",), 429: ("Retry-After",), 503: ("Retry-After",)}
    # What may be too large may also come too slowly.
    for problem in sorted({*problems, *({408} if 413 in problems else ())}):
        kinds = [kind for kind in Kind if kind.status == problem]
        said[problem] = {
            "description": "; ".join(kind.heading for kind in kinds),
            "content": {MEDIA_TYPE: {"schema": schema("Problem")}},
            "headers": header(*extra.get(problem, ())),
        }
    return said


@cache
def schemas() -> dict[str, Any]:
    """Each schema by its name, as `governance schema` prints it; where two documents have different parts of one name,
    each part's name begins with its document's."""
    whole = [published(name) for name in PUBLISHED]
    whole += [page.model_json_schema(by_alias=True, mode="serialization") for page in _PAGES]
    whole.append(Problem.model_json_schema())  # of which the empty members are left out
    split: list[tuple[str, dict[str, Any]]] = []
    for one in whole:
        itself = {name: part for name, part in one.items() if name not in ("$schema", "$defs")}
        split.append((one["title"], one.get("$defs", {}) | {one["title"]: itself}))
    found: dict[str, Any] = {}
    for title, parts in split:
        names = {
            name: f"{title}.{name}" if any(others.get(name, part) != part for _, others in split) else name
            for name, part in parts.items()
        }
        for name, part in parts.items():
            moved = _moved(part, names)
            if found.setdefault(names[name], moved) != moved:
                raise RuntimeError(f"two schemas are called {names[name]}")
    return dict(sorted(found.items()))


def _moved(value: Any, names: dict[str, str]) -> Any:
    """With references to where OpenAPI keeps schemas, and to their names there."""
    if isinstance(value, dict) and "$ref" in value:
        return value | schema(names[value["$ref"].removeprefix("#/$defs/")])
    if isinstance(value, dict):
        return {name: _moved(inner, names) for name, inner in value.items()}
    return [_moved(inner, names) for inner in value] if isinstance(value, list) else value


def describe(app: FastAPI) -> None:
    """Adds the route of the document. It is made when it is first asked for."""

    @cache
    def made() -> bytes:
        return dumps(document(app))

    @app.get(
        DOCUMENT,
        tags=["service"],
        response_class=Response,
        responses=answers(200, "OpenAPI 3.1.", JSON, 422, headers=("ETag",)),
    )
    def openapi(request: Request, if_none_match: IfNoneMatch = None) -> Response:
        """This document."""
        return answer(request, made(), JSON)


def document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title="governance",
        version=__version__,
        summary="Audits of machine-learning models: evidence, decisions, acts, the trail.",
        description=_ABOUT,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
    )
    # What the framework made of its own: only the way that one shows a token is wanted.
    made["components"] = {
        "securitySchemes": made["components"]["securitySchemes"],
        "schemas": schemas(),
        "examples": {name: {"value": value} for name, value in examples().items()},
    }
    return made
