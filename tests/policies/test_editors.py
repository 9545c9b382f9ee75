"""What editors complete and check by is the published schema: every shipped file meets it, and a slip does not."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from governance.policy.rules import ALL
from governance.render.schema import for_editors
from tests.policy.test_inheritance import PARENT, child

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("policies/*/*.yaml"))


class Editor(yaml.SafeLoader):
    """Guesses types as YAML 1.2's core schema does, by which editors read: times are text."""


Editor.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in found if not tag.endswith("timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def faults(name: str, text: str) -> list[str]:
    tree = yaml.load(text, Loader=Editor)
    return [error.message for error in Draft202012Validator(for_editors(name)).iter_errors(tree)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_file_meets_the_schema_that_editors_read(path: Path) -> None:
    assert faults(path.stem, path.read_text()) == []


def test_there_are_shipped_files() -> None:
    assert len(FILES) >= 4


@pytest.mark.parametrize("text", [PARENT, child("rules: [{id: floor, severity: high}]", "floor: 0.9, kinds: [dpia]")])
def test_policies_with_all_there_is_meet_it(text: str) -> None:
    assert faults("policy", text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("owner: risk", "ownr: risk"),
        ("{warn: now, deny: 2027-01-01T00:00:00Z}", "{warn: now, dney: 2027-01-01T00:00:00Z}"),
        ("{default: review}", "{default: reviw}"),
        ("{default: review}", "{prod: review}"),
        ("    enforcement: {default: review}\n", ""),
        ("    expr: performance.counts.tp >= 10\n", ""),
        ("tighten: up", "tighten: upwards"),
        ("type: decimal, value: 0.8, ", "value: 0.8, "),
        ("environments: [staging, prod]", "environments: [Staging, prod]"),
        ("with: {at_least: params.floor, min_rows: 30}", "with: {at_leats: params.floor, min_rows: 30}"),
        ("uses: performance.floor@1", "uses: performance.flor@1"),
    ],
)
def test_a_slip_is_seen_in_the_editor(old: str, new: str) -> None:
    assert PARENT.count(old) == 1 and faults("policy", PARENT.replace(old, new))


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_each_rule_of_the_catalogue_is_offered_with_its_parameters(rule: Any) -> None:
    given = {name: f"params.{name}" for name in rule.params.model_json_schema().get("properties", {})}
    head = PARENT[: PARENT.index("rules:")]
    section = {"id": "one", "uses": rule.name, "with": given, "enforcement": {"default": "deny"}}
    assert faults("policy", f"{head}rules: {json.dumps([section])}") == []
    section["with"] = given | {"no_such_parameter": 1}
    assert faults("policy", f"{head}rules: {json.dumps([section])}")
