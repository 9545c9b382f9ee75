"""What must be measured so that these policies can be judged."""

from collections.abc import Iterable

from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.evidence.plan import Comparison, FairnessRequest, Plan
from governance.policy.document import LoadedPolicy, SelectedRule


def plan(policies: Iterable[LoadedPolicy], manifest: Manifest) -> Plan:
    """The union of what every rule of every policy asks for, over what the manifest has. Order-free and repeatable."""
    selected = [rule for policy in policies for rule in policy.rules]
    facts = {name for rule in selected for name in rule.facts}
    comparisons: dict[tuple[str, ...], set[tuple[str, str, int]]] = {}
    explain_rows = 0
    for one in selected:
        if one.rule is None or one.rule.requests is None:
            continue
        request = one.rule.requests(one.params)
        explain_rows = max(explain_rows, request.explain_rows)
        if request.metric:
            for attributes in _tables(one, manifest):
                wanted = comparisons.setdefault(attributes, set())
                wanted.add((request.metric, request.measure, request.min_rows))
    if "fairness" in facts:
        for attributes in declared(manifest):
            comparisons.setdefault(attributes, set())
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
            )
            for attributes in sorted(comparisons)
        ),
        explain_rows=explain_rows,
    )


def declared(manifest: Manifest) -> list[tuple[str, ...]]:
    """Every attribute and every intersection of the evaluation data."""
    evaluation = manifest.data.evaluation
    if evaluation is None:
        return []
    return [(name,) for name in evaluation.sensitive] + [tuple(group) for group in evaluation.intersections]


def _tables(selected: SelectedRule, manifest: Manifest) -> list[tuple[str, ...]]:
    known = {"*".join(group): group for group in declared(manifest)}
    assert selected.rule is not None and selected.rule.requests is not None
    wanted = selected.rule.requests(selected.params).attributes
    if not wanted:
        return list(known.values())
    found = []
    for name in wanted:
        group = tuple(name.split("*"))
        if len(set(group)) != len(group):
            raise BadInput("an intersection names an attribute twice", got=name, where=selected.key)
        evaluation = manifest.data.evaluation
        # An attribute that the manifest lacks is no fault of the policy: the rule will say so, as inconclusive.
        if evaluation is not None and all(part in evaluation.sensitive for part in group):
            found.append(group)
    return found
