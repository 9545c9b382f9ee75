"""governance schema"""

import json

from pydantic import BaseModel

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode


def documents() -> dict[str, type[BaseModel]]:
    """Every published document by name."""
    from governance.evidence.evidence import EvidenceSet
    from governance.evidence.manifest import Manifest
    from governance.policy.act import Act
    from governance.policy.decision import Decision
    from governance.policy.document import Policy
    from governance.render.json import Check
    from governance.trail.bundle import Bundle
    from governance.trail.entry import Entry
    from governance.trail.trust import Trust

    return {
        "manifest": Manifest,
        "policy": Policy,
        "evidence": EvidenceSet,
        "decision": Decision,
        "act": Act,
        "entry": Entry,
        "bundle": Bundle,
        "trust": Trust,
        "check": Check,
    }


def run(context: Context) -> int:
    known = documents()
    model = known.get(context.args.document)
    if model is None:
        raise BadInput("no such document", got=context.args.document, expected=", ".join(known))
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(by_alias=True)}
    context.say(json.dumps(schema, indent=2))
    return ExitCode.ALLOW
