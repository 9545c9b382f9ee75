"""The JSON Schemas of the published documents."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode


def documents() -> dict[str, type[BaseModel]]:
    """Every published document by name."""
    from governance.evidence.evidence import EvidenceSet
    from governance.evidence.manifest import Manifest
    from governance.policy.act import Act
    from governance.policy.baseline import Baseline
    from governance.policy.cases import Cases
    from governance.policy.decision import Decision
    from governance.policy.document import Policy
    from governance.render.explain import Explanation
    from governance.render.json import Check, GateAnswer
    from governance.trail.bundle import Bundle
    from governance.trail.entry import Entry
    from governance.trail.person import PersonRecord
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
        "bundle": Bundle,
        "trust": Trust,
        "check": Check,
        "gate": GateAnswer,
        "explanation": Explanation,
    }


# People write these and may leave out what has a default. Everything else is written by us, and whole.
_WRITTEN_BY_PEOPLE = frozenset({"manifest", "policy", "cases", "baseline", "trust"})


def published(name: str) -> dict[str, Any]:
    """The JSON Schema (Draft 2020-12) of one of `documents`."""
    mode: JsonSchemaMode = "validation" if name in _WRITTEN_BY_PEOPLE else "serialization"
    schema = documents()[name].model_json_schema(by_alias=True, mode=mode)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
