"""Performance facts beyond the counts: metrics with intervals, and the comparison with the champion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.errors import BadInput
from governance.evidence.counts import Counts
from governance.evidence.fairness import Cell
from governance.evidence.manifest import Attribute, Evaluation, Labels
from governance.evidence.origin import FactOrigin
from governance.evidence.performance import Champion, MetricFact, Paired, PerformanceFacts
from governance.evidence.plan import Plan
from governance.measure.counting import tally
from governance.measure.scores import Scores
from governance.measure.table import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def facts(
    connected: DuckDBPyConnection,
    table: Table,
    evaluation: Evaluation,
    prediction: Labels,
    column: str | None,
    scores: Scores | None,
    counts: Counts,
    plan: Plan,
    origin: FactOrigin,
    seed: int,
) -> PerformanceFacts:
    """`prediction` and `column` as for `tally`. `scores` are null where the plan needs none. Raises BadInput for
    champion's predictions that cannot be used."""
    metrics: tuple[MetricFact, ...] = ()
    if plan.metrics:
        from governance.measure.metrics import measured

        metrics = measured(plan.metrics, counts, scores.model if scores else None, seed)
    champion = _champion(connected, table, evaluation, prediction, column) if plan.champion else None
    if champion and champion.positives and scores and plan.champion_scores:
        from governance.measure.paired import paired

        compared = paired(plan.champion_scores, scores.model, scores.champion, counts)
        champion = champion.model_copy(update={"scores": compared})
    return PerformanceFacts(origin=origin, counts=counts, metrics=metrics, champion=champion)


def _champion(
    connected: DuckDBPyConnection, table: Table, evaluation: Evaluation, prediction: Labels, column: str | None
) -> Champion:
    """Who is right about how many rows: the counts of each group of rows to which the champion gave one answer."""
    champion = evaluation.champion
    if champion is None:
        why = "the manifest names no column with the champion's predictions (data.evaluation.champion)"
        return Champion(positives=None, negatives=None, reason=why)
    key = "data.evaluation.champion"
    table.column(champion.column, f"{key}.column")
    answers = {"champion": Attribute(column=champion.column)}
    cells = tally(connected, table, evaluation.label, prediction, answers, [("champion",)], None, column).cells[0]
    yes, no = _answered(cells, champion.positive), _answered(cells, champion.negative)
    known = (*champion.positive, *champion.negative)
    if others := [cell for cell in cells if cell.group[0] not in known]:
        value = others[-1].group[0]
        raise BadInput(
            f"values not listed in the champion's column {champion.column!r}",
            got=f"{'null' if value is None else repr(value)} in {others[-1].rows} rows",
            expected=f"positive {list(champion.positive)} or negative {list(champion.negative)}",
            fix=f"list each under {key}.positive or {key}.negative",
            where=f"{table.where}, {key}",
        )
    return Champion(
        positives=Paired(both=yes.tp, model=no.tp, champion=yes.fn, neither=no.fn),
        negatives=Paired(both=no.tn, model=yes.tn, champion=no.fp, neither=yes.fp),
        reason=None,
    )


def _answered(cells: tuple[Cell, ...], values: tuple[str, ...]) -> Counts:
    chosen = [cell for cell in cells if cell.group[0] in values]
    return Counts(
        tn=sum(cell.tn for cell in chosen),
        fp=sum(cell.fp for cell in chosen),
        fn=sum(cell.fn for cell in chosen),
        tp=sum(cell.tp for cell in chosen),
    )
