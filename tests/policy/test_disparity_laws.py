"""The disparity rule on any counts: what no data may bring about."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.evidence.fairness import Cell
from tests.policy.cases import critical, fairness, table
from tests.policy.disparities import FAIL, PASS, UNCLEAR, cells, judged, limits, metrics, with_critical


@given(cells(), metrics, limits, st.sampled_from(["bound", "point"]), st.randoms(use_true_random=False))
def test_the_order_of_groups_changes_no_verdict(
    found: list[Cell], metric: str, limit: dict[str, Any], decide_on: str, shuffler: random.Random
) -> None:
    shuffled = [*found]
    shuffler.shuffle(shuffled)
    params = limit | {"metric": metric, "decide_on": decide_on, "min_rows": 1}
    one, other = (
        judged(
            fairness(table(*order, criticals=[critical(metric, limit.get("measure", "ratio"), min_rows=1)])), **params
        )
        for order in (found, shuffled)
    )
    assert one.outcome is other.outcome


@given(cells(), metrics, limits)
def test_pass_and_fail_exclude_each_other(found: list[Cell], metric: str, limit: dict[str, Any]) -> None:
    """What passes holds at the point value; what fails does not; and both cannot be claimed with other alphas."""
    facts = with_critical(found, metric, limit)
    outcomes = {judged(facts, metric=metric, alpha=alpha, **limit).outcome for alpha in ("0.1", "0.05", "0.01")}
    assert not {PASS, FAIL} <= outcomes
    point = judged(facts, metric=metric, decide_on="point", **limit).outcome
    if PASS in outcomes:
        assert point is PASS
    if FAIL in outcomes:
        assert point is FAIL


@given(cells(500), metrics, limits, st.integers(2, 1000))
def test_more_of_the_same_only_settles(found: list[Cell], metric: str, limit: dict[str, Any], times: int) -> None:
    """Every count multiplied: a verdict stays, or a doubt is settled; a pass never becomes a failure."""
    more = [Cell(group=c.group, tn=c.tn * times, fp=c.fp * times, fn=c.fn * times, tp=c.tp * times) for c in found]
    few = judged(with_critical(found, metric, limit), metric=metric, **limit).outcome
    many = judged(with_critical(more, metric, limit), metric=metric, **limit).outcome
    assert few is UNCLEAR or few is many


@given(cells(), metrics, limits, st.integers(0, 40), st.integers(0, 40))
def test_one_more_group_never_turns_a_failure_into_less(
    found: list[Cell], metric: str, limit: dict[str, Any], selected: int, rows: int
) -> None:
    """Nobody gets out of a failure by adding rows of a group too small to judge."""
    before = judged(with_critical(found, metric, limit), metric=metric, **limit).outcome
    extra = Cell(group=("new",), tn=rows, fp=0, fn=0, tp=selected)
    after = judged(with_critical([*found, extra], metric, limit), metric=metric, **limit).outcome
    if before is FAIL:
        assert after is FAIL
    elif before is UNCLEAR:
        assert after is not PASS or len([c for c in found if c.rows]) < 2


@given(cells(), metrics, limits)
def test_without_critical_values_nothing_passes_or_fails(found: list[Cell], metric: str, limit: dict[str, Any]) -> None:
    assert judged(fairness(table(*found, criticals=[])), metric=metric, **limit).outcome is UNCLEAR


@given(cells(), metrics, limits)
def test_an_open_critical_value_never_fails(found: list[Cell], metric: str, limit: dict[str, Any]) -> None:
    assert judged(with_critical(found, metric, limit, value=None), metric=metric, **limit).outcome is not FAIL
