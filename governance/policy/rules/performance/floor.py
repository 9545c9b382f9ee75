"""performance.floor: a metric is at least a floor, with its interval."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Threshold, real
from governance.evidence.counts import Counts, Rate
from governance.evidence.performance import PerformanceFacts
from governance.policy.advice import MORE_ROWS, at_least
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.intervals import wilson, z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class FloorParams(Params):
    """`min_rows`: rows that the rate must rest on (a true positive rate rests on the positives)."""

    metric: Rate = "accuracy"
    at_least: Annotated[Threshold, Field(gt=0, le=1), Tighten.UP]
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    decide_on: Literal["bound", "point"] = "bound"
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=1)


def _right(k: int, n: int) -> PerformanceFacts:
    return PerformanceFacts(counts=Counts(tn=0, fp=n - k, fn=0, tp=k))


@rule(
    "performance.floor",
    controls=("eu-ai-act/art-15.1", "us-sr-26-2/mrm.val.outcomes"),
    examples=lambda: (
        passes("well above", _right(900, 1000), at_least="0.8"),
        fails("well below", _right(700, 1000), at_least="0.8"),
        inconclusive("straddles", _right(81, 100), at_least="0.8"),
        inconclusive("too few rows", _right(20, 20), at_least="0.8"),
        inconclusive("undefined", _right(900, 1000), metric="tnr", at_least="0.8", min_rows="1000"),
        passes("decided on the point value", _right(81, 100), at_least="0.8", decide_on="point"),
    ),
)
def floor(evidence: PerformanceFacts, params: FloorParams) -> Verdict:
    """A performance metric is at least the floor.

    What it checks: a rate of the overall confusion counts with its Wilson score interval; it passes when the lower end
    is at least the floor, fails when the upper end is below it, and is inconclusive between.

    Why it matters: a model below its promised performance harms the people it decides about, and a floor that is met
    only by luck of the sample is not met.

    How to fix: look at which errors dominate, and improve data, model or threshold; a floor that cannot be reached is
    for the policy's owner to change.
    """
    k, n = evidence.counts.proportion(params.metric)
    path, limit = f"performance.{params.metric}", Limit(op="at_least", value=str(params.at_least))

    def say(number: float | str) -> str:
        return short(number, params.at_least)

    if n < params.min_rows:
        why = f"{params.metric} rests on {n} rows, fewer than {params.min_rows}"
        return Verdict(
            outcome=Outcome.INCONCLUSIVE, why=why, looked_at=(Looked(path=path, value=None, n=n),), limit=limit,
            fix=at_least(params.min_rows),
        )  # fmt: skip
    value = real(k / n)
    low, high = (real(end) for end in wilson(k, n, z_value(float(params.alpha))))
    looked = (Looked(path=path, value=value, low=low, high=high, n=n),)
    said = f"{params.metric} is {say(value)} [{say(low)}, {say(high)}] on {n} rows"
    if params.decide_on == "point":
        outcome = Outcome.PASS if Decimal(value) >= params.at_least else Outcome.FAIL
        return Verdict(outcome=outcome, why=f"{said} (decided on the point value)", looked_at=looked, limit=limit)
    if Decimal(low) >= params.at_least:
        return Verdict(outcome=Outcome.PASS, why=said, looked_at=looked, limit=limit)
    if Decimal(high) < params.at_least:
        return Verdict(outcome=Outcome.FAIL, why=f"{said}, below {limit.value}", looked_at=looked, limit=limit)
    why = f"{said}, which straddles {limit.value}"
    return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=MORE_ROWS)
