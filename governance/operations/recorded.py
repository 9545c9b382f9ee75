"""Recorded evidence beside the cases of a policy: a file in their folder, as one of our commands wrote it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from governance.canonical import dumps, no_duplicates, schema_of
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Decision
from governance.render.json import Check
from governance.trail.bundle import Bundle

MOST_BYTES = 20_000_000
_EXPECTED = (
    f"what `governance show` or `check` print with `--format json` ({schema_of(Check)}), a bundle "
    f"({schema_of(Bundle)}) or evidence ({schema_of(EvidenceSet)})"
)


def recordings(folder: Path) -> Callable[[str], EvidenceSet]:
    """Reads recorded evidence by its name below a folder. Nothing of it is verified: a case says what it stands for."""

    def read(name: str) -> EvidenceSet:
        """Raises BadInput for what is not there, too large, no evidence, or not in the folder."""
        return _evidence(_bytes(folder, name))

    return read


def _bytes(folder: Path, name: str) -> bytes:
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            fix = "put the file beside the cases"
            raise BadInput("recorded evidence lies outside the folder of the cases", got=name, fix=fix)
        if path.exists() and not path.is_file():
            raise BadInput("recorded evidence is no file", got=name)
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        raise BadInput("recorded evidence cannot be read", got=name, expected="a file beside the cases") from error
    if len(data) > MOST_BYTES:
        raise BadInput("recorded evidence is too large", got=name, expected=f"at most {MOST_BYTES:,} bytes")
    return data


def _evidence(data: bytes) -> EvidenceSet:
    value: Any = _json(data)
    named = value.get("schema")
    if named == schema_of(Check):
        value = value.get("evidence")
    elif named == schema_of(Bundle):
        # The bundle's own decision names it; both are there as they were signed.
        documents = Bundle.from_bytes(data).documents
        try:
            decision = Decision.from_bytes(documents[value["decision"]].text.encode())
            value = _json(documents[decision.evidence[0]].text.encode())
        except LookupError as error:
            raise BadInput("the bundle lacks its decision, or the evidence of it", expected=_EXPECTED) from error
    elif named != schema_of(EvidenceSet):
        raise BadInput("no recorded evidence", got=f"schema {named!r}"[:200], expected=_EXPECTED)
    return EvidenceSet.from_bytes(dumps(value))


def _json(data: bytes) -> dict[str, Any]:
    """An object, with white space or without."""
    try:
        value = json.loads(data, object_pairs_hook=no_duplicates)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadInput("recorded evidence is not JSON", got=str(error)[:200], expected=_EXPECTED) from error
    if not isinstance(value, dict):
        raise BadInput("recorded evidence is no JSON object", expected=_EXPECTED)
    return value
