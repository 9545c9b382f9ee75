"""Opening a Parquet or CSV file in DuckDB so that nothing is guessed, dropped or read from elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import text
from governance.errors import BadInput, MachineFault
from governance.measure.formats import GIT_LFS, GIT_LFS_FIX
from governance.progress import Progress, silent

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "1GB"
_GLOB = "*?["
_TOLD = 1 << 15
"""Records of a CSV file between two words of progress."""
_PARQUET = b"PAR1"
"""How a Parquet file begins and ends (Apache Parquet, File Format)."""
_CSV = (
    "auto_detect=false, header=true, delim=',', quote='\"', escape='\"', nullstr='', strict_mode=true, "
    "null_padding=false, ignore_errors=false, parallel=false"
)


class Table(NamedTuple):
    """A table to select from. Column number i is `c{i}` in SQL: file names for columns may repeat or differ in case."""

    relation: str
    where: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: int

    def column(self, name: str, key: str) -> int:
        """The number of the column of exactly this name. BadInput where there is none, or more than one; `key` is the
        place in the manifest that asks for it."""
        found = [index for index, existing in enumerate(self.names) if existing == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise BadInput(
                f"{len(found)} columns are called {name!r}",
                expected="one column of that name",
                fix=f"rename one of them in {Path(self.where).name}, or do not use it ({key})",
                where=f"{self.where}, {key}",
            )
        raise BadInput(
            f"no column {name!r}",
            expected=f"one of {self._nearest(name)}",
            fix=f"mend {key}, or the table",
            where=f"{self.where}, {key}",
        )

    def _nearest(self, name: str) -> str:
        from difflib import get_close_matches

        lower = {existing.lower(): existing for existing in self.names}
        near = [lower[match] for match in get_close_matches(name.lower(), list(lower), n=5, cutoff=0.5)]
        names = near or list(self.names[:10])
        return ", ".join(repr(each) for each in names) + (", ..." if not near and len(self.names) > 10 else "")

    @property
    def source(self) -> str:
        """The relation with its columns named c0, c1, ..., for a FROM clause."""
        return f"{self.relation} AS t({', '.join(f'c{index}' for index in range(len(self.names)))})"


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def connection(files: Iterable[Path]) -> Iterator[DuckDBPyConnection]:
    """DuckDB in this process, able to read exactly these files. It spills to a temporary folder beyond MEMORY.

    DuckDB's complaints about data become BadInput; about the machine, MachineFault.
    """
    import duckdb

    files = list(files)
    allowed = ", ".join(quoted(str(path.absolute())) for path in files)
    with TemporaryDirectory(prefix="governance-") as spill, duckdb.connect(":memory:") as connected:
        for setting in (
            "enable_progress_bar=false",
            # A Parquet file's minimum and maximum leave NaN out, and from them DuckDB 2.0 proves that there is none.
            "disabled_optimizers='statistics_propagation'",
            "autoinstall_known_extensions=false",
            "autoload_known_extensions=false",
            f"memory_limit='{MEMORY}'",
            f"temp_directory={quoted(spill)}",
            f"allowed_paths=[{allowed}]",
            "enable_external_access=false",
            "lock_configuration=true",
        ):
            connected.execute(f"SET {setting}")
        try:
            yield connected
        except duckdb.OutOfMemoryException as error:
            raise MachineFault(
                "a table has too many different values to count in memory", got=_first_line(error), expected=MEMORY
            ) from error
        except duckdb.Error as error:
            got = _first_line(error)
            where = ""
            for path in files:
                if str(path.absolute()) in got:
                    got, where = got.replace(str(path.absolute()), path.name), path.name
            fix = "it is damaged: write the file again, or fetch it again"
            raise BadInput("the table cannot be read", got=got, fix=fix, where=where) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]


def open_table(connected: DuckDBPyConnection, path: Path, progress: Progress = silent) -> Table:
    """The table of a .parquet or .csv file. BadInput for another suffix, an empty or broken file, or no rows."""
    import duckdb

    where, suffix = path.name, path.suffix.lower()
    if suffix not in (".parquet", ".csv"):
        fix = "write it as Parquet, or as CSV with a header"
        raise BadInput("not a table we read", got=path.name, expected=".parquet or .csv", fix=fix, where=where)
    if any(char in str(path.absolute()) for char in _GLOB):
        raise BadInput(f"a path with one of {_GLOB} would be read as a pattern", got=str(path), fix="rename it")
    if path.stat().st_size == 0:
        raise BadInput("the file is empty", expected="a table with at least one row", where=where)
    _check_ends(path, suffix)
    try:
        table = _parquet(connected, path) if suffix == ".parquet" else _csv(connected, path, progress)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise BadInput(
            f"cannot be read as {suffix[1:]}",
            got=_first_line(error).replace(str(path.absolute()), where),
            fix="it is damaged: write the file again, or fetch it again",
            where=where,
        ) from error
    if table.rows == 0:
        raise BadInput("the table has no rows", expected="at least one row", where=where)
    return table


def _check_ends(path: Path, suffix: str) -> None:
    """The first and the last bytes are those of such a file, so that whoever gave another one hears which."""
    with path.open("rb") as file:
        head = file.read(200)
        file.seek(max(0, path.stat().st_size - 4))
        tail = file.read()
    where = path.name
    if head.startswith(GIT_LFS):
        raise BadInput("a Git LFS pointer, where a table is expected", fix=GIT_LFS_FIX, where=where)
    if suffix == ".csv":
        if head.lstrip()[:1] in (b"<", b"{", b"["):
            kind = "HTML or XML" if head.lstrip()[:1] == b"<" else "JSON"
            fix = "was a sign-in page saved for the file?" if kind != "JSON" else "write it as Parquet, or as CSV"
            raise BadInput(f"it looks like {kind}", expected="CSV with a header", fix=fix, where=where)
    elif head[:4] != _PARQUET and tail != _PARQUET:
        fix = "write the table as Parquet; a CSV file ends in .csv"
        raise BadInput("not Parquet", got=f"it begins with {head[:4]!r}", expected=repr(_PARQUET), fix=fix, where=where)
    elif head[:4] != _PARQUET or tail != _PARQUET:
        what = "begins" if tail == _PARQUET else "ends"
        got = f"it {what} with {(head[:4] if tail == _PARQUET else tail)!r}"
        fix = "it is cut off or damaged: write the file again, or fetch it again"
        raise BadInput("a broken Parquet file", got=got, expected=repr(_PARQUET), fix=fix, where=where)


def _parquet(connected: DuckDBPyConnection, path: Path) -> Table:
    literal = quoted(str(path.absolute()))
    # DuckDB renames columns whose names repeat or differ in case only; the file's own names are in its schema.
    schema = connected.execute(f"SELECT name, num_children FROM parquet_schema({literal})").fetchall()
    names, position = [], 1
    while position < len(schema):
        names.append(schema[position][0])
        position = _after(schema, position)
    relation = f"read_parquet({literal}, hive_partitioning=false)"
    described = connected.execute(f"SELECT * FROM {relation} LIMIT 0").description or []
    if len(described) != len(names):
        raise BadInput("the Parquet schema contradicts itself", where=path.name)
    rows = connected.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
    return Table(relation, path.name, tuple(names), tuple(str(column[1]) for column in described), rows)


def _after(schema: list[tuple[str, int | None]], position: int) -> int:
    """The position after a schema element and all that is nested in it (depth-first list, Parquet's SchemaElement)."""
    after, pending = position, 1
    while pending and after < len(schema):
        pending += (schema[after][1] or 0) - 1
        after += 1
    return after


def _csv(connected: DuckDBPyConnection, path: Path, progress: Progress) -> Table:
    import duckdb

    names, rows, ends = _checked_csv(path, progress)
    columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(names)))
    relation = f"read_csv({quoted(str(path.absolute()))}, columns={{{columns}}}, {_CSV})"
    try:
        read = connected.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
    except duckdb.InvalidInputException as error:
        if len(ends) > 1:
            fix = "write all lines with one kind of line end, such as LF"
            raise BadInput("lines end in different ways", got=", ".join(ends), fix=fix, where=path.name) from error
        raise
    if read != rows:
        raise BadInput(
            "two readers disagree on the number of rows",
            got=f"{rows} and {read}",
            expected="RFC 4180: commas, double quotes, one kind of line end",
            where=path.name,
        )
    return Table(relation, path.name, names, ("VARCHAR",) * len(names), rows)


def _bad_line(path: Path) -> BadInput:
    """What to say of a file that is no UTF-8: a second look, since a reader that decodes in blocks knows no lines."""
    with path.open("rb") as file:
        for number, data in enumerate(file):
            try:
                # Lines before it count; what the file looks like is told from its beginning.
                text(data if number == 0 else b"\n" * number + data, path.name)
            except BadInput as error:
                return error
    return BadInput("not UTF-8 text", fix="save the file as UTF-8", where=path.name)


def _ended(lines: Iterable[str], ends: set[str], where: str) -> Iterator[str]:
    """The lines as they are; `ends` collects how they end. Raises BadInput for a NUL, where readers stop or go on."""
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            fix = "was it written in another encoding, or cut off in the middle? write it again"
            raise BadInput("a NUL byte in the text", expected="CSV", fix=fix, where=f"{where}:{number}")
        ends.add("CRLF" if line.endswith("\r\n") else "CR" if line.endswith("\r") else "LF")
        yield line


def _checked_csv(path: Path, progress: Progress) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    """Column names, number of rows and kinds of line ends of an RFC 4180 file in UTF-8, each record as wide as the
    header.

    DuckDB 2.0 drops a last record whose quote never closes and a field too many at the end of a line, in silence; so
    Python's reader looks at every record first.
    """
    rows, began, ends, size = 0, 1, set[str](), path.stat().st_size
    with path.open("rb") as file, TextIOWrapper(file, encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(_ended(lines, ends, path.name), strict=True)
        try:
            header = next(reader, [])
            _check_header(header, path.name)
            width = len(header)
            began = reader.line_num + 1
            for record in reader:
                if len(record) != width:
                    if not record:
                        began = reader.line_num + 1
                        continue
                    raise BadInput(
                        f"a record of {len(record)} field{'s' * (len(record) != 1)}",
                        expected=f"{width}, as in the header",
                        fix="quote fields that hold commas; give every record all its fields; remove totals and notes",
                        where=f"{path.name}:{began}",
                    )
                if rows % _TOLD == 0:
                    progress(f"checking each record of {path.name}", file.tell(), size)
                rows += 1
                began = reader.line_num + 1
        except csv.Error as error:
            raise BadInput(
                "the record that begins here is not CSV",
                got=str(error),
                expected="RFC 4180: a quoted field is closed, and a quote in it is doubled",
                where=f"{path.name}:{began}",
            ) from error
        except UnicodeDecodeError as error:
            raise _bad_line(path) from error
    return tuple(header), rows, tuple(sorted(ends))


def _check_header(header: list[str], where: str) -> None:
    if not header:
        raise BadInput("the first line is empty", expected="the names of the columns", where=f"{where}:1")
    other = next((mark for mark in (";", "\t", "|") if len(header) == 1 and mark in header[0]), None)
    if other is not None:
        raise BadInput(
            "the first line has one name",
            got=ascii(header[0][:100]),
            expected="commas between fields",
            fix=f"write the file again with commas instead of {other!r}",
            where=f"{where}:1",
        )
