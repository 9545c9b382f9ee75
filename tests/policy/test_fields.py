"""A field that no evidence has is a slip, and is said when the policy is read: where, and what was meant."""

import pytest

from governance import bundled
from governance.errors import BadInput
from governance.policy.document import load_policy
from governance.policy.expression import Condition, compile_condition
from tests.policy.cases import TEST_CATALOGUE, policy

GROUPS = ("fairness", "performance", "lineage", "access", "documents")


def slips(text: str) -> list[str]:
    condition: Condition = compile_condition(text, GROUPS, "here")
    return [f"{one.path}: {one.name}" for one in condition.no_fields]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("performance.recall >= 0.8", ["performance: recall"]),
        ("performance . recal > 0.8", ["performance: recal"]),
        ("performance.counts.tpp > 1", ["performance.counts: tpp"]),
        ("has(performance.recall)", ["performance: recall"]),
        ("fairness.tables.all(t, t.cells.all(c, c.rows > 1))", ["c: rows"]),
        ("fairness.tables[0].sells.size() > 1", ["fairness.tables[...]: sells"]),
        ("fairness.tables.filter(t, t.unknown > 0).all(t, t.knows > 1)", ["t: knows"]),
        ("fairness.tables.filter(t, t.unknown > 0)[0].knows > 1", ["fairness.tables[...]: knows"]),
        ("fairness.tables.cells.size() > 0", ["fairness.tables: cells"]),
        ("performance.counts.tp.value > 0", ["performance.counts.tp: value"]),
        ("inputs.exists(i, i.rolle == 'x')", ["i: rolle"]),
        ("subject.nam == 'x' || lineage.origin.kindd == 'x'", ["subject: nam", "lineage.origin: kindd"]),
        ("lineage.sources.all(s, s.owner != access.name)", ["access: name"]),
        ("performance.counts.tp > fairness.tables[performance.tp].unknown", ["performance: tp"]),
        ("true || performance.nothing > 1", ["performance: nothing"]),
        # What is there, or cannot be known.
        ("performance.counts.tp > 1 && fairness.tables.all(t, t.cells.exists(c, c.tp > 1))", []),
        ("'performance.recall' == '' // performance.recall", []),
        ("fairness.tables.all(performance, performance.unknown < 3)", []),
        ("lineage.sources.all(s, s.id.startsWith('a.b') && s.expires > now)", []),
        ("documents.documents.all(d, d.headings.exists(h, h.contains('x')))", []),
        ("dyn(performance).recall > 1", []),
        ("[1, 2].all(x, x > performance.counts.fp)", []),
        ("timestamp(now).getFullYear() > 2000", []),
        ("inputs.size() > 0 && risk_tier == 'high'", []),
    ],
)
def test_fields(text: str, found: list[str]) -> None:
    assert slips(text) == found


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("    expr: performance.countz.tp > 1", 10, 23),
        ("    expr: 'performance.counts.tp > 1 && performance.countz.tp > 1'", 10, 53),
        ("    expr: |\n      performance.counts.tp > 1  // countz\n      && performance.countz.tp > 1", 12, 22),
        ("    expr: >-\n      performance.counts.tp > 1 &&\n      performance.countz.tp > 1", 12, 19),
    ],
)
def test_it_is_shown_where_it_stands(written: str, line: int, column: int) -> None:
    text = (
        "schema: governance.policy/v1\nid: house\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
        "environments: [prod]\nrules:\n  - id: a\n    enforcement: {default: deny}\n"
        f"    requires: [performance.counts]\n{written}\n"
    )
    with pytest.raises(BadInput) as caught:
        load_policy(text.encode(), "p.yaml", TEST_CATALOGUE)
    error = caught.value
    assert error.where == f"p.yaml:{line}:{column}"
    assert error.what.startswith("performance has no field 'countz'\n  | ") and error.what.endswith("^")
    assert error.fix == "did you mean performance.counts?" and "origin, counts, " in error.expected


def test_of_a_list_it_says_how_to_go_through_it() -> None:
    with pytest.raises(BadInput, match=r"fairness\.tables has no field 'cells'") as caught:
        policy("{id: a, requires: [fairness], expr: 'fairness.tables.cells.size() > 0', enforcement: {default: deny}}")
    assert "fairness.tables.all(one, one.cells ...)" in caught.value.fix


@pytest.mark.parametrize("name", bundled.policy_names())
def test_no_shipped_policy_has_one(name: str) -> None:
    shown, data = bundled.policy(name)
    if b"\nextends:" not in data:
        assert load_policy(data, str(shown)).rules
