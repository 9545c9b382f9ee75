"""This model against the champion by metrics of scores: paired on the same rows, in closed form.

A row moves both metrics, so what errs is the difference of its two influences. No replicates are drawn: the ends are
the same on any machine. With z the (1 - alpha) quantile of the normal distribution they are better -+ z * se, se being

- roc_auc: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988), from placement values, ties half (by midranks, as
  Sun and Xu, IEEE Signal Processing Letters 21, 2014).
- average_precision: infinitesimal jackknife (Jaeckel 1972; Efron, "The jackknife, the bootstrap and other resampling
  plans", 1982, chapter 6): derivatives of the metric by the weight of each row, ties on one step.
- brier, log_loss: the paired standard error of the mean of the rows' differences, which is that jackknife for a mean.
- calibration_error: that jackknife too; because a sample's calibration error is too high, each end is moved outwards by
  the most that its own model's may be: E|N(m, s)| - |m| is at most s sqrt(2 / pi) in each bin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import real
from governance.evidence.counts import Counts
from governance.evidence.fairness import ALPHAS
from governance.evidence.performance import LOSSES, SCORE_METRICS, PairedScore
from governance.measure.metrics import CALIBRATION_BINS, row_losses
from governance.measure.scores import Scored

if TYPE_CHECKING:
    import numpy

_NO_PROBABILITIES = "the scores of {} are no probabilities: some lie outside 0 to 1"


class _Influence(NamedTuple):
    """`value` of a metric; `rows`: how much each row moves it, summing to 0 over rows (over positives and over
    negatives for roc_auc). `high`: the most that it may be too high."""

    value: float
    rows: numpy.ndarray
    high: float = 0.0


def paired(
    metrics: Sequence[str], model: Scored | str, champion: Scored | str, counts: Counts
) -> tuple[PairedScore, ...]:
    """One fact for each metric. `model` and `champion` have the same rows in the same order, or say why there are no
    scores. RuntimeError for an unknown metric."""
    found = []
    for metric in metrics:
        if metric not in SCORE_METRICS:
            raise RuntimeError(f"unknown metric {metric!r}")
        numbers: _Numbers | str
        if isinstance(model, str) or isinstance(champion, str):
            numbers = model if isinstance(model, str) else str(champion)
        else:
            numbers = _compared(metric, model, champion)
        found.append(_fact(metric, numbers, counts))
    return tuple(found)


class _Numbers(NamedTuple):
    """`se` is null where no row tells the two apart, though their scores differ. `down` and `up`: how much further the
    ends are moved."""

    model: float
    champion: float
    better: float
    se: float | None
    down: float
    up: float


def _fact(metric: str, numbers: _Numbers | str, counts: Counts) -> PairedScore:
    low: dict[str, str | None] = dict.fromkeys(ALPHAS)
    high: dict[str, str | None] = dict.fromkeys(ALPHAS)
    known = None if isinstance(numbers, str) else numbers
    if known and known.se is not None:
        for alpha in ALPHAS:
            z = NormalDist().inv_cdf(1 - float(alpha))
            low[alpha] = real(known.better - z * known.se - known.down)
            high[alpha] = real(known.better + z * known.se + known.up)
    unable = "no row tells the two apart, though their scores differ: there is no error to draw an interval from"
    return PairedScore(
        metric=metric,
        model=real(known.model) if known else None,
        champion=real(known.champion) if known else None,
        better=real(known.better) if known else None,
        low=low,
        high=high,
        positives=counts.tp + counts.fn,
        negatives=counts.tn + counts.fp,
        reason=str(numbers) if known is None else unable if known.se is None else None,
    )


def _compared(metric: str, model: Scored, champion: Scored) -> _Numbers | str:
    import numpy as np

    positive = model.positive
    if metric in LOSSES:
        for who, one in (("this model", model), ("the champion", champion)):
            if one.score.min() < 0 or one.score.max() > 1:
                return _NO_PROBABILITIES.format(who)
    elif positive.all() or not positive.any():
        return "it is not defined: all rows have the same label"
    # Whatever order the rows came in, sums are taken in one.
    order = np.lexsort((champion.score, model.score, positive))
    positive = positive[order]
    ours, theirs = (_influence(metric, positive, one.score[order]) for one in (model, champion))
    sign = -1 if metric in LOSSES else 1
    better, apart = sign * (ours.value - theirs.value), ours.rows - theirs.rows
    if np.array_equal(model.score, champion.score):
        return _Numbers(ours.value, theirs.value, 0.0, 0.0, 0.0, 0.0)
    rows = [apart[positive], apart[~positive]] if metric == "roc_auc" else [apart]
    if min(map(len, rows)) < 2:
        return "it rests on one row of a label: nothing says how far it errs"
    # Each part is a mean of as many rows, so that its variance is (n / (n - 1)) times the sum of squares.
    variance = sum(len(part) / (len(part) - 1) * float(np.square(part).sum()) for part in rows)
    se = math.sqrt(variance)
    return _Numbers(ours.value, theirs.value, better, se if se > 1e-12 else None, theirs.high, ours.high)


def _influence(metric: str, positive: numpy.ndarray, score: numpy.ndarray) -> _Influence:
    import numpy as np

    if metric == "roc_auc":
        return _auc(positive, score)
    if metric == "average_precision":
        return _average_precision(positive, score)
    if metric == "calibration_error":
        return _calibration_error(positive, score)
    loss = row_losses(metric, positive, score)
    value = float(loss.mean())
    return _Influence(value, np.asarray((loss - value) / len(loss)))


def _auc(positive: numpy.ndarray, score: numpy.ndarray) -> _Influence:
    """Placement values: of a positive the share of negatives below it, of a negative the share of positives above."""
    import numpy as np

    places = []
    for side, sign in ((~positive, 1), (positive, -1)):
        ordered = np.sort(sign * score[side])
        below = np.searchsorted(ordered, sign * score) + np.searchsorted(ordered, sign * score, side="right")
        places.append(below / (2 * len(ordered)))
    place = np.where(positive, places[0], places[1])
    value = float(place[positive].mean())
    return _Influence(value, (place - value) / np.where(positive, positive.sum(), (~positive).sum()))


def _average_precision(positive: numpy.ndarray, score: numpy.ndarray) -> _Influence:
    """With P and N the positives and negatives down to a step and p its positives, AP = sum of p P / (P + N) over all
    positives. One more row on a step moves P or N of that step and of all below it."""
    import numpy as np

    step = np.unique(-score, return_inverse=True)[1]
    gained = np.bincount(step, weights=positive)
    found = np.cumsum(gained)
    shown = np.cumsum(np.bincount(step))
    precision, total = found / shown, float(positive.sum())
    value = float((gained * precision).sum() / total)
    more_found = np.cumsum((gained * (shown - found) / shown**2)[::-1])[::-1]
    more_shown = np.cumsum((gained * found / shown**2)[::-1])[::-1]
    moved = np.where(positive, precision[step] - value + more_found[step], -more_shown[step])
    return _Influence(value, moved / total)


def _calibration_error(positive: numpy.ndarray, score: numpy.ndarray) -> _Influence:
    import numpy as np

    place = np.minimum((score * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    apart = score - positive
    size = np.maximum(np.bincount(place, minlength=CALIBRATION_BINS), 1)
    total = np.bincount(place, weights=apart, minlength=CALIBRATION_BINS)
    value = float(np.abs(total).sum() / len(score))
    spread = np.bincount(place, weights=np.square(apart - (total / size)[place]), minlength=CALIBRATION_BINS)
    high = float(np.sqrt(spread).sum() * math.sqrt(2 / math.pi) / len(score))
    # A bin that is right to rounding has no side; which one rounding gives must not matter.
    side = np.where(total < -1e-9, -1.0, 1.0)
    return _Influence(value, (side[place] * apart - value) / len(score), high)
