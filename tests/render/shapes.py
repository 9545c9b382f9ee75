"""The shapes of the published documents, as they were when their versions were given.

`.venv/bin/python -m tests.render.shapes` writes them anew; what that may be done for says test_schemas.py.
"""

import json
from pathlib import Path
from typing import Any

from governance.render.schema import documents, published

_FOLDER = Path(__file__).parent / "schemas"


def shape(name: str) -> Any:
    """The schema without its prose: what may be said better does not change a document."""
    return _bare(published(name))


def golden(name: str) -> Path:
    """governance.check.v1.json"""
    kind, version = published(name)["properties"]["schema"]["const"].split("/")
    return _FOLDER / f"{kind}.{version}.json"


def _bare(value: Any, named: bool = False) -> Any:
    """`named`: the keys are names of fields or definitions, not words of JSON Schema."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    prose = () if named else ("title", "description")
    return {
        key: _bare(inner, not named and key in ("properties", "$defs"))
        for key, inner in value.items()
        if key not in prose
    }


if __name__ == "__main__":
    for document in documents():
        golden(document).write_text(json.dumps(shape(document), indent=1, sort_keys=True) + "\n")
