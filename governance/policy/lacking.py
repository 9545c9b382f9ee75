"""What one plan asks for and another did not: why evidence that is at hand does not answer a question."""

from collections.abc import Iterator

from governance.evidence.plan import Plan
from governance.policy.document import SelectedRule


def may_lack(selected: SelectedRule, measured: Plan) -> bool:
    """Whether a plan for a rule may ask for more than was measured, as far as that is seen without the manifest."""
    asks = selected.rule is not None and selected.rule.requests is not None
    # These are measured in tables and rows, of which there may be too few.
    parted = not {"fairness", "explainability"}.isdisjoint(selected.facts)
    return asks or parted or not set(selected.facts) <= set(measured.facts)


def lacks(wanted: Plan, measured: Plan) -> Iterator[str]:
    """What one plan asks for and another did not, in words."""
    yield from (f"{name} evidence" for name in wanted.facts if name not in measured.facts)
    tables = {one.attributes: one for one in measured.fairness}
    for request in wanted.fairness:
        name, table = " x ".join(request.attributes), tables.get(request.attributes)
        if table is None and "fairness" in measured.facts:
            yield f"groups of {name}"
        for one in request.comparisons if table else ():
            if table and one not in table.comparisons:
                yield f"{one.metric} {one.measure} of {name} in groups of at least {one.min_rows}"
        yield from (f"{score} of {name}" for score in request.scores if table and score not in table.scores)
    yield from (metric for metric in wanted.metrics if metric not in measured.metrics)
    if wanted.champion and not measured.champion:
        yield "the champion on the same rows"
    yield from (
        f"{metric} of the champion" for metric in wanted.champion_scores if metric not in measured.champion_scores
    )
    if "explainability" in measured.facts and wanted.explain_rows > measured.explain_rows:
        yield f"explanations of {wanted.explain_rows} rows"
    if wanted.explain_repeats > measured.explain_repeats:
        yield f"{wanted.explain_repeats} further rankings of the features"
    if wanted.pickles and not measured.pickles:
        yield "a search for pickles in the artifact"
