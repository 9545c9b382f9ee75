"""The four-fifths rule: what chance does to it, which groups count, and what no data may bring about."""

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from governance.errors import BadInput
from governance.evidence.fairness import Cell
from governance.policy.finding import Looked, Verdict
from governance.policy.outcome import Outcome
from governance.policy.rules.fairness.adverse_impact import AdverseImpactParams, adverse_impact
from tests.policy.cases import cell, fairness, policy, table
from tests.policy.disparities import cells

PASS, FAIL, UNCLEAR = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
BETTER_FIRST = (PASS, UNCLEAR, FAIL)


def judged(*found: Cell, unknown: int = 0, **params: Any) -> Verdict:
    facts = fairness(table(*found, unknown=unknown, criticals=[]))
    return adverse_impact.function(facts, AdverseImpactParams.model_validate(params))


def of(k: int, n: int, k0: int, n0: int, **params: Any) -> Verdict:
    """A group of which `k` of `n` are selected, beside the highest."""
    return judged(cell("f", k, n), cell("m", k0, n0), **params)


def looked(verdict: Verdict, last: str, group: str = "f") -> Looked:
    return next(one for one in verdict.looked_at if one.path.endswith(last) and one.group == (group,))


def test_the_limit_is_met_at_four_fifths_and_not_below() -> None:
    """Nothing but the ratio: with so few selected of so many no difference is significant, and one person is little."""
    quiet = {"z_beyond": "10", "practical": "1"}
    assert of(8000, 10**6, 10000, 10**6, at_least="0.8", **quiet).outcome is UNCLEAR  # one less would turn it
    assert of(8001, 10**6, 10000, 10**6, at_least="0.8", **quiet).outcome is UNCLEAR
    assert of(8002, 10**6, 10000, 10**6, at_least="0.8", **quiet).outcome is PASS
    assert of(7999, 10**6, 10000, 10**6, at_least="0.8", **quiet).outcome is FAIL  # z is far beyond 10


@pytest.mark.parametrize(
    ("k", "outcome", "said"),
    [
        # 40 of 100 is the highest rate; four fifths are 32 of 100, and by one selection 32 to 39, or 31 to 40.
        (30, FAIL, "would not turn it"),
        (31, UNCLEAR, "given to f instead would turn it"),
        (32, UNCLEAR, "taken from f would turn it"),
        (33, UNCLEAR, "taken from f would turn it"),
        (34, PASS, "not significant"),
        (20, FAIL, "significant"),
    ],
)
def test_where_one_person_turns_it(k: int, outcome: Outcome, said: str) -> None:
    found = of(k, 100, 40, 100)
    assert found.outcome is outcome and said in found.why
    ratio = looked(found, ".ratio")
    assert (ratio.value, ratio.reference, ratio.n) == (str(Decimal(k) / 40), ("m",), 200)
    assert float(ratio.low or 0) == pytest.approx((k - 1) / 41)
    assert float(ratio.high or 0) == pytest.approx((k + 1) / 39)


def test_what_is_significant_fails_although_one_person_would_turn_it() -> None:
    assert of(7999, 10**4, 10**4, 10**4).outcome is FAIL
    assert of(7999, 10**4, 10**4, 10**4, z_beyond="10").outcome is FAIL
    few = of(3, 8, 4, 8)
    assert few.outcome is UNCLEAR and "p is 1," in few.why


@pytest.mark.parametrize(("k", "significant"), [(379, False), (378, True)])
def test_significance_turns_at_the_z_that_the_policy_names(k: int, significant: bool) -> None:
    found = of(k, 900, 420, 900, practical="0")
    z = float(looked(found, ".z").value or 0)
    assert (z > 1.96) is significant
    assert found.outcome is (UNCLEAR if significant else PASS)
    assert of(k, 900, 420, 900, practical="0", z_beyond=looked(found, ".z").value).outcome is PASS
    p = float(looked(found, ".p").value or 0)
    assert p == pytest.approx(stats.chi2_contingency([[k, 900 - k], [420, 480]], correction=False).pvalue, rel=1e-6)


@pytest.mark.parametrize(("selected", "exact"), [(50, False), (49, True)])
def test_fewer_than_five_expected_take_the_exact_test(selected: int, exact: bool) -> None:
    """Of 10 in 100, 5 are expected where 50 are selected."""
    found = of(2, 10, selected - 2, 90)
    assert ("Fisher" in found.why) is exact
    both = [[2, 8], [selected - 2, 92 - selected]]
    expected = stats.fisher_exact(both).pvalue if exact else stats.chi2_contingency(both, correction=False).pvalue
    assert float(looked(found, ".p").value or 0) == pytest.approx(expected, rel=1e-6)
    assert float(looked(found, ".z").value or 0) > 0


@pytest.mark.parametrize(
    ("smaller", "outcome"), [("inconclusive", UNCLEAR), ("fail", FAIL), ("listed", PASS)]
)  # fmt: skip
def test_a_smaller_difference_that_is_significant_and_matters_is_what_the_policy_says(
    smaller: str, outcome: Outcome
) -> None:
    found = of(8550, 10000, 9500, 10000, smaller_differences=smaller)
    assert found.outcome is outcome
    # Nothing of it is excused by a waiver for no group.
    assert (looked(found, ".ratio").low is None) is (outcome is not PASS)
    assert of(9000, 10000, 9500, 10000, smaller_differences=smaller).outcome is outcome  # 0.05
    assert of(9001, 10000, 9500, 10000, smaller_differences=smaller).outcome is PASS


@pytest.mark.parametrize(("rows", "counts"), [(20, True), (19, False)])
def test_two_in_a_hundred_count(rows: int, counts: bool) -> None:
    """Of whom nobody is selected; 20 of 1000 are two in a hundred."""
    found = judged(cell("a", 490, 490), cell("b", 489, 489), cell("c", 0, rows), cell("d", 1, 1), practical="1")
    assert found.outcome is (FAIL if counts else PASS)
    assert ("c (" in found.why) is not counts
    assert "d (1)" in found.why
    assert looked(found, ".selection_rate", "c").value == "0"
    assert looked(found, ".selection_rate", "d").n == 1


def test_a_group_too_small_is_not_the_highest() -> None:
    found = judged(cell("a", 450, 900), cell("b", 440, 900), cell("c", 10, 10))
    assert found.outcome is PASS and looked(found, ".ratio", "b").reference == ("a",)


def test_after_a_shift_the_highest_may_be_another() -> None:
    """One selection from a to c leaves b at the top, of which c is still below four fifths."""
    assert judged(cell("a", 200, 250), cell("c", 159, 250)).outcome is FAIL  # significant
    few = judged(cell("a", 10, 20), cell("c", 7, 20))
    assert few.outcome is UNCLEAR
    assert judged(cell("a", 10, 20), cell("b", 10, 20), cell("c", 7, 20), z_beyond="10").outcome is UNCLEAR
    assert judged(cell("a", 11, 20), cell("b", 11, 20), cell("c", 8, 20), z_beyond="10").outcome is UNCLEAR
    assert judged(cell("a", 12, 20), cell("c", 8, 20), z_beyond="10").outcome is UNCLEAR  # 9 to 11
    assert judged(cell("a", 12, 20), cell("b", 12, 20), cell("c", 8, 20), z_beyond="10").outcome is FAIL  # 9 to 12


@pytest.mark.parametrize(("unknown", "outcome"), [(10, PASS), (11, UNCLEAR)])
def test_unknown(unknown: int, outcome: Outcome) -> None:
    """5 % of all may be unknown."""
    assert judged(cell("a", 50, 95), cell("b", 49, 95), cell(None, 1, unknown), unknown=unknown).outcome is outcome


def test_a_table_of_candidates_whose_ratios_were_published() -> None:
    """As in the example of New York City's rules on bias audits (6 RCNY 5-301), by race or ethnicity."""
    groups = {"Hispanic": (204, 408), "White": (412, 797), "Black": (170, 390), "Pacific": (52, 119),
              "Asian": (302, 616), "Native": (18, 41), "Two or more": (96, 213)}  # fmt: skip
    found = judged(*(cell(title, *counts) for title, counts in groups.items()))
    ratios = {one.group[0]: round(float(one.value or 0), 3) for one in found.looked_at if one.reference and one.group}
    assert ratios == {"Hispanic": 0.967, "Black": 0.843, "Pacific": 0.845, "Asian": 0.948, "Two or more": 0.872}
    assert "Native (41)" in found.why
    assert found.outcome is UNCLEAR and "Black has 0.8432" in found.why and "Asian" not in found.why


def test_the_worst_attribute_decides_and_each_that_is_named_must_be_there() -> None:
    fine, bad = table(cell("a", 50, 100), cell("b", 50, 100)), table(cell("c", 10, 100), cell("d", 50, 100))
    facts = fairness(fine, bad.model_copy(update={"attributes": ("race", "sex")}))

    def outcome(*names: str) -> Outcome:
        return adverse_impact.function(facts, AdverseImpactParams.model_validate({"attributes": names})).outcome

    assert (outcome(), outcome("sex"), outcome("race*sex"), outcome("sex", "age")) == (FAIL, PASS, FAIL, UNCLEAR)


def test_of_two_highest_the_larger_one_is_compared_with() -> None:
    """Of which more can be said, wherever it stands in the table."""
    groups = [cell("a", 5, 10), cell("b", 100, 200), cell("c", 70, 180)]
    for order in (groups, groups[::-1]):
        found = judged(*order)
        assert looked(found, ".ratio", "c").reference == ("b",) and found.outcome is FAIL


@given(cells() | cells(3), st.randoms(use_true_random=False))
def test_the_order_of_groups_changes_no_verdict(found: list[Cell], shuffler: random.Random) -> None:
    shuffled = [*found]
    shuffler.shuffle(shuffled)
    assert judged(*found).outcome is judged(*shuffled).outcome


@given(cells(60))
def test_what_passes_meets_the_ratio_and_what_fails_by_it_does_not(found: list[Cell]) -> None:
    verdict = judged(*found)
    ratios = [float(one.value) for one in verdict.looked_at if one.reference and one.value]
    if verdict.outcome is PASS:
        assert min(ratios) >= 0.8
    if verdict.outcome is FAIL:
        assert min(ratios) < 0.8


@given(
    cells(60),
    st.sampled_from(["at_least", "z_beyond", "practical"]),
    st.integers(1, 100),
    st.integers(1, 100),
    st.sampled_from(["inconclusive", "fail", "listed"]),
)
def test_tightened_it_never_says_better(found: list[Cell], name: str, one: int, other: int, smaller: str) -> None:
    largest = {"at_least": 1, "z_beyond": 5, "practical": 1}[name]
    low, high = sorted(Decimal(value * largest) / 100 for value in (one, other))
    loose, tight = (low, high) if name == "at_least" else (high, low)
    before, after = (judged(*found, smaller_differences=smaller, **{name: value}).outcome for value in (loose, tight))
    assert BETTER_FIRST.index(after) >= BETTER_FIRST.index(before)


@given(cells(60), st.integers(0, 60), st.integers(1, 60))
def test_no_group_below_the_share_turns_a_failure_into_less(found: list[Cell], selected: int, rows: int) -> None:
    """Nobody gets out of a failure by adding rows of another group that is too small to count."""
    extra = Cell(group=("new",), tn=rows, fp=0, fn=0, tp=selected)
    people = sum(one.rows for one in found) + extra.rows
    before, after = judged(*found), judged(*found, extra)
    counted = {one.group for one in after.looked_at if one.path.endswith(".z")}
    same = [one for one in found if 0 < one.rows < people * 0.02 or 0 < one.rows < (people - extra.rows) * 0.02]
    if before.outcome is FAIL and not same and extra.rows < people * 0.02:
        assert after.outcome is FAIL and ("new",) not in counted


@pytest.mark.parametrize(
    "wrong", ["at_least: 0", "at_least: 1.01", "share_at_least: 1", "z_beyond: 0", "practical: 1.1", "alpha: 0.05"]
)
def test_parameters_that_mean_nothing_are_refused(wrong: str) -> None:
    with pytest.raises(BadInput):
        policy(f"{{id: n, uses: fairness.adverse_impact@1, with: {{{wrong}}}, enforcement: {{default: deny}}}}")
