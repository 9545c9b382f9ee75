"""The disparity rule: what decides, at the limit and beside it, and what it says."""

import itertools
import math
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from scipy import stats

from governance.canonical import real
from governance.evidence.fairness import Cell, FairnessFacts
from governance.policy.outcome import Outcome
from governance.policy.rules.fairness.disparity import DisparityParams
from tests.policy.cases import cell, critical, fairness, table
from tests.policy.disparities import DIFFERENCE, FAIL, PASS, RATIO, UNCLEAR, Z, compared, judged, with_critical

# The numbers, worked out here from the counts alone


@pytest.mark.parametrize(("low", "high"), [(400, 500), (410, 500), (450, 500), (300, 500), (470, 500)])
def test_ratio_interval_is_mover_and_katz_and_decides(low: int, high: int) -> None:
    n, c = 1000, 2.4
    ends = [stats.binomtest(k, n).proportion_ci(0.9, method="wilson") for k in (low, high)]
    down = math.hypot(math.log(low / n / ends[0].low), math.log(ends[1].high / (high / n)))
    verdict = judged(fairness(table(cell("a", low, n), cell("b", high, n))), **RATIO)
    se = math.sqrt(1 / low - 1 / n + 1 / high - 1 / n)
    ratio = low / high
    near, far = ratio * math.exp(-down), ratio * math.exp(c * se)
    looked = compared(verdict)
    assert (looked.group, looked.reference) == (("a",), ("b",))
    assert (looked.value, looked.low, looked.high) == (real(ratio), real(near), real(far))
    assert verdict.outcome is (PASS if near >= 0.8 else FAIL if far < 0.8 else UNCLEAR)


def test_two_groups_that_are_all_selected_are_not_certain_to_be_equal() -> None:
    everybody = fairness(table(cell("a", 30, 30), cell("b", 30, 30)))
    assert judged(everybody, at_least="0.95").outcome is UNCLEAR
    assert judged(everybody, at_least="0.8").outcome is PASS


@pytest.mark.parametrize(("low", "high"), [(400, 500), (460, 500), (300, 500), (500, 500)])
def test_difference_interval_is_newcombe_and_wald_and_decides(low: int, high: int) -> None:
    n, c = 1000, 2.4
    verdict = judged(fairness(table(cell("a", low, n), cell("b", high, n))), **DIFFERENCE)
    difference = (high - low) / n

    def wilson_end(k: int, sign: int) -> float:
        p = k / n
        return (p + Z * Z / (2 * n) + sign * Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))) / (1 + Z * Z / n)

    near = difference + math.hypot(wilson_end(high, 1) - high / n, low / n - wilson_end(low, -1))
    far = difference - c * math.sqrt(low / n * (1 - low / n) / n + high / n * (1 - high / n) / n)
    looked = compared(verdict)
    assert float(looked.value or "") == pytest.approx(difference, abs=1e-9)
    assert (float(looked.low or ""), float(looked.high or "")) == pytest.approx((far, near), abs=1e-9)
    assert verdict.outcome is (PASS if near <= 0.1 else FAIL if far > 0.1 else UNCLEAR)


def _edges(params: dict[str, Any], low: list[int], n: int) -> list[Outcome]:
    return [judged(fairness(table(cell("a", k, n), cell("b", 500 * n // 1000, n))), **params).outcome for k in low]


@pytest.mark.parametrize("params", [RATIO, DIFFERENCE])
def test_verdicts_come_in_one_order_as_a_group_fares_better(params: dict[str, Any]) -> None:
    """From nobody selected upwards: fail, then doubt, then pass; each occurs. Flip any comparison and this breaks."""
    found = _edges(params, list(range(1, 500)), 1000)
    order = [FAIL, UNCLEAR, PASS]
    assert found == sorted(found, key=order.index)
    assert set(found) == set(order)


def test_on_the_point_the_limit_itself_is_within_it() -> None:
    params = RATIO | {"decide_on": "point"}
    assert _edges(params, [399, 400, 401], 1000) == [FAIL, PASS, PASS]
    params = DIFFERENCE | {"decide_on": "point"}
    assert _edges(params, [399, 400, 401], 1000) == [FAIL, PASS, PASS]


def test_the_near_end_at_the_limit_is_within_it() -> None:
    """A limit set to exactly the nine digits that are compared passes; the next one above does not."""
    facts = fairness(table(cell("a", 450, 1000), cell("b", 500, 1000)))
    end = Decimal(compared(judged(facts, **RATIO)).low or "")
    assert judged(facts, at_least=str(end)).outcome is PASS
    assert judged(facts, at_least=str(end + Decimal("1e-9"))).outcome is UNCLEAR


def test_the_far_end_at_the_limit_is_no_failure() -> None:
    facts = fairness(table(cell("a", 300, 1000), cell("b", 500, 1000)))
    end = Decimal(compared(judged(facts, **RATIO)).high or "")
    assert judged(facts, at_least=str(end)).outcome is UNCLEAR
    assert judged(facts, at_least=str(end + Decimal("1e-9"))).outcome is FAIL


def test_alpha_picks_the_critical_value_and_the_quantile() -> None:
    values = {"0.1": "2", "0.05": "2.4", "0.01": "3"}
    one = critical().model_copy(update={"values": values})
    facts = fairness(table(cell("a", 450, 1000), cell("b", 500, 1000), criticals=[one]))
    ends = {alpha: compared(judged(facts, alpha=alpha, **RATIO)) for alpha in values}
    assert Decimal(ends["0.1"].low or "") > Decimal(ends["0.05"].low or "") > Decimal(ends["0.01"].low or "")
    assert Decimal(ends["0.1"].high or "") < Decimal(ends["0.05"].high or "") < Decimal(ends["0.01"].high or "")


# Missing, small, unknown


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (FairnessFacts(rows=0, tables=()), "declares no sensitive attribute"),
        (fairness(table()), "no two groups"),
        (fairness(table(cell("a", 500, 1000))), "no two groups"),
        (fairness(table(cell("a", 500, 1000), cell("b", 0, 0))), "no two groups"),
        (fairness(table(cell("a", 500, 1000), cell(None, 500, 1000))), "no two groups"),
        (fairness(table(cell("a", 0, 1000), cell("b", 0, 1000))), "0 of 1000"),
        (fairness(table(cell("a", 0, 1000), cell("b", 900, 1000))), "a is 0 of 1000"),
        (fairness(table(cell("a", 500, 1000), cell("b", 500, 1000), cell("c", 15, 29))), "too small to judge: c (29)"),
        (fairness(table(cell("a", 500, 1000), cell("b", 500, 1000), criticals=[])), "no critical values"),
        (
            fairness(table(cell("a", 500, 1000), cell("b", 500, 1000), criticals=[critical(min_rows=29)])),
            "no critical values",
        ),
        (
            fairness(table(cell("a", 500, 1000), cell("b", 500, 1000), criticals=[critical("tpr")])),
            "no critical values",
        ),
        (fairness(table(cell("a", 500, 1000), cell("b", 500, 1000), unknown=106)), "not known for 106 of 2106"),
    ],
)
def test_what_cannot_be_said_is_inconclusive_and_says_why(facts: FairnessFacts, said: str) -> None:
    verdict = judged(facts, **RATIO)
    assert verdict.outcome is UNCLEAR
    assert said in verdict.why


def test_an_attribute_that_the_policy_names_and_the_evidence_lacks() -> None:
    facts = fairness(table(cell("a", 5000, 10000), cell("b", 5000, 10000)))
    assert judged(facts, attributes=["sex"], **RATIO).outcome is PASS
    verdict = judged(facts, attributes=["sex", "race"], **RATIO)
    assert (verdict.outcome, "race is not in the evidence" in verdict.why) == (UNCLEAR, True)


def test_unknown_at_its_limit_is_within_it() -> None:
    cells_ = (cell("a", 4750, 9500), cell("b", 4750, 9500))
    assert judged(fairness(table(*cells_, unknown=1000)), **RATIO).outcome is PASS
    assert judged(fairness(table(*cells_, unknown=1001)), **RATIO).outcome is UNCLEAR
    assert judged(fairness(table(*cells_, unknown=1001)), unknown_at_most="0.06", **RATIO).outcome is PASS


def test_a_group_of_min_rows_is_judged_and_one_below_is_not() -> None:
    big = (cell("a", 5000, 10000), cell("b", 5000, 10000))
    for rows, outcome in ((29, PASS), (30, FAIL)):
        facts = fairness(table(*big, Cell(group=("c",), tn=rows - 1, fp=0, fn=0, tp=1)))
        assert judged(facts, small_groups="listed", **RATIO).outcome is outcome
        assert judged(facts, **RATIO).outcome is (FAIL if outcome is FAIL else UNCLEAR)


def test_a_group_of_min_rows_is_not_also_too_small() -> None:
    facts = with_critical([cell("a", 30, 30), cell("b", 30, 30)], "selection_rate", RATIO)
    assert judged(facts, **RATIO).outcome is PASS
    assert judged(facts, min_rows=31, **RATIO).outcome is UNCLEAR


def test_listed_small_groups_are_counted_in_words() -> None:
    facts = fairness(table(cell("a", 5000, 10000), cell("b", 5000, 10000), cell("c", 0, 5)))
    verdict = judged(facts, small_groups="listed", **RATIO)
    assert verdict.outcome is PASS
    assert "1 smaller group listed, not compared" in verdict.why
    assert ("c",) in [looked.group for looked in verdict.looked_at]


@pytest.mark.parametrize("params", [RATIO, DIFFERENCE])
@pytest.mark.parametrize("small_groups", ["inconclusive", "listed"])
def test_a_rate_on_one_row_decides_nothing(params: dict[str, Any], small_groups: str) -> None:
    """1 of 1 true positives has no spread at all: as an interval it is a point, and would pass or fail on one row."""
    many = Cell(group=("a",), tn=0, fp=0, fn=10, tp=990)
    one = Cell(group=("b",), tn=999, fp=0, fn=0, tp=1)
    bad = Cell(group=("a",), tn=0, fp=0, fn=500, tp=500)
    for other in (many, bad):
        facts = with_critical([other, one], "tpr", params)
        verdict = judged(facts, metric="tpr", small_groups=small_groups, **params)
        assert verdict.outcome is UNCLEAR
        assert "tpr of b rests on 1 rows, fewer than 30" in verdict.why


@pytest.mark.parametrize("hidden", [cell("z", 0, 1000), cell("z", 1, 2), cell("z", 0, 1)])
def test_a_group_that_cannot_be_judged_hides_no_failure(hidden: Cell) -> None:
    facts = fairness(table(cell("a", 250, 1000), cell("b", 500, 1000), hidden))
    assert judged(facts, **RATIO).outcome is FAIL
    assert judged(facts, decide_on="point", **RATIO).outcome is FAIL


def test_one_failing_attribute_fails_whatever_the_others_say() -> None:
    good = table(cell("a", 5000, 10000), cell("b", 5000, 10000), attribute="good")
    thin = table(cell("a", 5, 10), cell("b", 5, 10), attribute="thin")
    bad = table(cell("a", 250, 1000), cell("b", 500, 1000), attribute="bad")
    for order in itertools.permutations([good, thin, bad]):
        verdict = judged(fairness(*order), **RATIO)
        assert verdict.outcome is FAIL
        assert verdict.why.startswith("bad: ") and "bad" in verdict.looked_at[0].path
    assert judged(fairness(good, thin), **RATIO).outcome is UNCLEAR


# Size


@pytest.mark.parametrize("params", [RATIO, DIFFERENCE])
def test_huge_counts(params: dict[str, Any]) -> None:
    n = 2**40
    even = fairness(table(cell("a", n // 2, n), cell("b", n // 2, n)))
    uneven = fairness(table(cell("a", n // 4, n), cell("b", n // 2, n)))
    largest = fairness(table(cell("a", 2**52 - 1, 2**52 - 1), cell("b", 1, 2**52)))
    assert judged(even, **params).outcome is PASS
    assert judged(uneven, **params).outcome is FAIL
    assert judged(largest, **params).outcome is FAIL


@pytest.mark.parametrize("params", [RATIO, DIFFERENCE])
def test_two_hundred_groups_in_bounded_time(params: dict[str, Any]) -> None:
    facts = with_critical([cell(f"g{i:03}", 400 + i, 1000) for i in range(200)], "selection_rate", params)
    verdict = judged(facts, **params)
    assert verdict.outcome is FAIL
    assert len(verdict.looked_at) <= 2 * 200 + 2
    assert compared(verdict).group == ("g000",) and compared(verdict).reference == ("g199",)


# Parameters


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"at_most": "0.8"},
        {"at_least": "0.8", "at_most": "0.1"},
        {"measure": "difference", "at_least": "0.8"},
        {"at_least": "0"},
        {"at_least": "-0.8"},
        {"at_least": "1.0001"},
        {"at_least": "80"},
        {"at_least": "NaN"},
        {"at_least": "Infinity"},
        {"at_least": "0,8"},
        {"at_least": ""},
        {"measure": "difference", "at_most": "1"},
        {"measure": "difference", "at_most": "10"},
        {"at_least": "0.8", "alpha": "0.2"},
        {"at_least": "0.8", "min_rows": "0"},
        {"at_least": "0.8", "min_rows": "30.5"},
        {"at_least": "0.8", "unknown_at_most": "5"},
        {"at_least": "0.8", "unknown_at_most": "-0.1"},
        {"at_least": "0.8", "metric": "selection"},
        {"at_least": "0.8", "small_groups": "ignore"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(params: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        DisparityParams.model_validate(params)


def test_the_projection_is_about_right() -> None:
    """Where the rates stay, the number of rows it names settles the matter, and a tenth of it does not."""
    for low, outcome in ((430, PASS), (370, FAIL)):
        verdict = judged(fairness(table(cell("a", low, 1000), cell("b", 500, 1000))), **RATIO)
        assert verdict.outcome is UNCLEAR
        rows = int(verdict.why.split("about ")[1].split(" rows")[0].replace(",", ""))
        for times, expected in ((1.05, outcome), (0.1, UNCLEAR)):
            n = round(rows * times / 100) * 100
            again = judged(fairness(table(cell("a", low * n // 1000, n), cell("b", n // 2, n))), **RATIO)
            assert again.outcome is expected


# Words


def test_a_doubt_shows_its_interval_low_end_first() -> None:
    for params in (RATIO, DIFFERENCE):
        verdict = judged(fairness(table(cell("a", 420, 1000), cell("b", 500, 1000))), **params)
        looked = compared(verdict)
        assert verdict.outcome is UNCLEAR
        low, high = verdict.why.split("[")[1].split("]")[0].split(", ")
        assert (float(low), float(high)) == pytest.approx((float(looked.low or ""), float(looked.high or "")), rel=1e-3)


def test_a_doubt_without_a_critical_value_is_open_at_its_far_end() -> None:
    facts = with_critical([cell("a", 420, 1000), cell("b", 500, 1000)], "selection_rate", RATIO, value=None)
    verdict = judged(facts, **RATIO)
    assert (verdict.outcome, ", open]" in verdict.why) == (UNCLEAR, True)
    assert compared(verdict).high is None


def test_small_groups_are_not_called_listed_where_they_stand_in_the_way() -> None:
    facts = fairness(table(cell("a", 5000, 10000), cell("b", 5000, 10000), cell("c", 5, 9)))
    assert "listed" not in judged(facts, **RATIO).why
    assert "listed" not in judged(fairness(table(cell("a", 500, 1000), cell("b", 500, 1000))), **RATIO).why


def test_a_failure_names_the_end_that_misses() -> None:
    verdict = judged(fairness(table(cell("a", 250, 1000), cell("b", 500, 1000))), **RATIO)
    end = format(float(compared(verdict).high or ""), ".4g")
    assert f"even the favourable end {end} is below 0.8" in verdict.why
