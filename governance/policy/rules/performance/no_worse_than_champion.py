"""performance.no_worse_than_champion: the model is not worse than the version that it would replace."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Threshold, real
from governance.evidence.counts import Counts
from governance.evidence.performance import Champion, Paired, PerformanceFacts
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.intervals import newcombe_paired, z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule


class ChampionParams(Params):
    """`metric`: accuracy, or the share of right answers among the positives (tpr) or the negatives (tnr).
    `at_most_worse` is the loss of that share that is accepted. `required`: without a champion it is then
    inconclusive."""

    metric: Literal["accuracy", "tpr", "tnr"] = "accuracy"
    at_most_worse: Annotated[Threshold, Field(ge=0, lt=1)]
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    min_rows: int = Field(30, ge=1)
    required: bool = False


def _pairs(both: int, model: int, champion: int, neither: int) -> PerformanceFacts:
    pairs = Paired(both=both, model=model, champion=champion, neither=neither)
    none = Paired(both=0, model=0, champion=0, neither=0)
    found = Champion(positives=pairs, negatives=none, reason=None)
    return PerformanceFacts(counts=Counts(tn=0, fp=0, fn=0, tp=pairs.rows), champion=found)


def _without(reason: str | None) -> PerformanceFacts:
    none = None if reason is None else Champion(positives=None, negatives=None, reason=reason)
    return PerformanceFacts(counts=Counts(tn=9, fp=0, fn=0, tp=9), champion=none)


@rule(
    "performance.no_worse_than_champion",
    controls=("eu-ai-act/art-15.1", "us-sr-26-2/mrm.val.outcomes"),
    requests=lambda p: Request(champion=True),
    examples=(
        passes("better", _pairs(800, 100, 20, 80), at_most_worse="0.02"),
        passes("the same answers", _pairs(800, 0, 0, 200), at_most_worse="0.02"),
        fails("much worse", _pairs(700, 20, 150, 130), at_most_worse="0.02"),
        inconclusive("straddles", _pairs(80, 5, 8, 7), at_most_worse="0.02"),
        inconclusive("too few rows", _pairs(20, 2, 0, 2), at_most_worse="0.02"),
        inconclusive("no negatives to compare", _pairs(800, 100, 20, 80), at_most_worse="0.02", metric="tnr"),
        inconclusive("never compared", _without(None), at_most_worse="0.02"),
        inconclusive("no champion, but one is required", _without("none"), at_most_worse="0.02", required="true"),
    ),
)
def no_worse_than_champion(evidence: PerformanceFacts, params: ChampionParams) -> Verdict:
    """The model is right at least as often as the version that it would replace, within a limit.

    What it checks: on the same rows, the difference of two paired proportions (rows on which only one of the two is
    right decide it, as in McNemar's test) with Newcombe's hybrid score interval. It passes when the lower end is no
    further below zero than the limit, fails when the upper end is, and is inconclusive between.

    Why it matters: an update that is worse than what it replaces harms people who were served well before, and a
    comparison on the same rows sees a loss that two separate averages hide.

    How to fix: look at the rows on which only the champion is right; retrain with what it had, keep the champion, or
    evaluate on more rows where the interval straddles the limit.
    """
    found = evidence.champion
    limit = Limit(op="at_least", value=str(-params.at_most_worse if params.at_most_worse else Decimal(0)))
    if found is None:
        why = "the champion was not measured; measure again under this policy"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit)
    if found.positives is None or found.negatives is None:
        outcome = Outcome.INCONCLUSIVE if params.required else Outcome.NOT_APPLICABLE
        return Verdict(outcome=outcome, why=found.reason or "there is no champion", limit=limit)
    sides = {"tpr": [found.positives], "tnr": [found.negatives], "accuracy": [found.positives, found.negatives]}
    pairs = [(one.both, one.model, one.champion, one.neither) for one in sides[params.metric]]
    both, model, champion, neither = (sum(column) for column in zip(*pairs, strict=True))
    rows, path = both + model + champion + neither, f"performance.champion.{params.metric}.difference"
    if rows < params.min_rows:
        why = f"{params.metric} can be compared on {rows} rows, fewer than {params.min_rows}"
        looked = (Looked(path=path, value=None, n=rows),)
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit)
    value = real((model - champion) / rows)
    low, high = map(real, newcombe_paired(both, model, champion, neither, z_value(float(params.alpha))))
    looked = (Looked(path=path, value=value, low=low, high=high, n=rows),)
    ends = f"[{short(low, limit.value)}, {short(high, limit.value)}]"
    said = (
        f"{params.metric} differs from the champion's by {short(value, limit.value)} {ends} on {rows} rows: only this "
        f"model is right on {model}, only the champion on {champion}"
    )
    if Decimal(low) >= Decimal(limit.value):
        return Verdict(outcome=Outcome.PASS, why=said, looked_at=looked, limit=limit)
    if Decimal(high) < Decimal(limit.value):
        return Verdict(outcome=Outcome.FAIL, why=f"{said}; worse than {limit.value}", looked_at=looked, limit=limit)
    why = f"{said}; that straddles {limit.value}"
    return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit)
