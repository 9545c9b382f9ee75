"""Conditions in CEL: each trap of the engine, and each way to read evidence that was not asked for."""

from typing import Any

import pytest
from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import BadInput
from governance.evidence.evidence import Facts
from governance.evidence.explainability import ExplainabilityFacts
from governance.evidence.fairness import FairnessFacts
from governance.policy.decision import Decision
from governance.policy.expression import GROUPS, MAX_CHARACTERS, Condition, compile_condition, evaluate, view
from governance.policy.finding import Verdict
from governance.policy.outcome import Action, Outcome
from governance.policy.pieces import code_of
from governance.policy.rules.access.wildcards import _grant as grant
from governance.policy.rules.explainability.share import specimen as explained
from tests.policy.cases import NOW, cell, evidence, fairness, judge, policy, table

AT = "2026-11-21T09:30:00Z"
FAIR = fairness(table(cell("a", 500, 1000), cell("b", 400, 1000)))
SHARES = explained("0.4", "0.02")


def compiled(text: str, *requires: str) -> Condition:
    return compile_condition(text, requires or ("fairness",), "policy.yaml:9:11")


def said(text: str, *requires: str, **facts: Any) -> Verdict:
    return evaluate(compiled(text, *requires), evidence(**(facts or {"fairness": FAIR})), AT)


def decided(text: str, requires: str = "[fairness]", **facts: Any) -> Decision:
    """Through a policy, as users meet it."""
    quoted = text.replace("'", "''")
    rule = f"{{id: a, requires: {requires}, expr: '{quoted}', enforcement: {{default: deny}}}}"
    return judge(evidence(**(facts or {"fairness": FAIR})), [policy(rule)])


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
        "fairness.nothing > 1",
        "fairness.tables[7].unknown == 0",
        "fairness.rows > 'a'",
        "fairness.tables[0].critical[0].values['0.2'] > 1.0",
        "fairness.origin.kind == 'measured'",
        "int('x') > 1",
        "fairness.rows + 9223372036854775807 > 0",
        "timestamp('yesterday') < timestamp(now)",
        "!(fairness.nothing > 1)",
        "fairness.nothing",
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


# Trap: comprehensions and doubling strings


def test_comprehensions_are_bounded() -> None:
    digits = "[0,1,2,3,4,5,6,7,8,9]"
    text = "true"
    for name in "abcde":
        text = f"{digits}.all({name}, {text})"
    decision = decided(text)
    assert decision.findings[0].outcome is Outcome.ERROR
    assert "budget" in decision.findings[0].why


def test_deep_nesting_is_refused_at_once() -> None:
    with pytest.raises(BadInput, match="does not compile"):
        compiled("(" * 1900 + "true" + ")" * 1900)


@pytest.mark.parametrize("text", ["['ab'].map(s, s + s)[0].size() == 4", "[1]. // c\n map (s, s) == [1]"])
def test_nothing_is_mapped(text: str) -> None:
    """Seven maps of eight sums each are two million copies; sixteen sums each, more than any memory."""
    with pytest.raises(BadInput, match="maps"):
        compiled(text)
    assert said("'.map(' != ''").outcome is Outcome.PASS


@pytest.mark.parametrize(
    "text",
    [
        "['ab'].exists(a, [a + a].exists(b, [b + b].exists(c, c.size() > 0)))",
        "[subject.name].all(x, x == 'a')",
        "[[fairness, fairness]].all(a, a == a)",
        "(true ? ['a'] : [subject.name]).all(x, true)",
        "(['a'] + ['b']).filter(x, true).size() > 0",
        "{'a': fairness}.a.tables.all(t, true)",
        "dyn([fairness.tables]).all(t, true)",
        "fairness.rows in [fairness.rows].filter(x, true)",
        "[1] // made\n . exists (x, [x + x].exists(y, y > 1))",
        "fairness.tables.all(t, [t].exists(u, true))",
    ],
)
def test_nothing_is_doubled(text: str) -> None:
    """Thirty levels of doubling are more than any memory; and the engine does not count them."""
    with pytest.raises(BadInput, match="list that it makes itself"):
        compiled(text)


@pytest.mark.parametrize(
    "text",
    [
        "['a', 'loans'].exists(x, x == subject.name)",
        "{'a': 1}.all(key, key == 'a')",
        "fairness.tables.filter(t, t.unknown + 1 > 0).all(t, true)",
        "fairness.tables[0].cells.all(c, c.tp + c.tn >= 0) && 1 + 1 == 2 && inputs.all(i, true)",
        "[fairness.rows + 1 > 2, true].size() == 2",
    ],
)
def test_lists_of_the_evidence_and_of_plain_values_are_gone_through(text: str) -> None:
    assert said(text).outcome is Outcome.PASS


def test_want_of_memory_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine would come to another decision."""

    def full(*_: Any) -> Verdict:
        raise MemoryError

    monkeypatch.setattr("governance.policy.verdict.evaluate", full)
    with pytest.raises(MemoryError):
        decided("fairness.rows > 0")


# What is code, and what is text or a comment, we and the engine must see alike: else something refused could hide

PIECES = st.sampled_from(
    ["'", '"', "'''", '"""', "r'", 'r"', "b'", "r'''", 'R"""', "br'", "\\", "\\'", '\\"', "//", "\n", " == ", " && "]
).flatmap(lambda one: st.sampled_from([one, one, "''", "'x'", "\r", "boom"]))


@settings(max_examples=400)
@given(st.lists(PIECES, min_size=2, max_size=12).map("".join))
def test_code_is_what_the_engine_takes_for_code(text: str) -> None:
    try:
        cel.NewEnv(variables={}).compile(text)
        read = False
    except RuntimeError as error:
        if "undeclared reference to 'boom'" not in str(error) or "yntax error" in str(error):
            return
        read = True
    assert ("boom" in code_of(text)) is read
    assert len(code_of(text)) == len(text)


def test_the_text_is_short() -> None:
    padding = " " * (MAX_CHARACTERS - len("true"))
    assert said("true" + padding).outcome is Outcome.PASS
    with pytest.raises(BadInput, match="too long"):
        compiled("true " + padding)
    with pytest.raises(BadInput, match="too long"):
        compiled("fairness.rows > 0 || '" + "x" * MAX_CHARACTERS + "' == ''")


# Trap: a quotient by zero is infinity, and infinity clears every limit


@pytest.mark.parametrize(
    "text", ["fairness.rows / 0 > 1", "1.0 / 0.0 >= 0.8", "fairness.rows % 0 == 1", "'/' == '' || 1 / 2 > 0"]
)
def test_nothing_is_divided(text: str) -> None:
    with pytest.raises(BadInput, match="divides") as caught:
        compiled(text)
    assert "multiply" in caught.value.fix


def test_a_slash_in_a_string_or_a_comment_is_no_division() -> None:
    assert said("subject.name != 'a/b' // per cent: %").outcome is Outcome.PASS


# Trap: names


@pytest.mark.parametrize(
    "text",
    ["fairnes.rows > 1", "evidence.fairness.rows > 1", "absent.size() == 0", "origin.by == 'x'", "foo(1)", "os.system"],
)
def test_undeclared_names_do_not_compile(text: str) -> None:
    with pytest.raises(BadInput, match="does not compile") as caught:
        compiled(text)
    assert "undeclared" in caught.value.got and "^" in caught.value.got
    assert caught.value.where == "policy.yaml:9:11"
    assert "requires" in caught.value.fix


@pytest.mark.parametrize(
    "text",
    [
        "fairness.rows >",
        "fairness.rows = 1",
        "",
        "   ",
        "fairness.rows > 1; true",
        "true && ",
        "1 > 'a'",
        "if true then",
    ],
)
def test_what_is_not_cel_does_not_compile(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        compiled(text)
    assert not caught.value.fix, "more requirements would not mend it"


# Reading evidence that is not under `requires`: the engine does not know it, however it is spelled


@pytest.mark.parametrize(
    "text",
    [
        "fairness.rows > 0 || true",
        "fairness . rows > 0 || true",
        "fairness\n.\nrows > 0 || true",
        ".fairness.rows > 0 || true",
        " . fairness.rows > 0 || true",
        "fairness['rows'] > 0 || true",
        "fairness.`rows` > 0 || true",
        "has(fairness.rows) || true",
        "[fairness].size() == 1",
        "{'a': fairness}.a.rows > 0 || true",
        "access.grants.size() > 0 // it's\n || fairness.rows > 0 // '",
        "access.grants.size() > 0 || r\"\\'\" == '' || fairness.rows > 0 || '' == ''",
        "'''it's''' == '' || fairness.rows > 0 || '' == ''",
        "[1].exists(x, fairness.rows > 0) || true",
        "[1].exists(access, fairness.rows > 0) || true",
        "true ? true : fairness.rows > 0",
        "dyn(fairness) != null",
        "type(fairness) == map",
    ],
)
def test_evidence_that_is_not_required_cannot_be_read(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        compiled(text, "access")
    # The backticks are the engine's own to refuse.
    assert "undeclared" in caught.value.got or "`" in text
    assert compiled("true || fairness.rows > 0", "access", "fairness").groups == ["access", "fairness"]


@pytest.mark.parametrize(
    "text",
    [
        "access.grants.size() == 1 // fairness.rows",
        "access.grants[0].principal != 'fairness.rows'",
        'access.grants[0].principal != "fairness"',
        "[1, 2].exists(fairness, fairness > 1)",
        "access.grants.all(lineage, lineage.line > 0)",
        "{'fairness': 1}.fairness == 1",
    ],
)
def test_a_name_that_is_only_spelled_like_evidence_is_no_fault(text: str) -> None:
    assert said(text, "access", access=grant("ann", "train", "m")).outcome is Outcome.PASS


def test_what_the_policy_does_not_require_is_not_shown_as_looked_at() -> None:
    verdict = said(
        "access.grants.size() == 1 // fairness.rows", "access", access=grant("ann", "train", "m"), fairness=FAIR
    )
    assert [looked.path for looked in verdict.looked_at] == ["access.grants.size()", "access"]


@pytest.mark.parametrize(
    "path",
    [
        *("", "fairnes", "fairness.", ".fairness", "fairness.rowz", "fairness.rows.x", "fairness tables", "*"),
        *("fairness.tables.nothing", "facts.fairness", "explainability.importance"),
        *("subject", "risk_tier", "now", "absent"),
    ],
)
def test_requirements_that_no_evidence_can_meet_are_refused(path: str) -> None:
    with pytest.raises(BadInput, match="unknown evidence"):
        compiled("true", path)


@pytest.mark.parametrize(
    "path", [*GROUPS, "explainability.global", "explainability.global.top_share", "fairness.tables"]
)
def test_requirements_that_evidence_can_meet(path: str) -> None:
    assert compiled("true", path).requires == (path,)


def test_an_expression_over_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="requires no evidence"):
        compile_condition("true", (), "here")
    assert set(GROUPS) == set(Facts.model_fields) - {"absent"}


def test_types_that_the_tests_lean_on() -> None:
    assert isinstance(FAIR, FairnessFacts) and isinstance(SHARES, ExplainabilityFacts)
