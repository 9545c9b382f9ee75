"""performance.no_worse_than_champion: the model is not worse than the version that it would replace."""

import math
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from governance.canonical import Threshold, real
from governance.evidence.counts import CELLS, LOWER_IS_BETTER, NEITHER_IS_BETTER, Counts, GroupMetric, gradient
from governance.evidence.performance import (
    SCORE_METRICS,
    Champion,
    Paired,
    PairedScore,
    PerformanceFacts,
    ScoreMetric,
)
from governance.policy.advice import AGAIN, BOTH_LABELS, MORE_ROWS, SCORES, at_least
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.intervals import newcombe_paired, z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class ChampionParams(Params):
    """`metric`: any metric of a confusion matrix that has a better side, or of scores (roc_auc, average_precision,
    brier, log_loss, calibration_error). `at_most_worse` is the loss of it that is accepted. `min_rows`: rows that it
    must rest on; of a metric of scores, positives and negatives each. `required`: without a champion it is then
    inconclusive."""

    metric: Literal[GroupMetric, ScoreMetric] = "accuracy"
    at_most_worse: Annotated[Threshold, Field(ge=0, lt=1), Tighten.DOWN]
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=1)
    required: Annotated[bool, Tighten.NONE] = False

    @model_validator(mode="after")
    def _has_a_better_side(self) -> Self:
        if self.metric in NEITHER_IS_BETTER:
            raise ValueError(f"{self.metric} has no better side: more of it is neither better nor worse")
        return self


def _pairs(both: int, model: int, champion: int, neither: int) -> PerformanceFacts:
    pairs = Paired(both=both, model=model, champion=champion, neither=neither)
    none = Paired(both=0, model=0, champion=0, neither=0)
    found = Champion(positives=pairs, negatives=none, reason=None)
    return PerformanceFacts(counts=Counts(tn=0, fp=0, fn=0, tp=pairs.rows), champion=found)


def _both_sides() -> PerformanceFacts:
    """The model finds more positives, and gives more false alarms."""
    positives, negatives = (
        Paired(both=both, model=model, champion=champion, neither=50)
        for both, model, champion in ((500, 200, 5), (600, 5, 195))
    )
    found = Champion(positives=positives, negatives=negatives, reason=None)
    return PerformanceFacts(counts=Counts(tn=605, fp=245, fn=55, tp=700), champion=found)


def _ranked(
    better: str | None, low: str | None, high: str | None, metric: str = "roc_auc", negatives: int = 400
) -> PerformanceFacts:
    ends: list[dict[str, str | None]] = [dict.fromkeys(("0.1", "0.05", "0.01"), end) for end in (low, high)]
    reason = "the champion has no scores" if better is None else None if low else "no row tells the two apart"
    found = PairedScore(
        metric=metric, model=better and "0.8", champion=better and real(0.8 - float(better)), better=better,
        low=ends[0], high=ends[1], positives=400, negatives=negatives, reason=reason,
    )  # fmt: skip
    facts = _pairs(800, 0, 0, 200)
    champion = facts.champion and facts.champion.model_copy(update={"scores": (found,)})
    return facts.model_copy(update={"champion": champion})


def _without(reason: str | None) -> PerformanceFacts:
    none = None if reason is None else Champion(positives=None, negatives=None, reason=reason)
    return PerformanceFacts(counts=Counts(tn=9, fp=0, fn=0, tp=9), champion=none)


@rule(
    "performance.no_worse_than_champion",
    controls=("eu-ai-act/art-15.1", "us-sr-26-2/mrm.val.outcomes"),
    requests=lambda p: Request(champion=True, champion_scores=(p.metric,) if p.metric in SCORE_METRICS else ()),
    examples=lambda: (
        passes("better", _pairs(800, 100, 20, 80), at_most_worse="0.02"),
        passes("the same answers", _pairs(800, 0, 0, 200), at_most_worse="0.02"),
        fails("much worse", _pairs(700, 20, 150, 130), at_most_worse="0.02"),
        inconclusive("straddles", _pairs(80, 5, 8, 7), at_most_worse="0.02"),
        inconclusive("too few rows", _pairs(20, 2, 0, 2), at_most_worse="0.02"),
        inconclusive("no negatives to compare", _pairs(800, 100, 20, 80), at_most_worse="0.02", metric="tnr"),
        passes("a metric that is no share", _both_sides(), at_most_worse="0.1", metric="matthews_corrcoef"),
        fails("more false alarms than the champion", _both_sides(), at_most_worse="0.1", metric="fpr"),
        passes("ranks as well", _ranked("0.01", "-0.005", "0.025"), at_most_worse="0.02", metric="roc_auc"),
        fails("ranks worse", _ranked("-0.05", "-0.07", "-0.03"), at_most_worse="0.02", metric="roc_auc"),
        fails("a larger loss", _ranked("-0.05", "-0.07", "-0.03", "brier"), at_most_worse="0.02", metric="brier"),
        inconclusive("may rank worse", _ranked("-0.01", "-0.04", "0.02"), at_most_worse="0.02", metric="roc_auc"),
        inconclusive(
            "too few negatives to rank",
            _ranked("0.01", "0", "0.02", negatives=29),
            at_most_worse="0.02",
            metric="roc_auc",
        ),
        inconclusive("no row tells them apart", _ranked("0", None, None), at_most_worse="0.02", metric="roc_auc"),
        inconclusive("champion without scores", _ranked(None, None, None), at_most_worse="0.02", metric="roc_auc"),
        inconclusive("not compared by scores", _both_sides(), at_most_worse="0.02", metric="roc_auc"),
        inconclusive("never compared", _without(None), at_most_worse="0.02"),
        inconclusive(
            "no champion, but one is required",
            _without("the manifest names no column"),
            at_most_worse="0.02",
            required="true",
        ),
    ),
)
def no_worse_than_champion(evidence: PerformanceFacts, params: ChampionParams) -> Verdict:
    """The model is no worse than the version that it would replace, within a limit.

    What it checks: on the same rows, how much better a metric is than the champion's. Accuracy, tpr and tnr are paired
    proportions with Newcombe's hybrid score interval (rows on which only one of the two is right decide it, as in
    McNemar's test); other metrics of a confusion matrix have a paired delta-method interval. ROC AUC has DeLong, DeLong
    and Clarke-Pearson's (Biometrics 44, 1988), the other metrics of scores the infinitesimal jackknife's, the
    calibration error widened by what few rows add to it. It passes when the lower end is no further below
    zero than the limit, fails when the upper end is, and is inconclusive between.

    Why it matters: an update that is worse than what it replaces harms people who were served well before, and a
    comparison on the same rows sees a loss that two separate averages hide.

    How to fix: look at the rows on which only the champion is right; retrain with what it had, or keep the champion.
    """
    found = evidence.champion
    limit = Limit(op="at_least", value=str(-params.at_most_worse if params.at_most_worse else Decimal(0)))
    if found is None:
        why = "the champion was not measured"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=AGAIN)
    if found.positives is None or found.negatives is None:
        outcome = Outcome.INCONCLUSIVE if params.required else Outcome.NOT_APPLICABLE
        fix = (
            "have the champion predict the same rows, and name the column under `data.evaluation.champion` (column, "
            "positive, negative; score: {column} for metrics of scores) in the manifest"
        )
        return Verdict(outcome=outcome, why=found.reason or "there is no champion", limit=limit, fix=fix)
    if params.metric in SCORE_METRICS:
        return _by_scores(next((one for one in found.scores if one.metric == params.metric), None), params, limit)
    pairs = found.positives, found.negatives
    model, champion = _counts(*pairs, "model"), _counts(*pairs, "champion")
    path = f"performance.champion.{params.metric}.difference"
    if (rows := min(model.basis(params.metric), champion.basis(params.metric))) < params.min_rows:
        why = f"{params.metric} can be compared on {rows} rows, fewer than {params.min_rows}"
        looked, fix = (Looked(path=path, value=None, n=rows),), at_least(params.min_rows)
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
    ends = _compared(*pairs, params, z_value(float(params.alpha)))
    if ends is None:
        why = f"{params.metric} has no value for this model or for the champion: it divides by zero"
        looked = (Looked(path=path, value=None, n=rows),)
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=BOTH_LABELS)
    value, low, high = map(real, ends)
    looked = (Looked(path=path, value=value, low=low, high=high, n=rows),)
    word = "better" if Decimal(value) >= 0 else "worse"
    band = f"{short(value, limit.value)} [{short(low, limit.value)}, {short(high, limit.value)}]"
    ours, theirs = (sum(getattr(one, who) for one in pairs) for who in ("model", "champion"))
    said = (
        f"{params.metric} is {word} than the champion's by {band} on {rows} rows: only this model is right on {ours}, "
        f"only the champion on {theirs}"
    )
    return _held(looked[0], limit, said)


def _held(looked: Looked, limit: Limit, said: str) -> Verdict:
    """A difference with both its ends against the limit."""
    assert looked.low is not None and looked.high is not None
    if Decimal(looked.low) >= Decimal(limit.value):
        return Verdict(outcome=Outcome.PASS, why=said, looked_at=(looked,), limit=limit)
    if Decimal(looked.high) < Decimal(limit.value):
        why = f"{said}; the limit is {limit.value}"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=(looked,), limit=limit)
    why = f"{said}; that straddles the limit {limit.value}"
    return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=(looked,), limit=limit, fix=MORE_ROWS)


def _by_scores(found: PairedScore | None, params: ChampionParams, limit: Limit) -> Verdict:
    if found is None:
        why = f"{params.metric} of the champion was not measured"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=AGAIN)
    low, high = found.low.get(params.alpha), found.high.get(params.alpha)
    rows = found.positives + found.negatives
    path = f"performance.champion.{params.metric}.difference"
    looked = Looked(path=path, value=found.better, low=low, high=high, n=rows)
    why, fix = "", ""
    if found.better is None or found.model is None or found.champion is None:
        why = f"{params.metric} cannot be compared with the champion's: {found.reason}"
        fix = f"{SCORES}; name the champion's under `data.evaluation.champion.score`"
    elif (fewest := min(found.positives, found.negatives)) < params.min_rows:
        why = f"{params.metric} can be compared on {fewest} rows of the rarer label, fewer than {params.min_rows}"
        fix = at_least(params.min_rows) + " of each label"
    elif low is None or high is None:
        why, fix = f"{params.metric} differs by {short(found.better, limit.value)}: {found.reason}", MORE_ROWS
    if why or found.better is None or low is None or high is None:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=(looked,), limit=limit, fix=fix)
    word = "better" if Decimal(found.better) >= 0 else "worse"
    band = f"{short(found.better, limit.value)} [{short(low, limit.value)}, {short(high, limit.value)}]"
    said = f"{params.metric} is {word} than the champion's by {band} on {rows} rows: {short(found.model or '0')}, "
    return _held(looked, limit, f"{said}the champion's {short(found.champion or '0')}")


_SIDES = {"tpr": (True, False), "tnr": (False, True), "accuracy": (True, True)}


def _compared(
    positives: Paired, negatives: Paired, params: ChampionParams, z: float
) -> tuple[float, float, float] | None:
    """(value, low, high) of how much better the model is; null where a metric is not defined."""
    if params.metric in _SIDES:
        used = [one for one, taken in zip((positives, negatives), _SIDES[params.metric], strict=True) if taken]
        both, model, champion, neither = (
            sum(getattr(one, name) for one in used) for name in ("both", "model", "champion", "neither")
        )
        value = (model - champion) / (both + model + champion + neither)
        return value, *newcombe_paired(both, model, champion, neither, z)
    ours, theirs = _counts(positives, negatives, "model"), _counts(positives, negatives, "champion")
    one, other = ours.value(params.metric), theirs.value(params.metric)
    if one is None or other is None:
        return None
    sign = -1 if params.metric in LOWER_IS_BETTER else 1
    value, half = sign * (one - other), z * _paired_se(positives, negatives, params.metric)
    return value, value - half, value + half


def _counts(positives: Paired, negatives: Paired, who: Literal["model", "champion"], more: int = 0) -> Counts:
    """The confusion matrix of one of the two, with `more` rows in each cell of their joint table."""
    right_yes, right_no = (one.both + getattr(one, who) + 2 * more for one in (positives, negatives))
    wrong_yes, wrong_no = positives.rows + 4 * more - right_yes, negatives.rows + 4 * more - right_no
    return Counts(tn=right_no, fp=wrong_no, fn=wrong_yes, tp=right_yes)


def _paired_se(positives: Paired, negatives: Paired, metric: str) -> float:
    """Delta method over the eight cells of (true label, model right, champion right), half a row more in each so that
    two models which never differ still have a width (Agresti and Min, Statistics in Medicine 24, 2005): counts are
    doubled to stay whole, and metrics do not change by it."""
    yes, no = (
        Paired(both=2 * p.both, model=2 * p.model, champion=2 * p.champion, neither=2 * p.neither)
        for p in (positives, negatives)
    )
    slopes = []
    for made in (_counts(yes, no, "model", more=1), _counts(yes, no, "champion", more=1)):
        slopes.append(dict(zip(CELLS, gradient(metric, [getattr(made, name) for name in CELLS]), strict=True)))
    variance = 0.0
    for pairs, right, wrong in ((yes, "tp", "fn"), (no, "tn", "fp")):
        for name, ours, theirs in (
            ("both", right, right), ("model", right, wrong), ("champion", wrong, right), ("neither", wrong, wrong)
        ):  # fmt: skip
            variance += (getattr(pairs, name) + 1) * (slopes[0][ours] - slopes[1][theirs]) ** 2
    # Doubled counts have half the variance.
    return math.sqrt(2 * variance)
