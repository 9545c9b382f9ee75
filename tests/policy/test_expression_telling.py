"""What a finding of an expression tells: the values that decided it, the threshold, and why, in plain words."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.evidence.fairness import Cell
from governance.policy import telling
from governance.policy.expression import compile_condition, evaluate
from governance.policy.finding import Limit, Verdict
from governance.policy.outcome import Outcome
from governance.policy.pieces import cut, shown
from governance.policy.rules.access.wildcards import _grant as grant
from governance.policy.rules.explainability.share import specimen as explained
from tests.policy.cases import evidence
from tests.policy.conditions import AT, FAIR

PARAMS = {"most": Decimal("0.6"), "few": 5, "names": ("a", "b")}
SHARE = "explainability.global.top_share"
CELLS = "fairness.tables[0].cells"


def judged(text: str, now: str = AT, **facts: Any) -> Verdict:
    found = facts or {"fairness": FAIR, "explainability": explained("0.63", "0.02")}
    condition = compile_condition(text, tuple(found), "here", PARAMS if "params." in text else {})
    return evaluate(condition, evidence(**found), now)


def why(text: str) -> str:
    """Without the digests of what else was named."""
    verdict = judged(text)
    assert verdict.outcome is Outcome.FAIL
    return verdict.why.partition(" (where ")[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # Comparisons: as the policy's author wrote them, and whichever way round.
        (f"{SHARE} <= 0.6", f"{SHARE} is 0.63, at most 0.6 asked"),
        (f"0.6 >= {SHARE}", f"{SHARE} is 0.63, at most 0.6 asked"),
        (f"{SHARE} >= 0.9", f"{SHARE} is 0.63, at least 0.9 asked"),
        (f"{SHARE} < 0.63", f"{SHARE} is 0.63, less than 0.63 asked"),
        ("fairness.rows > 2000", "fairness.rows is 2000, more than 2000 asked"),
        ("2000 < fairness.rows", "fairness.rows is 2000, more than 2000 asked"),
        ("fairness.rows == 1", "fairness.rows is 2000, 1 asked"),
        ("fairness.rows != 2000", "fairness.rows is 2000, anything but 2000 asked"),
        ("fairness.rows > -1 == false", "fairness.rows > -1 == false is false"),
        ("subject.name in ['a', 'b']", """subject.name is "loans", one of ['a', 'b'] asked"""),
        ("!(subject.name in ['loans'])", """subject.name is "loans", none of ['loans'] asked"""),
        ("fairness.origin != null", "fairness.origin is null, anything but null asked"),
        (f"{CELLS}[0].group == ['b']", f"{CELLS}[0].group is [\"a\"], ['b'] asked"),
        ("fairness.rows + 1 < 5", "fairness.rows + 1 is 2001, less than 5 asked"),
        (f"fairness.rows < {CELLS}[0].tp", f"fairness.rows is 2000, less than {CELLS}[0].tp asked, which is 500"),
        (f"{CELLS}.size() > 2 // two groups", f"{CELLS}.size() is 2, more than 2 asked"),
        # Parameters: their value, and where it comes from.
        (f"{SHARE} <= params.most", f"{SHARE} is 0.63, at most 0.6 (params.most) asked"),
        ("subject.name in params.names", """subject.name is "loans", one of ["a", "b"] (params.names) asked"""),
        # Not: the opposite is what was asked.
        (f"!({SHARE} > 0.6)", f"{SHARE} is 0.63, at most 0.6 asked"),
        (f"!!!({SHARE} >= 0.1)", f"{SHARE} is 0.63, less than 0.1 asked"),
        ("!has(fairness.rows)", "fairness.rows is there"),
        ("has(fairness.bias)", "fairness.bias is not there"),
        # And names what does not hold, or all that.
        (f"{SHARE} < 0.9 && fairness.rows > 9000 && true", "fairness.rows is 2000, more than 9000 asked"),
        (
            f"{SHARE} > 0.9 || (fairness.rows > 9000)",
            f"{SHARE} is 0.63, more than 0.9 asked and fairness.rows is 2000, more than 9000 asked",
        ),
        (f"!({SHARE} > 0.1 || fairness.rows > 9000)", f"{SHARE} is 0.63, at most 0.1 asked"),
        (
            "!(fairness.rows > 1 && subject.name == 'loans')",
            "fairness.rows is 2000, at most 1 asked and subject.name is \"loans\", anything but 'loans' asked",
        ),
        # Which elements.
        (f"{CELLS}.all(c, c.tp > 450)", f"1 of 2 in {CELLS} at fault: [1] (b): c.tp is 400, more than 450 asked"),
        (
            f"{CELLS}.all(c, c.tp > 450 && c.fn == 0 && c.tp > c.tn)",
            f"2 of 2 in {CELLS} at fault: [0] (a): c.tp is 500, more than c.tn asked, which is 500"
            " and [1] (b): c.tp is 400, more than 450 asked and c.tp is 400, more than c.tn asked, which is 600",
        ),
        (
            f"{CELLS}.exists(c, c.tp > 800)",
            f"none of 2 in {CELLS} meets c.tp > 800: [0] (a): c.tp is 500, more than 800 asked"
            " and [1] (b): c.tp is 400, more than 800 asked",
        ),
        (f"!{CELLS}.exists(c, c.tp > 450)", f"1 of 2 in {CELLS} at fault: [0] (a): c.tp is 500, at most 450 asked"),
        (f"!{CELLS}.all(c, c.tp > 1)", f"{CELLS}.all(c, c.tp > 1) is true"),
        (f"{CELLS}.exists_one(c, c.tp > 1)", f"2 of 2 in {CELLS} meet c.tp > 1, exactly one asked"),
        ("inputs.exists(i, i.role == 'x')", "inputs is empty, one with i.role == 'x' asked"),
        (
            "fairness.tables.all(t, t.cells.all(c, c.tp > 450))",
            "1 of 1 in fairness.tables at fault: [0] (sex): "
            "1 of 2 in t.cells at fault: [1] (b): c.tp is 400, more than 450 asked",
        ),
        (
            "fairness.tables[0].critical[0].values.all(alpha, alpha == '0.1' || alpha == '0.05')",
            "1 of 3 in fairness.tables[0].critical[0].values at fault: "
            '"0.01": alpha is "0.01", \'0.1\' asked and alpha is "0.01", \'0.05\' asked',
        ),
        # What is none of these is named as a whole.
        ("fairness.rows > 3000 ? true : false", "fairness.rows > 3000 ? true : false is false"),
        ("subject.name.startsWith('x')", "subject.name.startsWith('x') is false"),
        (f"{CELLS}.filter(c, c.tp > 1).all(c, c.tp > 450)", f"{CELLS}.filter(c, c.tp > 1).all(c, c.tp > 450) is false"),
        ("fairness.rows < 1 ||\n  // a | b\n  '||' == subject.name", None),
    ],
)
def test_why(text: str, told: str | None) -> None:
    assert why(text) == (told or "fairness.rows is 2000, less than 1 asked and subject.name is \"loans\", '||' asked")


def test_the_values_that_decided_stand_first() -> None:
    verdict = judged(f"fairness.rows > 0 && {CELLS}.all(c, c.tp > 450) && {SHARE} <= 0.6")
    found = [(looked.path, looked.value) for looked in verdict.looked_at]
    assert found[:2] == [(f"{CELLS}[1].tp", "400"), (SHARE, "0.63")]
    assert ("fairness.rows", "2000") in found[2:]
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (f"{SHARE} <= 0.6", Limit(op="at_most", value="0.6")),
        (f"{SHARE} >= 0.90", Limit(op="at_least", value="0.9")),
        (f"!({SHARE} > params.most)", Limit(op="at_most", value="0.6")),
        (f"{SHARE} <= 0.7", Limit(op="at_most", value="0.7")),
        ("fairness.rows == 5", Limit(op="is", value="5")),
        # No threshold that a number is allowed to reach, or not one threshold.
        (f"{SHARE} < 0.6", None),
        ("fairness.rows == fairness.tables[0].cells[0].tp", None),
        ("subject.name == 'x'", None),
        (f"{SHARE} <= 0.6 && fairness.rows > 1", None),
        (f"{SHARE} <= 0.6 && fairness.rows >= 9000", None),
    ],
)
def test_the_threshold(text: str, limit: Limit | None) -> None:
    found = judged(text).limit
    assert found == limit or (limit is None and found is not None and "&&" in text)


def test_a_pass_tells_its_values_too() -> None:
    verdict = judged(f"{SHARE} <= 0.7")
    assert (verdict.outcome, verdict.why) == (Outcome.PASS, f"{SHARE} is 0.63, at most 0.7 asked")
    assert verdict.looked_at[0].value == "0.63"
    assert judged(f"{SHARE} <= 0.7 && true").why == f"{SHARE} <= 0.7 && true is true"


def test_only_a_few_elements_are_named() -> None:
    people = grant("ann", "train", "m")
    verdict = judged("access.grants.all(g, g.line > 5)", access=people.model_copy(update={"grants": people.grants * 9}))
    assert verdict.why.startswith("9 of 9 in access.grants at fault: [0] (ann): g.line is 2, more than 5 asked and [1]")
    assert "[2]" in verdict.why and "[3]" not in verdict.why and " and 6 more (where access.grants is" in verdict.why
    assert len(verdict.looked_at) == 4


def test_the_same_failure_of_tomorrow_reads_the_same() -> None:
    """Else no baseline would know it again."""
    text = "timestamp(now) < timestamp('2026-01-01T00:00:00Z') && fairness.rows > 1"
    today, tomorrow = judged(text), judged(text, now="2026-11-22T09:30:00Z")
    assert (today.why, today.looked_at) == (tomorrow.why, tomorrow.looked_at)
    assert today.why.startswith("timestamp(now), less than timestamp('2026-01-01T00:00:00Z') asked")


def test_a_value_that_is_long_is_told_by_its_digest() -> None:
    def said(line: str) -> str:
        found = grant("a" * 200 + line, "train", "m")
        return judged("access.grants[0].principal == 'bo'", access=found).why

    assert "access.grants[0].principal is what has the digest " in said("b")
    assert said("b") != said("c")
    assert len(said("b")) < 250


def test_questions_to_the_engine_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would take too many is named as a whole, and nothing is told that was not asked."""
    monkeypatch.setattr(telling, "MOST_ASKED", 2)
    assert why(f"{CELLS}.all(c, c.tp > 450)") == f"{CELLS}.all(c, c.tp > 450) is false"
    assert why(f"{SHARE} <= 0.6") == f"{SHARE} is 0.63, at most 0.6 asked"


@pytest.mark.parametrize("depth", [1, 3, 3_901])
def test_depth_costs_nothing(depth: int) -> None:
    assert why("!" * depth + "(fairness.rows == 2000)") == "fairness.rows is 2000, anything but 2000 asked"
    assert judged("!" * (depth + 1) + "(fairness.rows == 2000)").outcome is Outcome.PASS


# Laws

OPERATORS = ("<", "<=", ">", ">=", "==", "!=")
OPERANDS = ("fairness.rows", f"{CELLS}[0].tp", f"{CELLS}[1].tn", "400", "2000", "500 + 100")
COMPARISONS = st.builds(
    "{} {} {}".format, st.sampled_from(OPERANDS), st.sampled_from(OPERATORS), st.sampled_from(OPERANDS)
)
CONDITIONS = st.recursive(
    COMPARISONS | st.just("fairness.nothing > 1"),
    lambda inner: st.one_of(
        st.builds("!({})".format, inner),
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
        st.builds("{} ? {} : {}".format, COMPARISONS, COMPARISONS, COMPARISONS),
        st.builds(f"{CELLS}.all(c, {{}} && c.tp > {{}})".format, inner, st.sampled_from(["0", "450", "900"])),
        st.builds(f"{CELLS}.exists(c, {{}} || c.tp > {{}})".format, inner, st.sampled_from(["0", "450", "900"])),
    ),
    max_leaves=6,
)


@given(CONDITIONS)
def test_telling_never_changes_the_verdict(text: str) -> None:
    """Each value that is told is one that stands there."""
    verdict = judged(text)
    assert verdict.outcome in (Outcome.PASS, Outcome.FAIL, Outcome.ERROR)
    assert verdict.why
    cells: dict[str, Cell] = {f"{CELLS}[{at}]": one for at, one in enumerate(FAIR.tables[0].cells)}
    for looked in verdict.looked_at:
        place, _, field = looked.path.rpartition(".")
        if place in cells:
            assert looked.value == str(getattr(cells[place], field))


@given(CONDITIONS)
def test_pieces_lose_nothing_of_the_text(text: str) -> None:
    assert shown(cut(text), whole=True) == text


@given(st.text("!()[].,'\"|&= <>?a1/\\\n", max_size=40))
def test_any_text_can_be_cut(text: str) -> None:
    telling.broken(cut(f"x{text}"), {}, lambda *_: False)
