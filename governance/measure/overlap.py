"""Rows of the evaluation that are also in the training table, by digest: in SQL, in bounded memory, order-free."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from governance.evidence.origin import FactOrigin
from governance.evidence.overlap import OverlapFacts
from governance.measure.table import Table

_NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(.*\)|FLOAT|DOUBLE|VARCHAR")

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def overlap(
    connected: DuckDBPyConnection, evaluation: Table, training: Table, columns: Sequence[str]
) -> OverlapFacts | str:
    """Compare by `columns`, which the evaluation has; or say which of them the training table lacks. BadInput for a
    column that is missing in the evaluation or there twice."""
    lacking = [name for name in columns if name not in training.names]
    if lacking:
        return f"the training table has no column {', '.join(map(repr, lacking[:5]))}, so rows cannot be compared"
    here = _digests(evaluation, [evaluation.column(name, "features") for name in columns])
    there = _digests(training, [training.column(name, "features") for name in columns])
    distinct, found = connected.execute(
        f"WITH here AS (SELECT digest, count(*) AS n FROM ({here}) GROUP BY digest), "
        f"there AS (SELECT DISTINCT digest FROM ({there})) "
        "SELECT (SELECT count(*) FROM here), "
        "(SELECT coalesce(sum(n), 0)::BIGINT FROM here WHERE digest IN (SELECT digest FROM there))"
    ).fetchall()[0]
    return OverlapFacts(
        origin=FactOrigin(kind="measured"),
        columns=tuple(columns),
        evaluation_rows=evaluation.rows,
        training_rows=training.rows,
        found=found,
        repeated=evaluation.rows - distinct,
    )


def _digests(table: Table, columns: Sequence[int]) -> str:
    """SQL: the 128-bit MD5 of each row's canonical text. Each value carries its length, so that no two rows have one
    text; whoever makes MD5 collide can only be found to overlap."""
    texts = [_text(f"c{index}", table.types[index]) for index in columns]
    parts = ", ".join(f"coalesce(length({text}) || ':' || {text}, '-')" for text in texts)
    return f"SELECT md5_number(concat({parts})) AS digest FROM {table.source}"


def _text(column: str, kind: str) -> str:
    """A number as a double is written, so that 1, 1.0 and '1' of a CSV file are one; NaN as missing; text as it is."""
    text = f"CAST({column} AS VARCHAR)"
    if not _NUMERIC.fullmatch(kind.upper()):
        return text
    # Adding 0 makes one zero of two.
    number = f"TRY_CAST({column} AS DOUBLE)"
    return f"CASE WHEN isnan({number}) THEN NULL ELSE coalesce(CAST({number} + 0.0::DOUBLE AS VARCHAR), {text}) END"
