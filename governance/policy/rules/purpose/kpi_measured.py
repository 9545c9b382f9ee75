"""purpose.kpi_measured: the measure of success is measured by the audit itself, and meets its target."""

from typing import Annotated, Literal

from pydantic import Field

from governance.evidence.counts import Counts
from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.performance import LOSSES, MetricFact, PerformanceFacts
from governance.evidence.purpose import Kpi, PurposeFacts
from governance.policy.advice import AGAIN, MORE_ROWS, at_least
from governance.policy.comparison import Op, holds
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.specimen import evidence as specimen
from governance.policy.tightening import Tighten


class KpiParams(Params):
    """`alpha`: of each end of the interval. `min_rows`: rows that the metric must be measured on."""

    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=1)


_KPI = Kpi(name="losses seen early", target="0.8", value="0.83", better="higher", metric="recall")


def _case(
    *ends: str, kpi: Kpi | None = _KPI, measured: str = "recall", rows: int = 500, **change: object
) -> EvidenceSet:
    """A metric measured to lie between two ends, or not defined where none are given."""
    low, high = ends or (None, None)
    found = MetricFact(
        metric=measured, value=low, low=dict.fromkeys(("0.1", "0.05", "0.01"), low),
        high=dict.fromkeys(("0.1", "0.05", "0.01"), high), rows=rows, seed=1, replicates=10000,
        reason=None if ends else "it is not defined on this table",
    )  # fmt: skip
    purpose = PurposeFacts(
        objective="decide about small loans", category=None, kpi=kpi and kpi.model_copy(update=change), intended=(),
        prohibited=(),
    )  # fmt: skip
    counts = Counts(tn=rows, fp=0, fn=0, tp=0)
    return specimen(Facts(purpose=purpose, performance=PerformanceFacts(counts=counts, metrics=(found,))))


@rule(
    "purpose.kpi_measured",
    controls=("nist-ai-rmf/map-1.1", "nist-ai-rmf/measure-2.3", "eu-ai-act/art-15.1"),
    reads=("purpose", "performance"),
    requests=lambda p: Request(kpi=True),
    examples=lambda: (
        passes("above its target", _case("0.81", "0.85")),
        passes("just reaches it", _case("0.8", "0.86")),
        passes(
            "a loss that is small enough",
            _case("0.1", "0.14", measured="fnr", metric="fnr", target="0.2", better=None, value=None),
        ),
        fails("below its target", _case("0.7", "0.76", value=None)),
        fails("more is claimed than was measured", _case("0.82", "0.86", value="0.9")),
        fails(
            "less of a loss is claimed than was measured",
            _case("0.1", "0.14", measured="fnr", metric="fnr", target="0.2", value="0", better=None),
        ),
        inconclusive("straddles its target", _case("0.78", "0.84")),
        inconclusive("measured on few rows", _case("0.81", "0.85", rows=20)),
        inconclusive("not defined on these rows", _case()),
        inconclusive("another metric was measured", _case("0.81", "0.85", measured="f1")),
        inconclusive("nothing that the audit can measure", _case("0.81", "0.85", metric=None)),
        inconclusive("no target", _case("0.81", "0.85", target=None)),
        inconclusive("no measure of success", _case("0.81", "0.85", kpi=None)),
    ),
)
def kpi_measured(evidence: EvidenceSet, params: KpiParams) -> Verdict:
    """The measure of success, as the audit measures it, meets its target.

    What it checks: the metric that `model.purpose.kpi` names under `metric` is measured on the evaluation data, with
    its bootstrap interval. It passes when the end that matters meets the target one-sided at alpha, fails when the
    other end misses it or when the manifest claims a better value than the interval allows, and is inconclusive
    between.

    Why it matters: a measure of success that only its owner has measured is a hope; whether a model does what it is for
    is the first thing that anybody who answers for it must know.

    How to fix: look at which errors keep the metric from its target and mend data, model or threshold; state the value
    that was measured; set the target that the purpose needs, not the one that the model reaches.
    """
    purpose, performance = evidence.facts.purpose, evidence.facts.performance
    kpi = purpose.kpi if purpose else None
    lacking = ", ".join(
        word for word, there in (("metric", kpi and kpi.metric), ("target", kpi and kpi.target)) if not there
    )
    if kpi is None or kpi.metric is None or kpi.target is None or performance is None:
        why = f"the measure of success ({kpi.name}) has no {lacking}" if kpi else "no measure of success is stated"
        fix = (
            "write `kpi: {name: ..., metric: recall, target: 0.8}` under `model.purpose` in the manifest, with a "
            "metric that an audit measures; one that it cannot, such as money saved, belongs to purpose.stated"
        )
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, fix=fix)
    upper = kpi.metric in LOSSES
    op: Op = "at_most" if upper else "at_least"
    limit, path = Limit(op=op, value=kpi.target), f"performance.metrics.{kpi.metric}"
    found = next((one for one in performance.metrics if one.metric == kpi.metric), None)
    if found is None:
        why = f"{kpi.metric} was not measured"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=AGAIN)
    low, high = found.low.get(params.alpha), found.high.get(params.alpha)
    looked = (Looked(path=path, value=found.value, low=low, high=high, n=found.rows),)
    if found.value is None:
        why = f"{kpi.metric} has no value: {found.reason}"
        fix = "evaluate on rows of both labels, of which the model predicts some positive and some negative"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
    ends = ", ".join("open" if end is None else short(end, kpi.target) for end in (low, high))
    said = f"{kpi.name}: {kpi.metric} is {short(found.value, kpi.target)} [{ends}] on {found.rows} rows"
    if found.rows < params.min_rows:
        why = f"{said}, fewer than {params.min_rows}"
        fix = at_least(params.min_rows)
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
    near, far = (high, low) if upper else (low, high)
    missed = far is not None and not holds(far, op, kpi.target)
    if missed:
        said = f"{said}, {'above' if upper else 'below'} its target {kpi.target}"
    if kpi.value is not None and far is not None and not holds(far, op, kpi.value):
        # No limit of a number: an excuse for a number that is too low excuses no claim that is not true.
        limit = Limit(op="is", value=f"{kpi.target}, and as good as the manifest claims")
        return Verdict(
            outcome=Outcome.FAIL, why=f"{said}, and the manifest claims {kpi.value}", looked_at=looked, limit=limit
        )
    if missed:
        return Verdict(outcome=Outcome.FAIL, why=said, looked_at=looked, limit=limit)
    if near is None or not holds(near, op, kpi.target):
        why = f"{said}: {found.reason}" if near is None else f"{said}, which straddles its target {kpi.target}"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=MORE_ROWS)
    return Verdict(outcome=Outcome.PASS, why=f"{said}; its target is {kpi.target}", looked_at=looked, limit=limit)
