"""The REST API, from the OpenAPI document that the service itself answers with."""

import os
from types import SimpleNamespace
from typing import Any

from generating.markdown import code, prose, sentence, table

from governance.render.schema import documents
from governance.web.app import create_app
from governance.web.openapi import TAGS, document
from governance.web.problems import Kind
from governance.web.requests import BODY, EVIDENCE_BODY

_PREFIX = "#/components/schemas/"


def pages() -> dict[str, str]:
    return {"api.md": "\n".join(_page(_document()))}


def _document() -> dict[str, Any]:
    # Its routes do not depend on where the trail is.
    return document(create_app(SimpleNamespace(workspace=SimpleNamespace(entropy=os.urandom))))  # type: ignore[arg-type]


def _page(api: dict[str, Any]) -> list[str]:
    operations = [(method, path, one) for path, methods in api["paths"].items() for method, one in methods.items()]
    about = api["info"]["description"].split("\n\n")
    lines = ["# REST API", "", prose(api["info"]["summary"]), "", *[f"{prose(text)}\n" for text in about]]
    lines += [
        "`governance serve` answers under `/api/v1`; the OpenAPI document, with schemas and examples, is at",
        "`/api/v1/openapi.json`, for anybody. A query that is not known is refused.",
        "",
        table(
            ("Limit", "Bytes"),
            [("a body with evidence", f"{EVIDENCE_BODY:,}"), ("any other body", f"{BODY:,}")],
        ),
    ]
    for tag, text in TAGS.items():
        lines += ["", f"## {tag.capitalize()}", "", text]
        for method, path, one in operations:
            if one["tags"] == [tag]:
                lines += ["", *_operation(method, path, one)]
    rows = [(f"{code(kind.value)}", str(kind.status), f"{kind.heading}. {kind.means}") for kind in Kind]
    return [
        *lines,
        "",
        "## Problems",
        "",
        "The `type` of a problem is `/api/v1/problems/` and one of these, and is explained where it leads. Beside the",
        "members of RFC 9457 a problem has `got`, `expected`, `fix` and `where` as far as they are known.",
        "",
        table(("Problem", "Status", "Means"), rows),
    ]


def _operation(method: str, path: str, one: dict[str, Any]) -> list[str]:
    heading = f"### {code(f'{method.upper()} {path}')} {{ #{one['operationId']} }}"
    lines = [heading, "", prose(one["description"])]
    lines += ["", _takes(one)]
    parameters = [
        (code(parameter["name"]), parameter["in"], sentence(parameter.get("description", "")), _needed(parameter))
        for parameter in one.get("parameters", ())
    ]
    forms = [content["schema"] for content in one.get("requestBody", {}).get("content", {}).values()]
    parameters += [
        (code(name), "form", sentence(field["description"]), "required" if name in form.get("required", ()) else "")
        for form in forms
        for name, field in form.get("properties", {}).items()
    ]
    if parameters:
        lines += ["", table(("Parameter", "In", "Means", ""), parameters)]
    return [*lines, "", f"Answers {'; '.join(_answers(one))}."]


def _takes(one: dict[str, Any]) -> str:
    scopes = [scope for way in one.get("security", ()) for scope in way["token"]]
    if "security" not in one:
        said = "For anybody, without a token"
    else:
        said = f"Takes a token with the scope {code(scopes[0])}" if scopes else "Takes a token of any scope"
    bodies = [
        _content(media_type, content) for media_type, content in one.get("requestBody", {}).get("content", {}).items()
    ]
    return f"{said}{f', and as body {bodies[0]}' if bodies else ''}."


def _needed(parameter: dict[str, Any]) -> str:
    default = parameter["schema"].get("default")
    return "required" if parameter.get("required") else "" if default is None else f"default: {str(default).lower()}"


def _answers(one: dict[str, Any]) -> list[str]:
    said, problems = [], []
    for status, answer in one["responses"].items():
        if int(status) >= 400:
            problems.append(status)
            continue
        bodies = [_content(media_type, content) for media_type, content in answer.get("content", {}).items()]
        extra = [code(name) for name in answer["headers"] if name != "X-Request-Id"]
        said.append(f"{status} with {', '.join([*bodies, *extra])}" if bodies or extra else status)
    return [*said, *([f"or a problem: {', '.join(problems)}"] if problems else [])]


def _content(media_type: str, content: dict[str, Any]) -> str:
    name = content["schema"].get("$ref", "").removeprefix(_PREFIX)
    page = next((page for page, model in documents().items() if model.__name__ == name), None)
    shown = f"[{name}](documents/{page}.md)" if page else code(name)
    return f"{shown} ({media_type})" if name else media_type
