"""lineage.forbidden_columns: no column that a source forbids reaches a feature."""

from typing import Annotated

from governance.evidence.lineage import Ancestor, FeatureAncestry, LineageFacts, Source
from governance.policy.advice import FEATURES, SOURCES
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

_SOURCE = Source(
    id="people", sha256=None, owner="o", licence="l", expires=None, forbidden=("race",), approved_by=("bo",)
)


_NO_SOURCE = "the manifest names no data source (lineage.sources)"
_NO_FEATURE = "the manifest names no feature (features)"
_GAP = (
    "switch on column lineage (OpenLineage) for the job that wrote the dataset which is named, run it again and give "
    "its events; or name that dataset as a source, with the columns that it forbids, if nothing lies behind it"
)


class ForbiddenParams(Params):
    """`count_indirect`: whether a column that only filters, joins or sorts counts as reaching."""

    count_indirect: Annotated[bool, Tighten.UP] = True


def _reached(column: str, *, indirect: bool = False, gap: str | None = None, feature: str = "income") -> LineageFacts:
    ancestor = Ancestor(
        dataset="people",
        column=column,
        influence="indirect" if indirect else "direct",
        path=(f"people.{column}", f"train.{feature}"),
        jobs=("prepare",),
    )
    found = () if gap else (ancestor,)
    return LineageFacts(sources=(_SOURCE,), features=(FeatureAncestry(feature=feature, ancestors=found, gap=gap),))


@rule(
    "lineage.forbidden_columns",
    controls=("us-ecoa-reg-b/1002.6.b", "gdpr/art-5.1.c"),
    examples=lambda: (
        passes("an allowed column", _reached("income")),
        fails("a forbidden column", _reached("race")),
        fails("a forbidden column used to filter", _reached("race", indirect=True)),
        passes("a filter that the policy does not count", _reached("race", indirect=True), count_indirect="false"),
        inconclusive("lineage breaks off", _reached("race", gap="no column lineage")),
        fails("a feature by the forbidden name without lineage", _reached("race", gap="no lineage", feature="race")),
    ),
)
def forbidden_columns(evidence: LineageFacts, params: ForbiddenParams) -> Verdict:
    """No column that a data source forbids reaches a feature of the model.

    What it checks: the column lineage of the recorded runs (OpenLineage), from each feature back to the sources. A
    feature whose lineage breaks off is inconclusive: what it was made from is not known.

    Why it matters: a protected attribute that was dropped from the table can still arrive in a feature through a
    join, a derived column or a filter.

    How to fix: remove the step that carries the column (the path names it) or the feature, and train again.
    """
    forbidden = {(source.id, column) for source in evidence.sources for column in source.forbidden}
    names = {column for _, column in forbidden}
    limit = Limit(op="none", value=", ".join(sorted(f"{s}.{c}" for s, c in forbidden)) or "no forbidden column")
    if not evidence.sources:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=_NO_SOURCE, limit=limit, fix=SOURCES)
    if not forbidden:
        return Verdict(outcome=Outcome.NOT_APPLICABLE, why="no source forbids a column", limit=limit)
    if not evidence.features:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=_NO_FEATURE, limit=limit, fix=FEATURES)
    looked, wrong = [], []
    for feature in evidence.features:
        for ancestor in feature.ancestors:
            counts = params.count_indirect or ancestor.influence == "direct"
            if counts and (ancestor.dataset, ancestor.column) in forbidden:
                path = " -> ".join(ancestor.path)
                looked.append(Looked(path=f"lineage.features.{feature.feature}", value=path))
                wrong.append(f"{ancestor.dataset}.{ancestor.column} reaches {feature.feature} ({path})")
        if feature.gap and feature.feature in names:
            looked.append(Looked(path=f"lineage.features.{feature.feature}", value=feature.gap))
            wrong.append(f"feature {feature.feature} bears the name of a forbidden column")
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(wrong), looked_at=tuple(looked), limit=limit)
    gaps = [feature for feature in evidence.features if feature.gap]
    if gaps:
        return Verdict(
            outcome=Outcome.INCONCLUSIVE,
            why="; ".join(f"{feature.feature}: {feature.gap}" for feature in gaps),
            looked_at=tuple(Looked(path=f"lineage.features.{f.feature}", value=f.gap) for f in gaps),
            limit=limit,
            fix=_GAP,
        )
    seen = sorted({f"{a.dataset}.{a.column}" for f in evidence.features for a in f.ancestors})
    return Verdict(
        outcome=Outcome.PASS,
        why=f"{plural(len(evidence.features), 'feature')} traced back to {', '.join(seen)}",
        looked_at=tuple(Looked(path="lineage.ancestors", value=name) for name in seen),
        limit=limit,
    )
