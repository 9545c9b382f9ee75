"""The OpenAPI document: valid, whole, and its schemas are those that `governance schema` prints."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from governance.cli.__main__ import main
from governance.render.schema import documents
from governance.web.openapi import PUBLISHED, document
from tests.web.api.serving import Serving, on_a_file

PREFIX = "#/components/schemas/"


@pytest.fixture(scope="module")
def api(serving: Serving) -> dict[str, Any]:
    with serving.client() as client:
        answer = client.get("/openapi.json")
    assert answer.json() == json.loads(json.dumps(document(serving.app)))
    return dict(answer.json())


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(inner)


def operations(api: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


@on_a_file
class TestDocument:
    def test_every_schema_is_the_published_one(self, serving: Serving, api: dict[str, Any], capsys: Any) -> None:
        """Resolved to the leaves, from both ends: whatever name a part has, it says the same."""
        parts = api["components"]["schemas"]
        for name in PUBLISHED:
            assert main(["schema", name]) == 0
            printed = json.loads(capsys.readouterr().out)
            title = documents()[name].__name__
            assert _whole(parts[title], lambda ref: parts[ref.removeprefix(PREFIX)]) == _whole(
                {key: part for key, part in printed.items() if key not in ("$schema", "$defs")},
                lambda ref, printed=printed: printed["$defs"][ref.removeprefix("#/$defs/")],
            )

    def test_every_body_is_a_named_schema_text_or_bytes(self, serving: Serving, api: dict[str, Any]) -> None:
        for method, path, operation in operations(api):
            bodies = [*operation["responses"].values(), *filter(None, [operation.get("requestBody")])]
            for body in bodies:
                for media_type, content in body.get("content", {}).items():
                    schema = content["schema"]
                    if media_type in ("application/json", "application/problem+json"):
                        named = schema.get("$ref", "").removeprefix(PREFIX) in api["components"]["schemas"]
                        assert named or path.endswith("openapi.json"), (method, path)
                    else:
                        assert schema["type"] in ("string", "object"), (method, path)

    def test_every_reference_leads_somewhere_and_every_schema_is_used(
        self, serving: Serving, api: dict[str, Any]
    ) -> None:
        every = {part["$ref"] for part in walk(api) if "$ref" in part}
        referred = {ref.removeprefix(PREFIX) for ref in every if ref.startswith(PREFIX)}
        assert {ref.rpartition("/")[2] for ref in every if not ref.startswith(PREFIX)} <= set(
            api["components"]["examples"]
        )
        assert referred <= set(api["components"]["schemas"])
        # An act travels inside of its envelope: it is there to be read.
        assert set(api["components"]["schemas"]) - referred <= {"Act"}

    def test_every_operation_says_what_it_does_and_what_it_answers(self, serving: Serving, api: dict[str, Any]) -> None:
        identifiers = [operation["operationId"] for _, _, operation in operations(api)]
        assert len(set(identifiers)) == len(identifiers)
        for _, path, operation in operations(api):
            assert operation["summary"] and operation["description"] and operation["tags"], path
            for status, answer in operation["responses"].items():
                assert answer["description"], (path, status)
                assert "X-Request-Id" in answer["headers"], (path, status)
                assert int(status) < 400 or list(answer["content"]) == ["application/problem+json"], (path, status)
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description"), (path, parameter["name"])

    def test_every_example_meets_its_schema(self, serving: Serving, api: dict[str, Any]) -> None:
        found = [
            (content["schema"], api["components"]["examples"][name]["value"])
            for part in walk(api["paths"])
            for content in part.get("content", {}).values()
            for shown in content.get("examples", {}).values()
            for name in [shown["$ref"].rpartition("/")[2]]
        ]
        assert {example["schema"] for _, example in found if "schema" in example} >= {"governance.decision/v1"}
        assert len(found) > 8
        for schema, example in found:
            Draft202012Validator(schema | {"components": api["components"]}).validate(example)

    def test_what_is_answered_meets_it_too(self, serving: Serving, api: dict[str, Any]) -> None:
        case = serving.submitted()
        with serving.client("bo") as client:
            for path, name in (
                ("/decisions", "DecisionPage"),
                ("/models", "ModelPage"),
                ("/models/credit", "DecisionPage"),
                (f"/decisions/{case.sha256}", "Decision"),
                (f"/decisions/{case.sha256}/bundle", "Bundle"),
                (f"/evidence/{case.decision['evidence'][0]}", "EvidenceSet"),
                (f"/gate?artifact={serving.project.artifact()}&environment=prod", "GateAnswer"),
                ("/policies", "PolicyList"),
                ("/trust", "Trust"),
                ("/me", "Me"),
                ("/me/key", "WrappedKey"),
                ("/trail/entries/0", "Entry"),
                ("/nowhere", "Problem"),
            ):
                schema = {"$ref": PREFIX + name, "components": api["components"]}
                Draft202012Validator(schema).validate(client.get(path).json())


def _whole(value: Any, find: Any) -> Any:
    if isinstance(value, dict) and "$ref" in value:
        beside = {key: inner for key, inner in value.items() if key != "$ref"}
        return _whole(find(value["$ref"]) | beside, find)
    if isinstance(value, dict):
        return {key: _whole(inner, find) for key, inner in value.items()}
    return [_whole(inner, find) for inner in value] if isinstance(value, list) else value
