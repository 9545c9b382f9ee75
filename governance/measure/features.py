"""Feature columns as Arrow tables for the child, and the rows that are explained or serve as background."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from governance.canonical import dumps, sha256
from governance.errors import BadInput
from governance.measure.table import Table

if TYPE_CHECKING:
    import numpy
    import pyarrow
    from duckdb import DuckDBPyConnection

BACKGROUND_ROWS = 100
_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(.*\)|FLOAT|DOUBLE|BOOLEAN")
_TEXT = re.compile(r"VARCHAR|ENUM\(.*\)", re.DOTALL)


def read(
    connected: DuckDBPyConnection, table: Table, features: Sequence[str], beside: Sequence[str]
) -> tuple[pyarrow.Table, pyarrow.Table]:
    """(features, the columns named in `beside`), both in the file's row order, from one scan.

    A feature is float64 where its column is numeric or truth values (missing: NaN), or a CSV column of nothing but
    numbers; otherwise text. In the second table column i is `c{i}`, empty unless it was asked for, so that it can
    stand for `table`. Raises BadInput for a feature without a column.
    """
    import pyarrow as pa

    at = [table.column(name, "features") for name in features]
    kinds = [table.types[index].upper() for index in at]
    unread = [f"bool_and(TRY_CAST(c{i} AS DOUBLE) IS NOT NULL) FILTER (c{i} IS NOT NULL)" for i in at]
    from_csv = set(table.types) == {"VARCHAR"} and table.where.lower().endswith(".csv")
    numbers = connected.execute(f"SELECT {', '.join(unread)} FROM {table.source}").fetchall()[0] if from_csv else None
    columns = []
    for number, (index, kind) in enumerate(zip(at, kinds, strict=True)):
        numeric = numbers[number] is not False if numbers else _NUMBER.fullmatch(kind) is not None
        if not numeric and not _TEXT.fullmatch(kind):
            raise BadInput(
                f"feature {features[number]!r} is neither a number nor text",
                got=table.types[index][:100],
                expected="a column of numbers, truth values or text",
                fix="convert it in the step that prepares the table, as the model's training did",
                where=f"{table.where}, features",
            )
        cast = f"coalesce(TRY_CAST(c{index} AS DOUBLE), 'nan'::DOUBLE)" if numeric else f"CAST(c{index} AS VARCHAR)"
        columns.append(f"{cast} AS f{number}")
    kept = sorted({index for name in beside for index, existing in enumerate(table.names) if existing == name})
    columns += [f"c{index}" for index in kept]
    both = connected.sql(f"SELECT {', '.join(columns)} FROM {table.source}").to_arrow_table()
    values = both.select([f"f{number}" for number in range(len(features))]).rename_columns(list(features))
    rest = {f"c{index}": both.column(f"c{index}") for index in kept}
    empty = pa.nulls(both.num_rows)
    return values, pa.table({f"c{index}": rest.get(f"c{index}", empty) for index in range(len(table.names))})


def drawn(rows: int, most: int, seed: int, stream: int) -> numpy.ndarray:
    """At most `most` of `rows` row numbers, in order: the first of a permutation by PCG64 of (seed, stream)."""
    import numpy as np

    random = np.random.Generator(np.random.PCG64([seed, stream]))
    return np.sort(random.permutation(rows)[:most])


def digest(table: pyarrow.Table) -> str:
    """SHA-256 of the canonical JSON of column names and rows; numbers in C99 hexadecimal, so that none is rounded."""
    columns = [[_exact(value) for value in column.to_pylist()] for column in table.columns]
    return sha256(dumps({"columns": table.column_names, "rows": list(zip(*columns, strict=True))}))


def _exact(value: float | str | None) -> str | None:
    if value is None or value != value:
        return None
    return value.hex() if isinstance(value, float) else ascii(value)
