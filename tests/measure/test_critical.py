"""Critical values: the statistic as the formula says, simultaneous coverage, the same numbers for the same seed."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from governance.evidence.counts import Counts, cells_of, is_proportion
from governance.evidence.fairness import Cell
from governance.evidence.plan import Comparison
from governance.measure.critical import critical_values, replicates_for

NAMES = ("tn", "fp", "fn", "tp")


def cell(group: str | None, tn: int, fp: int, fn: int, tp: int) -> Cell:
    return Cell(group=(group,), tn=tn, fp=fp, fn=fn, tp=tp)


def asked(metric: str = "selection_rate", measure: str = "ratio", min_rows: int = 10) -> Comparison:
    return Comparison.model_validate({"metric": metric, "measure": measure, "min_rows": min_rows})


TABLE = (cell("a", 40, 20, 10, 30), cell("b", 30, 30, 20, 40), cell("c", 50, 25, 5, 45), cell(None, 3, 0, 2, 1))


def largest(drawn: Sequence[Sequence[int]], table: Sequence[Cell], comparison: Comparison) -> float:
    """max over pairs of |t*|, in the plainest way."""

    def derived(counts: Sequence[int]) -> tuple[float, float] | None:
        tn, fp, fn, tp = counts
        found = Counts(tn=tn, fp=fp, fn=fn, tp=tp)
        value = found.value(comparison.metric)
        if value is None or (comparison.measure == "ratio" and value <= 0):
            return None
        variance = found.variance(comparison.metric)
        return (math.log(value), variance / value**2) if comparison.measure == "ratio" else (value, variance)

    def parts(counts: Sequence[int]) -> tuple[float, float] | None:
        if not is_proportion(comparison.metric):
            return derived(counts)
        above, below = ([NAMES.index(name) for name in names] for names in cells_of(comparison.metric))
        k, n = sum(counts[i] for i in above), sum(counts[i] for i in below)
        if n == 0 or (comparison.measure == "ratio" and k == 0):
            return None
        p = k / n
        return (math.log(p), (1 - p) / k) if comparison.measure == "ratio" else (p, p * (1 - p) / n)

    then = [parts([getattr(each, name) for name in NAMES]) for each in table]
    judged = [
        i for i, each in enumerate(table) if each.group != (None,) and each.rows >= comparison.min_rows and then[i]
    ]
    now = [parts(counts) for counts in drawn]
    best = 0.0
    for i in judged:
        for j in judged:
            if i < j:
                one, two, was, other = now[i], now[j], then[i], then[j]
                if one is None or two is None or was is None or other is None:
                    return math.inf
                apart, spread = abs((one[0] - two[0]) - (was[0] - other[0])), math.sqrt(one[1] + two[1])
                if apart and not spread:
                    return math.inf
                best = max(best, apart / spread if spread else 0.0)
    return best


@pytest.mark.parametrize("metric", ["selection_rate", "tpr", "ppv", "f1", "balanced_accuracy", "jaccard"])
@pytest.mark.parametrize("measure", ["ratio", "difference"])
def test_equals_a_plain_implementation_on_the_same_draws(metric: str, measure: str) -> None:
    comparison = asked(metric, measure)
    counts = np.array([[getattr(each, name) for name in NAMES] for each in TABLE])
    filled, random = np.flatnonzero(counts.ravel()), np.random.Generator(np.random.PCG64(11))
    maxima = []
    for _ in range(999):
        drawn = np.zeros(counts.size, dtype=int)
        drawn[filled] = random.multinomial(counts.sum(), counts.ravel()[filled] / counts.sum())
        maxima.append(largest(drawn.reshape(-1, 4).tolist(), TABLE, comparison))
    maxima.sort()
    (found,) = critical_values(TABLE, [comparison], 11, 999)
    expected = {"0.1": maxima[899], "0.05": maxima[949], "0.01": maxima[989]}
    assert {alpha: float(value or "nan") for alpha, value in found.values.items()} == pytest.approx(expected, rel=1e-8)
    assert (found.groups, found.reason) == (3, None)


def test_agrees_with_resampling_rows() -> None:
    rows = np.repeat(np.arange(16), [getattr(each, name) for each in TABLE for name in NAMES])
    random, maxima = np.random.default_rng(3), []
    for _ in range(1500):
        drawn = np.bincount(random.choice(rows, size=len(rows)), minlength=16).reshape(-1, 4)
        maxima.append(largest(drawn.tolist(), TABLE, asked()))
    (found,) = critical_values(TABLE, [asked()], 5, 10_000)
    assert float(found.values["0.05"] or "nan") == pytest.approx(float(np.quantile(maxima, 0.95)), rel=0.07)
    assert float(found.values["0.1"] or "nan") == pytest.approx(float(np.quantile(maxima, 0.9)), rel=0.07)


def test_the_band_covers_all_true_ratios_at_once() -> None:
    random, covered, runs = np.random.default_rng(0), 0, 200
    share, rate = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.3, 0.25, 0.3, 0.2])
    p = np.array([[(1 - r), r] for r in rate]) * share[:, None]
    for seed in range(runs):
        counts = random.multinomial(3000, p.ravel()).reshape(-1, 2)
        table = [cell(str(i), int(no), int(yes), 0, 0) for i, (no, yes) in enumerate(counts)]
        (found,) = critical_values(table, [asked()], seed, 500)
        critical = float(found.values["0.05"] or "nan")
        n, k = counts.sum(axis=1), counts[:, 1]
        variance = (1 - k / n) / k
        covered += all(
            abs(math.log((k[i] / n[i]) / (k[j] / n[j]) * rate[j] / rate[i]))
            <= critical * math.sqrt(variance[i] + variance[j])
            for i in range(4)
            for j in range(i)
        )
    assert 0.91 <= covered / runs <= 0.995


def test_same_seed_same_values_and_another_seed_others() -> None:
    several = [asked(), asked("tpr"), asked(measure="difference")]
    assert critical_values(TABLE, several, 1, 2000) == critical_values(TABLE, several, 1, 2000)
    alone = tuple(critical_values(TABLE, [each], 1, 2000)[0] for each in several)
    assert alone == critical_values(TABLE, several, 1, 2000)
    assert critical_values(TABLE, several, 2, 2000) != alone


@pytest.mark.parametrize(
    ("table", "comparison", "says"),
    [
        (TABLE[:1], asked(), "fewer than two"),
        (TABLE, asked(min_rows=121), "fewer than two known groups have at least 121 rows"),
        ((TABLE[0], cell("z", 20, 0, 20, 0)), asked(), "a defined rate"),
        ((TABLE[0], cell("z", 20, 20, 0, 0)), asked("tpr"), "a defined rate"),
        ((TABLE[0], cell("z", 20, 20, 0, 0)), asked("tpr", "difference"), "a defined rate"),
        ((TABLE[0], TABLE[3]), asked(min_rows=0), "fewer than two"),
    ],
)
def test_null_has_its_reason(table: Sequence[Cell], comparison: Comparison, says: str) -> None:
    (found,) = critical_values(table, [comparison], 1, 1000)
    assert set(found.values.values()) == {None}
    assert found.reason is not None
    assert says in found.reason


def test_an_empty_cell_counts_against_the_quantile() -> None:
    # P(no positive of b in a replicate) = about exp(-3) = 5 %: the 90 % quantile is finite, the 99 % one is not.
    table = (cell("a", 500, 500, 0, 0), cell("b", 997, 3, 0, 0))
    (found,) = critical_values(table, [asked()], 1, 10_000)
    assert found.values["0.1"] is not None
    assert found.values["0.01"] is None
    assert found.reason is not None
    assert "empty cell" in found.reason


def test_a_group_without_a_rate_leaves_the_others_their_values() -> None:
    empty = cell("z", 20, 0, 20, 0)
    (found,) = critical_values((*TABLE, empty), [asked()], 1, 1000)
    assert (found.groups, found.reason) == (3, None)
    certain = (cell("x", 0, 50, 0, 50), cell("y", 0, 60, 0, 60), *TABLE)
    (found,) = critical_values(certain, [asked()], 1, 1000)
    assert (found.groups, found.reason) == (5, None)


def test_a_difference_of_a_rate_of_zero_has_a_value() -> None:
    (found,) = critical_values((TABLE[0], cell("z", 40, 0, 20, 0)), [asked(measure="difference")], 1, 1000)
    assert found.reason is None


def test_a_thousand_groups_stay_small_in_memory() -> None:
    import tracemalloc

    table = [cell(f"{i:04}", 20 + i % 7, 10, 8, 12) for i in range(1000)]
    assert replicates_for(table) == 1000
    tracemalloc.start()
    (found,) = critical_values(table, [asked()], 1, 100)
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()
    assert found.groups == 1000
    assert 4 < float(found.values["0.1"] or "nan") < 8
    assert replicates_for(TABLE) == 10_000
