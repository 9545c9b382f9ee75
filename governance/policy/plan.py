"""What must be measured so that these policies can be judged."""

from collections.abc import Iterable

from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.evidence.plan import Comparison, FairnessRequest, Plan
from governance.evidence.purpose import Kpi
from governance.policy.document import LoadedPolicy
from governance.policy.rule import Request
from governance.policy.selector import view_of_manifest


def plan(policies: Iterable[LoadedPolicy], manifest: Manifest) -> Plan:
    """The union of what every rule of every policy that applies asks for, over what the manifest has. Order-free and
    repeatable."""
    view, policies = view_of_manifest(manifest), tuple(policies)
    # A policy counts at each point of its environments, also at one that another policy names.
    places = sorted({name for policy in policies for name in policy.document.environments})
    selected = [rule for policy in policies if policy.applies(view, places).places for rule in policy.rules]
    facts = {name for rule in selected for name in rule.facts}
    comparisons: dict[tuple[str, ...], set[tuple[str, str, int]]] = {}
    scores: dict[tuple[str, ...], set[str]] = {}
    ranked: set[tuple[str, ...]] = set()
    asking = [(one, one.rule.requests(one.params)) for one in selected if one.rule and one.rule.requests]
    requests = [request for _, request in asking]
    for one, request in asking:
        if request.metric or request.attributes or request.scores:
            for attributes in _tables(one.key, request, manifest):
                wanted = comparisons.setdefault(attributes, set())
                if request.metric:
                    wanted.add((request.metric, request.measure, request.min_rows))
                scores.setdefault(attributes, set()).update(request.scores)
                if request.above_median:
                    ranked.add(attributes)
    if "fairness" in facts:
        for attributes in declared(manifest):
            comparisons.setdefault(attributes, set())
    kpi = manifest.model.purpose.kpi
    metrics = {metric for request in requests for metric in request.metrics}
    if isinstance(kpi, Kpi) and kpi.metric and any(request.kpi for request in requests):
        metrics.add(kpi.metric)
    explain_rows = max((request.explain_rows for request in requests), default=0)
    if "explainability" in facts and not explain_rows:
        explain_rows = 1000
    return Plan(
        facts=tuple(sorted(facts)),
        fairness=tuple(
            FairnessRequest(
                attributes=attributes,
                comparisons=tuple(
                    Comparison(metric=metric, measure=measure, min_rows=rows)  # type: ignore[arg-type]
                    for metric, measure, rows in sorted(comparisons[attributes])
                ),
                scores=tuple(sorted(scores.get(attributes, ()))),
                above_median=attributes in ranked,
            )
            for attributes in sorted(comparisons)
        ),
        explain_rows=explain_rows,
        metrics=tuple(sorted(metrics)),
        champion=any(request.champion for request in requests),
        champion_scores=tuple(sorted({metric for request in requests for metric in request.champion_scores})),
        explain_repeats=max((request.explain_repeats for request in requests), default=0),
        pickles=any(request.pickles for request in requests),
    )


def declared(manifest: Manifest) -> list[tuple[str, ...]]:
    """Every attribute and every intersection of the evaluation data."""
    evaluation = manifest.data.evaluation
    if evaluation is None:
        return []
    return [(name,) for name in evaluation.sensitive] + [tuple(group) for group in evaluation.intersections]


def _tables(key: str, request: Request, manifest: Manifest) -> list[tuple[str, ...]]:
    if not request.attributes:
        return declared(manifest)
    found = []
    for name in request.attributes:
        group = tuple(name.split("*"))
        if len(set(group)) != len(group):
            raise BadInput("an intersection names an attribute twice", got=name, where=key)
        evaluation = manifest.data.evaluation
        # An attribute that the manifest lacks is no fault of the policy: the rule will say so, as inconclusive.
        if evaluation is not None and all(part in evaluation.sensitive for part in group):
            found.append(group)
    return found
