"""The published JSON Schemas: valid by themselves, met by what we write, and never changed under the same version."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from governance.render.json import decision_json
from governance.render.schema import documents, published
from governance.verification import Verified
from tests.render.pages import SEALED
from tests.render.shapes import golden, shape

CASES = ("denied", "needs_review", "approved")
NAMES = tuple(documents())


@pytest.fixture(scope="module")
def reader() -> Draft202012Validator:
    return Draft202012Validator(published("check"))


def _check(case: Verified) -> Any:
    """What is written of a case, with some of its findings: each is of the same shape."""
    found = json.loads(decision_json(case.decision, case.evidence, SEALED, 11))
    found["decision"]["findings"] = found["decision"]["findings"][:3]
    return found


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


@pytest.mark.parametrize("name", NAMES)
def test_a_published_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(published(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_shape_of_a_document_changes_with_its_version_only(name: str) -> None:
    """Whoever changes a document gives it a new version, and keeps the old shape here. Before the first release, and
    only then, `.venv/bin/python -m tests.render.shapes` writes the shapes of the same versions anew."""
    path = golden(name)
    assert path.exists(), f"{name} has a version without a shape in {path.parent}: {path.name}"
    assert shape(name) == json.loads(path.read_text()), f"the shape of {path.stem} changed, and its version did not"


def test_there_is_no_shape_of_what_is_not_published() -> None:
    latest = {golden(name) for name in NAMES}
    known = {path.name.rpartition(".v")[0] for path in latest}
    for path in next(iter(latest)).parent.glob("*.json"):
        assert path in latest or path.name.rpartition(".v")[0] in known, path.name


@pytest.mark.parametrize("case", CASES)
def test_every_output_meets_the_published_schema(
    case: str, reader: Draft202012Validator, request: pytest.FixtureRequest
) -> None:
    found: Verified = request.getfixturevalue(case)
    for sealed, code in ((SEALED, 11), (None, None)):
        reader.validate(json.loads(decision_json(found.decision, found.evidence, sealed, code)))
    for name, document in (
        ("decision", found.decision),
        ("evidence", found.evidence),
        *(("act", a.act) for a in found.acts),
    ):
        Draft202012Validator(published(name)).validate(json.loads(document.to_bytes()))


def test_an_unknown_field_is_refused_wherever_it_stands(denied: Verified, reader: Draft202012Validator) -> None:
    whole = _check(denied)
    count = len(list(_objects(whole)))
    assert count > 40
    for at in range(count):
        changed = copy.deepcopy(whole)
        # Where any name is allowed (environments, tools, critical values), a value of this kind is not.
        list(_objects(changed))[at]["nobody-knows-this"] = {"nobody": "knows this"}
        assert not reader.is_valid(changed), list(list(_objects(whole))[at])


def test_every_field_that_is_written_is_required(denied: Verified, reader: Draft202012Validator) -> None:
    """A field that is left out is no null: the reader does not guess what was meant."""
    whole = _check(denied)
    free = ("outcomes", "actions", "tools", "values")
    maps = [id(inner[key]) for inner in _objects(whole) for key in free if isinstance(inner.get(key), dict)]
    dropped = 0
    for thing in _objects(whole):
        for key in list(thing) if id(thing) not in maps else ():
            value = thing.pop(key)
            assert not reader.is_valid(whole), key
            thing[key] = value
            dropped += 1
    assert dropped > 150
    reader.validate(whole)


def test_reals_and_digests_are_held_to_their_form(denied: Verified, reader: Draft202012Validator) -> None:
    whole = _check(denied)
    for path, other in (
        (("decision", "findings", 1, "looked_at", 0, "low"), 0.39),
        (("decision", "findings", 0, "outcome"), "passed"),
        (("decision", "now"), "yesterday"),
        (("evidence", "manifest"), "A" * 64),
        (("sealed", "index"), "41"),
    ):
        changed = copy.deepcopy(whole)
        inner: Any = changed
        for step in path[:-1]:
            inner = inner[step]
        assert inner[path[-1]] is not None
        inner[path[-1]] = other
        assert not reader.is_valid(changed), path
