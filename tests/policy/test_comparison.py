"""Metrics that are no proportions: intervals that cover, comparisons that mean something, nothing at the ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import BadInput
from governance.evidence.counts import CELLS, GROUP_METRICS, evaluate, is_proportion, range_of
from governance.evidence.fairness import Cell
from governance.policy.comparison import check_measure, compare, interval, undefined
from governance.policy.document import load_policy
from governance.policy.intervals import transformed, z_value

DERIVED = [metric for metric in GROUP_METRICS if not is_proportion(metric)]


def cell(counts: object, name: str = "a") -> Cell:
    return Cell(group=(name,), **dict(zip(CELLS, map(int, counts), strict=True)))  # type: ignore[call-overload]


@pytest.mark.parametrize("metric", DERIVED)
def test_simulated_coverage(metric: str) -> None:
    """Each end misses in about 5 of 100 samples, and so does the comparison of two groups that are alike."""
    shares, rows, runs, z = np.array([0.6, 0.1, 0.08, 0.22]), 500, 400, z_value(0.05)
    truth, measure = evaluate(metric, *shares), "ratio" if range_of(metric)[0] == 0 else "difference"
    drawn = np.random.default_rng(3).multinomial(rows, shares, size=2 * runs)
    misses = np.zeros(3)
    for one, other in zip(drawn[::2], drawn[1::2], strict=True):
        low, high = interval(cell(one), metric, z)
        compared = compare(cell(one), cell(other), metric, measure, z, None)  # type: ignore[arg-type]
        misses += low > truth, high < truth, compared.low > (measure == "ratio")
    assert misses / runs == pytest.approx(np.full(3, 0.05), abs=0.035), misses


@given(st.floats(0.001, 0.999), st.floats(1e-6, 2), st.floats(0.1, 4), st.sampled_from([(0.0, 1.0), (-1.0, 1.0)]))
def test_an_interval_stays_in_the_range(share: float, se: float, z: float, ends: tuple[float, float]) -> None:
    least, most = ends
    value = least + (most - least) * share
    low, high = transformed(value, se, least, most, z)
    assert least <= low <= value + 1e-12 and value - 1e-12 <= high <= most
    low, high = transformed(value + 2, se, 0.0, float("inf"), z)
    assert 0 < low < value + 2 < high


def test_what_has_no_interval_says_why() -> None:
    perfect, empty = cell((50, 0, 0, 50)), cell((50, 0, 0, 0))
    for metric in DERIVED:
        ends = metric not in ("positive_likelihood_ratio",)
        assert ("no error" if ends else "not defined") in undefined(perfect, metric, None, 30)
        assert undefined(empty, metric, None, 0)
    assert "rests on 0 rows" in undefined(empty, "balanced_accuracy", None, 30)
    assert undefined(perfect, "tpr", "ratio", 30) == ""


@pytest.mark.parametrize("metric", ["informedness", "matthews_corrcoef", "cohen_kappa"])
def test_what_may_be_negative_has_no_ratio(metric: str) -> None:
    with pytest.raises(ValueError, match="measure: difference"):
        check_measure(metric, "ratio")
    check_measure(metric, "difference")
    with pytest.raises(ValueError, match="measure: ratio"):
        check_measure("positive_likelihood_ratio", "difference")


@pytest.mark.parametrize("rule", ["fairness.disparity@1", "fairness.reference@1"])
def test_a_policy_that_compares_what_means_nothing_is_refused(rule: str) -> None:
    more = ", attribute: sex, reference: [a]" if "reference" in rule else ""
    text = (
        "schema: governance.policy/v1\nid: p\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
        f"environments: [prod]\nrules:\n  - {{id: a, uses: {rule}, enforcement: {{default: deny}}, "
        f"with: {{metric: cohen_kappa, at_least: 0.8{more}}}}}\n"
    )
    with pytest.raises(BadInput, match="may be negative"):
        load_policy(text.encode(), "p.yaml")
