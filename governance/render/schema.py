"""The JSON Schemas of the published documents."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from governance.policy.expression import PARAMS


def documents() -> dict[str, type[BaseModel]]:
    """Every published document by name."""
    from governance.evidence.evidence import EvidenceSet
    from governance.evidence.manifest import Manifest
    from governance.policy.act import Act
    from governance.policy.applicability import Applicability, StatementOfApplicability
    from governance.policy.baseline import Baseline
    from governance.policy.calendar import LawCalendar
    from governance.policy.cases import Cases
    from governance.policy.clauses import LawCoverage
    from governance.policy.decision import Decision
    from governance.policy.difference import PolicyDiff
    from governance.policy.document import Policy
    from governance.policy.release import Release, ReleaseApproval, ReleasedPolicy
    from governance.render.explain import Explanation
    from governance.render.json import Check, GateAnswer
    from governance.render.policy_test import PolicyTest
    from governance.render.replayed import Replay
    from governance.trail.bundle import Bundle
    from governance.trail.entry import Entry
    from governance.trail.person import InvitationRecord, PersonRecord, TokenRecord
    from governance.trail.policies import PolicySet
    from governance.trail.trust import Trust

    return {
        "manifest": Manifest,
        "policy": Policy,
        "cases": Cases,
        "baseline": Baseline,
        "evidence": EvidenceSet,
        "decision": Decision,
        "act": Act,
        "entry": Entry,
        "person": PersonRecord,
        "token": TokenRecord,
        "invitation": InvitationRecord,
        "policies": PolicySet,
        "policy-release": Release,
        "policy-approval": ReleaseApproval,
        "released-policy": ReleasedPolicy,
        "policy-diff": PolicyDiff,
        "policy-replay": Replay,
        "policy-test": PolicyTest,
        "law-coverage": LawCoverage,
        "law-calendar": LawCalendar,
        "applicability": Applicability,
        "soa": StatementOfApplicability,
        "bundle": Bundle,
        "trust": Trust,
        "check": Check,
        "gate": GateAnswer,
        "explanation": Explanation,
    }


# People write these and may leave out what has a default. Everything else is written by us, and whole.
_WRITTEN_BY_PEOPLE = frozenset({"manifest", "policy", "cases", "baseline", "applicability", "trust"})


def published(name: str) -> dict[str, Any]:
    """The JSON Schema (Draft 2020-12) of one of `documents`."""
    mode: JsonSchemaMode = "validation" if name in _WRITTEN_BY_PEOPLE else "serialization"
    schema = documents()[name].model_json_schema(by_alias=True, mode=mode)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


_REFERENCE = {"type": "string", "pattern": rf"^{PARAMS}\.[a-z][a-z0-9_]*$"}


def for_editors(name: str) -> dict[str, Any]:
    """`published`, as editors read YAML; of a policy also what each rule of the catalogue takes under `with`."""
    schema = published(name)
    definitions = schema.get("$defs", {})
    if name == "cases":
        act = definitions["CaseAct"]["properties"]
        act["no_worse_than"]["anyOf"].append({"type": "number"})
        for text in ("groups", "ticket"):
            act[text] = _plain(act[text])
        return schema
    if name != "policy":
        return schema
    from governance.policy.rules import CATALOGUE

    for part, names in (("Parameter", ("value", "at_least", "at_most", "among")), ("Extends", ("set",))):
        for name in names:
            definitions[part]["properties"][name] = _plain(definitions[part]["properties"][name])
    section = definitions["RuleSection"]
    section["properties"]["uses"] |= {"anyOf": [{"enum": sorted(CATALOGUE)}, {"type": "null"}]}
    section["allOf"] = [
        {
            "if": {"properties": {"uses": {"const": rule.name}}, "required": ["uses"]},
            "then": {"properties": {"with": _with(rule.params.model_json_schema(by_alias=True), definitions)}},
        }
        for rule in CATALOGUE.values()
    ]
    return schema


def _with(params: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Each parameter as its rule types it, or as a parameter of the policy. None is required: a policy that extends
    another says only what is tighter."""
    definitions.update(params.get("$defs", {}))
    properties = {name: {"anyOf": [_guessed(one), _REFERENCE]} for name, one in params.get("properties", {}).items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _plain(schema: Any) -> Any:
    """Text that editors take for a number, or for true or false, where it looks like one."""
    if isinstance(schema, dict) and schema.get("type") == "string" and not {*schema} & {"enum", "pattern", "const"}:
        return {**schema, "type": ["string", "number", "boolean"]}
    if isinstance(schema, dict):
        return {key: _plain(inner) for key, inner in schema.items()}
    return [_plain(inner) for inner in schema] if isinstance(schema, list) else schema


def _guessed(schema: dict[str, Any]) -> dict[str, Any]:
    """Text that looks like a number is one to an editor."""
    words = schema.get("enum", [])
    try:
        numbers = [float(word) for word in words]
    except (TypeError, ValueError):
        return schema
    return {**schema, "type": ["string", "number"], "enum": [*words, *numbers]} if numbers else schema
