"""What is no condition for us though CEL would take it: what could fill the memory, divide, or hide in a text."""

from typing import Any

import pytest
from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import BadInput
from governance.policy.expression import MAX_CHARACTERS
from governance.policy.finding import Verdict
from governance.policy.outcome import Outcome
from governance.policy.pieces import code_of
from tests.policy.conditions import compiled, decided, said

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
    with pytest.raises(BadInput, match="nested too deeply"):
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
