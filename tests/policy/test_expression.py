"""Conditions in CEL: what holds, and each trap of the engine."""

from typing import Any

import pytest

from governance.errors import BadInput
from governance.evidence.explainability import ExplainabilityFacts
from governance.evidence.fairness import FairnessFacts
from governance.policy.expression import view
from governance.policy.outcome import Action, Outcome
from tests.policy.cases import NOW, cell, evidence, fairness, table
from tests.policy.conditions import AT, FAIR, SHARES, compiled, decided, said

# What holds


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("fairness.rows == 2000", Outcome.PASS),
        ("fairness.rows > 2000", Outcome.FAIL),
        ("fairness.tables.all(t, t.cells.all(c, c.tp + c.tn >= 1000))", Outcome.PASS),
        ("fairness.tables[0].cells.exists(c, c.group == ['b'] && c.tp == 400)", Outcome.PASS),
        ("fairness.tables[0].critical[0].values['0.05'] == 2.4", Outcome.PASS),
        ("subject.name == 'loans' && subject.version == '1.10' && risk_tier == 'high'", Outcome.PASS),
        ("inputs.size() == 0", Outcome.PASS),
        ("has(fairness.origin) && fairness.origin == null", Outcome.PASS),
    ],
)
def test_conditions(text: str, outcome: Outcome) -> None:
    assert said(text).outcome is outcome


def test_reals_are_doubles_and_counts_are_ints() -> None:
    verdict = said(
        "explainability.global.top_share <= 0.4 && type(explainability.rows) == int",
        "explainability.global",
        explainability=SHARES,
    )
    assert verdict.outcome is Outcome.PASS
    assert ("explainability.global.top_share", "0.4") in [(looked.path, looked.value) for looked in verdict.looked_at]
    assert (
        said("explainability.global.top_share < 0.4", "explainability", explainability=SHARES).outcome is Outcome.FAIL
    )


def test_versions_and_labels_are_text() -> None:
    assert said("subject.version < '1.9'").outcome is Outcome.PASS
    assert said("subject.version > 1.0").outcome is Outcome.ERROR


# Trap: a runtime error is a value, and a truthy one


@pytest.mark.parametrize(
    "text",
    [
        "dyn(fairness).nothing > 1",
        "fairness.tables[7].unknown == 0",
        "fairness.rows > 'a'",
        "fairness.tables[0].critical[0].values['0.2'] > 1.0",
        "fairness.origin.kind == 'measured'",
        "int('x') > 1",
        "fairness.rows + 9223372036854775807 > 0",
        "timestamp('yesterday') < timestamp(now)",
        "!(dyn(fairness).nothing > 1)",
        "dyn(fairness).nothing",
    ],
)
def test_a_runtime_error_is_an_error_finding_and_denies(text: str) -> None:
    decision = decided(text)
    assert decision.findings[0].outcome is Outcome.ERROR
    assert decision.outcomes["prod"] is Action.DENY


# Trap: `missing || true`


def test_missing_evidence_is_inconclusive_even_where_the_engine_would_say_true() -> None:
    decision = decided("fairness.rows > 1 || true", performance=None)
    assert decision.findings[0].outcome is Outcome.INCONCLUSIVE
    assert decision.outcomes["prod"] is Action.NEEDS_REVIEW


def test_every_required_path_must_be_there() -> None:
    """The requirement is asked before the engine is: with one group missing nothing is judged."""
    verdict = said("true", "fairness", "explainability.global", fairness=FAIR)
    assert (verdict.outcome, verdict.why) == (Outcome.INCONCLUSIVE, "explainability.global is not in the evidence")
    verdict = said("true", "fairness.origin", fairness=FAIR)
    assert verdict.outcome is Outcome.INCONCLUSIVE


# Trap: not boolean


@pytest.mark.parametrize(
    "text", ["1", "'true'", "[true]", "{'a': true}", "now", "fairness.rows + 1", "null", "bool", "b'a'"]
)
def test_what_is_known_not_to_be_a_condition_does_not_compile(text: str) -> None:
    with pytest.raises(BadInput, match="not a condition"):
        compiled(text)


@pytest.mark.parametrize(
    "text",
    [
        "fairness",
        "fairness.rows",
        "fairness.tables",
        "fairness.origin",
        "fairness.tables[0].cells[0].group[0]",
        "dyn('true')",
        "dyn(1)",
    ],
)
def test_what_turns_out_not_to_be_a_condition_is_an_error(text: str) -> None:
    verdict = said(text)
    assert verdict.outcome is Outcome.ERROR
    assert "not true or false" in verdict.why
    assert len(verdict.why) < 200, "a value of the evidence is not poured into the finding"


# Trap: NaN and infinity


@pytest.mark.parametrize("value", ["1e+400", "-1e+400", "1e+999"])
def test_a_number_beyond_a_double_never_reaches_the_engine(value: str) -> None:
    huge = SHARES.model_copy(update={"additivity_error": value})
    for text in ("explainability.additivity_error >= 0.1", "explainability.additivity_error <= 0.1", "true"):
        decision = decided(text, "[explainability]", explainability=huge)
        assert decision.findings[0].outcome is Outcome.ERROR
        assert "beyond what a double can hold" in decision.findings[0].why


def test_the_view_holds_finite_doubles_ints_text_and_null_only() -> None:
    def leaves(tree: Any) -> Any:
        if isinstance(tree, dict):
            assert all(isinstance(key, str) for key in tree)
            tree = list(tree.values())
        return [leaf for item in tree for leaf in leaves(item)] if isinstance(tree, list) else [tree]

    open_ = table(cell(None, 1, 2), criticals=[])
    found = leaves(view(evidence(fairness=fairness(open_, *FAIR.tables), explainability=SHARES)))
    assert {float, int, str} < {type(leaf) for leaf in found} <= {float, int, str, bool, type(None)}
    assert all(leaf == leaf and abs(leaf) < 1e300 for leaf in found if isinstance(leaf, float))


def test_the_view_types_each_real_field_and_no_other() -> None:
    seen = view(SHARES)
    assert seen["global"]["top_share"] == 0.4 and seen["global"]["features"][0]["share_se"] == 0.02
    assert seen["unit"] == "log_odds" and seen["rows"] == 500
    values = view(FAIR)["tables"][0]["critical"][0]["values"]
    assert values == {"0.1": 2.4, "0.05": 2.4, "0.01": 2.4}
    assert view(FAIR)["tables"][0]["cells"][0]["group"] == ["a"]


# Trap: time is text


def test_now_is_the_recorded_time() -> None:
    assert said(f"now == '{AT}' && timestamp(now) == timestamp('{AT}')").outcome is Outcome.PASS
    assert said("timestamp(now) < timestamp('2026-11-21T09:30:01Z')").outcome is Outcome.PASS
    assert (
        decided("timestamp(now) + duration('24h') > timestamp('2026-11-22T09:00:00Z')").outcomes["prod"] is Action.ALLOW
    )
    assert NOW.year == 2026


def test_who_takes_now_for_a_moment_is_told_that_it_is_text() -> None:
    for text, advised in (
        ('now - duration("1h") > timestamp("2026-01-01T00:00:00Z")', True),
        ('timestamp(now) - "1h" > timestamp("2026-01-01T00:00:00Z")', False),
        ("now + 1 > 2 || wrong", False),
    ):
        with pytest.raises(BadInput, match="does not compile") as caught:
            compiled(text)
        assert ("timestamp(now) is the moment" in str(caught.value)) is advised, text


def test_types_that_the_tests_lean_on() -> None:
    assert isinstance(FAIR, FairnessFacts) and isinstance(SHARES, ExplainabilityFacts)
