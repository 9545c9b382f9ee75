"""operations.monitoring: somebody will notice when the model gets worse."""

from decimal import Decimal
from typing import Annotated

from governance.evidence.operations import Interval, Monitoring, OperationsFacts, Watched, hours
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.placeholder import says_nothing
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class MonitoringParams(Params):
    """`every`: the longest interval between two looks. `metrics`: names of metrics that must be watched."""

    every: Interval = "31d"
    metrics: Annotated[tuple[str, ...], Tighten.SUPERSET] = ()


def _plan(*metrics: Watched, interval: str | None = "1d", plan: Monitoring | str | None = None) -> OperationsFacts:
    told = plan if plan is not None or not metrics else Monitoring(interval=interval, metrics=metrics)
    return OperationsFacts(version="1.10", rollback=None, monitoring=told, on_call=None)


_RATIO = Watched(name="selection_rate", at_least="0.8")


@rule(
    "operations.monitoring",
    controls=("nist-ai-rmf/manage-4.1", "iso-42001/a.6.2.6", "eu-ai-act/art-72"),
    examples=lambda: (
        passes("a metric with its limit, every day", _plan(_RATIO)),
        passes("the metrics that the policy names", _plan(_RATIO), metrics=["Selection_Rate"]),
        passes("exactly as often as asked for", _plan(_RATIO), every="24h"),
        passes("one value only", _plan(Watched(name="classes", at_least="2", at_most="2"))),
        fails("a metric that the policy names is not watched", _plan(_RATIO), metrics=["drift"]),
        fails("no plan", _plan()),
        fails("a plan without metrics", _plan(plan=Monitoring(interval="1d"))),
        fails("a metric without a limit", _plan(_RATIO, Watched(name="drift"))),
        fails("no value can meet both limits", _plan(Watched(name="drift", at_least="0.8", at_most="0.2"))),
        fails("nobody says how often", _plan(_RATIO, interval=None)),
        fails("too seldom", _plan(_RATIO, interval="5w")),
        fails("too seldom for this policy", _plan(_RATIO, interval="2d"), every="36h"),
        fails("a placeholder", _plan(plan="TODO")),
        inconclusive("a plan in words", _plan(plan="see docs/monitoring.md")),
    ),
)
def monitoring(evidence: OperationsFacts, params: MonitoringParams) -> Verdict:
    """A monitoring plan says what is watched, within which limits and how often.

    What it checks: `operations.monitoring` in the manifest names metrics, each with `at_least` or `at_most`, and an
    interval no longer than the policy's; metrics that the policy names are among them, whole and without regard to
    case. Whether anybody looks is not known here.

    Why it matters: a model is approved for the world it was measured in; without limits and a rhythm nobody notices
    when that world is gone.

    How to fix: write `monitoring: {interval: 1d, metrics: [{name: ..., at_least: 0.8}]}` under `operations` in the
    manifest, with a limit that raises an alarm for each metric.
    """
    limit = Limit(op="is", value=f"metrics with limits, looked at at least every {params.every}")
    plan = evidence.monitoring
    path = "operations.monitoring"
    if plan is None or (isinstance(plan, str) and says_nothing(plan)):
        looked = Looked(path=path, value=plan or None)
        return Verdict(outcome=Outcome.FAIL, why="no monitoring plan is given", looked_at=(looked,), limit=limit)
    if isinstance(plan, str):
        why = "the monitoring plan is given in words: its metrics, limits and interval cannot be checked"
        looked = Looked(path=path, value=plan)
        fix = (
            "write the plan so that it can be checked, as `monitoring: {interval: 1d, metrics: [{name: ..., at_least: "
            "0.8}]}` under `operations` in the manifest; the words may stay in a document"
        )
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=(looked,), limit=limit, fix=fix)
    wrong = [] if plan.metrics else ["the monitoring plan watches no metric"]
    if plan.interval is None:
        wrong.append("the monitoring plan does not say how often somebody looks (interval)")
    elif hours(plan.interval) > hours(params.every):
        wrong.append(f"metrics are looked at every {plan.interval}, less often than every {params.every}")
    seen = [Looked(path=f"{path}.interval", value=plan.interval)]
    for metric in plan.metrics:
        seen.append(Looked(path=f"{path}.{metric.name}", value=_range(metric)))
        if says_nothing(metric.name):
            wrong.append(f"{metric.name!r} is no metric")
        elif metric.at_least is None and metric.at_most is None:
            wrong.append(f"{metric.name} has no limit (at_least or at_most)")
        elif metric.at_least and metric.at_most and Decimal(metric.at_least) > Decimal(metric.at_most):
            wrong.append(f"{metric.name} can never be both {_range(metric)}")
    watched = {metric.name.casefold() for metric in plan.metrics}
    wrong += [
        f"{name}, which the policy asks for, is not watched"
        for name in params.metrics
        if name.casefold() not in watched
    ]
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(wrong), looked_at=tuple(seen), limit=limit)
    why = f"{plural(len(plan.metrics), 'metric')} with limits, looked at every {plan.interval}"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=tuple(seen), limit=limit)


def _range(metric: Watched) -> str | None:
    ends = (("at least", metric.at_least), ("at most", metric.at_most))
    return ", ".join(f"{words} {value}" for words, value in ends if value is not None) or None
