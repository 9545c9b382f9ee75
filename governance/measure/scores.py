"""The scores of this model and of the champion, for each row of the evaluation table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from governance.errors import BadInput
from governance.evidence.manifest import Evaluation, Labels
from governance.evidence.plan import Plan
from governance.measure.table import Table, quoted

if TYPE_CHECKING:
    import numpy
    from duckdb import DuckDBPyConnection


class Scored(NamedTuple):
    """One entry for each row: whether the true label is positive, and the score."""

    positive: numpy.ndarray
    score: numpy.ndarray


class Scores(NamedTuple):
    """Of both on the same rows in the same order, or the reason why there are none. `column` is SQL over `e` for the
    model's."""

    model: Scored | str
    champion: Scored | str
    column: str


class _Column(NamedTuple):
    """`sql` over `e`. `where` in the manifest it is named."""

    sql: str
    where: str


def read_scores(
    connected: DuckDBPyConnection,
    table: Table,
    evaluation: Evaluation,
    rescored: bool,
    unscored: str | None,
    plan: Plan,
) -> Scores:
    """`rescored`: the model was run here, and `table` has its probabilities in the column `scored`, unless `unscored`
    says why not. The champion's are read where the plan compares by scores. Labels were checked before. BadInput for a
    column that is not there, and for a score that is missing or no finite number."""
    model: _Column | str
    # The manifest's scores go with supplied predictions: they say nothing about a model that was run here.
    if rescored:
        model = unscored or _Column("e.scored", "the model's probabilities")
    elif evaluation.score is None:
        model = "the manifest names no column of scores (data.evaluation.score)"
    else:
        model = _column(table, evaluation.score.column, "data.evaluation.score.column")
    champion: _Column | str = "the manifest names no column of the champion's scores (data.evaluation.champion.score)"
    if plan.champion_scores and evaluation.champion and evaluation.champion.score:
        champion = _column(table, evaluation.champion.score.column, "data.evaluation.champion.score.column")
    columns = [one for one in (model, champion) if isinstance(one, _Column)]
    found = iter(_read(connected, table, evaluation.label, columns)) if columns else iter(())
    read = [one if isinstance(one, str) else next(found) for one in (model, champion)]
    return Scores(read[0], read[1], model.sql if isinstance(model, _Column) else "")


def _column(table: Table, name: str, key: str) -> _Column:
    return _Column(f"e.c{table.column(name, key)}", key)


def _read(connected: DuckDBPyConnection, table: Table, label: Labels, columns: Sequence[_Column]) -> list[Scored]:
    import numpy as np

    names = ", ".join(f"c{index}" for index in range(len(table.names)))
    truth = f"e.c{table.column(label.column, 'data.evaluation.label.column')}"
    positive = ", ".join(quoted(value) for value in label.positive)
    numbers = "".join(
        f", coalesce(TRY_CAST({one.sql} AS DOUBLE), 'nan'::DOUBLE) AS s{at}" for at, one in enumerate(columns)
    )
    found = connected.execute(
        f"SELECT CAST({truth} AS VARCHAR) IN ({positive}) AS y{numbers} FROM (SELECT * FROM {table.relation}) "
        f"AS e({names})"
    ).fetchnumpy()
    scored = []
    for at, one in enumerate(columns):
        score = np.ma.filled(found[f"s{at}"], np.nan)
        if len(bad := np.flatnonzero(~np.isfinite(score))):
            raise BadInput(
                "scores that are no finite numbers",
                got=f"{len(bad):,} of {len(score):,} rows, the first is row {bad[0] + 1:,}",
                expected="one number in each row",
                fix=f"give each row its score, or remove {one.where.removesuffix('.column')}",
                where=f"{table.where}, {one.where}",
            )
        scored.append(Scored(np.asarray(found["y"], dtype=bool), score))
    return scored
