"""What a plan asks for and another did not; and that no manifest is read for a rule that cannot ask for more."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.evidence.plan import Plan
from governance.policy.lacking import lacks, may_lack
from governance.policy.plan import plan
from governance.policy.rules import ALL
from tests.policy.cases import policy
from tests.policy.test_plan import BARE, manifest

GROUPS = sorted({name for rule in ALL for name in rule.reads})


def chosen(uses: str, params: dict[str, str]) -> str:
    given = ", ".join(f"{name}: {json.dumps(value)}" for name, value in params.items())
    return f"{{id: one, uses: {uses}, with: {{{given}}}, enforcement: {{default: deny}}}}"


RULES = [
    chosen(rule.name, example.params)
    for rule in ALL
    for example in rule.examples[:1]
    if all(isinstance(value, str) for value in example.params.values())
]
CONDITIONS = [
    f"{{id: one, requires: [{name}], expr: 'has({name}.origin)', enforcement: {{default: deny}}}}" for name in GROUPS
]


@pytest.mark.parametrize("text", RULES + CONDITIONS)
@settings(max_examples=20)
@given(facts=st.sets(st.sampled_from(GROUPS)))
def test_a_rule_that_may_not_lack_anything_lacks_nothing(text, facts):
    one = policy(text)
    (selected,) = one.rules
    measured = Plan(facts=tuple(sorted(facts)), fairness=(), explain_rows=0)
    for found in (BARE, manifest()):
        lacking = list(lacks(plan([one], found), measured))
        assert may_lack(selected, measured) or not lacking


@pytest.mark.parametrize(("facts", "may"), [((), True), (("performance",), False), (("lineage",), True)])
def test_of_a_floor_it_is_known_without_the_manifest(facts, may):
    (floor,) = policy(chosen("performance.floor@1", {"at_least": "0.8"})).rules
    assert may_lack(floor, Plan(facts=facts, fairness=(), explain_rows=0)) is may
