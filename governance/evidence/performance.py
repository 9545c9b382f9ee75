"""Performance facts: overall confusion counts on the evaluation data, and what else a rule asked for."""

from typing import Literal, get_args

from governance.canonical import Count, Document, Real
from governance.evidence.counts import LOWER_IS_BETTER, Counts, Derived
from governance.evidence.origin import FactOrigin

CountMetric = Literal[
    "accuracy", "zero_one_loss", "precision", "recall", "specificity", "npv", "fpr", "fnr", "jaccard", Derived
]
ScoreMetric = Literal["roc_auc", "average_precision", "brier", "log_loss", "calibration_error"]
LOSSES = LOWER_IS_BETTER | {"brier", "log_loss", "calibration_error"}
"""Metrics of which less is better."""
COUNT_METRICS: tuple[str, ...] = get_args(CountMetric)
SCORE_METRICS: tuple[str, ...] = get_args(ScoreMetric)


class MetricFact(Document):
    """A metric by scikit-learn's name. `low` and `high` map alpha to the ends of the BCa bootstrap interval, each
    one-sided at alpha, from `replicates` multinomial replicates by `seed`. Null where undefined; `reason` says why."""

    metric: str
    value: Real | None
    low: dict[str, Real | None]
    high: dict[str, Real | None]
    rows: Count
    seed: Count
    replicates: Count
    reason: str | None


class Paired(Document):
    """Rows by who is right about them: both, only this model, only the champion, neither."""

    both: Count
    model: Count
    champion: Count
    neither: Count

    @property
    def rows(self) -> int:
        return self.both + self.model + self.champion + self.neither


class PairedScore(Document):
    """A metric of the scores of this model and of the champion on the same rows. `better`: how much better this model's
    is, a smaller loss being better. `low` and `high` map alpha to the ends of the interval of `better`, each one-sided
    at alpha; `measure.paired` has the formulas. `positives` and `negatives`: rows by true label. Null where undefined;
    `reason` says why."""

    metric: str
    model: Real | None
    champion: Real | None
    better: Real | None
    low: dict[str, Real | None]
    high: dict[str, Real | None]
    positives: Count
    negatives: Count
    reason: str | None


class Champion(Document):
    """The same rows judged by the version that this one would replace, by true label. Null where there is none;
    `reason` says why. `scores` has the metrics of scores that the plan names."""

    positives: Paired | None
    negatives: Paired | None
    reason: str | None
    scores: tuple[PairedScore, ...] = ()


class PerformanceFacts(Document):
    """`metrics` has those that the plan names. `champion` is null where no rule asked for the comparison."""

    origin: FactOrigin | None = None
    counts: Counts
    metrics: tuple[MetricFact, ...] = ()
    champion: Champion | None = None
