"""Look at a folder that has no manifest yet: its files, and what the tables among them hold."""

import re
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, NamedTuple

from governance.collect.columns import MAX_VALUE, MAX_VALUES, Column, Glimpse, glimpse_csv
from governance.collect.project import Project
from governance.collect.scan import Found, scan
from governance.errors import BadInput, MachineFault
from governance.measure.formats import found_format
from governance.measure.table import Table, connection, open_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_TABLES = 40
MAX_COLUMNS = 300
"""Columns of a Parquet file whose values are looked at."""
SAMPLE = 100_000
"""Rows of a Parquet file that are looked at."""
MOST_CLASSES = 50
"""Different values that a label or a prediction may have here."""
_SECONDS = 20.0
_NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(.*\)|FLOAT|DOUBLE")
_NESTED = re.compile(r"[\[(]")


class Seen(NamedTuple):
    """A folder, what was found in it, and a glimpse of each table."""

    project: Project
    found: Found
    tables: tuple[Glimpse, ...]


def look(folder: Path, progress: Callable[[str], None]) -> Seen:
    """Raises BadInput where this is no folder, or a file in it changes meanwhile; MachineFault where a disk fails."""
    project = Project(folder)
    progress("looking at the files")
    found = scan(project, found_format)
    tables = []
    for number, path in enumerate(found.tables[:MAX_TABLES], 1):
        progress(f"looking into table {number} of {len(found.tables)}")
        tables.append(glimpse(project, path))
    unread = f"only the first {MAX_TABLES} tables were looked into"
    tables += [Glimpse(path, unread=unread) for path in found.tables[MAX_TABLES:]]
    return Seen(project, found, tuple(tables))


def glimpse(project: Project, path: str) -> Glimpse:
    """What one table holds, with the reason where that cannot be told. Raises BadInput where there is no such file."""
    real = project.resolve(path, "table")
    return _parquet(real, path) if real.suffix.lower() == ".parquet" else glimpse_csv(real, path)


def classes(project: Project, table: Glimpse, column: str) -> tuple[str, ...]:
    """The different values of a column in all rows, sorted. Raises BadInput where they are too many for classes."""
    known = table.column(column)
    if known is None:
        raise RuntimeError(f"{column!r} was not found in {table.path}")
    if table.whole and known.values is not None:
        return known.values
    real = project.resolve(table.path, "table")
    try:
        with connection([real]) as connected:
            opened = open_table(connected, real)
            value = f"CAST(c{opened.column(column, 'label')} AS VARCHAR)"
            query = f"SELECT DISTINCT {value} AS v FROM {opened.source} WHERE v IS NOT NULL LIMIT {MOST_CLASSES + 1}"
            found = sorted(row[0] for row in connected.execute(query).fetchall())
    except ModuleNotFoundError as error:
        raise _no_measure(table.path) from error
    if len(found) > MOST_CLASSES or any(len(each) > MAX_VALUE for each in found):
        raise BadInput(
            f"column {column!r} has more than {MOST_CLASSES} different values, or long ones",
            expected="a column of classes",
            fix="add a column that says which class each row has" if known.numeric else "name another column",
            where=table.path,
        )
    return tuple(found)


def _no_measure(where: str) -> BadInput:
    return BadInput(
        "this table cannot be looked into by the base install",
        fix="pip install 'governance[measure]', which `governance check` needs too",
        where=where,
    )


def _parquet(real: Path, path: str) -> Glimpse:
    try:
        with connection([real]) as connected:
            # A small file can be made to unpack for ever.
            timer = Timer(_SECONDS, connected.interrupt)
            timer.start()
            try:
                table = open_table(connected, real)
                columns = tuple(_column(connected, table, index) for index in range(len(table.names)))
            finally:
                timer.cancel()
    except ModuleNotFoundError:
        return Glimpse(path, unread=_no_measure(path).fix)
    except (BadInput, MachineFault) as error:
        return Glimpse(path, unread=f"{error.what}{f': {error.got}' if error.got else ''}")
    return Glimpse(path, table.rows, columns, table.rows <= SAMPLE)


def _column(connected: "DuckDBPyConnection", table: Table, index: int) -> Column:
    name, kind = table.names[index], table.types[index]
    numeric = bool(_NUMERIC.fullmatch(kind))
    if index >= MAX_COLUMNS or (_NESTED.search(kind) and not numeric):
        return Column(name, numeric, None)
    rows = f"(SELECT c{index} AS v FROM {table.source} LIMIT {SAMPLE})"
    query = f"SELECT DISTINCT CAST(v AS VARCHAR) FROM {rows} WHERE v IS NOT NULL LIMIT {MAX_VALUES + 1}"
    found = sorted(row[0] for row in connected.execute(query).fetchall())
    few = len(found) <= MAX_VALUES and all(len(each) <= MAX_VALUE for each in found)
    return Column(name, numeric, tuple(found) if few else None)
