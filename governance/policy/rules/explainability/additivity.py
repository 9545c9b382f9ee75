"""explainability.additivity: the attributions add up to what the model said."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from governance.canonical import Threshold
from governance.evidence.explainability import ExplainabilityFacts
from governance.policy.advice import MORE_EXPLAINED
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.rules.explainability.share import specimen
from governance.policy.tightening import Tighten


class AdditivityParams(Params):
    """`at_most`: largest error allowed, in the unit that is explained."""

    at_most: Annotated[Threshold, Tighten.DOWN] = Decimal("0.0001")
    rows: Annotated[int, Tighten.NONE] = Field(1000, ge=10, le=100_000)


@rule(
    "explainability.additivity",
    controls=("eu-ai-act/art-13.3.b",),
    requests=lambda p: Request(explain_rows=p.rows),
    examples=lambda: (
        passes("adds up", specimen("0.4", "0.02")),
        fails("does not add up", specimen("0.4", "0.02", error="0.003")),
        inconclusive("no row explained", specimen("0.4", "0.02", rows=0)),
    ),
)
def additivity(evidence: ExplainabilityFacts, params: AdditivityParams) -> Verdict:
    """The attributions of each explained row add up to the model's output.

    What it checks: the largest |sum of phi + base - f(x)| over the explained rows, computed by us and not by the
    explainer, is at most the limit (local accuracy, Lundberg and Lee 2017, property 1).

    Why it matters: attributions that do not add up explain another function than the model that decides; reasons given
    to people would be wrong.

    How to fix: use the explainer made for this kind of model, update the explainer library, or export the model in a
    format that keeps its thresholds exactly.
    """
    limit = Limit(op="at_most", value=str(params.at_most))
    looked = (Looked(path="explainability.additivity_error", value=evidence.additivity_error, n=evidence.rows),)
    if evidence.rows == 0:
        return Verdict(
            outcome=Outcome.INCONCLUSIVE, why="no row was explained", looked_at=looked, limit=limit, fix=MORE_EXPLAINED
        )
    holds = Decimal(evidence.additivity_error) <= params.at_most
    error = short(evidence.additivity_error, params.at_most)
    why = f"the largest error over {evidence.rows} rows is {error} ({evidence.unit}), against {limit.value}"
    return Verdict(outcome=Outcome.PASS if holds else Outcome.FAIL, why=why, looked_at=looked, limit=limit)
