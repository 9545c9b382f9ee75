"""Every rule of the catalogue: its examples are run, its text has its parts, its file is where its name says."""

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from governance.canonical import dumps
from governance.evidence.evidence import EvidenceSet
from governance.policy.document import Control
from governance.policy.outcome import Outcome
from governance.policy.rule import PARTS, Example, Params, Rule, rule
from governance.policy.rules import ALL, CATALOGUE

NOW = datetime(2026, 11, 21, tzinfo=UTC)
EXAMPLES = [pytest.param(one, example, id=f"{one.id}: {example.name}") for one in ALL for example in one.examples]
RULES = [pytest.param(one, id=one.id) for one in ALL]


@pytest.mark.parametrize(("one", "example"), EXAMPLES)
def test_example_comes_out_as_it_says(one: Rule, example: Example) -> None:
    params = one.params.model_validate(example.params)
    verdict = one.judge(example.evidence, params, NOW)
    assert verdict.outcome is example.outcome, verdict.why
    assert verdict.why
    assert dumps(verdict.model_dump(mode="json"))
    assert verdict == one.judge(example.evidence, params, NOW)


@pytest.mark.parametrize(("one", "example"), EXAMPLES)
def test_what_is_open_is_told_what_evidence_to_give(one: Rule, example: Example) -> None:
    """How to mend a failure is no advice where nothing has failed yet."""
    verdict = one.judge(example.evidence, one.params.model_validate(example.params), NOW)
    if verdict.outcome is Outcome.INCONCLUSIVE:
        assert verdict.fix and verdict.fix != one.part("How to fix:")
        assert verdict.fix[0].islower() and not verdict.fix.endswith(".") and len(verdict.fix) > 20
    elif verdict.outcome is Outcome.PASS:
        assert not verdict.fix
    assert "(s)" not in verdict.why and "None" not in verdict.why


@pytest.mark.parametrize("one", RULES)
def test_each_rule_shows_a_pass_a_failure_and_a_doubt(one: Rule) -> None:
    assert {Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE} <= {example.outcome for example in one.examples}
    names = [example.name for example in one.examples]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("one", RULES)
def test_text_has_its_parts_in_order(one: Rule) -> None:
    text = inspect.getdoc(one.function) or ""
    places = [text.index(part) for part in PARTS]
    assert places == sorted(places)
    assert one.summary.endswith(".") and "\n" not in one.summary and len(one.summary) < 120
    for part in PARTS:
        said = one.part(part)
        assert len(said) > 40 and said.endswith(".")
        assert not any(other in said for other in PARTS)


@pytest.mark.parametrize("one", RULES)
def test_controls_follow_the_grammar(one: Rule) -> None:
    assert one.controls
    for control in one.controls:
        assert TypeAdapter(Control).validate_python(control) == control
    assert len(set(one.controls)) == len(one.controls)


@pytest.mark.parametrize("one", RULES)
def test_parameters_have_a_schema_and_are_closed(one: Rule) -> None:
    schema = one.params.model_json_schema()
    assert schema["type"] == "object" and schema["additionalProperties"] is False
    assert schema["description"] != inspect.getdoc(Params), "says what the parameters mean"
    for name, field in schema.get("properties", {}).items():
        assert re.fullmatch(r"[a-z][a-z_]*", name)
        assert field


@pytest.mark.parametrize("one", RULES)
def test_file_is_where_the_name_says(one: Rule, root: Path) -> None:
    family, name = one.id.split(".")
    assert Path(inspect.getsourcefile(one.function) or "") == root / f"governance/policy/rules/{family}/{name}.py"


def test_the_catalogue_holds_every_rule_file_and_each_name_once(root: Path) -> None:
    files = {path for path in (root / "governance/policy/rules").glob("*/*.py") if path.name != "__init__.py"}
    assert len(files) == len(ALL) == len(CATALOGUE)
    assert list(ALL) == sorted(ALL, key=lambda one: one.id)
    assert CATALOGUE.keys() == {f"{one.id}@{one.version}" for one in ALL}


def _good(evidence: EvidenceSet, params: Params) -> Any:
    """One line.

    What it checks: a. Why it matters: b. How to fix: c.
    """


def _no_fix(evidence: EvidenceSet, params: Params) -> Any:
    """One line.

    What it checks: a. Why it matters: b.
    """


def _odd_evidence(evidence: int, params: Params) -> Any:
    """One line.

    What it checks: a. Why it matters: b. How to fix: c.
    """


def _one_argument(evidence: EvidenceSet) -> Any:
    """What it checks: a. Why it matters: b. How to fix: c."""


@pytest.mark.parametrize(
    ("name", "function", "said"),
    [
        ("test.rule", _no_fix, "How to fix"),
        ("test.rule", _odd_evidence, "no group of evidence"),
        ("test.rule", _one_argument, "params"),
        ("nofamily", _good, "family"),
    ],
)
def test_a_rule_that_breaks_the_form_is_refused(name: str, function: Any, said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        rule(name)(function)


def test_a_rule_of_the_right_form_is_taken() -> None:
    assert rule("test.rule")(_good).name == "test.rule@1"
