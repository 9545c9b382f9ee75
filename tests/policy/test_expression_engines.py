"""Our expressions under a second engine, written by others in another language: both say the same.

No difference is known: one that comes up is a fault of either, to be named here and kept out of policies.
What is refused before it runs makes ours a subset of CEL, so that the other engine is asked only about what ours takes.
"""

import cel as other
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.policy.expression import Condition, compile_condition, evaluate, view
from governance.policy.outcome import Outcome
from governance.policy.rules.explainability.share import specimen as explained
from tests.policy.cases import cell, evidence, fairness, table

NOW = "2026-11-21T09:30:00Z"
GROUPS = ("fairness", "explainability")

FACTS = st.builds(
    lambda a, b, share: evidence(
        fairness=fairness(table(cell("a", a, 1000), cell(None, b, 1000), unknown=1000)),
        explainability=explained(share, "0.02"),
    ),
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.sampled_from(["0", "0.1", "0.5", "1", "0.123456789", "1e-09"]),
)
CELLS = "fairness.tables[0].cells"
INTS = st.sampled_from(
    [
        "fairness.rows",
        "fairness.tables[0].unknown",
        f"{CELLS}[0].tp",
        f"{CELLS}.size()",
        "explainability.rows",
        "-1",
        "0",
        "1000",
        "9223372036854775807",
        "size(subject.name)",
        "int('7')",
        "fairness.tables[9].unknown",
        "fairness.nothing",
    ]
)
REALS = st.sampled_from(
    [
        "explainability.global.top_share",
        "explainability.additivity_error",
        "0.5",
        "1e300",
        "-0.0",
        "double(3)",
        "fairness.tables[0].critical[0].values['0.05']",
        "explainability.nothing",
    ]
)
TEXTS = st.sampled_from(
    ["subject.name", "subject.version", "risk_tier", "'loans'", "''", "'é'", f"{CELLS}[0].group[0]", "string(7)", "now"]
)
NULLS = st.sampled_from(["null", "fairness.origin", f"{CELLS}[1].group[0]", "explainability.origin"])
TIMES = st.sampled_from(
    [
        "timestamp(now)",
        "timestamp('2026-01-01T00:00:00Z')",
        "timestamp('2026-11-21T10:30:00+01:00')",
        "timestamp('soon')",
        "timestamp(now) + duration('1h')",
    ]
)
MARKS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
SUMS = st.builds("{} {} {}".format, INTS, st.sampled_from("+-*"), INTS)
REAL_SUMS = st.builds("{} {} {}".format, REALS, st.sampled_from("+-*"), REALS)
NUMBERS = st.one_of(INTS, REALS, SUMS, REAL_SUMS)
LISTS = st.sampled_from(
    [CELLS, f"{CELLS}[0].group", "inputs", "[1, 2, 3]", "['a', 'b']", f"{CELLS}.filter(c, c.tp > 500)"]
)


def pairs(kind: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{} {} {}".format, kind, MARKS, kind)


SIMPLE = st.one_of(
    pairs(NUMBERS),
    pairs(TEXTS),
    pairs(TIMES),
    st.builds("{} == {}".format, NULLS, st.one_of(NULLS, INTS, TEXTS)),
    st.builds("{} {} {}".format, st.one_of(NUMBERS, TEXTS, NULLS), MARKS, st.one_of(NUMBERS, TEXTS, NULLS)),
    st.builds("{}.{}({})".format, TEXTS, st.sampled_from(["startsWith", "endsWith", "contains", "matches"]), TEXTS),
    st.builds("{} in {}".format, st.one_of(TEXTS, INTS, NULLS), LISTS),
    st.builds("has({})".format, st.sampled_from(["fairness.rows", "fairness.origin", "fairness.nothing", "subject.x"])),
    st.builds("{}.size() > {}".format, LISTS, INTS),
    st.builds(
        "{}.{}(x, {})".format,
        LISTS,
        st.sampled_from(["all", "exists", "exists_one"]),
        st.sampled_from(
            ["x.tp > 400", "x.tp + x.tn == 1000", "x == 'a'", "x > 1", "x != null", "x.group[0] == null", "true"]
        ),
    ),
    st.sampled_from(["true", "false", "fairness.rows", "subject.name", "null"]),
)
CONDITIONS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds("!({})".format, inner),
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
        st.builds("({}) ? ({}) : ({})".format, inner, inner, inner),
    ),
    max_leaves=4,
)
THOROUGH = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def compiled(text: str) -> Condition | None:
    try:
        return compile_condition(text, GROUPS, "here")
    except BadInput:
        return None


def ours(condition: Condition, facts: EvidenceSet) -> Outcome:
    return evaluate(condition, facts, NOW).outcome


def theirs(text: str, facts: EvidenceSet) -> Outcome:
    data = {name: view(getattr(facts.facts, name)) for name in GROUPS} | {"now": NOW}
    data |= {name: view(getattr(facts, name)) for name in ("subject", "risk_tier", "inputs")}
    try:
        found = other.evaluate(text, data)
    except Exception:
        return Outcome.ERROR
    return {True: Outcome.PASS, False: Outcome.FAIL}[found] if isinstance(found, bool) else Outcome.ERROR


@THOROUGH
@given(CONDITIONS, FACTS)
def test_both_engines_agree(text: str, facts: EvidenceSet) -> None:
    condition = compiled(text)
    event("taken" if condition else "refused before it runs")
    assume(condition is not None)
    assert condition is not None
    assert ours(condition, facts) is theirs(text, facts)


# Laws that hold of any two conditions


def outcome(text: str, facts: EvidenceSet) -> Outcome:
    condition = compiled(text)
    assume(condition is not None)
    assert condition is not None
    return ours(condition, facts)


@THOROUGH
@given(CONDITIONS, FACTS)
def test_not_not(text: str, facts: EvidenceSet) -> None:
    assert outcome(f"!(!({text}))", facts) is outcome(text, facts)


@THOROUGH
@given(SIMPLE, SIMPLE, FACTS)
def test_de_morgan(a: str, b: str, facts: EvidenceSet) -> None:
    assert outcome(f"!(({a}) && ({b}))", facts) is outcome(f"!({a}) || !({b})", facts)
    assert outcome(f"!(({a}) || ({b}))", facts) is outcome(f"!({a}) && !({b})", facts)


@THOROUGH
@given(SIMPLE, SIMPLE, FACTS)
def test_and_and_or_take_their_operands_in_any_order(a: str, b: str, facts: EvidenceSet) -> None:
    assert outcome(f"({a}) && ({b})", facts) is outcome(f"({b}) && ({a})", facts)
    assert outcome(f"({a}) || ({b})", facts) is outcome(f"({b}) || ({a})", facts)


@given(CONDITIONS, FACTS, st.permutations(["fairness", "explainability", "explainability.global"]))
def test_the_order_of_requirements_is_irrelevant(text: str, facts: EvidenceSet, requires: list[str]) -> None:
    known = compiled(text)
    assume(known is not None)
    assert known is not None
    found = evaluate(compile_condition(text, tuple(requires), "here"), facts, NOW)
    assert (found.outcome, found.why) == ((first := evaluate(known, facts, NOW)).outcome, first.why)


@pytest.mark.parametrize("text", ["1 / 2 > 0", "[1].map(x, x) == [1]", "7 % 2 == 1", "[fairness].all(f, true)"])
def test_what_is_refused_here_is_cel_there(text: str) -> None:
    """A subset by choice: each is a condition to the other engine."""
    assert compiled(text) is None
    assert isinstance(other.evaluate(text, {"fairness": {}}), bool)
