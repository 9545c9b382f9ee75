"""The plan: what must be measured, whatever the order of policies, and nothing that the manifest lacks."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import strictyaml
from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.policy.document import load_policy
from governance.policy.plan import declared, plan
from tests.policy.cases import policy

MANIFEST = """\
schema: governance.manifest/v1
model: {name: m, version: 1.0}
artifact: {none: outputs only}
data:
  evaluation:
    path: eval.parquet
    label: {column: y, positive: [1], negative: [0]}
    prediction: {column: p, positive: [1], negative: [0]}
    sensitive: {sex: {column: sex}, race: {column: race}, age: {column: age, bins: [40]}}
    intersections: [[sex, race]]
"""


def manifest(text: str = MANIFEST) -> Manifest:
    return strictyaml.load(text.encode(), Manifest, "governance.yaml")


BARE = manifest(MANIFEST.split("data:")[0])


def fair(name: str, **params: Any) -> str:
    terms = {"at_least": "0.8"} | params
    inside = ", ".join(f"{key}: {value}" for key, value in terms.items())
    return f"{{id: {name}, uses: fairness.disparity@1, with: {{{inside}}}, enforcement: {{default: deny}}}}"


def uses(name: str, rule: str, params: str = "") -> str:
    return f"{{id: {name}, uses: {rule}@1, with: {{{params}}}, enforcement: {{default: deny}}}}"


def comparisons(found: Any) -> dict[tuple[str, ...], list[tuple[str, str, int]]]:
    return {one.attributes: [(c.metric, c.measure, c.min_rows) for c in one.comparisons] for one in found.fairness}


def test_no_rule_asks_for_nothing() -> None:
    found = plan([policy()], manifest())
    assert (found.facts, found.fairness, found.explain_rows) == ((), (), 0)


def test_every_declared_attribute_and_intersection_where_the_rule_names_none() -> None:
    assert declared(manifest()) == [("sex",), ("race",), ("age",), ("sex", "race")]
    found = plan([policy(fair("a"))], manifest())
    assert comparisons(found) == {
        one: [("selection_rate", "ratio", 30)] for one in [("age",), ("race",), ("sex",), ("sex", "race")]
    }
    assert found.facts == ("fairness",)


def test_the_union_of_what_rules_ask_for() -> None:
    one = policy(fair("a", attributes="[sex]"), fair("b", attributes="[sex]", metric="tpr"), name="one")
    other = policy(fair("a", attributes="[sex]", min_rows="100"), fair("c", attributes="[race*sex]"), name="other")
    found = comparisons(plan([one, other], manifest()))
    assert found[("sex",)] == [("selection_rate", "ratio", 30), ("selection_rate", "ratio", 100), ("tpr", "ratio", 30)]
    assert found[("race", "sex")] == [("selection_rate", "ratio", 30)]
    # Evidence has a table for all that is declared: a reader wants to see the rates though no rule compares them.
    assert found[("age",)] == []


def test_the_same_request_twice_is_one_request() -> None:
    assert plan([policy(fair("a"), fair("b", alpha="0.01"))], manifest()) == plan([policy(fair("a"))], manifest())


def test_facts_are_the_groups_that_rules_read_and_sorted() -> None:
    rules = [
        uses("a", "performance.floor", "at_least: 0.8"),
        uses("b", "access.wildcards"),
        uses("c", "lineage.digests_match"),
        "{id: d, requires: [fairness, documents], expr: 'true', enforcement: {default: deny}}",
    ]
    assert plan([policy(*rules)], manifest()).facts == ("access", "documents", "fairness", "performance")


def test_rows_to_explain_are_the_most_that_any_rule_wants() -> None:
    few, many = (
        uses("a", "explainability.share", "at_most: 0.6, rows: 50"),
        uses("b", "explainability.additivity", "rows: 5000"),
    )
    assert plan([policy(few)], manifest()).explain_rows == 50
    assert plan([policy(few, many)], manifest()).explain_rows == 5000
    expr = "{id: c, requires: [explainability], expr: 'true', enforcement: {default: deny}}"
    assert plan([policy(expr)], manifest()).explain_rows == 1000
    assert plan([policy(expr, few)], manifest()).explain_rows == 50


def test_an_attribute_that_the_manifest_lacks_is_no_fault_of_the_policy() -> None:
    found = comparisons(plan([policy(fair("a", attributes="[sex, religion, sex*religion]"))], manifest()))
    assert found[("sex",)] == [("selection_rate", "ratio", 30)]
    assert not any("religion" in attributes for attributes in found)


def test_without_evaluation_data_there_is_nothing_to_count() -> None:
    found = plan([policy(fair("a"), fair("b", attributes="[sex]"))], BARE)
    assert (found.facts, found.fairness) == (("fairness",), ())


def test_an_attribute_twice_in_one_intersection_is_refused() -> None:
    with pytest.raises(BadInput, match="twice") as caught:
        plan([policy(fair("a", attributes="[sex*sex]"))], manifest())
    assert caught.value.where == "house#a"


@given(st.permutations(range(6)), st.permutations(["sex", "race", "age"]))
def test_neither_the_order_of_policies_nor_of_attributes_matters(order: list[int], attributes: list[str]) -> None:
    named = ", ".join(attributes)
    rules = [
        fair("a", attributes=f"[{named}]"),
        fair("b", metric="tpr"),
        fair("c", measure="difference", at_least=None, at_most="0.1").replace("at_least: None, ", ""),
        uses("d", "explainability.share", "at_most: 0.6"),
        uses("e", "artifact.digest"),
        uses("f", "performance.floor", "at_least: 0.8"),
    ]
    one = plan([policy(*(rules[i] for i in order))], manifest())
    split = plan([policy(rules[i], name=f"p{i}") for i in order], manifest())
    assert one == split == plan([policy(*rules)], manifest())
    assert one.to_bytes() == split.to_bytes()


def test_more_rules_never_ask_for_less() -> None:
    rules = [fair("a", attributes="[sex]"), fair("b", metric="fpr"), uses("c", "explainability.share", "at_most: 0.6")]
    for some in itertools.combinations(rules, 2):
        few, all_ = plan([policy(*some)], manifest()), plan([policy(*rules)], manifest())
        assert set(few.facts) <= set(all_.facts)
        assert few.explain_rows <= all_.explain_rows
        for attributes, wanted in comparisons(few).items():
            assert set(wanted) <= set(comparisons(all_)[attributes])


def test_the_metric_of_success_is_measured_where_a_rule_asks_for_it() -> None:
    kpi = ", purpose: {kpi: {name: found, metric: recall, target: 0.8}}}"
    named = manifest(MANIFEST.replace("version: 1.0}", f"version: 1.0{kpi}"))
    found = plan([policy(uses("a", "purpose.kpi_measured"))], named)
    assert (found.facts, found.metrics) == (("performance", "purpose"), ("recall",))
    assert plan([policy(uses("a", "purpose.stated"))], named).metrics == ()
    assert plan([policy(uses("a", "purpose.kpi_measured"))], manifest()).metrics == ()
    words = manifest(MANIFEST.replace("version: 1.0}", "version: 1.0, purpose: {kpi: fewer losses}}"))
    assert plan([policy(uses("a", "purpose.kpi_measured"))], words).metrics == ()


def test_what_counts_only_at_a_point_that_another_policy_names_is_measured_too() -> None:
    """It was judged there, and nothing had been measured for it."""
    at_ci = load_policy(
        b"schema: governance.policy/v1\nid: ci\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
        b"environments: [prod]\napplies: point == 'ci'\nrules:\n"
        b"  - {id: a, uses: performance.floor@1, with: {at_least: 0.8}, enforcement: {default: deny}}\n",
        "ci.yaml",
    )
    other = policy(name="other", environments="[prod, prod@ci]")
    assert plan([at_ci], manifest()).facts == ()
    assert plan([at_ci, other], manifest()).facts == ("performance",)
