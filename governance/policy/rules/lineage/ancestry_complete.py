"""lineage.ancestry_complete: every feature is traced back to a named source, without a gap."""

from typing import Annotated

from governance.evidence.lineage import Ancestor, FeatureAncestry, LineageFacts, Source
from governance.policy.advice import EVENTS, FEATURES, SOURCES
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

_BANK = Source(id="bank", sha256=None, owner=None, licence=None, expires=None, forbidden=(), approved_by=())
_INCOME = Ancestor(
    dataset="bank", column="income", influence="direct", path=("bank.income", "train.income"), jobs=("prepare",)
)


class AncestryParams(Params):
    """`count_indirect`: whether a feature counts as traced where sources reach it only through filters, joins or
    sorting."""

    count_indirect: Annotated[bool, Tighten.NONE] = True


def _traced(*ancestors: Ancestor, gap: str | None = None, events: int = 1) -> LineageFacts:
    feature = FeatureAncestry(feature="income", ancestors=ancestors, gap=gap)
    return LineageFacts(sources=(_BANK,), features=(feature,), events=events)


@rule(
    "lineage.ancestry_complete",
    controls=("eu-ai-act/art-10.2.b", "iso-42001/a.7.5"),
    examples=lambda: (
        passes("a feature from a source", _traced(_INCOME)),
        fails("the trail breaks off", _traced(_INCOME, gap="job clean wrote train without column lineage")),
        fails("no source is reached", _traced()),
        fails("a source that the manifest does not name", _traced(_INCOME.model_copy(update={"dataset": "shop"}))),
        passes("a count of rows", _traced(_INCOME.model_copy(update={"influence": "indirect"}))),
        fails(
            "a count of rows where that is not enough",
            _traced(_INCOME.model_copy(update={"influence": "indirect"})),
            count_indirect="false",
        ),
        inconclusive("no events", _traced(gap="the manifest names no lineage events", events=0)),
        inconclusive("no source named", LineageFacts(sources=(), features=(), events=1)),
    ),
)
def ancestry_complete(evidence: LineageFacts, params: AncestryParams) -> Verdict:
    """Every feature of the model is traced back to a named data source.

    What it checks: the column lineage of the recorded runs (OpenLineage) leads from each feature, column by column, to
    sources that the manifest names, and breaks off nowhere on the way.

    Why it matters: where the trail ends, nobody knows what the model learnt from, who owns it, or whether it may be
    used.

    How to fix: switch on column lineage for the job that is named here and run it again; name the dataset where the
    trail ends as a source if it is one (under `dataset` where events call it otherwise than its id); give the events of
    every run between source and training table.
    """
    limit = Limit(op="is", value="traced to a named source")
    for there, why, fix in (
        (evidence.sources, "the manifest names no data source (lineage.sources)", SOURCES),
        (evidence.features, "the manifest names no feature (features)", FEATURES),
        (evidence.events, "no lineage event was read (lineage.events)", EVENTS),
    ):
        if not there:
            return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=fix)
    named = {source.id for source in evidence.sources}
    looked, wrong = [], []
    for feature in evidence.features:
        counted = [a for a in feature.ancestors if params.count_indirect or a.influence == "direct"]
        unnamed = sorted({ancestor.dataset for ancestor in counted} - named)
        fault = feature.gap
        if fault is None and unnamed:
            no = "which is no source" if len(unnamed) == 1 else "which are no sources"
            fault = f"comes from {', '.join(unnamed)}, {no} of the manifest"
        elif fault is None and not counted:
            fault = "reaches no source" + ("" if params.count_indirect else " other than by filters, joins or sorting")
        origins = ", ".join(sorted({f"{ancestor.dataset}.{ancestor.column}" for ancestor in counted}))
        looked.append(Looked(path=f"lineage.features.{feature.feature}", value=fault or origins))
        if fault is not None:
            wrong.append(f"{feature.feature}: {fault}")
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(wrong), looked_at=tuple(looked), limit=limit)
    why = f"{plural(len(evidence.features), 'feature')} traced back to sources"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=tuple(looked), limit=limit)
