"""Metrics of performance with bootstrap intervals, from a table of counts whatever the number of rows.

Metrics of labels are functions of the four confusion counts. Metrics of scores are computed on every row; for their
intervals scores are put into at most MOST_BINS bins of about equally many rows, ties together. With fewer distinct
scores than that, redrawing the counts is the row bootstrap exactly (Efron, "Bootstrap methods: another look at the
jackknife", 1979); with more, only the spread is taken from the bins, not the value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from governance.canonical import real
from governance.evidence.counts import Counts, evaluate
from governance.evidence.fairness import ALPHAS
from governance.evidence.performance import COUNT_METRICS, LOSSES, SCORE_METRICS, MetricFact
from governance.measure.scores import Scored

if TYPE_CHECKING:
    import numpy

    Statistic: TypeAlias = Callable[[numpy.ndarray], numpy.ndarray]

MOST_BINS = 250
CALIBRATION_BINS = 20
REPLICATES = 10_000
_FEWEST = 2_000
_DRAWS = 1_000_000


class Interval(NamedTuple):
    """`ends` maps alpha to (low, high), each one-sided at alpha; null where there is none, for `reason`."""

    value: float | None
    ends: dict[str, tuple[float | None, float | None]]
    replicates: int
    reason: str | None


def measured(metrics: Sequence[str], counts: Counts, scores: Scored | str | None, seed: int) -> tuple[MetricFact, ...]:
    """One fact for each metric. `scores` may be the reason why there are none; null where no metric needs them.
    RuntimeError for an unknown metric."""
    import numpy as np

    facts = []
    for metric in metrics:
        if metric in COUNT_METRICS:
            table = np.array([counts.tn, counts.fp, counts.fn, counts.tp], dtype=np.float64)
            found = bca(table, partial(_of_counts, metric), seed)
        elif metric not in SCORE_METRICS:
            raise RuntimeError(f"unknown metric {metric!r}")
        elif scores is None or isinstance(scores, str):
            found = Interval(None, {}, 0, scores or "there are no scores")
        else:
            found = _of_scores(metric, scores, seed)
        facts.append(_fact(metric, counts.rows, found, seed))
    return tuple(facts)


def _fact(metric: str, rows: int, found: Interval, seed: int) -> MetricFact:
    def written(side: int) -> dict[str, str | None]:
        ends = {alpha: found.ends.get(alpha, (None, None))[side] for alpha in ALPHAS}
        return {alpha: None if end is None else real(end) for alpha, end in ends.items()}

    return MetricFact(
        metric=metric,
        value=None if found.value is None else real(found.value),
        low=written(0),
        high=written(1),
        rows=rows,
        seed=seed,
        replicates=found.replicates,
        reason=found.reason,
    )


def bca(counts: numpy.ndarray, statistic: Statistic, seed: int) -> Interval:
    """BCa interval (Efron, "Better bootstrap confidence intervals", JASA 82, 1987, section 4; acceleration by the
    jackknife, Efron and Tibshirani 1993, 14.15) from multinomial replicates of a table of counts.

    `statistic` maps tables (replicates x cells) to values, NaN where undefined. A replicate where it is undefined
    stands beyond both ends. No interval where no replicate differs: it would have no width.
    """
    import numpy as np

    value = float(statistic(counts[None, :])[0])
    if not np.isfinite(value):
        return Interval(None, {}, 0, "it is not defined on this table: a row or column of it is empty")
    filled = np.flatnonzero(counts)
    values = _redrawn(counts, filled, statistic, seed)
    replicates, defined = len(values), values[np.isfinite(values)]
    if len(defined) == 0 or np.ptp(np.append(defined, value)) <= 1e-12:
        return Interval(value, {}, replicates, "no replicate differs: the table has no error to draw from")
    acceleration = _acceleration(counts, filled, statistic)
    if acceleration is None:
        return Interval(value, {}, replicates, "it rests on one row: without it, it is not defined")
    normal = NormalDist()
    # Ties count half: a table of few rows gives the same value again and again.
    below = float(np.mean(defined < value - 1e-12) + np.mean(np.abs(defined - value) <= 1e-12) / 2)
    bias = normal.inv_cdf(min(max(below, 0.5 / len(defined)), 1 - 0.5 / len(defined)))
    lowest = np.sort(np.where(np.isfinite(values), values, -np.inf))
    highest = np.sort(np.where(np.isfinite(values), values, np.inf))
    ends: dict[str, tuple[float | None, float | None]] = {}
    for alpha in ALPHAS:
        z = normal.inv_cdf(1 - float(alpha))
        low = _quantile(lowest, _moved(bias, -z, acceleration), np.floor)
        high = _quantile(highest, _moved(bias, z, acceleration), np.ceil)
        # An end on the wrong side of the estimate would be an artefact of the correction.
        ends[alpha] = (None if low is None else min(low, value), None if high is None else max(high, value))
    open_ = any(end is None for pair in ends.values() for end in pair)
    reason = f"an end lies beyond the {replicates:,} replicates, or where the metric is not defined" if open_ else None
    return Interval(value, ends, replicates, reason)


def _redrawn(counts: numpy.ndarray, filled: numpy.ndarray, statistic: Statistic, seed: int) -> numpy.ndarray:
    """The statistic of each replicate; `filled` are the cells that are not empty."""
    import numpy as np

    replicates = max(_FEWEST, min(REPLICATES, _DRAWS // len(filled)))
    random = np.random.Generator(np.random.PCG64(seed))
    drawn = []
    step = max(1, 1_000_000 // len(counts))
    for start in range(0, replicates, step):
        tables = np.zeros((min(step, replicates - start), len(counts)))
        tables[:, filled] = random.multinomial(int(counts.sum()), counts[filled] / counts.sum(), size=len(tables))
        drawn.append(statistic(tables))
    return np.concatenate(drawn)


def _moved(bias: float, z: float, acceleration: float) -> float:
    normal, shifted = NormalDist(), bias + z
    return normal.cdf(bias + shifted / max(1 - acceleration * shifted, 1e-6))


def _quantile(ordered: numpy.ndarray, share: float, rounding: Callable[[float], float]) -> float | None:
    """The k-th smallest, k = (B + 1) share rounded outwards; null where there is none or it is infinite."""
    import numpy as np

    rank = int(rounding((len(ordered) + 1) * share))
    if not 1 <= rank <= len(ordered) or not np.isfinite(ordered[rank - 1]):
        return None
    return float(ordered[rank - 1])


def _acceleration(counts: numpy.ndarray, filled: numpy.ndarray, statistic: Statistic) -> float | None:
    """One row fewer in each cell, as often as it has rows. Null where that leaves the statistic undefined."""
    import numpy as np

    without = np.concatenate([statistic(counts - np.eye(len(counts))[part]) for part in np.array_split(filled, 8)])
    if not np.isfinite(without).all():
        return None
    weight = counts[filled]
    apart = (weight * without).sum() / weight.sum() - without
    spread = (weight * apart**2).sum()
    return float((weight * apart**3).sum() / (6 * spread**1.5)) if spread > 0 else 0.0


def _of_counts(metric: str, tables: numpy.ndarray) -> numpy.ndarray:
    """tables: replicates x (tn, fp, fn, tp). An empty denominator is undefined and not 0, unlike in scikit-learn."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(evaluate(metric, *tables.T))


def _of_scores(metric: str, scores: Scored, seed: int) -> Interval:
    import numpy as np

    # Whatever order the rows came in, sums are taken in one.
    order = np.lexsort((scores.positive, -scores.score))
    positive, score = scores.positive[order], scores.score[order]
    loss = None
    if metric in LOSSES:
        if score[0] > 1 or score[-1] < 0:
            return Interval(None, {}, 0, "the scores are no probabilities: some lie outside 0 to 1")
        if metric == "calibration_error":
            return _calibration_error(positive, score, seed)
        loss = row_losses(metric, positive, score)
    # Rows of equal score stand on one step.
    step = np.concatenate([[0], np.cumsum(score[1:] != score[:-1])])
    table, losses = stepped(step, positive, loss)
    exact = float(loss.mean()) if loss is not None else float(rank_metric(metric, table[None, :])[0])
    if not np.isfinite(exact):
        return Interval(None, {}, 0, "it is not defined: all rows have the same label")
    if step[-1] >= MOST_BINS:
        first = np.flatnonzero(np.concatenate([[True], step[1:] != step[:-1]]))
        step = np.unique((first * MOST_BINS // len(score))[step], return_inverse=True)[1]
        table, losses = stepped(step, positive, loss)

    def statistic(tables: numpy.ndarray) -> numpy.ndarray:
        return rank_metric(metric, tables) if losses is None else tables @ losses / tables.sum(axis=1)

    found = bca(table, statistic, seed)
    if found.value is None:
        return found
    shift = exact - found.value
    moved = {
        alpha: (None if low is None else low + shift, None if high is None else high + shift)
        for alpha, (low, high) in found.ends.items()
    }
    return Interval(exact, moved, found.replicates, found.reason)


def _calibration_error(positive: numpy.ndarray, score: numpy.ndarray, seed: int) -> Interval:
    """Expected calibration error: how far in each of CALIBRATION_BINS bins of equal width the mean score is from the
    share of positives, weighed by rows (Naeini, Cooper and Hauskrecht, AAAI 2015, formula 3). Every sample errs a
    little, so it is too high on few rows, and replicates are higher still. Both ends are on the safe side of that: the
    upper one is the replicates' quantile, the lower one the same distance below the value (Davison and Hinkley 1997,
    5.6 and 5.14)."""
    import numpy as np

    place = np.minimum((score * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    cell = 2 * place + ~positive
    table = np.bincount(cell, minlength=2 * CALIBRATION_BINS).astype(np.float64)
    mean = np.bincount(cell, weights=score, minlength=2 * CALIBRATION_BINS) / np.maximum(table, 1)
    # Of each row of a cell, how far it moves its bin: the score, less one for a positive.
    apart = mean - np.tile([1.0, 0.0], CALIBRATION_BINS)

    def statistic(tables: numpy.ndarray) -> numpy.ndarray:
        bins = (tables * apart).reshape(len(tables), CALIBRATION_BINS, 2).sum(axis=2)
        return np.abs(bins).sum(axis=1) / tables.sum(axis=1)

    value = float(statistic(table[None, :])[0])
    ordered = np.sort(_redrawn(table, np.flatnonzero(table), statistic, seed))
    if ordered[-1] - ordered[0] <= 1e-12:
        return Interval(value, {}, len(ordered), "no replicate differs: the table has no error to draw from")
    ends: dict[str, tuple[float | None, float | None]] = {}
    for alpha in ALPHAS:
        high = max(value, _quantile(ordered, 1 - float(alpha), np.ceil) or value)
        ends[alpha] = (max(0.0, 2 * value - high), high)
    return Interval(value, ends, len(ordered), None)


def row_losses(metric: str, positive: numpy.ndarray, score: numpy.ndarray) -> numpy.ndarray:
    """Of each row. A probability of exactly 0 or 1 is clipped to what a double can tell from it, as scikit-learn
    does."""
    import numpy as np

    if metric == "brier":
        return np.square(score - positive)
    clipped = np.clip(score, np.finfo(np.float64).eps, 1 - np.finfo(np.float64).eps)
    return -np.log(np.where(positive, clipped, 1 - clipped))


def stepped(
    step: numpy.ndarray, positive: numpy.ndarray, loss: numpy.ndarray | None
) -> tuple[numpy.ndarray, numpy.ndarray | None]:
    """(counts, mean loss of each cell). Cells: positives and negatives of the highest step, of the next, ..."""
    import numpy as np

    cell, cells = 2 * step + ~positive, 2 * (int(step[-1]) + 1)
    counts = np.bincount(cell, minlength=cells).astype(np.float64)
    if loss is None:
        return counts, None
    return counts, np.bincount(cell, weights=loss, minlength=cells) / np.maximum(counts, 1)


def rank_metric(metric: str, tables: numpy.ndarray) -> numpy.ndarray:
    """ROC AUC as the share of pairs in order, ties half (Hanley and McNeil, Radiology 143, 1982), or average precision
    as the sum over steps of precision times the gain in recall. tables: replicates x cells."""
    import numpy as np

    positives, negatives = tables[:, 0::2], tables[:, 1::2]
    with np.errstate(divide="ignore", invalid="ignore"):
        if metric == "roc_auc":
            total = negatives.sum(axis=1)
            beneath = total[:, None] - np.cumsum(negatives, axis=1) + negatives / 2
            return (positives * beneath).sum(axis=1) / (positives.sum(axis=1) * total)
        found = np.cumsum(positives, axis=1)
        shown = found + np.cumsum(negatives, axis=1)
        precision = np.divide(found, shown, out=np.zeros_like(found), where=shown > 0)
        return (positives * precision).sum(axis=1) / positives.sum(axis=1)
