"""performance.metric_floor: a metric by its usual name clears its limit, with its bootstrap interval."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from governance.canonical import Threshold
from governance.evidence.counts import Counts
from governance.evidence.performance import SCORE_METRICS, CountMetric, MetricFact, PerformanceFacts, ScoreMetric
from governance.policy.advice import AGAIN, BOTH_LABELS, MORE_ROWS, SCORES, at_least
from governance.policy.comparison import Op, check_limit, holds
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class MetricParams(Params):
    """`metric`: by scikit-learn's name, of labels (f1, balanced_accuracy, ...; f0_5 and f2 are its fbeta, informedness
    its adjusted balanced accuracy) or of scores (roc_auc, average_precision, brier, log_loss, and calibration_error:
    the expected calibration error over 20 bins). Losses take `at_most`, the others `at_least`. `min_rows`: rows
    needed."""

    metric: Literal[CountMetric, ScoreMetric]
    at_least: Annotated[Threshold | None, Tighten.UP] = None
    at_most: Annotated[Threshold | None, Tighten.DOWN] = None
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    decide_on: Literal["bound", "point"] = "bound"
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=1)

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        check_limit(self.metric, self.at_least, self.at_most)
        return self

    @property
    def op(self) -> Op:
        return "at_most" if self.at_least is None else "at_least"

    @property
    def limit(self) -> Limit:
        return Limit(op=self.op, value=str(getattr(self, self.op)))


def _fact(
    value: str | None, low: str | None, high: str | None, metric: str = "f1", rows: int = 500
) -> PerformanceFacts:
    ends: list[dict[str, str | None]] = [dict.fromkeys(("0.1", "0.05", "0.01"), end) for end in (low, high)]
    reason = "it is not defined" if value is None else "no replicate differs" if low is None else None
    found = MetricFact(
        metric=metric, value=value, low=ends[0], high=ends[1], rows=rows, seed=1, replicates=10000, reason=reason
    )
    return PerformanceFacts(counts=Counts(tn=rows, fp=0, fn=0, tp=0), metrics=(found,))


@rule(
    "performance.metric_floor",
    controls=("eu-ai-act/art-15.1", "us-sr-26-2/mrm.val.outcomes"),
    requests=lambda p: Request(metrics=(p.metric,)),
    examples=lambda: (
        passes("well above", _fact("0.9", "0.87", "0.92"), metric="f1", at_least="0.8"),
        passes("just reaches it", _fact("0.9", "0.8", "0.92"), metric="f1", at_least="0.8"),
        fails("well below", _fact("0.7", "0.67", "0.73"), metric="f1", at_least="0.8"),
        inconclusive("straddles", _fact("0.82", "0.78", "0.86"), metric="f1", at_least="0.8"),
        passes("a small loss", _fact("0.1", "0.09", "0.12", "brier"), metric="brier", at_most="0.15"),
        fails("a large loss", _fact("0.2", "0.19", "0.22", "brier"), metric="brier", at_most="0.15"),
        inconclusive("not defined", _fact(None, None, None), metric="f1", at_least="0.8"),
        inconclusive("no interval", _fact("1", None, None), metric="f1", at_least="0.8"),
        passes(
            "no interval, decided on the point", _fact("1", None, None), metric="f1", at_least="0.8", decide_on="point"
        ),
        inconclusive("too few rows", _fact("0.9", "0.87", "0.92", rows=20), metric="f1", at_least="0.8"),
        inconclusive("not measured", _fact("0.9", "0.87", "0.92"), metric="roc_auc", at_least="0.8"),
    ),
)
def metric_floor(evidence: PerformanceFacts, params: MetricParams) -> Verdict:
    """A metric of labels or scores is at least its floor, or a loss at most its limit.

    What it checks: the metric as scikit-learn defines it, with its BCa bootstrap interval (Efron 1987; the calibration
    error, which few rows make larger, has one on the safe side); it passes when the end that matters clears the limit
    one-sided at alpha, fails when the other end misses it, and is inconclusive between. A metric that is not defined,
    or has no error to draw an interval from, is inconclusive.

    Why it matters: accuracy alone flatters a model where one label is rare; a model that ranks well can still give
    probabilities that are far off, and a limit that is met by luck of the sample is not met.

    How to fix: look at which errors dominate, and improve data or model; calibrate the scores where a loss
    or the calibration error is too large.
    """
    found = next((one for one in evidence.metrics if one.metric == params.metric), None)
    limit, path = params.limit, f"performance.metrics.{params.metric}"
    if found is None:
        why = f"{params.metric} was not measured"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=AGAIN)
    low, high = found.low.get(params.alpha), found.high.get(params.alpha)
    looked = (Looked(path=path, value=found.value, low=low, high=high, n=found.rows),)
    if found.value is None:
        why = f"{params.metric} has no value: {found.reason}"
        fix = SCORES if params.metric in SCORE_METRICS else BOTH_LABELS
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
    ends = ", ".join("open" if end is None else short(end, limit.value) for end in (low, high))
    said = f"{params.metric} is {short(found.value, limit.value)} [{ends}] on {found.rows} rows"
    if found.rows < params.min_rows:
        why = f"{said}, fewer than {params.min_rows}"
        return Verdict(
            outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=at_least(params.min_rows)
        )
    if params.decide_on == "point":
        outcome = Outcome.PASS if holds(found.value, params.op, limit.value) else Outcome.FAIL
        return Verdict(outcome=outcome, why=f"{said} (decided on the point value)", looked_at=looked, limit=limit)
    near, far = (low, high) if params.op == "at_least" else (high, low)
    if near is not None and holds(near, params.op, limit.value):
        return Verdict(outcome=Outcome.PASS, why=said, looked_at=looked, limit=limit)
    if far is not None and not holds(far, params.op, limit.value):
        return Verdict(
            outcome=Outcome.FAIL,
            why=f"{said}, {'below' if params.op == 'at_least' else 'above'} {limit.value}",
            looked_at=looked,
            limit=limit,
        )
    why = f"{said}: {found.reason}" if near is None else f"{said}, which straddles {limit.value}"
    fix = MORE_ROWS
    if near is None:
        fix += "; or let the rule `decide_on: point` where that is what the policy means"
    return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
