"""Groups compared by the disparity rule."""

from typing import Any

from hypothesis import strategies as st

from governance.evidence.fairness import Cell, FairnessFacts
from governance.policy.finding import Looked, Verdict
from governance.policy.outcome import Outcome
from governance.policy.rules.fairness.disparity import DisparityParams, disparity
from tests.policy.cases import critical, fairness, table

PASS, FAIL, UNCLEAR = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
Z = 1.6448536269514722  # one-sided 5 %
RATIO: dict[str, Any] = {"at_least": "0.8"}
DIFFERENCE: dict[str, Any] = {"measure": "difference", "at_most": "0.1"}


def judged(facts: FairnessFacts, **params: Any) -> Verdict:
    return disparity.function(facts, DisparityParams.model_validate(params))


def compared(verdict: Verdict) -> Looked:
    return next(looked for looked in verdict.looked_at if looked.reference is not None)


@st.composite
def cells(draw: st.DrawFn, largest: int = 5000) -> list[Cell]:
    found = []
    for index in range(draw(st.integers(0, 6))):
        tn, fp, fn, tp = (draw(st.integers(0, largest)) for _ in range(4))
        found.append(Cell(group=(f"g{index}",), tn=tn, fp=fp, fn=fn, tp=tp))
    return found


metrics = st.sampled_from(["selection_rate", "tpr", "fpr", "ppv", "accuracy"])
limits = st.sampled_from([RATIO, DIFFERENCE, {"at_least": "1"}, {"measure": "difference", "at_most": "0.001"}])


def with_critical(found: list[Cell], metric: str, params: dict[str, Any], value: str | None = "2.4") -> FairnessFacts:
    one = critical(metric, params.get("measure", "ratio"), value=value, groups=len(found))
    return fairness(table(*found, criticals=[one]))
